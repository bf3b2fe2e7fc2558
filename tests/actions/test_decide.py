"""What answers mean, by the numbers of the rule book."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from aggregator.actions.decide import Act, Answer, Decision, after_answer, after_failure
from aggregator.errors import (
    BadCertificate,
    Challenged,
    Denied,
    FetchError,
    Gone,
    NoSuchName,
    NotAFeed,
    NotFound,
    RateLimited,
    ServerFault,
    TimedOut,
    TokenWrong,
)
from aggregator.model import (
    Hints,
    Identity,
    Move,
    Outcome,
    Pace,
    Profile,
    Source,
    Suspicion,
    Validators,
    VisitState,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PACE = Pace()
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOURCE = Source("family", "feed", "https://family.example.org/feed/")
NEW = "https://new.example.org/feed/"
OTHER = "https://other.example.org/feed/"
TAGS = Validators(SOURCE.address, '"a"', None)
STATE = VisitState("family", f"feed:{SOURCE.address}", last_visit=NOW - DAY, validators=TAGS)
DOUBT = Suspicion(NOW - DAY, ("Its title changed.",), Identity())


def answer(moved_to: str | None = None, **known: object) -> Answer:
    told: dict[str, object] = {
        "validators": TAGS,
        "cursor": b"new",
        "profile": None,
        "fresh_for": None,
        "changed": True,
    }
    return Answer(**(told | known), moved_to=moved_to)  # type: ignore[arg-type]  # as the test says


def visit(state: VisitState, what: Answer | FetchError, now: datetime = NOW) -> Decision:
    if isinstance(what, FetchError):
        return after_failure(state, what, now, PACE)
    return after_answer(state, SOURCE, what, now, PACE)


def visits(
    state: VisitState, *happenings: Answer | FetchError, every: timedelta | None = None
) -> Decision:
    """One visit after the other, when each is due or so often; the last one's decision."""
    now = NOW
    for what in happenings:
        decision = visit(state, what, now)
        state = decision.state
        assert state.next_due is not None
        now = now + every if every else state.next_due
    return decision


class TestAnswers:
    def test_c7_one_success_resets_what_failures_counted(self) -> None:
        failed = visits(STATE, TimedOut("slow"), TimedOut("slow"), Gone()).state
        state = visit(failed, answer()).state
        assert (state.error_streak, state.error_kind, state.error_text) == (0, None, None)
        assert (state.failing_since, state.gone_answers, state.wait_until) == (None, 0, None)

    def test_a_trouble_is_remembered_beside_a_good_visit_until_it_is_over(self) -> None:
        trouble = TokenWrong("Its key is wrong.", advice="Compare it.")
        state = visits(STATE, answer(trouble=trouble), answer(trouble=trouble)).state
        assert (state.outcome, state.error_streak) == (Outcome.CHANGED, 0)
        assert (state.error_kind, state.error_text) == ("token wrong", "Its key is wrong.")
        assert (state.error_advice, state.failing_since) == ("Compare it.", NOW)
        after = visit(state, answer()).state
        assert (after.error_kind, after.failing_since) == (None, None)

    def test_c4_a_wait_that_a_redirect_asked_for_holds(self) -> None:
        state = visit(STATE, answer(wait=9 * DAY)).state
        assert (state.next_due, state.wait_until) == (NOW + 9 * DAY, NOW + 9 * DAY)

    def test_each_visit_counts(self) -> None:
        assert visits(STATE, answer(), TimedOut(), answer()).state.visits == 3

    def test_b5_an_answer_replaces_the_pair_also_by_nothing(self) -> None:
        assert visit(STATE, answer(validators=None)).state.validators is None

    def test_b11_the_same_body_again_is_counted_until_a_new_one(self) -> None:
        same = answer(changed=False, same_body=True)
        assert visits(STATE, same, same).state.same_body_streak == 2
        assert visits(STATE, same, answer()).state.same_body_streak == 0

    def test_the_profile_stays_when_it_was_not_read(self) -> None:
        known = replace(STATE, profile=Profile(title="One year"))
        assert visit(known, answer()).state.profile == Profile(title="One year")

    def test_c9_hints_that_a_feed_dropped_are_forgotten(self) -> None:
        state = visits(STATE, answer(hints=Hints(DAY)), answer(hints=Hints())).state
        assert state.hints is None


