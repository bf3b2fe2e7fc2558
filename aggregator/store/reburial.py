"""What the file of tombstones knows and the database does not is taken down again.

So it is where a backup was put back, by our command or by hand, and where a takedown was killed
just before its end. What the database knows and the file does not is written to the file.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select

from aggregator.model import Post
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, digests
from aggregator.store.burial import (
    Burial,
    every_post,
    file_state,
    remember_file,
    write,
)
from aggregator.store.care_tables import consents, plans, undos
from aggregator.store.database import Database, expect_erasure
from aggregator.store.receipts import AGAIN
from aggregator.store.statements import stop_writers
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import tombstones, verdicts, visit_state
from aggregator.store.tombstone_file import Tombstone, TombstoneFile

log = logging.getLogger(__name__)


def reconcile(database: Database, now: datetime) -> int:
    """Let the database and its file know the same; how many posts were taken down again.

    Raises StoreError, also where the file was made with another secret key.
    """
    file = database.tombstone_file
    if file is None:
        return 0
    with database.reading() as connection:
        if file_state(connection) == file.state():
            return 0
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table, visit_state)
        gone = _apply(connection, database.secret, file.read(), now)
        _complete(connection, file)
        remember_file(database, connection)
    if gone:
        log.warning("reburial posts=%d", gone)
    database.erase_expected_traces()
    return gone


def apply(database: Database, known: Collection[Tombstone], now: datetime) -> int:
    """Take down again what these mark; how many posts went."""
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table, visit_state)
        return _apply(connection, database.secret, known, now)


def all_of(database: Database) -> list[Tombstone]:
    """Every tombstone of a database."""
    with database.reading() as connection:
        return list(_stored(connection))


def _complete(connection: Connection, file: TombstoneFile) -> None:
    """Let the file know all that the database does."""
    stored, told = list(_stored(connection)), {one.digest for one in file.read()}
    if any(one.digest not in told for one in stored):
        file.replace(stored)


def _stored(connection: Connection) -> Iterator[Tombstone]:
    c = tombstones.c
    rows = select(c.digest, c.kind, c.taken_down_at, c.receipt).order_by(c.taken_down_at, c.digest)
    return (Tombstone(*row) for row in connection.execute(rows))


def _apply(
    connection: Connection, secret: bytes, known: Collection[Tombstone], now: datetime
) -> int:
    here = set(connection.execute(select(tombstones.c.digest)).scalars())
    missing = {one.digest: one for one in known if one.digest not in here}
    if not missing:
        return 0
    write(connection, missing.values())
    burial = Burial(connection, secret, {one.digest: one.kind for one in missing.values()})
    entries = []
    for source_id, mark in _sources_of(connection, secret, missing):
        burial.sources.add(source_id)
        entries.append(audit.Entry(now, AGAIN, AuditAct.TAKE_DOWN, source_id, receipt=mark.receipt))
    for stored in every_post(connection):
        post, fitting = stored.post, _fitting(burial, stored.post, missing)
        if post.source_id not in burial.sources:
            if fitting is None:
                continue
            entry = audit.Entry(now, AGAIN, AuditAct.TAKE_DOWN, post.source_id, post.public_id)
            entries.append(replace(entry, receipt=fitting.receipt))
        burial.gone[stored.id] = stored
        burial.named.add((post.source_id, post.guid))
    burial.named.update(_decided(burial, missing))
    burial.remove()
    audit.record_all(connection, entries)
    expect_erasure(connection)
    return len(burial.gone)


def _fitting(burial: Burial, post: Post, missing: Mapping[bytes, Tombstone]) -> Tombstone | None:
    """The first of these that marks a post."""
    said = burial.secret, post, burial.first[post.source_id]
    marks = [*digests.of_post(*said).values(), *digests.wide_of_post(*said)]
    return next((missing[mark] for mark in marks if mark in missing), None)


def _sources_of(
    connection: Connection, secret: bytes, missing: Mapping[bytes, Tombstone]
) -> Iterator[tuple[str, Tombstone]]:
    """Ids of sources that these mark, by their id or by an address at which they were visited."""
    c = visit_state.c
    ids = set(connection.execute(select(posts_table.c.source_id).distinct()).scalars())
    for table in (verdicts, plans, consents):
        ids |= set(connection.execute(select(table.c.source_id).distinct()).scalars())
    of_sources = select(undos.c.entry_id).where(undos.c.section == "sources")
    ids |= set(connection.execute(of_sources).scalars())
    addresses = dict.fromkeys(ids, "")
    addresses |= {row[0]: row[1] for row in connection.execute(select(c.source_id, c.address))}
    for source_id, address in addresses.items():
        marks = {
            *digests.of_source(secret, source_id, address).values(),
            *digests.of_address(secret, address),
        }
        if found := marks & missing.keys():
            yield source_id, missing[min(found)]


def _decided(burial: Burial, missing: Mapping[bytes, Tombstone]) -> Iterator[tuple[str, str]]:
    """Posts that were decided about, or are to be, whether they are stored or not."""
    for table in (verdicts, plans):
        rows = burial.connection.execute(select(table.c.source_id, table.c.guid))
        for source_id, guid in rows:
            _, mark = digests.of_guid(burial.secret, burial.first[source_id], guid)
            if mark in missing:
                yield source_id, guid
