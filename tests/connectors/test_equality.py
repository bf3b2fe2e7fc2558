"""Our reader and feedparser agree on every well-formed feed at hand, but for what is listed here.

Each kind of difference says why ours is right. A new one is a bug until it is understood.
"""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from xml.etree.ElementTree import ParseError

import feedparser
import pytest

from aggregator.connectors import _limits, _syndication
from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._intake import Xml, take_in
from aggregator.connectors._lenient import read_leniently
from aggregator.connectors._tree import NotOurs
from aggregator.errors import NotAFeed
from aggregator.model import Hints, Profile, RawPost

URL = "https://feeds.example/blog/feed"
Read = RawPost | Profile | Hints


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one entry."""

    document: bytes
    field: str
    ours: Read
    theirs: Read

    @property
    def value(self) -> object:
        return getattr(self.ours, self.field)

    @property
    def their_value(self) -> object:
        return getattr(self.theirs, self.field)

    def within(self, *names: str) -> bool:
        return self.field in names

    def mentions(self, word: bytes) -> bool:
        return word in self.document


def _is_resolved_guid(one: Difference) -> bool:
    """A guid is kept as it is written: resolved, it would change whenever the feed moves."""
    if not isinstance(one.ours, RawPost) or not isinstance(one.theirs, RawPost):
        return False
    resolved = _limits.absolute(one.ours.base or URL, one.ours.guid)
    return one.field == "guid" and (one.theirs.guid == resolved or one.mentions(b"xml:base"))


def _is_guid_taken_for_a_link(one: Difference) -> bool:
    """A guid that is no URL and does not say that it is a link is none (RSS 2.0, guid)."""
    theirs = one.theirs
    return (
        one.field == "permalink"
        and isinstance(theirs, RawPost)
        and (one.value is None or theirs.guid == theirs.permalink or one.mentions(b"type="))
    )


def _leaks(one: Difference) -> bool:
    """``xml:base`` and ``xml:lang`` hold for what stands in their element (XML Base, 3)."""
    return (one.field == "base" and one.mentions(b"xml:base")) or (
        one.field in {"language", "body", "summary", "title"} and one.mentions(b"lang=")
    )


def _is_about_a_picture(one: Difference) -> bool:
    """What Media RSS says of a picture is no text of the entry; all of them are read (1.5.1)."""
    return one.within("media", "body", "summary", "title") and one.mentions(
        b"search.yahoo.com/mrss"
    )


def _is_a_second_break(one: Difference) -> bool:
    """``</br>`` is another break in HTML, and stands in no feed (HTML Standard, 13.2.6.4.7)."""
    return one.field == "body" and "</br>" in str(one.their_value) and "</br>" not in str(one.value)


def _is_drawn(one: Difference) -> bool:
    """Namespaces of SVG and MathML are dropped: nothing of either is ever shown."""
    return one.field == "body" and re.search(r"<(svg|math)\b", str(one.value)) is not None


def _is_named_like_ours(one: Difference) -> bool:
    """Markup in a text stays markup, though its tags have names that feeds use."""
    return one.field == "body" and "<content>" in str(one.value)


def _is_a_copy(one: Difference) -> bool:
    """A second content is no summary, even less a plain text; feedparser copies it there."""
    return one.field == "summary" and (one.value is None or one.mentions(b"content:encoded"))


def _is_half_a_name(one: Difference) -> bool:
    """A name is read from its own element, not out of what was made of name and mail."""
    ours, theirs = (getattr(author, "name", "") for author in (one.value, one.their_value))
    return one.field == "author" and bool(ours) and theirs.startswith(f"{ours} (")


def _is_of_the_channel(one: Difference) -> bool:
    """Of a channel, ``xml:lang`` counts in RDF too, and a description after a summary."""
    return isinstance(one.ours, Profile) and (
        (one.field == "language" and one.their_value is None and one.mentions(b"xml:lang"))
        or (one.field == "description" and one.mentions(b"itunes:summary"))
        or (one.field == "title" and one.mentions(b"dc:title"))
    )


KINDS: tuple[Callable[[Difference], bool], ...] = (
    _is_resolved_guid,
    _is_guid_taken_for_a_link,
    _leaks,
    _is_about_a_picture,
    _is_a_second_break,
    _is_drawn,
    _is_named_like_ours,
    _is_a_copy,
    _is_half_a_name,
    _is_of_the_channel,
)


def ours(data: bytes) -> ReadFeed | None:
    try:
        return _syndication._read_whole(data, URL)
    except (ParseError, NotOurs, NotAFeed):
        return None


def theirs(data: bytes) -> ReadFeed | None:
    """What feedparser makes of it; None where it is refused, or not well-formed to feedparser."""
    headers = {"content-type": "application/xml; charset=utf-8"}
    if feedparser.parse(io.BytesIO(data), response_headers=headers).bozo:
        return None
    try:
        return read_leniently(data, URL)
    except NotAFeed:
        return None


def documents(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        if path.suffix != ".tsv" and path.is_file():
            try:
                taken = take_in(path.read_bytes(), "")
            except NotAFeed:
                continue
            if isinstance(taken, Xml):
                yield path.name, taken.data


def differences(data: bytes, left: ReadFeed, right: ReadFeed) -> Iterator[Difference]:
    pairs: list[tuple[Read, Read]] = [(left.profile, right.profile), (left.hints, right.hints)]
    pairs += zip(left.posts, right.posts, strict=True)
    for mine, yours in pairs:
        for part in fields(mine):
            if getattr(mine, part.name) != getattr(yours, part.name):
                yield Difference(data, part.name, mine, yours)


@pytest.mark.corpus
@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("kind", ["real", "fixture"])
def test_we_read_what_feedparser_reads(corpus: dict[str, list[Path]], kind: str, part: int) -> None:
    unexplained = []
    for name, data in documents(corpus[kind][part::4]):
        left = ours(data)
        right = theirs(data) if left else None
        if left is None or right is None:
            continue
        if len(left.posts) != len(right.posts):
            unexplained.append(f"{name}: {len(left.posts)} entries, not {len(right.posts)}")
            continue
        unexplained += [
            f"{name}: {one.field} {one.value!r}, not {one.their_value!r}"
            for one in differences(data, left, right)
            if not any(explains(one) for explains in KINDS)
        ]
    assert unexplained == []


@pytest.mark.corpus
def test_nearly_all_real_feeds_are_ours(corpus: dict[str, list[Path]]) -> None:
    """Those that are not cost ten times as much."""
    read = [ours(data) is not None for _, data in documents(corpus["real"])]
    assert read.count(True) > 0.95 * len(read)
