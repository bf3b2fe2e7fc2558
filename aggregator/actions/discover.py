"""From what a person pastes to the feed that is meant, or to the reason why there is none.

::

    address ─► what it tells by itself ─► the page ─► what the page offers ─► the usual places
                └─► a platform's account: its own connector is asked

In: a home page, a feed, a channel or a handle. Out: a ``Discovery``: the first good feed or the
account, with what else is on offer for free; no post is stored. At most eight requests, robots.txt
included.
Not here: the words for finding none (``no_feed.py``), what addresses tell
(``connectors/_patterns.py``), what pages say (``normalise/pages.py``), which addresses may be
visited at all (``fetch/guard.py``).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import urljoin, urlsplit

from aggregator.actions.discovery import Discovery, Found, Preview, Watched
from aggregator.actions.keys import KeyRing
from aggregator.actions.no_feed import NoneFound, Why, explained, no_address, nothing_on
from aggregator.actions.record import normalise
from aggregator.connectors import connector
from aggregator.connectors._by_feed import ACCEPT
from aggregator.connectors._contract import Errand, NoKeys, Reader
from aggregator.connectors._known_feeds import account_of
from aggregator.connectors._patterns import Place, place_of, usual_paths
from aggregator.connectors.feed import read_address as read_feed_address
from aggregator.errors import (
    BadCertificate,
    BlockedAddress,
    FetchError,
    Gone,
    NoSuchName,
    NotAFeed,
    NotFound,
    RateLimited,
    Refused,
    Unreachable,
    Unreadable,
)
from aggregator.fetch.address import MalformedAddressError, read_address
from aggregator.fetch.client import Client
from aggregator.fetch.robots import EVERYTHING, NOTHING, PATH, Robots, read_robots
from aggregator.model import Document, Post, Source
from aggregator.normalise.pages import FeedLink, Page, Rank, is_page, read_page
from aggregator.normalise.post import profile_from

MOST_REQUESTS = 8
PRODUCT = "Aggregator"
"""What robots.txt calls us: the first word of our User-Agent."""
_NEWEST = 3
_ACCEPT = ACCEPT.replace("*/*;q=0.1", "text/html;q=0.7, application/xhtml+xml;q=0.7, */*;q=0.1")
_NAME = re.compile(r"@[\w-]{1,64}")
_WITH_SCHEME = re.compile(r"(?:https?://|feed:)", re.IGNORECASE)


class Discoverer:
    """Finds feeds by the guarded client. Use it within one event loop."""

    def __init__(
        self,
        client: Client,
        reader: Reader,
        clock: Callable[[], datetime],
        keys: KeyRing | None = None,
    ) -> None:
        """``keys`` None: platforms are asked without tokens."""
        self._client = client
        self._reader = reader
        self._clock = clock
        self._keys = keys

    async def discover(
        self, text: str, *, page: Document | None = None, token: str | None = None
    ) -> Discovery:
        """Look for the feed that ``text`` means; never raises a FetchError.

        ``page`` is what the address answered a moment ago, where that is known: then it is not
        asked again (rule A6). ``token`` is the variable that holds the token of a platform that
        wants one; None: the platform's usual one.
        """
        search = _Search(self._client, self._reader, self._clock(), self._keys, token)
        try:
            found, others = await search.search(text.strip(), page)
        except NoneFound as none:
            return Discovery(
                asked=text,
                found=None,
                waiting=search.waiting if none.why is Why.KEYLESS else None,
                why=none.why,
                words=none.words,
                next_step=none.next_step,
                requests=search.requests,
            )
        rest = tuple(link for link in others if link.address not in {found.address, search.latest})
        return Discovery(text, found, others=rest, requests=search.requests)


class _Search:
    """One search and the requests that it has left."""

    def __init__(
        self, client: Client, reader: Reader, now: datetime, keys: KeyRing | None, token: str | None
    ) -> None:
        self._client = client
        self._reader = reader
        self._now = now
        self._keys = keys
        self._token = token
        self._robots: dict[str, Robots] = {}
        self._tried: set[str] = set()
        self._asked: set[tuple[str, str]] = set()
        """Accounts, by platform."""
        self.requests = 0
        self.latest = ""
        """The address that was asked last."""
        self.waiting: Found | None = None
        """The account that wants a token, once one was met."""

    async def search(self, text: str, page: Document | None) -> tuple[Found, tuple[FeedLink, ...]]:
        place = place_of(text)
        if place is not None:
            if place.closed:
                raise NoneFound(Why.PLATFORM, place.closed, place.instead)
            if place.platform and (account := await self._account(place)):
                return account, ()
            links = tuple(FeedLink(feed, "", Rank.OFFERED) for feed in place.feeds)
            if found := await self._first_good(links):
                return found, links
        document = page
        if document is None:
            found, document = await self._given(text, place)
            if found is not None:
                return found, ()
        return await self._from_page(document, place)

    async def _account(self, place: Place) -> Found | None:
        """What the platform's own connector brings; None: it has no such account for us.

        Raises NoneFound where the platform cannot or will not say.
        """
        self._asked.add((place.platform, place.address))
        of = connector(place.platform)
        source = self._source(place)
        web = Watched(self._client, MOST_REQUESTS - self.requests)
        with web:
            try:
                keys = self._keys.of(source, of.TOKEN) if self._keys else NoKeys()
                result = await of.fetch(source, Errand(web, self._reader, None, keys))
            except (NotFound, Gone, Unreadable) as error:
                if self._keys is not None:
                    self._keys.hide(error)
                if self.requests + web.requests >= MOST_REQUESTS:
                    raise explained(error) from error
                return None
            except FetchError as error:
                if self._keys is not None:
                    self._keys.hide(error)
                self.waiting = Found(
                    place.address, None, 0, (), {}, platform=place.platform, token=source.token
                )
                raise explained(error) from error
            finally:
                self.requests += web.requests
        profile = profile_from(result.profile) if result.profile else None
        posts, _ = normalise(result.posts, source, profile, self._now)
        return Found(
            address=place.address,
            title=(profile.title if profile else None) or None,
            posts=len(posts),
            newest=_newest_of(posts),
            documents=web.documents,
            platform=place.platform,
            token=source.token,
        )

    def _source(self, place: Place) -> Source:
        """The account as a source, as feeds.yaml would make it."""
        of = connector(place.platform)
        return Source(
            id="preview",
            platform=place.platform,
            address=place.address,
            options=of.Options(),
            token=(self._token or of.TOKEN.variable) if of.TOKEN else None,
            home=of.home_of(place.address),
            terms=of.TERMS,
        )

    async def _given(self, text: str, place: Place | None) -> tuple[Found | None, Document]:
        """Ask for the address itself. Raises NoneFound where nothing that helps comes."""
        address = _read_given(text, place)
        try:
            try:
                document = await self._ask(address)
            except Unreachable as error:
                if isinstance(error, NoSuchName | BadCertificate) or _WITH_SCHEME.match(text):
                    raise
                document = await self._ask(address.replace("https://", "http://", 1))
            if is_page(document):
                return None, document
            try:
                return await self._read(document), document
            except NotAFeed:
                if "html" not in document.content_type.lower():
                    raise
                return None, document
        except FetchError as error:
            raise explained(error) from error

    async def _from_page(
        self, document: Document, place: Place | None
    ) -> tuple[Found, tuple[FeedLink, ...]]:
        page = read_page(document)
        offered = tuple(link for link in page.links if link.rank is not Rank.MENTIONED)
        if found := await self._first_good(offered):
            return found, offered
        mentioned = (link for link in page.links if link.rank is Rank.MENTIONED)
        usual = _usual_places(document.url, page) if place is None else iter(())
        if found := await self._first_good(chain(mentioned, usual), of_our_own_accord=True):
            return found, offered
        raise nothing_on(document, page, forbidden=self._all_forbidden(document.url))

    async def _first_good(
        self, links: Iterable[FeedLink], *, of_our_own_accord: bool = False
    ) -> Found | None:
        """The first link that leads to a feed, as long as there are requests left."""
        for link in links:
            if self.requests >= MOST_REQUESTS:
                return None
            if link.address in self._tried:
                continue
            try:
                if of_our_own_accord and not await self._may_ask(link.address):
                    continue
                if account := await self._behind(link.address):
                    return account
                document = await self._ask(link.address)
                if not is_page(document):
                    return await self._read(document, link.title)
            except FetchError:
                continue  # what is offered and does not answer is as good as not offered
        return None

    async def _behind(self, feed: str) -> Found | None:
        """The account that this is the feed of: its platform's own connector reads more of it."""
        of = account_of(feed)
        if of is None or of in self._asked:
            return None
        try:
            found = await self._account(Place(of[0], *of))
        except NoneFound:
            return None
        if found is not None:
            self.latest = feed
        return found

    async def _ask(self, address: str) -> Document:
        self._tried.add(address)
        self.latest = address
        left = MOST_REQUESTS - self.requests
        with self._client.visit(None) as web:
            try:
                document = await web.get(address, accept=_ACCEPT, redirects=left - 1)
            finally:
                self.requests += web.requests
            if web.moved_to:
                self.latest = web.moved_to
            return document

    async def _read(self, document: Document, called: str = "") -> Found:
        address = self.latest
        read = await self._reader.read(document, frozenset())
        profile = profile_from(read.profile)
        preview = Source(id="preview", platform="feed", address=document.url)
        posts, _ = normalise(read.posts, preview, profile, self._now)
        return Found(
            address=address,
            title=profile.title or called or None,
            posts=len(posts),
            newest=_newest_of(posts),
            documents={address: document},
        )

    async def _may_ask(self, address: str) -> bool:
        """Whether robots.txt lets us guess there; asked for once a day and site (rule E7)."""
        parsed = read_address(address)
        if parsed.origin not in self._robots:
            robots = self._client.robots.of(parsed.origin)
            if robots is None:
                if MOST_REQUESTS - self.requests <= 1:
                    return False
                robots = await self._robots_of(parsed.origin)
            self._robots[parsed.origin] = robots
        return self._robots[parsed.origin].allow(parsed.target)

    async def _robots_of(self, origin: str) -> Robots:
        """RFC 9309, section 2.3.1: what answers mean that are no file."""
        try:
            robots = read_robots((await self._ask(origin + PATH)).body, PRODUCT)
        except RateLimited:
            return NOTHING
        except Refused:
            robots = EVERYTHING
        except FetchError:
            return NOTHING
        self._client.robots.keep(origin, robots)
        return robots

    def _all_forbidden(self, url: str) -> bool:
        robots = self._robots.get(read_address(url).origin)
        return robots is not None and not any(robots.allow(path) for path in usual_paths(""))


