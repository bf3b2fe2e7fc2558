"""Next visits, by the numbers of the rule book."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.timing import Answer, after_answer, after_failure, held_off
from aggregator.errors import (
    Denied,
    FetchError,
    Gone,
    NotFound,
    RateLimited,
    ServerFault,
    Unreachable,
)
from aggregator.model import Outcome, Pace, Profile, Source, Validators, VisitState

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PACE = Pace()
SOURCE = Source("family", "feed", "https://family.example.org/feed/")
STATE = VisitState("family", "feed:https://family.example.org/feed/")
TAGS = Validators(SOURCE.address, '"a"', None)
HOUR = timedelta(hours=1)


def answer(
    validators: Validators | None = TAGS,
    fresh_for: timedelta | None = None,
    *,
    changed: bool = True,
    same_body: bool = False,
) -> Answer:
    return Answer(validators, b"c", None, fresh_for, changed, same_body)


def due_after(
    given_answer: Answer, source: Source = SOURCE, state: VisitState = STATE
) -> timedelta:
    due = after_answer(state, source, given_answer, NOW, PACE).next_due
    assert due is not None
    return due - NOW


def backoff(error: FetchError, streak: int) -> timedelta:
    due = after_failure(replace(STATE, error_streak=streak - 1), error, NOW, PACE).next_due
    assert due is not None
    return due - NOW


def test_a_feed_with_validators_is_asked_every_hour() -> None:
    assert due_after(answer()) == HOUR


def test_what_staff_want_decides() -> None:
    assert due_after(answer(), replace(SOURCE, every=6 * HOUR)) == 6 * HOUR


def test_c2_nothing_lowers_the_floor() -> None:
    assert due_after(answer(), replace(SOURCE, every=timedelta(minutes=1))) == PACE.floor


def test_c3_freshness_raises_the_interval() -> None:
    assert due_after(answer(fresh_for=12 * HOUR)) == 12 * HOUR


def test_c3_freshness_never_lowers_the_interval() -> None:
    assert due_after(answer(fresh_for=timedelta(minutes=5))) == HOUR


def test_c8_freshness_of_ten_years_is_capped() -> None:
    assert due_after(answer(fresh_for=timedelta(days=3650))) == timedelta(days=7)


def test_b9_without_validators_once_a_day() -> None:
    assert due_after(answer(validators=None)) == timedelta(days=1)


def test_b11_a_server_that_ignores_conditions_is_asked_half_as_often() -> None:
    state = replace(STATE, same_body_streak=4)
    assert due_after(answer(changed=False, same_body=True), state=state) == 2 * HOUR


def test_b11_a_new_body_ends_the_suspicion() -> None:
    state = replace(STATE, same_body_streak=9)
    assert after_answer(state, SOURCE, answer(), NOW, PACE).same_body_streak == 0


def test_c7_one_success_resets_the_streak() -> None:
    state = replace(STATE, error_streak=5, error_kind="not found", error_text="x")
    after = after_answer(state, SOURCE, answer(), NOW, PACE)
    assert (after.error_streak, after.error_kind, after.error_text) == (0, None, None)


def test_b7_a_failure_keeps_validators_and_cursor() -> None:
    state = replace(STATE, validators=TAGS, cursor=b"known")
    after = after_failure(state, ServerFault(), NOW, PACE)
    assert (after.validators, after.cursor) == (TAGS, b"known")


@pytest.mark.parametrize(
    ("streak", "hours"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 24), (60, 24)]
)
def test_c6_errors_back_off_to_a_day(streak: int, hours: int) -> None:
    assert backoff(Unreachable(), streak) == hours * HOUR


@pytest.mark.parametrize("error", [NotFound(), Denied()])
def test_c6_what_is_not_there_backs_off_to_a_week(error: FetchError) -> None:
    assert backoff(error, 40) == timedelta(days=7)


def test_c6_forty_days_of_404_cost_fifteen_requests_at_most() -> None:
    state, moment, asked = STATE, NOW, 0
    while moment < NOW + timedelta(days=40):
        asked += 1
        state = after_failure(state, NotFound(), moment, PACE)
        assert state.next_due is not None
        moment = state.next_due
    assert asked <= 15


def test_c4_retry_after_beats_the_backoff() -> None:
    assert backoff(ServerFault(retry_after=6 * HOUR), 1) == 6 * HOUR


def test_c4_retry_after_of_ten_years_is_capped() -> None:
    assert backoff(RateLimited(retry_after=timedelta(days=3650)), 1) == timedelta(days=14)


def test_c4_429_waits_an_hour_at_least() -> None:
    assert backoff(RateLimited(retry_after=timedelta(seconds=5)), 1) == HOUR


def test_c5_429_without_a_wait_starts_at_two_hours() -> None:
    assert backoff(RateLimited(), 1) == 2 * HOUR


def test_d1_410_is_left_alone_for_a_day() -> None:
    assert backoff(Gone(), 1) == timedelta(days=1)


def test_c4_a_wait_beats_a_person() -> None:
    state = replace(STATE, last_visit=NOW - 2 * HOUR, wait_until=NOW + HOUR)
    assert "asked us to wait" in (held_off(state, NOW, PACE, floor_waived=True) or "")


@pytest.mark.parametrize(("minutes", "held"), [(5, True), (29, True), (31, False)])
def test_c2_a_person_meets_the_floor_too(minutes: int, held: bool) -> None:
    state = replace(STATE, last_visit=NOW - timedelta(minutes=minutes))
    assert (held_off(state, NOW, PACE, floor_waived=False) is not None) is held


def test_c2_the_operators_own_networks_know_no_floor() -> None:
    state = replace(STATE, last_visit=NOW)
    assert held_off(state, NOW, PACE, floor_waived=True) is None


def test_the_profile_stays_when_it_was_not_read() -> None:
    state = replace(STATE, profile=Profile(title="One year"))
    assert after_answer(state, SOURCE, answer(), NOW, PACE).profile == Profile(title="One year")


waits = st.none() | st.timedeltas(timedelta(0), timedelta(days=4000))
steps = st.one_of(
    st.builds(answer, st.none() | st.just(TAGS), waits, changed=st.booleans()),
    st.builds(lambda wait: ServerFault(retry_after=wait), waits),
    st.builds(lambda wait: RateLimited(retry_after=wait), waits),
    st.sampled_from([NotFound(), Gone(), Unreachable()]),
)


@given(st.lists(steps, max_size=30))
def test_nothing_is_asked_twice_within_the_floor_whatever_happens(
    happenings: list[Answer | FetchError],
) -> None:
    state, moment = STATE, NOW
    for happening in happenings:
        if isinstance(happening, FetchError):
            state = after_failure(state, happening, moment, PACE)
            assert state.outcome is Outcome.FAILED
        else:
            state = after_answer(state, SOURCE, happening, moment, PACE)
        assert state.next_due is not None
        assert PACE.floor <= state.next_due - moment <= timedelta(days=14)
        moment = state.next_due
