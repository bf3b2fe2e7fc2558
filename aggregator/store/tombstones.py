"""Taking down for good: text, decisions and memory of visits go, keyed digests stay.

A digest has no content, cannot be turned back, and keeps what it marks from being stored again,
whichever source brings it. There is no undo. Said again, a takedown changes nothing, and its first
receipt is given again.

When the outputs are published anew, call ``Database.erase_traces``: it takes the text out of
unused parts of the file, too. Where that does not happen, the next opening does it.
Not here: how what it takes is found and removed (``burial.py``), receipts of long ago
(``receipts.py``).
"""

import secrets
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, select

from aggregator.model import Post, Source, StoredPost, public_id_of
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, digests
from aggregator.store.burial import Burial, Named, bury, every_name
from aggregator.store.database import Database
from aggregator.store.places import bare, lies_below
from aggregator.store.rows import WITH_VERDICT, stored_post
from aggregator.store.statements import stop_writers
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import visit_state
from aggregator.store.tombstone_file import Tombstone

"""In the audit."""
AccountOf = Callable[[str], str | None]
"""Tells another name of an address, both as ``platform:address``; None: it has none."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of a takedown, for the person who asked for it."""

    id: str
    what: str
    """``post``, ``source``, ``author`` or ``address``."""
    source_id: str
    """Empty: it was about no one source."""
    public_ids: tuple[str, ...]
    """Of every post that was removed, copies in other sources included."""
    posts_removed: int
    taken_at: datetime
    media: tuple[str, ...] = ()
    """Addresses of the pictures and films of these posts, so that copies of them can go, too."""
    sources: tuple[str, ...] = ()
    """Ids of the sources that went as a whole."""
    quotes_removed: int = 0
    """Posts of others that quoted one of these, and do so no more."""
    again: bool = False
    """All of it had been taken down before, and nothing was left to remove."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks for what."""

    what: str
    source_id: str
    by: str
    now: datetime


def take_down_post(
    database: Database, stored: StoredPost, by: str, now: datetime, same: Iterable[Post] = ()
) -> Receipt:
    """Remove a post and the same post in other sources; it need not be stored any more.

    The same: an equal content key, or an equal link key, unless its source gives that link to
    other texts as well; and what the caller says, ``same``.
    """
    with _burying(database) as burial:
        for post in (stored.post, *same):
            burial.post(post)
        return _close(database, burial, _Asked("post", stored.post.source_id, by, now))


def take_down_guid(
    database: Database,
    source_id: str,
    guid: str,
    by: str,
    now: datetime,
    same: Iterable[Post] = (),
) -> Receipt:
    """The same for a post by its identity, of which nothing else may be known by now."""
    with _burying(database) as burial:
        this = (posts_table.c.source_id == source_id, posts_table.c.guid == guid)
        row = burial.connection.execute(WITH_VERDICT.where(*this)).one_or_none()
        if row is None:
            burial.guid(source_id, guid)
        else:
            burial.post(stored_post(row).post)
        for post in same:
            burial.post(post)
        return _close(database, burial, _Asked("post", source_id, by, now))


def take_down_source(
    database: Database,
    source: Source | str,
    by: str,
    now: datetime,
    account_of: AccountOf = lambda _: None,
) -> Receipt:
    """Remove all of a source and its posts' copies; never visit its address again, by any name.

    ``source`` may be the id of one that left feeds.yaml.
    """
    source_id = source if isinstance(source, str) else source.id
    with _burying(database) as burial:
        _add_source(burial, source, account_of)
        return _close(database, burial, _Asked("source", source_id, by, now))


def take_down_author(
    database: Database,
    said: str,
    by: str,
    now: datetime,
    *,
    source_id: str | None = None,
    sources: Collection[Source | str] = (),
    account_of: AccountOf = lambda _: None,
) -> Receipt:
    """Remove all posts of an author: by name or handle within a source, else by profile everywhere.

    ``source_id`` None: ``said`` is the address of a profile or a full handle. ``sources``: those
    that are this author's own, which go as a whole.
    """
    with _burying(database) as burial:
        first_id = None if source_id is None else burial.first[source_id]
        burial.mark(digests.of_author(database.secret, said, first_id))
        burial.mark(digests.wide_mark(database.secret))
        for source in sources:
            _add_source(burial, source, account_of)
        burial.posts_that(by_author(said, source_id), source_id)
        return _close(database, burial, _Asked("author", source_id or "", by, now))


def take_down_below(
    database: Database,
    address: str,
    by: str,
    now: datetime,
    *,
    sources: Collection[Source | str] = (),
    account_of: AccountOf = lambda _: None,
) -> Receipt:
    """Remove all posts whose permalink lies at or below an address, and these sources.

    Raises ValueError for what is no http(s) address.
    """
    with _burying(database) as burial:
        burial.mark(digests.of_place(database.secret, address))
        burial.mark(digests.wide_mark(database.secret))
        for source in sources:
            _add_source(burial, source, account_of)
        burial.posts_that(at_or_below(address))
        return _close(database, burial, _Asked("address", "", by, now))


