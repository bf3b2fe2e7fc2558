"""The posts of a Page on Facebook; a token of that Page is needed.

Write the Page's name as it stands in its address, ``institute`` for facebook.com/institute, or the
address itself, or the Page's number, in quotes. The Page is looked up once and remembered. Shown
are the posts of the Page itself that everybody may see, in full. ``include_quotes`` adds posts of
others that it shares with words of its own, ``include_reposts`` those that it shares without. The
address that a post shows as a card stands under its text where the text holds none.

A picture is shown where a person wrote its alternative text on Facebook; the permissions below are
enough for it to be asked for. What Facebook's own program guesses instead, such as “May be an image
of outdoors”, says nothing to rely on: it is not taken, and the picture is left out. A text that is
written or corrected later reaches our pages within a day.

The token goes into ``FACEBOOK_PAGE_TOKEN``. An administrator of the Page makes it: in an app of
type “Business” on developers.facebook.com, with the permissions ``pages_show_list`` and
``pages_read_engagement``. Taken from a user's token that lasts 60 days, the Page's token has no end
of its own. Facebook ends it when that person changes their password, leaves the Page's staff or
removes the app, and wants them to sign in again after 90 days. It announces none of that, so that
``status`` can tell it only once it has happened.

Facebook's terms ask that posts are deleted here when they are deleted there: they are looked up
each day, and those that are gone leave our pages.

Specifications: https://developers.facebook.com/docs/graph-api/reference/page/feed (the posts),
https://developers.facebook.com/docs/graph-api/reference/photo (words of pictures),
https://developers.facebook.com/docs/facebook-login/guides/access-tokens (tokens),
https://developers.facebook.com/terms (terms).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import Errand
from aggregator.connectors._facebook_pictures import ask_words, with_words
from aggregator.connectors._facebook_post import FIELDS, post_of
from aggregator.connectors._graph import ID, VERSION, Graph, segment
from aggregator.connectors._server import origin
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

ABOUT = "The posts of a Page on Facebook."
EXAMPLE = "institute"
HOSTS = ("facebook.com", "fb.com")
TERMS = Terms(network="Facebook")
TOKEN = TokenNeed(
    variable="FACEBOOK_PAGE_TOKEN",
    page="https://developers.facebook.com/tools/explorer/",
    how="An administrator of the Page makes it for an app of type “Business”, with the permissions "
    "pages_show_list and pages_read_engagement.",
)

_VERSION = b"\xfb"
"""Raised whenever posts are read differently (rule B10)."""
_WITHHELD = "words are withheld from"
"""Remembers a token that may not ask for the words of pictures."""
_WEB = "https://www.facebook.com"
_LIMIT = "25"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.]{0,78}[a-z0-9])?", re.ASCII)
_NAMED = re.compile(r"(?:.*-)?([0-9]{5,30})", re.ASCII)
"""The number behind the words in older addresses."""
_NO_PAGES = frozenset(
    {
        *("dialog", "events", "gaming", "groups", "hashtag", "help", "legal", "login", "messages"),
        *("marketplace", "media", "notes", "permalink.php", "photo", "photo.php", "photos"),
        *("plugins", "privacy", "reel", "search", "share", "sharer", "sharer.php", "stories"),
        *("story.php", "terms", "tr", "watch"),
    }
)
"""What may stand where Pages have their names."""


@dataclass(frozen=True, slots=True)
class Options:
    """Which posts are followed besides the Page's own, and who is asked."""

    include_reposts: bool = False
    include_quotes: bool = False
    server: str = "https://graph.facebook.com"

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", origin(self.server))


def read_address(text: str) -> str:
    """The name of a Page, or its number.

    Raises ValueError with a sentence that says what to write instead.
    """
    page = page_on(HOSTS, text)
    name = text.strip().lower().removeprefix("@")
    if page is not None:
        name = page.part(0).lower()
        if name in {"profile.php", "permalink.php", "story.php"}:
            name = page.asked("id")
        elif name in {"pages", "people", "p", "pg"}:
            name = page.part(len(page.path) - 1 if name in {"pages", "people"} else 1).lower()
        if found := _NAMED.fullmatch(name):
            name = found[1]
    if name in _NO_PAGES or not _NAME.fullmatch(name) or page_on(HOSTS, name) is not None:
        raise ValueError(
            "A Page on Facebook is written as the last part of its address, for example "
            f"{EXAMPLE} for {_WEB}/{EXAMPLE}"
        )
    return name


