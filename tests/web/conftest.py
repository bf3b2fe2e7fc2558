"""Fixtures of the web: running servers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.web.visitor import Limits
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


@pytest.fixture
def host(hosts: Callable[[Limits], Host]) -> Host:
    """A server with the usual limits."""
    return hosts(Limits())
