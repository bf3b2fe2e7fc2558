"""Ids made from titles and hosts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.catalogue.ids import id_for


@pytest.mark.parametrize(
    ("title", "made"),
    [
        ("One family's year", "one-familys-year"),
        ("Ärzte über Brüche: Übersicht", "arzte-uber-bruche-ubersicht"),
        ("www.example.org", "example-org"),
        ("  --- ", "blog-example-org"),
        ("日記 2026", "blog-example-org"),
        ("Наш блог", "blog-example-org"),
        (
            "A title that goes on and on, far beyond what anybody reads",
            "a-title-that-goes-on-and-on-far-beyond",
        ),
    ],
)
def test_an_id_is_readable(title: str, made: str) -> None:
    assert id_for(title, set().__contains__, otherwise="blog.example.org") == made


def test_an_id_that_is_taken_gets_a_number() -> None:
    assert id_for("News", {"news", "news-2"}.__contains__) == "news-3"


@given(st.text(), st.text(), st.sets(st.sampled_from(["source", "source-2", "a"])))
def test_an_id_is_always_one(title: str, host: str, taken: set[str]) -> None:
    made = id_for(title, taken.__contains__, otherwise=host)
    assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", made)
    assert len(made) <= 64
    assert made not in taken
