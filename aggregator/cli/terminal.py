"""How commands speak: people get words and colour, pipes get plain lines, machines get JSON.

Exit codes: 0 all well, 1 something failed, 2 wrong use (also a wrong setting).
"""

import dataclasses
import getpass
import json
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aggregator.actions import history
from aggregator.app import App
from aggregator.errors import AggregatorError, SettingsError
from aggregator.model import Catalogue

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
WIDTH = 80
"""Columns of a small screen."""


def catalogue_of(app: App) -> Catalogue:
    """The catalogue in use, synced to the store, what changed in it noted.

    Says so when the file itself is broken.
    """
    current = app.current()
    if current.problem is not None:
        warn(f"{current.problem}\nThe last good list is in use{_less(current.left_out)}.")
    history.note(app.database, app.current, app.clock())
    app.sync(current.catalogue)
    return current.catalogue


def _less(left_out: tuple[str, ...]) -> str:
    """What somebody may have taken out on purpose, so it is not shown until the file is mended."""
    if not left_out:
        return ""
    return f", without what is no longer found in the file: {', '.join(left_out)}"


def warn(text: str) -> None:
    """A line for people on standard error, never in the way of data."""
    err.print(text, style="yellow", markup=False)


def complain(error: AggregatorError) -> int:
    """An error in plain words with what to do; returns the exit code."""
    err.print(str(error), style="red", markup=False)
    if error.advice:
        err.print(error.advice, markup=False)
    return 2 if isinstance(error, SettingsError) else 1


def put_wrapped(text: str, *, first: str = "    ", then: str = "    ") -> None:
    """Lines that fit a small screen, addresses whole; one line in a pipe."""
    if out.is_terminal:
        wrapped = textwrap.fill(
            text,
            min(WIDTH, out.width),
            initial_indent=first,
            subsequent_indent=then,
            break_long_words=False,
            break_on_hyphens=False,
        )
    else:
        wrapped = first + text
    out.print(wrapped, markup=False)


def count(number: int, noun: str) -> str:
    """``1 source``, ``2 sources``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def full_stop(words: str) -> str:
    """A sentence that ends in somebody's title, which may end in a sign of its own."""
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def put_json(value: object) -> None:
    """One JSON object on one line (JSON Lines)."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False) + "\n")


def _plain(value: object) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


@contextmanager
def progress(title: str, total: int) -> Iterator["Bar"]:
    """A bar on a terminal, nothing in a pipe."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(
        *columns,
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal or total == 0,
    )
    with bar:
        yield Bar(bar, bar.add_task(title, total=total))


class Bar:
    """A step forward, and lines that do not break the bar."""

    def __init__(self, bar: Progress, task: Any) -> None:
        self._bar = bar
        self._task = task

    def step(self) -> None:
        """One more is done."""
        self._bar.advance(self._task)


def who() -> str:
    """The person at this terminal, for verdicts and the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return "cli"
