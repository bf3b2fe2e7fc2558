"""Fixtures of the integrations: a site of nginx, and a service that answers as it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    """A service with one widget, ``latest-posts``."""
    with Service() as service:
        yield service


@pytest.fixture(scope="session")
def integrations() -> Path:
    """The folder that holds what sites copy."""
    return Path(__file__).resolve().parents[2] / "integrations"


@pytest.fixture(scope="session")
def goldens() -> list[Path]:
    """Fragments as the renderer makes them."""
    return sorted((Path(__file__).resolve().parents[1] / "widgets" / "golden").glob("*.html"))
