"""``status`` and ``visits``: screens as staff see them, lines for pipes, objects for machines."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.app import App
from aggregator.model import (
    Identity,
    Move,
    Outcome,
    Profile,
    Source,
    Suspicion,
    Visit,
    VisitState,
)
from aggregator.settings import load_settings
from aggregator.store import subscriptions, visits
from aggregator.store.database import Database, open_database
from aggregator.store.secret_key import KeyPlace
from aggregator.store.subscriptions import Status, Subscription
from tests.cli.conftest import Run

GOLDEN = Path(__file__).parent / "golden"
REWRITE = os.environ.get("AGGREGATOR_REWRITE_GOLDEN") == "1"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEEDS = """\
site: {name: Example Institute, url: "https://www.example.org", timezone: America/New_York}
widgets:
  - {id: latest-posts, title: Latest posts, layout: posts, show: 3}
sources:
  - {id: working, feed: "https://working.example/feed", name: A daily blog, in: latest-posts}
  - {id: lost, feed: "https://lost.example/feed", in: latest-posts}
  - {id: moved, feed: "https://moved.example/feed", in: latest-posts}
  - {id: doubted, feed: "https://doubted.example/feed", in: latest-posts}
  - {id: resting, feed: "https://resting.example/feed", in: latest-posts, state: resting}
  - {id: paused, feed: "https://paused.example/feed", in: latest-posts, state: paused}
  - {id: new, feed: "https://new.example/feed", in: latest-posts}
"""
WHY = "it posts about once a day"


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


def visited(state: VisitState, number: int = 1, **changes: object) -> Visit:
    """A good visit that found nothing new, the later the greater its number."""
    at = NOW - 3 * HOUR + number * timedelta(minutes=30)
    after = replace(state, visits=number, last_visit=at, last_ok=at, next_due=at + 4 * HOUR)
    after = replace(after, **changes)  # type: ignore[arg-type]  # whatever the test wants
    failed = after.error_kind is not None
    outcome = Outcome.FAILED if failed else Outcome.UNCHANGED
    return Visit(
        state.source_id,
        at,
        outcome,
        after,
        seconds=0.25,
        status=404 if failed else 304,
        requests=1,
        received=1536,
        why="it failed 7 times in a row" if failed else WHY,
    )


LOST: dict[str, Any] = {
    "last_ok": datetime(2026, 5, 2, 9, tzinfo=UTC),
    "error_kind": "not found",
    "error_text": "lost.example has nothing at this address (status 404).",
    "error_advice": "Open the address in a browser; if it moved, change it in feeds.yaml.",
    "error_streak": 7,
    "failing_since": datetime(2026, 5, 3, 9, tzinfo=UTC),
    "profile": Profile("One family's year", new_address="https://lost.example/atom"),
    "unstable_ids": True,
    "move": Move("https://elsewhere.example/feed", NOW - HOUR),
}


def fill(database: Database) -> None:
    """What some days of visits left."""
    names = ("working", "lost", "moved", "doubted", "resting", "paused", "new")
    sources = [Source(name, "feed", f"https://{name}.example/feed") for name in names]
    visits.sync(database, sources, NOW - 4 * HOUR)
    states = visits.states(database)
    doubted = Suspicion(NOW - 2 * HOUR, ("All its links lead elsewhere.",), Identity())
    for visit in (
        *(visited(states["working"], number) for number in (1, 2, 3)),
        visited(states["lost"], **LOST),
        visited(states["moved"], adopted="https://moved.example/new"),
        visited(states["doubted"], suspicion=doubted),
        visited(states["resting"], **LOST),
    ):
        visits.save(database, [visit], NOW)
    hub = Subscription(
        "c", "working", "t", "https://hub.example/", b"s", Status.ASKED, NOW - 2 * HOUR
    )
    subscriptions.add(database, hub)


@pytest.fixture
def house(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands over a database of some sources, at noon (UTC) of one day."""
    defaults = App.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "clock", lambda: NOW)
    (tmp_path / "feeds.yaml").write_text(FEEDS, "utf-8")
    settings = load_settings(sealed=True, data=tmp_path / "data")
    place = KeyPlace(None, settings.data)
    place.make()
    database = open_database(settings.database, place.key())
    fill(database)
    database.close()
    assert run("publish").code == 0
    return run


def golden(name: str, said: str) -> None:
    """Rewritten only where AGGREGATOR_REWRITE_GOLDEN=1 is set; look at the difference then."""
    path = GOLDEN / f"{name}.txt"
    if REWRITE:
        path.write_text(said, "utf-8")
    assert said == path.read_text("utf-8")


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize(
    "words", [("status",), ("status", "lost"), ("status", "doubted"), ("visits", "working")], ids=" ".join
)  # fmt: skip
def test_the_screen(house: Run, words: tuple[str, ...]) -> None:
    said = house(*words)
    assert said.code == 0
    golden("-".join(words), said.out)


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("words", [("status",), ("status", "lost"), ("visits", "working")])
def test_no_line_is_wider_than_a_small_screen(house: Run, words: tuple[str, ...]) -> None:
    assert max(map(len, house(*words).out.splitlines())) <= 80


