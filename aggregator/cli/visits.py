"""The command that lists visits, and the lines of which its lists are made."""

from collections.abc import Sequence
from typing import Annotated

import typer

from aggregator.actions.find import find
from aggregator.app import App
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, put_wrapped, warn
from aggregator.cli.times import Times
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, LoggedVisit
from aggregator.store import visit_log

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(visits)


def visits(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A source's id.")],
    json: Json = False,
) -> None:
    """The last 50 visits of a source, newest first: what came, and why the next one was then.

    Example: `python3 run.py visits family-example`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        logged = visit_log.of_source(app.database, _source_id(app, catalogue, source))
        if json:
            for line in logged:
                put_json(visit_json(line))
            return
        if not logged:
            warn(f"{source} was not visited yet.")
            return
        times = Times(app.clock(), catalogue.site.timezone)
        say_visits(logged, times, why=True)
        out.print(f"Times are those of {catalogue.site.timezone}.", markup=False)


def _source_id(app: App, catalogue: Catalogue, name: str) -> str:
    """Also of a source that left feeds.yaml. Raises AggregatorError for what is none."""
    found = find(app.database, catalogue, name)
    if found.posts:
        raise AggregatorError(f"{name} is a post.", advice=f"Name its source: {found.source_id}.")
    return found.source_id


def visit_json(line: LoggedVisit) -> dict[str, object]:
    """The contract of ``visits --json``."""
    return {
        "source": line.source_id,
        "at": line.at,
        "outcome": line.outcome,
        "error": line.kind,
        "status": line.status,
        "requests": line.requests,
        "bytes": line.received,
        "seconds": line.seconds,
        "new": line.new,
        "edited": line.edited,
        "next_due": line.next_due,
        "why": line.why,
    }


def say_visits(logged: Sequence[LoggedVisit], times: Times, *, why: bool) -> None:
    """A line for each; ``why``: and one for the reason of the next."""
    for line in logged:
        out.print(_one_line(line, times), markup=False)
        if why and line.next_due is not None:
            put_wrapped(
                f"next {times.at(line.next_due)}: {line.why}", first=" " * 16, then=" " * 16
            )


def _one_line(line: LoggedVisit, times: Times) -> str:
    """When, what came, at what cost."""
    status = "" if line.status is None else f"{line.status}"
    came = line.kind or line.outcome.value
    if line.new or line.edited:
        came = f"{line.new} new, {line.edited} edited"
    cost = f"{line.received / 1024:8.1f} kB  {line.seconds:6.2f} s"
    return f"  {times.at(line.at):<18}{status:>4}  {came:<20}{cost}"
