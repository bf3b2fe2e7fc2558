"""Where well-known places on the web keep their feeds, told from an address alone.

In: an address or a handle as people paste it. Out: a ``Place``, or None. One row of a table a
place; those that offer no feed have a row too, so that nobody waits for a search in vain.
Not here: asking for anything, and what a page says of its own feeds.

A platform with a module of its own beside this one has no row here: its module says which hosts
are its own and reads their addresses.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from aggregator.connectors import connectors, platforms
from aggregator.connectors._accounts import page_on
from aggregator.connectors._contract import Connector
from aggregator.connectors._known_feeds import account_of, is_called_a_feed


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of an address without asking."""

    name: str
    """As people call it; a platform by its key."""
    platform: str = ""
    """The key in feeds.yaml under which ``address`` is followed; empty: none of its own."""
    address: str = ""
    feeds: tuple[str, ...] = ()
    """Addresses of feeds, the likeliest first; none: the page itself must be looked at."""
    closed: str = ""
    """Why there is no feed, as a sentence; empty: there may be one."""
    instead: str = ""
    """What to do then."""
    handle: bool = False
    """It was told from a handle, so there is no page to look at."""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    host: str
    """A pattern of the whole host name, without ``www.``. Names of groups may be used in feeds."""
    ways: tuple[tuple[str, tuple[str, ...]], ...]
    """Patterns of path and query from their beginning, each with the feeds that follow."""


_END = r"/?(?:[?#].*)?$"
_NAME = r"(?P<name>[A-Za-z0-9_.-]{1,80})"
_ANY = ""


