"""Commands that tell how things are: status, visits."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.actions.find import find
from aggregator.actions.health import Health, healths
from aggregator.actions.heartbeat import Running, standing
from aggregator.actions.outbox import undelivered
from aggregator.actions.planned import words as plan_words
from aggregator.app import App
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, warn
from aggregator.errors import AggregatorError
from aggregator.model import (
    Catalogue,
    ConditionKind,
    LoggedVisit,
    Plan,
    VisitState,
    WidgetStop,
    public_id_of,
)
from aggregator.store import plans, publishes, visit_log, widget_stops
from aggregator.store.publishes import PublishState

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

WIDTH = 80
LAST = 5
"""Visits listed with the details of a source."""


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    for command in (status, visits):
        commands.command()(command)


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
        now, times = app.clock(), _Times(app.clock(), catalogue.site.timezone)
        found = healths(app.publisher, catalogue, now, token_ends=app.token_ends())
        if source is not None:
            chosen = [one for one in found if one.source.id == source]
            if not chosen:
                raise AggregatorError(
                    f"There is no source named {source} in the catalogue.",
                    advice="`status` lists the sources with their ids.",
                )
            _say_all_about(app, chosen[0], times, json=json)
            return
        for one in found:
            if json:
                put_json(_health_json(one))
            else:
                _say(one, times)
        _say_plans(plans.waiting(app.database), times.timezone, json=json)
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
                put_json(_visit_json(line))
            return
        if not logged:
            warn(f"{source} was not visited yet.")
            return
        times = _Times(app.clock(), catalogue.site.timezone)
        _say_visits(logged, times, why=True)
        out.print(f"Times are those of {catalogue.site.timezone}.", markup=False)


def _source_id(app: App, catalogue: Catalogue, name: str) -> str:
    """Also of a source that left feeds.yaml. Raises AggregatorError for what is none."""
    found = find(app.database, catalogue, name)
    if found.posts:
        raise AggregatorError(f"{name} is a post.", advice=f"Name its source: {found.source_id}.")
    return found.source_id


@dataclass(frozen=True, slots=True)
class _Times:
    """Moments as staff read them: in their own time zone, the year only where it is another one."""

    now: datetime
    timezone: str

    def at(self, moment: datetime | None) -> str:
        """A day and a time."""
        if moment is None:
            return "never"
        zone = ZoneInfo(self.timezone)
        local = moment.astimezone(zone)
        year = "" if local.year == self.now.astimezone(zone).year else f" {local.year}"
        return f"{local.day} {local:%b}{year} {local:%H:%M}"

    def next(self, one: Health) -> str:
        """When a source is visited next, and why then; empty: not at all."""
        if one.next_visit is None:
            return ""
        if one.next_visit <= self.now:
            return "as soon as possible"
        return self.at(one.next_visit) + (f": {one.why}" if one.why else "")


# --- all sources -----------------------------------------------------------------------------


def _say(one: Health, times: _Times) -> None:
    """A few lines: how it is, what to do, when it was read and will be."""
    _say_condition(one)
    if one.source.by_hand:
        return
    following = times.next(one)
    will_be = f"next visit {following}" if following else "no next visit"
    _print(f"Last read {times.at(one.last_ok)}; {will_be}.")
    if one.hub:
        _print(one.hub)
    if one.asked and one.condition.kind is not ConditionKind.MOVED:
        _print(f"Asked at {one.asked} instead of its address in feeds.yaml.")
    if one.held and one.condition.kind is not ConditionKind.CHANGED_OWNER:
        _print("1 post is held." if one.held == 1 else f"{one.held} posts are held.")


def _say_condition(one: Health) -> None:
    name = f" ({one.name})" if one.name else ""
    mark = "!" if one.next_step else " "
    _print(f"{mark} {one.source.id}{name}: {one.words}", first="")
    if one.next_step:
        _print(f"→ {one.next_step}", then="      ")


def _print(text: str, *, first: str = "    ", then: str = "    ") -> None:
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


def _say_plans(waiting: Sequence[Plan], timezone: str, *, json: bool) -> None:
    """What people decided for a later day."""
    for one in waiting:
        public_id = None if one.guid is None else public_id_of(one.source_id, one.guid)
        if json:
            told = {"plan": one.act, "source": one.source_id, "id": public_id, "at": one.at}
            put_json(told | {"by": one.by})
        else:
            _print(f"  {public_id or one.source_id}: {plan_words(one, timezone)}", first="")


def _health_json(one: Health) -> dict[str, object]:
    """The contract of ``status --json``."""
    state = one.state
    return {
        "source": one.source.id,
        "name": one.name,
        "condition": one.condition.kind,
        "since": one.condition.since,
        "words": one.words,
        "next_step": one.next_step or None,
        "last_ok": one.last_ok,
        "next_visit": one.next_visit,
        "why": one.why or None,
        "hub": one.hub or None,
        "asked": one.asked,
        "held": one.held,
        "waiting": one.waiting,
        "error": state.error_kind if state else None,
        "token_ends": one.token_ends,
        "token_ends_at_latest": one.token_ends_at_latest,
        "read": one.budget.read if one.budget else None,
        "reads_per_month": one.budget.allowed if one.budget else None,
    }


def _say_age(
    widget_id: str,
    state: PublishState | None,
    stop: WidgetStop | None,
    times: _Times,
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
        _print(f"  widget {widget_id}: never published", first="")
    else:
        minutes = (times.now - state.checked) // timedelta(minutes=1)
        last = f", last changed {times.at(state.changed)}" if state.changed else ""
        _print(f"  widget {widget_id}: brought up to date {minutes} min ago{last}", first="")
    if stop is not None and not json:
        since = f"{stop.kind.capitalize()} since {times.at(stop.at)} by {stop.by}"
        _print(f"{since}; `resume {widget_id}` ends it.")


def _say_standing(one: Running, times: _Times, *, json: bool) -> None:
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
    _print(f"{'!' if one.next_step else ' '} {words}", first="")
    if one.next_step:
        _print(f"→ {one.next_step}", then="      ")


def _say_undelivered(said: tuple[str, str], *, json: bool) -> None:
    """Only where staff do not hear what they should; pairs of words and what to do."""
    words, step = said
    if words and json:
        put_json({"alerts": words, "next_step": step})
    elif words:
        _print(f"! {words}", first="")
        _print(f"→ {step}", then="      ")


def _visit_json(line: LoggedVisit) -> dict[str, object]:
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


# --- one source ------------------------------------------------------------------------------


def _say_all_about(app: App, one: Health, times: _Times, *, json: bool) -> None:
    logged = visit_log.of_source(app.database, one.source.id)
    if json:
        put_json(_health_json(one) | {"visits": [_visit_json(line) for line in logged]})
        return
    _say_condition(one)
    rows = [
        ("address", one.source.address),
        ("last read", times.at(one.last_ok)),
        ("next visit", times.next(one) or "none"),
        *(_details(one.state, times) if one.state else []),
        ("held", f"{one.held}" if one.held else ""),
        ("hub", one.hub),
        ("token", _token(one, times)),
    ]
    for label, text in rows:
        if text:
            _print(text, first=f"    {label:<14}", then=" " * 18)
    if logged:
        out.print("\n  Its last visits (`visits` lists more):", markup=False)
        _say_visits(logged[:LAST], times, why=False)
    out.print(f"Times are those of {times.timezone}.", markup=False)


def _token(one: Health, times: _Times) -> str:
    """Where it comes from, and until when it holds; never what it is."""
    if one.source.token is None:
        return ""
    if one.token_ends is None:
        return one.source.token
    latest = " at the latest" if one.token_ends_at_latest else ""
    return f"{one.source.token}, until {times.at(one.token_ends)}{latest}"


_CHANGING = "its entries change them at visits; they are told apart by link and title"


def _details(state: VisitState, times: _Times) -> list[tuple[str, str]]:
    """What only those want to know who look closely."""
    profile, move = state.profile, state.move
    says = profile.new_address if profile and profile.new_address else ""
    failed = ""
    if state.error_text and state.error_streak:
        often = "once" if state.error_streak == 1 else f"{state.error_streak} times in a row"
        failed = f"{often}: {state.error_text}"
    led = ""
    if move is not None:
        led = f"to {move.address}, since {times.at(move.since)}; believed after two days"
    return [
        ("asked at", state.adopted or ""),
        ("redirected", led),
        ("says it is at", says),
        ("given up", state.given_up or ""),
        ("failed", failed),
        ("doubts", " ".join(state.suspicion.signals) if state.suspicion else ""),
        ("ids", _CHANGING if state.unstable_ids else ""),
        ("last new post", times.at(state.last_new) if state.last_new else ""),
        ("visits so far", f"{state.visits}"),
    ]


def _say_visits(logged: Sequence[LoggedVisit], times: _Times, *, why: bool) -> None:
    for line in logged:
        out.print(_one_line(line, times), markup=False)
        if why and line.next_due is not None:
            _print(f"next {times.at(line.next_due)}: {line.why}", first=" " * 16, then=" " * 16)


def _one_line(line: LoggedVisit, times: _Times) -> str:
    """When, what came, at what cost."""
    status = "" if line.status is None else f"{line.status}"
    came = line.kind or line.outcome.value
    if line.new or line.edited:
        came = f"{line.new} new, {line.edited} edited"
    cost = f"{line.received / 1024:8.1f} kB  {line.seconds:6.2f} s"
    return f"  {times.at(line.at):<18}{status:>4}  {came:<20}{cost}"
