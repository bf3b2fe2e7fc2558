"""``posts`` as people call it: of one source, with a word, and with what must be read."""

from collections.abc import Callable

import pytest

from aggregator.model import public_id_of
from tests.cli.conftest import Run
from tests.trip.stage import Origin, item, rss

ONE, TWO = public_id_of("blog", "id-1"), public_id_of("blog", "id-2")
LONG = "The ward was quiet that night. " * 200


@pytest.fixture
def waiting(run: Run, origin: Origin, follow: Callable[..., None]) -> Run:
    """Two posts, one of them long, that a person has yet to read."""
    origin.bodies["/feed"] = rss(item(2, text=f"<p>Dear all</p><p>{LONG}</p>"), 1)
    follow("in: latest-posts, review: always")
    run("refresh")
    return run


def titles(run: Run, *words: str) -> list[str]:
    return [line["title"] for line in run("posts", *words, "--json").lines]


def test_the_posts_of_a_source(waiting: Run) -> None:
    assert titles(waiting, "blog") == ["Post 2", "Post 1"]


def test_the_posts_of_a_source_as_scripts_name_it(waiting: Run) -> None:
    assert titles(waiting, "--source", "blog") == ["Post 2", "Post 1"]


def test_of_no_source_there_are_no_posts(waiting: Run) -> None:
    said = waiting("posts", "nobody")
    assert said.code == 1
    assert "nobody" in said.err


def test_the_id_of_a_post_leads_to_why(waiting: Run) -> None:
    assert f"`why {ONE}`" in waiting("posts", ONE).err


def test_what_waits_is_put_before_a_person_with_its_link(waiting: Run) -> None:
    lines = waiting("posts", "--waiting").out.splitlines()
    assert "    | What happened in post 1, told at some length." in lines
    assert "    https://family.example.org/1" in lines
    assert lines[-1].startswith("`approve ID`")


def test_of_a_long_post_the_beginning_is_listed_and_where_more_stands(waiting: Run) -> None:
    out = waiting("posts", "--waiting").out
    assert "    | Dear all\n    | The ward was quiet" in out
    assert f"more characters: `why {TWO}` shows more." in out
    assert len(out) < 2_000


def test_what_is_merely_listed_is_named_only(waiting: Run) -> None:
    assert "told at some length" not in waiting("posts").out


def test_why_shows_more_of_what_it_says(waiting: Run) -> None:
    out = waiting("why", TWO).out
    assert out.count("The ward was quiet") > 50
    assert "more characters: they stand at its link." in out
    assert "    https://family.example.org/2" in out


def test_why_tells_machines_all_of_it(waiting: Run) -> None:
    (answer,) = waiting("why", TWO, "--json").lines
    assert answer["contents"]["text"].count("The ward was quiet") == 200
    assert answer["contents"]["link"] == "https://family.example.org/2"


@pytest.mark.parametrize("word", ["dear", "DEAR ALL", "post 2"])
def test_a_word_in_title_or_text_however_it_is_written(waiting: Run, word: str) -> None:
    assert titles(waiting, "--find", word) == ["Post 2"]


def test_a_word_that_nowhere_stands(waiting: Run) -> None:
    said = waiting("posts", "--find", "100%")
    assert (said.out, said.err) == ("", "There are no such posts.\n")
