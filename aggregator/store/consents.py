"""The ledger of consents: every state of every consent that feeds.yaml ever named.

The only writer of its table. Rows are added where the file says something new, and go only where
a source is taken down, or their time is over. Who did it stands in the audit as well, for ever.
Not here: whether a consent holds (``Consent.holds_on``), when the file is compared with it
(``actions/ledger.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from aggregator.model import Consent
from aggregator.store.care_tables import consents
from aggregator.store.database import Database


@dataclass(frozen=True, slots=True)
class Noted:
    """What feeds.yaml said of one source's consent from a moment on."""

    source_id: str
    seen_at: datetime
    said_by: str
    """Who wrote it; ``file``: somebody, by hand."""
    consent: Consent | None
    """None: the entry names no consent any more, or left the file."""


def add(connection: Connection, noted: Iterable[Noted]) -> None:
    """Write rows, in the transaction in which the audit tells of them."""
    rows = [
        {
            "source_id": one.source_id,
            "seen_at": one.seen_at,
            "said_by": one.said_by,
            "reference": one.consent.reference if one.consent else None,
            "basis": one.consent.basis if one.consent else None,
            "given": _written(one.consent.given) if one.consent else None,
            "expires": _written(one.consent.expires) if one.consent else None,
            "withdrawn": _written(one.consent.withdrawn) if one.consent else None,
        }
        for one in noted
    ]
    if rows:
        connection.execute(insert(consents), rows)


def newest(connection: Connection) -> dict[str, Noted]:
    """By source id, the state that was noted last."""
    last = select(func.max(consents.c.id)).group_by(consents.c.source_id)
    found = connection.execute(select(consents).where(consents.c.id.in_(last)))
    return {row.source_id: _noted(row) for row in found}


def all_newest(database: Database) -> dict[str, Noted]:
    """``newest``, in a transaction of its own."""
    with database.reading() as connection:
        return newest(connection)


def history(database: Database, source_id: str) -> list[Noted]:
    """All states of one source's consent, oldest first."""
    asked = select(consents).where(consents.c.source_id == source_id).order_by(consents.c.id)
    with database.reading() as connection:
        return [_noted(row) for row in connection.execute(asked)]


def reference_at(connection: Connection, source_id: str, at: datetime) -> str | None:
    """The reference that held at a moment; before anything was noted, the first one."""
    c = consents.c
    of_source = select(c.reference).where(c.source_id == source_id).limit(1)
    known = connection.execute(of_source.where(c.seen_at <= at).order_by(c.id.desc())).first()
    known = known or connection.execute(of_source.order_by(c.id)).first()
    return None if known is None else known.reference


def erase(connection: Connection, source_id: str) -> None:
    """Delete the ledger of a source that is taken down."""
    connection.execute(delete(consents).where(consents.c.source_id == source_id))


def _noted(row: Row[*tuple[Any, ...]]) -> Noted:
    consent = None
    if row.reference is not None:
        consent = Consent(
            row.reference,
            row.basis,
            date.fromisoformat(row.given),
            _read(row.expires),
            _read(row.withdrawn),
        )
    return Noted(row.source_id, row.seen_at, row.said_by, consent)


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