def by_author(said: str, source_id: str | None) -> Callable[[Named], bool]:
    """What tells an author's posts, among those of the source, as ``take_down_author`` means it."""
    if source_id is not None:
        return by_name(said)
    if profile := bare(said):
        place = cache(bare)  # an author has many posts
        return lambda one: one.author is not None and place(one.author.url or "") == profile
    name = digests.folded_name(said)
    return lambda one: (
        one.author is not None and digests.folded_name(one.author.handle or "") == name
    )


def by_name(said: str) -> Callable[[Named], bool]:
    """What tells posts of all who have a name or handle, strangers to one another or not."""
    name = digests.folded_name(said)

    def fits(one: Named) -> bool:
        known = (one.author.name, one.author.handle) if one.author else ()
        return name in {digests.folded_name(other) for other in known if other}

    return fits


def at_or_below(address: str) -> Callable[[Named], bool]:
    """What tells posts whose permalink lies at or below an address."""
    place = bare(address) or ""
    host = place.partition("/")[0].partition("?")[0]

    def fits(one: Named) -> bool:
        link = one.permalink or ""
        if link.isascii() and host not in link.lower():  # most, and soon told
            return False
        return lies_below(link, place)

    return fits


def counted(
    database: Database, fits: Callable[[Named], bool], source_id: str | None = None
) -> Counter[str]:
    """By source id, how many stored posts fit, of a source or (None) of all."""
    with database.reading() as connection:
        names = every_name(connection, source_id)
        return Counter(one.source_id for _, one in names if fits(one))


def names_in(database: Database, source_id: str) -> set[str]:
    """What the authors of a source's stored posts are called."""
    with database.reading() as connection:
        found = (one.author for _, one in every_name(connection, source_id))
        return {name for author in found if author and (name := author.name or author.handle)}


@contextmanager
def _burying(database: Database) -> Iterator[Burial]:
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table, visit_state)
        yield Burial(connection, database.secret)


def _add_source(burial: Burial, source: Source | str, account_of: AccountOf) -> None:
    """With all sources that follow the same, whatever they call it."""
    source_id = source if isinstance(source, str) else source.id
    addresses = _addresses(burial.connection, source)
    addresses |= set(filter(None, map(account_of, addresses)))
    for address in addresses:
        burial.mark(*digests.of_source(burial.secret, source_id, address).items())
    for one in sorted(_ids_of(burial.connection, addresses, account_of) | {source_id}):
        burial.source(one)


def _addresses(connection: Connection, source: Source | str) -> set[str]:
    """As feeds.yaml has it and as it was last visited: one may have changed a moment ago."""
    source_id = source if isinstance(source, str) else source.id
    c = visit_state.c
    addresses = set(connection.execute(select(c.address).where(c.source_id == source_id)).scalars())
    if isinstance(source, Source):
        addresses.update(source.addresses)
    return addresses


def _ids_of(connection: Connection, addresses: set[str], account_of: AccountOf) -> set[str]:
    """All sources that follow the same, whatever they call it."""
    followed = connection.execute(select(visit_state.c.source_id, visit_state.c.address))
    return {
        source_id
        for source_id, address in followed
        if address in addresses or account_of(address) in addresses
    }


def _close(database: Database, burial: Burial, asked: _Asked) -> Receipt:
    """Carry it out and write it down, or find that there is nothing to do."""
    known = burial.known()
    fresh = burial.marks.keys() - {one.digest for one in known}
    told = (one for one in known if one.kind != digests.WIDE)
    earlier = min(told, key=lambda one: one.at, default=None)
    nothing = not fresh and not burial.gone and earlier is not None
    receipt_id = earlier.receipt if nothing and earlier else secrets.token_hex(6)
    quotes = burial.remove()
    if not nothing:
        rows = [Tombstone(one, burial.marks[one], asked.now, receipt_id) for one in sorted(fresh)]
        bury(database, burial.connection, rows)
        audit.record_all(burial.connection, _entries(burial, asked, receipt_id))
    gone = list(burial.gone.values())
    return Receipt(
        id=receipt_id,
        what=asked.what,
        source_id=asked.source_id,
        public_ids=tuple(sorted(stored.post.public_id for stored in gone)),
        posts_removed=len(gone),
        taken_at=earlier.at if nothing and earlier else asked.now,
        media=tuple(dict.fromkeys(one.url for stored in gone for one in stored.post.media)),
        sources=tuple(sorted(burial.sources)),
        quotes_removed=quotes,
        again=nothing,
    )


def _entries(burial: Burial, asked: _Asked, receipt_id: str) -> Iterator[audit.Entry]:
    """A row for each source that went as a whole, and for each post that did not go with one."""
    for source_id in sorted(burial.sources):
        yield audit.Entry(asked.now, asked.by, AuditAct.TAKE_DOWN, source_id, receipt=receipt_id)
    alone = sorted(one for one in burial.named if one[0] not in burial.sources)
    for source_id, guid in alone:
        public_id = public_id_of(source_id, guid)
        yield audit.Entry(
            asked.now, asked.by, AuditAct.TAKE_DOWN, source_id, public_id, receipt=receipt_id
        )
    if not burial.sources and not alone:  # whatever comes of it is refused from now on
        nothing = audit.Entry(
            asked.now, asked.by, AuditAct.TAKE_DOWN, asked.source_id, receipt=receipt_id
        )
        yield replace(nothing, after=asked.what)
