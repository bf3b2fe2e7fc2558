from collections import Counter

import pytest

from aggregator.demo.cases import Case, pictures, read_cases

CASES = {case.id: case for case in read_cases()}
EVERY = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@EVERY
def test_each_post_is_shown(case: Case) -> None:
    """The door lets each of them in, and none is taken for a copy of another."""
    written = [entry for entry in case.entries if not entry.get("silent")]
    assert len(case.widget("posts").cards) == len(written)


@EVERY
def test_posts_stand_in_the_order_of_the_file(case: Case) -> None:
    shown = [card.source.id for card in case.widget("posts").cards]
    assert shown == sorted(shown, key=lambda id_: int(id_.rpartition("-")[2]))


@EVERY
def test_the_same_case_is_the_same_widget(case: Case) -> None:
    assert case.widget("posts") == case.widget("posts")


def test_ids_are_unique() -> None:
    assert max(Counter(case.id for case in read_cases()).values()) == 1


def test_titles_are_unique() -> None:
    """They name the regions of the page."""
    titles = Counter(case.heading or case.title for case in CASES.values())
    assert max(titles.values()) == 1


def test_posts_without_a_title_have_none() -> None:
    cards = CASES["untitled"].widget("posts").cards
    assert [card.stored.post.title for card in cards if card.stored] == [None] * 3


def test_posts_without_a_date_have_none() -> None:
    cards = CASES["dateless"].widget("posts").cards
    assert [card.stored.post.published for card in cards if card.stored] == [None] * 2


def test_emoji_are_alone() -> None:
    cards = CASES["emoji"].widget("posts").cards
    texts = "".join(card.stored.post.text for card in cards if card.stored)
    assert texts
    assert not any(character.isalnum() for character in texts)


def test_as_many_as_a_widget_may_have() -> None:
    assert len(CASES["fifty"].widget("posts").cards) == 50


def test_where_nobody_posted_the_sources_stand() -> None:
    widget = CASES["none"].widget("posts")
    assert (widget.cards, len(widget.follow)) == ((), 3)


def test_pictures_are_those_of_the_files() -> None:
    hung = {card.picture.path for card in CASES["pictures"].widget("posts").cards if card.picture}
    assert hung < {file.path for file in pictures()}
