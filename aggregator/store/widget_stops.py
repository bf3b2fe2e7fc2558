"""Widgets that a person froze or blanked, until a person resumes them.

Read and written under the widget's lock (``actions/publish.py``, ``actions/stops.py``), so that a
publish which began before a stop cannot undo it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select

from aggregator.model import StopKind, WidgetStop
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit
from aggregator.store.care_tables import widget_stops
from aggregator.store.database import Database

_C = widget_stops.c
_STOPS = select(_C.widget_id, _C.kind, _C.decided_by, _C.decided_at, _C.shown)
_STOP = _STOPS.where(_C.widget_id == bindparam("widget"))
_OF_WIDGET = delete(widget_stops).where(_C.widget_id == bindparam("widget"))
_ACTS = {StopKind.FROZEN: AuditAct.FREEZE, StopKind.BLANK: AuditAct.BLANK}


def all_stops(database: Database) -> dict[str, WidgetStop]:
    """By widget id; those that run are not there."""
    with database.reading() as connection:
        return {row.widget_id: _read(row) for row in connection.execute(_STOPS)}


def stop_of(database: Database, widget_id: str) -> WidgetStop | None:
    """How a widget is stopped; None: it runs."""
    with database.reading() as connection:
        row = connection.execute(_STOP, {"widget": widget_id}).one_or_none()
    return None if row is None else _read(row)


def stop(database: Database, wanted: WidgetStop, before: WidgetStop | None) -> None:
    """Stop a widget, in the place of how it was stopped before."""
    with database.writing(durable=True) as connection:
        connection.execute(_OF_WIDGET, {"widget": wanted.widget_id})
        connection.execute(
            insert(widget_stops).values(
                widget_id=wanted.widget_id,
                kind=wanted.kind.value,
                decided_by=wanted.by,
                decided_at=wanted.at,
                shown=[wanted.shown, wanted.more],
            )
        )
        told = audit.Entry(
            wanted.at,
            wanted.by,
            _ACTS[wanted.kind],
            "",
            before=before.kind.value if before else None,
            after=wanted.kind.value,
            widget_id=wanted.widget_id,
        )
        audit.record(connection, told)


def resume(database: Database, stopped: WidgetStop, by: str, now: datetime) -> None:
    """Let a widget run again."""
    widget_id, before = stopped.widget_id, stopped.kind.value
    with database.writing(durable=True) as connection:
        connection.execute(_OF_WIDGET, {"widget": widget_id})
        told = audit.Entry(now, by, AuditAct.RESUME, "", before=before, widget_id=widget_id)
        audit.record(connection, told)


def keep_only(database: Database, widget_ids: Collection[str]) -> None:
    """Forget the stops of all other widgets: they left feeds.yaml."""
    if gone := all_stops(database).keys() - set(widget_ids):
        with database.writing() as connection:
            connection.execute(_OF_WIDGET, [{"widget": widget_id} for widget_id in gone])


def _read(row: Row[*tuple[Any, ...]]) -> WidgetStop:
    shown, more = (tuple((source, post) for source, post in pairs) for pairs in row.shown)
    return WidgetStop(
        row.widget_id, StopKind(row.kind), row.decided_by, row.decided_at, shown, more
    )
