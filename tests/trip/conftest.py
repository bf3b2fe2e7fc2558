"""Fixtures of the journeys."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.trip.stage import Origin, Stage, handler


@pytest.fixture
def origin() -> Iterator[Origin]:
    made = Origin(0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(made))
    made.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stage(tmp_path: Path, origin: Origin) -> Iterator[Stage]:
    made = Stage(tmp_path, origin)
    yield made
    made.app.close()
