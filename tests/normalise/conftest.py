"""What the tests of the door share."""

from collections.abc import Callable
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from selectolax.lexbor import LexborHTMLParser

from aggregator.model import Source
from aggregator.normalise.html import REL, TAGS

ATTRIBUTES = {
    "lang",
    "dir",
    "href",
    "rel",
    "colspan",
    "rowspan",
    "scope",
    "value",
    "start",
    "reversed",
}


class _Reader(HTMLParser):
    """Collects every element as Python's own parser sees it."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.odd: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, attrs))

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def handle_decl(self, decl: str) -> None:
        self.odd.append(decl)

    def handle_pi(self, data: str) -> None:
        self.odd.append(data)


def _elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    """Every element as two unlike parsers see it: Python's own and one that follows WHATWG."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert not reader.odd
    found = [(tag, dict(attributes)) for tag, attributes in reader.seen]
    body = LexborHTMLParser(html).body
    nodes = body.traverse() if body else ()
    found.extend((node.tag or "", dict(node.attributes)) for node in nodes if node.tag != "body")
    return found


def _assert_allowed(html: str) -> None:
    for tag, attributes in _elements(html):
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES
        href = attributes.get("href")
        if href is not None:
            assert href.lower().startswith(("http://", "https://", "mailto:"))
        if tag == "a":
            assert attributes.get("rel") == REL


@pytest.fixture(scope="session")
def assert_allowed() -> Callable[[str], None]:
    """Raises where HTML holds an element, attribute or scheme that is not on the list."""
    return _assert_allowed


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def source() -> Source:
    return Source(id="blog", platform="feed", address="https://blog.example/feed/")
