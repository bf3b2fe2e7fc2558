"""Signs of life: when the clock of `serve` last looked, and when `refresh` last ran to its end.

One row in ``meta`` for each of the two, so that any other process can tell how long all stands.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from aggregator.store import meta
from aggregator.store.database import Database
from aggregator.store.tables import microseconds, moment


class By(StrEnum):
    """Who gives a sign."""

    SERVE = "serve"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life."""

    by: By
    started: datetime
    looked: datetime
    """When it last looked at what is due."""
    published: datetime | None
    """When it last brought every widget up to date; None: not since it started."""
    host: str
    pid: int
    room: int = 0
    """On that host, what its number is counted in: a container has numbers of its own."""
    ended: bool = False
    """It was told to stop, and did."""
    shaping: Mapping[str, str] = field(default_factory=dict)
    """Settings that its outputs are made with: a digest by variable."""


def write(database: Database, beat: Beat) -> None:
    """Remember it in the place of the one before. Call it once a minute at most."""
    told = {
        "started": microseconds(beat.started),
        "looked": microseconds(beat.looked),
        "published": None if beat.published is None else microseconds(beat.published),
        "host": beat.host,
        "pid": beat.pid,
        "room": beat.room,
        "ended": beat.ended,
        "shaping": dict(beat.shaping),
    }
    with database.writing() as connection:
        meta.write(connection, _key(beat.by), json.dumps(told).encode())


def newest(database: Database) -> dict[By, Beat]:
    """The last sign of each that ever gave one."""
    with database.reading() as connection:
        rows = {by: meta.read(connection, _key(by)) for by in By}
    return {by: _beat(by, row) for by, row in rows.items() if row is not None}


def _key(by: By) -> str:
    return f"heartbeat of {by}"


def _beat(by: By, row: bytes) -> Beat:
    told = json.loads(row)
    published = told["published"]
    return Beat(
        by=by,
        started=moment(told["started"]),
        looked=moment(told["looked"]),
        published=None if published is None else moment(published),
        host=told["host"],
        pid=told["pid"],
        room=told.get("room", 0),  # this and what follows: absent in signs of before
        ended=told.get("ended", False),
        shaping=told.get("shaping", {}),
    )
