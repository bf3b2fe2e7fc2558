"""The platform ``feed``: addresses, cursor, and what is asked of web and reader."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors import feed
from aggregator.connectors._contract import Errand, ReadFeed
from aggregator.model import Document, FetchResult, Profile, RawPost, Source

SOURCE = Source("blog", "feed", "https://blog.example.org/feed")
PIECES = (b"12345678", b"abcdefgh")


class Web:
    """Answers every request with the same document and remembers how it was asked."""

    def __init__(self, body: bytes = b"<rss/>", content_type: str = "text/xml") -> None:
        self.document = Document(
            "https://blog.example.org/feed", body, {"content-type": content_type}
        )
        self.unconditional: list[bool] = []

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
        **_: Any,
    ) -> Document:
        assert url == SOURCE.address
        assert accept
        assert "application/rss+xml" in accept
        self.unconditional.append(unconditional)
        return self.document

    async def post(self, url: str, content: bytes, **_: Any) -> Document:
        """Nobody asks by POST."""
        raise AssertionError(url)


class Reader:
    """Finds one post in everything and remembers which pieces it was told to skip."""

    def __init__(self) -> None:
        self.known: list[frozenset[bytes]] = []

    async def read(self, document: Document, known: frozenset[bytes]) -> ReadFeed:
        self.known.append(known)
        return ReadFeed((RawPost(guid="1"),), Profile(title="Blog"), PIECES)


def visit(web: Web, reader: Reader, cursor: bytes | None) -> FetchResult:
    return asyncio.run(feed.fetch(SOURCE, Errand(web, reader, cursor)))


def test_first_visit_reads_everything() -> None:
    web, reader = Web(), Reader()
    result = visit(web, reader, None)
    assert (result.posts, result.profile, result.unchanged) == (
        (RawPost(guid="1"),),
        Profile("Blog"),
        False,
    )
    assert reader.known == [frozenset()]


def test_same_document_is_not_read_again() -> None:
    web, reader = Web(), Reader()
    cursor = visit(web, reader, None).cursor
    again = visit(web, reader, cursor)
    assert again == FetchResult((), cursor, None, unchanged=True)
    assert len(reader.known) == 1


def test_changed_document_is_read_without_its_known_pieces() -> None:
    reader = Reader()
    cursor = visit(Web(), reader, None).cursor
    visit(Web(b"<rss></rss>"), reader, cursor)
    assert reader.known[1] == frozenset(PIECES)


def test_same_bytes_in_another_charset_are_read_again() -> None:
    reader = Reader()
    cursor = visit(Web(), reader, None).cursor
    assert not visit(Web(content_type="text/xml; charset=koi8-r"), reader, cursor).unchanged


@pytest.mark.parametrize(
    ("cursor", "unconditional"),
    [(None, True), (b"", True), (b"\x02" + bytes(40), True), (b"\x03" + bytes(40), False)],
)
def test_B10_another_parser_version_asks_unconditionally(
    cursor: bytes | None, unconditional: bool
) -> None:
    web = Web()
    visit(web, Reader(), cursor)
    assert web.unconditional == [unconditional]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://blog.example.org/feed/", "https://blog.example.org/feed/"),
        (
            "  http://blog.example.org:8080/feed?a=1&b=\t ",
            "http://blog.example.org:8080/feed?a=1&b=",
        ),
        ("https://blog.example.org/feed?#comments", "https://blog.example.org/feed?"),
        ("https://blog.example.org/my feed.xml", "https://blog.example.org/my%20feed.xml"),
        (
            "https://blog.example.org/a%2Fb;x=1/%c3%a9?q=%7Ex+y",
            "https://blog.example.org/a%2Fb;x=1/%c3%a9?q=%7Ex+y",
        ),
        ("feed:https://blog.example.org/feed", "https://blog.example.org/feed"),
        ("feed://blog.example.org/feed", "http://blog.example.org/feed"),
        ("https://blög.example/feed", "https://blög.example/feed"),
    ],
)
def test_good_addresses(written: str, read: str) -> None:
    assert feed.read_address(written) == read


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("blog.example.org/feed", "https://blog.example.org/feed"),
        ("", feed.EXAMPLE),
        ("@somebody", 'x: "@somebody"'),
        ("ftp://blog.example.org/feed", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://", "https://"),
        ("https://blog.example.org:port/feed", "https://"),
        ("https://[::1/feed", "https://"),
        ("https://ada:secret@blog.example.org/feed", "https://blog.example.org/"),
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str, hint: str) -> None:
    with pytest.raises(ValueError, match=r"\S+ \S+ \S+") as caught:
        feed.read_address(written)
    assert hint in str(caught.value)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="password") as caught:
        feed.read_address("https://ada:secret@blog.example.org/feed")
    assert "secret" not in str(caught.value).replace("secrets", "")


@given(st.text())
def test_any_text_is_an_address_or_a_value_error(text: str) -> None:
    try:
        address = feed.read_address(text)
    except ValueError:
        return
    assert address.lower().startswith(("http://", "https://"))
