"""The command line as a person calls it, without a process of its own for each call."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli import main
from tests.trip.conftest import origin as origin  # noqa: PLC0414 - a fixture, used by name
from tests.trip.stage import HEAD, Origin
from tests.warm import compiled as compiled  # noqa: PLC0414 - a fixture, used by name
from tests.warm import tables as tables  # noqa: PLC0414 - the same
from tests.warm import warm as warm  # noqa: PLC0414 - the same


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Said]
Answering = Callable[[str], None]


@pytest.fixture
def run(
    tmp_path: Path,
    origin: Origin,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Call it as ``run("refresh", "--json")``; folder and guard are set for the test."""
    monkeypatch.setenv("AGGREGATOR_ALLOW_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("AGGREGATOR_ALLOW_PORTS", str(origin.port))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feeds.yaml").write_text(HEAD.replace("sources:\n", "sources: []\n"), "utf-8")

    def call(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["aggregator", *words])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Let a person sit at the terminal and type this, then go away."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    return lambda text: monkeypatch.setattr("sys.stdin", Terminal(text))


@pytest.fixture
def follow(tmp_path: Path, origin: Origin) -> Callable[..., None]:
    """Follow ``/feed`` of the origin as ``blog``; ``more`` replaces its other keys."""

    def write(more: str = "in: latest-posts") -> None:
        entry = f"  - {{id: blog, feed: '{origin.url('/feed')}', {more}}}\n"
        (tmp_path / "feeds.yaml").write_text(HEAD + entry, "utf-8")

    return write
