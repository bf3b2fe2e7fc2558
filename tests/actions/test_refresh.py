"""One source's visit: whatever happens stays with it, and nothing half is stored."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from aggregator.actions.keys import KeyRing
from aggregator.actions.refresh import Refresher, Report
from aggregator.actions.tally import Tally
from aggregator.connectors._contract import ReadFeed
from aggregator.errors import NotAFeed, NotFound, NotModified, UnexpectedShape
from aggregator.fetch.client import Client
from aggregator.model import (
    Document,
    Outcome,
    Pace,
    Profile,
    RawPost,
    RawText,
    Source,
    Validators,
    VisitState,
    Written,
)
from aggregator.store import posts, visits
from aggregator.store.database import Database, open_database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(minutes=5)
NEW = Validators("https://a.example/feed", '"new"')

Answer = bytes | Exception | Awaitable[bytes]


class Web:
    """Answers one visit, and counts those that are not over."""

    def __init__(self, answer: Answer, open_visits: set["Web"]) -> None:
        self.answer = answer
        self.open_visits = open_visits
        self.validators: Validators | None = None
        self.fresh_for = None
        self.moved_to = None
        self.issuer = None
        self.wait = None
        self.status = None
        self.requests, self.bytes_read = 1, 0
        self.size: int | None = None

    def __enter__(self) -> "Web":
        self.open_visits.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.open_visits.remove(self)

    def still_holds(self, size: int) -> None:
        self.size = size

    async def get(self, url: str, **_: object) -> Document:
        if isinstance(self.answer, Exception):
            raise self.answer
        body = self.answer if isinstance(self.answer, bytes) else await self.answer
        self.validators = NEW
        return Document(url, body, {})


class Reader:
    """Finds one post in each document, whose id is the document; some it cannot read."""

    async def read(self, document: Document, _: frozenset[bytes]) -> ReadFeed:
        if document.body == b"bug":
            raise RuntimeError
        if document.body == b"page":
            raise NotAFeed("This is a page.")
        guid = document.body.decode()
        post = RawPost(guid=guid, permalink=f"https://a.example/{guid}", title=RawText(guid, False))
        return ReadFeed((post,), Profile("A blog"), (b"pieces",))


class Stage:
    """A database, and sources that answer as they are told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.turns: Iterator[Answer] = iter(())
        self.open_visits: set[Web] = set()
        self.sources: dict[str, Source] = {}

    def follow(self, **answers: Answer) -> list[VisitState]:
        """Follow sources with these answers, and claim them."""
        self.turns = iter(answers.values())
        self.sources = {
            name: Source(name, "feed", f"https://{name}.example/feed") for name in answers
        }
        visits.sync(self.database, list(self.sources.values()), NOW)
        return visits.claim(self.database, NOW, LEASE, 10)

    def run(self, act: Callable[[Refresher], Awaitable[Any]]) -> Any:
        """Within an event loop, with a refresher whose client this is."""

        async def go() -> Any:
            client = cast("Client", self)
            keys = KeyRing(self.database, lambda _: None, b"key", lambda: NOW)
            refresher = Refresher(self.database, client, Reader(), Pace(), lambda: NOW, keys)
            try:
                return await asyncio.wait_for(act(refresher), 10)
            finally:
                await refresher.finish()

        return asyncio.run(go())

    def visit(self, _: Validators | None) -> Web:
        """As of the client that it plays: visits begin in the order of the sources."""
        return Web(next(self.turns), self.open_visits)

    def refresh(self, **answers: Answer) -> dict[str, Report]:
        """All of these sources in one pass; what became of each."""
        states = self.follow(**answers)
        reports = self.run(lambda refresher: refresher.refresh_all(self.sources, states))
        return {report.source.id: report for report in reports}

    def stored(self) -> list[str]:
        return sorted(one.post.guid for one in posts.listing(self.database))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    database = open_database(f"sqlite:///{tmp_path / 'aggregator.db'}", b"k" * 32)
    yield Stage(database)
    database.close()


def test_what_came_is_stored_and_reported(stage: Stage) -> None:
    report = stage.refresh(a=b"1")["a"]
    assert report.written == Written("a", 1)
    assert report.touched
    assert not report.failed
    assert stage.stored() == ["1"]
    assert visits.states(stage.database)["a"].validators == NEW


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(NotFound("gone"), "not found"), (b"page", "not a feed"), (b"bug", "unexpected shape"),
     (RuntimeError("a bug"), "unexpected shape")],
)  # fmt: skip
def test_whatever_happens_to_one_source_does_not_touch_another(
    stage: Stage, answer: Answer, kind: str
) -> None:
    reports = stage.refresh(a=b"1", b=answer, c=b"3")
    assert stage.stored() == ["1", "3"]
    assert reports["b"].failed
    assert not reports["b"].touched
    assert visits.states(stage.database)["b"].error_kind == kind


