"""The door of the command line: global options, the list of commands, errors, exit codes."""

import gc
import importlib
import itertools
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from typer.models import CommandInfo, TyperInfo

from aggregator import __version__
from aggregator.errors import AggregatorError

_MODULES = {
    "serving": {"serve"},
    "stream": {"refresh", "publish", "check"},
    "status": {"status"},
    "visits": {"visits"},
    "posts": {"posts"},
    "care": {"hide", "pin", "approve"},
    "takedown": {"takedown", "receipts"},
    "trust": {"release", "reject"},
    "review": {"rules", "why"},
    "alerts": {"alerts"},
    "widgets": {"freeze", "blank", "resume"},
    "hand": {"post"},
    "describe": {"describe"},
    "add": {"add"},
    "edits": {"remove", "state", "consent"},
    "history": {"audit", "undo", "consents"},
    "letters": {"letter"},
    "feeds_list": {"opml"},
    "backup": {"backup", "restore"},
    "house": {"doctor", "prune", "test"},
    "world": {"demo"},
}
"""Which module of this folder has which commands. One command never waits for the imports of all
others: `serve` needs neither colours nor the sample world nor, to begin with, an HTTP client."""
_HEADINGS = {
    "See": (
        *("status", "visits", "posts", "why", "rules"),
        *("consents", "audit", "receipts", "alerts"),
    ),
    "Decide what is shown": (
        *("hide", "pin", "approve", "takedown", "undo", "post", "describe"),
        *("release", "reject", "freeze", "blank", "resume"),
    ),
    "The list of sources": ("add", "check", "remove", "state", "consent", "letter", "opml"),
    "Run it": ("serve", "refresh", "publish", "doctor", "backup", "restore", "prune"),
    "Try it": ("demo", "test"),
}
"""How `--help` sorts the commands, for those who look for one."""


def commands(words: Sequence[str] = ()) -> typer.Typer:
    """The command line, as far as these words need it; all of it where they name no command."""
    line = typer.Typer(
        no_args_is_help=False,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="An institute's newest posts and its families' blogs, as two quiet widgets.",
    )
    line.callback(invoke_without_command=True)(start)
    named = [module for module, names in _MODULES.items() if not names.isdisjoint(words)]
    if {"-h", "--help"}.intersection(words):
        named = []
    for module in named or _MODULES:
        importlib.import_module(f"aggregator.cli.{module}").add_to(line)
    _sort(line)
    return line


def _sort(line: typer.Typer) -> None:
    """Put each command under its heading of the help, in the order that is written there."""
    headings = {name: heading for heading, names in _HEADINGS.items() for name in names}
    places = list(headings)
    every: list[CommandInfo | TyperInfo] = [*line.registered_commands, *line.registered_groups]
    for one in every:
        one.rich_help_panel = headings[_name(one)]
    line.registered_commands.sort(key=lambda one: places.index(_name(one)))
    line.registered_groups.sort(key=lambda one: places.index(_name(one)))


def _name(one: CommandInfo | TyperInfo) -> str:
    return str(one.name or getattr(one.callback, "__name__", None))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Aggregator {__version__}")
        raise typer.Exit


def start(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The list of sources and widgets.", show_default=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder for database, outputs and heartbeat.", show_default=False),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log each visit.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Without a command: the whole thing, as `serve` does.

    Example: `python3 run.py --config feeds.yaml --data data status`
    """
    del version
    context.obj = {"config": config, "data": data}
    serving = context.invoked_subcommand in {None, "serve"}
    logging.basicConfig(
        level=logging.INFO if verbose or serving else logging.CRITICAL,
        format="%(asctime)s %(levelname)s %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("apscheduler", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if context.invoked_subcommand is None:
        importlib.import_module("aggregator.cli.serving").serve(context)


_GLOBAL = ("--config", "--data")


def _globals_first(words: list[str]) -> list[str]:
    """``refresh --data DIR`` is meant as ``--data DIR refresh``; what follows ``--`` is left."""
    first: list[str] = []
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            return [*first, *rest, word, *left]
        if word in _GLOBAL:
            first += [word, *itertools.islice(left, 1)]
        elif word.startswith(tuple(f"{name}=" for name in _GLOBAL)):
            first.append(word)
        else:
            rest.append(word)
    return first + rest


def _end(number: int, _frame: object) -> None:
    """Let a command that is asked to stop give its claims back; ``serve`` has its own way."""
    sys.exit(128 + number)


def main() -> None:
    """Run the command line and exit with its code."""
    signal.signal(signal.SIGTERM, _end)
    words = _globals_first(sys.argv[1:]) or ["serve"]
    gc.disable()  # all that is imported stays: to search it for garbage is a tenth of the start
    line = commands(words)
    gc.enable()
    try:
        line(words)
    except AggregatorError as error:
        from aggregator.cli.terminal import complain  # noqa: PLC0415 - its colours are slow to come

        sys.exit(complain(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of a pipe went away, as ``head`` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
