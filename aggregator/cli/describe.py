"""The command ``describe``: what pictures show, in words, and where words are missing."""

from typing import Annotated

import typer

from aggregator.actions import describe as describing
from aggregator.actions.describe import Described, Pictures, Undescribed
from aggregator.actions.explain import Explainer
from aggregator.app import App
from aggregator.cli.acts import end, failed, say_errors
from aggregator.cli.opening import opened
from aggregator.cli.running import run
from aggregator.cli.stream import copy_pictures
from aggregator.cli.terminal import catalogue_of, out, put_json, who
from aggregator.model import Catalogue, StoredPost

_DROPPED = "What staff wrote was about another picture than there is now, and counts no more."


def add_to(commands: typer.Typer) -> None:
    """Register this module's command."""
    commands.command()(describe)


def describe(
    context: typer.Context,
    key: Annotated[
        str | None,
        typer.Argument(metavar="POST", help="A post's id or link; none: lists what lacks words."),
    ] = None,
    *,
    alt: Annotated[
        str | None, typer.Option(help="What the picture shows, for those who cannot see it.")
    ] = None,
    picture: Annotated[
        int | None, typer.Option(min=1, help="Which one, where the post has several; else 1.")
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take back what staff wrote; what came along counts.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Say in words what the picture of a post shows: without words it is not shown.

    Without --alt, lists the pictures of the post; without a post, those posts on the website whose
    picture nobody described.

    Example: `python3 run.py describe 3f9c2a71d0be --alt "Two nurses at the entrance"`
    """
    if alt is not None and remove:
        raise typer.BadParameter("--alt and --remove contradict one another.")
    if key is None and (alt is not None or remove):
        raise typer.BadParameter("Name the post.")
    if picture is not None and alt is None:
        raise typer.BadParameter("--picture goes with --alt.")
    with opened(context) as app:
        catalogue = catalogue_of(app)
        if key is None:
            _list(app, catalogue, json=json)
        elif alt is None and not remove:
            _say(app, catalogue, key, json=json)
        else:
            _act(app, catalogue, key, alt, picture or 1, json=json)


def _act(
    app: App, catalogue: Catalogue, key: str, alt: str | None, number: int, *, json: bool
) -> None:
    """Write words, or with None take them back; then fetch the picture and say how all stands."""
    now = app.clock()
    if alt is None:
        done = describing.undescribe(app.publisher, key, by=who(), now=now)
        words = "Taken back." if done.changed else "Staff wrote nothing; nothing was changed."
    else:
        done = describing.describe(app.publisher, key, alt, number=number, by=who(), now=now)
        words = "Stored." if done.changed else "Stored already; nothing was changed."
    published = [*done.published, *run(copy_pictures(app, done.published))]
    if json:
        told = {"changed": done.changed, "failed": failed(published)}
        put_json(_pictures_json(*_look(app, catalogue, done.public_id)) | told)
    else:
        out.print(words, markup=False)
        _say(app, catalogue, done.public_id, json=False)
        say_errors(published)
    end(published)


def _look(app: App, catalogue: Catalogue, key: str) -> tuple[Pictures, str, tuple[str, ...]]:
    """The pictures of a post; why it is or is not shown, and where."""
    found = describing.pictures_of(app.publisher, key, app.clock())
    explained = Explainer(app.publisher, catalogue, app.clock(), app.inspector).explain(
        found.stored
    )
    return found, explained.why, explained.shown


def _say(app: App, catalogue: Catalogue, key: str, *, json: bool) -> None:
    found, why, shown = _look(app, catalogue, key)
    if json:
        put_json(_pictures_json(found, why, shown))
        return
    out.print(f"{_title(found.stored)}\n    {why}", markup=False)
    for one in found.pictures:
        out.print(f"    Picture {one.number}, from {one.host}: {_words(one)}", markup=False)
    if found.is_outdated:
        out.print(f"    {_DROPPED}", markup=False)
    out.print(f"    {_sum(found, bool(shown))}", markup=False)


def _words(one: Described) -> str:
    came = f"came with “{one.came}”" if one.came else "came without words"
    staff = f"; staff wrote “{one.staff}”" if one.staff else ""
    return f"{came}{staff}."


def _sum(found: Pictures, is_shown: bool) -> str:
    """Which picture visitors see, and what to do."""
    public_id = found.stored.post.public_id
    if not found.pictures:
        return "It has no picture."
    chosen = next((one.number for one in found.pictures if one.is_chosen), None)
    if chosen is None:
        return f'No picture is shown: `describe {public_id} --alt "…"` says what it shows.'
    if not is_shown:
        return f"Picture {chosen} is shown once the post is."
    if found.has_copy:
        return f"Picture {chosen} is shown."
    return f"Picture {chosen} could not be fetched so far; it is shown once it could."


def _pictures_json(found: Pictures, why: str, shown: tuple[str, ...]) -> dict[str, object]:
    """The contract of ``describe POST --json``."""
    return {
        "source": found.stored.post.source_id,
        "id": found.stored.post.public_id,
        "pictures": [
            {
                "number": one.number,
                "host": one.host,
                "came": one.came,
                "staff": one.staff,
                "chosen": one.is_chosen,
            }
            for one in found.pictures
        ],
        "fetched": found.has_copy,
        "outdated": found.is_outdated,
        "shown": shown,
        "why": why,
    }


def _list(app: App, catalogue: Catalogue, *, json: bool) -> None:
    found = describing.undescribed(app.publisher, catalogue, app.clock())
    for one in found:
        if json:
            put_json(_undescribed_json(one))
            continue
        count = "1 picture" if one.pictures == 1 else f"{one.pictures} pictures"
        lacks = f"{count}, and no words: none is shown." if one.lacks_words else f"{count}."
        dropped = f" {_DROPPED}" if one.is_outdated else ""
        out.print(_title(one.stored), markup=False)
        out.print(f"    In {', '.join(one.widgets)}; {lacks}{dropped}", markup=False)
        if one.stored.post.permalink:
            out.print(f"    {one.stored.post.permalink}", markup=False)
    if json:
        return
    if found:
        out.print('`describe POST --alt "…"` says what a picture shows.', markup=False)
    else:
        out.print("Every post on the website that has pictures shows one, with words.")


def _undescribed_json(one: Undescribed) -> dict[str, object]:
    """The contract of ``describe --json``."""
    post = one.stored.post
    return {
        "source": post.source_id,
        "id": post.public_id,
        "title": post.title,
        "link": post.permalink,
        "widgets": one.widgets,
        "pictures": one.pictures,
        "lacks_words": one.lacks_words,
        "outdated": one.is_outdated,
    }


def _title(stored: StoredPost) -> str:
    post = stored.post
    title = (post.title or post.excerpt or post.permalink or "")[:100]
    return f"{post.public_id}  {post.source_id}: {title}"
