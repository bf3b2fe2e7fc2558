"""Copies and look-alikes, by a labelled set of our own."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Span, SpanKind, StoredPost
from aggregator.widgets.likeness import likeness
from aggregator.widgets.sketch import Sketch, sketch_of
from tests.widgets.announcements import CROSS_POSTS, LOOK_ALIKES

Sketcher = Callable[[str], Sketch]


@pytest.fixture(scope="session")
def sketch(stored: Callable[..., StoredPost]) -> Sketcher:
    """Reads a text of the labelled set."""

    def read(text: str) -> Sketch:
        title, line, body = text.rpartition("\n---\n")
        spans = tuple(
            Span(SpanKind.LINK, found.start(), found.end(), found[0])
            for found in re.finditer(r"https?://\S+", body)
        )
        # The articles of one pair stand on two sites.
        said = {"permalink": f"https://article.example/{1 + body.count('!')}"} if line else {}
        return sketch_of(stored(title=title or None, text=body, spans=spans, **said).post)

    return read


@pytest.mark.parametrize("pair", CROSS_POSTS)
def test_one_announcement(sketch: Sketcher, pair: str) -> None:
    one, other = map(sketch, CROSS_POSTS[pair])
    assert likeness(one, other) > 0


@pytest.mark.parametrize("pair", LOOK_ALIKES)
def test_two_announcements(sketch: Sketcher, pair: str) -> None:
    one, other = map(sketch, LOOK_ALIKES[pair])
    assert likeness(one, other) == 0


def test_no_text_of_the_set_is_like_one_of_another_pair(sketch: Sketcher) -> None:
    pairs = [tuple(map(sketch, pair)) for pair in CROSS_POSTS.values()]
    found = [
        (one, other)
        for number, pair in enumerate(pairs)
        for others in pairs[number + 1 :]
        for one in pair
        for other in others
        if likeness(one, other) > 0
    ]
    # "cut at a word" and "cut within a word" are of one text.
    assert len(found) <= 4


TEXTS = st.lists(
    st.sampled_from(
        [
            "our",
            "clinic",
            "is",
            "open",
            "closed",
            "on",
            "3",
            "march",
            ".",
            "…",
            "@ana",
            "#yoga",
            "\n",
        ]
    ),
    max_size=30,
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(one=TEXTS, other=TEXTS)
def test_likeness_does_not_depend_on_the_order(sketch: Sketcher, one: str, other: str) -> None:
    assert likeness(sketch(one), sketch(other)) == likeness(sketch(other), sketch(one))


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=400))
def test_any_text_can_be_sketched(sketch: Sketcher, text: str) -> None:
    found = sketch(text.replace("\n---\n", ""))
    assert len(found.words) == len(found.free)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, tags=st.lists(st.sampled_from(["#one", "#Two", "@ana"]), max_size=3))
def test_tags_at_the_end_change_nothing(sketch: Sketcher, text: str, tags: list[str]) -> None:
    assert sketch(" ".join([text, *tags])).words == sketch(text).words


def test_a_text_is_wholly_like_itself(sketch: Sketcher) -> None:
    found = sketch("Our new infusion rooms open today. Come and have a look with us.")
    assert likeness(found, found) == 1
