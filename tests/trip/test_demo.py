"""The sample world, as the README's first command shows it."""

import os
import re
import subprocess
import sys
from itertools import takewhile
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


def test_staff_can_train_on_it_whatever_is_set(tmp_path: Path) -> None:
    """A command tried on the running demonstration knows its port, and nothing of one's own."""
    command = [sys.executable, "-u", str(ROOT / "run.py"), "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = takewhile(lambda line: " add http" not in line, process.stdout)
            told = {line.split()[-1]: line.split()[:2] for line in lines if " sh " in line}
            port = re.search(r"ALLOW_PORTS=(\d+)", Path(told["status"][1]).read_text("utf-8"))
            assert port is not None
            asked = (*told["status"], "check", f"http://porch-letters.localhost:{port[1]}/")
            env = os.environ | {"AGGREGATOR_DATABASE_URL": f"sqlite:///{tmp_path}/own.db"}
            seen = subprocess.run(asked, capture_output=True, text=True, check=False, env=env)
        finally:
            process.terminate()
        process.stdout.read()
    assert (seen.returncode, seen.stderr) == (0, "")
    assert "posts in all." in seen.stdout
    assert list(tmp_path.iterdir()) == []
