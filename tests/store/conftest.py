"""Databases of a test's own, on SQLite and PostgreSQL, and makers of posts, sources and visits."""

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
    Quote,
    SafeHtml,
    Source,
    Span,
    SpanKind,
    Visit,
    VisitState,
)
from aggregator.store import posts, visits
from aggregator.store.database import Database, open_database
from tests.postgres import new_database
from tests.postgres import postgres as postgres  # noqa: PLC0414 - a fixture, used by name
from tests.postgres import template as template  # noqa: PLC0414 - the same

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
Store = Callable[..., tuple[int, int, int]]
Follow = Callable[..., dict[str, VisitState]]
MakeVisit = Callable[..., Visit]

_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)
on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For tests of what only SQLite has: its file, its pragmas, its plans."""
on_postgresql = pytest.mark.parametrize("url", [_POSTGRESQL], indirect=True)
"""For tests of what only PostgreSQL has."""


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def secret() -> bytes:
    return b"a secret key of at least 32 bytes"


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database in which nothing has been made yet."""
    if request.param == "sqlite":
        yield _file_in(tmp_path)
    else:
        with new_database(request.getfixturevalue("postgres")) as address:
            yield address.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", _POSTGRESQL])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database; on PostgreSQL its tables are there already, to save time."""
    if request.param == "sqlite":
        yield _file_in(tmp_path)
    else:
        server, template = (request.getfixturevalue(name) for name in ("postgres", "template"))
        with new_database(server, template) as address:
            yield address.render_as_string(hide_password=False)


def _file_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'aggregator.db'}"


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
            quote=Quote(Author("A guest", None, None), "https://quoted.example/1", "Quoted."),
            link_key=f"{source_id}.example.org/{guid}",
            content_key=None,
            fingerprint=b"",
        )
        post = replace(post, **changes)
        said = repr(replace(post, guid=""))
        return replace(post, fingerprint=hashlib.sha256(said.encode()).digest()[:16])

    return make


@pytest.fixture
def store(database: Database, now: datetime, secret: bytes) -> Store:
    """Writes posts, newest first, without a visit around them."""

    def write(*found: Post, at: datetime = now, held: bool = False) -> tuple[int, int, int]:
        with database.writing() as connection:
            suspects = {post.source_id for post in found} if held else ()
            written = posts.upsert(connection, found, at, secret=secret, held=suspects).values()
        return (
            sum(one.new for one in written),
            sum(one.edited for one in written),
            sum(one.refused for one in written),
        )

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