def _read_given(text: str, place: Place | None) -> str:
    """The address as it is asked for. Raises NoneFound where it is none."""
    if place is not None and place.handle:
        raise NoneFound(
            Why.NOT_FOUND,
            f"There is no public account {text} that offers its posts.",
            "Look whether the handle is written as its owner writes it.",
        )
    if _NAME.fullmatch(text):
        raise NoneFound(
            Why.NO_ADDRESS,
            f"{text} names an account, and not on which platform.",
            f'Name it in front, as in "x: {text}" or "youtube: {text}", with the quotes; a handle '
            "of Mastodon has its server, as in @name@social.example.",
        )
    whole = text if _WITH_SCHEME.match(text) else f"https://{text}"
    try:
        address = read_feed_address(whole)
        host = read_address(address).host
    except (ValueError, MalformedAddressError, BlockedAddress) as error:
        raise no_address(str(error)) from error
    if "." not in host and ":" not in host and not _WITH_SCHEME.match(text):
        raise no_address(f"{text} is neither a web address nor a handle with its server")
    return address


def _usual_places(url: str, page: Page) -> Iterator[FeedLink]:
    """In the page's own folder first, for many blogs are a part of a larger site."""
    paths = usual_paths(page.generator)
    folder = urlsplit(url).path
    if "." in folder.rpartition("/")[2]:
        folder = folder.rpartition("/")[0]
    folder = folder.rstrip("/")
    tried = chain((folder + path for path in paths[:2]), paths) if folder else paths
    for path in tried:
        yield FeedLink(urljoin(url, path), "", Rank.MENTIONED)


def _newest_of(posts: Iterable[Post]) -> tuple[Preview, ...]:
    newest = sorted(posts, key=_newest_first, reverse=True)[:_NEWEST]
    return tuple(map(_preview, newest))


def _newest_first(post: Post) -> datetime:
    return post.published or datetime.min.replace(tzinfo=UTC)


def _preview(post: Post) -> Preview:
    return Preview(post.title or post.excerpt, post.published, post.permalink)
