"""When staff may be told, in their own time, also where clocks change."""

from datetime import UTC, date, datetime, time

import pytest

from aggregator.actions.quiet import digest_day, read_quiet_hours

ZONE = "America/New_York"


def utc(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "now", "told"),
    [
        ("22-7", "2026-11-23T17:00", "2026-11-23T17:00"),  # noon
        ("22-7", "2026-11-24T03:00", "2026-11-24T12:00"),  # 22:00
        ("22-7", "2026-11-24T02:59", "2026-11-24T02:59"),  # 21:59
        ("22-7", "2026-11-24T11:59", "2026-11-24T12:00"),  # 06:59
        ("22-7", "2026-11-24T12:00", "2026-11-24T12:00"),  # 07:00
        ("12-13:30", "2026-11-23T17:10", "2026-11-23T18:30"),
        ("12-13:30", "2026-11-23T19:10", "2026-11-23T19:10"),
        ("22-7", "2026-11-01T05:30", "2026-11-01T12:00"),  # clocks go back that night
        ("22-7", "2026-03-08T04:00", "2026-03-08T11:00"),  # and forward
    ],
)
def test_what_is_known_in_quiet_hours_waits_for_their_end(hours: str, now: str, told: str) -> None:
    quiet = read_quiet_hours(hours)
    assert quiet is not None
    assert quiet.over(utc(now), ZONE) == utc(told)


def test_there_may_be_none() -> None:
    assert read_quiet_hours("") is None


@pytest.mark.parametrize("hours", ["22", "22-22", "22-25", "x-7", "-"])
def test_what_are_no_hours_is_refused(hours: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_quiet_hours(hours)


def test_a_digest_is_due_from_its_time_on() -> None:
    assert digest_day(utc("2026-11-23T12:59"), time(8), ZONE) is None
    assert digest_day(utc("2026-11-23T13:00"), time(8), ZONE) == date(2026, 11, 23)
    assert digest_day(utc("2026-11-24T04:59"), time(8), ZONE) == date(2026, 11, 23)


def test_a_digest_at_a_time_that_a_day_does_not_have_comes_after_it() -> None:
    """Half past two in the night in which clocks go from two to three."""
    assert digest_day(utc("2026-03-08T06:59"), time(2, 30), ZONE) is None
    assert digest_day(utc("2026-03-08T07:00"), time(2, 30), ZONE) == date(2026, 3, 8)
