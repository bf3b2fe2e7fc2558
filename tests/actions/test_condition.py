"""Every condition, which of two counts, and that there is always exactly one."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.actions import condition
from aggregator.actions.condition import Condition, Known, changed, condition_of
from aggregator.errors import FetchError, Transient
from aggregator.model import (
    ConditionKind,
    Consent,
    Identity,
    Outcome,
    Source,
    SourceState,
    Suspicion,
    VisitState,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MAY = datetime(2026, 5, 3, 9, tzinfo=UTC)
SOURCE = Source("family", "feed", "https://family.example.org/feed/")
VISITED = VisitState("family", "", last_visit=NOW, last_ok=NOW, visits=9)
KNOWN = Known(newest=NOW - 2 * timedelta(hours=1))
LOOK = "Open the address in a browser; if it moved, change it in feeds.yaml."


def failed(kind: str, *, streak: int = 5, advice: str = LOOK) -> dict[str, Any]:
    return {
        "error_kind": kind,
        "error_text": "family.example.org did not want it.",
        "error_advice": advice,
        "error_streak": streak,
        "failing_since": MAY,
    }


@dataclass(frozen=True)
class Fact:
    """What makes one kind, alone."""

    kind: ConditionKind
    words: str
    step: str = ""
    since: datetime | None = None
    source: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)


FACTS = [
    Fact(
        ConditionKind.TAKEN_DOWN,
        "Taken down for good; nothing of it is shown or fetched.",
        "`letter family` tells the family so; then `remove family` takes its entry out.",
        known={"taken_down": True},
    ),
    Fact(
        ConditionKind.WITHDRAWN,
        "Its consent was withdrawn on 2026-05-03; it is neither shown nor visited.",
        "Erase what is stored: `takedown family`. Then `letter family` tells the family so, and "
        "`remove family` takes its entry out.",
        datetime(2026, 5, 3, tzinfo=UTC),
        source={"consent": Consent("R", "b", date(2026, 1, 1), withdrawn=date(2026, 5, 3))},
    ),
    Fact(
        ConditionKind.MEMORIAL,
        "In memoriam: kept as it is, not visited.",
        source={"state": SourceState.MEMORIAL},
    ),
    Fact(
        ConditionKind.RESTING,
        "Resting: its author has stopped for now.",
        source={"state": SourceState.RESTING},
    ),
    Fact(
        ConditionKind.PAUSED,
        "Paused in feeds.yaml: not visited; the saved posts stay.",
        source={"state": SourceState.PAUSED},
    ),
    Fact(
        ConditionKind.REJECTED,
        "Rejected on 4 May as somebody else's: not visited; what was shown before stays.",
        "Mend its address in feeds.yaml, or take its entry out.",
        MAY + DAY,
        state={"suspicion": Suspicion(MAY, ("A sign.",), Identity()), "stopped_at": MAY + DAY},
    ),
    Fact(
        ConditionKind.CHANGED_OWNER,
        "It may have changed hands on 3 May; 2 posts are held.",
        "Is it still theirs? `release family` shows what is held, `reject family` erases it.",
        MAY,
        state={"suspicion": Suspicion(MAY, ("A sign.",), Identity())},
        known={"held": 2},
    ),
    Fact(
        ConditionKind.NEVER_ENDED,
        "family.example.org did not want it.",
        LOOK,
        state=failed("never ended"),
    ),
    Fact(
        ConditionKind.GONE,
        "Gone for good, as its address says; not visited since 3 May; the saved posts are shown.",
        "Ask its author where it went, then mend its address in feeds.yaml or take its entry out. "
        "`refresh family` asks once more.",
        MAY,
        state={"stopped_at": MAY},
    ),
    Fact(
        ConditionKind.TOKEN_ENDING,
        "Its access token ended on 3 May; the saved posts are shown.",
        "Make a new one now at https://platform.example/tokens, and set X_TOKEN to it.",
        MAY,
        source={"token": "X_TOKEN"},
        known={"token_ends": MAY, "token_page": "https://platform.example/tokens"},
    ),
    Fact(
        ConditionKind.NOT_FOUND,
        "Not found since 3 May; the saved posts are shown.",
        LOOK,
        MAY,
        state=failed("not found"),
    ),
    Fact(
        ConditionKind.REFUSED,
        "Refused to us since 3 May; the saved posts are shown.",
        LOOK,
        MAY,
        state=failed("denied"),
    ),
    Fact(
        ConditionKind.UNREADABLE,
        "No feed at its address since 3 May; the saved posts are shown.",
        LOOK,
        MAY,
        state=failed("not a feed"),
    ),
    Fact(
        ConditionKind.FAILING,
        "Too slow to be read since 3 May; the saved posts are shown.",
        LOOK,
        MAY,
        state=failed("timed out"),
    ),
    Fact(
        ConditionKind.MOVED,
        "Moved: it is read at https://new.example.org/feed.",
        "Write that address into feeds.yaml.",
        state={"adopted": "https://new.example.org/feed"},
    ),
    Fact(
        ConditionKind.MOVED,
        "Moved to the address that sister already follows.",
        "Remove one of the two from feeds.yaml: family or sister.",
        known={"same_as": "sister"},
    ),
    Fact(ConditionKind.NEW, "Not visited yet.", state={"last_visit": None, "last_ok": None}),
    Fact(
        ConditionKind.TOKEN_ENDING,
        "Its access token ends in 10 days, on 3 December.",
        "Make a new one before that day at https://platform.example/tokens, and set X_TOKEN to it.",
        source={"token": "X_TOKEN"},
        known={"token_ends": NOW + 10 * DAY, "token_page": "https://platform.example/tokens"},
    ),
    Fact(
        ConditionKind.QUIET,
        "Quiet for 204 days; otherwise working.",
        since=MAY,
        known={"newest": MAY},
    ),
    Fact(ConditionKind.WORKING, "Working; newest post 2 hours ago."),
]
"""In the order in which they count."""


def condition_for(*facts: Fact, known: Known = KNOWN) -> Condition:
    """What follows from these facts together; of the same field, the first one's counts."""
    source, state = SOURCE, VISITED
    for fact in reversed(facts):
        source = replace(source, **fact.source)
        state = replace(state, **fact.state)
        known = replace(known, **fact.known)
    return condition_of(source, state, known, NOW)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.words[:30])
