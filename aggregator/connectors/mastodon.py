"""An account on Mastodon, or on a server that speaks its language; no key is needed.

Write the whole name of the account, ``institute@social.example``, or the address of its profile on
its own server. Where the server answers under another name than the one in the account's, say so:
``options: {server: https://social.example}``. The account is looked up once and remembered. Shown
are its own public posts, unlisted ones included. Of a thread that is its first post, whose link
leads to the rest. ``include_replies`` adds answers and the rest of threads, ``include_reposts``
what it passes on, ``include_quotes`` posts that quote another. Content warnings are kept. A poll is
told by a link to it, where people vote and see what was voted. Where the server keeps its interface
closed, the account's RSS feed is read.

Specifications: https://docs.joinmastodon.org/methods/accounts/#statuses (who posted what),
https://docs.joinmastodon.org/entities/Status/ (what a post says),
https://docs.joinmastodon.org/api/rate-limits/ (how often we may ask).
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode, urlsplit

from aggregator.connectors._contract import UNWRITTEN, Errand
from aggregator.connectors._links import linked
from aggregator.connectors._mastodon_post import id_of, name_of, post_of
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part, read_json, readable
from aggregator.connectors._timeline import Memory, Page, read_timeline, wanted
from aggregator.errors import Denied, NotFound, Refused, UnexpectedShape, Unreadable
from aggregator.model import (
    Document,
    FetchResult,
    Profile,
    RawPost,
    Sightings,
    Sought,
    Source,
    Terms,
)

ABOUT = "The posts of an account on Mastodon."
EXAMPLE = "institute@social.example"
HOSTS = ("mastodon.social", "mastodon.online")
"""The servers of the project itself; of others a profile's address does not tell what they are."""
TERMS = Terms(network="Mastodon")
TOKEN = None

_VERSION = b"\xa3"
"""Raised whenever posts are read differently (rule B10)."""
_LIMIT = 20
_MOST_AT_ONCE = 20
"""Posts that are looked up in one go; the others wait for the next time."""
_NAME = r"(?P<name>\w(?:[\w.-]*?\w)?)"
_HOST = r"(?P<host>(?:[\w-]+\.)+[\w-]+)"
_ACCOUNT = re.compile(rf"@?{_NAME}@{_HOST}")
_PROFILE = re.compile(
    rf"/(?:web/)?(?:@|users/){_NAME}(?:@{_HOST})?(?:\.rss|/with_replies|/media|/\d+)?/?"
)


@dataclass(frozen=True, slots=True)
class Options:
    """Which posts are followed besides the account's own, and who is asked."""

    include_reposts: bool = False
    include_replies: bool = False
    include_quotes: bool = False
    server: str | None = field(default=None, metadata={UNWRITTEN: "the account's own"})
    """Where the account's server answers; None: under the name in the account's own."""

    def __post_init__(self) -> None:
        if self.server is not None:
            object.__setattr__(self, "server", origin(self.server))


def read_address(text: str) -> str:
    """An account's whole name, or the address of its profile, as ``name@host``.

    Raises ValueError with a sentence that says what to write instead.
    """
    text = text.strip()
    if account := _ACCOUNT.fullmatch(text):
        return f"{account['name']}@{account['host'].lower()}"
    if "/" in text:
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            host = parts.hostname or ""
        except ValueError:  # brackets that do not match
            host = ""
        profile = _PROFILE.fullmatch(parts.path) if re.fullmatch(_HOST, host) else None
        if profile is not None and parts.scheme in {"http", "https"}:
            # A page about somebody from elsewhere names their own server.
            return f"{profile['name']}@{(profile['host'] or host).lower()}"
    raise ValueError(
        "An account on Mastodon is written with its name and its server, for example "
        f"{EXAMPLE}: the server is what stands after https:// in the address of its profile"
    )


