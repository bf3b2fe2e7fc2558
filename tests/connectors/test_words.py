"""Texts as feeds write them."""

import pytest

from aggregator.connectors._words import looks_like_html, person, repaired


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("café", "café"),
        ("cafÃ©", "café"),
        ("na\x96ve\x92s", "na–ve’s"),
        ("\x81", "\x81"),
        ("汉字", "汉字"),
    ],
)
def test_wrong_charsets_are_undone(text: str, right: str) -> None:
    assert repaired(text) == right


@pytest.mark.parametrize(
    ("text", "is_html"),
    [
        ("Q&A", False),
        ("Tea &amp; toast", True),
        ("a <b>b</b>", True),
        ("a <unheard>of</unheard>", False),
        ("5 < 6 & 7", False),
    ],
)
def test_html_is_known_by_its_tags_and_entities(text: str, *, is_html: bool) -> None:
    assert looks_like_html(text) == is_html


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Ada", "Ada"),
        ("ada@a.example", None),
        ("ada@a.health (Ada)", "Ada"),
        ("Ada <ada@a.org>", "Ada"),
        (" ", None),
    ],
)
def test_a_person_has_no_mail(written: str, name: str | None) -> None:
    assert person(written) == name
