"""Next visits, by the numbers of the rule book."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.timing import (
    Answer,
    after_answer,
    after_failure,
    held_off,
    posts_per_day,
)
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
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NEW = VisitState("family", "feed:https://family.example.org/feed/")
"""Never visited."""
STATE = replace(NEW, last_visit=NOW - 3 * HOUR, oldest_post=NOW - 100 * DAY)
"""Known for long, and silent for a month."""
BUSY = replace(STATE, posts_lately=1000)
"""Posts so often that it is due after the shortest interval."""
TAGS = Validators(SOURCE.address, '"a"', None)


def answer(
    validators: Validators | None = TAGS,
    fresh_for: timedelta | None = None,
    *,
    changed: bool = True,
    same_body: bool = False,
    posted: tuple[datetime | None, ...] = (),
) -> Answer:
    return Answer(validators, b"c", None, fresh_for, changed, same_body, posted)


def due_after(
    given_answer: Answer,
    source: Source = SOURCE,
    state: VisitState = BUSY,
    now: datetime = NOW,
) -> timedelta:
    due = after_answer(state, source, given_answer, now, PACE).next_due
    assert due is not None
    return due - now


def backoff(error: FetchError, streak: int) -> timedelta:
    due = after_failure(replace(STATE, error_streak=streak - 1), error, NOW, PACE).next_due
    assert due is not None
    return due - NOW


def spread_around(found: timedelta, wanted: timedelta) -> bool:
    return 0.95 * wanted <= found <= 1.05 * wanted


def up_to_a_tenth_later(found: timedelta, wanted: timedelta) -> bool:
    return wanted <= found <= 1.1 * wanted


@pytest.mark.parametrize(
    ("posts", "hours"),
    [(0, 21.75), (2, 9.73), (8, 5.28), (28, 2.88), (200, 1.09), (400, 1), (5000, 1)],
)
def test_j1_the_interval_follows_the_root_of_the_rate(posts: int, hours: float) -> None:
    state = replace(STATE, posts_lately=posts)
    assert spread_around(due_after(answer(), state=state), hours * HOUR)


def test_j1_no_source_is_asked_less_often_than_the_slowest() -> None:
    pace = Pace(slowest=6 * HOUR)
    due = after_answer(STATE, SOURCE, answer(), NOW, pace).next_due
    assert due is not None
    assert spread_around(due - NOW, 6 * HOUR)


def test_j1_rate_over_four_weeks_and_one_of_doubt() -> None:
    assert posts_per_day(replace(STATE, posts_lately=34), (), NOW) == pytest.approx(34.5 / 35)


def test_j1_a_young_source_is_judged_by_its_days() -> None:
    state = replace(STATE, posts_lately=3, oldest_post=NOW - 3 * DAY)
    assert posts_per_day(state, (), NOW) == pytest.approx(3.5 / 10)


def test_j1_the_first_visit_knows_the_rhythm_by_what_it_brought() -> None:
    posted = tuple(NOW - days * DAY for days in (1, 5, 10, 100, 200))
    assert posts_per_day(NEW, posted, NOW) == pytest.approx(3.5 / 35)


@pytest.mark.parametrize("odd", [None, NOW + 9 * DAY])
def test_j1_posts_without_a_date_or_of_the_future_count_as_of_now(odd: datetime | None) -> None:
    assert posts_per_day(STATE, (odd,), NOW) == pytest.approx(1.5 / 35)


def test_j1_a_source_that_never_posted_may_begin_any_day() -> None:
    assert posts_per_day(NEW, (), NOW) == pytest.approx(0.5 / 7)


def test_j1_a_new_post_makes_the_next_visit_sooner() -> None:
    quiet, lively = (due_after(answer(posted=posted), state=STATE) for posted in ((), (NOW,)))
    assert lively < quiet


def test_c11_a_thousand_sources_that_came_together_part_at_once() -> None:
    hours = [0] * 20
    for number in range(1000):
        new = replace(NEW, source_id=f"blog-{number}")
        due = due_after(answer(posted=(NOW - 300 * DAY,)), state=new)
        hours[min(due // HOUR, 19)] += 1
    assert min(hours) > 20


def test_c11_the_spread_is_the_same_when_it_is_asked_again() -> None:
    assert due_after(answer()) == due_after(answer())


def test_what_staff_want_decides() -> None:
    source = replace(SOURCE, every=6 * HOUR)
    assert spread_around(due_after(answer(), source), 6 * HOUR)


def test_c2_nothing_lowers_the_floor() -> None:
    source = replace(SOURCE, every=timedelta(minutes=1))
    assert due_after(answer(), source) == PACE.floor


def test_c3_freshness_raises_the_interval() -> None:
    assert due_after(answer(fresh_for=12 * HOUR)) == 12 * HOUR


def test_c3_freshness_never_lowers_the_interval() -> None:
    assert spread_around(due_after(answer(fresh_for=timedelta(minutes=5))), HOUR)


def test_c8_freshness_of_ten_years_is_capped() -> None:
    assert due_after(answer(fresh_for=timedelta(days=3650))) == timedelta(days=7)


def test_b9_without_validators_once_a_day_at_most() -> None:
    assert up_to_a_tenth_later(due_after(answer(validators=None)), DAY)


def test_b11_a_server_that_ignores_conditions_is_asked_half_as_often() -> None:
    state = replace(BUSY, same_body_streak=4)
    found = due_after(answer(changed=False, same_body=True), state=state)
    assert spread_around(found, 2 * HOUR)


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
    assert up_to_a_tenth_later(backoff(Unreachable(), streak), hours * HOUR)


@pytest.mark.parametrize("error", [NotFound(), Denied()])
def test_c6_what_is_not_there_backs_off_to_a_week(error: FetchError) -> None:
    assert up_to_a_tenth_later(backoff(error, 40), 7 * DAY)


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
    assert up_to_a_tenth_later(backoff(RateLimited(), 1), 2 * HOUR)


def test_d1_410_is_left_alone_for_a_day() -> None:
    assert up_to_a_tenth_later(backoff(Gone(), 1), DAY)


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
moments = st.none() | st.timedeltas(-9000 * DAY, 9000 * DAY).map(lambda away: NOW + away)
states = st.builds(
    VisitState,
    st.text(max_size=9),
    st.just(NEW.address),
    last_visit=st.none() | st.just(NOW - HOUR),
    same_body_streak=st.integers(0, 9),
    posts_lately=st.integers(0, 10_000),
    oldest_post=moments,
)
sources = st.just(SOURCE) | st.builds(
    lambda every: replace(SOURCE, every=every), st.timedeltas(timedelta(0), timedelta(days=60))
)
answers = st.builds(
    lambda validators, fresh_for, changed, posted: answer(
        validators, fresh_for, changed=changed, same_body=not changed, posted=tuple(posted)
    ),
    st.none() | st.just(TAGS),
    waits,
    st.booleans(),
    st.lists(moments, max_size=5),
)
steps = st.one_of(
    answers,
    st.builds(lambda wait: ServerFault(retry_after=wait), waits),
    st.builds(lambda wait: RateLimited(retry_after=wait), waits),
    st.sampled_from([NotFound(), Gone(), Unreachable()]),
)


@given(st.lists(steps, max_size=30), states)
def test_nothing_is_asked_twice_within_the_floor_whatever_happens(
    happenings: list[Answer | FetchError], state: VisitState
) -> None:
    moment = NOW
    for happening in happenings:
        if isinstance(happening, FetchError):
            state = after_failure(state, happening, moment, PACE)
            assert state.outcome is Outcome.FAILED
        else:
            state = after_answer(state, SOURCE, happening, moment, PACE)
        assert state.next_due is not None
        assert PACE.floor <= state.next_due - moment <= timedelta(days=14)
        moment = state.next_due


@given(st.builds(RateLimited, retry_after=waits) | st.builds(ServerFault, retry_after=waits))
def test_c4_no_wait_that_was_asked_for_is_cut_short_within_its_cap(error: FetchError) -> None:
    asked = min(error.retry_after or timedelta(0), PACE.longest_wait)
    assert backoff(error, 1) >= asked


@given(answers, states)
def test_c3_what_is_fresh_is_not_asked_for(given_answer: Answer, state: VisitState) -> None:
    fresh_for = min(given_answer.fresh_for or timedelta(0), PACE.longest)
    assert due_after(given_answer, state=state) >= fresh_for


@given(answers, states, sources, st.integers(1, 1000))
def test_j1_who_posts_more_is_asked_no_later(
    given_answer: Answer, state: VisitState, source: Source, more: int
) -> None:
    livelier = replace(state, posts_lately=state.posts_lately + more)
    assert due_after(given_answer, source, livelier) <= due_after(given_answer, source, state)


@given(st.integers(0, 300), st.timedeltas(timedelta(0), 365 * DAY))
def test_c11_visits_stray_a_twentieth_at_most(posts: int, after: timedelta) -> None:
    now = NOW + after
    state = replace(STATE, last_visit=now - DAY, posts_lately=posts, oldest_post=now - 90 * DAY)
    wanted = 2.6 * HOUR / ((posts + 0.5) / 35) ** 0.5
    assert spread_around(due_after(answer(), state=state, now=now), max(wanted, HOUR))


@given(answers, states, sources)
def test_pure_the_same_facts_have_the_same_due_time(
    given_answer: Answer, state: VisitState, source: Source
) -> None:
    first, second = (after_answer(state, source, given_answer, NOW, PACE) for _ in range(2))
    assert first == second
