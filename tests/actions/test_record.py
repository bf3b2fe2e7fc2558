"""Visits written together: who waits for whom, and that no one hurts another."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event

from aggregator.actions import record
from aggregator.actions.record import Brought, Recorded, Recorder, visit_of
from aggregator.errors import StoreError, TimedOut, UnexpectedShape
from aggregator.model import (
    FetchResult,
    Outcome,
    Pace,
    Post,
    Profile,
    RawPost,
    RawText,
    Source,
    Standing,
    Validators,
    VisitState,
    Written,
)
from aggregator.store import posts, visits
from aggregator.store.database import Database, open_database

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = b"k" * 32
LEASE = timedelta(minutes=5)
FEED = Validators("https://a.example/feed", '"2"')


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'aggregator.db'}", SECRET)
    yield database
    database.close()


@pytest.fixture
def commits(database: Database) -> list[None]:
    """Grows with every transaction that is written."""
    seen: list[None] = []
    event.listen(database._engine, "commit", lambda _: seen.append(None))
    return seen


def raw(guid: str) -> RawPost:
    return RawPost(guid=guid, permalink=f"https://a.example/{guid}", title=RawText(guid, False))


def brought(
    state: VisitState,
    *raws: RawPost,
    result: FetchResult | None = None,
    error: TimedOut | None = None,
) -> Brought:
    if result is None and error is None:
        result = FetchResult(raws, b"cursor", Profile("A blog"))
    return Brought(
        source=Source(state.source_id, "feed", f"https://{state.source_id}.example/feed"),
        before=state,
        started=NOW,
        ended=NOW,
        result=result,
        error=error,
        validators=FEED,
        fresh_for=None,
    )


def follow(database: Database, *names: str) -> dict[str, VisitState]:
    """Follow and claim sources."""
    sources = [Source(name, "feed", f"https://{name}.example/feed") for name in names]
    visits.sync(database, sources, NOW)
    states = visits.claim(database, NOW, LEASE, len(names))
    return {state.source_id: state for state in states}


def run(database: Database, act: Callable[[Recorder], Awaitable[Any]]) -> Any:
    async def with_recorder() -> Any:
        return await asyncio.wait_for(act(Recorder(database, Pace(), lambda: NOW)), 10)

    return asyncio.run(with_recorder())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visits wait for others for as long as it takes."""
    monkeypatch.setattr(record, "GATHER", None)


async def record_all(recorder: Recorder, *all_brought: Brought) -> list[Recorded]:
    """As visits do that end at the same time."""
    with ExitStack() as under_way:
        for _ in all_brought:
            under_way.enter_context(recorder.expecting())
        return await asyncio.gather(*(recorder.record(one) for one in all_brought))


