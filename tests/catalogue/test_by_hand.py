"""Sources that staff keep by hand, and the headings under which blogs are listed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from aggregator.catalogue.load import parse
from aggregator.errors import CatalogueError, Problem
from aggregator.model import Catalogue, Platform, Source, Terms

HEAD = """\
site: {name: Example, url: https://www.example.org}
widgets: [{id: news, title: News, layout: blogs}]
sources:
"""


@dataclass(frozen=True, slots=True)
class HandOptions:
    network: str = ""


def _true(text: str) -> str:
    return text


@pytest.fixture(scope="session")
def parsed(platforms: Mapping[str, Platform], layouts: frozenset[str]) -> Callable[..., Catalogue]:
    """A file with these sources, one flow mapping each."""
    hand = Platform("hand", HandOptions, _true, "true", by_hand=True)
    strict = Platform("strict", HandOptions, _true, "x", terms=Terms("Strict", apart=True))
    known = {**platforms, "hand": hand, "strict": strict}

    def read(*sources: str) -> Catalogue:
        text = HEAD + "".join(f"  - {{{source}}}\n" for source in sources)
        return parse(text, Path("feeds.yaml"), known, layouts)

    return read


@pytest.fixture
def source(parsed: Callable[..., Catalogue]) -> Callable[..., Source]:
    """The only source of such a file."""
    return lambda text: parsed(text).sources[0]


@pytest.fixture
def problems(parsed: Callable[..., Catalogue]) -> Callable[..., tuple[Problem, ...]]:
    """What is wrong with such a file."""

    def told(*sources: str) -> tuple[Problem, ...]:
        with pytest.raises(CatalogueError) as caught:
            parsed(*sources)
        return caught.value.problems

    return told


def test_its_id_stands_for_an_address(source: Callable[..., Source]) -> None:
    board = source("id: board, hand: true, name: Our board, in: news")
    assert (board.platform, board.address, board.by_hand) == ("hand", "board", True)
    assert not board.visited


def test_two_of_them_are_two(parsed: Callable[..., Catalogue]) -> None:
    """They have no address that could be the same."""
    entries = (f"id: board-{number}, hand: true, name: Board, in: news" for number in (1, 2))
    assert len(parsed(*entries).sources) == 2


@pytest.mark.parametrize(
    ("network", "terms"),
    [
        ("", Terms()),
        ("The Ward", Terms("The Ward")),
        ("strict", Terms("Strict", apart=True)),
    ],
)
def test_a_network_has_its_rules(source: Callable[..., Source], network: str, terms: Terms) -> None:
    """What is pasted from it is shown as it asks for, and spelt as it is."""
    options = f'options: {{network: "{network}"}}'
    assert source(f"id: board, hand: true, name: Board, in: news, {options}").terms == terms


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("id: board, hand: no, name: Board, in: news", 'Only "hand: true"'),
        ("id: board, hand: https://x.example, name: Board, in: news", 'Only "hand: true"'),
        ("id: board, hand: true, in: news", "no title of its own"),
        ("id: board, hand: true, name: Board, in: news, every: 2h", "not visited"),
        ("id: board, hand: true, name: Board, in: news, token: HAND_TOKEN", "without a token"),
        ("id: board, hand: true, name: Board, in: news, options: {net: X}", "not an option"),
        ("id: board, hand: true, feed: https://x.example, name: B, in: news", "several addresses"),
    ],
)
def test_what_makes_no_sense_is_said_with_a_way_out(
    problems: Callable[..., tuple[Problem, ...]], entry: str, words: str
) -> None:
    (problem,) = problems(entry)
    assert words in problem.what
    assert problem.hint
    assert problem.line == 4


def test_a_group_is_a_heading(source: Callable[..., Source]) -> None:
    entry = "id: blog, feed: https://x.example/feed, in: news"
    assert source(entry).group is None
    assert source(f"{entry}, group: Young adults").group == "Young adults"
