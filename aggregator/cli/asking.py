"""Questions before an act, put to the person at the terminal; where nobody sits, nothing is done.

In: the question. Out: the answer. Questions go to standard error, never in the way of data.
"""

import sys

import typer

from aggregator.cli.terminal import warn
from aggregator.errors import AggregatorError


def agreed(question: str) -> bool:
    """Whether somebody says yes; in a pipe nobody can. Ctrl-C, and no answer, mean no."""
    try:
        return sys.stdin.isatty() and typer.confirm(question, err=True)
    except typer.Abort:
        warn("")  # from the line of the question to the next
        return False


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
