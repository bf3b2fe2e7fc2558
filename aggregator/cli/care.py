"""Commands of care: hide, pin, approve."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from aggregator.actions import curate, planned
from aggregator.actions.aftermath import Aftermath, aftermath
from aggregator.actions.find import find
from aggregator.app import App
from aggregator.cli.acts import say_decisions, say_plan
from aggregator.cli.dates import last_moment, later_moment
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, who
from aggregator.model import Catalogue, PlannedAct, VerdictKind

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Keys = Annotated[
    list[str],
    typer.Argument(metavar="POST|SOURCE…", help="Ids or links of posts, or a source's id."),
]
Undo = Annotated[bool, typer.Option("--undo", help="Take the newest decision back.")]


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    for command in (hide, pin, approve):
        commands.command()(command)


def hide(
    context: typer.Context,
    keys: Keys,
    reason: Annotated[str | None, typer.Option(help="For your colleagues; never shown.")] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Not now but then, as 2026-12-24 or 2026-12-24T18:00."),
    ] = None,
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Take a post, or all of a source, off the website; it stays stored and can come back.

    Example: `python3 run.py hide 3f9c2a71d0be --reason "shows a face"`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        timezone, now = catalogue.site.timezone, app.clock()
        if undo:
            _show_again(app, keys, timezone, now, json=json)
        elif start is not None:
            at = later_moment(start, timezone, now, "nothing was hidden")
            act = PlannedAct.HIDE
            for made in planned.plan(
                app.publisher, keys, act, at, by=who(), now=now, reason=reason
            ):
                say_plan(made, timezone, json=json, undone=False)
        else:
            kind = VerdictKind.HIDDEN
            _decide(app, catalogue, keys, kind, undo=False, json=json, reason=reason)


def _show_again(app: App, keys: Sequence[str], timezone: str, now: datetime, *, json: bool) -> None:
    """Of what was to be hidden on a later day, that is taken back; else the hide."""
    plans, undone = planned.show_again(app.publisher, keys, by=who(), now=now)
    for gone in plans:
        say_plan(gone, timezone, json=json, undone=True)
        key = gone.public_id or gone.source_id
        if not json and _is_hidden(app, key, now):
            out.print(f"It stays hidden: `hide {key} --undo` shows it again.", markup=False)
    if undone:
        say_decisions([(one, Aftermath()) for one in undone], timezone, json=json, undone=True)


def _is_hidden(app: App, key: str, now: datetime) -> bool:
    found = find(app.database, app.catalogue(), key)
    held = (
        found.posts[0].verdict
        if found.posts
        else curate.about_source(app.publisher, found.source_id, now)
    )
    return held is not None and held.kind.hides


def pin(
    context: typer.Context,
    keys: Keys,
    until: Annotated[
        str | None, typer.Option(help="Last day or moment, as 2026-12-24 or 2026-12-24T18:00.")
    ] = None,
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Show a post, or a blog, before all others.

    Example: `python3 run.py pin 3f9c2a71d0be --until 2026-12-24`
    """
    with opened(context) as app:
        kind = VerdictKind.PINNED
        _decide(app, catalogue_of(app), keys, kind, undo=undo, json=json, until=until)


def approve(
    context: typer.Context,
    keys: Keys,
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Let waiting posts, or all of a source, be shown.

    Each post that a rule holds, and each of a source with `review: always`, is named by itself: of
    a source they still wait, and are listed.

    Example: `python3 run.py approve https://family.example.org/first-day`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        _decide(app, catalogue, keys, VerdictKind.APPROVED, undo=undo, json=json)


def _decide(
    app: App,
    catalogue: Catalogue,
    keys: Sequence[str],
    kind: VerdictKind,
    *,
    undo: bool,
    json: bool,
    reason: str | None = None,
    until: str | None = None,
) -> None:
    publisher, timezone, now = app.publisher, catalogue.site.timezone, app.clock()
    if undo:
        undone = curate.undo(publisher, keys, kind, by=who(), now=now)
        told = [(one, Aftermath()) for one in undone]
    else:
        last = last_moment(until, timezone) if until is not None else None
        decided = curate.decide(publisher, keys, kind, by=who(), now=now, reason=reason, until=last)
        told = [(one, aftermath(publisher, catalogue, app.inspector, one, now)) for one in decided]
    say_decisions(told, timezone, json=json, undone=undo)
