"""Consent from the file to the page: it lapses by itself, and two people may decide at once."""

import asyncio
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.clock import Clock
from aggregator.store import audit
from tests.trip.conftest import on_sqlite
from tests.trip.stage import Stage, rss

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)
PATIENCE = 60.0
"""Seconds after which a test gives up; never what a test measures."""


@pytest.fixture
def family(stage: Stage) -> Stage:
    """A family's blog whose consent ends tomorrow, by the days of New York."""
    stage.origin.bodies["/feed"] = rss(2, 1)
    consent = "consent: {reference: PF-1, basis: form, given: 2026-05-01, expires: 2026-11-24}"
    stage.follow(stage.source("family", more=f"name: One year, in: patient-blogs, {consent}"))
    stage.refresh()
    assert "One year" in stage.outputs()
    return stage


def test_a_consent_lapses_by_the_clock_without_any_visit(family: Stage) -> None:
    """The real clock, with the time of the stage: all it does is look again."""
    asked = len(family.origin.asked)

    async def lapse() -> list[bool]:
        async with Clock(family.app) as clock:
            shown = ["One year" in family.outputs()]
            family.now = family.now.replace(hour=4, minute=59, second=59) + DAY
            await clock.look()
            shown.append("One year" in family.outputs())
            family.now += timedelta(seconds=1)  # midnight in New York
            await clock.look()
            return [*shown, "One year" in family.outputs()]

    assert asyncio.run(lapse()) == [True, True, False]
    assert len(family.origin.asked) == asked


def test_a_consent_that_begins_brings_the_blog_by_the_clock(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(2, 1)
    consent = "consent: {reference: PF-1, basis: form, given: 2026-11-24}"
    stage.follow(stage.source("family", more=f"name: One year, in: patient-blogs, {consent}"))
    stage.refresh()
    assert "One year" not in stage.outputs()
    stage.now += DAY

    async def begin() -> None:
        async with Clock(stage.app) as clock:
            await clock.look()

    asyncio.run(begin())
    assert "One year" in stage.outputs()


def command(stage: Stage, *words: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "AGGREGATOR_CONFIG": str(stage.config),
        "AGGREGATOR_DATA": str(stage.folder / "data"),
        "AGGREGATOR_ALLOW_NETWORKS": "127.0.0.0/8",
        "AGGREGATOR_ALLOW_PORTS": str(stage.origin.port),
    }
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@on_sqlite
def test_two_people_at_once_lose_nothing(family: Stage) -> None:
    """Two processes change the same entry: both changes stand, each with its own row."""
    family.app.close()
    acts = [("state", "family", "resting"), ("consent", "withdraw", "family", "--on", "2926-01-01")]
    family.write(family.config.read_text("utf-8").replace(", expires: 2026-11-24", ""))
    running = [command(family, *words) for words in acts]
    said = [process.communicate(timeout=PATIENCE)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    text = family.config.read_text("utf-8")
    assert "state: resting" in text
    assert "withdrawn: 2926-01-01" in text
    family.app = family.open()
    rows = list(audit.everything(family.app.database))
    told = sorted((one.act, one.after) for one in rows if one.who != "file")
    assert told == [("consent withdrawn", "withdrawn"), ("source changed", "state resting")]


@on_sqlite
def test_of_two_who_undo_the_same_only_one_does(family: Stage) -> None:
    family.app.close()
    out = command(family, "state", "family", "paused").communicate(timeout=PATIENCE)[0]
    found = re.search(r"`undo (\d+)`", out)
    assert found, out
    running = [command(family, "undo", found[1]) for _ in range(2)]
    said = [process.communicate(timeout=PATIENCE)[0] for process in running]
    assert "state: paused" not in family.config.read_text("utf-8"), said
    family.app = family.open()
    rows = [one for one in audit.everything(family.app.database) if one.who != "file"]
    assert [one.act for one in rows] == ["source changed"] * 2, said
