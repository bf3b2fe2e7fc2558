"""What is called otherwise by now: ids that sources had, and public ids that their posts had.

People have the old ones in letters and lists, and the audit keeps them. An id that another source
has today is that one's.
Not here: the move itself (``new_ids.py``).
"""

from sqlalchemy import Connection, select

from aggregator.model import public_id_of
from aggregator.model.audit_acts import AuditAct
from aggregator.store import first_ids
from aggregator.store.database import Database
from aggregator.store.tables import audit, posts, visit_state


def now_called(database: Database) -> dict[str, str]:
    """By former id of a source, and former public id of a post that is stored, the one of today."""
    with database.reading() as connection:
        sources = _sources(connection)
        names = dict(sources)
        for old, new in sources.items():
            own = select(posts.c.guid).where(posts.c.source_id == new)
            for guid in connection.execute(own).scalars():
                names[public_id_of(old, guid)] = public_id_of(new, guid)
    return names


def names_of(database: Database, source_id: str) -> list[str]:
    """All ids by which a source goes or went, that of today first; ``source_id`` is one of them."""
    with database.reading() as connection:
        sources = _sources(connection)
    today = sources.get(source_id, source_id)
    return [today, *(old for old, new in sources.items() if new == today)]


def today(connection: Connection, source_id: str) -> str:
    """The id that a source has by now; of most, the one it always had."""
    return (
        _sources(connection).get(source_id, source_id) if first_ids.read(connection) else source_id
    )


def _sources(connection: Connection) -> dict[str, str]:
    c = audit.c
    renamed = select(c.before, c.source_id).where(c.act == AuditAct.NEW_ID).order_by(c.id)
    names: dict[str, str] = {}
    for before, after in connection.execute(renamed):
        if before is not None:
            names = {old: after if new == before else new for old, new in names.items()}
            names[before] = after
    if not names:
        return names
    today = set(connection.execute(select(visit_state.c.source_id)).scalars())
    return {old: new for old, new in names.items() if old not in today and old != new}
