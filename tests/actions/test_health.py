"""What staff are told beside a source's condition: consent, reviews, the next visit."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator.actions.budget_words import Budget
from aggregator.actions.condition import Known
from aggregator.actions.explain import Shown
from aggregator.actions.health import Health, Remembered, health_of
from aggregator.model import (
    ConditionKind,
    Consent,
    LoggedVisit,
    Outcome,
    Profile,
    Source,
    SourceState,
    VisitState,
)
from aggregator.store.subscriptions import Status, Subscription

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = Source("family", "feed", "https://family.example.org/feed/")
VISITED = VisitState(
    "family",
    "feed:https://family.example.org/feed/",
    next_due=NOW + 3 * HOUR,
    last_visit=NOW,
    last_ok=NOW,
    outcome=Outcome.UNCHANGED,
    profile=Profile("As it calls itself"),
)
REMEMBERED = Remembered(VISITED, Known(newest=NOW - 2 * HOUR), Shown())
CONSENT = Consent("PF-1", "authorization", date(2025, 1, 1))


def logged(next_due: datetime) -> LoggedVisit:
    return LoggedVisit(
        "family", NOW, Outcome.UNCHANGED, None, 304, 1, 180, 0.2, 0, 0, next_due, "it posts daily"
    )


def health(source: Source = SOURCE, remembered: Remembered = REMEMBERED) -> Health:
    return health_of(source, remembered, NOW)


def test_a_key_at_rest_is_told_with_the_hour() -> None:
    until = datetime(2026, 11, 24, 8, 15, tzinfo=UTC)
    known = Known(newest=NOW - 2 * HOUR, timezone="America/New_York")
    found = health(
        replace(SOURCE, token="YOUTUBE_API_KEY"),
        replace(REMEMBERED, known=known, rests_until=until),
    )
    assert found.words == (
        "Working; newest post 2 hours ago. What may be asked with YOUTUBE_API_KEY in a day is used "
        "up; it is asked again from 03:15 on 24 November."
    )
    assert not found.next_step


def test_the_condition_speaks_first() -> None:
    assert health().words == "Working; newest post 2 hours ago."


def test_staff_name_a_source_before_it_names_itself() -> None:
    assert health().name == "As it calls itself"
    assert health(replace(SOURCE, name="Anna's year")).name == "Anna's year"


# --- consent and reviews ---------------------------------------------------------------------


def test_ended_consent_is_said_with_what_to_do() -> None:
    ended = health(replace(SOURCE, consent=replace(CONSENT, expires=date(2026, 1, 1))))
    assert "consent ended on 2026-01-01" in ended.words
    assert ended.next_step


def test_consent_that_has_not_begun_asks_for_nothing() -> None:
    waiting = health(replace(SOURCE, consent=replace(CONSENT, given=date(2027, 1, 1))))
    assert "begins on 2027-01-01" in waiting.words
    assert not waiting.next_step


def test_consent_that_holds_is_not_spoken_of() -> None:
    assert health(replace(SOURCE, consent=CONSENT)) == replace(
        health(), source=replace(SOURCE, consent=CONSENT)
    )


def test_withdrawn_consent_is_said_once() -> None:
    withdrawn = health(replace(SOURCE, consent=replace(CONSENT, withdrawn=date(2026, 5, 3))))
    assert withdrawn.words.count("consent") == 1
    assert withdrawn.next_visit is None


def test_a_widget_that_wants_a_consent_is_named() -> None:
    without = replace(REMEMBERED, shown=Shown(without_consent=("patient-blogs",)))
    assert "patient-blogs does not show it" in health(remembered=without).words


@pytest.mark.parametrize(("waiting", "words"), [(1, "1 post waits"), (3, "3 posts wait")])
def test_posts_that_wait_ask_for_a_person(waiting: int, words: str) -> None:
    found = health(remembered=replace(REMEMBERED, shown=Shown(waiting)))
    assert words in found.words
    assert "`posts family --waiting`" in found.next_step
    assert "`approve ID`" in found.next_step


@pytest.mark.parametrize("state", [SourceState.RESTING, SourceState.MEMORIAL])
def test_nobody_is_nagged_about_the_consent_of_one_who_rests(state: SourceState) -> None:
    ended = replace(SOURCE, state=state, consent=replace(CONSENT, expires=date(2026, 1, 1)))
    found = health(ended)
    assert "consent ended" in found.words
    assert not found.next_step


def test_of_what_was_taken_down_nothing_else_is_said() -> None:
    down = replace(REMEMBERED, known=Known(taken_down=True), shown=Shown(waiting=3))
    found = health(remembered=down)
    assert found.condition.kind is ConditionKind.TAKEN_DOWN
    assert "review" not in found.words


# --- the next visit --------------------------------------------------------------------------


def test_the_next_visit_and_why_then() -> None:
    found = health(remembered=replace(REMEMBERED, last=logged(NOW + 3 * HOUR)))
    assert (found.next_visit, found.why) == (NOW + 3 * HOUR, "it posts daily")


def test_a_visit_that_was_put_off_since_gives_no_old_reason() -> None:
    found = health(remembered=replace(REMEMBERED, last=logged(NOW + 2 * HOUR)))
    assert (found.next_visit, found.why) == (NOW + 3 * HOUR, "")


@pytest.mark.parametrize(
    ("source", "state"),
    [
        (replace(SOURCE, state=SourceState.PAUSED), VISITED),
        (replace(SOURCE, state=SourceState.MEMORIAL), VISITED),
        (SOURCE, replace(VISITED, stopped_at=NOW)),
        (SOURCE, replace(VISITED, lapses=3, error_kind="never ended")),
        (SOURCE, None),
    ],
)
def test_what_is_not_visited_has_no_next_visit(source: Source, state: VisitState | None) -> None:
    assert health(source, replace(REMEMBERED, state=state)).next_visit is None


def test_where_it_is_asked_since_it_moved() -> None:
    moved = replace(VISITED, adopted="https://new.example.org/feed")
    found = health(remembered=replace(REMEMBERED, state=moved))
    assert found.asked == "https://new.example.org/feed"


def test_its_hub_is_told_of() -> None:
    hub = Subscription(
        "c", "family", "t", "https://hub.example/", b"s", Status.ACTIVE, NOW, NOW + HOUR
    )
    assert "hub.example" in health(remembered=replace(REMEMBERED, hubs=(hub,))).hub


# --- reads that cost money -------------------------------------------------------------------


def test_what_was_read_is_told_beside_the_condition() -> None:
    told = health(remembered=replace(REMEMBERED, budget=Budget(1_240, 2_000)))
    assert told.words.endswith("newest post 2 hours ago. Read 1,240 of 2,000 this month.")
    assert not told.next_step


def test_reads_that_will_not_last_ask_for_a_person() -> None:
    told = health(remembered=replace(REMEMBERED, budget=Budget(1_900, 2_000)))
    assert "it lasts until" in told.words
    assert "reads_per_month" in told.next_step


def test_nobody_is_asked_to_do_anything_about_the_reads_of_a_resting_source() -> None:
    resting = replace(SOURCE, state=SourceState.RESTING)
    assert not health(resting, replace(REMEMBERED, budget=Budget(2_000, 2_000))).next_step


def test_the_end_of_a_token_is_handed_on() -> None:
    ends = NOW + 6 * 24 * HOUR
    known = replace(REMEMBERED.known, token_ends=ends)
    assert health(remembered=replace(REMEMBERED, known=known)).token_ends == ends
