"""``docs/operating.md`` is typed from: its commands, settings and files are held to the program."""

import re
from pathlib import Path

from aggregator.cli.main import commands
from aggregator.settings import table

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")


def known_commands() -> set[str]:
    line = commands()
    names = {one.callback.__name__ for one in line.registered_commands if one.callback}
    return names | {str(group.name) for group in line.registered_groups}


def test_its_settings_are_those_of_the_program() -> None:
    names = {name for name, _, _ in table()}
    written = set(re.findall(r"AGGREGATOR_\w+", PAGE))
    assert written
    assert [one for one in written if not any(name.startswith(one) for name in names)] == []


def test_its_commands_are_those_of_the_program() -> None:
    """Where the command `aggregator` is typed: in code, at a line's start, or behind ``&&`` and times."""
    code = re.findall(r"`(?:sudo )?aggregator ([a-z]+)", PAGE)
    for line in re.findall(r"^    (.+)$", PAGE, re.MULTILINE):
        code += re.findall(r"(?:^|[;&\d*] +)aggregator ([a-z]+)", line)
    assert len(code) > 8
    assert set(code) <= known_commands()


def test_what_it_installs_is_there() -> None:
    names = re.findall(r"integrations/[\w./-]*\w", PAGE) + re.findall(
        r"requirements-?\w*\.lock", PAGE
    )
    assert len(names) > 5
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_its_health_page_is_answered_on_the_port_that_is_set() -> None:
    port = next(default for name, default, _ in table() if name == "AGGREGATOR_PORT")
    assert f"http://127.0.0.1:{port}/healthz" in PAGE
