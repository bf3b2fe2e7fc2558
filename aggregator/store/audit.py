"""Who did what and when: rows are added, never changed, and hold ids and kinds only.

The database itself refuses changes, by triggers. What was written, and why, is nobody's business
here: what undo needs lies in ``verdicts``, which can be erased.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from aggregator.store.database import Database
from aggregator.store.tables import audit


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of a person."""

    at: datetime
    who: str
    act: str
    """decide, undo, take down …"""
    source_id: str
    public_id: str | None = None
    """The post; None: the whole source."""
    before: str | None = None
    """The kind of what held before, or the name of what was changed."""
    after: str | None = None
    receipt: str | None = None


def record(connection: Connection, entry: Entry) -> None:
    """Add a row, in the transaction of the act itself."""
    connection.execute(
        insert(audit).values(
            at=entry.at,
            who=entry.who,
            act=entry.act,
            source_id=entry.source_id,
            public_id=entry.public_id,
            before=entry.before,
            after=entry.after,
            receipt=entry.receipt,
        )
    )


def newest(database: Database) -> int:
    """A number that grows with every act; 0 before the first."""
    with database.reading() as connection:
        return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def rows(database: Database, limit: int = 100) -> list[Entry]:
    """The newest entries, newest first."""
    c = audit.c
    wanted = select(
        c.at, c.who, c.act, c.source_id, c.public_id, c.before, c.after, c.receipt
    ).order_by(c.id.desc())
    with database.reading() as connection:
        return [Entry(*row) for row in connection.execute(wanted.limit(limit))]