def home_of(address: str) -> str | None:
    """The Page."""
    return f"{_WEB}/{segment(address)}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the newest posts, and for older ones where all of those are new."""
    options = _options(source)
    before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
    graph = _graph(options, errand)
    profile = None
    if not before.account:
        account, profile = await _page(source, graph)
        before = replace(before, account=account)
    result = await read_timeline(
        lambda following: _timeline(graph, before, following),
        before.account,
        before,
        _kinds(options),
        _VERSION,
    )
    return replace(await _described(result, before, graph), profile=profile)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for each post by its number; one is gone only where the token still shows others.

    What a picture shows is asked anew. Where there is no answer to that, the known words stay.
    """
    options = _options(source)
    before = Memory.unpack(errand.cursor, _VERSION, options.server, repr(options))
    graph = _graph(options, errand)
    numbers = [one.guid for one in sought if ID.fullmatch(one.guid)]
    found = await graph.seen(numbers, post_of, FIELDS)
    if found.gone and not found.present:
        # Facebook says the same of what is deleted and of what a token may no longer see.
        account = before.account or (await _page(source, graph))[0]
        answer = await graph.ask(f"{segment(account)}/posts", limit="1", fields="id")
        if not list(answer.items("data")):
            return replace(found, gone=frozenset())
    known = {medium.id: medium.alt for one in sought for medium in one.media if medium.id}
    words = await ask_words(found.posts, graph)
    return replace(found, posts=with_words(found.posts, known | dict(words.by_id)))


def _options(source: Source) -> Options:
    return source.options if isinstance(source.options, Options) else Options()


def _kinds(options: Options) -> frozenset[PostKind]:
    asked = {PostKind.REPOST: options.include_reposts, PostKind.QUOTE: options.include_quotes}
    return frozenset({PostKind.ORIGINAL, *(kind for kind, is_asked in asked.items() if is_asked)})


def _graph(options: Options, errand: Errand) -> Graph:
    return Graph("Facebook", TOKEN, f"{options.server}/{VERSION}", errand)


async def _page(source: Source, graph: Graph) -> tuple[str, Profile]:
    """The Page's number, which stays when its name changes, and what it says of itself."""
    answer = await graph.ask(segment(source.address), fields="id,name,username,link")
    link = answer.maybe("link") or home_of(source.address)
    return answer.word("id"), Profile(title=answer.maybe("name"), link=link)


async def _described(result: FetchResult, before: Memory, graph: Graph) -> FetchResult:
    """The posts that are new or edited, with the words of their pictures.

    Without an answer they come all the same; the next look-up asks again. It also asks with a token
    that was refused these words, for which visits wait until there is another token.
    """
    if not result.posts or result.wait is not None or before.own.get(_WITHHELD) == graph.seal:
        return result
    words = await ask_words(result.posts, graph)
    own = {_WITHHELD: graph.seal} if words.are_withheld else {}
    after = Memory.unpack(result.cursor, _VERSION, before.server, before.options)
    return replace(
        result,
        posts=with_words(result.posts, words.by_id),
        cursor=replace(after, own=own).pack(_VERSION),
        wait=graph.wait if words.refusal is None else words.refusal.retry_after,
    )


async def _timeline(graph: Graph, before: Memory, following: str | None) -> Page:
    page = await graph.page(
        f"{segment(before.account)}/posts",
        post_of,
        following,
        unconditional=not before.body,
        limit=_LIMIT,
        fields=FIELDS,
    )
    if before.marks and following is None and not page.posts:
        # So it answers a token that lost its rights, too.
        raise PermissionMissing(
            f"Facebook shows the token in {graph.variable} no posts of this Page any more, though "
            "there were some.",
            url=page.document.url,
            advice="Look at the Page in a browser. If posts stand there, make a new token: "
            f"{TOKEN.how}",
        )
    return page
