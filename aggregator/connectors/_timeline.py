"""The newest posts of an account, page by page, as a platform's interface hands them out.

::

    first page, asked again each time ─► what we know is left out, what was edited is not
            │ nothing on it that we know: there is more that is new
            ▼
    older pages, up to a bound

The first page is asked under the same address at every visit, so that an unchanged one costs a 304
and an edit of a recent post is noticed. What was read is remembered by digests of the posts, in
which numbers of likes and the like do not occur.

In: a way to ask for a page. Out: a ``FetchResult``.
Not here: how a platform is asked, and what a post is on it, which is each module's own.
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from aggregator.errors import RateLimited
from aggregator.model import Document, FetchResult, PostKind, Profile, RawPost

PAGES = 5
"""How many are asked for in one visit, at most."""
ENOUGH = 20
"""Posts that will be shown; with so many the first visit is content."""
_DIGEST = 8
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a timeline, read."""

    posts: tuple[RawPost, ...]
    """Of all kinds, each with an id, the newest first."""
    document: Document
    following: str | None = None
    """What the next page is asked with; None: this is the last."""
    newest: str = ""
    """The platform's own number of the first post, where it has one."""
    profile: Profile | None = None
    poorer: bool = False
    """It came from elsewhere and says less: what is known already is not taken from it."""


Ask = Callable[[str | None], Awaitable[Page]]
"""Asks for a page: with what the page before it said, or for the first one."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a connector leaves behind at a good visit."""

    account: str = ""
    """The id of the account, once it is resolved."""
    server: str = ""
    """Who resolved it."""
    options: str = ""
    """What was asked for."""
    newest: str = ""
    body: str = ""
    """A digest of the first page as it came."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """The posts of the first page: a digest of the id, and one of all that was read."""
    own: Mapping[str, str] = field(default_factory=dict)
    """What else a module must know again, under names of its own."""

    @classmethod
    def unpack(cls, cursor: bytes | None, version: bytes, server: str, options: str) -> "Memory":
        """An empty one where nothing is remembered, or another version or server left it.

        Where other options are set now, all is read once more.
        """
        if not cursor or not cursor.startswith(version):
            return cls(server=server, options=options)
        memory = cls(**json.loads(cursor.removeprefix(version)))
        if memory.server != server:
            return cls(server=server, options=options)
        if memory.options != options:
            return cls(account=memory.account, server=server, options=options)
        return memory

    def pack(self, version: bytes) -> bytes:
        """As it is kept. ``version`` is raised whenever a module reads differently (rule B10)."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return version + json.dumps(kept, separators=(",", ":")).encode()

    def knows(self, post: RawPost) -> bool:
        """Whether a post of this id was on the first page last time."""
        return _mark(post.guid) in self.marks

    def holds(self, document: Document) -> bool:
        """Whether the first page was just this last time."""
        return self.body == _digest(document)


class Kinds(Protocol):
    """Which posts of an account are followed besides its own."""

    @property
    def include_reposts(self) -> bool: ...
    @property
    def include_replies(self) -> bool: ...
    @property
    def include_quotes(self) -> bool: ...


def wanted(kinds: Kinds) -> frozenset[PostKind]:
    """The kinds of posts that staff asked for."""
    asked = {
        PostKind.ORIGINAL: True,
        PostKind.REPOST: kinds.include_reposts,
        PostKind.REPLY: kinds.include_replies,
        PostKind.QUOTE: kinds.include_quotes,
    }
    return frozenset(kind for kind, is_asked in asked.items() if is_asked)


async def read_timeline(
    ask: Ask, account: str, before: Memory, kinds: Collection[PostKind], version: bytes
) -> FetchResult:
    """What is new or edited, newest first.

    Raises NotModified and FetchError as asking does, and RateLimited where the platform allows no
    further page: nothing is remembered then, so that nothing is missed.
    """
    first = await ask(None)
    if before.holds(first.document):
        return FetchResult(
            (),
            before.pack(version),
            unchanged=True,
            wait=first.document.wait,
            light=not first.poorer,
        )
    pages = [first]
    while _is_more_wanted(pages, before, kinds):
        page = pages[-1]
        if page.document.wait is not None:
            said = "The platform asks us to come back later, before all that is new was read."
            raise RateLimited(said, url=page.document.url, retry_after=page.document.wait)
        pages.append(await ask(page.following))
    found = {post.guid: post for page in reversed(pages) for post in reversed(page.posts)}
    posts = [post for post in reversed(found.values()) if post.kind in kinds]
    fresh = tuple(post for post in posts if not _is_known(post, before, poorer=first.poorer))
    after = Memory(
        account=account,
        server=before.server,
        options=before.options,
        newest=first.newest or before.newest,
        body=_digest(first.document),
        marks=_marks(first, before),
        own=before.own,
    )
    return FetchResult(
        posts=fresh,
        cursor=after.pack(version),
        profile=first.profile,
        known=len(posts) - len(fresh),
        wait=pages[-1].document.wait,
        light=not first.poorer,
    )


def _is_more_wanted(pages: list[Page], before: Memory, kinds: Collection[PostKind]) -> bool:
    last = pages[-1].following
    if last is None or len(pages) == PAGES or last in {page.following for page in pages[:-1]}:
        return False
    posts = [post for page in pages for post in page.posts]
    if before.marks:
        return not any(map(before.knows, posts))
    may_ask = pages[-1].document.wait is None
    return may_ask and sum(post.kind in kinds for post in posts) < ENOUGH


def _is_known(post: RawPost, before: Memory, *, poorer: bool) -> bool:
    return before.knows(post) and (poorer or before.marks[_mark(post.guid)] == _said(post))


def _marks(page: Page, before: Memory) -> dict[str, str]:
    """What a poorer page says of a known post is not what we know of it."""
    marks = {_mark(post.guid): _said(post) for post in page.posts}
    if page.poorer:
        return {post: before.marks.get(post, mark) for post, mark in marks.items()}
    return marks


def _digest(document: Document) -> str:
    return hashlib.sha256(document.body).hexdigest()[:32]


def _said(post: RawPost) -> str:
    """A digest of all that it says: a URL that is signed anew each time says nothing."""
    media = tuple(replace(one, url="") if one.id else one for one in post.media)
    return _mark(replace(post, media=media))


def _mark(what: object) -> str:
    said = repr(what).encode("utf-8", "replace")
    return hashlib.blake2b(said, digest_size=_DIGEST).hexdigest()
