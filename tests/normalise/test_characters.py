import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise.characters import cluster_start, composed, is_blank, tidy


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("plain words", "plain words"),
        ("a\x00b\x07c\x1fd\x7fe", "abcde"),
        ("a\x80b\x9fc", "abc"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("a\r\nb\rc\x0bd\x0ce\x85f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("\u05d0\u200f \u200e1", "\u05d0\u200f \u200e1"),
        ("\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("\ufeffstart\ufffe\uffff", "start"),
        ("half \ud800 pair", "half  pair"),
        ("café © «x»", "café © «x»"),
    ],
)
def test_tidy(raw: str, expected: str) -> None:
    assert tidy(raw) == expected


@given(st.text(st.characters(codec=None)))
def test_tidy_text_can_be_encoded_and_holds_no_controls(raw: str) -> None:
    result = tidy(raw)
    result.encode()
    assert not any(unicodedata.category(char) == "Cc" and char not in "\t\n" for char in result)


@given(st.text(st.characters(codec=None)))
def test_tidy_twice_is_tidy_once(raw: str) -> None:
    assert tidy(tidy(raw)) == tidy(raw)


@given(st.text())
def test_composed_is_nfc_of_ordinary_texts(text: str) -> None:
    assert composed(text) == unicodedata.normalize("NFC", text)


def test_a_run_of_marks_is_cut_to_thirty() -> None:
    assert composed("q" + "\u0323" * 100_000 + "z") == "q" + "\u0323" * 30 + "z"


def test_many_runs_of_mixed_marks_are_each_cut() -> None:
    """Unlimited, this text alone would be sorted for minutes."""
    result = composed(("q" + "\u0301\u0323" * 25_000) * 4)
    assert len(result) == 4 * 31


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u200d \u2060\n", "\u00ad", "\u3164"])
def test_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "\u200ba", "—", "\U0001f600"])
def test_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("abc", 2, 2),
        ("ae\u0301c", 2, 1),
        ("a\U0001f469\u200d\U0001f469\u200d\U0001f467", 4, 1),
        ("a\U0001f44d\U0001f3fd", 2, 1),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 3, 2),
        ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 2, 2),
        ("\u0915\u094d\u0937", 2, 0),
        ("\u1112\u1161\u11ab", 2, 0),
        ("ab\ufe0f", 2, 1),
        ("\U0001f3f4\U000e0067\U000e0062", 2, 0),
        ("\u3042\uff9e", 1, 0),
        ("\u0600\u0661", 1, 0),
        ("abc", 0, 0),
        ("abc", 3, 3),
    ],
)
def test_cluster_start(text: str, at: int, expected: int) -> None:
    assert cluster_start(text, at) == expected
