"""``/healthz``: sound while the clock looks and publishes, else one line and no details."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from aggregator.actions.heartbeat import LOOKS_STOPPED, PUBLISHES_STOPPED, Heart
from aggregator.app import App, Pulse
from aggregator.settings import load_settings
from aggregator.web.pages import Pages

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class House:
    """The pages of an ``App`` whose time passes as told."""

    folder: Path
    ticks: float = 0.0
    now: datetime = NOW
    pulse: Pulse = field(default_factory=lambda: Pulse(NOW, looked=NOW, published_all=NOW))

    def __post_init__(self) -> None:
        settings = load_settings(
            sealed=True, config=self.folder / "feeds.yaml", data=self.folder / "data"
        )
        self.app = App(settings, clock=lambda: self.now)
        self.app.__dict__["heart"] = Heart(lambda: self.now, lambda: self.ticks)
        self.pages = Pages(self.app, lambda: self.pulse)

    def ask(self) -> Response:
        return self.pages.health(Request({"type": "http", "method": "GET", "headers": []}))


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    assert made.ask().status_code == 200
    return made


def test_while_all_goes_on_it_tells_how(house: House) -> None:
    told = json.loads(bytes(house.ask().body))
    assert (told["status"], told["looked"]) == ("ok", NOW.isoformat())


def test_once_the_clock_stops_it_says_so_and_nothing_else(house: House) -> None:
    house.ticks += LOOKS_STOPPED + 1
    answer = house.ask()
    assert (answer.status_code, bytes(answer.body)) == (503, b"The clock has stopped.\n")
    assert answer.headers["cache-control"] == "no-store"


def test_so_it_does_once_publishing_stops(house: House) -> None:
    for _ in range(int(PUBLISHES_STOPPED // 10) + 1):
        house.ticks += 10
        house.now += timedelta(seconds=10)
        house.pulse = replace(
            house.pulse, looked=house.now, published_all=house.now, trouble="The disk is full."
        )
        answer = house.ask()
    assert answer.status_code == 503
    assert b"disk" not in bytes(answer.body)


def test_a_jump_of_the_time_is_no_silence(house: House) -> None:
    house.now += timedelta(hours=5)
    assert house.ask().status_code == 200


def test_no_icon_is_no_error(house: House) -> None:
    """Browsers ask for one on every page, and would note a 404 in its console."""
    answer = house.pages.no_icon(Request({"type": "http", "method": "GET", "headers": []}))
    assert (answer.status_code, bytes(answer.body)) == (204, b"")
    assert "/favicon.ico" in [route.path for route in house.pages.routes()]
