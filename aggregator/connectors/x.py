"""An account on X (formerly Twitter), read from its interface, which wants a token and money.

Write the handle, with or without ``@``, or the address of the profile on x.com or twitter.com. The
handle is looked up once, and the account behind it is remembered: if the handle is given to
somebody else, we stop and say so. Shown are the account's own posts. Of a thread that is its first
post, whose link leads to the rest. ``include_replies`` adds answers and the rest of threads,
``include_reposts`` what it passes on, ``include_quotes`` posts that quote another.

The token is the Bearer Token of an app, which anybody may make at https://console.x.com under “Keys
and tokens”. It stands in the environment variable ``X_BEARER_TOKEN``, and ends only when somebody
revokes it. X bills every post and account that is read: in August 2026 half a cent of a US dollar
for a post and one cent for an account. To spend little, each visit asks only for posts that are
newer than the last one, and a source reads at most 2,000 posts and accounts in a month, for 20
dollars at the most at those prices, which ``reads_per_month`` changes. That counts all that X may
bill: posts and accounts that come along with others, too, and the look-ups of the posts that
widgets show.

Terms: a post of X stands on its own, whole and unchanged, with the name and the handle of its
author and a link to it on X, and never beside another network's marks. A poll is told by a link to
it below the post; what was voted is not read. What its author deletes,
edits or protects is looked up twice a day, so that it is gone or changed here within a day.

Specifications: https://docs.x.com/x-api/users/get-posts (who posted what),
https://docs.x.com/x-api/fundamentals/data-dictionary (what a post says),
https://docs.x.com/x-api/fundamentals/rate-limits, https://docs.x.com/x-api/getting-started/pricing,
https://docs.x.com/developer-terms/display-requirements and
https://docs.x.com/developer-terms/policy.
"""

import contextlib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from aggregator.connectors import _limits
from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import Errand
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part, readable
from aggregator.connectors._timeline import ENOUGH, PAGES, Memory, wanted
from aggregator.connectors._x_errors import NEED, told_gone
from aggregator.connectors._x_interface import FEWEST, MOST, Interface
from aggregator.connectors._x_post import Answer, id_of, is_id, is_locked, name_of, post_of
from aggregator.connectors._x_text import WEB
from aggregator.errors import NotFound, Refused, UnexpectedShape
from aggregator.model import (
    FetchResult,
    PostKind,
    Profile,
    RawPost,
    Sightings,
    Sought,
    Source,
    Terms,
)

ABOUT = "The posts of an account on X (Twitter)."
EXAMPLE = "institute"
HOSTS = ("x.com", "twitter.com")
TERMS = Terms(network="X", apart=True, look_up_every=timedelta(hours=12))
TOKEN = NEED

