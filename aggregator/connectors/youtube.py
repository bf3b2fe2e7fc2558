"""A YouTube channel or playlist, by the feed that needs no key.

Write the channel's handle, as in ``youtube: "@institute"``; its id (``UC…``), an old name
(``user/NAME``, ``c/NAME``) and the id of a playlist (``PL…``) will do as well, and so does the
address of any of their pages. A handle is looked up once on the channel's page, because the feed
knows ids only. Where that page asks for consent instead, write the id: it stands in the address
that "Share channel, copy channel ID" gives.

The feed holds the newest 15 videos with their descriptions; unlisted and private ones are not in
it, premieres appear before they can be seen. ``options: {include_shorts: false}`` leaves out
Shorts. There are spells in which YouTube answers 404 for channels that exist: as long as the
channel's page is there, that is no more than a fault of the server.

Terms: a video is shown as YouTube's, by name, and linked to its page; nothing is embedded. What
YouTube has not confirmed for 30 days is erased.

Specifications: https://developers.google.com/youtube/v3/guides/push_notifications (the feed),
https://www.rssboard.org/media-rss, https://developers.google.com/youtube/terms/developer-policies.
"""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from urllib.parse import quote, urlsplit

from aggregator.connectors._accounts import Page, page_on
from aggregator.connectors._by_feed import read_feed, read_found_feed
from aggregator.connectors._contract import Errand
from aggregator.connectors._permalinks import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.errors import NotFound, ServerFault, Unreadable
from aggregator.model import FetchResult, RawPost, Source, Terms

ABOUT = "The videos of a YouTube channel or playlist."
EXAMPLE = "@institute"
HOSTS = ("youtube.com",)
TERMS = Terms(network="YouTube", kept_for=timedelta(days=30))
TOKEN = None

_SITE = "https://www.youtube.com"
_FEED = f"{_SITE}/feeds/videos.xml"
_CHANNEL = re.compile(r"UC[\w-]{22}", re.ASCII)
_PLAYLIST = re.compile(r"PL(?:[\w-]{32}|[0-9A-F]{16})|UU(?:LF|SH|LV)?[\w-]{22}", re.ASCII)
_HANDLE = re.compile(r"[\w.·-]{3,30}")
_OLD_NAME = re.compile(r"(?:user|c)/[\w.-]{1,80}", re.IGNORECASE)
_NO_NAMES = frozenset(
    {"clip", "embed", "feed", "feeds", "gaming", "hashtag", "live", "post", "premium", "results"}
    | {"shorts", "v", "watch"}
)
"""First parts of paths that lead to no channel."""
_IDS = (
    re.compile(rb'<link rel="canonical" href="https://www\.youtube\.com/channel/(UC[\w-]{22})"'),
    re.compile(rb"/feeds/videos\.xml\?channel_id=(UC[\w-]{22})"),
    re.compile(rb'"externalId":"(UC[\w-]{22})"'),
)
"""Where a channel's page tells its id, the surest first; other channels' ids stand on it, too."""
_FLASH = "application/x-shockwave-flash"


@dataclass(frozen=True, slots=True)
class Options:
    """What may be left out."""

    include_shorts: bool = True


def read_address(text: str) -> str:
    """``@handle`` in small letters, ``UC…``, ``PL…``, ``user/NAME`` or ``c/NAME``."""
    text = text.strip()
    page = page_on(HOSTS, text)
    name = text if page is None else _named_by(page)
    if _CHANNEL.fullmatch(name) or _PLAYLIST.fullmatch(name):
        return name
    if _OLD_NAME.fullmatch(name):
        kind, _, old = name.partition("/")
        return f"{kind.lower()}/{old}"
    if _HANDLE.fullmatch(handle := name.removeprefix("@")):
        return f"@{handle.lower()}"
    raise ValueError(
        "A YouTube channel is written as its handle in quotes, its id (UC…), or the address of its "
        f'page, as in "{EXAMPLE}"; one video cannot be followed'
    )


def _named_by(page: Page) -> str:
    """What a page is called in our short form; the empty string where it is not a channel's."""
    for asked in ("channel_id", "playlist_id", "list"):  # the first two are the feed's own
        if name := page.asked(asked):
            return name
    match page.path:
        case ["channel", name, *_]:
            return name
        case ["user" | "c" as kind, name, *_]:
            return f"{kind}/{name}"
        case [name, *_] if name.startswith("@"):
            return name
        case [name] if name.lower() not in _NO_NAMES:
            return f"c/{name}"
    return ""


def home_of(address: str) -> str | None:
    """The page of the channel or playlist."""
    if _PLAYLIST.fullmatch(address):
        return f"{_SITE}/playlist?list={address}"
    return _page_of(address)


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed, by the id that the channel's page tells if it must."""
    name = source.address
    wanted = source.options or Options()
    try:
        if (feed := _feed_of(name)) is not None:
            result = await read_feed(feed, errand, wanted)
        else:
            result = await read_found_feed(errand, partial(_find, name, errand), wanted)
    except NotFound as error:
        if urlsplit(error.url).path.startswith("/feeds/") and not _PLAYLIST.fullmatch(name):
            await errand.web.get(_page_of(name), accept="text/html", unconditional=True)
            raise ServerFault(
                "YouTube has the channel, but says that it has no feed; it does so at times.",
                url=error.url,
                status=error.status,
            ) from error
        raise
    posts = (_tidy(post) for post in result.posts if wanted.include_shorts or not _is_short(post))
    return replace(result, posts=tuple(posts))


def _feed_of(name: str) -> str | None:
    """Its feed's address, where the name tells it."""
    if _CHANNEL.fullmatch(name):
        return f"{_FEED}?channel_id={name}"
    if _PLAYLIST.fullmatch(name):
        return f"{_FEED}?playlist_id={name}"
    if name.startswith("user/"):
        return f"{_FEED}?user={quote(name.removeprefix('user/'))}"
    return None


def _page_of(name: str) -> str:
    return f"{_SITE}/{f'channel/{name}' if _CHANNEL.fullmatch(name) else quote(name, safe='@/')}"


async def _find(name: str, errand: Errand) -> str:
    page = await errand.web.get(_page_of(name), accept="text/html", unconditional=True)
    for pattern in _IDS:
        if found := pattern.search(page.body):
            return f"{_FEED}?channel_id={found[1].decode()}"
    raise Unreadable(
        f"YouTube's page of {name} does not tell the channel's id.",
        url=page.url,
        advice="Write the channel's id (UC…) instead of its handle: its owner or a browser can "
        'tell it by "Share channel, copy channel ID".',
    )


def _tidy(post: RawPost) -> RawPost:
    """Without its time of change, which moves with every view, and its player of the past."""
    media = tuple(one for one in post.media if one.type != _FLASH)
    return replace(post, updated=None, media=media)


def _is_short(post: RawPost) -> bool:
    return "/shorts/" in (post.permalink or "")
