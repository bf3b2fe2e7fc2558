"""A writer or a publication on Medium.

Write a writer's name with its ``@``, in quotes (``medium: "@institute"``), a publication's name
without (``medium: our-year``), the domain of its own that either may have
(``institute.medium.com``, ``blog.example.org``), or the address of any of their pages.

The feed holds the newest 10 stories; of those for members only it holds the beginning. A writer's
feed also lists what they answered to others' stories, which is shown as well. The
marks by which Medium counts where readers come from are taken off the links.

Terms: a story is linked to its page and names its writer.

Specification: https://help.medium.com/hc/en-us/articles/214874118-RSS-feeds.
"""

import re
from dataclasses import dataclass, replace

from aggregator.connectors._accounts import host_of, page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed, renamed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.model import FetchResult, RawPost, Source, Terms

ABOUT = "The stories of a writer or a publication on Medium."
EXAMPLE = "@institute"
HOSTS = ("medium.com",)
TERMS = Terms(network="Medium")
TOKEN = None

_WRITER = re.compile(r"@[\w.-]{1,60}", re.ASCII)
_PUBLICATION = re.compile(r"[\w-]{1,80}", re.ASCII)
_NO_NAMES = frozenset(
    {"about", "feed", "gift", "jobs", "m", "me", "membership", "new-story", "p", "plans", "policy"}
    | {"search", "tag", "topics"}
)
"""First parts of paths that lead to no publication."""
_TITLE = re.compile(r"Stories by (.+) on Medium", re.DOTALL)
_COUNTED = re.compile(r"\?source=[^#]*")


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """None besides."""


def read_address(text: str) -> str:
    """``@writer``, ``publication`` or a host, in small letters."""
    page = page_on(HOSTS, text)
    name = text.strip()
    if page is not None:
        path = page.path[1:] if page.part(0) == "feed" else page.path
        name = f"{page.below}.medium.com" if page.below else (path[0] if path else "")
    name = name.lower()
    if _WRITER.fullmatch(name) or (_PUBLICATION.fullmatch(name) and name not in _NO_NAMES):
        return name
    if (page is None or page.below) and (host := host_of(name)):
        return host
    raise ValueError(
        "A writer on Medium is written with @ and in quotes, a publication without, as in "
        f'"{EXAMPLE}"; the address of the page will do as well'
    )


def home_of(address: str) -> str | None:
    """The front page of the writer or publication."""
    is_host = "." in address and not address.startswith("@")
    return f"https://{address}/" if is_host else f"https://medium.com/{address}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed and read what is new in it."""
    name = source.address
    is_host = "." in name and not name.startswith("@")
    address = f"https://{name}/feed" if is_host else f"https://medium.com/feed/{name}"
    result = renamed(await read_feed(address, errand, source.options or Options()), _TITLE)
    if profile := result.profile:
        result = replace(result, profile=replace(profile, link=_uncounted(profile.link)))
    return replace(result, posts=tuple(map(_tidy, result.posts)))


def _tidy(post: RawPost) -> RawPost:
    return replace(post, permalink=_uncounted(post.permalink))


def _uncounted(link: str | None) -> str | None:
    """Without ``?source=rss-…``, which tells Medium who sent a reader, and never what is shown."""
    return _COUNTED.sub("", link) if link else None