def test_each_kind_in_words(fact: Fact) -> None:
    assert condition_for(fact) == Condition(fact.kind, fact.words, fact.step, fact.since)


def test_there_is_a_fact_for_every_kind() -> None:
    assert {fact.kind for fact in FACTS} == set(ConditionKind)


def _pairs() -> Iterator[Any]:
    for first, second in itertools.combinations(FACTS, 2):
        together = {**second.state, **first.state}
        # A source that was visited with an error is no new one any more, and so on: facts that
        # exclude one another are no pair.
        if ConditionKind.NEW in {first.kind, second.kind} and {"error_kind", "adopted"} & set(
            together
        ):
            continue
        if first.kind is ConditionKind.CHANGED_OWNER and "stopped_at" in second.state:
            continue  # together they are a rejection
        yield pytest.param(first, second, id=f"{first.kind} over {second.kind}")


@pytest.mark.parametrize(("first", "second"), list(_pairs()))
def test_the_first_of_two_counts(first: Fact, second: Fact) -> None:
    assert condition_for(first, second).kind is first.kind


@pytest.mark.parametrize("state", [SourceState.RESTING, SourceState.MEMORIAL])
@pytest.mark.parametrize("fact", FACTS[5:], ids=lambda fact: fact.words[:30])
def test_what_people_set_with_feeling_ends_all_nagging(state: SourceState, fact: Fact) -> None:
    assert not condition_for(Fact(fact.kind, "", source={"state": state}), fact).needs_person


