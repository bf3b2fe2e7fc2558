"""Meta's Graph, in which Facebook, Instagram and Threads are read alike.

In: what a platform's module asks. Out: answers, pages of posts, what is gone, and a token's
renewal. A token is sent in a header; addresses of next pages, in which Meta writes it, are made
anew from their cursors.
Not here: what a post is, which is each module's own; what refusals mean (``_graph_errors.py``).
Specification: https://developers.facebook.com/docs/graph-api/results (pages),
https://developers.facebook.com/docs/graph-api/guides/versioning.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from aggregator.connectors import _limits
from aggregator.connectors._contract import Errand, Renew
from aggregator.connectors._dates import raw_date
from aggregator.connectors._graph_errors import meant, wait_of
from aggregator.connectors._shape import Part, read_json, readable
from aggregator.connectors._timeline import Page
from aggregator.errors import FetchError, NotFound, UnexpectedShape
from aggregator.model import (
    Document,
    Grant,
    Media,
    RawDate,
    RawPost,
    Sightings,
    Token,
    TokenNeed,
)

VERSION = "v25.0"
"""Of Facebook's and Instagram's interface: from February 2026 until July 2028."""
ID = re.compile(r"[A-Za-z0-9_]{1,80}", re.ASCII)
"""Of a post: numbers, as far as is known."""

_JSON = "application/json"
_BATCH = 50
"""Ids that one question may name."""
_LONGEST_LIFE = 10 * 365 * 24 * 3600
"""Seconds; no token of theirs lasts longer."""
_OFFSET = re.compile(r"([+-][0-9]{2})([0-9]{2})$", re.ASCII)

Read = Callable[[Part], RawPost | None]
"""Reads a post; None where it is not for the public. Raises UnexpectedShape."""


class Graph:
    """One platform, asked with one token for the length of a visit."""

    def __init__(
        self, network: str, need: TokenNeed, server: str, errand: Errand, renew: Renew | None = None
    ) -> None:
        """``server`` with its version, where it has one. ``renew``: None where that cannot be."""
        self._network = network
        self._need = need
        self._server = server
        self._errand = errand
        self._renew = renew
        self._token: Token | None = None
        self.wait: timedelta | None = None
        """How long the last answer asked us to stay away; None: it did not."""

    async def get(
        self, path: str, asked: Mapping[str, str], *, unconditional: bool = True
    ) -> Document:
        """An answer, with the wait that it asks for. Raises FetchError in Meta's meaning."""
        if self._token is None:
            self._token = await self._errand.keys.token(self._renew)
        url = f"{self._server}/{path}?{urlencode(asked)}"
        headers = {"Authorization": f"Bearer {self._token.access}"}
        try:
            document = await self._errand.web.get(
                url, accept=_JSON, headers=headers, unconditional=unconditional, telling=True
            )
        except FetchError as error:
            told = meant(error, self._network, self._need, self._token)
            if told is error:
                raise
            raise told from error
        self.wait = document.wait or wait_of(document.headers)
        return replace(document, wait=self.wait)

    async def ask(self, path: str, **asked: str) -> Part:
        """An answer, read."""
        return read_json(await self.get(path, asked))

    @property
    def variable(self) -> str:
        """Where the token came from."""
        return self._token.variable if self._token else self._need.variable

    @property
    def seal(self) -> str:
        """Of the token; empty: none was shown yet."""
        return self._token.seal if self._token else ""

    async def page(
        self,
        path: str,
        read: Read,
        following: str | None,
        *,
        unconditional: bool,
        goes_on_by: str = "next",
        **asked: str,
    ) -> Page:
        """A page of posts; ``following`` is what the page before it said.

        ``goes_on_by``: what in ``paging`` tells that there is a further one.
        """
        further = dict(parse_qsl(following or ""))
        document = await self.get(
            path, asked | further, unconditional=unconditional or bool(following)
        )
        answer = read_json(document)
        items = list(answer.items("data"))
        return Page(
            posts=_posts(items, read),
            document=document,
            following=_following(answer, goes_on_by) if items else None,
        )

    async def seen(self, ids: Sequence[str], read: Read, fields: str) -> Sightings:
        """Ask for posts by their ids.

        Whether the account itself can be read is for the caller to make sure of.
        """
        found = Sightings(frozenset(), frozenset())
        async for one, said in self.several(ids, fields):
            gone = Sightings(frozenset(), frozenset({one}))
            found = joined(found, gone if said is None else sighting(one, said, read))
        return found

    async def several(
        self,
        ids: Sequence[str],
        fields: str,
        *,
        most: int | None = None,
        spoilt_by: tuple[type[FetchError], ...] = (NotFound,),
    ) -> AsyncIterator[tuple[str, Part | None]]:
        """Ask for things by their ids, all at once where that goes; None: it cannot be had.

        One of ``spoilt_by`` that is about a single thing spoils the answer for all, so they are
        asked for in ever smaller parts. Raises every other FetchError.
        ``most``: how many questions it is worth, of which none is put once the platform asked us to
        stay away; None: as many as it takes.
        """
        parts = [ids[first : first + _BATCH] for first in range(0, len(ids), _BATCH)]
        asked = 0
        while parts and (most is None or (asked < most and self.wait is None)):
            part = parts.pop(0)
            asked += 1
            try:
                answer = await self.ask("", ids=",".join(part), fields=fields)
            except spoilt_by:
                if len(part) == 1:
                    yield part[0], None
                else:
                    half = len(part) // 2
                    parts += [part[:half], part[half:]]
            else:
                for one in part:
                    if answer.at(one).is_there:
                        yield one, answer.at(one)


