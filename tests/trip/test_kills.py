"""A few kills at random moments; ``python -m tests.trip.kills`` makes as many as are wanted."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests.postgres import new_database
from tests.postgres import postgres as postgres  # noqa: PLC0414 - a fixture, used by name

ROOT = Path(__file__).resolve().parents[2]


def kills(count: int, seed: int, *more: str) -> subprocess.CompletedProcess[str]:
    words = ("-m", "tests.trip.kills", "--kills", str(count), "--seed", str(seed), *more)
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows whose orphans are left")
def test_kills_leave_everything_sound() -> None:
    done = kills(8, 1)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows whose orphans are left")
@pytest.mark.postgres
def test_kills_leave_everything_sound_on_postgresql(postgres: URL) -> None:
    with new_database(postgres) as address:
        url = address.render_as_string(hide_password=False)
        done = kills(5, 3, "--database-url", url)
    assert done.returncode == 0, done.stdout + done.stderr