@pytest.mark.parametrize("answer", [b"page", b"bug"])
def test_B7_validators_are_never_ahead_of_posts(stage: Stage, answer: bytes) -> None:
    """They came with a document that could not be read: the next request must bring it again."""
    stage.refresh(a=answer)
    state = visits.states(stage.database)["a"]
    assert (state.validators, state.cursor) == (None, None)


def test_a_304_is_no_failure(stage: Stage) -> None:
    report = stage.refresh(a=NotModified())["a"]
    assert report.visit.outcome is Outcome.UNCHANGED
    assert report.error is None


def test_every_visit_is_reported_once_and_after_it_is_stored(stage: Stage) -> None:
    states = stage.follow(a=b"1", b=NotFound("gone"), c=b"3")
    heard: dict[str, datetime | None] = {}

    def on_written(report: Report) -> None:
        name = report.source.id
        assert name not in heard
        heard[name] = visits.states(stage.database)[name].last_visit

    stage.run(lambda refresher: refresher.refresh_all(stage.sources, states, on_written=on_written))
    assert heard == dict.fromkeys("abc", NOW)


def test_an_error_that_is_kept_keeps_nothing_else_alive(stage: Stage) -> None:
    """The frames that it was raised in hold the whole document."""
    error = stage.refresh(a=b"page")["a"].error
    assert isinstance(error, NotAFeed)
    assert error.__traceback__ is None


def test_a_visit_that_is_cancelled_leaves_no_trace_and_its_claim_can_be_given_back(
    stage: Stage,
) -> None:
    async def never() -> bytes:
        await asyncio.Event().wait()
        return b""

    async def cancel(refresher: Refresher) -> None:
        visit = asyncio.create_task(refresher.refresh(stage.sources["a"], state))
        await asyncio.sleep(0.001)
        visit.cancel()
        await asyncio.gather(visit, return_exceptions=True)

    before = stage.follow(a=never())
    [state] = before
    stage.run(cancel)
    assert stage.open_visits == set()
    assert visits.states(stage.database)["a"].last_visit is None
    visits.release(stage.database, before)
    assert visits.claim(stage.database, NOW, LEASE, 1)


def test_a_visit_is_over_only_when_it_is_stored(stage: Stage) -> None:
    """Until then its document counts as held in memory."""
    states = stage.follow(a=b"1", b=NotFound("gone"))
    held: list[int] = []

    def on_written(_: Report) -> None:
        held.append(len(stage.open_visits))

    stage.run(lambda refresher: refresher.refresh_all(stage.sources, states, on_written=on_written))
    assert stage.open_visits == set()
    assert held[-1] == 0


def test_what_becomes_of_visits_is_counted(stage: Stage) -> None:
    states = stage.follow(a=b"1", b=NotModified(), c=NotFound("lost"))

    async def act(refresher: Refresher) -> Tally:
        await refresher.refresh_all(stage.sources, states)
        return refresher.tally

    tally = stage.run(act)
    assert tally.visits == {"changed": 1, "unchanged": 1, "failed": 1}
    assert tally.errors == {"not found": 1}
    assert (tally.new_posts, tally.requests) == (1, 3)


class TestChangeOfCondition:
    @pytest.fixture(autouse=True)
    def _logged(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "aggregator.actions.refresh")

    def test_it_is_logged(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        stage.refresh(a=NotFound("lost"))
        assert "source=a condition='not found' was='new'" in caplog.messages

    def test_what_blogs_do_is_not(self, stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
        stage.refresh(a=b"1", b=NotModified())
        assert not [line for line in caplog.messages if "condition=" in line]


class TestLook:
    def look(self, stage: Stage, answer: Answer) -> Any:
        stage.follow(a=answer)
        return stage.run(lambda refresher: refresher.look(stage.sources["a"]))

    def test_a_look_stores_nothing(self, stage: Stage) -> None:
        profile, found = self.look(stage, b"1")
        assert profile == Profile("A blog")
        assert [post.guid for post in found] == ["1"]
        assert stage.stored() == []

    def test_an_error_is_a_value(self, stage: Stage) -> None:
        assert isinstance(self.look(stage, NotFound("gone")), NotFound)

    @pytest.mark.parametrize("answer", [NotModified(), b"bug"])
    def test_what_cannot_be_is_a_value_too(self, stage: Stage, answer: Answer) -> None:
        assert isinstance(self.look(stage, answer), UnexpectedShape)
