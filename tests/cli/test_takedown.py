"""Takedowns, plans and receipts from a terminal."""

import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.app import App
from aggregator.errors import StoreError
from aggregator.model import Plan, PlannedAct
from aggregator.settings import load_settings
from aggregator.store import plans, tombstones
from tests.cli.conftest import Answering, Run
from tests.trip.stage import HEAD, Origin, rss

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
    said = blog("takedown", "--author", "anna", "--source", "blog", "--yes")
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
    said = blog("takedown", "--address", "https://family.example.org/2", "--json", "--yes")
    assert said.code == 0
    [told] = said.lines
    assert told["receipt"]["what"] == "address"
    assert told["receipt"]["posts_removed"] == 1
    assert told["widgets"] == ["latest-posts"]
    assert list(ids(blog)) == ["Post 3", "Post 1"]
    assert "post 2" not in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")


def test_the_home_of_a_source_takes_the_source_too(blog: Run) -> None:
    said = blog("takedown", "--address", "http://www.family.example.org", "--yes")
    assert said.code == 0
    assert "then `remove blog` takes its entry out of feeds.yaml." in said.out
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
    first = blog("takedown", *words, "--json", "--yes").lines[0]["receipt"]
    again = blog("takedown", *words)
    assert again.code == 0
    assert "It was taken down before" in again.out
    assert first["id"] in again.out
    assert len(blog("receipts", "--json").lines) == 1


def test_receipts_prove_what_was_done_when(blog: Run) -> None:
    key = ids(blog)["Post 2"]
    blog("takedown", key)
    blog("takedown", "blog", "--yes")
    told = blog("receipts", "--json").lines
    assert [(one["sources"], one["public_ids"]) for one in told] == [(["blog"], []), ([], [key])]
    one = blog("receipts", told[1]["receipt"])
    assert key in one.out
    assert "(America/New_York)" in one.out
    assert "Post 2" not in one.out


def test_an_unknown_receipt_is_told(blog: Run) -> None:
    assert blog("receipts").out == "Nothing was ever taken down.\n"
    assert "There is no receipt 123." in blog("receipts", "123").err


# --- asked before ------------------------------------------------------------------------------

EVERYTHING = pytest.mark.parametrize(
    "words",
    [
        ("blog",),
        ("blog", "--at", "2999-01-01"),
        ("--author", "Ben", "--source", "blog"),
        ("--address", "https://family.example.org/"),
        ("--address", "https://nosuch.example.org/"),
    ],
)


@EVERYTHING
def test_where_nobody_can_be_asked_nothing_is_erased(blog: Run, words: tuple[str, ...]) -> None:
    said = blog("takedown", *words)
    assert said.code == 1
    assert "Nothing was erased.\nNobody is here to answer. Add --yes" in said.err
    assert len(ids(blog)) == 3
    assert blog("receipts").out == "Nothing was ever taken down.\n"


@EVERYTHING
@pytest.mark.parametrize("answer", ["n\n", ""])
def test_who_says_no_or_goes_away_is_told_that_nothing_was_erased(
    blog: Run, answering: Answering, words: tuple[str, ...], answer: str
) -> None:
    answering(answer)
    said = blog("takedown", *words)
    assert said.code == 1
    assert said.err.endswith("Nothing was erased.\n")
    assert "Aborted" not in said.err
    assert len(ids(blog)) == 3


def test_who_says_yes_is_told_before_how_much_it_is(blog: Run, answering: Answering) -> None:
    answering("y\n")
    said = blog("takedown", "--address", "https://family.example.org/")
    assert "3 posts (blog 3), and the whole of blog?" in said.err
    assert ids(blog) == {}


def test_an_address_of_which_nothing_is_stored_may_be_a_slip(
    blog: Run, answering: Answering
) -> None:
    answering("y\n")
    said = blog("takedown", "--address", "https://nosuch.example.org/")
    assert "at or below https://nosuch.example.org/ is stored here: is it spelt right?" in said.err
    assert "Nothing of it was stored. Whatever comes of it is refused" in said.out
    again = blog("takedown", "--address", "https://nosuch.example.org/")
    assert again.code == 0
    assert "It was taken down before" in again.out