class TestFailures:
    def test_b7_validators_and_cursor_stay(self) -> None:
        known = replace(STATE, cursor=b"known")
        state = visit(known, ServerFault()).state
        assert (state.validators, state.cursor) == (TAGS, b"known")

    def test_the_kind_is_kept_with_when_it_began(self) -> None:
        state = visits(STATE, NotFound(), NotFound(), every=DAY).state
        assert (state.error_kind, state.failing_since) == ("not found", NOW)

    def test_another_kind_begins_anew(self) -> None:
        state = visits(STATE, NotFound(), Denied(), every=DAY).state
        assert (state.error_kind, state.failing_since) == ("denied", NOW + DAY)

    def test_c4_the_wait_that_was_asked_for_is_remembered(self) -> None:
        state = visit(STATE, RateLimited(retry_after=6 * HOUR)).state
        assert state.wait_until == NOW + 6 * HOUR


class TestGone:
    """Rule D1."""

    def test_d1_it_is_left_alone_for_a_day(self) -> None:
        due = visit(STATE, Gone()).state.next_due
        assert due is not None
        assert DAY <= due - NOW <= 1.1 * DAY

    def test_d1_two_confirmations_over_a_fortnight_and_no_more(self) -> None:
        state, now, asked = STATE, NOW, 0
        while state.stopped_at is None:
            decision = visit(state, Gone(), now)
            state, asked = decision.state, asked + 1
            assert state.next_due is not None
            now = state.next_due
        assert asked == 3
        assert decision.acts == (Act.STOPPED,)
        assert 14 * DAY <= state.stopped_at - NOW <= 15 * DAY

    def test_d1_a_person_who_asks_often_does_not_stop_it_sooner(self) -> None:
        assert visits(STATE, *[Gone()] * 5, every=HOUR).state.stopped_at is None

    def test_d1_an_answer_of_another_kind_in_between_counts_anew(self) -> None:
        assert visits(STATE, Gone(), NotFound(), Gone(), every=14 * DAY).state.stopped_at is None

    def test_d1_a_success_undoes_all_of_it(self) -> None:
        stopped = visits(STATE, Gone(), Gone(), Gone()).state
        assert stopped.stopped_at is not None
        decision = visit(stopped, answer())
        assert decision.acts == (Act.CAME_BACK,)
        assert decision.state.stopped_at is None

    def test_d1_a_failure_of_another_kind_does_not(self) -> None:
        stopped = visits(STATE, Gone(), Gone(), Gone()).state
        decision = visit(stopped, TimedOut("slow"))
        assert decision.state.stopped_at == stopped.stopped_at
        assert decision.why == "it is asked only when a person says so"

    def test_d1_an_adopted_address_that_is_gone_leads_back_to_the_old_one(self) -> None:
        moved = replace(STATE, adopted=NEW)
        decision = visits(moved, Gone(), Gone(), Gone())
        assert decision.acts == (Act.GAVE_UP,)
        assert (decision.state.adopted, decision.state.stopped_at) == (None, None)


