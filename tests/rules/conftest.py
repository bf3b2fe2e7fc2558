"""What the rule board is played on: an origin, a neighbour, and a name server of our own."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from aggregator.app import App
from aggregator.settings import load_settings
from tests.rules.neighbour import Neighbour
from tests.rules.origin import Origin


@pytest.fixture(autouse=True)
def _name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name under ``.test`` is this machine; all others, nobody's."""

    def look_up(host: bytes | str, port: object, *_: object, **__: object) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name.endswith((".test", ".test.")) or name == "127.0.0.1":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port or 0))]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def origin(runner: asyncio.Runner) -> Iterator[Origin]:
    yield from serving(Origin(), runner)


def serving(made: Origin, runner: asyncio.Runner) -> Iterator[Origin]:
    """An origin that serves until the test ends."""

    async def start() -> asyncio.Server:
        server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=made.tls)
        made.port = server.sockets[0].getsockname()[1]
        return server

    async def stop() -> None:
        server.close()
        await server.wait_closed()
        own = asyncio.current_task()
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task is not own))

    server = runner.run(start())
    yield made
    runner.run(stop())


@pytest.fixture(scope="session")
def empty_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database: making one takes longer than most of these tests."""
    data = tmp_path_factory.mktemp("empty") / "data"
    with App(load_settings(sealed=True, data=data)) as app:
        app.database.close()
    return data


@pytest.fixture
def move_in(
    tmp_path: Path, origin: Origin, runner: asyncio.Runner, empty_data: Path
) -> Iterator[Callable[..., Neighbour]]:
    """Start a neighbour, with a pace of its own where one is given."""
    with ExitStack() as stack:

        def start(folder: str = "one", **settings: Any) -> Neighbour:
            made = Neighbour(tmp_path / folder, origin, runner, data=empty_data, **settings)
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture
def neighbour(move_in: Callable[..., Neighbour], origin: Origin) -> Neighbour:
    """One that follows ``/feed`` as ``family``, and by whose clock the origin keeps its log."""
    made = move_in()
    origin.now = lambda: made.now
    made.follow(family=origin.url())
    return made
