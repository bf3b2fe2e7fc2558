"""What feeds.yaml said when it was last looked at, entry by entry: what changes are told by.

Kept with the database and not beside the file, so that a change is told once, whichever program
looks first. Texts of entries can be erased; a change that one of us is about to make is announced
by the digest of the file as it will be, so that whoever sees it knows whose it is.
Not here: what is told (``actions/history.py``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from aggregator.store import meta
from aggregator.store.care_tables import undos
from aggregator.store.database import Database
from aggregator.store.statements import stop_writers

_DIGEST = "feeds digest"
_ENTRIES = "feeds entries"
_ANNOUNCED = "feeds announced"
_BELIEVED = timedelta(days=1)
"""So long a change that was announced may take: a file that is found later is somebody else's."""


@dataclass(frozen=True, slots=True)
class NotedEntry:
    """An entry of feeds.yaml as it stood."""

    section: str
    """``site``, ``widgets``, ``sources`` or ``rules``."""
    id: str
    """Empty: of the section ``site``, which has none."""
    lines: str


def digest(database: Database) -> str | None:
    """sha256 of the file as it was last noted, in hex; None: it never was."""
    with database.reading() as connection:
        return noted_digest(connection)


def noted_digest(connection: Connection) -> str | None:
    """``digest``, within a transaction."""
    found = meta.read(connection, _DIGEST)
    return found.decode() if found is not None else None


def take_turns(connection: Connection) -> None:
    """Let only one transaction at a time read what was noted and write it anew."""
    stop_writers(connection, undos)


def entries(connection: Connection) -> list[NotedEntry]:
    """All entries in their order."""
    found = meta.read(connection, _ENTRIES)
    return [NotedEntry(*row) for row in json.loads(found)] if found else []


def write(connection: Connection, digest: str, entries: Sequence[NotedEntry]) -> None:
    """Note the file as it stands now."""
    meta.write(connection, _DIGEST, digest.encode())
    rows = [[one.section, one.id, one.lines] for one in entries]
    meta.write(connection, _ENTRIES, json.dumps(rows, ensure_ascii=False).encode())


def erase(connection: Connection, source_id: str) -> None:
    """Forget the entry of a source that is taken down."""
    take_turns(connection)
    kept = [one for one in entries(connection) if (one.section, one.id) != ("sources", source_id)]
    rows = [[one.section, one.id, one.lines] for one in kept]
    meta.write(connection, _ENTRIES, json.dumps(rows, ensure_ascii=False).encode())


def announce(database: Database, digest: str, who: str, now: datetime) -> None:
    """Say who is about to make the file what this digest is of; on the disk when this returns."""
    with database.writing(durable=True) as connection:
        take_turns(connection)
        told = {
            file: said
            for file, said in _announced(connection).items()
            if abs(now - datetime.fromisoformat(said[1])) < _BELIEVED
        }
        told[digest] = (who, now.isoformat())
        meta.write(connection, _ANNOUNCED, json.dumps(told).encode())


def announced_by(connection: Connection, digest: str) -> str | None:
    """Who said that they would make the file so; None: nobody. It is forgotten by this."""
    told = _announced(connection)
    said = told.pop(digest, None)
    if said is None:
        return None
    meta.write(connection, _ANNOUNCED, json.dumps(told).encode())
    return said[0]


def _announced(connection: Connection) -> dict[str, tuple[str, str]]:
    found = meta.read(connection, _ANNOUNCED)
    return {file: (who, at) for file, (who, at) in json.loads(found).items()} if found else {}
