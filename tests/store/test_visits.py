"""Claims, leases and lapses; visits written together or not at all."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from aggregator.errors import StoreError
from aggregator.model import (
    Hints,
    Identity,
    Move,
    Outcome,
    Post,
    Profile,
    Source,
    SourceState,
    Standing,
    Suspicion,
    Validators,
    Visit,
    VisitState,
    Written,
)
from aggregator.store import posts, tombstones, visits
from aggregator.store.database import Database, open_database
from tests.store.conftest import on_postgresql, on_sqlite

MakePost = Callable[..., Post]
IDENTITY = Identity(
    title="A blog",
    language="en",
    domain="example.org",
    id_style="tag:",
    ids=("b2", "a1"),
    words=("c3",),
    newest=datetime(2026, 5, 1, tzinfo=UTC),
)
MakeSource = Callable[..., Source]
Follow = Callable[..., dict[str, VisitState]]
MakeVisit = Callable[..., Visit]
Store = Callable[..., tuple[int, int, int]]

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def claim(database: Database, now: datetime, limit: int = 10, **more: Any) -> list[str]:
    return [state.source_id for state in visits.claim(database, now, LEASE, limit, **more)]


def lapse(database: Database, now: datetime, times: int) -> datetime:
    """Claims that are never given back; returns when the last of them has ended."""
    for _ in range(times):
        claim(database, now)
        now += LEASE
    return now


class TestSync:
    def test_a_new_source_is_due_at_once(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now)
        state = visits.states(database)["blog"]
        assert state == VisitState("blog", "feed:https://blog.example.org/feed", next_due=now)

    def test_what_is_known_of_a_source_stays(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_source: MakeSource,
        now: datetime,
    ) -> None:
        visit = make_visit(follow("blog")["blog"], cursor=b"cursor")
        visits.save(database, [visit], now)
        visits.sync(database, [make_source()], now + HOUR)
        assert visits.states(database)["blog"] == visit.state

    def test_a_source_with_another_address_starts_afresh(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_source: MakeSource,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        full = make_visit(
            follow("blog")["blog"],
            make_post(),
            validators=Validators("https://blog.example.org/feed", '"1"'),
            cursor=b"cursor",
            profile=Profile("A blog"),
            error_streak=3,
            wait_until=now,
        )
        visits.save(database, [full], now)
        moved = replace(make_source(), address="https://new.example.org/feed")
        visits.sync(database, [moved], now + HOUR)
        state = visits.states(database)["blog"]
        assert state == VisitState("blog", "feed:https://new.example.org/feed", next_due=now + HOUR)
        assert len(posts.listing(database)) == 1

    @pytest.mark.parametrize("state", [SourceState.PAUSED, SourceState.MEMORIAL])
    def test_a_source_that_rests_is_not_claimed(
        self, database: Database, make_source: MakeSource, now: datetime, state: SourceState
    ) -> None:
        visits.sync(database, [make_source()], now)
        visits.sync(database, [make_source(state=state)], now)
        assert claim(database, now, source_ids=["blog"], overdue_only=False) == []

    def test_a_source_that_left_the_file_is_not_claimed_and_its_posts_stay(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        visits.save(database, [make_visit(follow("blog")["blog"], make_post())], now)
        visits.sync(database, [], now)
        assert claim(database, now + HOUR) == []
        assert len(posts.listing(database)) == 1

    def test_a_source_that_comes_back_is_visited_again(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        for sources in ([make_source()], [], [make_source()]):
            visits.sync(database, sources, now)
        assert claim(database, now) == ["blog"]

    def test_what_was_taken_down_stays_unvisited_in_every_spelling_of_its_address(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        places = ("https://gone.example/feed", "http://www.gone.example/feed/", "https://a.example")
        sources = [make_source(f"s{n}", address=address) for n, address in enumerate(places)]
        tombstones.take_down_source(database, sources[0], "ann", now)
        visits.sync(database, [replace(sources[0], id="again"), *sources], now)
        assert claim(database, now) == ["s2"]


class TestClaim:
    def test_nothing_is_claimed_twice(
        self, database: Database, follow: Follow, now: datetime
    ) -> None:
        assert list(follow("a", "b")) == ["a", "b"]
        assert claim(database, now) == []

    def test_the_longest_due_come_first(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        for hours, source_id in ((1, "old"), (3, "oldest"), (0, "new")):
            known = [make_source(one) for one in visits.states(database)]
            visits.sync(database, [*known, make_source(source_id)], now - hours * HOUR)
        assert claim(database, now, 2) == ["oldest", "old"]
        assert claim(database, now, 2) == ["new"]

    def test_what_is_not_due_yet_is_left(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        visits.save(database, [make_visit(follow("blog")["blog"])], now)
        assert claim(database, now + HOUR - timedelta(microseconds=1)) == []
        assert claim(database, now + HOUR) == ["blog"]

    def test_a_person_may_claim_what_is_not_due(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        visits.save(database, [make_visit(follow("blog")["blog"])], now)
        assert claim(database, now, source_ids=["blog"], overdue_only=False) == ["blog"]

    def test_but_not_what_is_being_visited(
        self, database: Database, follow: Follow, now: datetime
    ) -> None:
        follow("blog")
        assert claim(database, now, source_ids=["blog"], overdue_only=False) == []

    def test_only_the_named_sources(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source("a"), make_source("b")], now)
        assert claim(database, now, source_ids=["b", "unknown"]) == ["b"]

    def test_more_names_than_a_statement_has_parameters(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        names = [f"s{number}" for number in range(1100)]
        visits.sync(database, [make_source(name) for name in names], now)
        assert len(claim(database, now, 1050, source_ids=names)) == 1050

    def test_a_claimed_state_says_when_it_was_due(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now - HOUR)
        [state] = visits.claim(database, now, LEASE, 1)
        assert state.next_due == now - HOUR
        assert visits.states(database)["blog"] == state

    def test_of_many_at_once_each_source_is_claimed_once(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        names = [f"s{number}" for number in range(60)]
        visits.sync(database, [make_source(name) for name in names], now)
        with ThreadPoolExecutor(6) as threads:
            lists = list(threads.map(lambda _: claim(database, now, 10), range(6)))
        assert sorted(name for one in lists for name in one) == sorted(names)

    @on_postgresql
    def test_whatever_the_plan_no_more_are_claimed_than_wanted(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        """PostgreSQL may ask a subquery anew for each row, and it skips what is locked already."""
        visits.sync(database, [make_source(f"s{number}") for number in range(30)], now)

        def discourage(connection: Connection) -> None:
            for step in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                connection.exec_driver_sql(f"SET LOCAL enable_{step} = off")

        event.listen(database._engine, "begin", discourage)
        assert len(claim(database, now, 7)) == 7

    def test_a_claim_that_lapsed_is_due_again(
        self, database: Database, follow: Follow, now: datetime
    ) -> None:
        follow("blog")
        assert claim(database, now + LEASE - timedelta(microseconds=1)) == []
        [state] = visits.claim(database, now + LEASE, LEASE, 1)
        assert (state.lapses, state.next_due) == (1, now)

    def test_after_three_lapses_the_clock_leaves_it(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now)
        later = lapse(database, now, 3)
        assert claim(database, later) == []
        state = visits.states(database)["blog"]
        assert (state.lapses, state.outcome) == (3, Outcome.HELD)
        assert state.error_text
        assert state.error_advice
        assert visits.next_due(database) is None

    def test_two_lapses_are_not_three(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now)
        assert claim(database, lapse(database, now, 2)) == ["blog"]

    def test_a_person_may_claim_a_held_source_and_a_visit_frees_it(
        self, database: Database, make_source: MakeSource, make_visit: MakeVisit, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now)
        later = lapse(database, now, 3)
        claim(database, later)
        [state] = visits.claim(database, later, LEASE, 1, ["blog"], overdue_only=False)
        visits.save(database, [make_visit(state)], later)
        assert visits.states(database)["blog"].lapses == 0
        assert claim(database, later + HOUR) == ["blog"]

    def test_a_visit_that_ends_starts_the_count_of_lapses_anew(
        self, database: Database, make_source: MakeSource, make_visit: MakeVisit, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now)
        later = lapse(database, now, 2)
        [state] = visits.claim(database, later, LEASE, 1)
        visits.save(database, [make_visit(state)], later)
        assert visits.states(database)["blog"].lapses == 0

    def test_a_clock_that_was_wrong_for_a_while_silences_nobody(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        far = replace(make_visit(follow("blog")["blog"]).state, next_due=now + timedelta(days=41))
        visits.save(database, [Visit("blog", now, Outcome.UNCHANGED, far)], now)
        claim(database, now)
        assert claim(database, now + HOUR) == ["blog"]

    def test_sources_that_a_wrong_clock_silenced_do_not_come_all_at_once(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        """Rule J5: a random phase."""
        states = follow(*(f"blog-{number}" for number in range(12)))
        far = [
            replace(make_visit(state).state, next_due=now + timedelta(days=41, minutes=5 * place))
            for place, state in enumerate(states.values())
        ]
        brought = [Visit(state.source_id, now, Outcome.UNCHANGED, state) for state in far]
        visits.save(database, brought, now)
        at_once, later = claim(database, now), claim(database, now + HOUR / 2)
        assert (len(at_once), 4 <= len(later) <= 8) == (1, True)

    def test_d1_a_stopped_source_is_claimed_by_a_person_only(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        stopped = replace(make_visit(follow("blog")["blog"]).state, stopped_at=now)
        visits.save(database, [Visit("blog", now, Outcome.FAILED, stopped)], now)
        assert visits.next_due(database) is None
        assert claim(database, now + timedelta(days=400)) == []
        assert claim(database, now, source_ids=["blog"], overdue_only=False) == ["blog"]

    def test_a_long_wait_is_no_wrong_clock(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        far = replace(make_visit(follow("blog")["blog"]).state, next_due=now + timedelta(days=40))
        visits.save(database, [Visit("blog", now, Outcome.UNCHANGED, far)], now)
        assert claim(database, now) == []


class TestRhythm:
    """What a claim tells of how often a source posts (rule J1)."""

    def test_posts_of_the_last_four_weeks_are_counted(
        self, database: Database, make_post: MakePost, store: Store, follow: Follow, now: datetime
    ) -> None:
        days = {"a": 0, "b": 27, "c": 29, "d": 400}
        dated = [make_post(guid, published=now - timedelta(days=age)) for guid, age in days.items()]
        store(*dated)
        state = follow("blog")["blog"]
        assert (state.posts_lately, state.oldest_post) == (2, now - timedelta(days=400))
        assert state.newest_post == now

    def test_each_source_has_its_own(
        self, database: Database, make_post: MakePost, store: Store, follow: Follow
    ) -> None:
        store(make_post("1", "blog"))
        store(make_post("1", "diary"), make_post("2", "diary"))
        states = follow("blog", "diary", "silent")
        lately = {source_id: state.posts_lately for source_id, state in states.items()}
        assert lately == {"blog": 1, "diary": 2, "silent": 0}

    def test_of_a_source_without_posts_nothing_is_known(self, follow: Follow) -> None:
        assert follow("blog")["blog"].oldest_post is None

    @on_sqlite
    def test_all_facts_are_read_off_an_index(self, database: Database, follow: Follow) -> None:
        plans: list[str] = []

        def explain(connection: Any, _: Any, statement: str, given: Any, *__: Any) -> None:
            if "count(*)" in statement and not statement.startswith("EXPLAIN"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
                plans.extend(row.detail for row in plan)

        event.listen(database._engine, "before_cursor_execute", explain)
        follow("blog")
        event.remove(database._engine, "before_cursor_execute", explain)
        of_posts = [step for step in plans if "posts" in step]
        assert len(of_posts) == 3
        assert all("USING COVERING INDEX posts_of_source" in step for step in of_posts)


class TestRelease:
    def test_a_claim_given_back_is_as_if_never_made(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now - HOUR)
        before = visits.states(database)
        visits.release(database, visits.claim(database, now, LEASE, 1))
        assert visits.states(database) == before
        assert claim(database, now) == ["blog"]

    def test_a_claim_that_somebody_else_took_over_is_kept(
        self, database: Database, follow: Follow, now: datetime
    ) -> None:
        mine = follow("blog")
        claim(database, now + LEASE)
        visits.release(database, mine.values())
        assert claim(database, now + LEASE) == []

    def test_a_claim_that_ended_by_a_visit_is_not_undone(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        mine = follow("blog")
        visits.save(database, [make_visit(mine["blog"])], now)
        visits.release(database, mine.values())
        assert visits.states(database)["blog"].next_due == now + HOUR

    def test_nothing_to_give_back(self, database: Database) -> None:
        visits.release(database, [])
        assert visits.states(database) == {}


class TestPutOff:
    """Claims that are given back with another due time."""

    def test_it_is_due_when_it_is_said_to_be(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now)
        states = visits.claim(database, now, LEASE, 1)
        visits.release(database, states, {"blog": now + 2 * HOUR})
        assert claim(database, now + HOUR) == []
        assert claim(database, now + 2 * HOUR) == ["blog"]

    def test_others_are_due_as_before(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source()], now)
        visits.release(database, visits.claim(database, now, LEASE, 1), {"diary": now + HOUR})
        assert claim(database, now) == ["blog"]


class TestNextDue:
    def test_never_where_nothing_is_followed(self, database: Database) -> None:
        assert visits.next_due(database) is None

    def test_the_first_of_all(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        states = follow("a", "b")
        visits.save(database, [make_visit(states["a"])], now)
        assert visits.next_due(database) == now + LEASE  # b's claim may lapse

    def test_paused_sources_do_not_count(
        self, database: Database, make_source: MakeSource, now: datetime
    ) -> None:
        visits.sync(database, [make_source(state=SourceState.PAUSED)], now)
        assert visits.next_due(database) is None


class TestSave:
    def test_posts_and_the_complete_state_are_written(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        visit = make_visit(
            follow("blog")["blog"],
            make_post("1"),
            make_post("2"),
            validators=Validators("https://blog.example.org/feed", 'W/"ü"', "yesterday"),
            cursor=b"\0cursor",
            profile=Profile("A blog", None, "en", "About"),
            last_ok=now,
            error_kind="timed out",
            error_text="too slow",
            error_advice="wait",
            error_streak=2,
            same_body_streak=1,
            wait_until=now + HOUR,
            failing_since=now - HOUR,
            gone_answers=1,
            stopped_at=now,
            adopted="https://new.example.org/feed",
            move=Move("https://newer.example.org/feed", now - HOUR, 2),
            given_up="https://former.example.org/feed",
            hints=Hints(timedelta(days=1), frozenset({0, 3}), frozenset({6})),
            unstable_ids=True,
            identity=IDENTITY,
            suspicion=Suspicion(now, ("Its title is another.",), IDENTITY),
            visits=7,
        )
        assert visits.save(database, [visit], now) == [Written("blog", 2)]
        assert visits.states(database)["blog"] == replace(visit.state, last_new=now)

    def test_a_visit_without_new_posts_keeps_when_the_last_came(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        state = follow("blog")["blog"]
        visits.save(database, [make_visit(state, make_post())], now)
        edited = make_visit(visits.states(database)["blog"], make_post(title="Mended"))
        visits.save(database, [edited], now + HOUR)
        assert visits.states(database)["blog"].last_new == now

    def test_no_next_due_means_at_once(
        self, database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
    ) -> None:
        visit = make_visit(follow("blog")["blog"])
        soon = replace(visit, state=replace(visit.state, next_due=None))
        visits.save(database, [soon], now)
        assert claim(database, now) == ["blog"]

    def test_posts_of_a_visit_held_back_wait(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        visit = make_visit(follow("blog")["blog"], make_post(), outcome=Outcome.HELD)
        visits.save(database, [visit], now)
        assert posts.listing(database)[0].standing is Standing.HELD

    def test_posts_of_a_push_wait_where_a_visit_began_to_doubt_meanwhile(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        state = follow("blog")["blog"]
        doubt = Suspicion(now, ("Its title is another.",), IDENTITY)
        push = replace(make_visit(state, make_post()), pushed=True)
        visits.save(database, [make_visit(state, suspicion=doubt)], now)
        visits.save(database, [push], now)
        assert posts.listing(database)[0].standing is Standing.HELD

    def test_nothing_to_save(self, database: Database, now: datetime) -> None:
        assert visits.save(database, [], now) == []

    def test_a_visit_to_an_address_that_changed_meanwhile_writes_nothing(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        make_source: MakeSource,
        now: datetime,
    ) -> None:
        visit = make_visit(follow("blog")["blog"], make_post())
        visits.sync(database, [make_source(address="https://new.example.org/")], now)
        assert visits.save(database, [visit], now) == [Written("blog", refused=1)]
        assert posts.listing(database) == []
        assert visits.states(database)["blog"].last_visit is None

    def test_a_visit_to_an_unknown_source_writes_nothing(
        self, database: Database, make_visit: MakeVisit, make_post: MakePost, now: datetime
    ) -> None:
        visit = make_visit(VisitState("blog", "feed:x"), make_post())
        assert visits.save(database, [visit], now) == [Written("blog", refused=1)]

    def test_a_batch_is_one_transaction(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        states = follow(*"abc")
        batch = [make_visit(states[name], make_post(name, name)) for name in "abc"]
        commits: list[None] = []
        event.listen(database._engine, "commit", lambda _: commits.append(None))
        assert visits.save(database, batch, now) == [Written(name, 1) for name in "abc"]
        assert len(commits) == 1

    def test_each_visit_of_a_batch_keeps_what_is_its_own(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        states = follow(*"abc")
        batch = [
            make_visit(states["a"], make_post("1", "a"), cursor=b"a"),
            make_visit(states["b"], outcome=Outcome.UNCHANGED, cursor=b"b"),
            make_visit(states["c"], make_post("1", "c"), outcome=Outcome.HELD, cursor=b"c"),
        ]
        visits.save(database, batch, now)
        left = visits.states(database)
        assert [left[name].cursor for name in "abc"] == [b"a", b"b", b"c"]
        assert [left[name].last_new for name in "abc"] == [now, None, now]
        standings = {one.post.source_id: one.standing for one in posts.listing(database)}
        assert standings == {"a": Standing.OPEN, "c": Standing.HELD}

    def test_two_visits_of_one_source_are_written_one_after_the_other(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        state = follow("blog")["blog"]
        batch = [
            make_visit(state, make_post("1"), cursor=b"first"),
            make_visit(state, make_post("1", title="Mended"), make_post("2"), cursor=b"second"),
        ]
        written = visits.save(database, batch, now)
        assert written == [Written("blog", 1), Written("blog", 1, 1)]
        assert visits.states(database)["blog"].cursor == b"second"

    def test_one_broken_visit_does_not_touch_the_others(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        states = follow("a", "b", "c")
        half_a_letter = make_post("2", "b", title="\ud83d")
        batch = [
            make_visit(states["a"], make_post("1", "a")),
            make_visit(states["b"], make_post("3", "b"), half_a_letter),
            make_visit(states["c"], make_post("4", "c")),
        ]
        first, second, third = visits.save(database, batch, now)
        assert (first, third) == (Written("a", 1), Written("c", 1))
        assert isinstance(second, StoreError)
        assert sorted(one.post.guid for one in posts.listing(database)) == ["1", "4"]
        assert visits.states(database)["b"] == states["b"]

    def test_after_a_failure_of_the_whole_visits_are_replayed_one_by_one(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        states = follow("a", "b")
        batch = [make_visit(states[name], make_post(name, name)) for name in "ab"]
        failed = iter([True])

        def fail_once(_connection: Any) -> None:
            if next(failed, False):
                raise StoreError("The disk stumbled.")

        event.listen(database._engine, "commit", fail_once)
        assert visits.save(database, batch, now) == [Written("a", 1), Written("b", 1)]
        assert len(posts.listing(database)) == 2

    @on_sqlite
    def test_a_full_disk_is_told_and_leaves_the_claims(
        self,
        url: str,
        secret: bytes,
        make_source: MakeSource,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
    ) -> None:
        database = open_database(url, secret)
        visits.sync(database, [make_source("a"), make_source("b")], now)
        states = visits.claim(database, now, LEASE, 2)
        with database.writing() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar()
            connection.execute(text(f"PRAGMA max_page_count={pages}"))
        batch = [
            make_visit(state, make_post("1", state.source_id, text="long " * 9000))
            for state in states
        ]
        results = visits.save(database, batch, now)
        left = visits.states(database)
        database.close()
        assert [str(result) for result in results] == [
            f"The disk that holds the database {database.place} is full."
        ] * 2
        assert left == {state.source_id: state for state in states}

    @on_sqlite
    def test_while_another_program_writes_a_visit_waits(
        self,
        database: Database,
        follow: Follow,
        make_visit: MakeVisit,
        make_post: MakePost,
        now: datetime,
        tmp_path: Path,
    ) -> None:
        visit = make_visit(follow("blog")["blog"], make_post())
        other = sqlite3.connect(
            tmp_path / "aggregator.db", isolation_level=None, check_same_thread=False
        )
        other.execute("BEGIN IMMEDIATE")
        free = threading.Timer(0.05, other.execute, ["COMMIT"])
        free.start()
        written = visits.save(database, [visit], now)
        free.join()
        other.close()
        assert written == [Written("blog", 1)]


def test_states_of_named_sources(database: Database, follow: Follow) -> None:
    follow("a", "b")
    assert list(visits.states(database, ["b", "unknown"])) == ["b"]
    assert visits.states(database, []) == {}
