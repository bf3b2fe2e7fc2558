"""Takedowns, plans and receipts from a terminal."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.trip.stage import Origin, rss

Follow = Callable[..., None]


def by(name: str, number: int) -> str:
    said = f"<author>{name}@example.org ({name})</author></item>"
    item = rss(number).decode().partition("<item>")[2].partition("</channel>")[0]
    return "<item>" + item.replace("</item>", said)


@pytest.fixture
def blog(origin: Origin, follow: Follow, run: Run) -> Run:
    """Three posts, one of them by Anna and two by Ben."""
    origin.bodies["/feed"] = rss(by("Ben", 3), by("Ben", 2), by("Anna", 1))
    follow()
    assert run("refresh").code == 0
    return run


def ids(run: Run) -> dict[str, str]:
    """By title."""
    return {str(post["title"]): str(post["id"]) for post in run("posts", "--json").lines}


def test_an_author_goes_by_name_within_a_source(blog: Run) -> None:
    said = blog("takedown", "--author", "anna", "--source", "blog")
    assert said.code == 0
    assert ": 1 post." in said.out
    assert list(ids(blog)) == ["Post 3", "Post 2"]


def test_a_name_alone_lists_where_it_occurs(blog: Run) -> None:
    said = blog("takedown", "--author", "Ben")
    assert said.code == 1
    assert "strangers may share it. Posts by that name: blog (2)." in said.err
    assert "--source" in said.err
    assert len(ids(blog)) == 3


def test_a_name_that_nobody_has_is_told_with_those_there_are(blog: Run) -> None:
    said = blog("takedown", "--author", "Cem", "--source", "blog")
    assert said.code == 1
    assert "Its posts name: Anna, Ben." in said.err


def test_an_address_takes_all_below_it(blog: Run, tmp_path: Path) -> None:
    said = blog("takedown", "--address", "https://family.example.org/2", "--json")
    assert said.code == 0
    [told] = said.lines
    assert told["receipt"]["what"] == "address"
    assert told["receipt"]["posts_removed"] == 1
    assert told["widgets"] == ["latest-posts"]
    assert list(ids(blog)) == ["Post 3", "Post 1"]
    assert "post 2" not in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")


def test_the_home_of_a_source_takes_the_source_too(blog: Run) -> None:
    said = blog("takedown", "--address", "http://www.family.example.org")
    assert said.code == 0
    assert "Now remove the entry blog from feeds.yaml." in said.out
    assert ids(blog) == {}


@pytest.mark.parametrize("address", ["family", "ftp://family.example.org/"])
def test_no_address_is_told(blog: Run, address: str) -> None:
    said = blog("takedown", "--address", address)
    assert said.code == 1
    assert "is no address of the web" in said.err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("blog", "--author", "Ben"),
        ("--source", "blog"),
        ("--author", "Ben", "--source", "blog", "--at", "2027-01-01"),
        ("--address", "https://family.example.org/", "--undo"),
    ],
)
def test_words_that_do_not_go_together_are_wrong_use(blog: Run, words: tuple[str, ...]) -> None:
    assert blog("takedown", *words).code == 2


@pytest.mark.parametrize("name", ["its id", "its link", "its source", "its author", "its address"])
def test_said_again_it_says_so_and_changes_nothing(blog: Run, name: str) -> None:
    words = {
        "its id": (ids(blog)["Post 2"],),
        "its link": ("https://family.example.org/2",),
        "its source": ("blog",),
        "its author": ("--author", "Anna", "--source", "blog"),
        "its address": ("--address", "https://family.example.org/2"),
    }[name]
    first = blog("takedown", *words, "--json").lines[0]["receipt"]
    again = blog("takedown", *words)
    assert again.code == 0
    assert "It was taken down before" in again.out
    assert first["id"] in again.out
    assert len(blog("receipts", "--json").lines) == 1


def test_receipts_prove_what_was_done_when(blog: Run) -> None:
    key = ids(blog)["Post 2"]
    blog("takedown", key)
    blog("takedown", "blog")
    told = blog("receipts", "--json").lines
    assert [(one["sources"], one["public_ids"]) for one in told] == [(["blog"], []), ([], [key])]
    one = blog("receipts", told[1]["receipt"])
    assert key in one.out
    assert "UTC" in one.out
    assert "Post 2" not in one.out


def test_an_unknown_receipt_is_told(blog: Run) -> None:
    assert blog("receipts").out == "Nothing was ever taken down.\n"
    assert "There is no receipt 123." in blog("receipts", "123").err


# --- with a date -----------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "option"), [("hide", "--from"), ("takedown", "--at")])
def test_a_later_day_is_planned_told_and_taken_back(blog: Run, act: str, option: str) -> None:
    key = ids(blog)["Post 2"]
    words = "hidden" if act == "hide" else "taken down for good"
    planned = blog(act, key, option, "2999-01-01")
    assert planned.code == 0
    assert f"Will be {words} on 2999-01-01 00:00" in planned.out
    assert f"Will be {words} on 2999-01-01 00:00" in blog("posts").out
    assert f"{key}: Will be {words} on 2999-01-01 00:00" in blog("status").out
    assert [one["id"] for one in blog("status", "--json").lines if "plan" in one] == [key]
    assert "That was planned already." in blog(act, key, option, "2999-01-01").out
    assert "✓" in blog("posts").out.partition(key)[0].splitlines()[-1]
    assert "Taken back" in blog(act, key, "--undo").out
    assert "Will be" not in blog("posts").out


@pytest.mark.parametrize(("act", "option"), [("hide", "--from"), ("takedown", "--at")])
def test_a_day_in_the_past_is_now(blog: Run, act: str, option: str, tmp_path: Path) -> None:
    assert blog(act, ids(blog)["Post 2"], option, "2020-01-01").code == 0
    assert "post 2" not in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")


def test_a_plan_for_a_source_is_told_as_json(blog: Run) -> None:
    [told] = blog("takedown", "blog", "--at", "2999-01-01T12:00", "--json").lines
    assert told == {
        "source": "blog",
        "id": None,
        "plan": "takedown",
        "at": "2999-01-01T17:00:00+00:00",
        "changed": True,
        "undone": False,
    }


def test_no_plan_to_take_back_is_told(blog: Run) -> None:
    said = blog("takedown", "blog", "--undo")
    assert said.code == 0
    assert "Nothing of that kind was planned" in said.out


def test_what_is_no_date_is_told(blog: Run) -> None:
    assert "tomorrow is not a date." in blog("hide", "blog", "--from", "tomorrow").err
