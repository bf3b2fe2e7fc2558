"""The command ``post``: what staff write themselves, for sources that are kept by hand."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from aggregator.actions.by_hand import Draft, Effect, Posted, read_picture, write
from aggregator.actions.explain import Explainer
from aggregator.cli.acts import end, failed, say_errors
from aggregator.cli.dates import first_moment
from aggregator.cli.opening import opened
from aggregator.cli.running import run
from aggregator.cli.terminal import catalogue_of, out, put_json, who
from aggregator.errors import AggregatorError
from aggregator.store import posts

_WORDS = {
    Effect.NEW: "Stored",
    Effect.EDITED: "Changed",
    Effect.UNCHANGED: "Stored already; nothing was changed",
}


def add_to(commands: typer.Typer) -> None:
    """Register this module's command."""
    commands.command()(post)


def post(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A source with hand: true.")],
    *,
    link: Annotated[str | None, typer.Option(help="Where it stands, if anywhere.")] = None,
    text: Annotated[
        str | None, typer.Option(help="Its words, whole; - reads them from standard input.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Its title, if it has one.")] = None,
    picture: Annotated[
        Path | None, typer.Option(help="A file; a small copy of it is kept, never the file.")
    ] = None,
    alt: Annotated[
        str | None, typer.Option(help="What the picture shows, for those who cannot see it.")
    ] = None,
    published: Annotated[
        str | None, typer.Option(help="As 2026-05-01 or 2026-05-01T18:00; else now.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="A code, as en or es.")] = None,
    edit: Annotated[
        str | None, typer.Option(metavar="POST", help="Change this post, by its id or link.")
    ] = None,
    no_picture: Annotated[
        bool, typer.Option("--no-picture", help="Take the picture away, with --edit.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Write or paste a post of a source that is kept by hand, or change one with --edit.

    Example: `python3 run.py post our-linkedin --link https://www.linkedin.com/posts/1 --text "…"`
    """
    if picture is not None and no_picture:
        raise typer.BadParameter("--picture and --no-picture contradict one another.")
    with opened(context) as app:
        catalogue = catalogue_of(app)
        now = app.clock()
        if text == "-":
            text = sys.stdin.read()
        draft = Draft(
            link=link,
            text=text,
            title=title,
            published=_past(published, catalogue.site.timezone, now) if published else None,
            language=language,
            picture=run(read_picture(picture)) if picture else None,
            alt=alt,
            no_picture=no_picture,
        )
        mark = app.inspector.mark
        done = write(app.publisher, source, draft, edit=edit, mark=mark, by=who(), now=now)
        (stored, *_) = posts.find(app.database, done.post.public_id)
        explained = Explainer(app.publisher, catalogue, now, app.inspector).explain(stored)
        if json:
            put_json(_posted_json(done, explained.shown, explained.why))
        else:
            out.print(f"{_WORDS[done.effect]}: {done.post.public_id}.", markup=False)
            out.print(explained.why, markup=False)
            say_errors(done.published)
        end(done.published)


def _past(text: str, timezone: str, now: datetime) -> datetime:
    """A day means its beginning. Raises AggregatorError for what is no date, or yet to come."""
    moment = first_moment(text, timezone)
    if moment > now:
        raise AggregatorError(f"{text} is yet to come.", advice="Write the day it was published.")
    return moment


def _posted_json(done: Posted, shown: tuple[str, ...], why: str) -> dict[str, object]:
    return {
        "source": done.post.source_id,
        "id": done.post.public_id,
        "outcome": done.effect,
        "shown": shown,
        "why": why,
        "failed": failed(done.published),
    }
