"""A community or an account on Reddit.

Write ``reddit: r/institute`` for a community, ``reddit: u/institute`` for an account, or the
address of its page. Of an account only its own posts are read;
``options: {include_comments: true}`` adds what it wrote below others' posts.

The feed holds the newest 25 posts. Reddit adds who posted and two links to each; these are left
out. Since June 2026 Reddit refuses most readers without an account for a while (429): visits then
come as seldom as it asks, and what is stored stays. The private address of a feed that Reddit's
settings offer holds a secret: it must not be used here.

Terms: a post is linked to its page on Reddit and names who posted it. What is deleted there should
not be shown: it leaves our pages once Reddit answers that its page is missing.

Specifications: https://support.reddithelp.com/hc/en-us/articles/16160319875092-Reddit-Data-API-Wiki,
RFC 4287 (Atom).
"""

import re
from dataclasses import dataclass, replace

from aggregator.connectors._accounts import page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed, renamed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.model import FetchResult, RawPost, Source, Terms

ABOUT = "The posts of a community or an account on Reddit."
EXAMPLE = "r/institute"
HOSTS = ("reddit.com",)
TERMS = Terms(network="Reddit")
TOKEN = None

_NAME = re.compile(r"/?(r|u|user)/([\w-]{2,50})/?", re.ASCII | re.IGNORECASE)
_OWN_WORDS = re.compile(r"<!-- SC_OFF -->(.*?)<!-- SC_ON -->", re.DOTALL)
_TITLE = re.compile(r"(?:overview for|submitted by|newest submissions :) (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """What is read besides posts; it matters for accounts only."""

    include_comments: bool = False


def read_address(text: str) -> str:
    """``r/community`` or ``u/account``, in small letters."""
    page = page_on(HOSTS, text)
    name = text.strip() if page is None else f"{page.part(0)}/{page.part(1)}"
    if found := _NAME.fullmatch(name):
        kind = "r" if found[1].lower() == "r" else "u"
        return f"{kind}/{found[2].lower()}"
    raise ValueError(
        "A community on Reddit is written as in r/institute, an account as in u/institute, or "
        "either as the address of its page"
    )


def home_of(address: str) -> str | None:
    """The page of the person or community."""
    kind, _, name = address.partition("/")
    return f"https://www.reddit.com/{'r' if kind == 'r' else 'user'}/{name}/"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed and read what is new in it."""
    wanted = source.options or Options()
    kind, _, name = source.address.partition("/")
    path = f"r/{name}/new" if kind == "r" else f"user/{name}"
    if kind == "u" and not wanted.include_comments:
        path += "/submitted"
    address = f"https://www.reddit.com/{path}/.rss"
    result = renamed(await read_feed(address, errand, wanted), _TITLE)
    return replace(result, posts=tuple(map(_tidy, result.posts)))


def _tidy(post: RawPost) -> RawPost:
    """Only what the author wrote: a post that is but a link has no words of its own."""
    body, author = post.body, post.author
    if body is not None:
        own = _OWN_WORDS.search(body.value)
        body = replace(body, value=own[1]) if own else None
    if author is not None and author.name:
        author = replace(author, name=author.name.removeprefix("/"))
    return replace(post, body=body, author=author)
