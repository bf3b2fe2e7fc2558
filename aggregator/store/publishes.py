"""When each widget was last looked at, when it last changed, what it shows, how long that holds."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select

from aggregator.store.database import Database
from aggregator.store.statements import in_parts, insert_or
from aggregator.store.tables import publishes


@dataclass(frozen=True, slots=True)
class PublishState:
    """What is remembered of a widget's publishing."""

    checked: datetime
    changed: datetime | None
    """When its files last became different; None: not since this is remembered."""
    valid_until: datetime | None
    """When it may change by itself; None: not before new facts."""
    stamp: bytes | None = None
    """Of all that its files were made from, and of the files; None: not known."""


def record(
    database: Database,
    widget_id: str,
    checked: datetime,
    *,
    changed: bool,
    valid_until: datetime | None,
    shown: frozenset[str] | None,
    stamp: bytes | None = None,
) -> None:
    """Remember that a widget was published, and whether its files changed by it.

    ``shown``: ids and links that its files name. It and ``stamp``, where None, stay as they were.
    """
    facts: dict[str, Any] = {"checked": checked, "valid_until": valid_until}
    if changed:
        facts["changed"] = checked
    if shown is not None:
        facts["shown"] = sorted(shown)
    if stamp is not None:
        facts["stamp"] = stamp
    with database.writing() as connection:
        insert = insert_or(connection.dialect.name, publishes).values(widget_id=widget_id, **facts)
        connection.execute(insert.on_conflict_do_update(index_elements=["widget_id"], set_=facts))


def shown(database: Database, widget_id: str) -> frozenset[str]:
    """Ids and links that a widget's files name; none for a widget never published."""
    wanted = select(publishes.c.shown).where(publishes.c.widget_id == widget_id)
    with database.reading() as connection:
        return frozenset(connection.execute(wanted).scalar() or ())


def state(database: Database, widget_id: str) -> PublishState | None:
    """What is remembered of one widget; None: it was never published."""
    with database.reading() as connection:
        row = connection.execute(_STATE, {"widget": widget_id}).one_or_none()
    return None if row is None else PublishState(*row[1:])


def states(database: Database) -> dict[str, PublishState]:
    """By widget id, what is remembered; widgets that left feeds.yaml included."""
    with database.reading() as connection:
        return {row[0]: PublishState(*row[1:]) for row in connection.execute(_STATES)}


def keep_only(database: Database, widget_ids: Collection[str]) -> None:
    """Forget what all other widgets showed: they left feeds.yaml, and their files are gone."""
    if gone := states(database).keys() - set(widget_ids):
        with database.writing() as connection:
            for part in in_parts(gone):
                connection.execute(delete(publishes).where(publishes.c.widget_id.in_(part)))


_STATES = select(
    publishes.c.widget_id,
    publishes.c.checked,
    publishes.c.changed,
    publishes.c.valid_until,
    publishes.c.stamp,
)
_STATE = _STATES.where(publishes.c.widget_id == bindparam("widget"))
