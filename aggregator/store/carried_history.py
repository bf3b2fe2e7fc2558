"""What was done since a backup, carried into it: audit, ledger of consents, undo, feeds.yaml.

That file is not put back with the database, so all that is known of its changes still holds. Rows
of the audit are added behind those of the backup, never in their place.
"""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from aggregator.store import noted
from aggregator.store.care_tables import consents, undos
from aggregator.store.noted import NotedEntry
from aggregator.store.previous import Previous, Values, values
from aggregator.store.statements import in_parts
from aggregator.store.tables import audit

SOURCES = "sources"
"""The section of feeds.yaml whose entries a takedown erases."""


class Acts(NamedTuple):
    """Two audits, compared by the number of each row and what it says."""

    before: list[Values]
    """All rows of the database that was there, oldest first."""
    here: list[Values]
    """Those of the backup itself."""
    fresh: list[Values]
    """Of ``before``, what the backup did not have."""
    numbers: dict[int, int]
    """By number there, the number here."""


def add_audit(connection: Connection, previous: Previous) -> Acts:
    """Add what the backup's audit does not tell; numbers stay the same where they are free."""
    mine = values(connection.execute(select(audit).order_by(audit.c.id)))
    known = {row["id"]: row for row in mine}
    before = previous.rows(audit)
    numbers, fresh = {}, []
    for row in before:
        if known.get(row["id"]) == _NOTHING | row:
            numbers[row["id"]] = row["id"]
            continue
        added = insert(audit).values(without_id(row)).returning(audit.c.id)
        numbers[row["id"]] = connection.execute(added).scalar_one()
        fresh.append(row)
    return Acts(before, mine, fresh, numbers)


_NOTHING: Values = {column.name: None for column in audit.c}


def without_id(row: Values) -> Values:
    """A row as it is added elsewhere, where it gets a number of its own."""
    return {name: value for name, value in row.items() if name != "id"}


def add_file_history(
    connection: Connection,
    previous: Previous,
    acts: Acts,
    is_down: Callable[[str], bool],
) -> None:
    """Ledger, undo, and the file as it was last read. ``is_down``: of ids of sources."""
    _add_consents(connection, previous, is_down)
    _add_undos(connection, previous, acts, is_down)
    digest = previous.ask(noted.noted_digest, None)
    entries = previous.ask(noted.entries, None)
    if digest is not None and entries is not None:
        noted.write(connection, digest, [one for one in entries if not _is_of(one, is_down)])


def _is_of(one: NotedEntry, is_down: Callable[[str], bool]) -> bool:
    return one.section == SOURCES and is_down(one.id)


def _add_consents(
    connection: Connection, previous: Previous, is_down: Callable[[str], bool]
) -> None:
    c = consents.c
    asked = select(*(column for column in c if column is not c.id))
    known = {tuple(row) for row in connection.execute(asked)}
    for row in map(without_id, previous.rows(consents)):
        if tuple(row.values()) not in known and not is_down(row["source_id"]):
            connection.execute(insert(consents).values(row))


def _add_undos(
    connection: Connection, previous: Previous, acts: Acts, is_down: Callable[[str], bool]
) -> None:
    """Of changes that both tell of, what was kept there counts: it may be undone, or erased."""
    told_there = [number for number, mine in acts.numbers.items() if number == mine]
    if not previous.is_whole:  # what is not read there may be there
        told_there = []
    for part in in_parts(told_there):
        connection.execute(delete(undos).where(undos.c.audit_id.in_(part)))
    here = set(connection.execute(select(undos.c.audit_id)).scalars())
    for row in previous.rows(undos):
        number = acts.numbers.get(row["audit_id"])
        erased = row["section"] == SOURCES and is_down(row["entry_id"])
        if number is not None and number not in here and not erased:
            connection.execute(insert(undos).values(row | {"audit_id": number}))
