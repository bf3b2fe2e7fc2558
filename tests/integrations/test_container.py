"""The Containerfile: what it copies, sets and starts is there."""

import re
from pathlib import Path

from aggregator.cli.main import commands
from aggregator.settings import table

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "integrations" / "container" / "Containerfile").read_text("utf-8")
LINES = [line for line in TEXT.replace("\\\n", " ").splitlines() if line and line[0] != "#"]


def of(word: str) -> list[str]:
    """What stands behind one instruction, each time that it is given."""
    return [line.partition(" ")[2] for line in LINES if line.split()[0] == word]


def test_what_it_copies_is_there() -> None:
    sources = [
        name for line in of("COPY") for name in line.split()[:-1] if not name.startswith("--")
    ]
    assert "requirements.lock" in sources
    assert [name for name in sources if not (ROOT / name).exists()] == []


def test_its_python_is_new_enough() -> None:
    found = re.fullmatch(r"python:3\.(\d+)-slim", of("FROM")[0])
    assert found
    assert int(found[1]) >= 11


def test_it_sets_settings_that_there_are() -> None:
    names = re.findall(r"AGGREGATOR_\w+", " ".join([*of("ENV"), *of("RUN")]))
    assert set(names) <= {name for name, _, _ in table()}


def test_it_ends_as_a_user_without_rights_and_starts_a_command() -> None:
    assert of("USER") == ["aggregator"]
    assert LINES.index("USER aggregator") > max(
        place for place, line in enumerate(LINES) if line.startswith(("RUN", "COPY"))
    )
    command = re.findall(r'"([^"]+)"', of("CMD")[-1])
    known = {one.callback.__name__ for one in commands().registered_commands if one.callback}
    assert command[-1] in known


def test_the_data_outlasts_it() -> None:
    assert f"AGGREGATOR_DATA={of('VOLUME')[0]} " in f"{of('ENV')[0]} "


def test_its_health_is_what_the_server_says() -> None:
    assert "http://127.0.0.1:8000/healthz" in of("HEALTHCHECK")[0]
    assert of("EXPOSE") == ["8000"]
