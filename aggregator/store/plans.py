"""Acts of people that wait for their day: to hide or to take down a post or a source.

The only writer of its table. A plan names a post by source and guid, so it outlives the post's
pruning, and an edit of it.
Not here: doing what is due (``actions/planned.py``).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, tuple_

from aggregator.model import Plan, PlannedAct, public_id_of
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit
from aggregator.store.care_tables import plans
from aggregator.store.database import Database
from aggregator.store.statements import in_parts, insert_or

_C = plans.c


def add(database: Database, *wanted: Plan) -> list[Plan]:
    """Let these wait; of each thing and act, a later plan takes the place of an earlier one.

    Returns those that are new or different: what is planned just so already stays as it is.
    """
    fresh = []
    with database.writing(durable=True) as connection:
        insert = insert_or(connection.dialect.name, plans)
        for plan in wanted:
            before = _one(connection, plan)
            if before is not None and (before.at, before.reason) == (plan.at, plan.reason):
                continue
            values = {
                "at": plan.at,
                "decided_by": plan.by,
                "decided_at": plan.decided_at,
                "reason": plan.reason,
            }
            named = {"act": plan.act.value, "source_id": plan.source_id, "guid": plan.guid or ""}
            connection.execute(
                insert.values(named | values).on_conflict_do_update(
                    index_elements=["act", "source_id", "guid"], set_=values
                )
            )
            _record(connection, plan, AuditAct.PLAN, plan.by, plan.decided_at)
            fresh.append(plan)
    return fresh


def take_back(database: Database, *made: Plan, by: str, now: datetime) -> list[Plan]:
    """Let these wait no more; returns those that did wait."""
    with database.writing(durable=True) as connection:
        gone = [plan for plan in made if _forget(connection, plan)]
        for plan in gone:
            _record(connection, plan, AuditAct.PLAN_NO_MORE, by, now)
    return gone


def done(database: Database, plan: Plan) -> None:
    """It was carried out; what it became is in the audit."""
    with database.writing(durable=True) as connection:
        _forget(connection, plan)


def due(database: Database, now: datetime) -> list[Plan]:
    """What is to be done by now, the longest due first."""
    return _read(database, _C.at <= now)


def waiting(database: Database) -> list[Plan]:
    """All plans, the next one first."""
    return _read(database)


def of(database: Database, source_id: str, guid: str | None) -> list[Plan]:
    """Those for one post, or for a whole source, the next one first."""
    return _read(database, _C.source_id == source_id, _C.guid == (guid or ""))


def erase(connection: Connection, source_id: str) -> None:
    """Forget the plans for a source and for all of its posts, reasons and all."""
    connection.execute(delete(plans).where(_C.source_id == source_id))


def erase_posts(connection: Connection, named: Iterable[tuple[str, str]]) -> None:
    """Forget the plans for posts, by source id and guid, reasons and all."""
    for part in in_parts(named):
        these = tuple_(_C.source_id, _C.guid).in_(part)
        connection.execute(delete(plans).where(these))


def _read(database: Database, *conditions: Any) -> list[Plan]:
    asked = select(plans).where(*conditions).order_by(_C.at, _C.id)
    with database.reading() as connection:
        return list(map(_plan, connection.execute(asked)))


def _one(connection: Connection, plan: Plan) -> Plan | None:
    row = connection.execute(select(plans).where(*_same(plan))).first()
    return None if row is None else _plan(row)


def _same(plan: Plan) -> tuple[Any, ...]:
    return (
        _C.act == plan.act.value,
        _C.source_id == plan.source_id,
        _C.guid == (plan.guid or ""),
    )


def _forget(connection: Connection, plan: Plan) -> bool:
    """Not one for another day that took its place meanwhile."""
    gone = delete(plans).where(*_same(plan), _C.at == plan.at).returning(_C.id)
    return connection.execute(gone).first() is not None


def _record(connection: Connection, plan: Plan, act: str, by: str, now: datetime) -> None:
    public_id = None if plan.guid is None else public_id_of(plan.source_id, plan.guid)
    entry = audit.Entry(now, by, act, plan.source_id, public_id, after=plan.act.value)
    audit.record(connection, entry)


def _plan(row: Row[*tuple[Any, ...]]) -> Plan:
    return Plan(
        PlannedAct(row.act),
        row.source_id,
        row.guid or None,
        row.at,
        row.decided_by,
        row.decided_at,
        row.reason,
    )
