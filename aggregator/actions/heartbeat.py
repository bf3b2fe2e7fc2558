"""Proof that the clock runs: watched from within, and told to other processes.

Within the process silence is measured by a clock that nobody sets, so that a jump of the time of
day makes neither a dead clock look alive nor a living one look dead. Another process knows the time
of day only, and says so where that cannot be right.
"""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.store import heartbeat
from aggregator.store.database import Database
from aggregator.store.heartbeat import Beat, By

LOOKS_STOPPED = 60.0
"""Seconds; the clock looks every other second, and a whole round may take some."""
PUBLISHES_STOPPED = 300.0
"""Seconds; every widget is brought up to date once a minute."""
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


class Heart:
    """Watches the clock of this process."""

    def __init__(
        self, clock: Callable[[], datetime], ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """``ticks``: seconds that only ever grow."""
        self._clock = clock
        self._ticks = ticks
        self._started = clock()
        self._looked: tuple[datetime | None, float] = (None, ticks())
        self._published: tuple[datetime | None, float] = (None, ticks())
        self._written: datetime | None = None

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
        return None

    def tell(self, database: Database) -> None:
        """Write down for others that the clock runs, if it does and it is time to say so."""
        now, looked = self._clock(), self._looked[0]
        written = self._written is not None and abs(now - self._written) < WRITTEN_EVERY
        if written or looked is None or self._ticks() - self._looked[1] > LOOKS_STOPPED:
            return
        self._written = now  # also where it fails: a minute later is soon enough to try again
        heartbeat.write(database, _beat(By.SERVE, self._started, looked, self._published[0]))


def tell_pass(
    database: Database, started: datetime, now: datetime, published: datetime | None
) -> None:
    """Write down that a pass of `refresh` is over; ``published`` None: not every widget."""
    heartbeat.write(database, _beat(By.REFRESH, started, now, published))


def _beat(by: By, started: datetime, looked: datetime, published: datetime | None) -> Beat:
    return Beat(by, started, looked, published, socket.gethostname(), os.getpid())


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
    if serve is not None and abs(now - serve.looked) <= GONE_AFTER:
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
