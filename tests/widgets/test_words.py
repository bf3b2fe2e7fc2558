from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.widgets import words
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


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("es-MX", "es"),
        ("es_MX", "es"),
        ("es-419", "es"),
        ("ar-EG", "ar"),
        ("iw", "he"),
        ("en-GB", "en"),
        ("fa", "en"),
        ("tlh", "en"),
        ("", "en"),
        ("../es", "en"),
    ],
)
def test_words_are_of_the_language_or_english(language: str, found: str) -> None:
    """Its regions share them; an old code of a language is as good as its new one."""
    assert words_of(language).language == found


def test_words_of_a_region_come_before_those_of_its_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, said in (("pt", "Todas"), ("pt_BR", "Todos"), ("zh_Hant", "全部")):
        folder = tmp_path / name / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "widgets.po").write_text(f'msgid "All posts"\nmsgstr "{said}"\n', "utf-8")
    monkeypatch.setattr(words, "_CATALOGUES", tmp_path)
    words_of.cache_clear()
    words._translated.cache_clear()
    try:
        asked = ("pt", "pt-PT", "pt-BR", "zh-TW", "zh-Hans")
        assert [words_of(one).all_posts for one in asked] == [
            "Todas",
            "Todas",
            "Todos",
            "全部",
            "All posts",
        ]
        assert words_of("zh-TW").language == "zh-Hant"
        assert words_of("pt").all_blogs == "All blogs"
    finally:
        words_of.cache_clear()
        words._translated.cache_clear()


@pytest.mark.parametrize(
    ("month", "language", "date"),
    [
        (1, "es", "5 de enero de 2026"),
        (9, "es", "5 de septiembre de 2026"),
        (3, "he", "5 במרץ 2026"),
        (11, "he", "5 בנובמבר 2026"),
        (1, "ar", "5 يناير 2026"),
        (8, "ar", "5 أغسطس 2026"),
    ],
)
def test_months_have_their_names(month: int, language: str, date: str) -> None:
    assert long_date(datetime(2026, month, 5, 12, tzinfo=UTC), ZoneInfo("UTC"), language) == date


@pytest.mark.parametrize(("language", "found"), [("ar", "rtl"), ("he-IL", "rtl"), ("es", "ltr")])
def test_direction_of_writing(language: str, found: str) -> None:
    assert direction(language) == found


@pytest.mark.parametrize(
    ("seconds", "language", "found"),
    [
        (29, "en", "29 sec"),
        (31, "en", "1 min"),
        (200, "es", "3 min"),
        (200, "he", "3 דק׳"),
        (200, "ar", "3 د"),
        (5400, "en", "90 min"),
    ],
)
def test_how_long_a_film_plays(seconds: int, language: str, found: str) -> None:
    assert play_time(seconds, language) == found


@pytest.mark.parametrize(
    ("said", "tag"), [("pt_BR", "pt-BR"), ('en" x="', None), ("", None), (None, None), ("e", None)]
)
def test_only_well_formed_tags_pass(said: str | None, tag: str | None) -> None:
    assert language_tag(said) == tag
