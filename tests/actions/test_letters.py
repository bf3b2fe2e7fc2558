"""Draft letters: which one helps, and that each is whole, kind and says nothing about health."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.actions.condition import Known, condition_of
from aggregator.actions.letter_facts import About
from aggregator.actions.letters import LETTERS, draft, helpful, helpful_after_all
from aggregator.errors import AggregatorError
from aggregator.model import (
    Consent,
    Identity,
    Outcome,
    Site,
    Source,
    SourceState,
    Suspicion,
    VisitState,
)
from aggregator.settings import load_settings
from aggregator.store.receipts import Past

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()
FOLDERS = load_settings(sealed=True).template_folders
SHIPPED = FOLDERS[-1] / "letters"
SITE = Site("Example Institute", "https://www.example.org", contact="mailto:web@example.org")
SOURCE = Source("family", "feed", "https://family.example.org/feed/", name="One family's year")
CONSENT = Consent("PF-1", "authorization", date(2026, 1, 1), expires=date(2026, 12, 24))
WITH_CONSENT = replace(SOURCE, consent=CONSENT)
STATE = VisitState(
    "family",
    "feed:https://family.example.org/feed/",
    last_visit=NOW,
    adopted="https://new.example.org/feed/",
    error_streak=9,
    failing_since=NOW - timedelta(days=20),
    outcome=Outcome.FAILED,
)
LANGUAGES = ("en", "es")
HEALTH = re.compile(
    r"cancer|cáncer|tumou?r|illness|disease|sick|patient|paciente|enferm|treatment|tratamiento"
    r"|diagn|therap|terapia|hospital|clinic|médic|medic|health|\bsalud\b|recover|died|death|muert|fallec",
    re.IGNORECASE,
)


ERASED = Past("34817020917b", NOW - timedelta(days=2))
WITHDRAWN = replace(CONSENT, withdrawn=TODAY)
DOUBTED = Suspicion(NOW - timedelta(days=3), ("Another title.",), Identity())
FITTING: dict[str, dict[str, object]] = {
    "consent-ended": {"consent": replace(CONSENT, expires=TODAY)},
    "withdrawn": {"consent": WITHDRAWN},
    "erased": {"erased": ERASED},
    "changed-owner": {"state": replace(STATE, suspicion=DOUBTED)},
    "not-found": {"state": replace(STATE, error_kind="not found")},
    "gone": {"state": replace(STATE, stopped_at=NOW - timedelta(days=5))},
    "refused": {"state": replace(STATE, error_kind="denied")},
    "not-reached": {"state": replace(STATE, error_kind="timed out")},
    "unreadable": {"state": replace(STATE, error_kind="not a feed")},
    "memorial": {"source": replace(WITH_CONSENT, state=SourceState.MEMORIAL)},
}
"""By letter, what must be so for it to be true; of the others, nothing more than of ``fitting``."""


def fitting(letter: str = "", more: Mapping[str, object] | None = None) -> About:
    """A source of which that letter is true; without a name, one that has moved."""
    facts = {"source": WITH_CONSENT, "state": STATE, "consent": CONSENT} | FITTING.get(letter, {})
    facts |= more or {}
    source, state = facts["source"], facts["state"]
    condition = None
    if isinstance(source, Source):
        seen = state if isinstance(state, VisitState) else None
        condition = condition_of(source, seen, Known(newest=NOW), NOW)
    facts |= {"condition": condition, "name": facts.get("name", SOURCE.name)}
    return About("family", site=SITE, now=NOW, **facts)  # type: ignore[arg-type]


def told(
    source: Source = SOURCE,
    *,
    needs_consent: bool = False,
    adopted: str | None = None,
    **state: object,
) -> str | None:
    known = replace(STATE, adopted=adopted, **state)  # type: ignore[arg-type]
    found = condition_of(source, known, Known(newest=NOW), NOW)
    return helpful(source, known, found, TODAY, needs_consent=needs_consent)


# --- which ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("not found", "not-found"),
        ("gone", "not-found"),
        ("denied", "refused"),
        ("challenge", "refused"),
        ("not a feed", "unreadable"),
        ("too large", "unreadable"),
        ("bad certificate", "not-reached"),
        ("server fault", "not-reached"),
        ("blocked address", None),
        ("token missing", None),
        ("unexpected shape", None),
    ],
)
def test_a_failure_that_its_owner_can_mend(kind: str, name: str | None) -> None:
    assert told(error_kind=kind, error_advice="Look.") == name


def test_a_failure_of_a_moment_is_nobodys_trouble() -> None:
    assert told(error_kind="server fault", error_streak=1, outcome=Outcome.FAILED) is None


def test_gone_for_good() -> None:
    assert told(stopped_at=NOW) == "gone"


def test_moved() -> None:
    assert told(adopted="https://new.example.org/feed/") == "moved"


def test_perhaps_somebody_elses() -> None:
    doubted = Suspicion(NOW, ("Another title.",), Identity())
    assert told(suspicion=doubted) == "changed-owner"
    assert told(suspicion=doubted, stopped_at=NOW) is None  # a person has rejected it


@pytest.mark.parametrize(
    ("state", "name"), [(SourceState.RESTING, "resting"), (SourceState.MEMORIAL, "memorial")]
)
def test_what_people_set(state: SourceState, name: str) -> None:
    assert told(replace(SOURCE, state=state)) == name


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "consent-ends"),
        ({"expires": TODAY}, "consent-ended"),
        ({"expires": TODAY + timedelta(days=61)}, None),
        ({"expires": None}, None),
        ({"withdrawn": TODAY}, "withdrawn"),
        ({"given": TODAY + timedelta(days=1)}, None),
    ],
)
def test_by_consent(changes: dict[str, date | None], name: str | None) -> None:
    source = replace(SOURCE, consent=replace(CONSENT, **changes))  # type: ignore[arg-type]
    assert told(source) == name


@pytest.mark.parametrize("state", [SourceState.ACTIVE, SourceState.PAUSED])
def test_who_was_never_asked_is_asked(state: SourceState) -> None:
    assert told(replace(SOURCE, state=state), needs_consent=True) == "welcome"
    assert told(replace(SOURCE, state=state)) is None


def test_an_account_of_the_institute_needs_no_letter() -> None:
    assert told(replace(SOURCE, platform="mastodon"), error_kind="not found") is None


def test_what_was_taken_down_is_confirmed() -> None:
    found = condition_of(SOURCE, None, Known(taken_down=True), NOW)
    assert helpful(SOURCE, None, found, TODAY, needs_consent=False) == "erased"


@pytest.mark.parametrize(
    ("kept", "name"),
    [
        ({"erased": ERASED, "consent": None}, "erased"),
        ({"consent": WITHDRAWN}, "withdrawn"),
        ({"consent": CONSENT}, None),
        ({"consent": None}, None),
    ],
)
def test_of_one_that_left_the_list(kept: dict[str, object], name: str | None) -> None:
    assert helpful_after_all(fitting("", {"source": None, "state": None} | kept)) == name


# --- what would be wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "facts", "reason"),
    [
        ("consent-ends", {"consent": replace(CONSENT, expires=None)}, "holds without an end"),
        ("consent-ends", {"consent": None}, "No consent is recorded for family"),
        ("consent-ends", {"consent": replace(CONSENT, expires=TODAY)}, "ended on 2026-11-23"),
        ("consent-ended", {}, "holds until 2026-12-24"),
        ("withdrawn", {}, "is not withdrawn"),
        ("withdrawn", {"consent": replace(CONSENT, withdrawn=date(2026, 12, 1))}, "or not yet"),
        ("erased", {}, "was not taken down"),
        ("moved", {"state": replace(STATE, adopted=None)}, "was led to another address"),
        ("not-found", {}, "did not end so"),
        ("refused", {"state": replace(STATE, error_kind="not found")}, "Not found since"),
        ("not-reached", {"state": None}, "Not visited yet"),
        ("gone", {}, "does not say that it is gone"),
        ("changed-owner", {}, "Nothing tells"),
        ("memorial", {}, "is not kept as a memorial"),
        ("resting", {"erased": ERASED}, "was taken down on 2026-11-21"),
        ("withdrawn", {"consent": WITHDRAWN, "erased": ERASED}, "was taken down on 2026-11-21"),
        ("welcome", {"source": None}, "not in feeds.yaml any more"),
    ],
)
def test_a_letter_that_would_say_what_is_not_so_is_refused_with_the_reason(
    name: str, facts: dict[str, object], reason: str
) -> None:
    with pytest.raises(AggregatorError, match="would not be true") as caught:
        draft(FOLDERS, name, fitting("", facts))
    assert reason in str(caught.value)


def test_the_day_of_a_failure_is_that_on_which_it_began() -> None:
    assert "Since 3 November 2026" in draft(FOLDERS, "not-found", fitting("not-found"), "en").text


def test_a_day_that_is_not_known_is_left_open_to_be_seen() -> None:
    state = replace(STATE, error_kind="not found", failing_since=None)
    about = fitting("", {"state": state})
    assert "Since [day]" in draft(FOLDERS, "not-found", about, "en").text
    assert "[día]" in draft(FOLDERS, "not-found", about, "es").text


# --- their texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_there_in_both_languages(language: str) -> None:
    assert {path.stem for path in (SHIPPED / language).glob("*.txt")} == set(LETTERS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_whole(name: str, language: str) -> None:
    letter = draft(FOLDERS, name, fitting(name), language)
    assert letter.language == language
    assert letter.subject
    assert "$" not in letter.subject + letter.text
    assert "None" not in letter.text
    assert letter.text.splitlines()[-2:] == ["Example Institute", "web@example.org"]
    assert max(map(len, letter.text.splitlines())) <= 72
    assert len(letter.text) < 1500


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_says_nothing_about_health(name: str, language: str) -> None:
    letter = draft(FOLDERS, name, fitting(name), language)
    assert not HEALTH.search(letter.subject + letter.text)


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_never_repeats_the_number_of_the_form(name: str) -> None:
    assert "PF-1" not in draft(FOLDERS, name, fitting(name)).text


def test_the_confirmation_says_when_the_receipt_and_what_remains() -> None:
    said = " ".join(draft(FOLDERS, "erased", fitting("erased"), "en").text.split())
    for fact in ("on 21 November 2026", "34817020917b", "at most 35 days", "search engines"):
        assert fact in said


def test_a_name_that_is_gone_is_left_open_to_be_seen() -> None:
    letter = draft(
        FOLDERS, "erased", fitting("erased", {"source": None, "state": None, "name": None})
    )
    assert "[family]" in letter.subject


def test_a_language_that_was_asked_for_is_never_replaced_by_another() -> None:
    with pytest.raises(AggregatorError, match="in the language “de”") as caught:
        draft(FOLDERS, "welcome", fitting(), "de")
    assert "en, es" in caught.value.advice


def test_days_are_written_in_the_letters_language() -> None:
    assert "until 24 December 2026" in draft(FOLDERS, "consent-ends", fitting(), "en").text
    assert "hasta el 24 de diciembre de 2026" in " ".join(
        draft(FOLDERS, "consent-ends", fitting(), "es").text.split()
    )


@pytest.mark.parametrize(
    ("source", "site", "language"), [("es-MX", "en", "es"), (None, "es", "es"), ("de", "es", "en")]
)
def test_the_blogs_language_is_the_letters(source: str | None, site: str, language: str) -> None:
    asked = replace(
        fitting("", {"source": replace(SOURCE, language=source)}), site=replace(SITE, language=site)
    )
    assert draft(FOLDERS, "welcome", asked).language == language


def test_a_letter_of_ones_own_wins(tmp_path: Path) -> None:
    own = tmp_path / "letters" / "en"
    own.mkdir(parents=True)
    (own / "moved.txt").write_text("About ${blog}\n\nNow at ${new_address}.\n", "utf-8")
    letter = draft((tmp_path, *FOLDERS), "moved", fitting())
    assert letter.subject == "About One family's year"
    assert letter.text == "Now at https://new.example.org/feed/."


@pytest.mark.parametrize("text", ["${age}", "$", "\udcff"])
def test_a_letter_that_asks_for_what_is_unknown_is_told_by_its_place(
    tmp_path: Path, text: str
) -> None:
    own = tmp_path / "letters" / "en"
    own.mkdir(parents=True)
    (own / "moved.txt").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(AggregatorError, match=r"moved\.txt") as caught:
        draft((tmp_path, *FOLDERS), "moved", fitting())
    assert "new_address" in caught.value.advice


def test_an_unknown_letter() -> None:
    with pytest.raises(AggregatorError, match="no letter named spam"):
        draft(FOLDERS, "spam", fitting())
