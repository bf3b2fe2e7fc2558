"""How a platform is followed by its feed: what is asked, what is remembered, what is left out.

In: the address of a feed, or a way to find it. Out: a ``FetchResult`` whose cursor keeps digests of
what was read, so that an unchanged feed is not parsed at all and of a changed one only entries that
are new or were edited; where the feed had to be found, its address too.
Not here: how a platform's accounts are written and where its feeds are, which is each module's own.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from aggregator.connectors import _limits, _permalinks
from aggregator.connectors._contract import UNWRITTEN, Errand
from aggregator.connectors._links import linked
from aggregator.connectors._server import origin
from aggregator.errors import FetchError, Gone, NotFound
from aggregator.model import Document, FetchResult, Profile, Sightings, Sought, Source

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)

_VERSION = b"\x03"
"""Raised whenever the parser reads differently: every feed is then read whole, once (rule B10)."""
_DIGEST = 32
"""Bytes of the document's digest."""
_PIECE = 8
"""Bytes of an entry's."""

_FOUND = b"@"
"""What a cursor begins with that holds an address, which ends at a line feed, and then the rest."""
_END = b"\n"
_CHOSEN = b"%"
"""What a cursor begins with that holds a digest of what was wanted, and then the rest."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What every platform that is followed by its feed can be told."""

    server: str | None = field(default=None, metadata={UNWRITTEN: "the platform's own"})
    """Another address that answers in its place; None: its own do."""

    def __post_init__(self) -> None:
        if self.server is not None:
            object.__setattr__(self, "server", origin(self.server))

    def at(self, url: str) -> str:
        """Where what the platform has at this address is asked for."""
        if self.server is None:
            return url
        _, slash, rest = url.partition("://")[2].partition("/")
        return f"{self.server}{slash}{rest}"


async def read_feed(address: str, errand: Errand, options: Elsewhere | None = None) -> FetchResult:
    """Ask for the feed and read what is new in it.

    ``options`` decide who is asked and which posts the caller keeps: once they change, all are read
    anew, because those that were not wanted before count as known.
    """
    mark = b""
    if options is not None:
        mark = _CHOSEN + hashlib.sha256(repr(options).encode()).digest()[:8]
        address = options.at(address)
    last = _Cursor.unpack(errand.cursor, mark)
    document = await errand.web.get(address, accept=ACCEPT, unconditional=last is None)
    digest = _digest(document)
    if last is not None and last.digest == digest:
        return FetchResult(posts=(), cursor=errand.cursor, unchanged=True)
    known = last.pieces if last else frozenset()
    read = await errand.reader.read(document, known)
    return FetchResult(
        posts=read.posts,
        cursor=b"".join((mark, _VERSION, digest, *read.pieces)),
        profile=_with_links(read.profile, document),
        hints=read.hints,
        address=document.url,
        known=len(known.intersection(read.pieces)),
    )


async def read_found_feed(
    errand: Errand, find: Callable[[], Awaitable[str]], options: Elsewhere | None = None
) -> FetchResult:
    """As ``read_feed``, where only the platform knows the feed's address: ``find`` asks for it.

    It is asked once and the answer remembered, until nothing is there any more.
    """
    address, cursor = _remembered(errand.cursor)
    found = address or await find()
    try:
        result = await read_feed(found, replace(errand, cursor=cursor), options)
    except (NotFound, Gone) as error:
        found = await _found_anew(find, address, error)
        result = await read_feed(found, replace(errand, cursor=None), options)
    return replace(result, cursor=_FOUND + found.encode() + _END + (result.cursor or b""))


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for the page of each post, which is all that a platform with nothing but a feed offers.

    Raises FetchError where the account's own page does not answer.
    """
    options = source.options or Elsewhere()
    home = None if source.home is None else options.at(source.home)
    return await _permalinks.look_up(replace(source, home=home), sought, errand)


def renamed(result: FetchResult, title: re.Pattern[str]) -> FetchResult:
    """The result, its profile called by the first group of ``title`` where all of it matches.

    Platforms write titles such as "Uploads from NAME", and people look for the name.
    """
    profile = result.profile
    found = title.fullmatch(profile.title) if profile and profile.title else None
    if profile is None or found is None:
        return result
    return replace(result, profile=replace(profile, title=found[1]))


async def _found_anew(
    find: Callable[[], Awaitable[str]], before: str | None, error: FetchError
) -> str:
    """Where the feed is now; raises ``error`` where that is not known to be elsewhere."""
    if before is None:
        raise error
    try:
        found = await find()
    except FetchError:
        raise error from None
    if found == before:
        raise error
    return found


def _remembered(cursor: bytes | None) -> tuple[str | None, bytes | None]:
    """The address that was found before, and the cursor of its feed."""
    if not cursor or cursor[:1] != _FOUND:
        return None, None
    address, _, rest = cursor[1:].partition(_END)
    return address.decode(), rest


def _with_links(profile: Profile, document: Document) -> Profile:
    """Who pushes the feed, by the answer's own Link field first (WebSub, section 4)."""
    field = document.headers.get("link", "")
    hubs = _limits.hubs(linked(field, "hub", document.url)) if field else ()
    if not hubs:
        return profile
    said = linked(field, "self", document.url)
    return replace(profile, hubs=hubs, topic=said[0] if said else profile.topic)


@dataclass(frozen=True, slots=True)
class _Cursor:
    """What was read at the last visit: a version, the document's digest, each entry's."""

    digest: bytes
    pieces: frozenset[bytes]

    @classmethod
    def unpack(cls, cursor: bytes | None, mark: bytes) -> "_Cursor | None":
        """None where there is none, or another version of the parser or another wish left it."""
        if not cursor or not cursor.startswith(mark + _VERSION):
            return None
        cursor = cursor.removeprefix(mark)
        pieces = cursor[1 + _DIGEST :]
        found = (pieces[at : at + _PIECE] for at in range(0, len(pieces), _PIECE))
        return cls(cursor[1 : 1 + _DIGEST], frozenset(found))


def _digest(document: Document) -> bytes:
    """Of all that decides what is read: the body, its charset, and what links are relative to."""
    head = f"{document.url}\0{document.content_type}\0".encode("utf-8", "replace")
    return hashlib.sha256(head + document.body).digest()
