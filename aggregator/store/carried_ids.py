"""Ids that sources got since a backup: it is brought to them before anything is carried into it.

The two databases tell of one source under two ids, and what was hidden under one would be shown
under the other. What they have in common is the id that it had first.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from aggregator.store import first_ids, new_ids
from aggregator.store.carried_history import Acts
from aggregator.store.first_ids import FirstIds
from aggregator.store.previous import Previous, Values
from aggregator.store.tables import visit_state


def follow(connection: Connection, previous: Previous, acts: Acts) -> Acts:
    """Give sources of the backup the ids that they have in the database that was there.

    Returns what both audits tell, as if it had been done under these ids; it is written as it was.
    """
    here, there = first_ids.read(connection), previous.ask(first_ids.read, FirstIds())
    ids: dict[str, str] = {}
    public_ids: dict[str, str] = {}
    for old, new in _renamed(here, there):
        known = set(connection.execute(select(visit_state.c.source_id)).scalars())
        if old in known and new not in known:
            ids[old] = new
            public_ids |= new_ids.move(connection, old, new)

    def renamed(row: Values) -> Values:
        source_id, public_id = row["source_id"], row["public_id"]
        return row | {
            "source_id": ids.get(source_id, source_id),
            "public_id": public_ids.get(public_id, public_id),
        }

    return acts._replace(
        before=[renamed(row) for row in acts.before],
        here=[renamed(row) for row in acts.here],
        fresh=[renamed(row) for row in acts.fresh],
    )


def _renamed(here: FirstIds, there: FirstIds) -> Iterator[tuple[str, str]]:
    """By the id in the backup, that in the database that was there."""
    now_called = {first: source_id for source_id, first in here.items()}
    for source_id, first in there.items():
        before = now_called.get(first, first)
        if before != source_id:
            yield before, source_id
    for source_id, first in here.items():
        if first not in there.values():  # it has its first id again
            yield source_id, first
