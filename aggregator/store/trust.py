"""Whose a source is: what staff decide about a suspicion (rule I9), each in one transaction.

Released: what was held may be shown, and what the source is like now is trusted. Rejected: what
was held is erased, and the source is not visited any more. After either, the next visit reads the
feed whole: edits that came meanwhile were not stored.
Not here: how a suspicion arises (``actions/identity.py``), how new posts are held (``posts.py``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from aggregator.errors import StoreError
from aggregator.model import Released, StoredPost, VisitState
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, posts, verdicts
from aggregator.store.database import Database
from aggregator.store.rows import row_of_state, visit_state_of
from aggregator.store.statements import stop_writers
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import visit_state

_DECIDED = (
    "cursor", "etag", "identity", "last_modified", "profile", "stopped_at", "suspicion",
    "validators_url",
)  # fmt: skip
"""Columns that a decision writes; a visit writes all the others, and these."""


def held(database: Database, source_id: str) -> list[StoredPost]:
    """The posts of a source that wait for such a decision, the newest first."""
    with database.reading() as connection:
        waiting = posts.held_of(connection, source_id)
    return sorted(waiting, key=lambda stored: (stored.sort_at, stored.id), reverse=True)


def release(database: Database, source_id: str, by: str, now: datetime) -> int:
    """The source is still theirs. Returns how many posts may be shown from now on."""
    with _deciding(database, source_id, now) as (connection, state):
        count = len(posts.held_of(connection, source_id))
        doubted = state.suspicion
        if doubted is None and not count:
            return 0
        posts.let_go(connection, source_id)
        if doubted is not None:
            told = Released(now, doubted, state.identity, state.profile)
            trusted = replace(state, identity=doubted.seen, suspicion=None, released=told)
            _write(connection, replace(trusted, stopped_at=None))
        _record(connection, source_id, by, now, AuditAct.RELEASE)
        return count


def undo_release(database: Database, source_id: str, by: str, now: datetime) -> bool:
    """Doubt again what was released within the last 30 days; False: there was nothing to undo.

    What came since the suspicion began is held again. Old posts that were edited stay edited.
    """
    with _deciding(database, source_id, now) as (connection, state):
        told = state.released
        if told is None or now - told.at > verdicts.UNDO_WITHIN:
            return False
        posts.hold_since(connection, source_id, told.suspicion.since)
        doubted = replace(state, identity=told.identity, suspicion=told.suspicion, released=None)
        _write(connection, replace(doubted, profile=told.profile))
        _record(connection, source_id, by, now, AuditAct.UNDO_RELEASE)
        return True


def reject(database: Database, source_id: str, by: str, now: datetime) -> int:
    """The source is somebody else's. Returns how many posts were erased."""
    with _deciding(database, source_id, now) as (connection, state):
        gone = posts.held_of(connection, source_id)
        stopping = state.suspicion is not None and state.stopped_at is None
        if not gone and not stopping:
            return 0
        posts.remove(connection, gone)
        verdicts.erase_posts(connection, ((source_id, stored.post.guid) for stored in gone))
        if stopping:
            _write(connection, replace(state, stopped_at=now))
        _record(connection, source_id, by, now, AuditAct.REJECT)
        return len(gone)


def undo_reject(database: Database, source_id: str, by: str, now: datetime) -> bool:
    """Visit the source again; what it brings is held as before. False: nothing to undo."""
    with _deciding(database, source_id, now) as (connection, state):
        if state.suspicion is None or state.stopped_at is None:
            return False
        _write(connection, replace(state, stopped_at=None))
        _record(connection, source_id, by, now, AuditAct.UNDO_REJECT)
        return True


@contextmanager
def _deciding(
    database: Database, source_id: str, now: datetime
) -> Iterator[tuple[Connection, VisitState]]:
    """The source as it stands, while nobody else writes.

    Raises StoreError while it is being visited: the visit would write over the decision.
    """
    c = visit_state.c
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table, visit_state)
        row = connection.execute(select(visit_state).where(c.source_id == source_id)).first()
        if row is not None and row.claimed_until is not None and row.claimed_until > now:
            raise StoreError(
                f"{source_id} is being visited at this moment.", advice="Try again in a minute."
            )
        yield connection, VisitState(source_id, "") if row is None else visit_state_of(row)


def _write(connection: Connection, state: VisitState) -> None:
    row = row_of_state(replace(state, cursor=None, validators=None))
    connection.execute(
        update(visit_state)
        .where(visit_state.c.source_id == state.source_id)
        .values({name: row[name] for name in _DECIDED})
    )


def _record(connection: Connection, source_id: str, by: str, now: datetime, act: str) -> None:
    audit.record(connection, audit.Entry(now, by, act, source_id))
