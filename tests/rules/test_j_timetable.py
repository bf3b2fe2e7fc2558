"""Rules J: the timetable over days, crashes, and two programs at once."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median

import pytest

from tests.rules.neighbour import PACE, Neighbour, source
from tests.rules.origin import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Origin,
    Say,
    blog,
    feed,
    item,
    polite,
    rss,
)

MoveIn = Callable[..., Neighbour]


@pytest.mark.parametrize(("days_between", "hours"), [(0.25, 1.4), (1, 2.9), (7, 7.3)])
def test_J1_intervals_follow_the_root_of_the_rate(
    neighbour: Neighbour, origin: Origin, days_between: float, hours: float
) -> None:
    """Of a blog known for two months."""
    origin.play("/feed", blog(days_between * DAY))
    neighbour.run(10 * hours * HOUR)
    assert 0.85 * hours <= median(gap / HOUR for gap in origin.gaps()[2:]) <= 1.15 * hours


def test_J1_a_blog_that_fell_silent_is_asked_daily(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", polite(feed()))
    neighbour.run(60 * DAY)
    assert 20 <= median(gap / HOUR for gap in origin.gaps()[-10:]) <= 25.2


def test_J1_a_blog_that_posted_nothing_for_years_is_asked_weekly(
    neighbour: Neighbour, origin: Origin
) -> None:
    body = rss(item(1, START - 800 * DAY))
    origin.play("/feed", polite(Say(200, body, {"ETag": '"1"'})))
    neighbour.run(60 * DAY)
    assert 6 <= median(gap / DAY for gap in origin.gaps()[-5:]) <= 7.4


def test_J2_two_claims_at_one_moment_share_nothing(
    neighbour: Neighbour, origin: Origin, move_in: MoveIn
) -> None:
    neighbour.follow(**{f"blog-{number}": origin.url(f"/{number}") for number in range(9)})
    catalogue = neighbour.app.catalogue()
    neighbour.app.sync(catalogue)
    twin = move_in()
    claims = [one.app.claims.among(catalogue.sources).states for one in (neighbour, twin)]
    assert [len(claim) for claim in claims] == [9, 0]


def test_J3_a_feed_that_kills_the_program_is_left_after_three_times(
    neighbour: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", polite(feed()))
    neighbour.run(MINUTE)
    origin.log.clear()
    neighbour.now += DAY
    for _ in range(3):
        neighbour.crash(PACE.lease + MINUTE)
    neighbour.run(10 * DAY)
    assert (len(origin.log), neighbour.state().error_kind) == (0, "never ended")


def test_J3_two_crashes_are_forgiven(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", polite(feed()))
    neighbour.run(MINUTE)
    origin.log.clear()
    neighbour.now += DAY
    for _ in range(2):
        neighbour.crash(PACE.lease + MINUTE)
    neighbour.run(2 * HOUR)
    assert origin.log


def test_J4_two_programs_ask_no_more_than_one(
    neighbour: Neighbour, origin: Origin, move_in: MoveIn
) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 1h"))
    origin.play("/feed", polite(feed()))
    neighbour.run(MINUTE)
    twin = move_in()
    for _ in range(48):
        for one in (neighbour, twin):
            one.run(30 * MINUTE)
            neighbour.now = twin.now = max(neighbour.now, twin.now)
    assert min(origin.gaps()[1:]) >= 0.95 * HOUR


@pytest.mark.parametrize("jump", [-400 * DAY, -HOUR, HOUR, 400 * DAY])
def test_J5_a_clock_that_jumps_silences_nobody_and_hurries_nobody(
    neighbour: Neighbour, origin: Origin, jump: timedelta
) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 6h"))
    origin.play("/feed", polite(feed()))
    neighbour.run(2 * DAY)
    neighbour.now += jump
    origin.log.clear()
    neighbour.run(2 * DAY)
    assert 7 <= len(origin.log) <= 9
    assert min(origin.gaps()) >= PACE.floor


def test_J6_the_last_fifty_visits_are_kept(
    neighbour: Neighbour, origin: Origin, tmp_path: Path
) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 1h"))
    origin.play("/feed", polite(feed()))
    neighbour.run(57 * HOUR)
    with sqlite3.connect(tmp_path / "one" / "data" / "aggregator.db") as connection:
        rows = connection.execute("SELECT status, why FROM visit_log").fetchall()
    connection.close()
    assert len(origin.log) > 52
    assert len(rows) == 50
    assert {status for status, _ in rows} == {304}
    assert all(why for _, why in rows)
