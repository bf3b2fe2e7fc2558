"""``/metrics`` over real HTTP: closed unless a token is set, open to those who send it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.app import App, Pulse, utc_now
from aggregator.settings import load_settings
from aggregator.web.connection import Limits, Server
from aggregator.web.server import listen
from aggregator.web.site import site
from tests.web.host import PATIENCE, Answer, Visit

TOKEN = "a-token-of-the-operators"
FEEDS = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets:
  - {id: latest-posts, title: Latest posts, layout: posts, show: 3}
sources:
  - {id: secret-blog, feed: "https://secret.example.org/feed", name: A Name, in: latest-posts}
"""


class House:
    """A running site of an ``App`` over a folder."""

    def __init__(self, folder: Path, token: str | None) -> None:
        config = folder / "feeds.yaml"
        config.write_text(FEEDS, "utf-8")
        settings = load_settings(
            sealed=True, config=config, data=folder / "data", metrics_token=token
        )
        self.app = App(settings)
        self.app.sync(self.app.catalogue())
        self.app.publisher.publish_all(self.app.clock())
        self._started = threading.Event()
        pulse = Pulse(utc_now())
        self._server = Server(site(self.app, lambda: pulse), Limits(), self._started.set)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self.port = 0
        self._thread.start()
        assert self._started.wait(PATIENCE)

    async def _run(self) -> None:
        with listen("127.0.0.1", 0) as listening:
            self.port = listening.getsockname()[1]
            await self._server.serve(sockets=[listening])

    def get(self, **fields: str) -> Answer:
        visit = Visit(self.port)
        try:
            visit.ask("/metrics", **fields)
            return visit.answer()
        finally:
            visit.close()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.app.close()


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[Callable[[str | None], House]]:
    opened: list[House] = []

    def open_it(token: str | None) -> House:
        opened.append(House(tmp_path, token))
        return opened[-1]

    yield open_it
    for house in opened:
        house.close()


def test_without_a_token_there_is_no_such_page(open_house: Callable[[str | None], House]) -> None:
    house = open_house(None)
    assert house.get().status == 404
    assert house.get(Authorization=f"Bearer {TOKEN}").status == 404


def test_who_sends_the_token_is_shown_the_numbers(
    open_house: Callable[[str | None], House],
) -> None:
    answer = open_house(TOKEN).get(Authorization=f"Bearer {TOKEN}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    lines = answer.body.decode().splitlines()
    assert 'aggregator_sources{condition="new"} 1.0' in lines
    assert 'aggregator_visits_total{outcome="changed"} 0.0' in lines
    assert any(line.startswith('aggregator_widget_age_seconds{widget="latest') for line in lines)


def test_the_numbers_name_no_source(open_house: Callable[[str | None], House]) -> None:
    body = open_house(TOKEN).get(Authorization=f"Bearer {TOKEN}").body
    assert b"secret" not in body
    assert b"A Name" not in body


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer \xe4\xf6\xfc"},
        {"X_Forwarded_For": "127.0.0.1"},
    ],
)
def test_nobody_else_is_shown_anything(
    open_house: Callable[[str | None], House], sent: dict[str, str]
) -> None:
    """Not even on the same machine: behind a proxy all the world comes from there."""
    answer = open_house(TOKEN).get(**sent)
    assert (answer.status, answer.body) == (401, b"")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_database_that_is_gone_is_said_by_the_status(
    open_house: Callable[[str | None], House], tmp_path: Path
) -> None:
    house = open_house(TOKEN)
    (tmp_path / "data" / "aggregator.db").unlink()
    answer = house.get(Authorization=f"Bearer {TOKEN}")
    assert (answer.status, answer.body) == (503, b"")
