"""Draft letters: which one helps, and that each is whole, kind and says nothing about health."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.actions.condition import Condition, Known, condition_of
from aggregator.actions.letters import LETTERS, About, draft, helpful
from aggregator.errors import AggregatorError
from aggregator.model import (
    ConditionKind,
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


def about(source: Source = WITH_CONSENT) -> About:
    condition = Condition(ConditionKind.NOT_FOUND, "Not found.", "Look.", NOW - timedelta(days=20))
    return About(source, source.name, condition, STATE, SITE, NOW)


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


# --- their texts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_there_in_both_languages(language: str) -> None:
    assert {path.stem for path in (SHIPPED / language).glob("*.txt")} == set(LETTERS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_whole(name: str, language: str) -> None:
    letter = draft(FOLDERS, name, about(), language)
    assert letter.language == language
    assert letter.subject
    assert "$" not in letter.subject + letter.text
    assert "None" not in letter.text
    assert letter.text.splitlines()[-2:] == ["Example Institute", "web@example.org"]
    assert max(map(len, letter.text.splitlines())) <= 72
    assert len(letter.text) < 1400


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_says_nothing_about_health(name: str, language: str) -> None:
    letter = draft(FOLDERS, name, about(), language)
    assert not HEALTH.search(letter.subject + letter.text)


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_never_repeats_the_number_of_the_form(name: str) -> None:
    assert "PF-1" not in draft(FOLDERS, name, about()).text


def test_days_are_written_in_the_letters_language() -> None:
    assert "until 24 December 2026" in draft(FOLDERS, "consent-ends", about(), "en").text
    assert "hasta el 24 de diciembre de 2026" in " ".join(
        draft(FOLDERS, "consent-ends", about(), "es").text.split()
    )


@pytest.mark.parametrize(
    ("source", "site", "language"), [("es-MX", "en", "es"), (None, "es", "es"), ("de", "es", "en")]
)
def test_the_blogs_language_is_the_letters(source: str | None, site: str, language: str) -> None:
    asked = replace(about(replace(SOURCE, language=source)), site=replace(SITE, language=site))
    assert draft(FOLDERS, "welcome", asked).language == language


def test_a_letter_of_ones_own_wins(tmp_path: Path) -> None:
    own = tmp_path / "letters" / "en"
    own.mkdir(parents=True)
    (own / "moved.txt").write_text("About ${blog}\n\nNow at ${new_address}.\n", "utf-8")
    letter = draft((tmp_path, *FOLDERS), "moved", about())
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
        draft((tmp_path, *FOLDERS), "moved", about())
    assert "new_address" in caught.value.advice


def test_an_unknown_letter() -> None:
    with pytest.raises(AggregatorError, match="no letter named spam"):
        draft(FOLDERS, "spam", about())
