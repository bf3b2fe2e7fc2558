"""Questions before an act, put to the person at the terminal; where nobody sits, nothing is done.

In: the question. Out: the answer. Questions go to standard error, never in the way of data.
"""

import sys

import typer

from aggregator.cli.terminal import warn
from aggregator.errors import AggregatorError

_INTERRUPTED = 130
"""As shells have it for Ctrl-C."""


def agreed(question: str) -> bool:
    """Whether somebody says yes; in a pipe nobody can. Ctrl-C, and no answer, mean no."""
    try:
        return sys.stdin.isatty() and typer.confirm(question, err=True)
    except typer.Abort:
        warn("")  # from the line of the question to the next
        return False


def one_of(question: str, most: int) -> int:
    """The number from 1 to ``most`` that a person chooses; Ctrl-C, and no answer, end with 130."""
    number = 0
    try:
        while not 1 <= number <= most:
            number = typer.prompt(question, default=1, type=int, err=True)
    except typer.Abort:
        warn("\nNothing was changed.")
        raise typer.Exit(_INTERRUPTED) from None
    return number


def ask(question: str, otherwise: str, *, yes: bool) -> None:
    """Go on only if a person agrees, now or by ``--yes``; else end with 1.

    ``otherwise`` says what was not done, as in: Nothing was erased.
    Raises AggregatorError where nobody is there to be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise AggregatorError(
            f"{question} {otherwise}",
            advice="Nobody is here to answer. Add --yes if that is meant.",
        )
    if not agreed(question):
        warn(otherwise)
        raise typer.Exit(1)
