"""Silence is told, and only silence: whatever the time of day does meanwhile."""

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.actions.heartbeat import (
    CLOCK_STOPPED,
    GONE_AFTER,
    LOOKS_STOPPED,
    NOT_PUBLISHED,
    NOT_WRITTEN,
    PASS_LATE,
    PUBLISHES_STOPPED,
    WRITES_STOPPED,
    Heart,
    standing,
    tell_pass,
    warn_if_unlike,
)
from aggregator.errors import StoreError
from aggregator.store import heartbeat, meta
from aggregator.store.database import Database, open_database
from aggregator.store.heartbeat import By, newest

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass
class Machine:
    """A program whose clock looks and publishes as told, on a machine whose time is set at will."""

    database: Database
    now: datetime = NOW
    ticks: float = 1000.0
    heart: Heart = field(init=False)

    def __post_init__(self) -> None:
        self.heart = Heart(lambda: self.now, lambda: self.ticks)

    def wait(self, seconds: float) -> None:
        self.ticks += seconds
        self.now += timedelta(seconds=seconds)

    def work(self, *, publishes: bool = True) -> None:
        """The clock looks, and all widgets are brought up to date."""
        self.heart.notice(self.now, self.now if publishes else None)
        self.heart.tell(self.database)

    def goes_on(self, seconds: float, *, publishes: bool = True) -> None:
        for _ in range(int(seconds // 10)):
            self.wait(10)
            self.work(publishes=publishes)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'aggregator.db'}", b"x" * 32)
    yield opened
    opened.close()


@pytest.fixture
def machine(database: Database) -> Machine:
    made = Machine(database)
    made.work()
    return made


# --- within the process ----------------------------------------------------------------------


def test_a_clock_that_goes_on_is_no_trouble(machine: Machine) -> None:
    machine.goes_on(3600)
    assert machine.heart.trouble() is None


def test_a_program_that_has_just_begun_is_no_trouble(database: Database) -> None:
    assert Machine(database).heart.trouble() is None


def test_a_clock_that_looks_no_more_has_stopped(machine: Machine) -> None:
    machine.wait(LOOKS_STOPPED)
    assert machine.heart.trouble() is None
    machine.wait(1)
    assert machine.heart.trouble() == CLOCK_STOPPED


def test_to_hear_the_same_look_again_is_no_sign_of_life(machine: Machine) -> None:
    looked = machine.now
    machine.wait(LOOKS_STOPPED + 1)
    machine.heart.notice(looked, looked)
    assert machine.heart.trouble() == CLOCK_STOPPED


def test_publishes_that_fail_for_minutes_are_trouble(machine: Machine) -> None:
    machine.goes_on(PUBLISHES_STOPPED, publishes=False)
    assert machine.heart.trouble() is None
    machine.goes_on(20, publishes=False)
    assert machine.heart.trouble() == NOT_PUBLISHED
    machine.work()
    assert machine.heart.trouble() is None


@pytest.mark.parametrize("jump", [-24 * HOUR, -HOUR, HOUR, 24 * HOUR])
def test_a_jump_of_the_time_is_no_trouble(machine: Machine, jump: timedelta) -> None:
    machine.now += jump
    assert machine.heart.trouble() is None
    machine.goes_on(600)
    assert machine.heart.trouble() is None


@pytest.mark.parametrize("jump", [-24 * HOUR, -HOUR, HOUR, 24 * HOUR])
def test_nor_does_a_jump_make_a_dead_clock_look_alive(machine: Machine, jump: timedelta) -> None:
    machine.now += jump
    machine.wait(LOOKS_STOPPED + 1)
    assert machine.heart.trouble() == CLOCK_STOPPED


# --- as others are told ----------------------------------------------------------------------


def test_it_is_written_once_a_minute_at_most(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[datetime] = []
    monkeypatch.setattr(heartbeat, "write", lambda _, beat: written.append(beat.looked))
    machine.goes_on(600)
    assert len(written) == 10


def test_a_clock_that_stopped_gives_no_sign(machine: Machine) -> None:
    told = newest(machine.database)[By.SERVE]
    for _ in range(20):
        machine.wait(30)
        machine.heart.notice(told.looked, told.published)
        machine.heart.tell(machine.database)
    assert newest(machine.database)[By.SERVE].looked - told.looked <= MINUTE


def test_nothing_ever_ran(database: Database) -> None:
    found = standing(database, NOW)
    assert (found.runs, found.since, found.words) == (False, None, "Nothing has run yet.")
    assert found.next_step


def test_a_running_serve(machine: Machine) -> None:
    machine.goes_on(600)
    found = standing(machine.database, machine.now)
    assert (found.by, found.runs, found.since) == (By.SERVE, True, NOW)
    assert found.next_step == ""


def test_a_serve_that_was_killed(machine: Machine) -> None:
    found = standing(machine.database, NOW + GONE_AFTER + MINUTE)
    assert (found.by, found.runs, found.since) == (By.SERVE, False, NOW)
    assert "Start `serve`" in found.next_step


def test_a_serve_that_does_not_publish(machine: Machine) -> None:
    machine.goes_on(900, publishes=False)
    found = standing(machine.database, machine.now)
    assert found.runs
    assert "does not bring every widget up to date" in found.words
    assert found.published == NOW


def test_a_pass_of_cron_counts_for_a_day(database: Database) -> None:
    tell_pass(database, NOW - MINUTE, NOW, NOW)
    late = standing(database, NOW + PASS_LATE)
    assert (late.by, late.runs, late.since, late.next_step) == (By.REFRESH, True, NOW, "")
    too_late = standing(database, NOW + PASS_LATE + MINUTE)
    assert (too_late.runs, too_late.since) == (False, NOW)


def test_a_pass_by_hand_does_not_hide_that_serve_runs(machine: Machine) -> None:
    tell_pass(machine.database, NOW, NOW, NOW)
    assert standing(machine.database, NOW).by is By.SERVE


def test_a_sign_that_is_yet_to_come_is_told_as_such(machine: Machine) -> None:
    """The time was set back: nobody can tell how long ago that was."""
    found = standing(machine.database, NOW - HOUR)
    assert not found.runs
    assert "was set back" in found.words


@pytest.mark.parametrize("jump", [-24 * HOUR, -HOUR, HOUR, 24 * HOUR])
def test_a_running_serve_is_seen_to_run_right_after_a_jump(
    machine: Machine, jump: timedelta
) -> None:
    machine.now += jump
    machine.wait(2)
    machine.work()
    assert standing(machine.database, machine.now).runs


def test_a_serve_that_was_told_to_stop_does_not_run(machine: Machine) -> None:
    machine.wait(5)
    machine.heart.end(machine.database)
    found = standing(machine.database, machine.now)
    assert (found.runs, found.since) == (False, machine.now)


def gone() -> int:
    """The number of a process that has ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize(("room", "runs"), [(0, False), (1, True)])
def test_a_serve_whose_process_is_gone_does_not_run(
    machine: Machine, room: int, runs: bool
) -> None:
    """As far as can be told: another container has numbers of its own."""
    beat = newest(machine.database)[By.SERVE]
    heartbeat.write(machine.database, replace(beat, pid=gone(), room=beat.room + room))
    assert standing(machine.database, machine.now).runs == runs


def test_writes_that_fail_for_minutes_are_trouble(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, where no widget has to change."""

    def refuse(*_: object) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as full:
        full.setattr(heartbeat, "write", refuse)
        for _ in range(int(WRITES_STOPPED // 10) + 8):
            with contextlib.suppress(StoreError):
                machine.goes_on(10)
        assert machine.heart.trouble() == NOT_WRITTEN
    machine.goes_on(70)
    assert machine.heart.trouble() is None


def test_a_row_of_before_is_read(machine: Machine) -> None:
    old = {"started": 0, "looked": 0, "published": None, "host": "h", "pid": 1}
    with machine.database.writing() as connection:
        meta.write(connection, "heartbeat of serve", json.dumps(old).encode())
    assert not newest(machine.database)[By.SERVE].ended


@pytest.mark.parametrize(("pid", "warned"), [(0, False), (1, True)])
def test_who_publishes_otherwise_than_serve_is_told_which_variable(
    machine: Machine, caplog: pytest.LogCaptureFixture, pid: int, warned: bool
) -> None:
    beat = newest(machine.database)[By.SERVE]
    shaping = {"AGGREGATOR_PUBLIC_URL": "a", "AGGREGATOR_HOLDS": "b"}
    other = replace(beat, pid=os.getppid() if pid else beat.pid, shaping=shaping)
    heartbeat.write(machine.database, other)
    with caplog.at_level(logging.WARNING):
        warn_if_unlike(machine.database, shaping | {"AGGREGATOR_HOLDS": "c"}, machine.now)
        warn_if_unlike(machine.database, shaping, machine.now)
    assert caplog.text.count("AGGREGATOR_HOLDS: set otherwise") == warned
    assert "PUBLIC_URL" not in caplog.text
