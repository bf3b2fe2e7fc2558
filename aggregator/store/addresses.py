"""At which addresses sources are asked; written by ``visits.py``."""

from sqlalchemy import select

from aggregator.store.database import Database
from aggregator.store.tables import visit_state

_c = visit_state.c


def followed(database: Database) -> list[tuple[str, tuple[str, str | None]]]:
    """Of each source that is visited, its id, its address in feeds.yaml, and the adopted one."""
    wanted = select(_c.source_id, _c.address, _c.adopted).where(_c.visited).order_by(_c.source_id)
    with database.reading() as connection:
        rows = connection.execute(wanted).all()
    return [(row[0], (row[1].partition(":")[2], row[2])) for row in rows]
