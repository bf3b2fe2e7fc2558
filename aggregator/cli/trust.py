"""Commands about sources that may have changed hands: release, reject."""

from typing import Annotated

import typer

from aggregator.actions import trust
from aggregator.actions.trust import Decided, Doubt
from aggregator.app import App
from aggregator.cli.acts import TAKE_BACK, end, outcome, say_errors, say_widgets
from aggregator.cli.asking import ask
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, count, out, put_json, warn, who

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
SourceId = Annotated[str, typer.Argument(metavar="SOURCE", help="A source's id.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take the decision back.")]

LISTED = 10
"""Held posts that are shown before the question."""


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    for command in (release, reject):
        commands.command()(command)


def release(
    context: typer.Context,
    source: SourceId,
    yes: Yes = False,
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Say that a source is still theirs: what was held of it is shown.

    Example: `python3 run.py release family-example`
    """
    with opened(context) as app:
        catalogue_of(app)
        doubt = trust.doubt_about(app.publisher, source)
        source = doubt.source_id
        if undo:
            undone = trust.undo_release(app.publisher, source, by=who(), now=app.clock())
            words = f"Undone: {count(undone.posts, 'post')} of {source} held again."
            _say(undone, "doubted", words, json=json)
            return
        _ask(app, doubt, "Is it still theirs? Show what is held?", yes=yes, json=json)
        done = trust.release(app.publisher, source, by=who(), now=app.clock())
        words = f"Released: {count(done.posts, 'post')} of {source} may be shown.{TAKE_BACK}"
        if doubt.since is None and not doubt.held:
            words = f"Nothing to decide: nobody doubts {source}, and nothing of it is held."
        _say(done, "trusted", words, json=json)


def reject(
    context: typer.Context,
    source: SourceId,
    yes: Yes = False,
    undo: Undo = False,
    json: Json = False,
) -> None:
    """Say that a source is somebody else's: what was held of it is erased, and visits end.

    Example: `python3 run.py reject family-example`
    """
    with opened(context) as app:
        catalogue_of(app)
        doubt = trust.doubt_about(app.publisher, source)
        source = doubt.source_id
        if undo:
            undone = trust.undo_reject(app.publisher, source, by=who(), now=app.clock())
            _say(undone, "doubted", f"Undone: {source} is visited again, and held.", json=json)
            return
        _ask(app, doubt, "Is it somebody else's? Erase what is held?", yes=yes, json=json)
        done = trust.reject(app.publisher, source, by=who(), now=app.clock())
        words = (
            f"Rejected: {count(done.posts, 'post')} of {source} erased; it is not visited any "
            "more. What was shown before stays.\nNow mend its address in feeds.yaml, or take its "
            f"entry out; `takedown {source}` erases the old posts, too.{TAKE_BACK}"
        )
        if doubt.since is None and not doubt.held:
            words = (
                f"Nothing to decide: nobody doubts {source}, and nothing of it is held. "
                f"`hide {source}` takes it off the website."
            )
        _say(done, "trusted" if doubt.since is None else "rejected", words, json=json)


def _ask(app: App, doubt: Doubt, question: str, *, yes: bool, json: bool) -> None:
    """Show what the decision is about, then ask."""
    if yes or not (doubt.since or doubt.held):
        return
    if not json:
        _show(app, doubt)
    ask(question, "Nothing was decided.", yes=yes)


def _show(app: App, doubt: Doubt) -> None:
    if doubt.since:
        site = app.catalogue().source(doubt.source_id)
        address = f" ({site.address})" if site else ""
        out.print(f"{doubt.source_id}{address} may have changed hands:", markup=False)
    for signal in doubt.signals:
        out.print(f"  - {signal}", markup=False)
    out.print(f"Held: {count(len(doubt.held), 'post')}.", markup=False)
    for stored in doubt.held[:LISTED]:
        post = stored.post
        out.print(f"  {post.public_id}  {(post.title or post.excerpt)[:100]}", markup=False)
    if len(doubt.held) > LISTED:
        warn(f"  … `posts {doubt.source_id}` lists all.")


def _say(decided: Decided, standing: str, words: str, *, json: bool) -> None:
    if json:
        put_json(
            {
                "source": decided.source_id,
                "standing": standing,
                "posts": decided.posts,
                **outcome(decided.published),
            }
        )
    else:
        out.print(words, markup=False)
        say_widgets(decided.published)
        say_errors(decided.published)
    end(decided.published)