@pytest.mark.parametrize(
    "state", [{"stopped_at": MAY - DAY}, {"stopped_at": MAY + DAY, "error_kind": "gone"}]
)
def test_what_stopped_by_itself_was_not_rejected(state: dict[str, Any]) -> None:
    (fact,) = (fact for fact in FACTS if fact.kind is ConditionKind.CHANGED_OWNER)
    stopped = Fact(ConditionKind.GONE, "", state=state)
    assert condition_for(fact, stopped).kind is ConditionKind.CHANGED_OWNER


@pytest.mark.parametrize(
    ("held", "words"),
    [(0, "nothing of it is held"), (1, "1 post is held"), (7, "7 posts are held")],
)
def test_held_posts_are_counted(held: int, words: str) -> None:
    (fact,) = (fact for fact in FACTS if fact.kind is ConditionKind.CHANGED_OWNER)
    assert condition_for(replace(fact, known={"held": held})).words.endswith(f"; {words}.")


def test_a_resting_source_under_suspicion_says_what_is_held() -> None:
    doubted = Suspicion(MAY, ("A sign.",), Identity())
    resting = Fact(ConditionKind.RESTING, "", source={"state": SourceState.RESTING})
    found = condition_for(replace(resting, state={"suspicion": doubted}))
    assert found.words.endswith("What came since 3 May is held, for it may have changed hands.")
    assert not found.needs_person


# --- tokens ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "words", "when"),
    [
        (30 * DAY, "in 30 days, on 23 December", "before that day"),
        (8 * DAY, "in 8 days, on 1 December", "before that day"),
        (7 * DAY, "in 7 days, on 30 November", "this week"),
        (6 * DAY, "in 6 days, on 29 November", "this week"),
        (DAY, "tomorrow, on 24 November", "today"),
        (timedelta(hours=2), "today", "today"),
        (40 * DAY, None, None),
    ],
)
def test_the_end_of_a_token_is_counted_down(
    left: timedelta, words: str | None, when: str | None
) -> None:
    found = condition_for(Fact(ConditionKind.TOKEN_ENDING, "", known={"token_ends": NOW + left}))
    if words is None:
        assert found.kind is ConditionKind.WORKING
    else:
        told = f"Its access token ends {words}.", f"Make a new one {when} on the platform."
        assert (found.words, found.next_step) == told


def test_days_are_counted_as_the_site_counts_them() -> None:
    """In Auckland midnight is over; in New York it comes sooner than the end."""
    told = []
    for timezone in ("Pacific/Auckland", "America/New_York"):
        known = {"token_ends": NOW + timedelta(hours=18), "timezone": timezone}
        told.append(condition_for(Fact(ConditionKind.TOKEN_ENDING, "", known=known)).words)
    assert told == [
        "Its access token ends today.",
        "Its access token ends tomorrow, on 24 November.",
    ]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("token missing", ConditionKind.REFUSED),
        ("token wrong", ConditionKind.REFUSED),
        ("token expired", ConditionKind.TOKEN_ENDING),
        ("token revoked", ConditionKind.TOKEN_ENDING),
        ("permission missing", ConditionKind.REFUSED),
        ("credit spent", ConditionKind.REFUSED),
    ],
)
def test_what_is_wrong_with_a_token_is_told_at_once(error: str, kind: ConditionKind) -> None:
    """With the platform's own next step."""
    state = failed(error, streak=1, advice="Make a new one at https://platform.example/.")
    found = condition_for(Fact(kind, "", state=state))
    assert (found.kind, found.next_step) == (kind, state["error_advice"])


def test_troubles_with_tokens_are_told_apart() -> None:
    kinds = [kind for kind in condition._FAILURES if "token" in kind or kind == "credit spent"]
    told = {condition_for(Fact(ConditionKind.REFUSED, "", state=failed(k))).words for k in kinds}
    assert len(told) == len(kinds) == 5


# --- failures --------------------------------------------------------------------------------


def kinds_of_errors(error: type[FetchError] = FetchError) -> Iterator[type[FetchError]]:
    for one in error.__subclasses__():
        yield one
        yield from kinds_of_errors(one)


