"""Commands of care: posts, hide, pin, approve."""

from collections.abc import Iterable, Iterator
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from aggregator.actions import curate, planned
from aggregator.actions.curate import Decision
from aggregator.actions.explain import Explained, Explainer
from aggregator.actions.find import find
from aggregator.actions.planned import Planned
from aggregator.actions.publish import Published
from aggregator.app import App
from aggregator.cli.dates import first_moment, last_moment
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, warn, who
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, PlannedAct, StoredPost, VerdictKind
from aggregator.store import posts as stored_posts

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
Key = Annotated[
    str,
    typer.Argument(metavar="POST|SOURCE", help="A post's id or link, or a source's id."),
]
Undo = Annotated[bool, typer.Option("--undo", help="Take the newest decision back.")]

PAGE = 200
FOR_PEOPLE = 30
"""Posts listed where no limit is given and nobody asked for JSON."""


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    for command in (posts, hide, pin, approve):
        commands.command()(command)


def posts(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only this source's.")] = None,
    widget: Annotated[str | None, typer.Option(help="Only those this widget may show.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those to be reviewed.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"At most so many; {FOR_PEOPLE}, or with --json all.")
    ] = None,
    json: Json = False,
) -> None:
    """Stored posts, newest first, and why each is or is not shown.

    Example: `python3 run.py posts --widget latest-posts`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        wanted = _sources(app, catalogue, source, widget)
        explainer = Explainer(app.publisher, catalogue, app.clock(), app.inspector)
        most = limit or (None if json else FOR_PEOPLE)
        plans = planned.waiting_words(app.publisher, catalogue.site.timezone)
        listed = 0
        for explained in map(explainer.explain, _listing(app, wanted)):
            if waiting and not explained.waiting:
                continue
            if listed == most:
                if not json:
                    warn("… and more; --limit N lists N of them.")
                break
            listed += 1
            if json:
                put_json(_post_json(explained))
                continue
            _say_post(explained)
            post = explained.stored.post
            for key in ((post.source_id, post.public_id), (post.source_id, None)):
                if key in plans:
                    out.print(f"    {plans[key]}", markup=False)
        if not listed and not json:
            warn("There are no such posts.")


def _sources(
    app: App, catalogue: Catalogue, source: str | None, widget: str | None
) -> list[str] | None:
    """Ids of the sources wanted; None: all, also those that left feeds.yaml."""
    if source and find(app.database, catalogue, source).posts:
        raise AggregatorError(f"{source} is a post.", advice="Name a source; `status` lists them.")
    if widget is None:
        return [source] if source else None
    spec = catalogue.widget(widget)
    if spec is None:
        known = ", ".join(spec.id for spec in catalogue.widgets)
        raise AggregatorError(f"There is no widget named {widget}.", advice=f"There are: {known}.")
    ids = [one.id for one in catalogue.sources_of(spec)]
    return [one for one in ids if source in {None, one}]


def _listing(app: App, source_ids: list[str] | None) -> Iterator[StoredPost]:
    before = None
    while page := stored_posts.listing(app.database, source_ids, before, PAGE):
        yield from page
        before = (page[-1].sort_at, page[-1].id)


def _post_json(explained: Explained) -> dict[str, object]:
    """The contract of ``posts --json``."""
    stored, post = explained.stored, explained.stored.post
    return {
        "id": post.public_id,
        "source": post.source_id,
        "guid": post.guid,
        "title": post.title,
        "link": post.permalink,
        "published": post.published,
        "first_seen": stored.first_seen,
        "text": post.text,
        "html": post.html,
        "language": post.language,
        "verdict": stored.verdict.kind if stored.verdict else None,
        "shown": explained.shown,
        "why": explained.why,
    }


def _say_post(explained: Explained) -> None:
    stored, post = explained.stored, explained.stored.post
    when = f"{post.published:%Y-%m-%d}" if post.published else "no date   "
    mark = "✓" if explained.shown else "·"
    out.print(f"{mark} {post.public_id}  {when}  {post.source_id}: {_label(stored)}", markup=False)
    out.print(f"    {explained.why}", markup=False)


def _label(stored: StoredPost) -> str:
    return (stored.post.title or stored.post.excerpt or stored.post.permalink or "")[:100]


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
    if (start or undo) and _planned_hide(context, key, start, reason, json=json):
        return
    _decide(context, key, VerdictKind.HIDDEN, undo=undo, json=json, reason=reason)


def _planned_hide(
    context: typer.Context, key: str, start: str | None, reason: str | None, *, json: bool
) -> bool:
    """Plan it, or with ``start`` None take the plan back; False: this is about now."""
    with opened(context) as app:
        timezone, now = catalogue_of(app).site.timezone, app.clock()
        act, by = PlannedAct.HIDE, who()
        if start is None:
            made = planned.take_back(app.publisher, key, act, by=by, now=now)
            if made.plan is None:
                return False
        else:
            at = first_moment(start, timezone)
            if at <= now:
                return False
            made = planned.plan(app.publisher, key, act, at, by=by, now=now, reason=reason)
        say_plan(made, timezone, json=json, undone=start is None)
        return True


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
    _decide(context, key, VerdictKind.PINNED, undo=undo, json=json, until=until)


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

    Example: `python3 run.py approve https://family.example.org/first-day`
    """
    for key in keys:
        _decide(context, key, VerdictKind.APPROVED, undo=undo, json=json)


def _decide(
    context: typer.Context,
    key: str,
    kind: VerdictKind,
    *,
    undo: bool,
    json: bool,
    reason: str | None = None,
    until: str | None = None,
) -> None:
    with opened(context) as app:
        catalogue = catalogue_of(app)
        now = app.clock()
        if undo:
            decision = curate.undo(app.publisher, key, kind, by=who(), now=now)
        else:
            end = last_moment(until, catalogue.site.timezone) if until else None
            decision = curate.decide(
                app.publisher, key, kind, by=who(), now=now, reason=reason, until=end
            )
        _say_decision(decision, catalogue.site.timezone, json=json, undone=undo)
        if any(one.error for one in decision.published):
            raise typer.Exit(1)


def _say_decision(decision: Decision, timezone: str, *, json: bool, undone: bool) -> None:
    verdict = decision.verdict
    changed = [one.widget_id for one in decision.published if one.changed]
    if json:
        put_json(
            {
                "source": decision.source_id,
                "id": decision.public_id,
                "verdict": verdict.kind if verdict else None,
                "until": verdict.until if verdict else None,
                "widgets": changed,
                "failed": [one.widget_id for one in decision.published if one.error],
            }
        )
        return
    word = verdict.kind.value if verdict else "no decision"
    word = f"Undone; now {word}" if undone else word.capitalize()
    until = ""
    if verdict and verdict.until:
        until = f" until {verdict.until.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
    widgets = f" Widgets changed: {', '.join(changed)}." if changed else " No widget changed."
    hint = "" if undone else " (--undo takes it back)"
    out.print(f"{word}{until}: {decision.title}.{widgets}{hint}", markup=False)
    say_errors(decision.published)


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