class TestMoves:
    """Rules D3 to D7."""

    def test_d3_the_third_visit_after_two_days_is_believed(self) -> None:
        decision = visits(STATE, *[answer(NEW)] * 3, every=DAY)
        assert decision.acts == (Act.ADOPTED,)
        assert (decision.state.adopted, decision.state.move) == (NEW, None)

    def test_d3_two_visits_are_too_few(self) -> None:
        state = visits(STATE, *[answer(NEW)] * 2, every=9 * DAY).state
        assert (state.adopted, state.move) == (None, Move(NEW, NOW, 2))

    def test_d3_two_days_are_too_short(self) -> None:
        assert visits(STATE, *[answer(NEW)] * 40, every=HOUR).state.adopted is None

    def test_d3_validators_stay_with_the_address_that_gave_them(self) -> None:
        given_there = Validators(NEW, '"n"')
        state = visits(STATE, *[answer(NEW, validators=given_there)] * 3, every=DAY).state
        assert state.validators == given_there

    def test_d3_not_while_the_source_is_under_suspicion(self) -> None:
        doubted = replace(STATE, suspicion=DOUBT)
        state = visits(doubted, *[answer(NEW)] * 9, every=DAY).state
        assert state.adopted is None
        assert visit(replace(state, suspicion=None), answer(NEW), NOW + 9 * DAY).state.adopted

    def test_d3_an_account_is_followed_by_its_name_wherever_it_is_asked(self) -> None:
        account = replace(SOURCE, platform="mastodon", address="family@social.example.org")
        state = STATE
        for day in range(9):
            state = after_answer(state, account, answer(NEW), NOW + day * DAY, PACE).state
        assert (state.adopted, state.move) == (None, None)

    def test_d3_another_target_counts_anew(self) -> None:
        state = visits(STATE, *[answer(NEW), answer(OTHER)] * 5, every=DAY).state
        assert (state.adopted, state.move) == (None, Move(OTHER, NOW + 9 * DAY))

    def test_d7_one_stray_redirect_changes_nothing(self) -> None:
        state = visits(STATE, answer(NEW), answer(), answer(NEW), every=DAY).state
        assert state.move == Move(NEW, NOW + 2 * DAY)

    @pytest.mark.parametrize("error", [NotAFeed(), NotFound()])
    def test_d6_a_redirect_to_what_is_no_feed_is_no_move(self, error: FetchError) -> None:
        seen = visits(STATE, *[answer(NEW)] * 2, every=DAY).state
        assert visit(seen, error, NOW + 2 * DAY).state.move is None

    def test_a_server_that_is_down_says_nothing_of_a_move(self) -> None:
        seen = visits(STATE, *[answer(NEW)] * 2, every=DAY).state
        down = visit(seen, TimedOut(), NOW + 2 * DAY).state
        assert visit(down, answer(NEW), NOW + 3 * DAY).state.adopted == NEW

    def test_encryption_is_not_given_up_for_good(self) -> None:
        plain = NEW.replace("https:", "http:")
        assert visits(STATE, *[answer(plain)] * 9, every=DAY).state.adopted is None

    def test_an_adopted_address_may_move_on(self) -> None:
        moved = replace(STATE, adopted=NEW)
        assert visits(moved, *[answer(OTHER)] * 3, every=DAY).state.adopted == OTHER

    def test_an_adopted_address_may_move_back(self) -> None:
        moved = replace(STATE, adopted=NEW)
        decision = visits(moved, *[answer(SOURCE.address)] * 3, every=DAY)
        assert (decision.state.adopted, decision.acts) == (None, (Act.ADOPTED,))

    def test_d7_five_failures_lead_back_to_the_old_address(self) -> None:
        moved = replace(STATE, adopted=NEW)
        assert visits(moved, *[NotFound()] * 4).state.adopted == NEW
        decision = visits(moved, *[NotFound()] * 5)
        assert decision.acts == (Act.GAVE_UP,)
        assert (decision.state.adopted, decision.state.given_up) == (None, NEW)

    def test_d7_the_old_address_is_tried_soon(self) -> None:
        moved = replace(STATE, adopted=NEW, error_streak=4)
        decision = visit(moved, NotFound())
        assert decision.state.next_due == NOW + HOUR
        assert "old address" in decision.why

    def test_d7_what_was_given_up_is_not_adopted_again(self) -> None:
        state = replace(STATE, given_up=NEW)
        assert visits(state, *[answer(NEW)] * 9, every=DAY).state.adopted is None

    def test_d7_success_in_between_starts_the_count_again(self) -> None:
        moved = replace(STATE, adopted=NEW)
        state = visits(moved, *[NotFound()] * 4, answer(), *[NotFound()] * 4).state
        assert state.adopted == NEW

    def test_c5_a_server_that_wants_patience_is_not_given_up(self) -> None:
        moved = replace(STATE, adopted=NEW)
        assert visits(moved, *[RateLimited()] * 9).state.adopted == NEW

    def test_j5_a_move_of_the_future_counts_anew(self) -> None:
        wrong = replace(STATE, move=Move(NEW, NOW + 900 * DAY, 2))
        assert visit(wrong, answer(NEW)).state.move == Move(NEW, NOW)


# --- whatever happens ------------------------------------------------------------------------

