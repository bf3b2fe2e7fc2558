"""An id of feeds.yaml that stands for somebody else by now: what is stored of it is held.

Posts are stored by the id of their source. Where an entry gets another address and another consent
at once, they are posts of another family than the one who agreed. So all of them wait for a person
(``trust.py``), approved ones, too; new posts are not concerned. Where only one of the two changes,
a blog has moved, or a consent was renewed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, literal, select

from aggregator.model import Source
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, consents, posts, verdicts
from aggregator.store.database import Database
from aggregator.store.places import bare
from aggregator.store.statements import stop_writers
from aggregator.store.tables import audit as audit_table
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import visit_state

_WHO = "Aggregator"
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_AT_ONCE = timedelta(hours=1)
"""Before its last visit: a new consent that was noted since came together with the address."""


def hold(connection: Connection, readdressed: Iterable[Source], now: datetime) -> None:
    """Hold what is stored of those that are another's by now.

    ``readdressed``: sources as they are now, each with another address than when it was last
    followed, which is still remembered.
    """
    for source in readdressed:
        if _is_another(connection, source):
            stop_writers(connection, posts_table, visit_state)
            verdicts.end_approvals(connection, source.id)
            posts.hold_since(connection, source.id, _EVER)
            audit.record(connection, audit.Entry(now, _WHO, AuditAct.HOLD_SOURCE, source.id))


def ids(database: Database) -> set[str]:
    """The sources of which something was ever held for that."""
    c = audit_table.c
    asked = select(c.act, c.source_id, c.before).where(
        c.act.in_([AuditAct.HOLD_SOURCE, AuditAct.NEW_ID])
    )
    found: set[str] = set()
    with database.reading() as connection:
        for act, source_id, before in connection.execute(asked.order_by(c.id)):
            if act == AuditAct.HOLD_SOURCE or before in found:
                found.add(source_id)
    return found


def _is_another(connection: Connection, source: Source) -> bool:
    c, p = visit_state.c, posts_table.c
    newest = select(func.max(p.first_seen)).where(p.source_id == source.id)
    stored = connection.execute(newest).scalar()
    if stored is None:
        return False
    followed = select(
        c.address, c.adopted, func.coalesce(c.last_visit, literal(stored, p.first_seen.type))
    )
    before = followed.where(c.source_id == source.id)
    address, adopted, visited = connection.execute(before).one()
    if _place(source.addresses[0]) in {_place(address), bare(adopted or "")}:
        return False
    reference = source.consent.reference if source.consent else None
    return consents.reference_at(connection, source.id, visited - _AT_ONCE) != reference


def _place(address: str) -> str:
    """An address, given as ``platform:address``, without what changes by itself."""
    return bare(address.partition(":")[2]) or address
