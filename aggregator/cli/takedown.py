"""Commands for removal for good: takedown, receipts."""

from typing import Annotated

import typer

from aggregator.actions import planned
from aggregator.actions import takedown as removal
from aggregator.actions.find import TakenDownBefore, find, id_of_today, taken_down
from aggregator.actions.takedown import Reach, TakenDown
from aggregator.app import App
from aggregator.cli.acts import failed, outcome, say_errors, say_plan, widgets_words
from aggregator.cli.asking import ask
from aggregator.cli.dates import later_moment, moment_words
from aggregator.cli.opening import opened
from aggregator.cli.terminal import catalogue_of, count, out, put_json, warn, who
from aggregator.errors import AggregatorError
from aggregator.model import PlannedAct
from aggregator.store import receipts as kept
from aggregator.store.posts import counts
from aggregator.store.tombstones import Receipt

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

_NOTHING = "nothing was erased"


def add_to(commands: typer.Typer) -> None:
    """Register this module's commands."""
    commands.command()(takedown)
    commands.command()(receipts)


def takedown(
    context: typer.Context,
    key: Annotated[
        str | None,
        typer.Argument(metavar="[POST|SOURCE]", help="A post's id or link, or a source's id."),
    ] = None,
    *,
    author: Annotated[
        str | None,
        typer.Option(
            help="Instead: all posts of an author, by the address of their profile or a full "
            "handle; with --source also by name."
        ),
    ] = None,
    source: Annotated[str | None, typer.Option(help="With --author: only in this source.")] = None,
    address: Annotated[
        str | None,
        typer.Option(help="Instead: all posts at or below this address, and sources that are it."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Not now but then, as 2026-12-24 or 2026-12-24T18:00.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take a plan for later back.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask before more than a post; needed in scripts.")
    ] = False,
    json: Json = False,
) -> None:
    """Erase a post, a source, an author or an address, everywhere and for good: there is no undo.

    Example: `python3 run.py takedown 3f9c2a71d0be` or
    `python3 run.py takedown --address https://family.example.org/`
    """
    _check(key, author, source, address, planning=at is not None or undo)
    with opened(context) as app:
        timezone = catalogue_of(app).site.timezone
        act, by, now = PlannedAct.TAKEDOWN, who(), app.clock()
        if key and undo:
            (gone,) = planned.take_back(app.publisher, [key], act, by=by, now=now)
            say_plan(gone, timezone, json=json, undone=True)
            return
        if key and at is not None:
            moment = later_moment(at, timezone, now, _NOTHING)
            if _is_whole(app, key):
                _ask(f"Erase everything of {key} for good, at {at}?", yes=yes)
            (made,) = planned.plan(app.publisher, [key], act, moment, by=by, now=now)
            say_plan(made, timezone, json=json, undone=False)
            return
        done = _take_down(app, key, author, source, address, yes=yes)
        _say(app, done, json=json)
        if failed(done.published) or not done.traces_erased:
            raise typer.Exit(1)


def _check(
    key: str | None, author: str | None, source: str | None, address: str | None, *, planning: bool
) -> None:
    """Raises BadParameter where the words do not go together."""
    if [bool(key), bool(author), bool(address)].count(True) != 1:
        raise typer.BadParameter("Name one thing: a post, a source, --author or --address.")
    if source and not author:
        raise typer.BadParameter("--source goes with --author.")
    if planning and not key:
        raise typer.BadParameter("--at and --undo are for a post or a source.")


def _take_down(
    app: App,
    key: str | None,
    author: str | None,
    source: str | None,
    address: str | None,
    *,
    yes: bool,
) -> TakenDown:
    publisher, by, now = app.publisher, who(), app.clock()
    if author:
        if source is not None:
            source = id_of_today(app.database, app.catalogue(), source)
        reach = removal.reach_of_author(publisher, author, source)
        _ask_about(f"that is by {author}", reach, yes=yes)
        return removal.take_down_author(publisher, author, source, by=by, now=now)
    if address:
        reach = removal.reach_of_address(publisher, address)
        _ask_about(f"at or below {address}", reach, yes=yes)
        return removal.take_down_address(publisher, address, by=by, now=now)
    key = id_of_today(app.database, app.catalogue(), key or "")
    if _is_whole(app, key):
        stored, _ = counts(app.database).get(key, (0, None))
        if stored or not taken_down(app.database, key):
            _ask(f"Erase everything of {key} for good: {count(stored, 'post')}?", yes=yes)
    return removal.take_down(publisher, key, by=by, now=now)


def _is_whole(app: App, key: str) -> bool:
    """Whether a key is a source's."""
    try:
        return not find(app.database, app.catalogue(), key).posts
    except TakenDownBefore:  # its receipt is told again
        return False


def _ask_about(whose: str, reach: Reach, *, yes: bool) -> None:
    """Before an author or an address goes; where nothing is left of it, its receipt is told."""
    if not reach.is_empty:
        _ask(f"Erase all {whose} for good: {_reach(reach)}?", yes=yes)
    elif not reach.marked:
        _ask(
            f"Nothing {whose} is stored here: is it spelt right? Refuse whatever comes of it from "
            "now on, for good?",
            yes=yes,
        )


def _ask(question: str, *, yes: bool) -> None:
    ask(question, f"{_NOTHING.capitalize()}.", yes=yes)


def _reach(reach: Reach) -> str:
    """``12 posts (planet 2, blog 10), and the whole of blog``."""
    listed = ", ".join(f"{source_id} {count}" for source_id, count in sorted(reach.posts.items()))
    posts = count(reach.posts.total(), "post") + (f" ({listed})" if listed else "")
    return f"{posts}, and the whole of {', '.join(reach.sources)}" if reach.sources else posts


def _say(app: App, done: TakenDown, *, json: bool) -> None:
    widgets = widgets_words(done.published, "Widgets changed: none.")
    for receipt in done.receipts:
        if json:
            told = outcome(done.published) | {"traces_erased": done.traces_erased}
            put_json({"receipt": receipt} | told)
        else:
            _say_receipt(app, receipt, widgets)
    if not json:
        say_errors(done.published)
        for source_id in dict.fromkeys(one for made in done.receipts for one in made.sources):
            if app.catalogue().source(source_id):
                out.print(
                    f"Next: `letter {source_id}` drafts a word to the family; then "
                    f"`remove {source_id}` takes its entry out of feeds.yaml.",
                    markup=False,
                )
    if not done.traces_erased:
        warn(
            "The text is off the website and out of the database, but traces may be left in "
            "its file while another program reads it. A running `serve`, or the next "
            "command, erases them."
        )


def _say_receipt(app: App, receipt: Receipt, widgets: str) -> None:
    at = moment_words(receipt.taken_at, app.catalogue().site.timezone)
    if receipt.again:
        out.print(f"It was taken down before, at {at}: nothing was left. Receipt {receipt.id}.")
        return
    if receipt.posts_removed or receipt.sources:
        out.print(f"Taken down at {at}: {count(receipt.posts_removed, 'post')}.")
    else:
        out.print(f"Nothing of it was stored. Whatever comes of it is refused, from {at} on.")
    if receipt.quotes_removed:
        quotes = receipt.quotes_removed
        quoting = "1 post that quoted it does" if quotes == 1 else f"{quotes} that quoted it do"
        out.print(f"{quoting} so no more.")
    out.print(f"Receipt {receipt.id}. {widgets}", markup=False)


def receipts(
    context: typer.Context,
    receipt: Annotated[
        str | None, typer.Argument(metavar="[RECEIPT]", help="Only the one of this number.")
    ] = None,
    json: Json = False,
) -> None:
    """What was taken down, when and by whom: to prove it to those who asked. No content.

    Example: `python3 run.py receipts` or `python3 run.py receipts 5f0c9a3be214`
    """
    with opened(context) as app:
        found = kept.past(app.database, receipt)
        if receipt is not None and not found:
            raise AggregatorError(
                f"There is no receipt {receipt}.", advice="`receipts` lists all of them."
            )
        for one in found:
            if json:
                put_json(one)
                continue
            by = f" by {', '.join(one.by)}" if one.by else ""
            at = moment_words(one.at, app.catalogue().site.timezone)
            out.print(f"{one.receipt}  {at}{by}: {_what(one)}", markup=False)
        if not found and not json:
            out.print("Nothing was ever taken down.")


def _what(one: kept.Past) -> str:
    named = [f"all of {', '.join(one.sources)}"] if one.sources else []
    if one.public_ids:
        named.append(
            ("post " if len(one.public_ids) == 1 else "posts ") + ", ".join(one.public_ids)
        )
    return "; ".join(named) or "nothing was stored of it"
