"""The public videos of a Vimeo account, channel or group.

Write the name that stands in the address of its page: ``vimeo: institute``,
``vimeo: channels/institute``, ``vimeo: groups/institute``, or that address. One video cannot be
followed, and a showcase has no feed.

Terms: a video is shown by its title and linked to its page; nothing is embedded.

Specifications: https://www.rssboard.org/rss-specification, https://www.rssboard.org/media-rss.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote

from aggregator.connectors._accounts import page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed, renamed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.model import FetchResult, Media, RawPost, Source, Terms

ABOUT = "The public videos of a Vimeo account, channel or group."
EXAMPLE = "institute"
HOSTS = ("vimeo.com",)
TERMS = Terms(network="Vimeo")
TOKEN = None

_NAME = re.compile(r"(?:(?:channels|groups)/)?(?!\d+$)[\w-]{1,80}", re.ASCII)
_NO_NAMES = frozenset(
    {"about", "blog", "categories", "channels", "create", "enterprise", "event", "explore"}
    | {"features", "groups", "help", "join", "log_in", "manage", "ondemand", "ott", "plus"}
    | {"pricing", "pro", "search", "settings", "showcase", "solutions", "stock", "upload", "watch"}
)
"""First parts of paths that lead to no account."""
_TITLE = re.compile(r"Vimeo / (.+?)(?:['\u2019]s videos)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """None besides."""


def read_address(text: str) -> str:
    """``name``, ``channels/name`` or ``groups/name``, in small letters."""
    page = page_on(HOSTS, text)
    name = text.strip().removeprefix("@")
    if page is not None and page.below:
        name = ""  # the player, the help pages
    elif page is not None:
        kind = page.part(0).lower()
        name = f"{kind}/{page.part(1)}" if kind in {"channels", "groups"} else page.part(0)
    name = name.lower()
    if _NAME.fullmatch(name) and name not in _NO_NAMES:
        return name
    raise ValueError(
        "A Vimeo account is written as its name or the address of its page, as in "
        "https://vimeo.com/institute; one video cannot be followed"
    )


def home_of(address: str) -> str | None:
    """The account's page."""
    return f"https://vimeo.com/{quote(address)}"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed and read what is new in it."""
    address = f"https://vimeo.com/{quote(source.address)}/videos/rss"
    result = renamed(await read_feed(address, errand, source.options or Options()), _TITLE)
    return replace(result, posts=tuple(map(_film, result.posts)))


def _film(post: RawPost) -> RawPost:
    """With the page where it can be watched."""
    if post.permalink is None:
        return post
    return replace(post, media=(*post.media, Media(post.permalink, "video/*")))