# --- with a date -----------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "option"), [("hide", "--from"), ("takedown", "--at")])
def test_a_later_day_is_planned_told_and_taken_back(blog: Run, act: str, option: str) -> None:
    key = ids(blog)["Post 2"]
    words = "hidden" if act == "hide" else "taken down for good"
    planned = blog(act, key, option, "2999-01-01")
    assert planned.code == 0
    assert f"Will be {words} on 2999-01-01 00:00" in planned.out
    assert f"Will be {words} on 2999-01-01 00:00" in blog("posts").out
    assert f"Will be {words} on 2999-01-01 00:00" in blog("status").out
    assert [one["id"] for one in blog("status", "--json").lines if "plan" in one] == [key]
    assert "That was planned already." in blog(act, key, option, "2999-01-01").out
    assert "✓" in blog("posts").out.partition(key)[0].splitlines()[-1]
    assert "Taken back" in blog(act, key, "--undo").out
    assert "Will be" not in blog("posts").out


@pytest.mark.parametrize(("act", "option"), [("hide", "--from"), ("takedown", "--at")])
@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2020-01-01", "2020-01-01 is past; nothing was"),
        ("2020-01-01T12:00", "2020-01-01T12:00 is past; nothing was"),
        ("today", "has begun already; nothing was"),
        ("", "“” is not a date."),
        ("2999-02-31", "There is no day 2999-02-31 in the calendar."),
        ("24.12.2999", "“24.12.2999” is not a date.\nWrite 2999-12-24"),
    ],
)
def test_a_slip_in_the_day_does_nothing_at_once(
    blog: Run, act: str, option: str, day: str, words: str
) -> None:
    if day == "today":
        day = f"{datetime.now(ZoneInfo('America/New_York')):%Y-%m-%d}"
    said = blog(act, "blog", option, day, "--yes" if act == "takedown" else "--json")
    assert said.code == 1
    assert words in said.err
    assert len(ids(blog)) == 3
    assert all(post["shown"] for post in blog("posts", "--json").lines)


def test_a_plan_for_a_source_is_told_as_json(blog: Run) -> None:
    [told] = blog("takedown", "blog", "--at", "2999-01-01T12:00", "--json", "--yes").lines
    assert told == {
        "source": "blog",
        "id": None,
        "plan": "takedown",
        "at": "2999-01-01T17:00:00+00:00",
        "changed": True,
        "undone": False,
    }


@pytest.mark.parametrize("command", ["refresh", "publish"])
def test_what_cannot_be_done_on_its_day_is_told_and_stops_nothing_else(
    blog: Run, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = ids(blog)["Post 2"]
    settings = load_settings(sealed=True, config=tmp_path / "feeds.yaml", data=tmp_path / "data")
    with App(settings) as app:
        yesterday = app.clock() - timedelta(days=1)
        wanted = Plan(PlannedAct.TAKEDOWN, "blog", "id-2", yesterday, "Ada", yesterday)
        plans.add(app.database, wanted)
    widget = tmp_path / "data/public/w/latest-posts.html"
    widget.unlink()

    def refuse(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.", advice="Free some space.")

    monkeypatch.setattr(tombstones, "take_down_guid", refuse)
    said = blog(command)
    assert said.code == 1
    told = f"What Ada planned for {key} is not done yet: The disk is full.\nFree some space."
    assert told in said.err
    assert widget.exists()


def test_no_plan_to_take_back_is_told(blog: Run) -> None:
    said = blog("takedown", "blog", "--undo")
    assert said.code == 0
    assert "Nothing of that kind was planned" in said.out


def test_what_is_no_date_is_told(blog: Run) -> None:
    assert "“tomorrow” is not a date." in blog("hide", "blog", "--from", "tomorrow").err


# --- names of things -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "https://family.example.org/2",
        "http://family.example.org/2",
        "https://family.example.org/2/",
        "https://www.family.example.org/2",
        "https://family.example.org/2?utm_source=mail",
        "<HTTPS://Family.example.org/2#comments>",
        "family.example.org/2",
        "www.family.example.org/2/",
    ],
)
def test_a_link_is_known_as_people_paste_it(blog: Run, link: str) -> None:
    key = ids(blog)["Post 2"]
    assert blog("hide", link, "--json").lines[0]["id"] == key
    blog("takedown", key)
    said = blog("hide", link)
    assert said.code == 1
    assert "was taken down for good on" in said.err


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("Post 2", "  blog  Post 2"),
        ("“post 2…”", "  blog  Post 2"),
        ("blogg", "  blog  Family"),
        ("family", "  blog  Family"),
        ("https://family.example.org/", "  blog  Family"),
    ],
)
def test_what_is_nearly_named_is_offered(blog: Run, follow: Follow, key: str, near: str) -> None:
    follow("in: latest-posts, name: Family, link: 'https://family.example.org/'")
    said = blog("hide", key)
    assert said.code == 1
    assert f"no stored post named “{key}”.\nDid you mean:\n" in said.err
    assert near in said.err