waits = st.none() | st.timedeltas(timedelta(0), timedelta(days=4000))
hints = st.builds(Hints, waits, st.frozensets(st.integers(0, 23)), st.frozensets(st.integers(0, 6)))
answers = st.builds(
    answer,
    st.none() | st.sampled_from([NEW, OTHER, SOURCE.address]),
    validators=st.none() | st.builds(Validators, st.sampled_from([SOURCE.address, NEW]), st.text()),
    fresh_for=waits,
    changed=st.booleans(),
    same_body=st.booleans(),
    hints=st.none() | hints,
)
failures = st.one_of(
    st.builds(lambda wait: RateLimited(retry_after=wait), waits),
    st.builds(lambda wait: ServerFault(retry_after=wait), waits),
    st.builds(lambda wait: Denied(retry_after=wait), waits),
    st.sampled_from(
        [Gone(), NotFound(), NotAFeed(), TimedOut(), NoSuchName(), BadCertificate(), Challenged()]
    ),
)
clocks = st.one_of(
    st.just(timedelta(0)),  # it is asked when it is due
    st.timedeltas(timedelta(0), timedelta(days=40)),  # or later
    st.timedeltas(timedelta(days=-400), timedelta(0)),  # or the clock was set back
)
steps = st.lists(st.tuples(answers | failures, clocks), min_size=1, max_size=40)
often = st.sampled_from([answer(NEW), answer(), Gone(), NotFound(), TimedOut()])
long_ones = st.lists(st.tuples(often, clocks), min_size=1, max_size=40)
LONGEST = 33 * DAY + 7 * DAY + HOUR
"""A month and its spread; then, at worst, six days and 23 hours to skip."""


@given(steps | long_ones, st.booleans())
def test_whatever_happens(
    happenings: list[tuple[Answer | FetchError, timedelta]], doubt: bool
) -> None:
    """What holds after each visit of any sequence, whatever the clock does meanwhile."""
    state = replace(STATE, suspicion=DOUBT if doubt else None)
    now = NOW
    for what, late in happenings:
        note(f"{now} {what!r}")
        decision = visit(state, what, now)
        _check_time(decision, what, now)
        _check_state(state, decision, what, now)
        assert decision == visit(state, what, now), "the same facts, another decision"
        state = decision.state
        assert state.next_due is not None
        now = state.next_due + late


def _check_time(decision: Decision, what: Answer | FetchError, now: datetime) -> None:
    due = decision.state.next_due
    assert due is not None
    assert PACE.floor <= due - now <= LONGEST
    asked = what.retry_after if isinstance(what, FetchError) else what.fresh_for
    cap = PACE.longest_wait if isinstance(what, FetchError) else PACE.longest
    assert due - now >= min(asked or timedelta(0), cap)
    assert decision.why
    assert "None" not in decision.why


def _check_state(
    before: VisitState, decision: Decision, what: Answer | FetchError, now: datetime
) -> None:
    after = decision.state
    assert (after.visits, after.last_visit) == (before.visits + 1, now)
    if isinstance(what, FetchError):
        kept = ("validators", "cursor", "profile", "hints", "last_ok", "suspicion", "identity")
        assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
        assert after.outcome is Outcome.FAILED
        assert after.error_streak == before.error_streak + 1
        assert after.adopted in {before.adopted, None}
        if before.stopped_at is None and after.stopped_at is not None:
            assert isinstance(what, Gone)
            assert after.gone_answers >= 2
            assert after.adopted is None
    else:
        assert (after.validators, after.error_streak, after.error_kind) == (
            what.validators,
            0,
            None,
        )
        assert (after.failing_since, after.wait_until) == (None, None)
        doubted = before.suspicion is not None  # then a person says whether it goes on
        assert after.stopped_at == (before.stopped_at if doubted else None)
    if after.adopted != before.adopted and after.adopted is not None:
        assert before.suspicion is None
        assert before.move is not None
        assert before.move.seen >= 2
        assert now - before.move.since >= 48 * HOUR
        assert after.adopted == before.move.address != before.given_up


def test_D3_an_account_does_not_move_to_where_its_platform_redirects() -> None:
    account = Source("videos", "youtube", "@institute")
    state = VisitState("videos", "youtube:@institute", last_visit=NOW - DAY)
    for day in range(9):
        state = after_answer(state, account, answer(NEW), NOW + day * DAY, PACE).state
    assert (state.adopted, state.move) == (None, None)
