"""What undo needs of changes to feeds.yaml: the lines of an entry before and after, for 30 days.

The only writer of its table. It hangs on the audit, whose rows tell who changed what and when and
stay; these go where a source is taken down, or after their time.
Not here: whether an entry still stands as it was left (``actions/edits.py``), decisions about
posts (``verdicts.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.store import noted
from aggregator.store.care_tables import undos
from aggregator.store.database import Database
from aggregator.store.verdicts import UNDO_WITHIN


@dataclass(frozen=True, slots=True)
class Undo:
    """A change of one entry that can be taken back."""

    number: int
    """Of its row in the audit."""
    at: datetime
    section: str
    """``sources``, ``widgets`` or ``rules``."""
    entry_id: str
    before: str | None
    """Its lines; None: it was not there."""
    after: str | None
    """None: it was removed."""
    place: int
    """Which entry of its section it was, counted from 0."""
    undone: datetime | None = None


def add(connection: Connection, changes: Iterable[Undo]) -> None:
    """Keep changes, in the transaction in which the audit tells of them."""
    rows = [
        {
            "audit_id": one.number,
            "at": one.at,
            "section": one.section,
            "entry_id": one.entry_id,
            "before": one.before,
            "after": one.after,
            "place": one.place,
        }
        for one in changes
    ]
    if rows:
        connection.execute(insert(undos), rows)


def open_ones(database: Database, now: datetime) -> list[Undo]:
    """Changes that can still be taken back, newest first."""
    asked = (
        select(undos)
        .where(undos.c.undone.is_(None), undos.c.at >= now - UNDO_WITHIN)
        .order_by(undos.c.audit_id.desc())
    )
    with database.reading() as connection:
        return [Undo(*row) for row in connection.execute(asked)]


def entries_said(database: Database) -> list[tuple[str, str]]:
    """By source id, the lines of its entry as they were before and after each change."""
    c = undos.c
    asked = select(c.entry_id, c.before, c.after).where(c.section == "sources")
    with database.reading() as connection:
        rows = connection.execute(asked).all()
    return [(row.entry_id, lines) for row in rows for lines in (row.before, row.after) if lines]


def find(database: Database, number: int) -> Undo | None:
    """The change of that number; None: there is none, or not any more."""
    with database.reading() as connection:
        row = connection.execute(select(undos).where(undos.c.audit_id == number)).first()
    return None if row is None else Undo(*row)


def newest(database: Database, section: str, entry_id: str) -> Undo | None:
    """The last change of an entry, be it undone or not."""
    c = undos.c
    asked = select(undos).where(c.section == section, c.entry_id == entry_id)
    with database.reading() as connection:
        row = connection.execute(asked.order_by(c.audit_id.desc()).limit(1)).first()
    return None if row is None else Undo(*row)


def mark_undone(database: Database, number: int, now: datetime) -> None:
    """Remember that a change was taken back."""
    with database.writing(durable=True) as connection:
        connection.execute(update(undos).where(undos.c.audit_id == number).values(undone=now))


def erase(connection: Connection, entry_id: str) -> None:
    """Forget what a source's entry said: a takedown has no undo."""
    of_source = (undos.c.section == "sources", undos.c.entry_id == entry_id)
    connection.execute(delete(undos).where(*of_source))
    noted.erase(connection, entry_id)


def prune(database: Database, now: datetime) -> int:
    """Forget changes whose time is over; how many."""
    with database.writing() as connection:
        over = delete(undos).where(undos.c.at < now - UNDO_WITHIN)
        return connection.execute(over).rowcount


def count_past(database: Database, now: datetime) -> int:
    """How many ``prune`` would forget."""
    wanted = select(func.count()).select_from(undos).where(undos.c.at < now - UNDO_WITHIN)
    with database.reading() as connection:
        return connection.execute(wanted).scalar_one()
