"""An account on Bluesky, read from its public interface; no key is needed.

Write the handle as people know it, ``institute.example``, or the address of the profile on
bsky.app. The handle is looked up once, and the account behind it is remembered: if the handle is
given to somebody else, we stop and say so. Shown are the account's own posts. Of a thread that is
its first post, whose link leads to the rest. ``include_replies`` adds answers and the rest of
threads, ``include_reposts`` what it passes on, ``include_quotes`` posts that quote another.
Where the interface refuses us, the account's RSS feed is read, which has no pictures.

Who asks Bluesky not to be shown to people without an account is not shown. Posts that the author
or Bluesky marks as unsuitable for everyone are marked as sensitive. What is shown is looked up each
day: a deleted post leaves our pages, and so does one that was passed on, once its author deletes
it, or the account no longer passes it on.

Specifications: https://docs.bsky.app/docs/api/app-bsky-feed-get-author-feed (who posted what),
https://docs.bsky.app/docs/advanced-guides/post-richtext (links, mentions and tags, counted in
bytes of UTF-8), https://docs.bsky.app/docs/api/app-bsky-feed-get-posts,
https://docs.bsky.app/docs/api/com-atproto-repo-get-record and
https://docs.bsky.app/docs/api/app-bsky-actor-get-profile (what is still there),
https://atproto.com/specs/handle and https://atproto.com/specs/did.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from itertools import islice
from urllib.parse import quote, urlencode

from aggregator.connectors import _limits
from aggregator.connectors._accounts import page_on
from aggregator.connectors._bluesky_post import DID, POST, REPOST, not_to_be_shown, post_of
from aggregator.connectors._contract import Errand
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part, read_json, readable
from aggregator.connectors._timeline import Memory, Page, read_timeline, wanted
from aggregator.errors import (
    Denied,
    FetchError,
    Gone,
    NotFound,
    Refused,
    UnexpectedShape,
    Unreadable,
)
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

ABOUT = "The posts of an account on Bluesky."
EXAMPLE = "institute.example"
HOSTS = ("bsky.app",)
TERMS = Terms(network="Bluesky")
TOKEN = None

_VERSION = b"\xb2"
"""Raised whenever posts are read differently (rule B10)."""
_SERVER = "https://public.api.bsky.app"
_WEB = "https://bsky.app"
_LIMIT = 30
_MOST_AT_ONCE = 25
"""Posts that ``getPosts`` is asked for."""
_NO_RECORD = ("RecordNotFound", "Could not locate record")
"""What the interface calls it, or only says, where an account that is there has no such record.

Of an account that is deleted, switched off or suspended it says another thing: that it could not
find the repo. See packages/bsky/src/api/com/atproto/repo/getRecord.ts in
https://github.com/bluesky-social/atproto; the name is in the lexicon, and newer than the words.
"""
_NO_ACCOUNT = ("", "Profile not found")
"""Of one that is deleted; those that are switched off or suspended have names of their own: see
packages/bsky/src/api/app/bsky/actor/getProfile.ts."""
_TELLING = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""400 so far; Bluesky means to use the others as well:
https://github.com/bluesky-social/atproto/issues/1712."""
_LONGEST = 253
_HANDLE = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


