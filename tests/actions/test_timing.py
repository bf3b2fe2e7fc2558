"""Next visits, by the numbers of the rule book."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.decide import Answer, after_answer, after_failure
from aggregator.actions.timing import held_off, posts_per_day, put_off
from aggregator.errors import (
    Denied,
    FetchError,
    NoSuchName,
    NotFound,
    RateLimited,
    ServerFault,
    Unreachable,
)
from aggregator.model import Hints, Pace, Source, Validators, VisitState

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
    hints: Hints | None = None,
) -> Answer:
    return Answer(validators, b"c", None, fresh_for, changed, same_body, posted, hints)


def due_after(
    given_answer: Answer,
    source: Source = SOURCE,
    state: VisitState = BUSY,
    now: datetime = NOW,
) -> timedelta:
    due = after_answer(state, source, given_answer, now, PACE).state.next_due
    assert due is not None
    return due - now


def backoff(error: FetchError, streak: int, state: VisitState = STATE) -> timedelta:
    failed = replace(state, error_streak=streak - 1)
    due = after_failure(failed, error, NOW, PACE).state.next_due
    assert due is not None
    return due - NOW


def why(given_answer: Answer, source: Source = SOURCE, state: VisitState = BUSY) -> str:
    return after_answer(state, source, given_answer, NOW, PACE).why


def spread_around(found: timedelta, wanted: timedelta) -> bool:
    return 0.95 * wanted <= found <= 1.05 * wanted


def within_a_tenth(found: timedelta, wanted: timedelta) -> bool:
    return 0.9 * wanted <= found <= 1.1 * wanted


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
    due = after_answer(STATE, SOURCE, answer(), NOW, pace).state.next_due
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


def test_b9_is_not_for_interfaces_that_are_made_for_it() -> None:
    assert spread_around(due_after(replace(answer(validators=None), light=True)), HOUR)


def test_b11_a_server_that_ignores_conditions_is_asked_half_as_often() -> None:
    state = replace(BUSY, same_body_streak=4)
    found = due_after(answer(changed=False, same_body=True), state=state)
    assert spread_around(found, 2 * HOUR)


def test_b11_a_new_body_ends_the_suspicion() -> None:
    state = replace(BUSY, same_body_streak=9)
    assert spread_around(due_after(answer(), state=state), HOUR)


@pytest.mark.parametrize(
    ("streak", "hours"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16), (6, 24), (60, 24)]
)
def test_c6_errors_back_off_to_a_day(streak: int, hours: int) -> None:
    assert within_a_tenth(backoff(Unreachable(), streak), hours * HOUR)


@pytest.mark.parametrize("error", [NotFound(), Denied(), NoSuchName()])
def test_c6_what_is_not_there_backs_off_to_a_week(error: FetchError) -> None:
    assert within_a_tenth(backoff(error, 40), 7 * DAY)


def test_c6_sources_that_fail_together_part() -> None:
    waits = {backoff(Unreachable(), 1, replace(STATE, source_id=str(n))) for n in range(100)}
    assert len(waits) > 90


@pytest.mark.parametrize("error", [NotFound(), Denied()])
def test_d2_after_ninety_days_of_nothing_else_once_a_month(error: FetchError) -> None:
    state = replace(STATE, error_kind=error.kind, failing_since=NOW - 90 * DAY)
    assert up_to_a_tenth_later(backoff(error, 40, state), 30 * DAY)


def test_d2_another_kind_of_failure_begins_a_time_of_its_own() -> None:
    state = replace(STATE, error_kind=Denied.kind, failing_since=NOW - 90 * DAY)
    assert within_a_tenth(backoff(NotFound(), 40, state), 7 * DAY)


def test_c6_forty_days_of_404_cost_fifteen_requests_at_most() -> None:
    state, moment, asked = STATE, NOW, 0
    while moment < NOW + timedelta(days=40):
        asked += 1
        state = after_failure(state, NotFound(), moment, PACE).state
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


def test_c4_a_short_wait_does_not_shorten_the_backoff() -> None:
    assert within_a_tenth(backoff(NotFound(retry_after=timedelta(minutes=1)), 40), 7 * DAY)


def test_c4_a_429_is_asked_again_when_it_says() -> None:
    assert backoff(RateLimited(retry_after=2 * HOUR), 40) == 2 * HOUR


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


def test_j5_a_wait_that_a_wrong_clock_wrote_holds_nobody_off() -> None:
    state = replace(STATE, last_visit=NOW + 400 * DAY, wait_until=NOW + 400 * DAY)
    assert held_off(state, NOW, PACE, floor_waived=False) is None


@pytest.mark.parametrize(("years", "days"), [(1, 3.65), (1.5, 5.475), (2, 7), (20, 7)])
def test_a_source_that_is_silent_for_years_is_asked_ever_less_up_to_a_week(
    years: float, days: float
) -> None:
    newest = NOW - years * 365 * DAY
    state = replace(STATE, oldest_post=NOW - 9000 * DAY, newest_post=newest)
    found = due_after(answer(changed=False), state=state)
    assert spread_around(found, days * DAY)
    assert found <= 7 * DAY


def test_a_post_after_years_of_silence_is_the_end_of_it() -> None:
    state = replace(STATE, oldest_post=NOW - 9000 * DAY, newest_post=NOW - 900 * DAY)
    assert due_after(answer(posted=(NOW,)), state=state) < DAY


def test_a_source_without_any_post_is_not_taken_for_silent() -> None:
    assert due_after(answer(), state=replace(STATE, oldest_post=None)) < DAY


class TestHints:
    """Rule C9."""

    def test_c9_an_interval_of_the_feed_raises_ours(self) -> None:
        assert due_after(answer(hints=Hints(12 * HOUR))) == 12 * HOUR

    def test_c9_it_never_lowers_ours(self) -> None:
        assert spread_around(due_after(answer(hints=Hints(timedelta(minutes=5)))), HOUR)

    def test_c8_one_of_a_year_is_capped(self) -> None:
        assert due_after(answer(hints=Hints(365 * DAY))) == 7 * DAY

    def test_c9_what_was_read_before_holds_where_nothing_was_read(self) -> None:
        state = replace(BUSY, hints=Hints(12 * HOUR))
        assert due_after(answer(changed=False), state=state) == 12 * HOUR

    def test_c9_hours_to_skip_are_waited_out(self) -> None:
        hints = Hints(skip_hours=frozenset(range(12, 18)))  # an hour from noon lies within
        found = NOW + due_after(answer(hints=hints))
        assert NOW + 6 * HOUR <= found < NOW + 7 * HOUR

    def test_c9_days_to_skip_are_waited_out(self) -> None:
        hints = Hints(skip_days=frozenset({NOW.weekday(), NOW.weekday() + 1}))
        found = NOW + due_after(answer(hints=hints))
        assert timedelta(0) <= found - (NOW + 36 * HOUR) < HOUR

    def test_c9_failures_keep_to_them_too(self) -> None:
        state = replace(STATE, hints=Hints(skip_hours=frozenset(range(12, 18))))
        assert backoff(Unreachable(), 1, state) >= 6 * HOUR

    def test_c11_not_all_come_at_the_stroke_of_the_hour(self) -> None:
        hints = Hints(skip_hours=frozenset(range(12, 18)))
        sources = [replace(BUSY, source_id=str(number)) for number in range(100)]
        assert len({due_after(answer(hints=hints), state=state) for state in sources}) > 90

    @pytest.mark.parametrize(
        "hints", [Hints(skip_hours=frozenset(range(24))), Hints(skip_days=frozenset(range(7)))]
    )
    def test_c8_a_feed_that_skips_all_hours_is_asked_all_the_same(self, hints: Hints) -> None:
        assert spread_around(due_after(answer(hints=hints)), HOUR)
        assert put_off(replace(BUSY, hints=hints), NOW) is None

    def test_c9_what_is_claimed_within_them_is_put_off(self) -> None:
        state = replace(BUSY, hints=Hints(skip_hours=frozenset({12, 13})))
        until = put_off(state, NOW)
        assert until is not None
        assert NOW + 2 * HOUR <= until < NOW + 3 * HOUR
        assert put_off(state, until) is None

    def test_without_them_nothing_is_put_off(self) -> None:
        assert put_off(replace(BUSY, hints=Hints(HOUR)), NOW) is None
        assert put_off(BUSY, NOW) is None


@pytest.mark.parametrize(
    ("given_answer", "state", "words"),
    [
        (answer(), STATE, "it posts less than once a week"),
        (answer(), replace(STATE, posts_lately=10), "it posts about twice a week"),
        (answer(), replace(STATE, posts_lately=105), "it posts about 3 times a day"),
        (answer(fresh_for=DAY * 2), STATE, "its server says that nothing will be new before"),
        (answer(validators=None), BUSY, "its server cannot say that nothing is new"),
        (answer(hints=Hints(DAY * 2)), BUSY, "the feed itself asks for no more visits"),
        (answer(hints=Hints(None, frozenset({12, 13}))), BUSY, "the feed asks not to be visited"),
        (answer(same_body=True), replace(BUSY, same_body_streak=4), "sends everything each time"),
        (answer(), replace(STATE, newest_post=NOW - 800 * DAY), "not posted for 800 days"),
    ],
)
def test_why_is_said_in_plain_words(given_answer: Answer, state: VisitState, words: str) -> None:
    assert words in why(given_answer, state=state)


def test_why_names_feeds_yaml_where_staff_decided() -> None:
    assert "feeds.yaml" in why(answer(), replace(SOURCE, every=6 * HOUR))


@pytest.mark.parametrize(
    ("error", "streak", "words"),
    [
        (Unreachable(), 1, "it failed once"),
        (Unreachable(), 3, "it failed 3 times in a row"),
        (RateLimited(), 1, "its server asked us to come less often"),
        (RateLimited(retry_after=6 * HOUR), 1, "its server asked us to wait until then"),
    ],
)
def test_why_of_a_failure(error: FetchError, streak: int, words: str) -> None:
    state = replace(STATE, error_streak=streak - 1)
    assert words in after_failure(state, error, NOW, PACE).why


# --- whatever happens ------------------------------------------------------------------------


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


hints = st.builds(
    Hints,
    waits,
    st.frozensets(st.integers(0, 23)),
    st.frozensets(st.integers(0, 6)),
)


@given(answers, states, hints, st.timedeltas(timedelta(0), 14 * DAY))
def test_c9_nothing_is_due_at_an_hour_to_skip_where_there_is_another(
    given_answer: Answer, state: VisitState, asked: Hints, later: timedelta
) -> None:
    decision = after_answer(state, SOURCE, replace(given_answer, hints=asked), NOW + later, PACE)
    due = decision.state.next_due
    assert due is not None
    if len(asked.skip_hours) < 24 and len(asked.skip_days) < 7:
        assert due.hour not in asked.skip_hours
        assert due.weekday() not in asked.skip_days
    assert decision.why
