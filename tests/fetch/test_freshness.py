"""What answers say about time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.freshness import fresh_for, read_date, renewed_in, retry_after

NOON = "Mon, 23 Nov 2026 12:00:00 GMT"
SIX = "Mon, 23 Nov 2026 18:00:00 GMT"
HUGE = "9" * 5_000


@pytest.mark.parametrize(
    ("fields", "hours"),
    [
        ({"cache-control": "max-age=43200"}, 12),
        ({"cache-control": "public, Max-Age = 43200, must-revalidate"}, 12),
        ({"cache-control": 'max-age="43200"'}, 12),
        ({"cache-control": "max-age=43200", "age": "3600"}, 11),
        ({"cache-control": "max-age=43200", "age": "old"}, 12),
        ({"cache-control": "max-age=43200", "expires": SIX, "date": NOON}, 12),
        ({"cache-control": "s-maxage=99999, max-age=3600"}, 1),
        ({"cache-control": "max-age=abc", "expires": SIX, "date": NOON}, 6),
        ({"expires": SIX, "date": NOON}, 6),
        ({"expires": SIX}, 6),
        ({"expires": SIX, "date": "long ago"}, 6),
        ({"cache-control": "public", "expires": SIX}, 6),
    ],
)
def test_C3_fresh_until_max_age_or_expires(
    fields: dict[str, str], hours: int, now: datetime
) -> None:
    assert fresh_for(fields, now) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cache-control": "max-age=0"},
        {"cache-control": "max-age=0", "expires": SIX},
        {"cache-control": "max-age=-5"},
        {"cache-control": "max-age=abc"},
        {"cache-control": "max-age="},
        {"cache-control": "s-maxage=3600"},
        {"cache-control": "x-max-age=3600"},
        {"cache-control": "max-age=3600", "age": "3600"},
        {"cache-control": "max-age=3600", "age": HUGE},
        {"cache-control": "no-cache, max-age=3600"},
        {"cache-control": "max-age=3600, no-store"},
        {"cache-control": 'max-age=3600, No-Cache="set-cookie"'},
        {"expires": "0"},
        {"expires": "-1"},
        {"expires": "soon"},
        {"expires": NOON, "date": SIX},
    ],
)
def test_C3_garbage_and_the_past_say_nothing(fields: dict[str, str], now: datetime) -> None:
    assert fresh_for(fields, now) is None


def test_C3_absurd_numbers_do_no_harm(now: datetime) -> None:
    assert fresh_for({"cache-control": f"max-age={HUGE}"}, now) == timedelta(seconds=2**31)


@pytest.mark.parametrize(
    "text",
    [
        "21600",
        " 21600 ",
        "Mon, 23 Nov 2026 18:00:00 GMT",
        "Monday, 23-Nov-26 18:00:00 GMT",
        "Mon Nov 23 18:00:00 2026",
    ],
)
def test_C4_waits_come_in_seconds_and_three_forms_of_date(text: str, now: datetime) -> None:
    assert retry_after(text, now) == timedelta(hours=6)


@pytest.mark.parametrize(
    "text", ["", "0", "-5", "soon", "1.5", "Mon, 01 Jan 2001 00:00:00 GMT", NOON, "٣", "1e3"]
)
def test_C5_past_dates_and_garbage_count_as_absent(text: str, now: datetime) -> None:
    assert retry_after(text, now) is None


def test_C4_absurd_waits_do_no_harm(now: datetime) -> None:
    assert retry_after(HUGE, now) == timedelta(seconds=2**31)


@pytest.mark.parametrize(
    "fields",
    [
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "2026-11-23T12:05:00.950500Z"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "1795435500"},
        {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1795435500"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "300"},
    ],
)
def test_C4_a_used_up_allowance_is_renewed_at_a_time_or_in_seconds(
    fields: dict[str, str], now: datetime
) -> None:
    wait = renewed_in(fields, now)
    assert wait is not None
    assert timedelta(minutes=5) <= wait < timedelta(minutes=5, seconds=1)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"ratelimit-remaining": "1", "ratelimit-reset": "300"},
        {"ratelimit-remaining": "0"},
        {"ratelimit-reset": "300"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "1700000000"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "2026-11-23T12:05:00"},
        {"ratelimit-remaining": "0", "ratelimit-reset": "soon"},
        {"ratelimit-remaining": "0", "ratelimit-reset": ""},
    ],
)
def test_C4_where_some_is_left_or_nothing_usable_is_said_there_is_no_wait(
    fields: dict[str, str], now: datetime
) -> None:
    assert renewed_in(fields, now) is None


def test_C4_after_a_refusal_nothing_is_left(now: datetime) -> None:
    fields = {"ratelimit-remaining": "7", "ratelimit-reset": "300"}
    assert renewed_in(fields, now, refused=True) == timedelta(minutes=5)


def test_dates_are_in_utc() -> None:
    assert read_date("Mon, 23 Nov 2026 18:00:00 +0100") == datetime(2026, 11, 23, 17, tzinfo=UTC)


@given(st.text(), st.text(), st.text())
def test_any_text_does_no_harm(one: str, two: str, three: str) -> None:
    now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    fields = {"cache-control": f"max-age={one}", "expires": two, "date": three, "age": two}
    waits = [fresh_for(fields, now), retry_after(one, now), retry_after(two, now)]
    assert all(wait is None or wait > timedelta() for wait in waits)
