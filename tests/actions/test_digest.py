"""The day's digest, as staff read it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from aggregator.actions.budget_words import Budget
from aggregator.actions.condition import Condition
from aggregator.actions.digest import Today, digest, recovered
from aggregator.actions.health import Health
from aggregator.model import ConditionKind, Consent, Source, SourceState, StopKind, WidgetStop
from aggregator.store.audit import Entry

NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)
SOURCE = Source("family", "feed", "https://family.example.org/feed", name="Anna's year")
WELL = Health(
    source=SOURCE,
    name="Anna's year",
    condition=Condition(ConditionKind.WORKING, "Working; newest post 2 days ago."),
    words="Working.",
    next_step="",
    last_ok=NOW,
    next_visit=NOW,
    why="",
    hub="",
    held=0,
    waiting=0,
    state=None,
)
TODAY = Today(
    healths=[WELL],
    ages={"latest-posts": NOW - timedelta(minutes=3)},
    stops={},
    recovered=[],
    acts=[],
    broken=False,
    now=NOW,
    timezone="America/New_York",
)
CONSENT = Consent("PF-1", "authorization", date(2025, 1, 1), date(2026, 12, 1))


def said(today: Today) -> str:
    """Subject and text; empty: none is sent."""
    return "\n".join(digest(today) or ())


def of(**changes: object) -> Today:
    """A day on which one source is like that."""
    return replace(TODAY, healths=[replace(WELL, **changes)])  # type: ignore[arg-type]


def test_where_there_is_nothing_to_tell_none_is_sent() -> None:
    assert digest(TODAY) is None


def test_on_mondays_it_says_that_all_is_well() -> None:
    assert digest(replace(TODAY, now=NOW - DAY)) == (
        "2026-11-23: all is well",
        "1 source is followed; nothing needs a person.\n\n"
        "WIDGETS\n- latest-posts: brought up to date a moment ago.\n\n"
        "Commands are typed after python3 run.py, such as: python3 run.py status\n",
    )


def test_trouble_is_listed_with_a_command() -> None:
    condition = Condition(ConditionKind.NOT_FOUND, "Not found", "Look.", NOW - 3 * DAY)
    text = said(of(condition=condition))
    assert text.startswith("2026-11-24: 1 thing for a person\nNEEDS A PERSON\n- family: not found.")
    assert "21 November 2026" in text
    assert "`status family`" in text


def test_of_trouble_without_a_beginning_no_day_is_told() -> None:
    condition = Condition(ConditionKind.MOVED, "Moved to https://anna.example", "Write it.")
    text = said(of(condition=condition))
    assert "- family: moved. `status family` tells more." in text
    assert "anna" not in text


@pytest.mark.parametrize("state", [SourceState.RESTING, SourceState.MEMORIAL])
def test_of_who_rests_only_the_end_of_the_consent_is_told(state: SourceState) -> None:
    """It takes the blog out of the page: staff may want to know, nobody is asked for anything."""
    source = replace(SOURCE, state=state, consent=CONSENT)
    condition = Condition(ConditionKind(state.value), "At rest.")
    text = said(of(source=source, condition=condition))
    assert text.startswith("2026-11-24: nothing needs a person")
    assert "ENDS SOON\n- family: its consent ends in 7 days, on 2026-12-01." in text
    ended = replace(source, consent=replace(CONSENT, expires=date(2026, 11, 1)))
    assert digest(of(source=ended, condition=condition)) is None


def test_a_consent_that_has_ended_is_listed_until_somebody_acts() -> None:
    source = replace(SOURCE, consent=replace(CONSENT, expires=date(2026, 1, 1)))
    assert "- family: its consent has ended." in said(of(source=source))


def test_what_ends_soon_is_told() -> None:
    text = said(of(source=replace(SOURCE, consent=CONSENT), token_ends=NOW + 3 * DAY))
    assert "its consent ends in 7 days, on 2026-12-01" in text
    assert "its access token ends in 3 days" in text


def test_reads_that_will_not_last_are_told() -> None:
    assert "Have it visited less often" in " ".join(said(of(budget=Budget(95, 100))).split())


def test_posts_that_wait_are_counted() -> None:
    assert "- family: 2 posts wait for review." in said(of(waiting=2))


def test_a_widget_stopped_for_long_may_have_been_forgotten() -> None:
    stop = WidgetStop("latest-posts", StopKind.FROZEN, "a person", NOW - 8 * DAY)
    text = said(replace(TODAY, stops={"latest-posts": stop}))
    assert "- widget latest-posts: frozen since 16 November 2026. `resume latest-posts`" in text
    recent = replace(stop, at=NOW - 6 * DAY)
    assert digest(replace(TODAY, stops={"latest-posts": recent})) is None


def test_acts_are_counted_and_name_nobody() -> None:
    acts = [
        Entry(NOW, "a person", "decide", "family", "0123456789ab", None, "hidden"),
        Entry(NOW, "a person", "take down", "family", "0123456789ab"),
        Entry(NOW, "a person", "take down", "family"),
        Entry(NOW, "a person", "undo", "family", None, "hidden"),
    ]
    text = said(replace(TODAY, acts=acts))
    assert "SINCE THE LAST DIGEST\n- taken down: 2\n- hidden: 1\n" in text
    assert text.count("a person") == text.count("nothing needs a person")


def test_what_works_again_is_told() -> None:
    keys = ["family:working:2026", "family:working:2027", "other:gone:2026"]
    assert recovered(keys) == ["family"]
    assert "- family: works again." in said(replace(TODAY, recovered=["family"]))


def test_a_broken_list_and_old_widgets_are_told() -> None:
    text = said(replace(TODAY, broken=True, ages={"latest-posts": NOW - DAY}))
    assert "2 things for a person" in text
    assert "widget latest-posts: Visitors see it as it was on 23 November 2026." in text
    assert "- latest-posts: brought up to date 24 hours ago" in text


def test_a_long_list_is_cut_and_counted() -> None:
    many = [replace(WELL, source=replace(SOURCE, id=f"s-{n}"), waiting=1) for n in range(100)]
    text = said(replace(TODAY, healths=many))
    assert "100 things for a person" in text
    assert "- … and 70 more" in text


def test_lines_fit_a_mail() -> None:
    condition = Condition(ConditionKind.CHANGED_OWNER, "", "Look.", NOW - 3 * DAY)
    assert max(map(len, said(of(condition=condition)).splitlines())) <= 78