def test_the_beginning_of_an_id_is_offered_but_not_taken(blog: Run) -> None:
    key = ids(blog)["Post 2"]
    said = blog("takedown", key[:5], "--yes")
    assert said.code == 1
    assert f"Did you mean:\n  {key}  blog  Post 2" in said.err
    assert len(ids(blog)) == 3


@pytest.mark.parametrize("command", ["status", "refresh"])
def test_a_source_by_its_name_is_offered(blog: Run, follow: Follow, command: str) -> None:
    follow("in: latest-posts, name: Paper Boats")
    said = blog(command, "paper boats")
    assert said.code == 1
    assert "no source named “paper boats” in feeds.yaml.\nDid you mean:\n  blog  Paper" in said.err


def test_what_was_taken_down_is_told_with_its_receipt(blog: Run) -> None:
    key = ids(blog)["Post 2"]
    receipt = blog("takedown", key, "--json").lines[0]["receipt"]["id"]
    for act in ("hide", "pin", "approve"):
        said = blog(act, key)
        assert said.code == 1
        assert f"“{key}” was taken down for good on " in said.err
        assert f"receipt {receipt}" in said.err


def test_a_plan_that_is_taken_back_leaves_a_hidden_post_hidden(blog: Run) -> None:
    key = ids(blog)["Post 2"]
    blog("hide", key)
    blog("hide", key, "--from", "2999-01-01")
    assert f"It stays hidden: `hide {key} --undo` shows it" in blog("hide", key, "--undo").out
    assert "Undone" in blog("hide", key, "--undo").out


def test_a_broken_list_is_told_once(blog: Run, tmp_path: Path) -> None:
    key = ids(blog)["Post 2"]
    blog("hide", key)
    with (tmp_path / "feeds.yaml").open("a") as file:
        file.write("  - {id: broken\n")
    assert blog("hide", key, "--undo").err.count("last good list is in use") == 1


def test_a_title_with_a_full_stop_gets_no_second(origin: Origin, follow: Follow, run: Run) -> None:
    origin.bodies["/feed"] = rss(1).replace(b"Post 1", b"Bread.")
    follow()
    run("refresh")
    assert "Hidden: Bread. Widgets" in run("hide", ids(run)["Bread."]).out


@pytest.mark.parametrize("forgotten", [False, True])
@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "feed: 'https://millers.example.org/feed'",
            ("--address", "https://millers.example.org/"),
        ),
        ("mastodon: miller@social.example", ("--author", "https://social.example/@miller")),
    ],
)
def test_of_an_entry_that_left_before_any_visit_nothing_can_be_read_either(
    run: Run, tmp_path: Path, line: str, words: tuple[str, ...], forgotten: bool
) -> None:
    """What undo keeps of it names the family, also where nothing else is remembered of it."""
    without = (tmp_path / "feeds.yaml").read_text("utf-8")
    run("check")
    entry = f"  - {{id: family, {line}, name: The Millers, state: paused, in: latest-posts}}\n"
    (tmp_path / "feeds.yaml").write_text(HEAD + entry, "utf-8")
    run("status")
    (tmp_path / "feeds.yaml").write_text(without, "utf-8")
    run("status")
    assert "family" in run("undo").out
    if forgotten:
        with sqlite3.connect(tmp_path / "data" / "aggregator.db") as database:
            database.execute("DELETE FROM visit_state WHERE source_id = 'family'")
        database.close()
    said = run("takedown", *words, "--yes")
    assert said.code == 0, said.err
    assert "family" not in run("undo").out
    stored = (tmp_path / "data" / "aggregator.db").read_bytes()
    assert b"Miller" not in stored
    assert b"miller" not in stored
