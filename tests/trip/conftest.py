"""Fixtures of the journeys."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.postgres import new_database
from tests.postgres import postgres as postgres  # noqa: PLC0414 - a fixture, used by name
from tests.postgres import template as template  # noqa: PLC0414 - the same
from tests.trip.stage import Origin, Stage, handler
from tests.warm import compiled as compiled  # noqa: PLC0414 - a fixture, used by name
from tests.warm import tables as tables  # noqa: PLC0414 - the same
from tests.warm import warm as warm  # noqa: PLC0414 - the same


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


on_sqlite = pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
"""For journeys through what only SQLite has: its file; or where the database makes no difference
and a start of the whole program would cost twice."""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def stage(request: pytest.FixtureRequest, tmp_path: Path, origin: Origin) -> Iterator[Stage]:
    """A stage with a database of its own, of either kind."""
    with ExitStack() as stack:
        url = None
        if request.param == "postgresql":
            server, template = map(request.getfixturevalue, ("postgres", "template"))
            address = stack.enter_context(new_database(server, template))
            url = address.render_as_string(hide_password=False)
        made = Stage(tmp_path, origin, url)
        yield made
        made.app.close()
