"""Feeds that were damaged on their way: nothing is lost that feedparser finds."""

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._intake import Xml, scrubbed, take_in
from aggregator.connectors._lenient import read_leniently
from aggregator.connectors._syndication import read_syndication
from aggregator.errors import NotAFeed
from aggregator.model import Document

URL = "https://feeds.example/blog/feed"
SAMPLES = [
    (Path(__file__).parent / "feed" / name).read_bytes()
    for name in ("rss20.xml", "atom10.xml", "rss10.xml", "media_rss.xml", "atom03.xml")
]
ODD = st.one_of(
    st.binary(max_size=3), st.sampled_from([b"<", b">", b"&", b"]]>", b"<br>", b"\x00"])
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), ODD), min_size=1, max_size=4)


def edited(body: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Some stretches of the document, each replaced by something else."""
    for where, length, odd in edits:
        place = int(where * len(body))
        body = body[:place] + odd + body[place + length :]
    return body


def read(body: bytes, known: frozenset[bytes] = frozenset()) -> ReadFeed | None:
    try:
        return read_syndication(Document(URL, body), known)
    except NotAFeed:
        return None


def entries_for_feedparser(body: bytes) -> int:
    try:
        taken = take_in(body, "")
        if not isinstance(taken, Xml):
            return 0
        return len(read_leniently(scrubbed(taken.data), URL).posts)
    except NotAFeed:
        return 0


@given(st.sampled_from(SAMPLES), EDITS)
def test_no_entry_is_lost_that_feedparser_finds(
    sample: bytes, edits: list[tuple[float, int, bytes]]
) -> None:
    body = edited(sample, edits)
    found = read(body)
    assert (len(found.posts) if found else 0) >= entries_for_feedparser(body)


@given(st.sampled_from(SAMPLES), EDITS)
def test_what_was_known_before_the_damage_makes_no_difference(
    sample: bytes, edits: list[tuple[float, int, bytes]]
) -> None:
    before, body = read(sample), edited(sample, edits)
    known = frozenset(before.pieces) if before else frozenset()
    whole, found = read(body), read(body, known)
    if whole and whole.pieces:
        left = tuple(
            post
            for post, piece in zip(whole.posts, whole.pieces, strict=True)
            if piece not in known
        )
        whole = replace(whole, posts=left)
    assert found == whole


@given(st.permutations(range(6)), st.sets(st.integers(0, 5)))
def test_entries_may_be_shuffled(order: list[int], old: set[int]) -> None:
    def feed(numbers: list[int]) -> bytes:
        items = "".join(f"<item><guid>{one}</guid><title>x</title></item>" for one in numbers)
        return f"<rss><channel>{items}</channel></rss>".encode()

    before = read(feed(sorted(old)))
    assert before
    after = read(feed(order), frozenset(before.pieces))
    assert after
    assert [post.guid for post in after.posts] == [str(one) for one in order if one not in old]
