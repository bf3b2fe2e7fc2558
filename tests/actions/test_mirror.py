"""What follows from a platform's answer about posts that are shown."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions.mirror import AGAIN, ERASED_AFTER, Judgement, due_at, due_of, judge
from aggregator.model import Sightings, Source
from aggregator.store.sightings import Sighting, Watched

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
GUIDS = ("a", "b", "c")


def told(*, present: str = "", gone: str = "") -> Sightings:
    return Sightings(frozenset(present), frozenset(gone))


def watched(guid: str, sighting: Sighting | None = None) -> Watched:
    return Watched("blog", guid, None, NOW - 30 * DAY, sighting)


SEEN = Sighting(NOW - DAY, seen=NOW - DAY)
MISSED = Sighting(NOW - ERASED_AFTER, NOW - DAY, missed=NOW - ERASED_AFTER)
DOUBTED = Sighting(NOW - AGAIN, NOW - DAY)


class TestJudge:
    """One answer."""

    def test_what_is_there_is_noted(self) -> None:
        assert judge({"a": None}, told(present="a"), NOW).sightings == {"a": Sighting(NOW, NOW)}

    def test_what_was_not_told_of_stays_as_it_is(self) -> None:
        assert judge({"a": SEEN, "b": MISSED}, told(), NOW) == Judgement({})

    def test_what_nobody_asked_about_is_passed_over(self) -> None:
        assert judge({"a": SEEN}, told(present="x", gone="y"), NOW) == Judgement({})

    def test_one_that_is_gone_among_others_is_hidden_at_once(self) -> None:
        found = judge({"a": SEEN, "b": SEEN}, told(present="a", gone="b"), NOW)
        assert found.hidden == {"b"}
        assert found.sightings["b"] == Sighting(NOW, SEEN.seen, missed=NOW)

    def test_the_only_one_that_is_gone_is_hidden_at_once(self) -> None:
        assert judge({"a": SEEN}, told(gone="a"), NOW).hidden == {"a"}

    def test_where_nothing_is_left_the_first_answer_is_doubted(self) -> None:
        found = judge({"a": SEEN, "b": None}, told(gone="ab"), NOW)
        assert found.hidden == found.erased == frozenset()
        assert all(one.is_doubted for one in found.sightings.values())

    def test_a_second_answer_too_soon_is_the_same_answer(self) -> None:
        first = Sighting(NOW - AGAIN + MINUTE, NOW - DAY)
        found = judge({"a": first, "b": first}, told(gone="ab"), NOW)
        assert found == Judgement({"a": first, "b": first})

    def test_a_second_answer_an_hour_later_is_believed(self) -> None:
        assert judge({"a": DOUBTED, "b": DOUBTED}, told(gone="ab"), NOW).hidden == {"a", "b"}

    def test_a_sign_of_life_ends_the_doubt(self) -> None:
        found = judge({"a": DOUBTED, "b": DOUBTED}, told(present="a", gone="b"), NOW)
        assert found.hidden == {"b"}

    def test_one_that_is_still_gone_six_hours_later_is_erased(self) -> None:
        found = judge({"a": MISSED}, told(gone="a"), NOW)
        assert found == Judgement({}, erased=frozenset("a"))

    def test_one_that_is_there_again_comes_back(self) -> None:
        found = judge({"a": MISSED}, told(present="a"), NOW)
        assert found == Judgement({"a": Sighting(NOW, NOW)}, back=frozenset("a"))

    def test_what_is_said_to_be_both_is_there(self) -> None:
        assert judge({"a": SEEN}, told(present="a", gone="a"), NOW).hidden == frozenset()


ANSWERS = st.lists(
    st.tuples(
        st.integers(0, 600),
        st.sets(st.sampled_from(GUIDS)),
        st.sets(st.sampled_from(GUIDS)),
    ),
    max_size=12,
)
"""Minutes since the one before; what is there; what is gone."""


@given(ANSWERS)
def test_whatever_comes_nothing_vanishes_without_two_answers_six_hours_apart(
    answers: list[tuple[int, set[str], set[str]]],
) -> None:
    now = NOW
    known: dict[str, Sighting | None] = dict.fromkeys(GUIDS)
    said: dict[str, list[datetime]] = {guid: [] for guid in GUIDS}
    for minutes, present, gone in answers:
        now += minutes * MINUTE
        for guid in GUIDS:
            if guid in present:
                said[guid] = []
            elif guid in gone:
                said[guid].append(now)
        found = judge(known, Sightings(frozenset(present), frozenset(gone)), now)
        for guid in found.erased:
            assert said[guid][-1] - said[guid][0] >= ERASED_AFTER
        assert found.hidden <= gone - present
        assert found.erased <= gone - present
        known |= found.sightings
        for guid in found.erased:
            known.pop(guid)
        for guid in present & known.keys():
            sighting = known[guid]
            assert sighting is not None
            assert sighting.missed is None


@pytest.mark.parametrize(
    ("sighting", "after"),
    [
        (None, NOW - 30 * DAY + DAY),
        (SEEN, NOW),
        (DOUBTED, NOW),
        (MISSED, NOW),
    ],
    ids=["never asked", "seen", "doubted", "missed"],
)
def test_when_a_post_is_due(sighting: Sighting | None, after: datetime) -> None:
    assert due_at(watched("a", sighting), DAY) == after


class TestDue:
    """Which posts of a source are asked about."""

    SOURCE = Source("blog", "feed", "https://blog.example/feed")

    def asked(self, *posts: Watched, at: datetime = NOW) -> list[str]:
        due = due_of(self.SOURCE, posts, at)
        return [post.guid for post in due.posts] if due else []

    def test_nothing_before_its_time(self) -> None:
        assert self.asked(watched("a", SEEN), at=NOW - MINUTE) == []

    def test_all_that_are_shown_once_one_is_due(self) -> None:
        fresh = Sighting(NOW - MINUTE, NOW - MINUTE)
        assert self.asked(watched("a", fresh), watched("b", SEEN)) == ["b", "a"]

    def test_a_hidden_one_is_asked_about_alone(self) -> None:
        fresh = Sighting(NOW - MINUTE, NOW - MINUTE)
        assert self.asked(watched("a", fresh), watched("b", MISSED)) == ["b"]

    def test_a_hidden_one_is_not_asked_about_before_its_time(self) -> None:
        fresh = Sighting(NOW, NOW - DAY, missed=NOW)
        assert self.asked(watched("a", SEEN), watched("b", fresh)) == ["a"]

    def test_a_clock_that_was_set_back_silences_nothing(self) -> None:
        ahead = Sighting(NOW + 300 * DAY, NOW + 300 * DAY)
        assert self.asked(watched("a", ahead)) == ["a"]
