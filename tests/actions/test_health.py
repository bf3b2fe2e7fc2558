"""Health in words: what staff read, and when they are asked to do something."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator.actions.health import Condition, Health, health_of
from aggregator.model import Consent, Outcome, Source, SourceFacts, SourceState, VisitState

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCE = Source("family", "feed", "https://family.example.org/feed/")
VISITED = VisitState(
    "family",
    "feed:https://family.example.org/feed/",
    last_visit=NOW,
    last_ok=NOW,
    outcome=Outcome.UNCHANGED,
)
NOTHING = SourceFacts()
FAILING = replace(
    VISITED,
    last_ok=NOW - timedelta(days=3),
    outcome=Outcome.FAILED,
    error_kind="not found",
    error_text="There is nothing at this address.",
    error_advice="Open the address in a browser.",
    error_streak=1,
)


def health(
    source: Source = SOURCE,
    state: VisitState | None = VISITED,
    facts: SourceFacts = NOTHING,
    newest: datetime | None = NOW - timedelta(hours=2),
) -> Health:
    return health_of(source, state, facts, newest, NOW)


def test_working() -> None:
    assert health().words == "Working; newest post 2 hours ago."


def test_not_visited_yet() -> None:
    assert health(state=None).condition is Condition.NEW


def test_silence_is_a_fact_and_asks_for_nothing() -> None:
    quiet = health(newest=NOW - timedelta(days=120))
    assert (quiet.condition, quiet.next_step) == (Condition.QUIET, "")
    assert "120 days" in quiet.words


@pytest.mark.parametrize("state", [SourceState.RESTING, SourceState.MEMORIAL, SourceState.PAUSED])
def test_what_people_set_ends_all_nagging(state: SourceState) -> None:
    quiet = health(replace(SOURCE, state=state), newest=NOW - timedelta(days=900))
    assert quiet.condition.value == state.value
    assert not quiet.needs_a_person


def test_a_feed_that_is_not_there_asks_for_a_person_at_once() -> None:
    assert health(state=FAILING).next_step == "Open the address in a browser."


def test_a_failing_source_says_which_posts_are_shown() -> None:
    assert "showing the posts saved by 2026-11-20" in health(state=FAILING).words


def test_a_first_stumble_of_a_server_asks_for_nothing() -> None:
    assert not health(state=replace(FAILING, error_kind="timed out")).needs_a_person


def test_a_server_that_keeps_stumbling_asks_for_a_person() -> None:
    state = replace(FAILING, error_kind="timed out", error_streak=3)
    assert health(state=state).needs_a_person


def test_ended_consent_is_said_with_what_to_do() -> None:
    ended = replace(
        SOURCE, consent=Consent("PF-1", "authorization", date(2025, 1, 1), date(2026, 1, 1))
    )
    assert "consent ended on 2026-01-01" in health(ended).words
    assert health(ended).needs_a_person


def test_taken_down_is_final() -> None:
    assert health(facts=SourceFacts(taken_down=True)).condition is Condition.TAKEN_DOWN
