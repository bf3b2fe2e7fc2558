from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from aggregator.widgets.words import direction, language_tag, long_date, play_time, words_of

MOMENT = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "November 22, 2026"),
        ("en-GB", "22 November 2026"),
        ("es-MX", "22 de noviembre de 2026"),
        ("es_MX", "22 de noviembre de 2026"),
        ("en-XX-nonsense", "November 22, 2026"),
        ("tlh", "November 22, 2026"),
        ("", "November 22, 2026"),
    ],
)
def test_dates_follow_language_and_zone(language: str, words: str) -> None:
    assert long_date(MOMENT, ZoneInfo("America/New_York"), language) == words


def test_regions_share_the_words_of_their_language() -> None:
    assert words_of("es-MX") is words_of("es")


def test_unknown_languages_get_english() -> None:
    assert words_of("tlh") is words_of("en")


@pytest.mark.parametrize(("language", "found"), [("ar", "rtl"), ("he-IL", "rtl"), ("es", "ltr")])
def test_direction_of_writing(language: str, found: str) -> None:
    assert direction(language) == found


@pytest.mark.parametrize(
    ("seconds", "language", "found"),
    [(29, "en", "29 sec"), (31, "en", "1 min"), (200, "es", "3 min"), (5400, "en", "90 min")],
)
def test_how_long_a_film_plays(seconds: int, language: str, found: str) -> None:
    assert play_time(seconds, language) == found


@pytest.mark.parametrize(
    ("said", "tag"), [("pt_BR", "pt-BR"), ('en" x="', None), ("", None), (None, None), ("e", None)]
)
def test_only_well_formed_tags_pass(said: str | None, tag: str | None) -> None:
    assert language_tag(said) == tag
