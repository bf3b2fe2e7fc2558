"""The command that tells how things are: sources, plans, widgets, and whether anything runs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from aggregator.actions.find import source_named
from aggregator.actions.health import Health, healths
from aggregator.actions.heartbeat import Running, standing
from aggregator.actions.outbox import undelivered
from aggregator.cli.one_source import health_json, plan_json, plan_line, say_all_about, say_briefly
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, put_wrapped, warn
from aggregator.cli.times import Times
from aggregator.model import WidgetStop
from aggregator.store import plans, publishes, widget_stops
from aggregator.store.publishes import PublishState

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(status)


def status(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="All that is known of this one.")
    ] = None,
    json: Json = False,
) -> None:
    """How each source is doing, in plain words, and each widget's age; or all about one source.

    Example: `python3 run.py status` or `python3 run.py status family-example`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        now, times = app.clock(), Times(app.clock(), catalogue.site.timezone)
        found = healths(app.publisher, catalogue, now, token_ends=app.token_ends())
        if source is not None:
            meant = source_named(app.database, catalogue, source)
            chosen = next(one for one in found if one.source.id == meant.id)
            say_all_about(app, catalogue, chosen, times, json=json)
            return
        for one in found:
            if json:
                put_json(health_json(one))
            else:
                say_briefly(one, times)
        for plan in plans.waiting(app.database):
            if json:
                put_json(plan_json(app, plan))
            else:
                put_wrapped(f"  {plan_line(app, plan, times.timezone)}", first="")
        published, stops = publishes.states(app.database), widget_stops.all_stops(app.database)
        for spec in catalogue.widgets:
            stop = stops.get(spec.id)
            _say_age(spec.id, published.get(spec.id), stop, times, json=json)
        _say_standing(standing(app.database, now), times, json=json)
        _say_undelivered(undelivered(app.database, now, times.timezone), json=json)
        if not json:
            for words in app.overwhelming(catalogue):
                warn(words)
            out.print(f"Times are those of {catalogue.site.timezone}.", markup=False)
            put_wrapped(_what_is_to_do(found), first="")


def _what_is_to_do(found: Sequence[Health]) -> str:
    """The last line, which is what one sees of a long list."""
    asking = [one.source.id for one in found if one.next_step]
    waiting = sum(one.waiting for one in found)
    said = []
    if asking:
        said.append(f"{len(asking)} of {len(found)} sources ({', '.join(asking)})")
    if waiting:
        said.append(f"{waiting} post{'s' if waiting > 1 else ''} (`posts --waiting`)")
    return f"Waiting for you: {'; '.join(said)}." if said else "Nothing waits for you."


def _say_age(
    widget_id: str,
    state: PublishState | None,
    stop: WidgetStop | None,
    times: Times,
    *,
    json: bool,
) -> None:
    if json:
        put_json(
            {
                "widget": widget_id,
                "checked": state.checked if state else None,
                "changed": state.changed if state else None,
                "valid_until": state.valid_until if state else None,
                "stopped": stop.kind if stop else None,
                "stopped_at": stop.at if stop else None,
                "stopped_by": stop.by if stop else None,
            }
        )
    elif state is None:
        put_wrapped(f"  widget {widget_id}: never published", first="")
    else:
        minutes = (times.now - state.checked) // timedelta(minutes=1)
        last = f", last changed {times.at(state.changed)}" if state.changed else ""
        put_wrapped(f"  widget {widget_id}: brought up to date {minutes} min ago{last}", first="")
    if stop is not None and not json:
        since = f"{stop.kind.capitalize()} since {times.at(stop.at)} by {stop.by}"
        put_wrapped(f"{since}; `resume {widget_id}` ends it.")


def _say_standing(one: Running, times: Times, *, json: bool) -> None:
    """Whether anything runs at all: without a clock nothing above changes any more."""
    words = one.words.format(since=times.at(one.since))
    if json:
        put_json(
            {
                "clock": one.by,
                "runs": one.runs,
                "since": one.since,
                "published": one.published,
                "words": words,
                "next_step": one.next_step or None,
            }
        )
        return
    put_wrapped(f"{'!' if one.next_step else ' '} {words}", first="")
    if one.next_step:
        put_wrapped(f"→ {one.next_step}", then="      ")


def _say_undelivered(said: tuple[str, str], *, json: bool) -> None:
    """Only where staff do not hear what they should; pairs of words and what to do."""
    words, step = said
    if words and json:
        put_json({"alerts": words, "next_step": step})
    elif words:
        put_wrapped(f"! {words}", first="")
        put_wrapped(f"→ {step}", then="      ")
