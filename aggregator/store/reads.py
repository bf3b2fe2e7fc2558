"""What was read of platforms that bill what is read, by month. The only writer of its table.

Months are those of UTC, as platforms count them.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select

from aggregator.model import Visit
from aggregator.store.database import Database
from aggregator.store.statements import insert_or
from aggregator.store.tables import reads

_c = reads.c


def of_source(database: Database, source_id: str, now: datetime) -> int:
    """How much was read of a source in the month of ``now``."""
    wanted = select(_c.count).where(_c.source_id == source_id, _c.month == _month(now))
    with database.reading() as connection:
        return connection.execute(wanted).scalar() or 0


def of_all(database: Database, now: datetime) -> dict[str, int]:
    """The same by source id; those of which nothing was read are left out."""
    wanted = select(_c.source_id, _c.count).where(_c.month == _month(now))
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(wanted)}


def write(connection: Connection, found: Iterable[Visit]) -> None:
    """Count what these visits read, failed ones, too: it is billed all the same."""
    for visit in found:
        add(connection, visit.source_id, visit.reads, visit.started)


def add(connection: Connection, source_id: str, count: int, at: datetime) -> None:
    """So many more were read of a source, at that time."""
    if count:
        insert = insert_or(connection.dialect.name, reads).values(
            source_id=source_id, month=_month(at), count=count
        )
        more = {"count": _c.count + insert.excluded.count}
        connection.execute(
            insert.on_conflict_do_update(index_elements=["source_id", "month"], set_=more)
        )


def erase(connection: Connection, source_id: str) -> None:
    """Forget what was read of a source."""
    connection.execute(delete(reads).where(_c.source_id == source_id))


def count_old(database: Database, before: datetime) -> int:
    """How many months of sources ended before then."""
    wanted = select(func.count()).select_from(reads).where(_c.month < _month(before))
    with database.reading() as connection:
        return connection.execute(wanted).scalar_one()


def prune(database: Database, before: datetime) -> int:
    """Forget them. Returns how many there were."""
    with database.writing() as connection:
        return connection.execute(delete(reads).where(_c.month < _month(before))).rowcount


def _month(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m}"
