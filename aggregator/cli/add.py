"""One feed or account at a time: what an address leads to, shown, and if wanted written down."""

import sys
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

import typer

from aggregator.actions.discover import Discoverer
from aggregator.actions.discovery import Discovery, Found, Handed
from aggregator.actions.find import TakenDownBefore, taken_down
from aggregator.actions.takedown import down_at
from aggregator.app import App
from aggregator.catalogue.checks import sameness, token_trouble
from aggregator.catalogue.edit import NewSource, add_sources, awaiting_consent
from aggregator.catalogue.ids import id_for
from aggregator.cli.asking import agreed, one_of
from aggregator.cli.opening import editor, named_widgets, opened, right_catalogue
from aggregator.cli.running import run
from aggregator.cli.terminal import complain, out, put_json, warn, who
from aggregator.connectors import platforms
from aggregator.connectors._known_feeds import one_account
from aggregator.connectors._patterns import place_of
from aggregator.connectors.feed import read_address
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, Source, SourceState


def add_to(commands: typer.Typer) -> None:
    """Register this module's command."""
    commands.command()(add)


def add(
    context: typer.Context,
    address: Annotated[
        str,
        typer.Argument(help="A home page, a feed, a profile, or a handle as @name@host."),
    ],
    *,
    widgets: Annotated[
        list[str] | None,
        typer.Option("--in", metavar="WIDGET", help="Show it there; may be repeated."),
    ] = None,
    source_id: Annotated[
        str | None, typer.Option("--id", help="Its id; if not said, made of its title.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Its name on the website; if not said, its own title.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="VARIABLE",
            help="The environment variable that holds its token, if not the platform's usual one.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object; written with --yes only.")
    ] = False,
) -> None:
    """Find the feed or account of an address, show it, and write it into feeds.yaml if you say yes.

    Example: `python3 run.py add https://www.example.org/blog --in latest-posts`
    """
    with opened(context) as app:
        catalogue = right_catalogue(app)
        shown_in = tuple(named_widgets(catalogue, widgets or []))
        meant = _meant(address)
        _refuse_wrong_token(token, meant[0])
        if known := _followed(catalogue, *meant):
            _say_followed(known, address, json=json)
            return
        _refuse_taken_down(app, *meant)
        discovery = look_at(app, address, token)
        if not (json or yes):
            discovery = _chosen(app, discovery)
        found = discovery.found or discovery.waiting
        if found is None:
            say_found(discovery, json=json)
            raise typer.Exit(1)
        if known := _followed(catalogue, found.platform, found.address):
            _say_followed(known, found.line, json=json)
            return
        _refuse_taken_down(app, found.platform, found.address)
        own_id = _id_for(app, found, catalogue, source_id)
        new = NewSource(own_id, found.platform, found.address, name, shown_in, token=token)
        _offer(app, catalogue, awaiting_consent(new, catalogue), discovery, yes=yes, json=json)


def _offer(
    app: App,
    catalogue: Catalogue,
    new: NewSource,
    discovery: Discovery,
    *,
    yes: bool,
    json: bool,
) -> None:
    """Show what was found and how it would be written, and write it if that is wanted."""
    if not json:
        say_found(replace(discovery, others=()), json=False)
        _say_entry(new)
        _say_when_it_works(discovery)
    written = yes or (not json and agreed("Write this into feeds.yaml?"))
    if written:
        _write(app, catalogue, new, discovery.found, quiet=json)
    elif not json:
        warn("Nothing was written. Add --yes to write it.")
    if json:
        entry = {"id": new.id, "in": new.widgets, "state": new.state, "written": written}
        put_json(_as_json(discovery) | {"entry": entry})
    if discovery.found is None and not written:
        raise typer.Exit(1)


def look_at(app: App, address: str, token: str | None = None) -> Discovery:
    """What an address leads to; asks at most eight times and stores no post.

    ``token`` is the variable that holds the token of its platform; None: the usual one.
    """

    async def look() -> Discovery:
        refresher = app.refresher
        try:
            discoverer = Discoverer(refresher.client, refresher.reader, app.clock, refresher.keys)
            return await discoverer.discover(address, token=token)
        finally:
            await app.close_fetching()

    return run(look())


def say_found(discovery: Discovery, *, json: bool) -> None:
    """What was found, or why nothing was."""
    found = discovery.found
    if json:
        put_json(_as_json(discovery))
    elif found is None:
        warn(discovery.words)
        warn(discovery.next_step)
    else:
        out.print(found.title or "A feed without a title", style="bold", markup=False)
        out.print(f"  {found.line}", markup=False)
        for post in found.newest:
            day = f"{post.published:%Y-%m-%d}" if post.published else "without date"
            out.print(f"  {day}  {post.title}", markup=False)
        out.print(f"  {_how_many(found.posts)}", markup=False)
        if discovery.others:
            out.print("Other feeds that are named there:")
        for link in discovery.others:
            out.print(f"  {link.address}{_called(link.title)}", markup=False)


def _how_many(posts: int) -> str:
    if posts == 0:
        return "It has no posts yet; look whether that is right."
    return "1 post in all." if posts == 1 else f"{posts} posts in all."


def _called(title: str) -> str:
    return f" ({title})" if title else ""


