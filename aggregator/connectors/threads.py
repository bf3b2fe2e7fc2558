"""The posts of an account on Threads; a token of that account is needed.

Write the account's name, ``institute``, or the address of its profile on threads.com. Shown are
the account's own posts, in full; of a thread that is its first post. ``include_quotes`` adds posts
that quote another, ``include_reposts`` what it passes on, as far as Threads shows us that. Posts
that vanish by themselves are left out. What an author covered as a spoiler is covered here, too.
The address that a post shows as a card stands under its text where the text holds none.

The token goes into ``THREADS_TOKEN``. The account's owner makes it in an app on
developers.facebook.com with the use case “Access the Threads API”, with the permission
``threads_basic``. It lasts 60 days, and is renewed by itself as long as Aggregator runs; where that
stands still for so long, the owner has to make a new one. Since a token shows the posts of its
own account whatever stands in feeds.yaml, both names are compared.

The terms of Threads ask that posts are deleted here when they are deleted there: they are looked up
each day, and those that are gone leave our pages.

Specifications: https://developers.facebook.com/docs/threads/threads-media (the posts),
https://developers.facebook.com/docs/threads/get-started/long-lived-tokens (tokens),
https://developers.facebook.com/terms (terms).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import Errand
from aggregator.connectors._graph import ID, Graph, joined, renewal, segment, sighting
from aggregator.connectors._graph_owner import NAME, owner, still_the_same
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part
from aggregator.connectors._threads_post import FIELDS, WEB, post_of
from aggregator.connectors._timeline import Memory, Page, read_timeline
from aggregator.errors import NotFound
from aggregator.model import (
    FetchResult,
    PostKind,
    Profile,
    Sightings,
    Sought,
    Source,
    Terms,
    TokenNeed,
)

ABOUT = "The posts of an account on Threads."
EXAMPLE = "institute"
HOSTS = ("threads.com", "threads.net")
TERMS = Terms(network="Threads")
TOKEN = TokenNeed(
    variable="THREADS_TOKEN",
    page="https://developers.facebook.com/apps/",
    how="The account's owner makes it in an app with the use case “Access the Threads API”, with "
    "the permission threads_basic.",
    settles=timedelta(days=1),
)

_VERSION = b"\x7d"
"""Raised whenever posts are read differently (rule B10)."""
_INTERFACE = "v1.0"
_LIMIT = "25"


@dataclass(frozen=True, slots=True)
class Options:
    """Which posts are followed besides the account's own, and who is asked."""

    include_reposts: bool = False
    include_quotes: bool = False
    server: str = "https://graph.threads.net"

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", origin(self.server))


def read_address(text: str) -> str:
    """The name of an account, in small letters.

    Raises ValueError with a sentence that says what to write instead.
    """
    page = page_on(HOSTS, text)
    if page is not None:
        text = page.part(0) if page.part(0).startswith("@") else ""
    name = text.strip().lower().removeprefix("@")
    if not NAME.fullmatch(name) or page_on(HOSTS, name) is not None:
        raise ValueError(
            "An account on Threads is written as its name, which stands behind the @ in the "
            f"address of its profile, for example {EXAMPLE} for {WEB}/@{EXAMPLE}"
        )
    return name


def home_of(address: str) -> str | None:
    """The profile."""
    return f"{WEB}/@{segment(address)}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the newest posts, and for older ones where all of those are new."""
    visit = _Visit(source, errand)
    before, profile = visit.before, None
    if not before.account:
        said = await owner(visit.graph, source.address, visit.who)
        before = replace(before, account=said.word("id"))
        profile = Profile(said.maybe("name") or said.maybe("username"), home_of(source.address))
    result = await read_timeline(
        lambda following: visit.page(before, following),
        before.account,
        before,
        visit.kinds,
        _VERSION,
    )
    return replace(result, profile=profile)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for each post; one is gone only where the token still shows its account."""
    visit = _Visit(source, errand)
    found = Sightings(frozenset(), frozenset())
    for one in sought:
        if ID.fullmatch(one.guid):
            found = joined(found, await visit.one(one.guid))
    if found.gone and (await visit.who()).word("id") != visit.before.account:
        return replace(found, gone=frozenset())
    return found


class _Visit:
    """One account, asked once."""

    def __init__(self, source: Source, errand: Errand) -> None:
        options = source.options if isinstance(source.options, Options) else Options()
        self._address = source.address
        self.before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
        renew = renewal("Threads", TOKEN, options.server, "th_refresh_token", errand)
        self.graph = Graph("Threads", TOKEN, f"{options.server}/{_INTERFACE}", errand, renew)
        self.kinds = {PostKind.ORIGINAL}
        self.kinds |= {PostKind.REPOST} if options.include_reposts else set()
        self.kinds |= {PostKind.QUOTE} if options.include_quotes else set()

    async def who(self) -> Part:
        """Whose token it is."""
        return await self.graph.ask("me", fields="id,username,name")

    async def page(self, before: Memory, following: str | None) -> Page:
        """A page of the account's posts."""
        page = await self.graph.page(
            "me/threads",
            post_of,
            following,
            unconditional=not before.body,
            # It tells no address of the next page.
            goes_on_by="cursors",
            limit=_LIMIT,
            fields=FIELDS,
        )
        own = tuple(post for post in page.posts if post.kind is not PostKind.REPOST)
        await still_the_same(self.graph, self._address, before.account, own, self.who)
        return page

    async def one(self, number: str) -> Sightings:
        """A post by its number; several at once cannot be asked for."""
        try:
            said = await self.graph.ask(segment(number), fields=FIELDS)
        except NotFound:
            return Sightings(frozenset(), frozenset({number}))
        return sighting(number, said, post_of)
