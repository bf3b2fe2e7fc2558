"""Which changes are told: trouble that lasts, once each, and that it is over, if it was told."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.alarm_words import fact_of
from aggregator.actions.condition import Condition
from aggregator.actions.trouble import (
    LASTS,
    SETTLED,
    TROUBLE,
    WELL,
    News,
    follow,
    kind_to_follow,
)
from aggregator.model import ConditionKind
from aggregator.store.conditions import Followed

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = st.one_of(
    st.sampled_from(sorted(TROUBLE)),
    st.sampled_from([WELL, None]),
    st.sampled_from(sorted(SETTLED)),
)
STEPS = st.lists(st.tuples(KINDS, st.integers(-90, 180)), max_size=40)
"""How a thing is, and how many minutes after the look before."""


def told(looks: Iterable[tuple[str | None, float]]) -> list[str]:
    """What is told of a thing that is so at each look, each so many minutes after the last."""
    followed: Followed | None = None
    now, heard = NOW, []
    for kind, minutes in looks:
        now += timedelta(minutes=minutes)
        followed, news = follow(followed, "blog", kind, now)
        if news is not None:
            heard.append(news.kind)
    return heard


def test_trouble_is_told_once_it_has_lasted() -> None:
    assert told([("gone", 0), ("gone", 59)]) == []
    assert told([("gone", 0), ("gone", 60), ("gone", 600), ("gone", 6000)]) == ["gone"]


def test_what_passes_within_the_hour_is_not_told() -> None:
    assert told([("gone", 0), (WELL, 30), ("gone", 30), (WELL, 30), (WELL, 300)]) == []


def test_that_it_works_again_is_told_after_trouble_that_was_told() -> None:
    assert told([("gone", 0), ("gone", 60), (WELL, 5), (WELL, 60), (WELL, 60)]) == ["gone", WELL]


def test_trouble_that_changes_its_face_is_told_after_an_hour_of_all() -> None:
    assert told([("refused", 0), ("failing", 40), ("failing", 20)]) == ["failing"]


def test_more_trouble_is_told_once_it_has_lasted_itself() -> None:
    looks = [("not found", 0), ("not found", 60), ("gone", 5), ("gone", 60), ("not found", 60)]
    assert told([*looks, ("not found", 60), ("gone", 5), ("gone", 60)]) == ["not found", "gone"]


def test_to_waver_is_told_once() -> None:
    looks = [("gone", 0), ("gone", 60), *[(WELL, 30), ("gone", 30), ("gone", 60)] * 5]
    assert told(looks) == ["gone"]


def test_who_rests_is_left_in_peace() -> None:
    assert told([("gone", 0), ("gone", 60), ("resting", 5), ("resting", 60), (WELL, 60)]) == [
        "gone"
    ]


def test_a_mended_address_is_no_recovery_before_it_was_read() -> None:
    """It is new then, and new is neither trouble nor well."""
    assert told([("gone", 0), ("gone", 60), (None, 60), (None, 60)]) == ["gone"]


def test_a_clock_set_back_keeps_nothing_from_being_told() -> None:
    assert told([("gone", 0), ("gone", -100_000), ("gone", 60)]) == ["gone"]


@given(STEPS)
def test_nothing_is_told_twice_before_all_was_well(looks: list[tuple[str | None, float]]) -> None:
    """Also: that all is well is told after trouble only, and what people set is told never."""
    followed: Followed | None = None
    now, open_ones = NOW, set[str]()
    for kind, minutes in looks:
        now += timedelta(minutes=minutes)
        followed, news = follow(followed, "blog", kind, now)
        if kind in SETTLED:
            assert news is None
            open_ones.clear()
        elif news is not None and news.kind == WELL:
            assert open_ones
            open_ones.clear()
        elif news is not None:
            assert news.kind not in open_ones | SETTLED
            open_ones.add(news.kind)


@given(STEPS)
def test_what_is_told_is_so_and_was_for_an_hour(looks: list[tuple[str | None, float]]) -> None:
    followed: Followed | None = None
    now = NOW
    for kind, minutes in looks:
        now += timedelta(minutes=minutes)
        followed, news = follow(followed, "blog", kind, now)
        if news is not None:
            assert news.kind == kind or kind is None
            assert now - news.since >= LASTS


@given(STEPS)
def test_a_second_look_at_the_same_moment_tells_nothing(
    looks: list[tuple[str | None, float]],
) -> None:
    assert told(looks) == told([step for kind, by in looks for step in ((kind, by), (kind, 0))])


@pytest.mark.parametrize("kind", sorted(TROUBLE | {WELL}))
def test_all_that_is_told_has_words_of_one_thing_and_a_command(kind: str) -> None:
    fact = fact_of(News("blog", kind, NOW), "America/New_York")
    assert fact.subject.startswith("blog: ")
    assert "{" not in fact.body
    assert kind == WELL or "`" in fact.body


# --- what of a condition counts ----------------------------------------------------------------


def test_silence_is_well() -> None:
    assert kind_to_follow(Condition(ConditionKind.QUIET, "Quiet for 200 days.")) == WELL


def test_a_server_that_asks_for_patience_is_no_trouble_yet() -> None:
    assert kind_to_follow(Condition(ConditionKind.FAILING, "Asking us to come less often")) is None
    assert kind_to_follow(Condition(ConditionKind.FAILING, "Not reached", "Look.")) == "failing"


def test_a_token_is_trouble_once_it_has_ended() -> None:
    ends = Condition(ConditionKind.TOKEN_ENDING, "Its access token ends tomorrow.", "Make one.")
    assert kind_to_follow(ends) == WELL
    ended = Condition(ConditionKind.TOKEN_ENDING, "It ended.", "Make one.", since=NOW - HOUR)
    assert kind_to_follow(ended) == "token ending"


@pytest.mark.parametrize("kind", ConditionKind)
def test_every_condition_is_trouble_settled_or_calm(kind: ConditionKind) -> None:
    calm = {ConditionKind.NEW, ConditionKind.QUIET, ConditionKind.WORKING}
    assert (kind in TROUBLE) + (kind in SETTLED) + (kind in calm) == 1
