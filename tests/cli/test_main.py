"""The list of commands, and what each start costs."""

import subprocess
import sys

import pytest

from aggregator.cli.main import _HEADINGS, _MODULES, commands

SLOW = {"alembic", "feedparser", "httpx", "nh3", "rich", "uvicorn"}


def named(words: list[str]) -> set[str]:
    line = commands(words)
    groups = {str(group.name) for group in line.registered_groups}
    return groups | {one.callback.__name__ for one in line.registered_commands if one.callback}


@pytest.mark.parametrize(("module", "names"), _MODULES.items())
def test_every_module_has_the_commands_it_is_said_to_have(module: str, names: set[str]) -> None:
    assert named([min(names)]) == names


@pytest.mark.parametrize("words", [[], ["--help"], ["--help", "serve"], ["sevre"]])
def test_all_commands_are_there_where_none_is_named(words: list[str]) -> None:
    assert named(words) == set().union(*_MODULES.values())


def test_the_help_has_each_command_once() -> None:
    written = [name for names in _HEADINGS.values() for name in names]
    assert sorted(written) == sorted(set().union(*_MODULES.values()))


def test_the_start_of_serve_waits_for_nothing_slow() -> None:
    """Imports are most of a start. The HTTP client comes with the first visit, beside serving."""
    said = subprocess.check_output(
        [
            sys.executable,
            "-c",
            "import sys; from aggregator.cli.main import commands; commands(['serve']); "
            "print(*sys.modules)",
        ],
        text=True,
    )
    assert SLOW.isdisjoint(said.split())
