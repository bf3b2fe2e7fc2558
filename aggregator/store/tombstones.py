"""Taking down for good: text, decisions and memory of visits go, keyed digests stay.

A digest has no content, cannot be turned back, and keeps what it marks from being stored again,
whichever source brings it. There is no undo.

When the outputs are published anew, call ``Database.erase_traces``: it takes the text out of
unused parts of the file, too. Where that does not happen, the next opening does it.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from aggregator.model import Source, StoredPost, public_id_of
from aggregator.store import audit, digests, posts, subscriptions, verdicts, visits
from aggregator.store.database import Database, expect_erasure
from aggregator.store.statements import insert_or, stop_writers
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import tombstones, visit_state


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a takedown, for the person who asked for it."""

    id: str
    what: str
    """``post`` or ``source``."""
    source_id: str
    public_ids: tuple[str, ...]
    """Of every post that was removed, copies in other sources included."""
    posts_removed: int
    taken_at: datetime
    media: tuple[str, ...] = ()
    """Addresses of the pictures and films of these posts, so that copies of them can go, too."""


def take_down_post(database: Database, stored: StoredPost, by: str, now: datetime) -> Receipt:
    """Remove a post and the same post in other sources; it need not be stored any more.

    The same: an equal content key, or an equal link key, unless its source gives that link to
    other texts as well.
    """
    receipt_id = secrets.token_hex(6)
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table)
        post = posts.as_stored(connection, stored.post)
        gone = posts.copies(connection, post)
        marks = list(digests.of_post(database.secret, post).items())
        for copy in gone:
            told = posts.as_stored(connection, copy.post)
            marks += digests.of_post(database.secret, told).items()
        _bury(connection, marks, receipt_id, now)
        posts.remove(connection, gone)
        identities = {(copy.post.source_id, copy.post.guid) for copy in gone}
        for source_id, guid in sorted(identities | {(post.source_id, post.guid)}):
            verdicts.erase(connection, source_id, guid)
            public_id = public_id_of(source_id, guid)
            audit.record(
                connection,
                audit.Entry(now, by, "take down", source_id, public_id, receipt=receipt_id),
            )
    return _receipt(receipt_id, "post", post.source_id, gone, now)


def take_down_source(
    database: Database,
    source: Source | str,
    by: str,
    now: datetime,
    account_of: Callable[[str], str | None] = lambda _: None,
) -> Receipt:
    """Remove all of a source and its posts' copies; never visit its address again, by any name.

    ``source`` may be the id of one that left feeds.yaml. ``account_of`` tells another name of an
    address, both as ``platform:address``; None: it has none.
    """
    receipt_id = secrets.token_hex(6)
    source_id = source if isinstance(source, str) else source.id
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table, visit_state)
        addresses = _addresses(connection, source)
        addresses |= set(filter(None, map(account_of, addresses)))
        source_ids = _ids_of(connection, addresses, account_of) | {source_id}
        marks = list(digests.of_source(database.secret, source_id, None).items())
        for address in addresses:
            marks += digests.of_source(database.secret, source_id, address).items()
        gone: dict[int, StoredPost] = {}
        for one in sorted(source_ids):
            for stored in posts.of_source(connection, one):
                post = posts.as_stored(connection, stored.post)
                marks += digests.of_post(database.secret, post).items()
                gone |= {copy.id: copy for copy in posts.copies(connection, post)}
            verdicts.erase(connection, one, None)
            visits.erase(connection, one)
            subscriptions.erase(connection, one)
            audit.record(connection, audit.Entry(now, by, "take down", one, receipt=receipt_id))
        _bury(connection, marks, receipt_id, now)
        posts.remove(connection, gone.values())
        for copy in gone.values():
            verdicts.erase(connection, copy.post.source_id, copy.post.guid)
    return _receipt(receipt_id, "source", source_id, list(gone.values()), now)


def _addresses(connection: Connection, source: Source | str) -> set[str]:
    """As feeds.yaml has it and as it was last visited: one may have changed a moment ago."""
    source_id = source if isinstance(source, str) else source.id
    c = visit_state.c
    addresses = set(connection.execute(select(c.address).where(c.source_id == source_id)).scalars())
    if isinstance(source, Source):
        addresses.update(source.addresses)
    return addresses


def _ids_of(
    connection: Connection, addresses: set[str], account_of: Callable[[str], str | None]
) -> set[str]:
    """All sources that follow the same, whatever they call it."""
    followed = connection.execute(select(visit_state.c.source_id, visit_state.c.address))
    return {
        source_id
        for source_id, address in followed
        if address in addresses or account_of(address) in addresses
    }


def _bury(
    connection: Connection, marks: Iterable[tuple[str, bytes]], receipt_id: str, now: datetime
) -> None:
    rows = [
        {"digest": digest, "kind": kind, "taken_down_at": now, "receipt": receipt_id}
        for kind, digest in marks
    ]
    insert = insert_or(connection.dialect.name, tombstones)
    connection.execute(insert.on_conflict_do_nothing(index_elements=["digest"]), rows)
    expect_erasure(connection)


def _receipt(
    receipt_id: str,
    what: str,
    source_id: str,
    gone: list[StoredPost],
    now: datetime,
) -> Receipt:
    return Receipt(
        id=receipt_id,
        what=what,
        source_id=source_id,
        public_ids=tuple(sorted(stored.post.public_id for stored in gone)),
        posts_removed=len(gone),
        taken_at=now,
        media=tuple(dict.fromkeys(one.url for stored in gone for one in stored.post.media)),
    )