def _posts(items: list[Part], read: Read) -> tuple[RawPost, ...]:
    def spoken(item: Part) -> RawPost | None:
        post = read(item)
        return post if post and _says_something(post) else None

    return readable(items, spoken)


def _following(answer: Part, goes_on_by: str) -> str | None:
    """What the next page is asked with, from its address or beside it, without the token in it.

    Pages follow each other by a cursor, or by time.
    """
    if not answer.at("paging", goes_on_by).is_there:
        return None
    after = answer.maybe("paging", "cursors", "after", most=_limits.URL)
    if after is not None:
        return urlencode({"after": after})
    try:
        said = parse_qsl(urlsplit(answer.maybe("paging", "next", most=10_000) or "").query)
    except ValueError:  # brackets that do not match, or too many parts
        return None
    return urlencode([one for one in said if one[0] in {"until", "__paging_token"}]) or None


def sighting(guid: str, said: Part, read: Read) -> Sightings:
    """Of a post that was answered: one that its author hid from the public is gone, too.

    An answer that says nothing of it is not taken for an edit.
    """
    try:
        post = read(said)
    except UnexpectedShape:
        return Sightings(frozenset({guid}), frozenset())
    if post is None:
        return Sightings(frozenset(), frozenset({guid}))
    return Sightings(frozenset({guid}), frozenset(), (post,) if _says_something(post) else ())


def _says_something(post: RawPost) -> bool:
    """Whether there is more of it than its number: some are told in sentences by the platform."""
    return bool(post.body or post.media or post.quote)


def joined(one: Sightings, other: Sightings) -> Sightings:
    """Both."""
    return Sightings(one.present | other.present, one.gone | other.gone, (*one.posts, *other.posts))


def renewal(network: str, need: TokenNeed, server: str, kind: str, errand: Errand) -> Renew:
    """How a token that has not ended yet is prolonged.

    That question takes the token nowhere but in the address. ``server`` without a version, ``kind``
    as the specification calls the renewal.
    """

    async def renew(token: Token) -> Grant:
        try:
            document = await errand.web.get(
                f"{server}/refresh_access_token?{urlencode({'grant_type': kind})}",
                accept=_JSON,
                unconditional=True,
                telling=True,
                secrets={"access_token": token.access},
            )
        except FetchError as error:
            told = meant(error, network, need, token)
            if told is error:
                raise
            raise told from error
        answer = read_json(document)
        seconds = answer.number("expires_in")
        lasts = seconds is not None and 0 < seconds < _LONGEST_LIFE
        return Grant(
            answer.word("access_token"), timedelta(seconds=seconds or 0) if lasts else None
        )

    return renew


def date_of(said: Part, name: str) -> RawDate | None:
    """A date; Meta writes ``+0000``, without the colon that others have."""
    value = said.maybe(name)
    return raw_date(_OFFSET.sub(r"\1:\2", value)) if value else None


def picture(said: Part, name: str, number: str | None, alt: str | None = None) -> list[Media]:
    """A picture by the name of its address; none where there is none.

    ``number``: the platform's own, for the address is signed anew at every answer. Without one,
    what stands before the signature tells it from others.
    """
    url = said.maybe(name, most=_limits.URL + 1)
    if url is None or len(url) > _limits.URL or not _limits.is_http(url):
        return []
    width, height = said.number("width"), said.number("height")
    return [Media(url, "image/*", alt, width, height, number or url.partition("?")[0])]


def segment(text: str) -> str:
    """A part of a path."""
    return quote(text, safe="")