def home_of(address: str) -> str | None:
    """The profile on the account's own server."""
    name, _, server = address.partition("@")
    return f"https://{server}/@{name}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the newest posts, and for older ones where all of those are new."""
    visit, before, options = _visit(source, errand)
    try:
        account = before.account or await visit.account()
        before = replace(before, account=account)
        return await read_timeline(
            lambda last: visit.page(before, last), account, before, wanted(options), _VERSION
        )
    except (Denied, NotFound) as refusal:
        return await visit.by_feed(before, refusal)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for the posts all at once, then for each that is missing, and for the account."""
    visit, before, _ = _visit(source, errand)
    account = before.account or await visit.account()
    return await visit.look_up([one.guid for one in sought], account)


def _visit(source: Source, errand: Errand) -> tuple["_Visit", Memory, Options]:
    options = source.options if isinstance(source.options, Options) else Options()
    server = options.server or f"https://{source.address.partition('@')[2]}"
    before = Memory.unpack(errand.cursor, _VERSION, server, repr(options))
    return _Visit(source.address, server, options, errand), before, options


class _Visit:
    """One account, asked once."""

    def __init__(self, address: str, server: str, options: Options, errand: Errand) -> None:
        self._address = address
        self._server = server
        self._options = options
        self._web = errand.web
        self._reader = errand.reader

    async def account(self) -> str:
        """The server's own number of the account."""
        asked = urlencode({"acct": self._address})
        answer = read_json(await self._get(f"/api/v1/accounts/lookup?{asked}", unconditional=True))
        if "@" in answer.word("acct"):
            raise NotFound(
                f"{self._address} has its home on another server than {self._server}.",
                advice="Write the server on which the account was made.",
            )
        return answer.word("id")

    async def page(self, before: Memory, last: str | None) -> Page:
        """A page of the account's timeline: the newest, or those that are older than ``last``."""
        asked = {
            "limit": str(_LIMIT),
            # With it, answers to its own posts are still among them.
            "exclude_replies": _word(not self._options.include_replies),
            "exclude_reblogs": _word(not self._options.include_reposts),
        }
        if last is not None:
            asked |= {"max_id": last} | ({"since_id": before.newest} if before.newest else {})
        path = f"/api/v1/accounts/{_safe(before.account)}/statuses?{urlencode(asked)}"
        try:
            document = await self._get(path, unconditional=bool(last) or not before.body)
        except NotFound:
            if before.body:
                await self._still_the_same(before.account)
            raise
        statuses = list(read_json(document).items())
        posts = _posts(statuses, self._address)
        author = next((one.at("account") for one in statuses if one.maybe("account", "id")), None)
        ids = [found for found in (one.maybe("id") for one in statuses) if found]
        goes_on = ids and linked(document.headers.get("link", ""), "next", document.url)
        return Page(
            posts=posts,
            document=document,
            following=ids[-1] if goes_on else None,
            newest=ids[0] if ids else "",
            profile=_profile(author) if author else None,
        )

    async def look_up(self, guids: Sequence[str], account: str) -> Sightings:
        """Which posts are there, and what they say now.

        None counts as gone while its account cannot be seen: it may be closed for a while.
        """
        about = read_json(await self._get(f"/api/v1/accounts/{_safe(account)}", unconditional=True))
        if about.says("suspended") or about.word("id") != account:
            raise Refused(
                f"{self._server} shows nothing of {self._address} at present.",
                advice=f"Open {home_of(self._address)} in a browser and look whether it is there.",
            )
        home = about.word("url")
        ids = {number: guid for guid in guids if (number := id_of(guid, home))}
        asked = dict(list(ids.items())[:_MOST_AT_ONCE])
        found = await self._statuses(asked)
        gone: set[str] = set()
        for number in asked.keys() - found.keys():
            try:
                answer = await self._get(f"/api/v1/statuses/{_safe(number)}", unconditional=True)
            except NotFound:
                gone.add(asked[number])
            else:
                found[number] = read_json(answer)
        present = {}
        for number, status in found.items():
            with suppress(UnexpectedShape):  # nothing is told of what cannot be read
                if post := post_of(status, self._address.partition("@")[2]):
                    # Its address may be another one by now, its number never.
                    present[asked[number]] = replace(post, guid=asked[number])
        return Sightings(frozenset(present), frozenset(gone), tuple(present.values()))

    async def _statuses(self, asked: Mapping[str, str]) -> dict[str, Part]:
        """Those that are there, by number; servers older than Mastodon 4.3 cannot tell."""
        if not asked:
            return {}
        query = urlencode([("id[]", number) for number in asked])
        try:
            answer = await self._get(f"/api/v1/statuses?{query}", unconditional=True)
        except NotFound:
            return {}
        found = {status.word("id"): status for status in read_json(answer).items()}
        return {number: status for number, status in found.items() if number in asked}

    async def by_feed(self, before: Memory, refusal: Denied | NotFound) -> FetchResult:
        """The account's RSS feed, where the interface refuses us."""
        name = self._address.partition("@")[0]
        url = f"{self._server}/@{name}.rss"

        async def page(_: str | None) -> Page:
            document = await self._web.get(url, unconditional=not before.body)
            read = await self._reader.read(document, frozenset())
            profile = None if before.body else read.profile
            return Page(read.posts, document, profile=profile, poorer=True)

        try:
            return await read_timeline(
                page, before.account, before, wanted(self._options), _VERSION
            )
        except (Refused, Unreadable):
            raise NotFound(
                f"{self._server} shows us no account {self._address}.",
                url=refusal.url,
                status=refusal.status,
                advice=f"Open {self._server}/@{name} in a browser, and correct the account in "
                "feeds.yaml. Where its server has another name than stands in the account, write "
                "options: {server: https://…}.",
            ) from refusal

    async def _still_the_same(self, account: str) -> None:
        """Whether the name belongs to another account now: the one that we know is gone."""
        if await self.account() != account:
            raise Refused(
                f"{self._address} is another account than before; the one that we followed is "
                "gone.",
                advice="If the new account is meant, give this source another id in feeds.yaml, "
                "so that it starts afresh.",
            )

    async def _get(self, path: str, *, unconditional: bool) -> Document:
        return await self._web.get(
            self._server + path, accept="application/json", unconditional=unconditional
        )


def _posts(statuses: list[Part], address: str) -> tuple[RawPost, ...]:
    return readable(statuses, lambda status: post_of(status, address.partition("@")[2]))


def _profile(account: Part) -> Profile:
    return Profile(title=name_of(account), link=account.maybe("url"))


def _safe(number: str) -> str:
    return quote(number, safe="")


def _word(yes: bool) -> str:
    return "true" if yes else "false"
