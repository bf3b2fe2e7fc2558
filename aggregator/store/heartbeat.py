"""Signs of life: when the clock of `serve` last looked, and when `refresh` last ran to its end.

One row in ``meta`` for each of the two, so that any other process can tell how long all stands.
"""

import json
from dataclasses import dataclass
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


def write(database: Database, beat: Beat) -> None:
    """Remember it in the place of the one before. Call it once a minute at most."""
    told = {
        "started": microseconds(beat.started),
        "looked": microseconds(beat.looked),
        "published": None if beat.published is None else microseconds(beat.published),
        "host": beat.host,
        "pid": beat.pid,
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
    )
