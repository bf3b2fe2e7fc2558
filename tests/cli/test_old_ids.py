"""Ids that sources and posts had before, said on the command line: people have them in letters."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.model import public_id_of
from tests.cli.conftest import Run
from tests.trip.stage import Origin, item, rss

OLD_POST = public_id_of("blog", "id-1")


@pytest.fixture
def renamed(run: Run, origin: Origin, follow: Callable[..., None], tmp_path: Path) -> Run:
    """A world in which a source with posts by Bert is called ``family``, and was ``blog``."""
    by_bert = [item(n).replace("</item>", "<author>Bert</author></item>") for n in (2, 1)]
    origin.bodies["/feed"] = rss(*by_bert)
    follow("in: latest-posts, consent: {reference: PF-1, basis: authorization, given: 2025-01-01}")
    assert run("refresh").code == 0
    file = tmp_path / "feeds.yaml"
    file.write_text(file.read_text("utf-8").replace("id: blog", "id: family"), "utf-8")
    assert run("refresh").code == 0
    return run


@pytest.mark.parametrize(
    "words",
    [
        "why POST --json",
        "posts SOURCE --json",
        "posts SOURCE --widget latest-posts --json",
        "status SOURCE --json",
        "visits SOURCE --json",
        "refresh SOURCE --force --json",
        "letter SOURCE --about welcome --json",
        "state SOURCE paused --json",
        "consent withdraw SOURCE --on 2099-01-01 --json",
        "release SOURCE --json",
        "remove SOURCE --json",
        "hide POST --from 2099-12-24 --json",
        "takedown SOURCE --yes --json",
        "takedown --author Bert --source SOURCE --yes --json",
    ],
)
def test_an_old_id_means_what_has_another_one_today(renamed: Run, words: str) -> None:
    named = {"SOURCE": "blog", "POST": OLD_POST}
    said = renamed(*(named.get(word, word) for word in words.split()))
    assert said.code == 0, said.err
    assert '"family"' in json.dumps(said.lines)


def test_removed_by_its_old_id_it_is_out_of_the_file(renamed: Run, tmp_path: Path) -> None:
    assert "Removed: family." in renamed("remove", "blog").out
    assert "id: family" not in (tmp_path / "feeds.yaml").read_text("utf-8")


def test_an_author_is_erased_from_what_a_source_was_called_once(renamed: Run) -> None:
    said = renamed("takedown", "--author", "Bert", "--source", "blog", "--yes")
    assert "Taken down at" in said.out
    assert renamed("posts", "--json").lines == []


def test_before_a_source_is_erased_by_its_old_id_its_posts_are_counted(
    renamed: Run, answering: Callable[[str], None]
) -> None:
    answering("n\n")
    said = renamed("takedown", "blog")
    assert "Erase everything of family for good: 2 posts?" in said.out + said.err


def test_why_tells_of_a_post_taken_down_before_its_source_had_another_id(
    run: Run, origin: Origin, follow: Callable[..., None], tmp_path: Path
) -> None:
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    run("refresh")
    run("takedown", OLD_POST)
    file = tmp_path / "feeds.yaml"
    file.write_text(file.read_text("utf-8").replace("id: blog", "id: family"), "utf-8")
    run("refresh")
    assert run("why", OLD_POST).code == 0


def test_an_id_that_another_source_took_is_that_one(
    renamed: Run, origin: Origin, tmp_path: Path
) -> None:
    file = tmp_path / "feeds.yaml"
    entry = f"  - {{id: blog, feed: '{origin.url('/other')}', in: latest-posts}}\n"
    file.write_text(file.read_text("utf-8") + entry, "utf-8")
    assert "Removed: blog." in renamed("remove", "blog").out
    assert "id: family" in file.read_text("utf-8")