@pytest.mark.parametrize("error", sorted(kinds_of_errors(), key=str))
def test_every_error_has_words(error: type[FetchError]) -> None:
    fact = Fact(ConditionKind.FAILING, "", state=failed(error.kind, advice=error.default_advice))
    found = condition_for(fact)
    assert " since 3 May" in found.words
    assert "Nothing to do" not in found.next_step


def test_no_error_is_forgotten() -> None:
    raised = {error.kind for error in kinds_of_errors()} - {Transient.kind}
    assert raised == set(condition._FAILURES)


@pytest.mark.parametrize("streak", [1, 2])
def test_a_stumble_of_a_server_is_no_news(streak: int) -> None:
    found = condition_for(Fact(ConditionKind.FAILING, "", state=failed("timed out", streak=streak)))
    assert found.kind is ConditionKind.WORKING
    assert found.words.endswith("Its last visit failed, and is tried again by itself.")
    assert not found.needs_person


@pytest.mark.parametrize("outcome", [Outcome.CHANGED, Outcome.UNCHANGED])
def test_what_is_read_by_its_feed_instead_says_why(outcome: Outcome) -> None:
    state = failed("token wrong", streak=0, advice="Compare it.") | {"outcome": outcome}
    told = condition_for(Fact(ConditionKind.REFUSED, "", state=state))
    assert (told.kind, told.next_step) == (ConditionKind.REFUSED, "Compare it.")
    assert told.words.endswith(" since 3 May; its feed is read instead.")


def test_what_is_read_by_its_feed_for_a_while_works() -> None:
    state = failed("rate limited", streak=0) | {"outcome": Outcome.CHANGED}
    told = condition_for(Fact(ConditionKind.WORKING, "", state=state))
    assert (told.kind, told.next_step) == (ConditionKind.WORKING, "")
    assert told.words.endswith("refused us for now; its feed is read instead.")


def test_a_source_that_was_never_reached_does_not_work() -> None:
    state = failed("unreachable", streak=1) | {"last_ok": None}
    found = condition_for(Fact(ConditionKind.NEW, "", state=state))
    assert (found.kind, found.needs_person) == (ConditionKind.NEW, False)
    assert found.words.startswith("Not reached yet.")


def test_what_is_not_there_asks_for_a_person_at_once() -> None:
    assert condition_for(
        Fact(ConditionKind.NOT_FOUND, "", state=failed("not found", streak=1))
    ).needs_person


def test_a_server_that_asks_for_patience_has_it_for_a_week() -> None:
    state = failed("rate limited", advice=Transient.default_advice)
    soon = condition_for(Fact(ConditionKind.FAILING, "", state=state | {"failing_since": NOW}))
    late = condition_for(Fact(ConditionKind.FAILING, "", state=state))
    assert (soon.kind, soon.needs_person) == (ConditionKind.FAILING, False)
    assert late.needs_person


def test_without_saved_posts_none_are_said_to_be_shown() -> None:
    fact = Fact(ConditionKind.NOT_FOUND, "", state=failed("not found"))
    assert condition_for(fact, known=Known()).words == "Not found since 3 May."


def test_an_error_that_an_earlier_version_remembered() -> None:
    fact = Fact(ConditionKind.FAILING, "", state=failed("an old word"))
    assert condition_for(fact).words.startswith("Not readable since 3 May")


# --- time ------------------------------------------------------------------------------------


def test_silence_is_a_fact_and_asks_for_nothing() -> None:
    quiet = condition_for(known=Known(newest=NOW - 900 * DAY))
    assert (quiet.kind, quiet.needs_person) == (ConditionKind.QUIET, False)


def test_a_source_without_posts_works() -> None:
    assert condition_for(known=Known()).words == "Working; no posts of it are stored."


def test_days_are_those_of_the_site() -> None:
    state = failed("not found") | {"failing_since": datetime(2025, 5, 4, 2, tzinfo=UTC)}
    found = condition_for(
        Fact(ConditionKind.NOT_FOUND, "", state=state), known=Known(timezone="America/New_York")
    )
    assert found.words == "Not found since 3 May 2025."


