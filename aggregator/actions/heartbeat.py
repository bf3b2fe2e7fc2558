"""Proof that the clock runs: watched from within, and told to other processes.

Within the process silence is measured by a clock that nobody sets, so that a jump of the time of
day makes neither a dead clock look alive nor a living one look dead. Another process knows the time
of day only, and says so where that cannot be right.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeGuard

from aggregator.errors import StoreError
from aggregator.store import heartbeat
from aggregator.store.database import Database
from aggregator.store.heartbeat import Beat, By

log = logging.getLogger(__name__)

LOOKS_STOPPED = 60.0
"""Seconds; the clock looks every other second, and a whole round may take some."""
PUBLISHES_STOPPED = 300.0
"""Seconds; every widget is brought up to date once a minute."""
WRITES_STOPPED = 300.0
"""Seconds; the row below is written once a minute."""
WRITTEN_EVERY = timedelta(minutes=1)
"""The row in the database."""
GONE_AFTER = timedelta(minutes=3)
"""A `serve` whose row is older does not run, or its clock has stopped."""
PASS_LATE = timedelta(days=1)
"""Where nothing but `refresh` runs, as from cron, it runs at least this often."""
_AHEAD = timedelta(seconds=5)
"""Clocks of two machines may differ by so much."""

CLOCK_STOPPED = "The clock has stopped."
NOT_PUBLISHED = "Widgets are not brought up to date."
NOT_WRITTEN = "Nothing can be written to the database."


class Heart:
    """Watches the clock of this process."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
        *,
        shaping: Mapping[str, str] | None = None,
    ) -> None:
        """``ticks``: seconds that only ever grow. ``shaping``: as in a ``Beat``."""
        self._shaping = shaping or {}
        self._clock = clock
        self._ticks = ticks
        self._started = clock()
        self._looked: tuple[datetime | None, float] = (None, ticks())
        self._published: tuple[datetime | None, float] = (None, ticks())
        self._tried: datetime | None = None
        self._unwritten: float | None = None
        """Since when writing fails."""

    def notice(self, looked: datetime | None, published: datetime | None) -> None:
        """What the clock did last, and when; ``published`` None: not every widget, of late."""
        if looked is not None and looked != self._looked[0]:
            self._looked = (looked, self._ticks())
        if published is not None and published != self._published[0]:
            self._published = (published, self._ticks())

    def trouble(self) -> str | None:
        """What has stopped, in one sentence without details; None: all goes on."""
        now = self._ticks()
        if now - self._looked[1] > LOOKS_STOPPED:
            return CLOCK_STOPPED
        if now - self._published[1] > PUBLISHES_STOPPED:
            return NOT_PUBLISHED
        if self._unwritten is not None and now - self._unwritten > WRITES_STOPPED:
            return NOT_WRITTEN
        return None

    def tell(self, database: Database) -> None:
        """Write down for others that the clock runs, if it does and it is time to say so.

        Raises StoreError.
        """
        now, looked = self._clock(), self._looked[0]
        tried = self._tried is not None and abs(now - self._tried) < WRITTEN_EVERY
        if tried or looked is None or self._ticks() - self._looked[1] > LOOKS_STOPPED:
            return
        self._tried = now  # also where it fails: a minute later is soon enough to try again
        beat = _beat(By.SERVE, self._started, looked, self._published[0])
        try:
            heartbeat.write(database, replace(beat, shaping=self._shaping))
        except StoreError:
            self._unwritten = self._ticks() if self._unwritten is None else self._unwritten
            raise
        self._unwritten = None

    def end(self, database: Database) -> None:
        """Write down that the clock was stopped, so that nobody waits for its next sign.

        Raises StoreError.
        """
        if self._tried is not None:
            beat = _beat(By.SERVE, self._started, self._clock(), self._published[0])
            heartbeat.write(database, replace(beat, ended=True))


def tell_pass(
    database: Database, started: datetime, now: datetime, published: datetime | None
) -> None:
    """Write down that a pass of `refresh` is over; ``published`` None: not every widget."""
    heartbeat.write(database, _beat(By.REFRESH, started, now, published))


def _beat(by: By, started: datetime, looked: datetime, published: datetime | None) -> Beat:
    host, pid = socket.gethostname(), os.getpid()
    return Beat(by, started, looked, published, host, pid, _room())


def _room() -> int:
    """What numbers of processes are counted in; 0 where there is only one such room."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


def _is_there(beat: Beat) -> bool:
    """Whether its process may still be there: no for certain only of one in the same room."""
    if (beat.host, beat.room) != (socket.gethostname(), _room()):
        return True
    try:
        os.kill(beat.pid, 0)  # asks only
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


def _runs(beat: Beat | None, now: datetime) -> TypeGuard[Beat]:
    """Whether the `serve` that gave it runs, as far as can be told."""
    if beat is None or beat.ended or abs(now - beat.looked) > GONE_AFTER:
        return False
    return _is_there(beat)


def warn_if_unlike(database: Database, shaping: Mapping[str, str], now: datetime) -> None:
    """Say which variables another process, a `serve` that runs, has set otherwise.

    ``shaping``: what is set here, as in a ``Beat``. Raises StoreError.
    """
    beat = heartbeat.newest(database).get(By.SERVE)
    if not _runs(beat, now) or (beat.host, beat.room, beat.pid) == (
        socket.gethostname(),
        _room(),
        os.getpid(),
    ):
        return
    if other := [name for name, value in beat.shaping.items() if shaping.get(name) != value]:
        log.warning(
            "%s: set otherwise than for the `serve` that runs. It soon replaces what is published "
            "here; start both with the same environment.",
            ", ".join(other),
        )


@dataclass(frozen=True, slots=True)
class Running:
    """Whether anything runs, as another process can tell."""

    by: By | None
    """Who gave the last sign; None: nobody ever did."""
    runs: bool
    since: datetime | None
    """Running: since it started. Not: the last sign of life."""
    published: datetime | None
    words: str
    """With ``{since}`` where the moment goes, as its reader writes it."""
    next_step: str = ""


def standing(database: Database, now: datetime) -> Running:
    """How it stands. Raises StoreError."""
    beats = heartbeat.newest(database)
    serve = beats.get(By.SERVE)
    if _runs(serve, now):
        where = f"process {serve.pid} on {serve.host}"
        if _stale(serve.published, serve.started, now):
            words = f"`serve` runs ({where}), but does not bring every widget up to date."
            return Running(By.SERVE, True, serve.started, serve.published, words, _SEE)
        words = f"`serve` runs since {{since}} ({where})."
        return Running(By.SERVE, True, serve.started, serve.published, words)
    if not beats:
        return Running(None, False, None, None, "Nothing has run yet.", _START)
    last = max(beats.values(), key=lambda beat: beat.looked)
    if last.looked > now + _AHEAD:
        words = "The last sign of life is of {since}, which is yet to come: a clock was set back."
        return Running(last.by, False, last.looked, last.published, words, _START)
    if last.by is By.REFRESH and now - last.looked <= PASS_LATE:
        words = "`refresh` last ran at {since}; no `serve` runs."
        return Running(last.by, True, last.looked, last.published, words)
    words = "Nothing has run since {since}."
    return Running(last.by, False, last.looked, last.published, words, _START)


def _stale(published: datetime | None, started: datetime, now: datetime) -> bool:
    return abs(now - (published or started)) > timedelta(seconds=PUBLISHES_STOPPED) + GONE_AFTER


_START = "Start `serve`, or let cron call `refresh`."
_SEE = "`publish` says what is wrong."
