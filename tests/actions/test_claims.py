"""What a pass may visit: what is due, what a person insists on, and what is left alone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.model import Hints, Outcome, Source, Visit
from aggregator.settings import load_settings
from aggregator.store import visits

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BLOG = Source("blog", "feed", "https://blog.example.org/feed")
DIARY = Source("diary", "feed", "https://diary.example.org/feed")
SKIPS = Hints(skip_hours=frozenset({12, 13}))


class Desk:
    """An app, and what it is told of past visits."""

    def __init__(self, folder: Path) -> None:
        self.now = NOON
        made = load_settings(sealed=True, config=folder / "feeds.yaml", data=folder / "data")
        self.app = App(made, clock=lambda: self.now)
        visits.sync(self.app.database, [BLOG, DIARY], NOON - HOUR)

    def know(self, source: Source, **known: object) -> None:
        """As a visit of yesterday left it."""
        state = visits.states(self.app.database)[source.id]
        facts: dict[str, object] = {
            "next_due": NOON - HOUR,
            "last_visit": NOON - 24 * HOUR,
            "outcome": Outcome.UNCHANGED,
        }
        after = replace(state, **(facts | known))  # type: ignore[arg-type]  # as the test says
        visit = Visit(source.id, NOON, after.outcome or Outcome.UNCHANGED, after)
        visits.save(self.app.database, [visit], NOON)

    def claim(self, *sources: Source, force: bool = False, named: bool = False) -> list[str]:
        claim = self.app.claims.among(sources or (BLOG, DIARY), force=force, named=named)
        return sorted(state.source_id for state in claim.states)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.app.close()


def test_c9_what_wants_no_visit_at_this_hour_is_put_off(desk: Desk) -> None:
    desk.know(BLOG, hints=SKIPS)
    assert desk.claim() == ["diary"]
    due = visits.states(desk.app.database)["blog"].next_due
    assert due is not None
    assert NOON + 2 * HOUR <= due < NOON + 3 * HOUR


def test_c9_it_is_claimed_once_the_hour_is_over(desk: Desk) -> None:
    desk.know(BLOG, hints=SKIPS)
    desk.claim(BLOG)
    desk.now = NOON + 3 * HOUR
    assert desk.claim(BLOG) == ["blog"]


def test_c9_the_clock_leaves_it_alone_too(desk: Desk) -> None:
    desk.know(BLOG, hints=SKIPS)
    assert [state.source_id for state in desk.app.claims.due(10)] == ["diary"]


def test_a_person_may_insist(desk: Desk) -> None:
    desk.know(BLOG, hints=SKIPS)
    assert desk.claim(BLOG, force=True) == ["blog"]


def test_d1_what_stopped_is_visited_where_a_person_names_it(desk: Desk) -> None:
    desk.know(BLOG, stopped_at=NOON)
    assert desk.claim() == ["diary"]
    assert desk.claim(BLOG, DIARY, named=True) == ["blog"]


def test_what_is_named_with_it_is_visited_if_it_is_due(desk: Desk) -> None:
    desk.know(BLOG, stopped_at=NOON)
    assert desk.claim(BLOG, DIARY, named=True) == ["blog", "diary"]


def test_c4_a_name_does_not_shorten_a_wait(desk: Desk) -> None:
    desk.know(BLOG, stopped_at=NOON, wait_until=NOON + HOUR)
    claim = desk.app.claims.among([BLOG], named=True)
    assert claim.states == []
    assert "asked us to wait" in claim.held_off["blog"]


def test_j6_claims_that_lapsed_are_counted(desk: Desk) -> None:
    desk.claim()
    assert desk.app.tally.lapsed_claims == 0
    desk.now += 2 * desk.app.pace.lease
    desk.claim()
    assert desk.app.tally.lapsed_claims == 2
