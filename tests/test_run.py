"""The door: it must open on any machine, or say in a sentence why not."""

import ast
import re
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


def test_so_can_python_2() -> None:
    """No such Python is at hand everywhere, so what it cannot read is looked for by its kind."""
    text = (ROOT / "run.py").read_text("utf-8")
    tree = ast.parse(text)
    unknown = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Starred, ast.AsyncFunctionDef)
    assert text.isascii()
    assert not [node for node in ast.walk(tree) if isinstance(node, unknown)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert not [one.name for one in functions if one.returns or one.args.kwonlyargs]
    assert not [one for one in functions for word in one.args.args if word.annotation]
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [one for one in calls if isinstance(one, ast.Name) and one.id == "print"]


@pytest.mark.parametrize(
    ("words", "database", "locks"),
    [
        (["serve"], "", ["requirements.lock"]),
        (["serve"], "sqlite:////srv/a.db", ["requirements.lock"]),
        (
            ["serve"],
            "postgresql+psycopg://me@127.0.0.1/a",
            ["requirements.lock", "requirements-postgresql.lock"],
        ),
        (["test"], "postgresql+psycopg://me@127.0.0.1/a", ["requirements-dev.lock"]),
    ],
)
def test_what_is_installed(words: list[str], database: str, locks: list[str]) -> None:
    """PostgreSQL's driver for those who name PostgreSQL; the tests' lock holds it too."""
    assert runpy.run_path(str(ROOT / "run.py"))["wanted_locks"](words, database) == locks
    assert all((ROOT / lock).is_file() for lock in locks)


def test_the_lock_files_agree_on_what_they_share() -> None:
    """One environment is made from several of them."""

    def pinned(name: str) -> dict[str, str]:
        text = (ROOT / name).read_text("utf-8")
        return dict(re.findall(r"^([\w-]+)==([\w.]+)", text, re.MULTILINE))

    every = pinned("requirements-dev.lock")
    some = pinned("requirements.lock") | pinned("requirements-postgresql.lock")
    assert {name: every.get(name) for name in some} == some


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
