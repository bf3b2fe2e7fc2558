"""How each source was when last looked at, since when, and what of it staff were told.

The only writer of its table. Besides sources it holds what is followed in the same way: the file
feeds.yaml, the publishing of each widget, the days of digests; their names are no ids of sources.
Not here: what is worth telling (``actions/trouble.py``).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from aggregator.store import alerts
from aggregator.store.alerts import Fact
from aggregator.store.care_tables import conditions
from aggregator.store.database import Database
from aggregator.store.statements import in_parts, insert_or, stop_writers

_BETWEEN = ", "


@dataclass(frozen=True, slots=True)
class Followed:
    """One row."""

    subject: str
    """A source's id, or another thing's name."""
    kind: str
    since: datetime
    """When it began to be so, as far as anybody looked."""
    told: tuple[str, ...] = ()
    """Kinds of trouble that staff were told of since all was well."""


@dataclass(frozen=True, slots=True)
class Change:
    """How things are followed from now on, and what is to be told of it."""

    after: Mapping[str, Followed]
    """By subject, all of them."""
    facts: Collection[Fact] = ()


def all_of(database: Database) -> dict[str, Followed]:
    """By subject."""
    with database.reading() as connection:
        return _read(connection)


def change(
    database: Database,
    decide: Callable[[Mapping[str, Followed]], Change],
    channels: Collection[str],
    made: datetime,
    due: datetime,
) -> None:
    """Follow what ``decide`` makes of what was, and write down what it wants to tell: both or none.

    ``decide`` may be called twice: where two programs look at one time, only one of them tells.
    """
    before = all_of(database)
    decided = decide(before)
    if not decided.facts and dict(decided.after) == before:
        return
    with database.writing(durable=True) as connection:
        stop_writers(connection, conditions)
        before = _read(connection)
        decided = decide(before)
        _forget(connection, before.keys() - decided.after.keys())
        _write(connection, [one for name, one in decided.after.items() if one != before.get(name)])
        alerts.add(connection, decided.facts, channels, made, due)


def erase(connection: Connection, source_id: str) -> None:
    """Forget how a source was."""
    _forget(connection, [source_id])


def _read(connection: Connection) -> dict[str, Followed]:
    found = {}
    for row in connection.execute(select(conditions)):
        told = tuple(row.told.split(_BETWEEN)) if row.told else ()
        found[row.source_id] = Followed(row.source_id, row.kind, row.since, told)
    return found


def _forget(connection: Connection, subjects: Iterable[str]) -> None:
    for part in in_parts(sorted(subjects)):
        connection.execute(delete(conditions).where(conditions.c.source_id.in_(part)))


def _write(connection: Connection, followed: Iterable[Followed]) -> None:
    insert = insert_or(connection.dialect.name, conditions)
    changed = {name: insert.excluded[name] for name in ("kind", "since", "told")}
    rows = [
        {
            "source_id": one.subject,
            "kind": one.kind,
            "since": one.since,
            "told": _BETWEEN.join(one.told) or None,
        }
        for one in followed
    ]
    if rows:
        connection.execute(
            insert.on_conflict_do_update(index_elements=["source_id"], set_=changed), rows
        )