@pytest.mark.usefixtures("patient")
class TestWaiting:
    def test_a_visit_alone_waits_for_nobody(self, database: Database) -> None:
        states = follow(database, "a")
        [only] = run(database, lambda r: record_all(r, brought(states["a"], raw("1"))))
        assert only.written == Written("a", 1)

    def test_visits_that_end_together_are_one_transaction(
        self, database: Database, commits: list[None]
    ) -> None:
        states = follow(database, *"abcd")
        commits.clear()
        run(database, lambda r: record_all(r, *(brought(states[n], raw(n)) for n in "abcd")))
        assert len(commits) == 1
        assert sorted(one.post.guid for one in posts.listing(database)) == list("abcd")

    def test_a_whole_batch_does_not_wait_for_those_under_way(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(record, "BATCH", 2)
        states = follow(database, *"ab")

        async def act(recorder: Recorder) -> list[Recorded]:
            with recorder.expecting():  # a visit that does not end
                return await record_all(recorder, *(brought(states[n]) for n in "ab"))

        assert [one.written for one in run(database, act)] == [Written("a"), Written("b")]

    def test_a_visit_that_is_given_up_is_not_waited_for(self, database: Database) -> None:
        states = follow(database, "a")

        async def act(recorder: Recorder) -> Recorded:
            with ExitStack() as given_up:
                given_up.enter_context(recorder.expecting())
                with recorder.expecting():
                    writing = asyncio.create_task(recorder.record(brought(states["a"])))
                    await asyncio.sleep(0)
                    given_up.close()
                    return await writing

        assert run(database, act).written == Written("a")

    def test_finishing_waits_for_what_was_handed_over(self, database: Database) -> None:
        """Also where the visits themselves were cancelled: what they brought is there."""
        states = follow(database, "a")

        async def act(recorder: Recorder) -> None:
            writing = asyncio.create_task(record_all(recorder, brought(states["a"], raw("1"))))
            await asyncio.sleep(0.001)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            await recorder.finish()

        run(database, act)
        assert len(posts.listing(database)) == 1
        assert visits.states(database)["a"].validators == FEED


def test_nobody_waits_long_for_a_visit_that_takes_long(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "GATHER", 0.001)
    states = follow(database, "a")

    async def act(recorder: Recorder) -> list[Recorded]:
        with recorder.expecting():  # a visit that does not end
            return await record_all(recorder, brought(states["a"]))

    assert run(database, act)[0].written == Written("a")


def test_finishing_with_nothing_to_write(database: Database) -> None:
    assert run(database, lambda recorder: recorder.finish()) is None


def test_what_was_recorded_holds_no_posts(database: Database) -> None:
    """A long pass must not hold them all."""
    states = follow(database, "a")
    [only] = run(database, lambda r: record_all(r, brought(states["a"], raw("1"))))
    assert only.visit.posts == ()


@pytest.mark.parametrize(("asked", "minutes"), [(None, 5), (3, 5), (9, 9)])
def test_the_longest_wait_that_was_asked_for_counts(
    database: Database, asked: int | None, minutes: int
) -> None:
    """By the platform, and by redirects on the way to it."""
    state = follow(database, "a")["a"]
    on_the_way = None if asked is None else timedelta(minutes=asked)
    made = replace(
        brought(state, result=FetchResult((), b"", wait=timedelta(minutes=5))), wait=on_the_way
    )
    visit, _ = visit_of(made, Pace(), SECRET)
    assert visit.state.wait_until == NOW + timedelta(minutes=minutes)


def test_a_bug_that_one_visit_meets_does_not_touch_the_others(database: Database) -> None:
    states = follow(database, *"abc")
    broken = FetchResult((), b"cursor", cast("Profile", "no profile"))
    batch = [
        brought(states["a"], raw("1")),
        brought(states["b"], result=broken),
        brought(states["c"], raw("3")),
    ]
    first, second, third = run(database, lambda r: record_all(r, *batch))
    assert (first.written, third.written) == (Written("a", 1), Written("c", 1))
    assert isinstance(second.error, UnexpectedShape)
    assert second.visit.outcome is Outcome.FAILED
    assert visits.states(database)["b"].validators is None


def test_a_bug_while_writing_one_visit_does_not_touch_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = follow(database, *"ab")
    save = visits.save

    def stumble(database: Database, found: Any, *rest: Any) -> Any:
        if any(visit.source_id == "a" for visit in found):
            raise RuntimeError
        return save(database, found, *rest)

    monkeypatch.setattr(visits, "save", stumble)
    batch = [brought(states[name], raw(name)) for name in "ab"]
    first, second = run(database, lambda r: record_all(r, *batch))
    assert isinstance(first.error, StoreError)
    assert first.written is None
    assert second.written == Written("b", 1)
    assert visits.states(database)["a"] == states["a"]


def test_posts_that_a_rule_holds_are_stored_so(database: Database) -> None:
    states = follow(database, "a")

    def mark(_: Source, found: tuple[Post, ...]) -> tuple[Post, ...]:
        return tuple(replace(post, holds=("mine",)) for post in found)

    async def act() -> list[Recorded]:
        recorder = Recorder(database, Pace(), lambda: NOW, mark)
        return await record_all(recorder, brought(states["a"], raw("1")))

    asyncio.run(act())
    (stored,) = posts.listing(database)
    assert (stored.post.holds, stored.standing) == (("mine",), Standing.WAITING)


def test_a_rule_that_stumbles_fails_its_visit_and_stores_nothing_unseen(
    database: Database,
) -> None:
    states = follow(database, "a")

    def mark(_: Source, __: tuple[Post, ...]) -> tuple[Post, ...]:
        raise RuntimeError

    async def act() -> list[Recorded]:
        recorder = Recorder(database, Pace(), lambda: NOW, mark)
        return await record_all(recorder, brought(states["a"], raw("1")))

    [only] = asyncio.run(act())
    assert only.visit.outcome is Outcome.FAILED
    assert posts.listing(database) == []


def test_a_bug_while_deciding_about_one_visit_does_not_touch_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = follow(database, *"ab")
    decided = visit_of

    def stumble(one: Brought, *rest: Any) -> Any:
        if one.source.id == "a":
            raise RuntimeError
        return decided(one, *rest)

    monkeypatch.setattr(record, "visit_of", stumble)
    batch = [brought(states[name], raw(name)) for name in "ab"]
    first, second = run(database, lambda r: record_all(r, *batch))
    assert (first.written, second.written) == (None, Written("b", 1))
    assert isinstance(first.error, StoreError)


def test_a_store_that_fails_tells_its_visits_and_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = follow(database, *"ab")
    failing = True

    def fail(_: Any) -> None:
        if failing:
            raise StoreError("The disk stumbled.")

    event.listen(database._engine, "commit", fail)

    async def act(recorder: Recorder) -> tuple[list[Recorded], list[Recorded]]:
        nonlocal failing
        batch = [brought(states[name], raw(name)) for name in "ab"]
        refused = await record_all(recorder, *batch)
        failing = False
        return refused, await record_all(recorder, *batch)

    refused, stored = run(database, act)
    assert [str(one.error) for one in refused] == ["The disk stumbled."] * 2
    assert [one.written for one in stored] == [Written("a", 1), Written("b", 1)]


class TestVisitOf:
    STATE = VisitState("a", "feed:https://a.example/feed", cursor=b"old", profile=Profile("Old"))

    def test_an_answer_brings_posts_cursor_validators_and_profile(self) -> None:
        visit, error = visit_of(brought(self.STATE, raw("1")), Pace(), SECRET)
        assert error is None
        assert [post.guid for post in visit.posts] == ["1"]
        state = visit.state
        assert (state.cursor, state.validators, state.profile) == (
            b"cursor", FEED, Profile("A blog"),
        )  # fmt: skip
        assert visit.outcome is Outcome.CHANGED

    def test_a_304_keeps_cursor_and_profile(self) -> None:
        same = Brought(
            Source("a", "feed", "https://a.example/feed"), self.STATE, NOW, NOW, None, None, FEED, None
        )  # fmt: skip
        visit, _ = visit_of(same, Pace(), SECRET)
        assert (visit.state.cursor, visit.state.profile) == (b"old", Profile("Old"))
        assert (visit.outcome, visit.state.validators) == (Outcome.UNCHANGED, FEED)

    def test_the_body_of_last_time_counts(self) -> None:
        unchanged = FetchResult((), b"old", unchanged=True)
        visit, _ = visit_of(brought(self.STATE, result=unchanged), Pace(), SECRET)
        assert (visit.outcome, visit.state.same_body_streak) == (Outcome.UNCHANGED, 1)

    def test_an_error_keeps_validators_and_cursor(self) -> None:
        visit, error = visit_of(brought(self.STATE, error=TimedOut("too slow")), Pace(), SECRET)
        assert isinstance(error, TimedOut)
        assert (visit.outcome, visit.posts) == (Outcome.FAILED, ())
        assert (visit.state.cursor, visit.state.validators) == (b"old", None)

    def test_of_equal_ids_the_last_wins_at_the_place_of_the_first(self) -> None:
        first, other, last = raw("1"), raw("2"), RawPost(guid="1", title=RawText("Last", False))
        visit, _ = visit_of(brought(self.STATE, first, other, last), Pace(), SECRET)
        assert [post.title for post in visit.posts] == ["Last", "2"]

    def test_an_entry_that_breaks_is_lost_alone(self) -> None:
        broken = RawPost(guid="broken", title=cast("RawText", 7))
        visit, error = visit_of(brought(self.STATE, raw("1"), broken), Pace(), SECRET)
        assert error is None
        assert [post.guid for post in visit.posts] == ["1"]
        assert [lost.guid for lost in visit.dropped] == ["broken"]
