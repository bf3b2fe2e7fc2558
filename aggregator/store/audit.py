"""Who did what and when: rows are added, never changed, and hold ids, kinds and names of fields.

The database itself refuses changes, by triggers. What was written, and why, is nobody's business
here: what undo needs lies in ``verdicts`` and ``undos``, which can be erased.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select

from aggregator.store.database import Database
from aggregator.store.tables import audit

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One act of a person."""

    at: datetime
    who: str
    act: str
    """decide, undo, take down …"""
    source_id: str
    """Empty: it is about a widget, or about no one thing."""
    public_id: str | None = None
    """The post; None: the whole source."""
    before: str | None = None
    """The kind of what held before, or the names of what was changed."""
    after: str | None = None
    receipt: str | None = None
    widget_id: str | None = None
    """The widget that it is about; None: it is about a source or post."""
    number: int = field(default=0, compare=False)
    """Its place in the audit; 0: not written yet."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows somebody asks for; None: whatever it is."""

    since: datetime | None = None
    source_ids: tuple[str, ...] = ()
    """About one of these; empty: about any."""
    who: str | None = None
    acts: tuple[str, ...] = ()
    """Empty: all acts."""


def record(connection: Connection, entry: Entry) -> int:
    """Add a row, in the transaction of the act itself. Returns its number."""
    written = insert(audit).values(**_values(entry)).returning(audit.c.id)
    return int(connection.execute(written).scalar_one())


def record_all(connection: Connection, entries: Iterable[Entry]) -> None:
    """Add rows in this order."""
    rows = [_values(entry) for entry in entries]
    if rows:
        connection.execute(insert(audit), rows)


def newest(database: Database) -> int:
    """A number that grows with every act; 0 before the first."""
    with database.reading() as connection:
        return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def rows(database: Database, limit: int = 100, wanted: Wanted | None = None) -> list[Entry]:
    """The newest entries, newest first."""
    asked = _asked(wanted or Wanted()).order_by(audit.c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [Entry(*row) for row in connection.execute(asked)]


def everything(database: Database, wanted: Wanted | None = None) -> Iterator[Entry]:
    """All entries, oldest first, a page at a time: an audit may be long."""
    last = 0
    while True:
        asked = _asked(wanted or Wanted()).where(audit.c.id > last).order_by(audit.c.id)
        with database.reading() as connection:
            page = [Entry(*row) for row in connection.execute(asked.limit(_PAGE))]
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1].number


def knows(database: Database, source_id: str) -> bool:
    """Whether anything was ever done about a source of that id."""
    asked = select(audit.c.id).where(audit.c.source_id == source_id).limit(1)
    with database.reading() as connection:
        return connection.execute(asked).first() is not None


def _values(entry: Entry) -> dict[str, object]:
    return {
        "at": entry.at,
        "who": entry.who,
        "act": entry.act,
        "source_id": entry.source_id,
        "public_id": entry.public_id,
        "before": entry.before,
        "after": entry.after,
        "receipt": entry.receipt,
        "widget_id": entry.widget_id,
    }


def _asked(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    c = audit.c
    asked = select(
        c.at,
        c.who,
        c.act,
        c.source_id,
        c.public_id,
        c.before,
        c.after,
        c.receipt,
        c.widget_id,
        c.id,
    )
    if wanted.since is not None:
        asked = asked.where(c.at >= wanted.since)
    if wanted.source_ids:
        asked = asked.where(c.source_id.in_(wanted.source_ids))
    if wanted.who is not None:
        asked = asked.where(c.who == wanted.who)
    return asked.where(c.act.in_(wanted.acts)) if wanted.acts else asked
