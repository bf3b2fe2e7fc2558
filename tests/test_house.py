"""The house rules that no linter knows: one door per package, small rooms, honest names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "aggregator"

DOORS = {
    "httpx": {"fetch"},
    "h11": {"fetch"},
    "feedparser": {"connectors"},
    "nh3": {"normalise"},
    "publicsuffixlist": {"fetch", "actions"},
    "selectolax": {"normalise"},
    "ruamel": {"catalogue"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "apscheduler": {"clock"},
    "jinja2": {"widgets", "web", "demo"},
    "babel": {"widgets"},
    "rjsmin": {"widgets"},
    "uvicorn": {"web", "demo"},
    "starlette": {"web", "demo"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pydantic_settings": {"settings"},
    "prometheus_client": {"actions"},
    "cryptography": {"actions"},
    "PIL": {"media"},
    "smtplib": {"alerts"},
}
"""Package → the rooms that may import it."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("package", sorted(DOORS))
def test_each_package_has_its_door(package: str) -> None:
    users = {room(path) for path in modules() if package in set(imports(path))}
    assert users <= DOORS[package], f"{package} is imported in {users - DOORS[package]}"


def test_only_settings_reads_the_environment() -> None:
    readers = {
        room(path)
        for path in modules()
        if "os.environ" in (text := path.read_text("utf-8")) or "getenv" in text
    }
    assert readers <= {"settings"}


def test_rooms_stay_small() -> None:
    large = {
        str(path.relative_to(ROOT)): lines
        for path in modules()
        if (lines := path.read_text("utf-8").count("\n")) > 420
    }
    assert not large


def test_nothing_is_left_for_later() -> None:
    unfinished = [
        str(path.relative_to(ROOT))
        for path in modules()
        if any(word in path.read_text("utf-8") for word in ("TODO", "FIXME", "NotImplementedError"))
    ]
    assert not unfinished


def test_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "helpers", "manager", "base", "misc", "common"}
    assert not [path for path in modules() if path.stem.strip("_") in drawers]


def test_locks_name_no_address() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert "://" not in (ROOT / lock).read_text("utf-8")
