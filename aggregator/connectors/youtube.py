"""A YouTube channel or playlist; no key is needed, and with one more is known.

Write the channel's handle, as in ``youtube: "@institute"``; its id (``UC…``), an old name
(``user/NAME``, ``c/NAME``) and the id of a playlist (``PL…``) will do as well, and so does the
address of any of their pages. A handle is looked up once on the channel's page, because the feed
knows ids only. Where that page asks for consent instead, write the id: it stands in the address
that "Share channel, copy channel ID" gives.

Without a key the channel's feed is read. It holds the newest 15 videos with their descriptions;
unlisted and private ones are not in it, premieres appear before they can be seen. There are spells
in which YouTube answers 404 for channels that exist: as long as the channel's page is there, that
is no more than a fault of the server.

With a key for the YouTube Data API in ``YOUTUBE_API_KEY`` the interface is asked instead: it tells
length, captions and language, reaches further back, knows what is to come, and whether a video was
deleted or made private. A key costs nothing and does not end; a visit takes two of the 10,000
questions that it has a day. Where the interface refuses us, the feed is read all the same, and
``status`` says what is wrong with the key. Once the questions of a day are used up, nothing is
asked with that key, by whichever source, before YouTube counts anew at midnight in California.

``options: {include_shorts: false}`` leaves out Shorts, which only the feed tells apart: then it is
read, key or not.

Terms: a video is shown as YouTube's, by name, and linked to its page; nothing is embedded. What
YouTube has not confirmed for 30 days is erased.

Specifications: https://developers.google.com/youtube/v3/docs (the interface),
https://developers.google.com/youtube/v3/guides/push_notifications (the feed),
https://www.rssboard.org/media-rss, https://oembed.com,
https://developers.google.com/youtube/terms/developer-policies.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from urllib.parse import quote, urlencode, urlsplit

from aggregator.connectors._accounts import Page as Place
from aggregator.connectors._accounts import page_on
from aggregator.connectors._by_feed import ACCEPT, Elsewhere, read_feed, read_found_feed
from aggregator.connectors._contract import Errand
from aggregator.connectors._timeline import Memory, Page, read_timeline
from aggregator.connectors._youtube_api import MOST, NEED, SITE, DataApi, as_video, video_id
from aggregator.errors import (
    Denied,
    FetchError,
    NotFound,
    NotModified,
    RateLimited,
    ServerFault,
    TokenMissing,
    Unreadable,
)
from aggregator.model import FetchResult, PostKind, RawPost, Sightings, Sought, Source, Terms

ABOUT = "The videos of a YouTube channel or playlist."
EXAMPLE = "@institute"
HOSTS = ("youtube.com",)
TERMS = Terms(network="YouTube", kept_for=timedelta(days=30))
TOKEN = NEED

_VERSION = b"\x91"
"""Raised whenever the interface is read differently (rule B10)."""
_FEED = f"{SITE}/feeds/videos.xml"
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
_OWN = frozenset({PostKind.ORIGINAL})


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
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


def _named_by(page: Place) -> str:
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
        return f"{SITE}/playlist?list={address}"
    return _page_of(address)


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask the interface where there is a key, else for the feed; where that is refused, too."""
    options = source.options or Options()
    before = Memory.unpack(errand.cursor, _VERSION, options.server or SITE, repr(options))
    try:
        api = await _interface(errand, options) if options.include_shorts else None
        if api is not None:
            return await _by_interface(source.address, api, errand, options, before)
    except (Denied, RateLimited) as refusal:
        return await _instead(source.address, errand, options, before, refusal)
    return await _by_feed(source.address, errand, options)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask the interface where there is a key, else who embeds videos, whether they are there."""
    options = source.options or Options()
    guids = {name: one.guid for one in sought if (name := video_id(one.guid))}
    with suppress(Denied, RateLimited):
        if (api := await _interface(errand, options)) is not None:
            return await _seen_by_interface(source.address, guids, api, errand, options)
    return await _seen_by_embedding(source.address, guids, errand, options)


async def _interface(errand: Errand, options: Options) -> DataApi | None:
    """None where there is no key.

    Raises TokenWrong where what there is cannot be one, RateLimited where its quota is spent.
    """
    try:
        return DataApi(errand.web, errand.keys, await errand.keys.token(), options.server)
    except TokenMissing:
        return None


async def _by_interface(
    name: str, api: DataApi, errand: Errand, options: Options, before: Memory
) -> FetchResult:
    playlist = before.account or await _uploads(name, api, errand, options)
    before = replace(before, account=playlist)
    return await read_timeline(
        lambda following: api.page(playlist, before, following), playlist, before, _OWN, _VERSION
    )


async def _uploads(name: str, api: DataApi, errand: Errand, options: Options) -> str:
    """The playlist that is followed, by what stands in feeds.yaml."""
    if _PLAYLIST.fullmatch(name):
        return name
    if name.startswith("@"):
        return await api.uploads(forHandle=name)
    if name.startswith("user/"):
        return await api.uploads(forUsername=name.removeprefix("user/"))
    channel = name if _CHANNEL.fullmatch(name) else await _channel(name, errand, options)
    return await api.uploads(id=channel)


async def _instead(
    name: str, errand: Errand, options: Options, before: Memory, trouble: FetchError
) -> FetchResult:
    """The feed in the interface's place; raises ``trouble`` where it does not come either."""

    async def page(_: str | None) -> Page:
        feed = options.at(f"{_FEED}?playlist_id={before.account}")
        document = await errand.web.get(feed, accept=ACCEPT, unconditional=not before.body)
        read = await errand.reader.read(document, frozenset())
        posts = tuple(_tidy(post, options) for post in read.posts)
        return Page(posts, document, poorer=True)

    try:
        if before.account:
            result = await read_timeline(page, before.account, before, _OWN, _VERSION)
        else:
            result = await _by_feed(name, errand, options)
    except NotModified:
        result = FetchResult((), errand.cursor, unchanged=True)
    except FetchError as error:
        raise trouble from error
    return replace(result, trouble=trouble)


