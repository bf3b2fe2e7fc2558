"""The sample world, as the README's first command shows it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shown() -> subprocess.CompletedProcess[str]:
    """What ``run.py demo --once`` prints."""
    return subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "demo", "--once"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


pytestmark = pytest.mark.xdist_group("demo")


def test_it_ends_well(shown: subprocess.CompletedProcess[str]) -> None:
    assert shown.returncode == 0, shown.stderr


def test_it_prints_both_widgets(shown: subprocess.CompletedProcess[str]) -> None:
    assert "Latest posts\n============" in shown.stdout
    assert "Patient and family blogs\n====" in shown.stdout


def test_every_blog_but_the_missing_one_is_read(shown: subprocess.CompletedProcess[str]) -> None:
    assert [line for line in shown.stdout.splitlines() if line.startswith("✗")] == [
        line for line in shown.stdout.splitlines() if line.startswith("✗ postcards")
    ]


def test_a_blog_whose_consent_ended_is_not_shown(shown: subprocess.CompletedProcess[str]) -> None:
    assert "quiet-street.localhost" not in shown.stdout.partition("Latest posts")[2]


def test_a_pipe_gets_no_progress_bar(shown: subprocess.CompletedProcess[str]) -> None:
    assert shown.stderr == ""
