"""The posts of an account on Threads; a token of that account is needed.

Write the account's name, ``institute``, or the address of its profile on threads.com. Shown are
the account's own posts, in full; of a thread that is its first post. ``include_replies`` adds
answers and the rest of threads, ``include_quotes`` posts that quote another, ``include_reposts``
what it passes on, as far as Threads shows us that. Posts that vanish by themselves are left out.
What an author covered as a spoiler is covered here, too. The address that a post shows as a card
stands under its text where the text holds none. A poll is told by a link to it.

Of a post that is quoted, Threads tells a number; its words are asked for once, and each day whether
they are still there. They come where the account quotes itself. Those of others come only to apps
that Meta approved for it (“advanced access” for ``threads_basic``); without them the post stands
alone, and its link leads to both.

The token goes into ``THREADS_TOKEN``. The account's owner makes it in an app on
developers.facebook.com with the use case “Access the Threads API”, with the permission
``threads_basic``, and with ``threads_read_replies`` where ``include_replies`` is set. It lasts 60
days, and is renewed by itself as long as Aggregator runs; where that stands still for so long, the
owner has to make a new one. Since a token shows the posts of its own account whatever stands in
feeds.yaml, both names are compared.

The terms of Threads ask that posts are deleted here when they are deleted there: they are looked up
each day, and those that are gone leave our pages.

Specifications: https://developers.facebook.com/docs/threads/threads-media (the posts),
https://developers.facebook.com/docs/threads/retrieve-and-manage-replies (answers),
https://developers.facebook.com/docs/threads/get-started/long-lived-tokens (tokens),
https://developers.facebook.com/terms (terms).
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import Errand
from aggregator.connectors._graph import ID, Graph, joined, renewal, segment, sighting
from aggregator.connectors._graph_owner import NAME, owner, still_the_same
from aggregator.connectors._server import origin
from aggregator.connectors._shape import Part
from aggregator.connectors._threads_post import (
    FIELDS,
    WEB,
    number_of_quoted,
    post_of,
    quote_of,
)
from aggregator.connectors._timeline import ENOUGH, Memory, Page, read_timeline, wanted
from aggregator.errors import (
    FetchError,
    NotFound,
    NotModified,
    PermissionMissing,
    UnexpectedShape,
)
from aggregator.model import (
    FetchResult,
    PostKind,
    Profile,
    RawPost,
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

_VERSION = b"\x7e"
"""Raised whenever posts are read differently (rule B10)."""
_INTERFACE = "v1.0"
_LIMIT = "25"
_ANSWERS = "me/replies"
"""Where those are, in threads of its own and of others."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which posts are followed besides the account's own, and who is asked."""

    include_reposts: bool = False
    include_replies: bool = False
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
    result = await visit.read(before)
    return replace(result, posts=await visit.quoting(result.posts), profile=profile)


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
        self._kinds = wanted(options)
        self._quoted: dict[str, str] = {}
        """By the number of a post that quotes: that of the post that it quotes."""
        self._read: dict[str, RawPost] = {}
        """By number."""
        self.before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
        renew = renewal("Threads", TOKEN, options.server, "th_refresh_token", errand)
        self.graph = Graph("Threads", TOKEN, f"{options.server}/{_INTERFACE}", errand, renew)

    async def who(self) -> Part:
        """Whose token it is."""
        return await self.graph.ask("me", fields="id,username,name")

    async def read(self, before: Memory) -> FetchResult:
        """What is new: of the posts, and of the answers, which Threads lists apart.

        Raises NotModified where nothing is. Answers that Threads refuses keep no posts away.
        """
        answers, trouble = None, None
        if PostKind.REPLY in self._kinds:
            try:
                answers = await self._answers(before)
            except (PermissionMissing, NotFound, UnexpectedShape) as error:
                trouble = self._without_answers(error)
        try:
            result = await self._timeline("me/threads", before, self._kinds - {PostKind.REPLY})
        except NotModified:
            if trouble is None and (answers is None or answers.unchanged):
                raise
            unchanged = before.pack(_VERSION)
            result = FetchResult((), unchanged, unchanged=True, light=True)
        if answers is not None:
            result = self._with_answers(result, answers)
        return replace(result, trouble=trouble)

    async def _timeline(
        self, path: str, before: Memory, kinds: Collection[PostKind]
    ) -> FetchResult:
        async def page(following: str | None) -> Page:
            return await self._page(path, before, following)

        return await read_timeline(page, before.account, before, kinds, _VERSION)

    async def _answers(self, before: Memory) -> FetchResult:
        """They have a memory of their own within the other one."""
        known = before.own.get(_ANSWERS, "").encode("latin-1")
        own = Memory.unpack(known, _VERSION, before.server, before.options)
        own = replace(own, account=before.account)
        return await self._timeline(_ANSWERS, own, {PostKind.REPLY})

    def _with_answers(self, result: FetchResult, answers: FetchResult) -> FetchResult:
        memory = Memory.unpack(result.cursor, _VERSION, self.before.server, self.before.options)
        own = {_ANSWERS: (answers.cursor or b"").decode("latin-1")}
        waits = (one.wait for one in (result, answers) if one.wait is not None)
        return replace(
            result,
            posts=(*result.posts, *answers.posts),
            cursor=replace(memory, own=own).pack(_VERSION),
            unchanged=result.unchanged and answers.unchanged,
            known=(result.known or 0) + (answers.known or 0),
            wait=max(waits, default=None),
        )

    async def _page(self, path: str, before: Memory, following: str | None) -> Page:
        """A page of the account's posts, or of its answers."""
        page = await self.graph.page(
            path,
            self._post,
            following,
            # One address can be asked on conditions, and posts are more than answers.
            unconditional=path == _ANSWERS or not before.body,
            # It tells no address of the next page.
            goes_on_by="cursors",
            limit=_LIMIT,
            fields=FIELDS,
        )
        own = tuple(post for post in page.posts if post.kind is not PostKind.REPOST)
        await still_the_same(self.graph, self._address, before.account, own, self.who)
        return page

    def _post(self, item: Part) -> RawPost | None:
        """Remembers what it quotes, and what may be quoted by others."""
        post = post_of(item)
        if post is not None and post.guid is not None:
            self._read[post.guid] = post
            if post.kind is PostKind.QUOTE and (number := number_of_quoted(item)):
                self._quoted[post.guid] = number
        return post

    async def quoting(self, posts: Sequence[RawPost]) -> tuple[RawPost, ...]:
        """With what they quote, as long as Threads answers: the next look-up asks for the rest."""
        done = list(posts)
        with suppress(FetchError):
            for place, post in enumerate(posts[:ENOUGH]):
                done[place] = await self._with_quote(post)
        return tuple(done)

    async def _with_quote(self, post: RawPost) -> RawPost:
        """The post with what it quotes, where Threads shows us that.

        Raises FetchError where it cannot tell just now.
        """
        number = self._quoted.get(post.guid or "")
        if number is None:
            return post
        if number not in self._read:
            with suppress(NotFound, PermissionMissing, UnexpectedShape):
                self._post(await self.graph.ask(segment(number), fields=FIELDS))
        quoted = self._read.get(number)
        return replace(post, quote=quote_of(quoted)) if quoted else post

    async def one(self, number: str) -> Sightings:
        """A post by its number; several at once cannot be asked for.

        Where Threads cannot tell what it quotes, the post stays as it is known.
        """
        try:
            said = await self.graph.ask(segment(number), fields=FIELDS)
        except NotFound:
            return Sightings(frozenset(), frozenset({number}))
        found = sighting(number, said, self._post)
        try:
            posts = [await self._with_quote(post) for post in found.posts]
        except FetchError:
            posts = []
        return replace(found, posts=tuple(posts))

    def _without_answers(self, error: FetchError) -> FetchError:
        trouble = PermissionMissing(
            f"The token in {self.graph.variable} does not allow to read the account's answers on "
            "Threads. Its posts are read all the same.",
            advice="Let the account's owner make a token with the permission threads_read_replies, "
            f"too ({TOKEN.page}), or take include_replies out of the source's options in "
            "feeds.yaml.",
        )
        trouble.url, trouble.status = error.url, error.status
        return error if isinstance(error, UnexpectedShape) else trouble