@dataclass(frozen=True, slots=True)
class Options:
    """Which posts are followed besides the account's own, and who is asked."""

    include_reposts: bool = False
    include_replies: bool = False
    include_quotes: bool = False
    server: str = _SERVER
    """Another public AppView."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", origin(self.server))


def read_address(text: str) -> str:
    """A handle, an id (``did:plc:…``) or the address of a profile, as the handle or the id alone.

    Raises ValueError with a sentence that says what to write instead.
    """
    page = page_on(HOSTS, text)
    if page is not None and page.part(0) == "profile":
        text = page.part(1)
    account = text.strip().removeprefix("@").rstrip(".")
    if DID.fullmatch(account):
        return account
    handle = account.lower()
    if re.fullmatch(r"[a-z0-9-]+", handle):
        raise ValueError(
            f"A handle on Bluesky is written in full: {handle}.bsky.social, or the account's own "
            f"domain, as {EXAMPLE}"
        )
    if len(handle) > _LONGEST or not _HANDLE.fullmatch(handle):
        raise ValueError(
            "An account on Bluesky is written as its handle, which looks like the name of a "
            f"website, for example {EXAMPLE}"
        )
    return handle


def home_of(address: str) -> str | None:
    """The profile."""
    return f"{_WEB}/profile/{quote(address, safe=':')}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the newest posts, and for older ones where all of those are new."""
    visit, before, options = _visit(source, errand)
    try:
        account = before.account or await visit.account()
        before = replace(before, account=account)
        return await read_timeline(
            lambda cursor: visit.page(before, cursor), account, before, wanted(options), _VERSION
        )
    except (Denied, NotFound) as refusal:
        return await visit.by_feed(before, refusal)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for the posts themselves, and where some are missing, whether their account is there.

    What was passed on is gone once the account takes that back, once the post itself is gone, or
    once its author has left Bluesky.
    """
    visit, before, _ = _visit(source, errand)
    account = before.account or await visit.account()
    guids = [one.guid for one in sought]
    own = await visit.look_up(guids, account)
    passed_on = await visit.look_up_passed_on(guids, account)
    gone = own.gone | passed_on.gone
    # Of an account that is switched off, blocked or gone, all posts are missing alike.
    if gone and not await visit.may_be_shown(account):
        gone = frozenset()
    return Sightings(own.present | passed_on.present, gone, own.posts)


def _visit(source: Source, errand: Errand) -> tuple["_Visit", Memory, Options]:
    options = source.options if isinstance(source.options, Options) else Options()
    before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
    return _Visit(source.address, options, errand), before, options


class _Visit:
    """One account, asked once."""

    def __init__(self, address: str, options: Options, errand: Errand) -> None:
        self._address = address
        self._options = options
        self._web = errand.web
        self._reader = errand.reader

    async def account(self) -> str:
        """The id behind the handle, which stays when the handle changes."""
        if DID.fullmatch(self._address):
            return self._address
        answer = await self._ask("com.atproto.identity.resolveHandle", handle=self._address)
        account = answer.word("did")
        if not DID.fullmatch(account):
            raise answer.at("did").unexpected("an account's id")
        return account

    async def page(self, before: Memory, cursor: str | None) -> Page:
        """A page of the account's timeline."""
        asked = {"actor": before.account, "limit": str(_LIMIT), "includePins": "false"}
        asked["filter"] = (
            "posts_with_replies" if self._options.include_replies else "posts_no_replies"
        )
        url = self._url(
            "app.bsky.feed.getAuthorFeed", asked | ({"cursor": cursor} if cursor else {})
        )
        document = await self._web.get(
            url, accept="application/json", unconditional=bool(cursor) or not before.body
        )
        answer = read_json(document)
        entries = list(answer.items("feed"))
        author = await self._author(entries, before.account)
        return Page(
            posts=_posts(entries),
            document=document,
            following=answer.maybe("cursor", most=_limits.URL),
            profile=_profile(author) if author else None,
        )

    async def look_up(self, guids: Sequence[str], account: str) -> Sightings:
        """Which of the account's own posts are there, and what they say now."""
        own = [guid for guid in guids if (post := POST.fullmatch(guid)) and post[1] == account]
        found = await self._found(own)
        entries = [Part({"post": post.value}) for post in found.values()]
        return Sightings(frozenset(found), frozenset(own).difference(found), _posts(entries))

    async def look_up_passed_on(self, guids: Sequence[str], account: str) -> Sightings:
        """Which of the posts that the account passed on are there, and still passed on."""
        originals: dict[str, str] = {}
        gone: set[str] = set()
        for guid in guids:
            repost = REPOST.fullmatch(guid)
            if repost is None or repost[1] != account:
                continue
            try:
                original = await self._passed_on(account, repost[2])
            except (Denied, NotFound, Gone) as refusal:
                if _says(refusal, *_NO_RECORD):
                    gone.add(guid)
            else:
                originals |= {guid: original} if original else {}
        found = await self._found(sorted({*originals.values()}))
        present = {guid for guid, uri in originals.items() if uri in found}
        hidden = {guid for guid in present if _is_hidden(found[originals[guid]])}
        for guid in originals.keys() - present:
            if await self._took_back(originals[guid].split("/")[2]):
                gone.add(guid)
        return Sightings(frozenset(present - hidden), frozenset(gone | hidden))

    async def _took_back(self, author: str) -> bool:
        """Whether a post that is missing was deleted, with its author's account or without."""
        try:
            return await self.may_be_shown(author)
        except (Denied, NotFound, Gone) as refusal:
            return _says(refusal, *_NO_ACCOUNT)

    async def may_be_shown(self, account: str) -> bool:
        """Whether an account is there, for everybody. Raises Denied where it is switched off."""
        profile = await self._ask("app.bsky.actor.getProfile", actor=account)
        return profile.word("did") == account and not not_to_be_shown(profile)

    async def _passed_on(self, account: str, key: str) -> str | None:
        """The id of the post that a repost passes on."""
        record = await self._ask(
            "com.atproto.repo.getRecord",
            repo=account,
            collection="app.bsky.feed.repost",
            rkey=key,
        )
        uri = record.maybe("value", "subject", "uri", most=_limits.URL)
        return uri if uri and POST.fullmatch(uri) else None

    async def _found(self, uris: Sequence[str]) -> dict[str, Part]:
        """Those of these posts that Bluesky has."""
        found: dict[str, Part] = {}
        for part in _in_parts(uris):
            answer = await self._ask("app.bsky.feed.getPosts", [("uris", uri) for uri in part])
            found |= {post.word("uri"): post for post in answer.items("posts")}
        return {uri: found[uri] for uri in uris if uri in found}

    async def by_feed(self, before: Memory, refusal: Denied | NotFound) -> FetchResult:
        """The account's RSS feed, where the interface refuses us."""
        account = before.account or self._address
        url = f"{_WEB}/profile/{quote(account, safe=':')}/rss"

        async def page(_: str | None) -> Page:
            document = await self._web.get(url, unconditional=not before.body)
            read = await self._reader.read(document, frozenset())
            # It writes the name in another way than the interface does.
            profile = None if before.body else read.profile
            return Page(read.posts, document, profile=profile, poorer=True)

        try:
            return await read_timeline(
                page, before.account, before, wanted(self._options), _VERSION
            )
        except (Refused, Unreadable):
            raise NotFound(
                f"Bluesky shows us no account {self._address}.",
                url=refusal.url,
                status=refusal.status,
                advice=f"Open {_WEB}/profile/{self._address} in a browser, and correct the handle "
                "in feeds.yaml if it is another one now.",
            ) from refusal

    async def _author(self, entries: list[Part], account: str) -> Part | None:
        """The account as its entries name it. Raises Refused where it must not be shown."""
        # It wrote them, or passed them on.
        named = (
            entry.at(*who) for entry in entries for who in (("post", "author"), ("reason", "by"))
        )
        author = next((one for one in named if one.maybe("did") == account), None)
        if author is None:
            return None
        if not_to_be_shown(author):
            raise Refused(
                f"{self._address} asks Bluesky not to be shown to people who have no account.",
                advice="Ask the owner of the account to allow it, in its settings under "
                "“Privacy and security”, or take the source out of feeds.yaml.",
            )
        handle = (author.maybe("handle") or "").lower()
        if handle != self._address and not DID.fullmatch(self._address):
            await self._still_the_same(account, handle)
        return author

    async def _still_the_same(self, account: str, handle: str) -> None:
        """Whether the handle, which the account no longer bears, belongs to another one now."""
        try:
            now = await self.account()
        except (Denied, NotFound):  # it belongs to nobody: the account has another one
            return
        if now != account:
            raise Refused(
                f"The handle {self._address} belongs to another account than before; the one that "
                f"we followed is called {handle} now.",
                advice=f"If the old account is meant, write {handle} in feeds.yaml. If the new one "
                "is meant, give this source another id, so that it starts afresh.",
            )

    async def _ask(
        self, method: str, several: Sequence[tuple[str, str]] = (), **asked: str
    ) -> Part:
        url = self._url(method, [*several, *asked.items()])
        return read_json(
            await self._web.get(url, accept="application/json", unconditional=True, telling=True)
        )

    def _url(self, method: str, asked: Mapping[str, str] | Sequence[tuple[str, str]]) -> str:
        return f"{self._options.server}/xrpc/{method}?{urlencode(asked)}"


def _posts(entries: list[Part]) -> tuple[RawPost, ...]:
    return readable(entries, post_of)


def _is_hidden(post: Part) -> bool:
    """Whether its author, or Bluesky, does not let everybody see it any more."""
    try:
        return post_of(Part({"post": post.value})) is None
    except UnexpectedShape:
        return False


def _says(refusal: FetchError, name: str, words: str) -> bool:
    """Whether it is told to be of that name, or begins with these words under the usual one."""
    try:
        said = read_json(Document(refusal.url, refusal.body))
    except UnexpectedShape:
        return False
    error, message = said.maybe("error"), said.maybe("message") or ""
    is_it = error == name or (error == "InvalidRequest" and message.startswith(words))
    return is_it and refusal.status in _TELLING


def _in_parts(uris: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(uris)
    while part := list(islice(rest, _MOST_AT_ONCE)):
        yield part


def _profile(author: Part) -> Profile:
    handle = author.maybe("handle")
    return Profile(
        title=author.maybe("displayName") or handle,
        link=f"{_WEB}/profile/{handle or author.word('did')}",
    )
