"""A database in a file of its own, and makers of posts, sources and visits."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import (
    Author,
    Media,
    Outcome,
    Post,
    PostKind,
    SafeHtml,
    Source,
    Span,
    SpanKind,
    Visit,
    VisitState,
)
from aggregator.store import posts, visits
from aggregator.store.database import Database, open_database

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
Store = Callable[..., tuple[int, int, int]]
Follow = Callable[..., dict[str, VisitState]]
MakeVisit = Callable[..., Visit]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def secret() -> bytes:
    return b"a secret key of at least 32 bytes"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'aggregator.db'}"


@pytest.fixture
def database(url: str, secret: bytes) -> Iterator[Database]:
    database = open_database(url, secret)
    yield database
    database.close()


@pytest.fixture
def make_post(now: datetime) -> MakePost:
    def make(guid: str = "1", source_id: str = "blog", **changes: Any) -> Post:
        text = changes.get("text", f"The text of {guid}.")
        post = Post(
            source_id=source_id,
            guid=guid,
            permalink=f"https://{source_id}.example.org/{guid}",
            title=f"Title of {guid}",
            text=text,
            spans=(Span(SpanKind.LINK, 0, 3, "https://link.example/"),),
            excerpt=text,
            html=SafeHtml(f"<p>{text}</p>"),
            language="en",
            author=Author("Anna Beispiel", None, "https://anna.example/"),
            kind=PostKind.ORIGINAL,
            tags=("hope", "spring"),
            media=(Media("https://pictures.example/1.jpg", "image/jpeg", "A garden", 640, 480),),
            published=now - timedelta(days=1),
            date_flag=None,
            date_said="yesterday",
            updated=None,
            sensitive=False,
            warning=None,
            link_key=f"{source_id}.example.org/{guid}",
            content_key=None,
            fingerprint=b"",
        )
        post = replace(post, **changes)
        return replace(post, fingerprint=hashlib.sha256(repr(post).encode()).digest()[:16])

    return make


@pytest.fixture
def store(database: Database, now: datetime, secret: bytes) -> Store:
    """Writes posts, newest first, without a visit around them."""

    def write(*found: Post, at: datetime = now, held: bool = False) -> tuple[int, int, int]:
        with database.writing() as connection:
            return posts.upsert(connection, found, at, secret=secret, held=held)

    return write


@pytest.fixture
def make_source() -> MakeSource:
    def make(source_id: str = "blog", **changes: Any) -> Source:
        source = Source(source_id, "feed", f"https://{source_id}.example.org/feed")
        return replace(source, **changes)

    return make


@pytest.fixture
def follow(database: Database, make_source: MakeSource, now: datetime) -> Follow:
    """Follows sources, claims them for five minutes, and returns their states."""

    def go(*source_ids: str, at: datetime = now) -> dict[str, VisitState]:
        visits.sync(database, [make_source(source_id) for source_id in source_ids], at)
        claimed = visits.claim(database, at, timedelta(minutes=5), len(source_ids))
        return {state.source_id: state for state in claimed}

    return go


@pytest.fixture
def make_visit(now: datetime) -> MakeVisit:
    def make(
        state: VisitState,
        *found: Post,
        outcome: Outcome = Outcome.CHANGED,
        **changes: Any,
    ) -> Visit:
        after = replace(
            state,
            next_due=now + timedelta(hours=1),
            last_visit=now,
            outcome=outcome,
            **changes,
        )
        return Visit(state.source_id, now, outcome, after, found)

    return make
