"""The log of visits: a ring per source, written together with the visits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.errors import StoreError
from aggregator.model import LoggedVisit, Outcome, Source, Visit, VisitState, Written
from aggregator.store import tombstones, visit_log, visits
from aggregator.store.database import Database
from aggregator.store.visit_log import KEPT
from tests.store.conftest import Follow, MakePost, MakeSource

MINUTE = timedelta(minutes=1)


def visit(state: VisitState, number: int, now: datetime, **changes: object) -> Visit:
    """The ``number``-th visit of a source, one a minute."""
    at = now + number * MINUTE
    after = replace(state, visits=number, last_visit=at, next_due=at + 2 * MINUTE)
    made = Visit(
        state.source_id,
        at - MINUTE / 2,
        Outcome.UNCHANGED,
        after,
        seconds=0.25,
        status=304,
        requests=1,
        received=180,
        why="it posts about once a day",
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # whatever the test wants


def saved(database: Database, *found: Visit) -> list[Written | StoreError]:
    return visits.save(database, found, found[-1].started)


def test_a_visit_leaves_a_line(database: Database, follow: Follow, now: datetime) -> None:
    saved(database, visit(follow("blog")["blog"], 1, now))
    assert visit_log.of_source(database, "blog") == [
        LoggedVisit(
            "blog",
            now + MINUTE,
            Outcome.UNCHANGED,
            None,
            304,
            requests=1,
            received=180,
            seconds=0.25,
            new=0,
            edited=0,
            next_due=now + 3 * MINUTE,
            why="it posts about once a day",
        )
    ]


def test_new_and_edited_posts_are_counted(
    database: Database, follow: Follow, make_post: MakePost, now: datetime
) -> None:
    state = follow("blog")["blog"]
    saved(database, visit(state, 1, now, posts=(make_post("1"),)))
    edited = make_post("1", title="Another title")
    saved(database, visit(state, 2, now, posts=(edited, make_post("2"), make_post("3"))))
    assert [(line.new, line.edited) for line in visit_log.of_source(database, "blog")] == [
        (2, 1),
        (1, 0),
    ]


def test_a_failure_tells_its_kind(database: Database, follow: Follow, now: datetime) -> None:
    state = replace(follow("blog")["blog"], error_kind="timed out")
    saved(database, visit(state, 1, now, outcome=Outcome.FAILED, status=None))
    (line,) = visit_log.of_source(database, "blog")
    assert (line.outcome, line.kind, line.status) == (Outcome.FAILED, "timed out", None)


def test_the_last_fifty_are_kept(database: Database, follow: Follow, now: datetime) -> None:
    state = follow("blog")["blog"]
    for number in range(1, KEPT + 6):
        saved(database, visit(state, number, now))
    lines = visit_log.of_source(database, "blog")
    assert len(lines) == KEPT == 50
    assert [lines[0].at, lines[-1].at] == [now + (KEPT + 5) * MINUTE, now + 6 * MINUTE]


def test_each_source_has_a_ring_of_its_own(
    database: Database, follow: Follow, now: datetime
) -> None:
    states = follow("a", "b")
    saved(database, visit(states["a"], 1, now), visit(states["b"], 1, now))
    assert [line.source_id for line in visit_log.of_source(database, "b")] == ["b"]


def test_a_visit_that_is_not_stored_leaves_no_line(
    database: Database, follow: Follow, make_source: Callable[..., Source], now: datetime
) -> None:
    state = follow("blog")["blog"]
    visits.sync(database, [make_source(address="https://other.example.org/feed")], now)
    saved(database, visit(state, 1, now))
    assert visit_log.of_source(database, "blog") == []


def test_a_push_is_no_visit(
    database: Database, follow: Follow, make_post: MakePost, now: datetime
) -> None:
    state = follow("blog")["blog"]
    saved(database, visit(state, 0, now, posts=(make_post(),), pushed=True))
    assert visit_log.of_source(database, "blog") == []


def test_the_latest_lines_of_all(database: Database, follow: Follow, now: datetime) -> None:
    states = follow("a", "b", "c")
    for number in (1, 2):
        saved(database, visit(states["a"], number, now))
    saved(database, visit(states["b"], 1, now))
    found = visit_log.latest(database)
    assert {source_id: line.at for source_id, line in found.items()} == {
        "a": now + 2 * MINUTE,
        "b": now + MINUTE,
    }


def test_what_an_old_address_left_tells_nothing_of_the_new_one(
    database: Database, follow: Follow, make_source: MakeSource, now: datetime
) -> None:
    state = follow("blog")["blog"]
    saved(database, visit(state, KEPT, now))
    visits.sync(database, [make_source(address="https://other.example.org/feed")], now)
    assert visit_log.latest(database) == {}


def test_a_takedown_erases_the_log(
    database: Database, follow: Follow, make_source: MakeSource, now: datetime
) -> None:
    states = follow("blog", "other")
    saved(database, visit(states["blog"], 1, now), visit(states["other"], 1, now))
    tombstones.take_down_source(database, make_source(), "test", now)
    assert visit_log.of_source(database, "blog") == []
    assert len(visit_log.of_source(database, "other")) == 1
