"""A running clock is seen to run, from the program itself and from others."""

import asyncio
from datetime import timedelta

import pytest

from aggregator import beside
from aggregator.actions.heartbeat import Running, standing
from aggregator.beside import Beating
from aggregator.clock import Clock
from aggregator.store.heartbeat import By, newest
from tests.trip.conftest import on_sqlite
from tests.trip.stage import HEAD, Stage

pytestmark = on_sqlite


@pytest.fixture
def quiet(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A list without sources, and no pauses."""
    monkeypatch.setattr(beside, "LISTEN_EVERY", timedelta(0))
    stage.write(HEAD.replace("sources:\n", "sources: []\n"))
    return stage


def beat_once(stage: Stage) -> Running:
    """What others are told while it runs."""

    async def serve() -> Running:
        async with Clock(stage.app) as clock:
            await Beating(stage.app, lambda: clock.pulse).round()
            return standing(stage.app.database, stage.app.clock())

    return asyncio.run(serve())


def test_another_process_can_tell_that_it_runs(quiet: Stage) -> None:
    assert beat_once(quiet).runs
    beat = newest(quiet.app.database)[By.SERVE]
    assert beat.looked >= beat.started - timedelta(seconds=60)
    assert beat.published is not None
    assert not standing(quiet.app.database, quiet.app.clock()).runs


def test_widgets_carry_no_trace_of_it(quiet: Stage) -> None:
    quiet.publish()
    folder = quiet.app.settings.public
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    beat_once(quiet)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
