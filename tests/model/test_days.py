"""Days are those of the site, and a consent is counted by them."""

from datetime import UTC, date, datetime

import pytest

from aggregator.model import Consent, Site, Source
from aggregator.model.days import day_of, days_before

EVENING = datetime(2026, 11, 24, 3, tzinfo=UTC)
"""In New York it is still the 23rd."""
ZONE = "America/New_York"
TODAY = date(2026, 11, 23)


def test_the_day_of_a_moment_is_that_of_the_site() -> None:
    assert day_of(EVENING, "UTC") == date(2026, 11, 24)
    assert Site("Institute", "https://example.org", timezone=ZONE).day(EVENING) == TODAY


@pytest.mark.parametrize(("hour", "left"), [(4, 0), (5, 1)])
def test_what_ends_after_midnight_there_ends_tomorrow(hour: int, left: int) -> None:
    assert days_before(EVENING.replace(hour=hour), TODAY, ZONE) == left


@pytest.mark.parametrize(("day", "told"), [(22, None), (23, TODAY), (24, TODAY)])
def test_a_consent_is_withdrawn_from_its_day_on(day: int, told: date | None) -> None:
    consent = Consent("PF-1", "form", date(2026, 1, 1), withdrawn=TODAY)
    source = Source("blog", "feed", "https://blog.example.org/feed", consent=consent)
    assert source.withdrawn_by(date(2026, 11, day)) == told


def test_days_are_counted_to_the_first_of_its_ends() -> None:
    expires = date(2026, 12, 23)
    assert Consent("PF-1", "form", TODAY, expires).days_left(TODAY) == 30
    assert Consent("PF-1", "form", TODAY, expires, TODAY).days_left(TODAY) == 0
    assert Consent("PF-1", "form", TODAY).days_left(TODAY) is None
