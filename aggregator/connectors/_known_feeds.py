"""Which account a feed's address stands for, where a platform keeps its accounts' feeds.

In: the address of a feed. Out: the key of feeds.yaml and the account that follow the same, or None.
One row a platform that offers such feeds; a feed that holds only a part of an account (a tag,
favourites) has none, for it is not the same.
Not here: pages and handles (``_patterns.py``), and asking for anything.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from aggregator.connectors import connector, connectors
from aggregator.connectors._accounts import page_on


@dataclass(frozen=True, slots=True)
class _Feeds:
    path: str
    """A pattern of host and path, without ``www.`` and a slash at the end."""
    query: frozenset[str] = frozenset()
    """Parameters that it may have; with others it is another feed."""


_HOST = r"[\w-]+(?:\.[\w-]+)+"
_ROWS = {
    "bluesky": _Feeds(r"bsky\.app/profile/[^/]+/rss"),
    "flickr": _Feeds(
        r"(?:api\.)?flickr\.com/services/feeds/photos_public\.gne",
        frozenset({"id", "format", "lang"}),
    ),
    "medium": _Feeds(r"medium\.com/feed/[^/]+|[^/.]+\.medium\.com/feed"),
    "pinterest": _Feeds(r"(?:[a-z]{2}\.)?pinterest\.[a-z.]+/[^/]+/[^/]+\.rss"),
    "reddit": _Feeds(r"(?:old\.)?reddit\.com/(?:r|u|user)/[^/]+(?:/new|/submitted)?/\.rss"),
    "substack": _Feeds(r"[^/.]+\.substack\.com/feed"),
    "tumblr": _Feeds(r"[^/.]+\.tumblr\.com/rss|tumblr\.com/[^/]+/rss"),
    "vimeo": _Feeds(r"vimeo\.com/(?:(?:channels|groups)/)?[^/]+(?:/videos)?/rss"),
    "youtube": _Feeds(r"youtube\.com/feeds/videos\.xml", frozenset({"channel_id", "playlist_id"})),
}
_OF_ANY_SERVER = {"mastodon": _Feeds(rf"{_HOST}/(?:@|users/)[\w.-]+\.rss")}
"""Platforms of many servers: their feeds are known by the path alone, on hosts of no other."""
_FEED_WORD = re.compile(r"(?:^|/)(?:feeds?|rss)(?:/|$)|[/.](?:rss|atom|xml|gne)$")


def account_of(address: str) -> tuple[str, str] | None:
    """The platform's key and the account of which this is the whole feed; None: it is of none."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
        is_usual = parts.scheme in {"http", "https"} and parts.port in {None, 80, 443}
    except ValueError:  # brackets that do not match, a port that is no number
        return None
    if not is_usual:
        return None
    asked = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    owner = next((name for name in connectors() if page_on(connector(name).HOSTS, address)), None)
    rows = _OF_ANY_SERVER if owner is None or owner in _OF_ANY_SERVER else _ROWS
    place = f"{host}{parts.path.rstrip('/')}"
    for name, row in rows.items():
        if asked <= row.query and re.fullmatch(row.path, place, re.ASCII | re.IGNORECASE):
            try:
                return name, connector(name).read_address(address)
            except ValueError:
                return None
    return None


def is_called_a_feed(path: str) -> bool:
    """Whether an address is that of a feed by the look of its path."""
    return _FEED_WORD.search(path.rstrip("/")) is not None


def one_account(platform: str, address: str) -> tuple[str, str]:
    """Platform and address of a source, a feed's written as the account that it is of.

    So two sources that follow the same account have the same.
    """
    return (account_of(address) if platform == "feed" else None) or (platform, address)
