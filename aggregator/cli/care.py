"""Commands of care: hide, pin, approve."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.actions import curate, planned
from aggregator.actions.aftermath import Aftermath, aftermath
from aggregator.actions.curate import Decision
from aggregator.actions.find import find
from aggregator.actions.planned import Planned
from aggregator.actions.publish import Published
from aggregator.app import App
from aggregator.cli.dates import last_moment, later_moment
from aggregator.cli.opening import opened
from aggregator.cli.posts import label_of
from aggregator.cli.terminal import catalogue_of, full_stop, out, put_json, warn, who
from aggregator.model import Catalogue, PlannedAct, VerdictKind

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Key = Annotated[
    str,
    typer.Argument(metavar="POST|SOURCE", help="A post's id or link, or a source's id."),
]
Undo = Annotated[bool, typer.Option("--undo", help="Take the newest decision back.")]

_LISTED = 10
"""Posts that still wait, listed after a decision about their source."""


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    for command in (hide, pin, approve):
        commands.command()(command)


def hide(
    context: typer.Context,
    key: Key,
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
        timezone, act, by, now = catalogue.site.timezone, PlannedAct.HIDE, who(), app.clock()
        if undo:
            gone = planned.take_back(app.publisher, key, act, by=by, now=now)
            if gone.plan is not None:
                say_plan(gone, timezone, json=json, undone=True)
                if not json and _is_hidden(app, key, now):
                    out.print(f"It stays hidden: `hide {key} --undo` shows it again.", markup=False)
                return
        elif start is not None:
            at = later_moment(start, timezone, now, "nothing was hidden")
            made = planned.plan(app.publisher, key, act, at, by=by, now=now, reason=reason)
            say_plan(made, timezone, json=json, undone=False)
            return
        _decide(app, catalogue, key, VerdictKind.HIDDEN, undo=undo, json=json, reason=reason)


def _is_hidden(app: App, key: str, now: datetime) -> bool:
    found = find(app.database, app.catalogue(), key)
    held = (
        found.posts[0].verdict
        if found.posts
        else curate.about_source(app.publisher, found.source_id, now)
    )
    return held is not None and held.kind is VerdictKind.HIDDEN


def pin(
    context: typer.Context,
    key: Key,
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
        _decide(app, catalogue_of(app), key, kind, undo=undo, json=json, until=until)


def approve(
    context: typer.Context,
    keys: Annotated[
        list[str],
        typer.Argument(metavar="POST|SOURCE…", help="Ids or links of posts, or a source's id."),
    ],
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
        for key in keys:
            _decide(app, catalogue, key, VerdictKind.APPROVED, undo=undo, json=json)


def _decide(
    app: App,
    catalogue: Catalogue,
    key: str,
    kind: VerdictKind,
    *,
    undo: bool,
    json: bool,
    reason: str | None = None,
    until: str | None = None,
) -> None:
    now = app.clock()
    if undo:
        decision = curate.undo(app.publisher, key, kind, by=who(), now=now)
    else:
        end = last_moment(until, catalogue.site.timezone) if until is not None else None
        decision = curate.decide(
            app.publisher, key, kind, by=who(), now=now, reason=reason, until=end
        )
    left = Aftermath()
    if not undo:
        left = aftermath(app.publisher, catalogue, app.inspector, decision, now)
    _say_decision(decision, left, catalogue.site.timezone, json=json, undone=undo)
    if any(one.error for one in decision.published):
        raise typer.Exit(1)


def _say_decision(
    decision: Decision, left: Aftermath, timezone: str, *, json: bool, undone: bool
) -> None:
    verdict = decision.verdict
    changed = [one.widget_id for one in decision.published if one.changed]
    if json:
        put_json(
            {
                "source": decision.source_id,
                "id": decision.public_id,
                "verdict": verdict.kind if verdict else None,
                "until": verdict.until if verdict else None,
                "copies": decision.copies,
                "widgets": changed,
                "failed": [one.widget_id for one in decision.published if one.error],
                "waiting": [one.stored.post.public_id for one in left.waiting],
                "why": left.why or None,
            }
        )
        return
    word = verdict.kind.value if verdict else "no decision"
    word = f"Undone; now {word}" if undone else word.capitalize()
    until = ""
    if verdict and verdict.until:
        until = f" until {_local(verdict.until, timezone)}"
    widgets = f" Widgets changed: {', '.join(changed)}." if changed else " No widget changed."
    hint = "" if undone else " (--undo takes it back)"
    title = decision.title + copies_words(decision.copies)
    out.print(f"{full_stop(f'{word}{until}: {title}')}{widgets}{hint}", markup=False)
    if decision.dropped_end is not None:
        ended = _local(decision.dropped_end, timezone)
        out.print(f"It has no end now; before, it was until {ended}.", markup=False)
    _say_aftermath(decision.source_id, left)
    say_errors(decision.published)


def _say_aftermath(source_id: str, left: Aftermath) -> None:
    """What is still not shown, and what to do about it."""
    if left.why:
        lead = "" if left.shown else "It is not shown. "
        warn(f"{lead}{left.why}")
    if not left.waiting:
        return
    posts = (
        "1 post of it still waits"
        if len(left.waiting) == 1
        else (f"{len(left.waiting)} posts of it still wait")
    )
    warn(f"{posts}, and must be approved by id:")
    for one in left.waiting[:_LISTED]:
        out.print(f"  {one.stored.post.public_id}  {label_of(one.stored)}", markup=False)
        out.print(f"    {one.why}", markup=False)
    more = "" if len(left.waiting) <= _LISTED else "They are more than stand here. "
    ids = " ".join(one.stored.post.public_id for one in left.waiting[:_LISTED])
    warn(f"{more}Read them with `posts {source_id} --waiting`; then: `approve {ids}`")


def _local(moment: datetime, timezone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"


def copies_words(copies: int) -> str:
    """What is added to a post's title where its copies were decided about as well."""
    if not copies:
        return ""
    return f", and the same in {copies} other post" + ("s" if copies > 1 else "")


def say_plan(made: Planned, timezone: str, *, json: bool, undone: bool) -> None:
    """What was planned, or is not any more."""
    if json:
        put_json(
            {
                "source": made.source_id,
                "id": made.public_id,
                "plan": made.plan.act if made.plan else None,
                "at": made.plan.at if made.plan else None,
                "changed": made.changed,
                "undone": undone,
            }
        )
        return
    if made.plan is None:
        out.print(f"Nothing of that kind was planned for {made.title}.", markup=False)
        return
    words = planned.words(made.plan, timezone)
    if undone:
        out.print(f"Taken back for {made.title}: {words}", markup=False)
        return
    known = "" if made.changed else " That was planned already."
    out.print(f"{made.title}: {words}{known} (--undo takes it back)", markup=False)


def say_errors(published: Iterable[Published]) -> None:
    """What was decided stands; say which widgets do not show it yet."""
    for one in published:
        if one.error is not None:
            warn(f"Recorded, but {one.widget_id} still stands as it was: {one.error}")
            warn(f"{one.error.advice} Then: publish")
