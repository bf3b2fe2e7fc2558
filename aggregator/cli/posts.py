"""The command that lists posts, and how the words of a post are put before a person."""

from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from aggregator.actions import planned
from aggregator.actions.contents import Contents, contents
from aggregator.actions.explain import Explained, Explainer
from aggregator.actions.find import find
from aggregator.app import App
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, out, put_json, put_wrapped, warn
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, StoredPost
from aggregator.store import posts as stored_posts

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

PAGE = 200
FOR_PEOPLE = 30
"""Posts listed where no limit is given and nobody asked for JSON."""
_TO_JUDGE = 300
"""Characters of a waiting post in a list: enough to see what it is about."""
_INDENT = " " * 4
_BAR = f"{_INDENT}| "
"""Before each line of a post, which tells its words from ours."""


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(posts)


def posts(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="Only this source's.")
    ] = None,
    *,
    named: Annotated[str | None, typer.Option("--source", hidden=True)] = None,
    widget: Annotated[str | None, typer.Option(help="Only those this widget may show.")] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those to be reviewed, with their words.")
    ] = False,
    word: Annotated[
        str | None,
        typer.Option("--find", metavar="WORD", help="Only those with this in title or text."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help=f"At most so many; {FOR_PEOPLE}, or with --json all.")
    ] = None,
    json: Json = False,
) -> None:
    """Stored posts, newest first, and why each is or is not shown.

    Example: `python3 run.py posts family-example --waiting`
    """
    with opened(context) as app:
        catalogue = catalogue_of(app)
        wanted = _sources(app, catalogue, source or named, widget)
        explainer = Explainer(app.publisher, catalogue, app.clock(), app.inspector)
        most = limit or (None if json else FOR_PEOPLE)
        plans = planned.waiting_words(app.publisher, catalogue.site.timezone)
        listed = 0
        for explained in map(explainer.explain, _listing(app, wanted, word)):
            if waiting and not explained.waiting:
                continue
            if listed == most:
                if not json:
                    warn("… and more; --limit N lists N of them.")
                break
            listed += 1
            if json:
                put_json(_post_json(explained))
            else:
                _say_post(explained, plans, judged=waiting)
        if json:
            return
        if not listed:
            warn("There are no such posts.")
        elif waiting:
            out.print("`approve ID` lets one be shown, `hide ID` keeps it off.", markup=False)


def _sources(
    app: App, catalogue: Catalogue, source: str | None, widget: str | None
) -> list[str] | None:
    """Ids of the sources wanted; None: all, also those that left feeds.yaml."""
    if source:
        found = find(app.database, catalogue, source)
        if found.posts:
            raise AggregatorError(
                f"{source} is a post.", advice=f"`why {source}` tells all about it."
            )
        source = found.source_id
    if widget is None:
        return [source] if source else None
    spec = catalogue.widget(widget)
    if spec is None:
        known = ", ".join(spec.id for spec in catalogue.widgets)
        raise AggregatorError(f"There is no widget named {widget}.", advice=f"There are: {known}.")
    ids = [one.id for one in catalogue.sources_of(spec)]
    return [one for one in ids if source in {None, one}]


def _listing(app: App, source_ids: list[str] | None, word: str | None) -> Iterator[StoredPost]:
    before = None
    while page := stored_posts.listing(app.database, source_ids, before, PAGE, word=word):
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


def _say_post(
    explained: Explained, plans: Mapping[tuple[str, str | None], str], *, judged: bool
) -> None:
    """``judged``: a person is to say whether it may be shown, and so must see what it says."""
    post = explained.stored.post
    when = f"{post.published:%Y-%m-%d}" if post.published else "no date   "
    mark = "✓" if explained.shown else "·"
    label = label_of(explained.stored)
    out.print(f"{mark} {post.public_id}  {when}  {post.source_id}: {label}", markup=False)
    out.print(f"{_INDENT}{explained.why}", markup=False)
    if judged:
        say_contents(contents(post), _TO_JUDGE, f"`why {post.public_id}` shows more.")
    for key in ((post.source_id, post.public_id), (post.source_id, None)):
        if key in plans:
            out.print(f"{_INDENT}{plans[key]}", markup=False)


def label_of(stored: StoredPost) -> str:
    """What stands for a post in a line of a list."""
    return (stored.post.title or stored.post.excerpt or stored.post.permalink or "")[:100]


def say_contents(one: Contents, most: int, more: str) -> None:
    """What a post says, ``most`` characters of it at most; ``more``: where the rest is."""
    text = one.text if len(one.text) <= most else f"{one.text[:most].rstrip()}…"
    for line in filter(None, (*text.splitlines(), *one.beside)):
        put_wrapped(line, first=_BAR, then=_BAR)
    if len(one.text) > most:
        out.print(f"{_INDENT}{len(one.text) - most:,} more characters: {more}", markup=False)
    if one.link:
        out.print(f"{_INDENT}{one.link}", markup=False)
