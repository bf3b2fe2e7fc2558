"""The unit files, the sample of settings and the command beside them, held to the program."""

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from aggregator.cli.main import commands
from aggregator.settings import table

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "integrations" / "systemd"
HOME = "/srv/aggregator/program/"
SERVICES = ["aggregator.service", "aggregator-pass.service"]
UNITS = [*SERVICES, "aggregator-pass.timer"]


class _Unit(configparser.RawConfigParser):
    """systemd's files: names in their own case. ``ExecStart`` may stand more than once."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def read(name: str) -> _Unit:
    unit = _Unit(strict=False, interpolation=None)
    unit.read(FOLDER / name, "utf-8")
    return unit


def starts(name: str) -> list[str]:
    return re.findall(r"^ExecStart=(.*)$", (FOLDER / name).read_text("utf-8"), re.MULTILINE)


@pytest.mark.program("systemd-analyze")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_it(name: str, tmp_path: Path) -> None:
    """What it starts is not on this machine, so a program that is stands in its place."""
    for unit in UNITS:
        text = (FOLDER / unit).read_text("utf-8")
        (tmp_path / unit).write_text(text.replace(f"{HOME}.venv/bin/python", "/bin/true"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert [line for line in done.stderr.splitlines() if "aggregator" in line] == []


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_unit_starts_is_there(name: str) -> None:
    known = {one.callback.__name__ for one in commands().registered_commands if one.callback}
    known |= {str(group.name) for group in commands().registered_groups}
    for line in starts(name):
        python, door, command, *_ = line.split()
        assert python == f"{HOME}.venv/bin/python"
        assert (ROOT / door.removeprefix(HOME)).is_file()
        assert command in known


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_reads_the_settings_that_commands_read(name: str) -> None:
    """With other settings than `serve` a command works on another database, with another key."""
    assert read(name)["Service"]["EnvironmentFile"] == "/etc/aggregator.env"
    assert ". /etc/aggregator.env\n" in (FOLDER / "aggregator").read_text("utf-8")


@pytest.mark.parametrize("name", SERVICES)
def test_web_servers_may_read_what_a_unit_writes(name: str) -> None:
    assert read(name)["Service"]["UMask"] == "0022"


@pytest.mark.parametrize("name", SERVICES)
def test_a_unit_has_no_rights_beyond_its_folder(name: str) -> None:
    service = read(name)["Service"]
    assert service["User"] != "root"
    assert service["ProtectSystem"] == "strict"
    assert service["ReadWritePaths"] == "/srv/aggregator"
    assert service["NoNewPrivileges"] == "true"


def test_the_timer_starts_the_pass() -> None:
    """A timer starts the service of its own name."""
    assert (FOLDER / "aggregator-pass.service").is_file()
    assert read("aggregator-pass.timer")["Install"]["WantedBy"] == "timers.target"


def test_the_sample_names_settings_that_there_are() -> None:
    names = re.findall(
        r"^#?([A-Z_]+)=", (FOLDER / "aggregator.env").read_text("utf-8"), re.MULTILINE
    )
    assert names
    assert set(names) <= {name for name, _, _ in table()}


def test_the_sample_is_read_by_sh_as_by_systemd() -> None:
    """One NAME='value' a line, nothing in the value that either would expand."""
    lines = (FOLDER / "aggregator.env").read_text("utf-8").splitlines()
    written = [line.removeprefix("#") for line in lines if re.match(r"#?[A-Z_]+=", line)]
    assert [line for line in written if not re.fullmatch(r"[A-Z_]+='[^'\\]*'", line)] == []


@pytest.mark.program("sh")
def test_the_command_hands_on_settings_words_and_who_typed_them(tmp_path: Path) -> None:
    """`runuser` is stood in for, as tests are no root."""
    settings = tmp_path / "aggregator.env"
    settings.write_text("AGGREGATOR_PUBLIC_URL='https://www.example.org/a b$c'\n", "utf-8")
    script = (FOLDER / "aggregator").read_text("utf-8")
    command = tmp_path / "aggregator"
    command.write_text(script.replace("/etc/aggregator.env", str(settings)), "utf-8")
    stand_in = tmp_path / "runuser"
    stand_in.write_text('#!/bin/sh\nprintf "%s\\n" "$AGGREGATOR_PUBLIC_URL" "$@"\n', "utf-8")
    stand_in.chmod(0o755)
    done = subprocess.run(
        ["sh", str(command), "hide", "a post"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SUDO_USER": "ada"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [
        "https://www.example.org/a b$c",
        *("-u", "aggregator", "--", "env", "LOGNAME=ada"),
        *(f"{HOME}.venv/bin/python", f"{HOME}run.py", "hide", "a post"),
    ]