def test_consent_is_withdrawn_when_the_day_begins_at_the_site() -> None:
    consent = Consent("R", "b", date(2026, 1, 1), withdrawn=date(2026, 11, 24))
    fact = Fact(ConditionKind.WITHDRAWN, "", source={"consent": consent})
    west, east = (condition_for(fact, known=Known(timezone=zone)) for zone in ("UTC", "Etc/GMT-13"))
    assert [west.kind, east.kind] == [ConditionKind.WORKING, ConditionKind.WITHDRAWN]


# --- changes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (ConditionKind.WORKING, ConditionKind.NOT_FOUND, True),
        (ConditionKind.NOT_FOUND, ConditionKind.WORKING, True),
        (ConditionKind.NEW, ConditionKind.NOT_FOUND, True),
        (ConditionKind.NOT_FOUND, ConditionKind.REFUSED, True),
        (ConditionKind.NOT_FOUND, ConditionKind.NOT_FOUND, False),
        (ConditionKind.NEW, ConditionKind.WORKING, False),
        (ConditionKind.WORKING, ConditionKind.QUIET, False),
        (ConditionKind.QUIET, ConditionKind.WORKING, False),
    ],
)
def test_what_is_worth_telling(before: ConditionKind, after: ConditionKind, news: bool) -> None:
    assert changed(Condition(before, "Before."), Condition(after, "After.")) is news


# --- whatever is remembered ------------------------------------------------------------------

moments = st.integers(0, 100 * 365).map(
    lambda days: datetime(2000, 1, 1, 9, tzinfo=UTC) + days * DAY
)
kinds = st.sampled_from([*condition._FAILURES, "never ended", "an old word"])
states = st.builds(
    VisitState,
    st.just("family"),
    st.just(""),
    last_visit=st.none() | moments,
    last_ok=st.none() | moments,
    error_kind=st.none() | kinds,
    error_text=st.none() | st.text(min_size=1),
    error_advice=st.none() | st.text(min_size=1),
    error_streak=st.integers(0, 100),
    failing_since=st.none() | moments,
    stopped_at=st.none() | moments,
    adopted=st.none() | st.just("https://new.example.org/feed"),
    suspicion=st.none() | st.builds(Suspicion, moments, st.just(("A sign.",)), st.just(Identity())),
)
consents = st.builds(
    Consent,
    st.just("R"),
    st.just("b"),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    withdrawn=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
sources = st.builds(
    replace,
    st.just(SOURCE),
    state=st.sampled_from(SourceState),
    consent=st.none() | consents,
)
knowns = st.builds(
    Known,
    newest=st.none() | moments,
    held=st.integers(0, 1000),
    taken_down=st.booleans(),
    token_ends=st.none() | moments,
    timezone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"]),
)


@given(sources, st.none() | states, knowns, moments)
def test_whatever_is_remembered_there_is_one_condition(
    source: Source, state: VisitState | None, known: Known, now: datetime
) -> None:
    """Never an exception, and nothing that no person would say."""
    found = condition_of(source, state, known, now)
    assert isinstance(found.kind, ConditionKind)
    assert found.since is None or found.since <= now
    assert found.words
    text_of_others = state is not None and state.error_text and found.words == state.error_text
    assert text_of_others or "None" not in found.words
    assert found.needs_person is bool(found.next_step)


@given(sources, states, knowns, moments)
def test_only_calm_conditions_need_nobody(
    source: Source, state: VisitState, known: Known, now: datetime
) -> None:
    silent = {
        ConditionKind.MEMORIAL,
        ConditionKind.RESTING,
        ConditionKind.PAUSED,
        ConditionKind.FAILING,
        ConditionKind.NEW,
        ConditionKind.QUIET,
        ConditionKind.WORKING,
    }
    found = condition_of(source, state, known, now)
    assert found.needs_person or found.kind in silent
