"""One document through decoding, reading, the door, selection and drawing; what must hold of it."""

import gzip
import json
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import brotli
from selectolax.lexbor import LexborHTMLParser

from aggregator.connectors import _limits
from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._intake import Xml, scrubbed, take_in
from aggregator.connectors._lenient import read_leniently
from aggregator.connectors._syndication import read_syndication
from aggregator.connectors._wire import from_json, to_json
from aggregator.errors import NotAFeed
from aggregator.fetch.decode import BadCodingError, OverCapError, Unpacked
from aggregator.model import (
    Document,
    Dropped,
    Post,
    RawPost,
    Site,
    Source,
    SourceFacts,
    StoredPost,
    Widget,
    WidgetSpec,
)
from aggregator.normalise.html import REL, TAGS
from aggregator.normalise.post import post_from, profile_from
from aggregator.widgets.render import Renderer
from aggregator.widgets.select import select

URL = "https://feeds.example/blog/feed"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CAP = 1 << 20
_SOURCE = Source("blog", "feed", URL)
_SITE = Site("Institute", "https://www.example.org", timezone="America/New_York")
_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_RENDERER = Renderer([_TEMPLATES], "https://www.example.org/feeds")
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=1),
}
_ATTRIBUTES = {
    "aria-hidden", "aria-label", "aria-labelledby", "class", "colspan", "datetime", "dir", "href",
    "id", "lang", "rel", "reversed", "role", "rowspan", "scope", "start", "title", "value",
}  # fmt: skip
_OUR_TAGS = TAGS | {"section", "time"}
slowest: list[tuple[float, bytes]] = []
"""The documents that took longest so far, in seconds of processor time."""


def run(body: bytes, content_type: str, coding: str) -> None:
    """Raises AssertionError, or whatever broke, where something does not hold."""
    began = time.process_time()
    for packed in (body, _PACKERS.get(coding, bytes)(body)):
        _unpack(packed, coding)
    read = _read(Document(URL, body, {"content-type": content_type}))
    if read is not None:
        _draw([post for raw in read.posts if (post := _through_the_door(read, raw)) is not None])
    slowest.append((time.process_time() - began, body))
    slowest.sort(key=lambda one: -one[0])
    del slowest[5:]


def _unpack(packed: bytes, coding: str) -> None:
    """In one go and in pieces, the outcome is the same."""
    outcomes = []
    for step in (max(len(packed), 1), 7):
        try:
            unpacked = Unpacked(coding, cap=CAP)
            for at in range(0, len(packed), step):
                unpacked.feed(packed[at : at + step])
            outcomes.append(unpacked.whole())
        except OverCapError:
            outcomes.append(b"over the cap")
        except BadCodingError:
            outcomes.append(b"damaged")
        assert len(outcomes[-1]) <= CAP
    assert outcomes[0] == outcomes[1]


def _read(document: Document) -> ReadFeed | None:
    """What the reader makes of it: the same over the pipe, and with any entries known."""
    try:
        read = read_syndication(document, frozenset())
    except NotAFeed:
        return None
    assert from_json(to_json(read)) == read
    _assert_capped(read)
    if read.pieces:
        known = frozenset(read.pieces[::2])
        again = read_syndication(document, known)
        assert again.pieces == read.pieces
        assert all(post in read.posts for post in again.posts)
    taken = take_in(document.body, document.content_type)
    if isinstance(taken, Xml):
        assert len(read.posts) >= _entries_for_feedparser(taken.data)
    return read


def _entries_for_feedparser(data: bytes) -> int:
    """Those with a text: it takes empty elements for entries, too, whatever their namespace."""
    try:
        found = read_leniently(scrubbed(data), URL).posts
        return sum(any((one.guid, one.title, one.body, one.media)) for one in found)
    except NotAFeed:
        return 0


def _assert_capped(read: ReadFeed) -> None:
    """Rule H4."""
    assert len(read.posts) <= _limits.ENTRIES
    for post in read.posts:
        assert len(post.tags) <= _limits.TAGS
        assert len(post.media) <= _limits.ENCLOSURES
        assert len(post.permalink or "") <= _limits.URL
        assert post.title is None or len(post.title.value) <= _limits.TITLE
        for text in (post.body, post.summary):
            assert text is None or len(text.value) <= _limits.HTML


def _through_the_door(read: ReadFeed, raw: RawPost) -> Post | None:
    profile = profile_from(read.profile)
    post = post_from(raw, _SOURCE, profile, NOW)
    if isinstance(post, Dropped):
        return None
    post.guid.encode()
    post.text.encode()
    _assert_allowed(post.html, TAGS)
    for url in (
        post.permalink,
        *(span.target for span in post.spans),
        *(m.url for m in post.media),
    ):
        assert url is None or url.lower().startswith(("http://", "https://", "mailto:"))
    ends = [(span.start, span.end) for span in post.spans]
    assert all(0 <= start < end <= len(post.text) for start, end in ends)
    assert post.published is None or post.published.year >= 1995
    again = post_from(raw, _SOURCE, profile, NOW)
    assert again == post
    return post


def _draw(found: list[Post]) -> None:
    candidates = [
        StoredPost(post, number, NOW, min(post.published or NOW, NOW))
        for number, post in enumerate(found, 1)
    ]
    for layout in ("posts", "blogs"):
        spec = WidgetSpec("latest", "Latest", layout, 5)
        facts = {"blog": SourceFacts()}
        chosen = select(spec, [_SOURCE], candidates, facts, NOW, _SITE.timezone)
        files = _RENDERER.render(Widget(spec, _SITE, chosen.cards, chosen.more))
        bodies = {file.path: file.body.decode() for file in files}
        _assert_allowed(bodies["w/latest.html"], _OUR_TAGS)
        json.loads(bodies["w/latest.json"])
        ET.fromstring(bodies["w/latest.rss"])


class _Elements(HTMLParser):
    """Collects every element as Python's own parser sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def _assert_allowed(html: str, tags: frozenset[str]) -> None:
    """As two unlike parsers see it (rule I7)."""
    reader = _Elements()
    reader.feed(html)
    reader.close()
    body = LexborHTMLParser(html).body
    nodes = body.traverse() if body else ()
    seen = [(node.tag or "", dict(node.attributes)) for node in nodes if node.tag != "body"]
    for tag, attributes in (*reader.seen, *seen):
        assert tag in tags, tag
        assert set(attributes) <= _ATTRIBUTES, attributes
        href = attributes.get("href")
        assert href is None or href.lower().startswith(("http://", "https://", "mailto:"))
        assert tag != "a" or attributes.get("rel") == REL or tags is _OUR_TAGS