async def _by_feed(name: str, errand: Errand, options: Options) -> FetchResult:
    """By the id that the channel's page tells if it must."""
    try:
        if (feed := _feed_of(name)) is not None:
            result = await read_feed(feed, errand, options)
        else:
            result = await read_found_feed(errand, partial(_find, name, errand, options), options)
    except NotFound as error:
        if urlsplit(error.url).path.startswith("/feeds/") and not _PLAYLIST.fullmatch(name):
            page = options.at(_page_of(name))
            await errand.web.get(page, accept="text/html", unconditional=True)
            raise ServerFault(
                "YouTube has the channel, but says that it has no feed; it does so at times.",
                url=error.url,
                status=error.status,
            ) from error
        raise
    posts = (post for post in result.posts if options.include_shorts or not _is_short(post))
    return replace(result, posts=tuple(_tidy(post, options) for post in posts))


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
    return f"{SITE}/{f'channel/{name}' if _CHANNEL.fullmatch(name) else quote(name, safe='@/')}"


async def _find(name: str, errand: Errand, options: Options) -> str:
    return f"{_FEED}?channel_id={await _channel(name, errand, options)}"


async def _channel(name: str, errand: Errand, options: Options) -> str:
    """The id that the channel's page tells."""
    address = options.at(_page_of(name))
    page = await errand.web.get(address, accept="text/html", unconditional=True)
    for pattern in _IDS:
        if found := pattern.search(page.body):
            return found[1].decode()
    raise Unreadable(
        f"YouTube's page of {name} does not tell the channel's id.",
        url=page.url,
        advice="Write the channel's id (UC…) instead of its handle: its owner or a browser can "
        'tell it by "Share channel, copy channel ID".',
    )


async def _seen_by_interface(
    address: str, guids: dict[str, str], api: DataApi, errand: Errand, options: Options
) -> Sightings:
    """What is not public any more is gone, as long as the channel itself is there."""
    names = list(guids)
    found: dict[str, RawPost] = {}
    for at in range(0, len(names), MOST):
        videos = await api.videos(names[at : at + MOST])
        found |= {guids[name]: api.post_of(video) for name, video in videos.items()}
    gone = set(guids.values()) - found.keys()
    if gone:
        await _uploads(address, api, errand, options)
    return Sightings(frozenset(found), frozenset(gone), tuple(found.values()))


async def _seen_by_embedding(
    address: str, guids: dict[str, str], errand: Errand, options: Options
) -> Sightings:
    """Gone is what nobody can embed, because it is not there, and what the feed does not list.

    The pages of videos tell nothing: they are there for deleted ones, too. Of what is private or
    may not be embedded nothing is told, because the same is said to those who ask too often.
    """
    present: set[str] = set()
    missing: dict[str, str] = {}
    for name, guid in guids.items():
        asked = urlencode({"url": f"{SITE}/watch?v={name}", "format": "json"})
        url = options.at(f"{SITE}/oembed?{asked}")
        with suppress(Denied):
            try:
                await errand.web.get(url, accept="application/json", unconditional=True)
                present.add(guid)
            except NotFound:
                missing[name] = guid
    if not missing:
        return Sightings(frozenset(present), frozenset())
    feed = _feed_of(address) or await _find(address, errand, options)
    document = await errand.web.get(options.at(feed), accept=ACCEPT, unconditional=True)
    gone = (guid for name, guid in missing.items() if name.encode() not in document.body)
    return Sightings(frozenset(present), frozenset(gone))


def _tidy(post: RawPost, options: Options) -> RawPost:
    return as_video(post, options.server or SITE)


def _is_short(post: RawPost) -> bool:
    return "/shorts/" in (post.permalink or "")
