"""The posts of a professional account on Instagram; a token of that account is needed.

Write the account's name, ``institute``, or the address of its profile. Only professional accounts
can be read, not private ones. Shown are the account's posts and reels, with their captions in
full. Stories and advertisements are left out. A film is watched on Instagram.

The token goes into ``INSTAGRAM_TOKEN``. The account's owner makes it in an app on
developers.facebook.com, under “Instagram”, “API setup with Instagram login”, with the permission
``instagram_business_basic``. It lasts 60 days, and is renewed by itself as long as Aggregator runs;
where that stands still for so long, the owner has to make a new one.
Where the account is linked to a Page on Facebook, the token of that Page does as well, with the
permissions ``instagram_basic`` and ``pages_read_engagement``: write ``options: {through:
facebook}``. Since a token shows the posts of its own account whatever stands in feeds.yaml, both
names are compared.

Instagram's terms ask that posts are deleted here when they are deleted there: they are looked up
each day, and those that are gone leave our pages.

Specifications: https://developers.facebook.com/docs/instagram-platform/reference/instagram-media
(the posts),
https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token (tokens),
https://developers.facebook.com/terms (terms).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import UNWRITTEN, Errand
from aggregator.connectors._graph import ID, VERSION, Graph, renewal, segment
from aggregator.connectors._graph_owner import NAME, owner, still_the_same
from aggregator.connectors._instagram_post import FIELDS, WEB, post_of
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part
from aggregator.connectors._timeline import Memory, Page, read_timeline
from aggregator.errors import PermissionMissing
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

ABOUT = "The posts of a professional account on Instagram."
EXAMPLE = "institute"
HOSTS = ("instagram.com",)
TERMS = Terms(network="Instagram")
TOKEN = TokenNeed(
    variable="INSTAGRAM_TOKEN",
    page="https://developers.facebook.com/apps/",
    how="The account's owner makes it in an app, under “API setup with Instagram login”, with the "
    "permission instagram_business_basic.",
    settles=timedelta(days=1),
)

_VERSION = b"\x19"
"""Raised whenever posts are read differently (rule B10)."""
_SERVERS = {"instagram": "https://graph.instagram.com", "facebook": "https://graph.facebook.com"}
_LIMIT = "25"
_NO_ACCOUNTS = frozenset(
    {"accounts", "about", "developer", "direct", "explore", "legal", "p", "reel", "reels", "tv"}
)
"""What may stand where accounts have their names."""


@dataclass(frozen=True, slots=True)
class Options:
    """By whose token the account is read, and who is asked."""

    through: str = "instagram"
    """instagram: the account's own token; facebook: the one of the Page that it is linked to."""
    server: str | None = field(default=None, metadata={UNWRITTEN: "the usual one of that way"})

    def __post_init__(self) -> None:
        if self.through not in _SERVERS:
            raise ValueError('"through" is instagram or facebook')
        if self.server is not None:
            object.__setattr__(self, "server", origin(self.server))


def read_address(text: str) -> str:
    """The name of an account, in small letters.

    Raises ValueError with a sentence that says what to write instead.
    """
    page = page_on(HOSTS, text)
    if page is not None:
        text = page.part(1) if page.part(0) == "stories" else page.part(0)
    name = text.strip().lower().removeprefix("@")
    is_account = page is None or name not in _NO_ACCOUNTS
    if not NAME.fullmatch(name) or not is_account or page_on(HOSTS, name) is not None:
        raise ValueError(
            "An account on Instagram is written as its name, which stands behind instagram.com/ in "
            f"the address of its profile, for example {EXAMPLE}"
        )
    return name


def home_of(address: str) -> str | None:
    """The profile."""
    return f"{WEB}/{segment(address)}/"


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
        {PostKind.ORIGINAL},
        _VERSION,
    )
    return replace(result, profile=profile)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for each post by its number; one is gone only where the token still shows its account."""
    visit = _Visit(source, errand)
    numbers = [one.guid for one in sought if ID.fullmatch(one.guid)]
    found = await visit.graph.seen(numbers, post_of, FIELDS)
    if found.gone and (await visit.who()).word("id") != visit.before.account:
        return replace(found, gone=frozenset())
    return found


class _Visit:
    """One account, asked once."""

    def __init__(self, source: Source, errand: Errand) -> None:
        options = source.options if isinstance(source.options, Options) else Options()
        server = options.server or _SERVERS[options.through]
        self._address = source.address
        self._through_page = options.through == "facebook"
        self.before = Memory.unpack(errand.cursor, _VERSION, server, repr(options))
        # A Page's token has no end.
        renew = (
            None
            if self._through_page
            else renewal("Instagram", TOKEN, server, "ig_refresh_token", errand)
        )
        self.graph = Graph("Instagram", TOKEN, f"{server}/{VERSION}", errand, renew)

    async def who(self) -> Part:
        """Whose token it is: ``me`` is the account, or the Page."""
        if self._through_page:
            answer = await self.graph.ask(
                "me", fields="instagram_business_account{id,username,name}"
            )
            linked = answer.at("instagram_business_account")
            if not linked.is_there:
                raise PermissionMissing(
                    f"The token in {self.graph.variable} leads to no account on Instagram.",
                    advice="Link the account to its Page in the Page's settings on Facebook, and "
                    "make the Page's token with the permission instagram_basic.",
                )
            return linked
        return await self.graph.ask("me", fields="id,username,name")

    async def page(self, before: Memory, following: str | None) -> Page:
        """A page of the account's posts."""
        whose = segment(before.account) if self._through_page else "me"
        page = await self.graph.page(
            f"{whose}/media",
            post_of,
            following,
            unconditional=not before.body,
            limit=_LIMIT,
            fields=FIELDS,
        )
        await still_the_same(self.graph, self._address, before.account, page.posts, self.who)
        return page
