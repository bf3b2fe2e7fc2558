"""Texts as they are compared."""

import pytest

from aggregator.normalise.folding import content_key, fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello  World", "hello world"),
        ("STRASSE", "straße"),
        ("\ufb01ne ½", "fine 1\u20442"),
        ("a\nb", "A B"),
        ("Ａ", "a"),
    ],
)
def test_fold(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_a_few_words_tell_no_posts_apart() -> None:
    assert content_key("Day 12", "Good morning.") is None


def test_title_and_text_are_one_in_any_case_and_spacing() -> None:
    text = "The long road home was not as long as the road to the clinic."
    assert content_key("", text) == content_key(
        "THE LONG  road", text.removeprefix("The long road ")
    )
