"""A Tumblr blog.

Write its name (``tumblr: institute`` for ``https://institute.tumblr.com``), the domain of its own
that it may have (``blog.example.org``), or the address of any of its pages.

The feed holds the newest 20 posts. Those that only pass on another blog's post are left out;
``options: {include_reposts: true}`` shows them, too.

Terms: a post is linked to its page on the blog.

Specifications: https://www.tumblr.com/docs/en/api/v2 (posts and their reblogs),
https://www.rssboard.org/rss-specification.
"""

import re
from dataclasses import dataclass, replace

from aggregator.connectors._accounts import host_of, page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.model import FetchResult, PostKind, RawPost, Source, Terms

ABOUT = "The posts of a Tumblr blog."
EXAMPLE = "institute"
HOSTS = ("tumblr.com",)
TERMS = Terms(network="Tumblr")
TOKEN = None

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", re.ASCII)
_NO_NAMES = frozenset(
    {"about", "blog", "dashboard", "docs", "explore", "help", "login", "policy", "privacy"}
    | {"register", "search", "settings", "tagged", "view"}
)
"""First parts of paths that lead to no blog."""
_PASSED_ON = re.compile(r"<a\b[^>]*\bclass=\"tumblr_blog\"[^>]*>([^<]*)</a>")


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """Which posts are shown besides the blog's own."""

    include_reposts: bool = False


def read_address(text: str) -> str:
    """The blog's name in small letters, or the host of its own domain."""
    page = page_on(HOSTS, text)
    name = text.strip()
    if page is not None:
        path = [part for part in page.path if part not in {"blog", "view"}]
        name = page.below or (path[0] if path else "")
    name = name.removeprefix("@").lower()
    if _NAME.fullmatch(name) and name not in _NO_NAMES:
        return name
    if page is None and (host := host_of(text)):
        return host
    raise ValueError(
        "A Tumblr blog is written as its name or its address, as in https://institute.tumblr.com"
    )


def home_of(address: str) -> str | None:
    """The blog's front page."""
    return f"https://{_host_of(address)}/"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed and read what is new in it."""
    blog = source.address
    wanted = source.options or Options()
    result = await read_feed(f"https://{_host_of(blog)}/rss", errand, wanted)
    posts = (_marked(post, blog) for post in result.posts)
    kept = (one for one in posts if wanted.include_reposts or one.kind is not PostKind.REPOST)
    return replace(result, posts=tuple(kept))


def _host_of(blog: str) -> str:
    return blog if "." in blog else f"{blog}.tumblr.com"


def _marked(post: RawPost, blog: str) -> RawPost:
    """With its kind: what names another blog as where it comes from is a repost."""
    named = _PASSED_ON.findall(post.body.value) if post.body else []
    passed_on = any(name.strip().lower() != blog for name in named)
    return replace(post, kind=PostKind.REPOST) if passed_on else post
