"""The command ``post``, as a person calls it."""

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run
from tests.trip.stage import HEAD

BOARD = "  - {id: board, hand: true, name: Our board, in: latest-posts}\n"


@pytest.fixture(autouse=True)
def board(run: Run, tmp_path: Path) -> None:
    """A source that is kept by hand."""
    del run  # it makes the folder
    (tmp_path / "feeds.yaml").write_text(HEAD + BOARD, "utf-8")


def test_it_says_where_it_is_shown(run: Run) -> None:
    said = run("post", "board", "--text", "Open again.", "--link", "https://www.example.org/1")
    assert said.code == 0
    assert said.out.startswith("Stored: ")
    assert "Shown in latest-posts." in said.out


def test_words_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("First line.\nSecond line.\n"))
    run("post", "board", "--text", "-")
    (one,) = run("posts", "--json").lines
    assert one["text"] == "First line.\nSecond line."


def test_as_json(run: Run) -> None:
    (one,) = run("post", "board", "--text", "Open again.", "--json").lines
    assert (one["source"], one["outcome"], one["shown"]) == ("board", "new", ["latest-posts"])
    (again,) = run("post", "board", "--text", "Open again.", "--json").lines
    assert (again["id"], again["outcome"]) == (one["id"], "unchanged")
    (edited,) = run("post", "board", "--edit", one["id"], "--text", "Closed.", "--json").lines
    assert (edited["id"], edited["outcome"]) == (one["id"], "edited")


def test_a_day_is_one_of_the_sites_own(run: Run) -> None:
    run("post", "board", "--text", "Open again.", "--published", "2026-05-01")
    (one,) = run("posts", "--json").lines
    assert one["published"] == "2026-05-01T04:00:00+00:00"


@pytest.mark.parametrize(
    ("day", "words"), [("soon", "is not a date"), ("2999-01-01", "is yet to come")]
)
def test_a_wrong_day(run: Run, day: str, words: str) -> None:
    said = run("post", "board", "--text", "Open again.", "--published", day)
    assert said.code == 1
    assert words in said.err


def test_a_picture_wants_words(run: Run, tmp_path: Path) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "roof.png")
    refused = run("post", "board", "--text", "Open again.", "--picture", "roof.png")
    assert refused.code == 1
    assert "those who cannot see it" in refused.err
    words = ("--picture", "roof.png", "--alt", "A red roof")
    assert run("post", "board", "--text", "Open again.", *words).code == 0
    assert list((tmp_path / "data" / "public" / "media").glob("*.webp"))


def test_contradictions_are_wrong_use(run: Run) -> None:
    said = run("post", "board", "--edit", "x", "--picture", "roof.png", "--no-picture")
    assert said.code == 2


def test_refresh_and_check_leave_it_in_peace(run: Run) -> None:
    run("post", "board", "--text", "Open again.")
    assert "Nothing is due" in run("refresh", "board", "--force").out
    assert "Kept by hand: there is nothing to visit." in run("check", "--online").out
    assert "Kept by hand: 1 post, the newest within the hour." in run("status").out
