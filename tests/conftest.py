"""What all tests share: no settings from outside, no network beyond this machine, loud skips."""

import os
import shutil
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
"""Real feeds and hostile payloads; they lie beside the project where it is developed."""

# Timings never decide a test, not even where the machine is busy.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

_NEEDS = {
    "corpus": ("REQUIRE_CORPUS", "the corpus of real feeds is not beside this checkout"),
    "browser": ("REQUIRE_BROWSER", "no Chromium was found (apt install chromium)"),
    "postgres": ("REQUIRE_POSTGRES", "no PostgreSQL was found (apt install postgresql)"),
}


def _found(marker: str) -> bool:
    if marker == "corpus":
        return CORPUS.is_dir()
    if marker == "browser":
        return any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return bool(
        os.environ.get("TEST_DATABASE_URL")
        or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        or shutil.which("pg_ctl")
    )


def program(name: str) -> str | None:
    """Where a program of this machine is; servers may lie outside a user's PATH."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what this machine cannot run, saying so; where it must be able to, fail instead."""
    for marker, (variable, reason) in _NEEDS.items():
        if item.get_closest_marker(marker) and not _found(marker):
            if os.environ.get(variable):
                pytest.fail(f"{reason}, but {variable} is set")
            pytest.skip(reason)
    for name in (name for mark in item.iter_markers("program") for name in mark.args):
        if not program(name):
            reason = f"{name} was not found (apt install apache2-bin nginx-light php-cli curl)"
            if os.environ.get("REQUIRE_PROGRAMS"):
                pytest.fail(f"{reason}, but REQUIRE_PROGRAMS is set")
            pytest.skip(reason)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AGGREGATOR_"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections may go to this machine only."""
    real: Callable[..., Any] = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            assert host == "localhost" or ip_address(host).is_loopback, f"a test reached for {host}"
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def corpus() -> Path:
    """The folder of the corpus; use it in tests marked ``corpus``."""
    return CORPUS


@pytest.fixture
def now() -> datetime:
    """A moment for tests that need one."""
    return datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