def test_in_a_pipe_a_sentence_is_one_line(house: Run) -> None:
    lines = house("status").out.splitlines()
    assert "    Last read 23 Nov 05:30; next visit 23 Nov 09:30: " + WHY + "." in lines
    assert any("shows what is held, `reject doubted` erases it." in line for line in lines)


def test_who_needs_a_person_is_marked(house: Run) -> None:
    marked = [line for line in house("status").out.splitlines() if line.startswith("! ")]
    assert [line.split()[1].rstrip(":") for line in marked] == [
        "lost",
        "moved",
        "doubted",
        "Nothing",
    ]


def test_status_for_machines(house: Run) -> None:
    found = {line["source"]: line for line in house("status", "--json").lines if "source" in line}
    assert found["lost"] == {
        "source": "lost",
        "name": "One family's year",
        "condition": "not found",
        "since": "2026-05-03T09:00:00+00:00",
        "words": "Not found since 3 May.",
        "next_step": f"{LOST['error_advice']} `letter lost` drafts a message to its author.",
        "last_ok": "2026-05-02T09:00:00+00:00",
        "next_visit": "2026-11-23T13:30:00+00:00",
        "why": "it failed 7 times in a row",
        "hub": None,
        "asked": None,
        "held": 0,
        "waiting": 0,
        "error": "not found",
        "token_ends": None,
        "token_ends_at_latest": False,
        "read": None,
        "reads_per_month": None,
    }
    assert found["moved"]["asked"] == "https://moved.example/new"
    assert found["paused"]["next_visit"] is None
    assert "hub.example" in found["working"]["hub"]


ABOUT = """\
  - {id: family, feed: "https://family.example/feed", in: latest-posts, review: always, consent:
     {reference: PF-1, basis: authorization, given: 2026-01-01, expires: 2026-12-01}}
"""


def test_all_about_one_source(house: Run, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(FEEDS + ABOUT, "utf-8")
    house("hide", "family", "--from", "2026-12-24")
    lines = house("status", "family").out.splitlines()
    (plan,) = (line for line in lines if line.startswith("    planned "))
    assert plan.startswith("    planned       family: Will be hidden on 2026-12-24 00:00, as ")
    assert "    widgets       latest-posts" in lines
    assert "    consent       PF-1: holds; ends in 8 days" in lines
    assert "    review        always: each of its posts waits until it is approved" in lines


def test_one_source_for_machines_has_what_staff_wrote_down(house: Run, tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(FEEDS + ABOUT, "utf-8")
    house("hide", "family", "--from", "2026-12-24")
    (found,) = house("status", "family", "--json").lines
    assert found["widgets"] == ["latest-posts"]
    assert found["consent"] == "holds; ends in 8 days"
    assert found["review"] == "always"
    assert [(plan["plan"], plan["id"]) for plan in found["plans"]] == [("hide", None)]


def test_one_source_for_machines_has_its_visits(house: Run) -> None:
    (found,) = house("status", "working", "--json").lines
    assert [visit["at"] for visit in found["visits"]] == [
        "2026-11-23T10:30:00+00:00",
        "2026-11-23T10:00:00+00:00",
        "2026-11-23T09:30:00+00:00",
    ]


def test_visits_for_machines(house: Run) -> None:
    assert house("visits", "lost", "--json").lines == [
        {
            "source": "lost",
            "at": "2026-11-23T09:30:00+00:00",
            "outcome": "failed",
            "error": "not found",
            "status": 404,
            "requests": 1,
            "bytes": 1536,
            "seconds": 0.25,
            "new": 0,
            "edited": 0,
            "next_due": "2026-11-23T13:30:00+00:00",
            "why": "it failed 7 times in a row",
        }
    ]


def test_a_source_that_was_not_visited_has_no_visits(house: Run) -> None:
    said = house("visits", "new")
    assert (said.code, said.out) == (0, "")
    assert "not visited yet" in said.err


def test_what_left_the_list_keeps_its_log_for_a_while(house: Run, tmp_path: Path) -> None:
    kept = [line for line in FEEDS.splitlines() if "lost.example" not in line]
    (tmp_path / "feeds.yaml").write_text("\n".join(kept) + "\n", "utf-8")
    assert "not found" in house("visits", "lost").out


@pytest.mark.parametrize("command", ["status", "visits"])
def test_a_source_that_does_not_exist_is_told_with_what_to_do(house: Run, command: str) -> None:
    said = house(command, "nobody")
    assert said.code == 1
    assert "There is no source" in said.err
    assert "`status` lists the sources" in said.err


def test_status_says_since_when_nothing_runs(house: Run) -> None:
    said = house("status").out
    assert "! Nothing has run yet." in said
    assert "Start `serve`" in said


def test_status_tells_machines_whether_the_clock_runs(house: Run) -> None:
    (found,) = (line for line in house("status", "--json").lines if "clock" in line)
    assert (found["clock"], found["runs"], found["since"]) == (None, False, None)
    assert found["next_step"]