def _as_json(discovery: Discovery) -> dict[str, object]:
    """The contract of ``check ADDRESS --json``."""
    found = discovery.found
    account = found or discovery.waiting
    return {
        "asked": discovery.asked,
        "ok": found is not None,
        "platform": account.platform if account else None,
        "address": account.address if account else None,
        "token": account.token if account else None,
        "title": found.title if found else None,
        "posts": found.posts if found else None,
        "newest": found.newest if found else [],
        "others": [{"address": one.address, "title": one.title} for one in discovery.others],
        "why": discovery.why,
        "words": discovery.words or None,
        "next_step": discovery.next_step or None,
        "requests": discovery.requests,
    }


def _meant(text: str) -> tuple[str, str]:
    """The platform and the address that a text means, as far as it tells by itself."""
    place = place_of(text)
    if place is not None and place.platform:
        return place.platform, place.address
    try:
        return "feed", read_address(text if "://" in text else f"https://{text}")
    except ValueError:  # a word, say
        return "feed", text


def _followed(catalogue: Catalogue, platform: str, address: str) -> Source | None:
    """The source that follows this already, be it written differently or by its feed."""
    asked = _key(platform, address)
    return next(
        (one for one in catalogue.sources if _key(one.platform, one.address) == asked), None
    )


def _key(platform: str, address: str) -> tuple[str, str]:
    """Equal for what follows the same."""
    of, written = one_account(platform, address)
    return of, sameness(written)


def _say_followed(source: Source, address: str, *, json: bool) -> None:
    if json:
        put_json({"asked": address, "ok": True, "followed": source.id})
    else:
        out.print(f"{address} is followed already, as {source.id}; nothing to do.", markup=False)


def _chosen(app: App, discovery: Discovery) -> Discovery:
    """Where several feeds are on offer, the one that the person wants."""
    found = discovery.found
    if found is None or not discovery.others or not sys.stdin.isatty():
        return discovery
    out.print("There are several feeds:")
    out.print(f"  1  {found.address}{_called(found.title or '')}", markup=False)
    for number, link in enumerate(discovery.others, start=2):
        out.print(f"  {number}  {link.address}{_called(link.title)}", markup=False)
    number = one_of("Which one?", len(discovery.others) + 1)
    return discovery if number == 1 else look_at(app, discovery.others[number - 2].address)


def _refuse_taken_down(app: App, platform: str, address: str) -> None:
    """Raises TakenDownBefore: whatever is written of it, it would never be visited."""
    if past := down_at(app.publisher, platform, address):
        raise TakenDownBefore(address, past, app.catalogue())


def _id_for(app: App, found: Found, catalogue: Catalogue, said: str | None) -> str:
    """What was said, else made of its title. Raises TakenDownBefore for one that went for good."""
    if said is not None:
        if past := taken_down(app.database, said):
            raise TakenDownBefore(said, past, catalogue)
        return said
    host = urlsplit(found.address).hostname or f"{found.address} {found.platform}"
    taken = {source.id for source in catalogue.sources}
    return id_for(
        found.title or host,
        lambda made: made in taken or taken_down(app.database, made) is not None,
        otherwise=host,
    )


def _say_entry(new: NewSource) -> None:
    out.print("In feeds.yaml this is:")
    for line in new.lines():
        out.print(f"  {line}", markup=False)
    if new.state is SourceState.PAUSED:
        warn(
            "It is paused, because its widget requires consent. Once it is given: "
            f"`consent record {new.id} …` writes it down, then `state {new.id} active` begins to "
            "visit it."
        )
    elif not new.widgets:
        warn("It is followed but shown nowhere yet: --in WIDGET says where.")


def _say_when_it_works(discovery: Discovery) -> None:
    if discovery.found is None:
        warn("You may write it all the same: it will start to work once a token that holds is set.")


def _refuse_wrong_token(token: str | None, platform: str) -> None:
    """Before anything is asked: what the variable holds will be sent to the platform."""
    trouble = token_trouble(token, platforms()[platform]) if token is not None else None
    if trouble is not None:
        raise typer.BadParameter(" ".join(trouble), param_hint="--token")


def _write(
    app: App, catalogue: Catalogue, new: NewSource, found: Found | None, *, quiet: bool
) -> None:
    """Write the entry, and store what the feed has just answered as its first visit."""
    after = editor(app).change(
        lambda text: add_sources(text, [new]),
        by=who(),
        now=app.clock(),
        expected=catalogue.digest,
    )
    if not quiet:
        out.print(f"Written: {new.id}.", markup=False)
    source = after.source(new.id)
    if source is None or not source.visited or found is None:
        return
    try:
        app.sync(after)
        run(_visit_with(app, source, found))
        app.publisher.publish_all(app.clock())
    except AggregatorError as error:
        complain(error)
        warn("The source is written all the same, and is visited by itself.")


async def _visit_with(app: App, source: Source, found: Found) -> None:
    """The first visit, made of what is at hand: the feed is not asked twice (rule A6)."""
    refresher = app.refresher
    try:
        for state in app.claims.among([source], force=True).states:
            await refresher.refresh(source, state, web=Handed(refresher.client, found))
    finally:
        await app.close_fetching()
