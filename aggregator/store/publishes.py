"""When each widget was last looked at, when it last changed, what it shows, how long that holds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from aggregator.store.database import Database
from aggregator.store.statements import insert_or
from aggregator.store.tables import publishes


@dataclass(frozen=True, slots=True)
class PublishState:
    """What is remembered of a widget's publishing."""

    checked: datetime
    changed: datetime | None
    """When its files last became different; None: not since this is remembered."""
    valid_until: datetime | None
    """When it may change by itself; None: not before new facts."""


def record(
    database: Database,
    widget_id: str,
    checked: datetime,
    changed: bool,
    valid_until: datetime | None,
    shown: frozenset[str] | None,
) -> None:
    """Remember that a widget was published, and whether its files changed by it.

    ``shown``: ids and links that its files name; None: those that they named before.
    """
    facts: dict[str, Any] = {"checked": checked, "valid_until": valid_until}
    if changed:
        facts["changed"] = checked
    if shown is not None:
        facts["shown"] = sorted(shown)
    with database.writing() as connection:
        insert = insert_or(connection.dialect.name, publishes).values(widget_id=widget_id, **facts)
        connection.execute(insert.on_conflict_do_update(index_elements=["widget_id"], set_=facts))


def shown(database: Database, widget_id: str) -> frozenset[str]:
    """Ids and links that a widget's files name; none for a widget never published."""
    wanted = select(publishes.c.shown).where(publishes.c.widget_id == widget_id)
    with database.reading() as connection:
        return frozenset(connection.execute(wanted).scalar() or ())


def states(database: Database) -> dict[str, PublishState]:
    """By widget id, what is remembered; widgets that left feeds.yaml included."""
    c = publishes.c
    with database.reading() as connection:
        found = connection.execute(select(c.widget_id, c.checked, c.changed, c.valid_until))
        return {widget_id: PublishState(*state) for widget_id, *state in found}
