"""Real feeds, where they are at hand: nothing is lost by our ways to be quick."""

import asyncio
import io
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import feedparser
import pytest

from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._reader import SyndicationReader
from aggregator.connectors._syndication import read_syndication
from aggregator.errors import NotAFeed, TooLarge
from aggregator.model import Document

pytestmark = pytest.mark.corpus

URL = "https://feeds.example/blog/feed"


def documents(paths: list[Path]) -> Iterator[tuple[Path, Document]]:
    for path in paths:
        if path.suffix != ".tsv" and path.is_file():
            yield path, Document(URL, path.read_bytes(), {})


def read(document: Document, known: frozenset[bytes] = frozenset()) -> ReadFeed | None:
    try:
        return read_syndication(document, known)
    except NotAFeed:
        return None


def differences(path: Path, document: Document) -> list[str]:
    """Where a reduced read is not what is left of the whole one."""
    whole = read(document)
    if whole is None or not whole.pieces:
        return []
    chosen = random.Random(path.name)
    half = {piece for piece in whole.pieces if chosen.random() < 0.5}
    all_but_one = set(whole.pieces) - {chosen.choice(whole.pieces)}
    found = []
    for known in (half, all_but_one, set(whole.pieces)):
        left = tuple(
            post
            for post, piece in zip(whole.posts, whole.pieces, strict=True)
            if piece not in known
        )
        if read(document, frozenset(known)) != replace(whole, posts=left):
            found.append(f"{path.name} without {len(known)} of {len(whole.pieces)} entries")
    return found


@pytest.mark.parametrize("part", range(4))
@pytest.mark.parametrize("kind", ["real", "fixture"])
def test_reading_only_what_is_new_reads_the_same(
    corpus: dict[str, list[Path]], kind: str, part: int
) -> None:
    found = [
        difference
        for path, document in documents(corpus[kind][part::4])
        for difference in differences(path, document)
    ]
    assert found == []


def disagreements(path: Path, document: Document) -> Iterator[str]:
    """Where we read another id, title, link or date than feedparser does by itself."""
    ours = read(document)
    headers = {"content-type": "application/xml", "content-location": URL}
    theirs = feedparser.parse(io.BytesIO(document.body), response_headers=headers)
    if ours is None or len(ours.posts) != len(theirs.entries):
        return  # JSON, an archive of more than 500 entries, a document that breaks off
    for post, entry in zip(ours.posts, theirs.entries, strict=True):
        guid, link = dict.get(entry, "id"), dict.get(entry, "link") or ""
        if post.guid != guid and urljoin(URL, post.guid or "") != guid:
            yield f"{path.name}: id {post.guid!r}, not {guid!r}"
        has_link = any(one["rel"] == "alternate" for one in entry.get("links", ()))
        if has_link and link.startswith("http") and post.permalink != link:
            yield f"{path.name}: link {post.permalink!r}, not {link!r}"
        if (post.title.value if post.title else "") != dict.get(entry, "title", ""):
            yield f"{path.name}: title {post.title!r}, not {entry['title']!r}"
        for said, key in ((post.published, "published_parsed"), (post.updated, "updated_parsed")):
            parsed = said.parsed.utctimetuple()[:6] if said and said.parsed else None
            if key in entry and parsed != (entry[key] and tuple(entry[key])[:6]):
                yield f"{path.name}: {key} {said!r}, not {entry[key]!r}"


@pytest.mark.parametrize("part", range(4))
def test_without_its_sanitiser_feedparser_reads_the_same(
    corpus: dict[str, list[Path]], part: int
) -> None:
    """Half of the real feeds: feedparser's own way is what takes so long here."""
    found = [
        disagreement
        for path, document in documents(corpus["real"][part::8])
        for disagreement in disagreements(path, document)
    ]
    assert found == []


@pytest.mark.parametrize("kind", ["real", "fixture"])
def test_every_document_ends_as_a_feed_or_as_an_error_of_ours(
    corpus: dict[str, list[Path]], kind: str
) -> None:
    async def read_all() -> tuple[int, int]:
        reader = SyndicationReader(deadline=60)
        feeds = errors = 0
        try:
            for _, document in documents(corpus[kind]):
                try:
                    await reader.read(document, frozenset())
                    feeds += 1
                except (NotAFeed, TooLarge):
                    errors += 1
        finally:
            await reader.aclose()
        return feeds, errors

    feeds, errors = asyncio.run(read_all())
    assert feeds > 50 * errors
