"""The last visits of each source, in a ring (rule J6). The only writer of its table.

A visit's line takes the place of the one that came ``KEPT`` visits before, so the table grows no
further. Pushes are no visits.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model import LoggedVisit, Outcome, Visit, Written
from aggregator.store.database import Database
from aggregator.store.statements import insert_or
from aggregator.store.tables import visit_log, visit_state

KEPT = 50
_c = visit_log.c


def write(connection: Connection, found: Iterable[tuple[Visit, Written]]) -> None:
    """One line for each of these visits, which have just been stored."""
    rows = [_row_of(visit, written) for visit, written in found]
    if rows:
        connection.execute(_upsert(connection.dialect.name), rows)


def of_source(database: Database, source_id: str) -> list[LoggedVisit]:
    """The last visits of a source, the newest first."""
    wanted = select(visit_log).where(_c.source_id == source_id).order_by(_c.at.desc())
    with database.reading() as connection:
        return [_logged(row) for row in connection.execute(wanted)]


def latest(database: Database) -> dict[str, LoggedVisit]:
    """By source id, the last visit, as far as what it left is still remembered."""
    with database.reading() as connection:
        return {row.source_id: _logged(row) for row in connection.execute(_LATEST)}


def erase(connection: Connection, source_id: str) -> None:
    """Forget all visits of a source."""
    connection.execute(delete(visit_log).where(_c.source_id == source_id))


_LATEST = select(visit_log).join(
    visit_state,
    and_(
        _c.source_id == visit_state.c.source_id,
        _c.slot == visit_state.c.visits % KEPT,
        _c.at == visit_state.c.last_visit,  # with another address, counting began anew
    ),
)


def _upsert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    insert = insert_or(dialect, visit_log)
    facts = {column.name: column for column in insert.excluded if not column.primary_key}
    return insert.on_conflict_do_update(index_elements=["source_id", "slot"], set_=facts)


def _row_of(visit: Visit, written: Written) -> dict[str, Any]:
    state = visit.state
    return {
        "source_id": visit.source_id,
        "slot": state.visits % KEPT,
        "at": state.last_visit or visit.started,
        "outcome": visit.outcome.value,
        "kind": state.error_kind,
        "status": visit.status,
        "requests": visit.requests,
        "received": visit.received,
        "milliseconds": round(visit.seconds * 1000),
        "new": written.new,
        "edited": written.edited,
        "next_due": state.next_due,
        "why": visit.why,
    }


def _logged(row: Row[*tuple[Any, ...]]) -> LoggedVisit:
    return LoggedVisit(
        source_id=row.source_id,
        at=row.at,
        outcome=Outcome(row.outcome),
        kind=row.kind,
        status=row.status,
        requests=row.requests,
        received=row.received,
        seconds=row.milliseconds / 1000,
        new=row.new,
        edited=row.edited,
        next_due=row.next_due,
        why=row.why,
    )
