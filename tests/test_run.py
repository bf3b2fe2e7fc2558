"""The door: it must open on any machine, or say in a sentence why not."""

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_an_old_python_can_read_it() -> None:
    """So that it can answer with a sentence, and not with a syntax error."""
    tree = ast.parse((ROOT / "run.py").read_text("utf-8"), feature_version=(3, 7))
    assert tree.body


def test_it_needs_the_standard_library_only() -> None:
    tree = ast.parse((ROOT / "run.py").read_text("utf-8"))
    names = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert names <= sys.stdlib_module_names


def test_a_strange_environment_is_not_taken_for_home(monkeypatch: pytest.MonkeyPatch) -> None:
    door = runpy.run_path(str(ROOT / "run.py"))
    monkeypatch.setattr(sys, "prefix", "/somebody/elses")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert door["at_home"](False)  # this one has all the packages
    monkeypatch.setitem(door["at_home"].__globals__, "NEEDED", ["no_such_package_anywhere"])
    assert not door["at_home"](False)


def test_the_plain_python_of_a_machine_is_not_home(monkeypatch: pytest.MonkeyPatch) -> None:
    door = runpy.run_path(str(ROOT / "run.py"))
    monkeypatch.setattr(sys, "prefix", "/usr")
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    assert not door["at_home"](False)


def test_the_version_is_told() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "--version"], capture_output=True, check=True
    )
    assert done.stdout.startswith(b"Aggregator ")
