from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from aggregator.catalogue.reference import EXAMPLE, REVIEWS, STATES, reference_page
from aggregator.catalogue.schema import SECTIONS, keys_of
from aggregator.errors import Problem
from aggregator.model import Platform, Review, SourceState

GOLDEN = Path(__file__).parent / "reference.golden.md"
Problems = Callable[[str | bytes], tuple[Problem, ...]]


def test_page_is_the_golden_one(platforms: Mapping[str, Platform], layouts: frozenset[str]) -> None:
    """After a wanted change, write the page into the golden file and read the difference."""
    assert reference_page(platforms, layouts) == GOLDEN.read_text(encoding="utf-8")


def test_example_is_good(problems: Problems) -> None:
    assert problems(EXAMPLE) == ()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_has_a_meaning_and_an_example(section: str) -> None:
    for key, field in keys_of(SECTIONS[section]).items():
        assert (key, bool(field.description), bool(field.examples)) == (key, True, True)


def test_every_state_and_review_has_a_meaning() -> None:
    assert set(STATES) == set(SourceState)
    assert set(REVIEWS) == set(Review)


def test_examples_of_keys_are_good(problems: Problems) -> None:
    """Each example of the tables can be copied into a file."""
    for name in ("widgets", "sources"):
        lines = [
            f"    {key}: {field.examples[0]}"
            for key, field in keys_of(SECTIONS[name]).items()
            if field.examples and key not in {"id", "like", "options", "text", "token"}
        ]
        base = EXAMPLE.partition("widgets:")[0] + "widgets:\n"
        entry = "\n".join(["  - id: latest-posts", *lines])
        if name == "sources":
            base += "  - {id: latest-posts, title: A, layout: posts}\nsources:\n"
            entry += "\n    feed: https://news.example.org/feed/"
        assert problems(f"{base}{entry}\n") == ()