def _on_host(*paths: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every page of the host belongs to one blog, whose feeds are at these paths."""
    return ((_ANY, tuple(f"https://{{host}}{path}" for path in paths)),)


_ROWS = (
    _Row("WordPress.com", r"[a-z0-9-]+\.wordpress\.com", _on_host("/feed/")),
    _Row(
        "Blogger",
        r"[a-z0-9-]+\.blogspot\.(?:com|co|[a-z]{2})(?:\.[a-z]{2})?",
        _on_host("/feeds/posts/default"),
    ),
    _Row("Ghost", r"[a-z0-9-]+\.ghost\.io", _on_host("/rss/")),
    _Row("micro.blog", r"[a-z0-9-]+\.micro\.blog", _on_host("/feed.xml")),
    _Row("Bear", r"[a-z0-9-]+\.bearblog\.dev", _on_host("/feed/")),
    _Row("LiveJournal", r"[a-z0-9-]+\.livejournal\.com", _on_host("/data/rss")),
    _Row("Dreamwidth", r"[a-z0-9-]+\.dreamwidth\.org", _on_host("/data/rss")),
    _Row(
        "Wix",
        r"[a-z0-9-]+\.wixsite\.com",
        ((rf"/{_NAME}", ("https://{host}/{name}/blog-feed.xml",)),),
    ),
    _Row(
        "Buttondown",
        r"buttondown\.(?:com|email)",
        ((rf"/{_NAME}", ("https://{host}/{name}/rss",)),),
    ),
    _Row(
        "GitHub",
        r"github\.com",
        (
            (
                rf"/(?P<owner>[\w-]+)/{_NAME}{_END}",
                tuple(
                    f"https://github.com/{{owner}}/{{name}}/{kind}.atom"
                    for kind in ("releases", "tags", "commits")
                ),
            ),
            (rf"/(?P<name>[\w-]+){_END}", ("https://github.com/{name}.atom",)),
        ),
    ),
)

_CLOSED = {"caringbridge.org": "CaringBridge"}
"""Hosts, those under them included, whose pages offer no feed to anybody."""
_OFFERS_NONE = "{} offers no feed of its accounts and pages."
_ASK_THE_AUTHOR = (
    "Ask whoever writes it whether the same posts also stand on a blog or another account."
)

_KEY = re.compile(r"(?P<key>[a-z]+):(?!//)\s*(?P<account>\S.*)")
_FEDIVERSE = re.compile(
    r"@?(?P<name>[\w.-]{1,64})@(?P<host>(?:[\w-]+\.)+[a-z]{2,}(?::\d{1,5})?)", re.ASCII
)
_BLUESKY = re.compile(r"@(?P<name>(?:[a-z0-9-]+\.)+[a-z]{2,})", re.ASCII | re.IGNORECASE)


def place_of(text: str) -> Place | None:
    """What an address or a handle tells by itself; None: it must be asked."""
    text = text.strip()
    if place := _by_key(text) or _by_handle(text) or _on_a_platform(text):
        return place
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    for closed, name in _CLOSED.items():
        if host == closed or host.endswith(f".{closed}"):
            return Place(name, closed=_OFFERS_NONE.format(name), instead=_ASK_THE_AUTHOR)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    for row in _ROWS:
        if re.fullmatch(row.host, host, re.ASCII) is None:
            continue
        for pattern, feeds in row.ways:
            if found := re.match(pattern, target, re.ASCII):
                parts_known = {"host": host, **found.groupdict()}
                return Place(row.name, feeds=tuple(feed.format(**parts_known) for feed in feeds))
        return Place(row.name)
    return None


def _by_key(text: str) -> Place | None:
    """An account as a line of feeds.yaml names it, ``youtube: "@institute"``."""
    line = _KEY.fullmatch(text)
    if line is None or line["key"] == "feed" or line["key"] not in connectors():
        return None
    return _account(line["key"], line["account"].strip("\"'"), handle=True)


def _by_handle(text: str) -> Place | None:
    """Handles that name their platform by their shape."""
    if handle := _FEDIVERSE.fullmatch(text):
        name, host = handle["name"], handle["host"]
        feeds = (f"https://{host}/@{name}.rss",)  # where there is no Mastodon, but its like
        return Place("the fediverse", "mastodon", f"{name}@{host}", feeds, handle=True)
    if handle := _BLUESKY.fullmatch(text):
        return Place("Bluesky", "bluesky", handle["name"].lower(), handle=True)
    return None


def _on_a_platform(text: str) -> Place | None:
    """The account that an address of a platform's own hosts, or of a feed of its, leads to."""
    address = text if "://" in text else f"https://{text}"
    if of := account_of(address):
        return _account(*of, feeds=(address,))
    for name, module in connectors().items():
        page = page_on(module.HOSTS, text)
        if page is not None:
            # The feed of a tag, say, which is less than the account.
            is_part = not _is_closed(module) and is_called_a_feed("/".join(page.path))
            return Place(name) if is_part else _account(name, text)
    return None


def _account(name: str, text: str, *, feeds: tuple[str, ...] = (), handle: bool = False) -> Place:
    """The account that a text names on this platform, or why it names none."""
    module = connectors()[name]
    try:
        return Place(name, name, module.read_address(text), feeds, handle=handle)
    except ValueError as error:
        if handle or _is_closed(module):
            # There is no page to look at, or none that says anything to strangers.
            example = f"Write it as in {platforms()[name].line}"
            return Place(name, closed=f"{error}.", instead=f"{example}.", handle=handle)
        return Place(name)


def _is_closed(module: Connector) -> bool:
    """Whether the platform says nothing to strangers, so that none of its pages is worth asking."""
    return module.TOKEN is not None and not module.TOKEN.optional


_USUAL = ("/feed/", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
_BY_GENERATOR = (
    ("wordpress", ("/feed/",)),
    ("blogger", ("/feeds/posts/default",)),
    ("ghost", ("/rss/",)),
    ("hugo", ("/index.xml",)),
    ("jekyll", ("/feed.xml",)),
    ("wix", ("/blog-feed.xml",)),
    ("squarespace", ("/blog?format=rss", "/?format=rss")),
    ("drupal", ("/rss.xml",)),
    ("joomla", ("/?format=feed&type=rss",)),
    ("typo3", ("/rss.xml", "/feed.xml")),
    ("eleventy", ("/feed.xml", "/feed/feed.xml")),
    ("gatsby", ("/rss.xml",)),
    ("astro", ("/rss.xml",)),
    ("movable type", ("/atom.xml", "/index.xml")),
    ("discourse", ("/latest.rss",)),
)


def usual_paths(generator: str) -> tuple[str, ...]:
    """Where programs that make websites put their feeds; those of this ``generator`` first.

    ``generator`` is what the page says in small letters, or empty.
    """
    likely = (path for name, paths in _BY_GENERATOR if name in generator for path in paths)
    return tuple(dict.fromkeys((*likely, *_USUAL)))
