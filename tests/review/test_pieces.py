"""The quick no says no only where the slow one does."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Post
from aggregator.review.holds import shipped
from aggregator.review.pieces import folded, pieces_of
from aggregator.review.reading import bare, even
from aggregator.review.rules import Rule, inspect, pattern_of
from benchmarks.holds import labelled, post_of

MakePost = Callable[..., Post]

SHIPPED = [one.pattern for rule in shipped() for one in rule.patterns]
WILD = [
    pattern_of(text)
    for text in (
        "a|b",
        "(?:ab|c?)d",
        "(ab)+c{0,2}",
        "(?:ab|cd){2}x?",
        "(?!ab)c[ab]|d(?=ab)",
        "(?i:AB)c|(?-i:Ab)d",
        "(?>ab|a)c++d",
        "(?:|ab)cd",
        "s\u0131k",
        r"\bab\b.{0,3}?c$",
    )
]


def without_pieces(rule: Rule) -> Rule:
    return replace(rule, patterns=tuple(replace(one, pieces=()) for one in rule.patterns))


SLOW = tuple(map(without_pieces, shipped()))
POSTS = [one.post.text for one in labelled()]
WORDS = sorted({word for text in POSTS for word in re.findall(r"\S+|\s", text)})


@pytest.mark.parametrize("text", POSTS, ids=range(len(POSTS)))
def test_a_labelled_post_is_held_alike(make_post: MakePost, text: str) -> None:
    for said in (text, text.upper(), text.replace("i", "\u0131").replace("s", "\u017f")):
        assert inspect(make_post(said), shipped()) == inspect(make_post(said), SLOW)


@given(st.lists(st.sampled_from(WORDS) | st.sampled_from(POSTS) | st.text(max_size=9), max_size=30))
def test_any_post_is_held_alike(said: list[str]) -> None:
    post = post_of(" ".join(said))
    assert inspect(post, shipped()) == inspect(post, SLOW)


@pytest.mark.parametrize("pattern", WILD, ids=lambda pattern: str(pattern.pattern))
@given(st.data())
def test_no_text_in_which_a_pattern_finds_something_is_without_its_pieces(
    pattern: re.Pattern[str], data: st.DataObject
) -> None:
    text = data.draw(st.from_regex(pattern))
    pieces = pieces_of(pattern)
    for seen in (text, even(text), bare(even(text))):
        if pattern.search(seen):
            assert not pieces or any(piece in folded(seen) for piece in pieces)


def test_letters_that_a_search_takes_for_one_another_fold_alike() -> None:
    plain = re.compile("[a-z]", re.IGNORECASE)
    signs = [chr(code) for code in range(0x20000) if plain.fullmatch(chr(code))]
    unlike = [sign for sign in signs if not re.fullmatch("[a-z]", folded(sign))]
    assert len(signs) > 2 * 26
    assert unlike == []


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [
        (r"\b(?:miracle|wonder) cures?\b", {"miracle", "wonder"}),
        ("(?:herbs?|juic(?:e|es))", {"herb", "juice"}),
        ("(?:room|bed)?[0-9]+", set()),
        ("(?:room|[0-9])", set()),
        ("(?-i:MRN)", {"mrn"}),
    ],
)
def test_the_pieces_are_those_of_the_part_whose_shortest_is_the_longest(
    pattern: str, pieces: set[str]
) -> None:
    assert set(pieces_of(pattern_of(pattern))) == pieces


def test_most_of_what_ships_has_pieces() -> None:
    """Else a post of which nothing is wrong costs milliseconds."""
    assert sum(bool(pieces_of(one)) for one in SHIPPED) > 0.9 * len(SHIPPED)
