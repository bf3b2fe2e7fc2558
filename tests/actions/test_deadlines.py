"""Reminders of what ends on a day: each once, and of those that were missed only the last."""

from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator.actions.budget_words import Budget
from aggregator.actions.deadlines import TokenCountdown, reminders
from aggregator.model import Consent, Source
from aggregator.store.alerts import Fact

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()
ZONE = "America/New_York"


def about_consent(days: int, **changes: date) -> list[Fact]:
    """Of a consent that ends in so many days."""
    expires = TODAY + timedelta(days=days)
    consent = Consent("PF-1", "authorization", date(2025, 1, 1), expires, **changes)
    source = Source("family", "feed", "https://family.example.org/feed", consent=consent)
    return list(reminders([source], [], [], NOW, ZONE))


@pytest.mark.parametrize(
    ("days", "stage"),
    [(90, None), (61, None), (60, "60"), (31, "60"), (30, "30"), (8, "30"), (7, "7"), (1, "7"),
     (0, "ended"), (-13, "ended"), (-14, None), (-400, None)],
)  # fmt: skip
def test_a_consent_is_reminded_of_before_it_ends(days: int, stage: str | None) -> None:
    stages = [fact.key.rpartition(":")[2] for fact in about_consent(days)]
    assert stages == ([] if stage is None else [stage])


def test_a_consent_that_was_withdrawn_is_not_asked_for_again() -> None:
    assert about_consent(7, withdrawn=date(2026, 11, 1)) == []


def test_a_consent_for_ever_has_no_reminders() -> None:
    consent = Consent("PF-1", "authorization", date(2025, 1, 1))
    source = Source("family", "feed", "https://family.example.org/feed", consent=consent)
    assert list(reminders([source, Source("other", "feed", "x")], [], [], NOW, ZONE)) == []


def test_another_end_is_reminded_of_anew() -> None:
    ((first,), (second,)) = (about_consent(60), about_consent(59))
    assert first.key != second.key


def test_the_reference_of_a_consent_is_not_told() -> None:
    (fact,) = about_consent(7)
    assert "PF-1" not in f"{fact}"


@pytest.mark.parametrize(
    ("days", "stage"),
    [(31, None), (30, "30"), (8, "30"), (7, "7"), (2, "7"), (1, "1"), (0, "1"), (-1, None)],
)
def test_a_token_is_counted_down(days: int, stage: str | None) -> None:
    """That it has ended is told as trouble of its source."""
    countdown = TokenCountdown(("page", "other"), NOW + timedelta(days=days, minutes=1))
    facts = list(reminders([], [countdown], [], NOW, ZONE))
    assert [fact.key.rpartition(":")[2] for fact in facts] == ([] if stage is None else [stage])


def test_a_token_of_several_sources_is_one_reminder() -> None:
    countdown = TokenCountdown(("page", "other"), NOW + timedelta(days=3), at_latest=True)
    (fact,) = reminders([], [countdown], [], NOW, ZONE)
    assert fact.subject == "page: its access token ends on 2026-11-26 at the latest"
    assert "other" in fact.body


@pytest.mark.parametrize(("read", "stage"), [(50, None), (95, "low"), (100, "spent")])
def test_reads_that_are_nearly_spent_are_told_once_a_month(read: int, stage: str | None) -> None:
    facts = list(reminders([], [], [("x-account", Budget(read, 100))], NOW, ZONE))
    keys = [] if stage is None else [f"x-account:reads:2026-11:{stage}"]
    assert [fact.key for fact in facts] == keys