_VERSION = b"\xc1"
"""Raised whenever posts are read differently (rule B10)."""
_SERVER = "https://api.x.com"
_FIRST = 25
"""Posts that are asked for at the first visit: enough to show, and no more to pay for."""
_HANDLE = re.compile(r"[a-z0-9_]{1,15}")
_NO_HANDLES = frozenset(
    {"compose", "explore", "hashtag", "home", "i", "intent", "login", "messages", "notifications"}
    | {"privacy", "search", "settings", "share", "signup", "tos"}
)
"""Pages of X itself, which stand where the handles of accounts stand in addresses."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which posts are followed besides the account's own, and how many may be paid for."""

    include_reposts: bool = False
    include_replies: bool = False
    include_quotes: bool = False
    reads_per_month: int = 2_000
    """Posts and accounts, all told."""
    server: str = _SERVER
    """Where X's interface answers."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", origin(self.server))
        if self.reads_per_month < 1:
            raise ValueError("reads_per_month is a number from 1 up")


def read_address(text: str) -> str:
    """A handle, or the address of a profile or of a post, as the handle in small letters.

    Raises ValueError with a sentence that says what to write instead.
    """
    page = page_on(HOSTS, text)
    if page is not None:
        text = page.part(0) if not page.below and page.part(0).lower() not in _NO_HANDLES else ""
    handle = text.strip().removeprefix("@").lower()
    if not _HANDLE.fullmatch(handle):
        raise ValueError(
            "An account on X is written as its handle, up to 15 letters, digits and underscores, "
            f"for example {EXAMPLE}: it stands after x.com/ in the address of its profile"
        )
    return handle


def home_of(address: str) -> str | None:
    """The profile."""
    return f"{WEB}/{address}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the posts that are newer than those of the last visit."""
    return await (await _Visit.begin(source, errand)).read()


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for the posts by their ids; those that were edited come as they are now."""
    return await (await _Visit.begin(source, errand)).look_up(sought)


@dataclass(slots=True)
class _Found:
    """What the pages of one visit said."""

    posts: list[RawPost]
    newest: str
    author: Part | None = None
    wait: timedelta | None = None
    is_whole: bool = True
    """Whether all that is new was read."""


class _Visit:
    """One account, asked once."""

    def __init__(
        self,
        address: str,
        before: Memory,
        kinds: Collection[PostKind],
        interface: Interface,
    ) -> None:
        self._address = address
        self._before = before
        self._kinds = kinds
        self._x = interface

    @classmethod
    async def begin(cls, source: Source, errand: Errand) -> "_Visit":
        """Raises TokenMissing."""
        options = source.options if isinstance(source.options, Options) else Options()
        kinds = wanted(options)
        # What may be paid for is no reason to pay for all of it once more.
        asked_for = " ".join(sorted(kinds))
        before = Memory.unpack(errand.cursor, _VERSION, options.server, asked_for)
        token = await errand.keys.token()
        interface = Interface(options.server, options.reads_per_month, errand, token, before.own)
        return cls(source.address, before, kinds, interface)

    async def read(self) -> FetchResult:
        """What is new, newest first.

        Where the budget or X's own limit ends it early, what came is kept, and asked for again
        when there is more to be had.
        """
        profile = None
        if not self._before.account:
            user = await self._x.user_named(self._address)
            self._before = replace(self._before, account=id_of(user))
            profile = _profile(user)
        found = await self._timeline()
        if found.author is not None:
            await self._still_the_same(found.author)
            profile = _profile(found.author)
        after = replace(
            self._before,
            newest=found.newest if found.is_whole else self._before.newest,
            own=self._x.remembered,
        )
        return FetchResult(
            posts=tuple({post.guid: post for post in reversed(found.posts)}.values())[::-1],
            cursor=after.pack(_VERSION),
            profile=profile,
            unchanged=bool(found.newest) and found.newest == self._before.newest,
            wait=found.wait,
            light=True,
        )

    async def _timeline(self) -> _Found:
        found = _Found([], self._before.newest)
        is_first = not self._before.newest
        usual = _FIRST if is_first else MOST
        following, asked = None, set[str | None]()
        while following not in asked:
            size = min(self._x.most(), usual)
            if size < FEWEST and not asked:
                raise self._x.spent()
            if size < FEWEST or found.wait is not None:
                found.is_whole = False
                break
            asked.add(following)
            following = await self._page(found, following, size)
            if following is None or (is_first and len(found.posts) >= ENOUGH):
                break
            if len(asked) == PAGES:
                # So many new posts are more than is ever shown, unless the pages were small.
                found.is_whole = size == usual
                break
        return found

    async def _page(self, found: _Found, following: str | None, size: int) -> str | None:
        """Add a page to what was found; returns what the next one is asked with."""
        document, said = await self._x.timeline(
            self._before.account,
            self._address,
            size=size,
            since=self._before.newest,
            following=following,
            kinds=self._kinds,
        )
        answer = Answer.of(said)
        found.posts += [
            post for post in _posts(answer, self._handle(answer)) if post.kind in self._kinds
        ]
        found.newest = max({*_ids(answer), found.newest}, key=lambda one: int(one or 0))
        found.author = found.author or answer.users.get(self._before.account)
        found.wait = document.wait
        if answer.posts and all(map(is_locked, answer.posts)):
            raise Refused(
                f"X shows none of the posts of @{self._address} for now: the account is locked.",
                url=document.url,
                advice="Ask the owner of the account; its posts are read again once X shows them.",
            )
        return said.maybe("meta", "next_token", most=_limits.URL)

    def _handle(self, answer: Answer) -> str:
        """As the account itself writes it."""
        author = answer.users.get(self._before.account, Part(None))
        return author.maybe("username") or self._address

    async def _still_the_same(self, author: Part) -> None:
        """Whether the handle, which the account no longer bears, belongs to another one now."""
        handle = author.maybe("username") or self._address
        if handle.lower() == self._address:
            return
        try:
            now = await self._x.user_named(self._address)
        except (NotFound, Refused):  # it belongs to nobody, or to somebody who is not shown
            return
        if id_of(now) != self._before.account:
            raise Refused(
                f"The handle @{self._address} belongs to another account than before; the one that "
                f"we followed is called @{handle} now.",
                advice=f"If the old account is meant, write {handle} in feeds.yaml. If the new one "
                "is meant, give this source another id, so that it starts afresh.",
            )

    async def look_up(self, sought: Sequence[Sought]) -> Sightings:
        """As many of the posts as the budget allows."""
        left = [one.guid for one in sought if is_id(one.guid)]
        present, gone, posts = set[str](), set[str](), list[RawPost]()
        while left and (many := self._x.most()):
            asked, left = left[:many], left[many:]
            said = await self._x.posts(asked)
            answer = Answer.of(said)
            there = _ids(answer)
            present |= there.intersection(asked)
            gone |= set(told_gone(said)).intersection(asked) - there
            posts += self._as_they_are(answer)
        if left and not present | gone:
            raise self._x.spent()
        if gone and not present and not await self._is_good_token():
            return Sightings(frozenset(), frozenset())
        known = tuple(post for post in posts if post.guid in present)
        return Sightings(frozenset(present), frozenset(gone), known)

    def _as_they_are(self, answer: Answer) -> Iterator[RawPost]:
        """The posts after all edits, known by the ids by which they were asked for."""
        for post in answer.posts:
            with contextlib.suppress(UnexpectedShape):
                if read := post_of(post, answer, self._handle(answer)):
                    yield replace(read, guid=id_of(post))

    async def _is_good_token(self) -> bool:
        """Whether X tells us anything at all: else it may be we who see nothing."""
        account = self._before.account
        if not account:
            account = id_of(await self._x.user_named(self._address))
        return await self._x.answers_about(account)


def _ids(answer: Answer) -> set[str]:
    """Of the posts that were asked for."""
    return {one.value for one in (post.at("id") for post in answer.posts) if is_id(one.value)}


def _posts(answer: Answer, handle: str) -> tuple[RawPost, ...]:
    return readable(answer.posts, lambda said: post_of(said, answer, handle))


def _profile(user: Part) -> Profile:
    handle = user.maybe("username")
    return Profile(title=name_of(user), link=f"{WEB}/{handle}" if handle else None)
