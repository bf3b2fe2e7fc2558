"""The sample world, running, and a plain visitor who speaks HTTP to it."""

import asyncio
import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.demo.server import SampleWorld

BEGAN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Stage:
    """A running sample world whose clock stands still until it is moved."""

    port: int = 0
    now: datetime = BEGAN
    sample: SampleWorld = field(init=False)

    def __post_init__(self) -> None:
        self.sample = SampleWorld(BEGAN, lambda: self.now, slow_seconds=0)

    def later(self, **ago: float) -> None:
        self.now += timedelta(**ago)

    def get(self, host: str, path: str, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["host"] = f"{host}.localhost:{self.port}"
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path, headers=named)
            response = connection.getresponse()
            head = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, head, response.read())


@pytest.fixture(scope="module")
def _running() -> Iterator[Stage]:
    stage = Stage()
    stage.port = asyncio.run(stage.sample.start())
    yield stage
    asyncio.run(stage.sample.stop())


@pytest.fixture
def stage(_running: Stage) -> Stage:
    """The world at the moment it began."""
    _running.now = BEGAN
    return _running


@pytest.fixture
def began() -> datetime:
    return BEGAN


@pytest.fixture
def get(stage: Stage) -> Callable[..., Answer]:
    """``get(host, path, **headers)``; underscores in header names stand for hyphens."""
    return stage.get
