"""Patterns that staff write: found where they ought to be, and never for hours."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.catalogue.patterns import REACH, read_pattern


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("ward [0-9]+", "ward 12"),
        (r"\bline \d{3}\b", "line 300"),
        ("a{2,}", "aa"),
        ("a{,2}b", "b"),
        ("(mon|tues)day", "tuesday"),
        ("(?:ab)+", "abab"),
        ("x(?=y)", "xy"),
        (r"(?<!\d)\d{3}(?!\d)", "a123b"),
        ("[]a]b", "]b"),
        (r"[\]x]y", "]y"),
        ("a.?c", "abc"),
        (r"\$5", "$5"),
        ("^end$", "end"),
        ("colou??r", "color"),
        ("año", "año"),
    ],
)
def test_is_found(pattern: str, text: str) -> None:
    assert re.search(read_pattern(pattern), text)


def test_what_is_open_ended_is_bounded() -> None:
    bounded = read_pattern("a+b")
    assert re.search(bounded, "a" * 500 + "b")
    assert not re.fullmatch(bounded, "a" * (REACH + 1) + "b")


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a+)+b", "too many ways"),
        ("(a|a)+b", "too many ways"),
        ("(?:ab?)+c", "too many ways"),
        (".*.*.*x", "too many ways"),
        ("a?" * 30 + "b", "too many ways"),
        ("x{400}{400}", "said twice"),
        ("(?:x{400}){400}", "too many ways"),
        ("a{501}", "too much"),
        ("a*", "may be nothing"),
        ("(?=x)", "may be nothing"),
        ("x|", "may be nothing"),
        ("(", "nothing closes"),
        ("a)", "closes nothing"),
        ("+a", "nothing does"),
        ("a**", "said twice"),
        ("a{3,2}", "ends before it begins"),
        ("a{,}", "no number"),
        ("[a", "no end"),
        ("[[:alpha:]]", "not understood"),
        ("[a--b]", "not understood"),
        ("[z-a]", "no pattern"),
        ("(?<=a+)b", "look-behind"),
        (r"(a)\1", "not understood"),
        (r"a\Z", "not understood"),
        ("(?i)a", "not understood"),
        ("(?P<x>a)", "not understood"),
        (r"\b+a", "cannot be repeated"),
        ("(?=a)+b", "cannot be repeated"),
        ("(" * 20 + "a" + ")" * 20, "groups within groups"),
        ("a" * 201, "longer"),
        ("\\", "not understood"),
    ],
)
def test_is_refused_with_what_to_write(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as error:
        read_pattern(pattern)
    what, hint = error.value.args
    assert said in what
    assert hint


@given(st.text(alphabet="ab(|)[]?*+{},0123\\d^$.-:=!< ", max_size=40))
def test_whatever_is_written_is_a_pattern_or_refused(text: str) -> None:
    """And none that is accepted has a repetition without an end, or may be nothing."""
    with contextlib.suppress(ValueError):
        made = read_pattern(text)
        assert re.search(made, "") is None
        assert "*" not in re.sub(r"\[[^\]]*\]|\\.", "", made)


@given(
    st.recursive(
        st.sampled_from(["a", "b", ".", "[ab]", r"\w"]),
        lambda inner: st.one_of(
            st.builds("{}{}".format, inner, inner),
            st.builds("(?:{})".format, inner),
            st.builds("(?:{}|{})".format, inner, inner),
            st.builds("(?:{}){}".format, inner, st.sampled_from(["?", "*", "+", "{2,5}"])),
        ),
        max_leaves=8,
    )
)
def test_no_accepted_pattern_searches_for_long(pattern: str) -> None:
    """Hypothesis looks for one that does, in a text made to defeat it; none hangs this test."""
    try:
        made = read_pattern(f"{pattern}c")
    except ValueError:
        return
    assert re.search(made, "ab" * 100 + "a" * 100) is None
