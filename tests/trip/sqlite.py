"""A stage on SQLite alone, for journeys where the kind of database makes no difference."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trip.stage import Origin, Stage


@pytest.fixture
def stage(tmp_path: Path, origin: Origin) -> Iterator[Stage]:
    made = Stage(tmp_path, origin)
    yield made
    made.app.close()
