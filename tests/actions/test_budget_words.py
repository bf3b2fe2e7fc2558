"""What staff are told where reading costs money."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.budget_words import Budget, budget_words

NOW = datetime(2026, 11, 16, tzinfo=UTC)
"""Half of the month is over."""
STEP = "Have it visited less often (every), or allow more in its options (reads_per_month)."


@pytest.mark.parametrize(
    ("read", "words", "step"),
    [
        (0, "Read 0 of 2,000 this month.", ""),
        (1_240, "Read 1,240 of 2,000 this month.", ""),
        (1_599, "Read 1,599 of 2,000 this month.", ""),
        (
            1_600,
            "Read 1,600 of 2,000 this month; at this rate it lasts until 19 November.",
            STEP,
        ),
        (
            2_000,
            "All 2,000 reads of this month are spent; it is read again from 1 December on.",
            "If that is too late, allow more in its options (reads_per_month).",
        ),
    ],
)
def test_how_it_stands(read: int, words: str, step: str) -> None:
    assert budget_words(Budget(read, 2_000), NOW, "UTC") == (words, step)


def test_at_the_end_of_the_month_what_lasts_is_no_worry() -> None:
    words, step = budget_words(Budget(1_850, 2_000), datetime(2026, 11, 29, tzinfo=UTC), "UTC")
    assert (words, step) == ("Read 1,850 of 2,000 this month; at this rate it lasts.", "")


def test_days_are_those_of_the_site() -> None:
    """Where it is still November, that month's reads are spent until its last evening."""
    words, _ = budget_words(Budget(9, 9), NOW, "America/New_York")
    assert "from 30 November on" in words


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
)
def test_whatever_was_read_there_are_words(read: int, allowed: int, later: timedelta) -> None:
    words, _ = budget_words(Budget(read, allowed), NOW + later, "UTC")
    assert words.endswith(".")
