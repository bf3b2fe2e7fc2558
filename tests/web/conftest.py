"""Fixtures of the web: running servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.web.connection import Limits
from tests.warm import compiled as compiled  # noqa: PLC0414 - a fixture, used by name
from tests.warm import tables as tables  # noqa: PLC0414 - the same
from tests.warm import warm as warm  # noqa: PLC0414 - the same
from tests.web.host import Host


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Callable[[Limits], Host]]:
    """Starts servers with limits of their own, over a folder with one widget."""
    started: list[Host] = []

    def start(limits: Limits) -> Host:
        host = Host(tmp_path, limits)
        host.put("w/latest.html")
        host.start()
        started.append(host)
        return host

    yield start
    for host in started:
        host.stop()


@pytest.fixture(scope="session")
def _usual_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    host = Host(tmp_path_factory.mktemp("public"), Limits())
    host.start()
    yield host
    host.stop()


@pytest.fixture
def host(_usual_host: Host) -> Host:
    """A server with the usual limits, which goes on for the next test."""
    _usual_host.begin_anew()
    return _usual_host
