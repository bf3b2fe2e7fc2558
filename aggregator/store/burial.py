"""What one takedown removes: gathered, and carried out, within its transaction.

Text, pictures, decisions and memory of visits go, as do copies in other sources and the words of
what is taken down where another post quotes it; keyed digests stay (``digests.py``).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, null, select, update

from aggregator.model import Author, Post, Quote, StoredPost
from aggregator.store import (
    consents,
    digests,
    first_ids,
    meta,
    plans,
    posts,
    traces,
    undos,
    verdicts,
)
from aggregator.store.database import Database, expect_erasure
from aggregator.store.first_ids import FirstIds
from aggregator.store.rows import WITH_VERDICT, quote_of, stored_post
from aggregator.store.statements import in_parts, insert_or
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import tombstones
from aggregator.store.tombstone_file import Tombstone

_FILE_STATE = "tombstone file"
"""How the file was when it and the database last knew the same."""
_AT_ONCE = 500
_P = posts_table.c


class Named(NamedTuple):
    """Whose a post is, and where."""

    source_id: str
    permalink: str | None
    author: Author | None


@dataclass
class Burial:
    """A takedown under way. The caller holds writers of posts and states back."""

    connection: Connection
    secret: bytes
    marks: dict[bytes, str] = field(default_factory=dict)
    """By digest, its kind: what is to stay out from now on."""
    gone: dict[int, StoredPost] = field(default_factory=dict)
    """By id, what is removed."""
    sources: set[str] = field(default_factory=set)
    """Ids of those that go as a whole."""
    named: set[tuple[str, str]] = field(default_factory=set)
    """Source ids and guids of what goes, stored or not."""
    first: FirstIds = field(init=False)

    def __post_init__(self) -> None:
        """What marks posts and authors of a source is made of its first id."""
        self.first = first_ids.read(self.connection)

    def mark(self, *marks: tuple[str, bytes]) -> None:
        """Keep out what these kinds and digests mark."""
        self.marks.update({digest: kind for kind, digest in marks})

    def post(self, post: Post) -> None:
        """A post, whether it is still stored or not, and the same one wherever it is stored."""
        self._posts(posts.as_stored(self.connection, [post]))

    def _posts(self, told: Sequence[Post]) -> None:
        """Posts that tell what marks them, and the same ones wherever they are stored."""
        copies = posts.copies(self.connection, told)
        self.gone |= {copy.id: copy for copy in copies}
        known = {(post.source_id, post.guid) for post in told}
        others = [
            copy.post for copy in copies if (copy.post.source_id, copy.post.guid) not in known
        ]
        for post in [*told, *posts.telling(self.connection, others)]:
            self.mark(*digests.to_bury(self.secret, post, self.first[post.source_id]))
            self.named.add((post.source_id, post.guid))

    def guid(self, source_id: str, guid: str) -> None:
        """A post that is not stored any more, and of which nothing else is known."""
        self.mark(digests.of_guid(self.secret, self.first[source_id], guid))
        self.named.add((source_id, guid))

    def source(self, source_id: str) -> None:
        """All of a source; its address is for the caller to mark."""
        self.mark(*digests.of_source(self.secret, source_id, None).items())
        self.sources.add(source_id)
        of_source = posts.of_source(self.connection, source_id)
        self._posts(posts.telling(self.connection, [stored.post for stored in of_source]))

    def posts_that(self, fits: Callable[[Named], bool], source_id: str | None = None) -> None:
        """Every stored post that fits, of a source or (None) of all, and its copies."""
        names = every_name(self.connection, source_id)
        ids = {number for number, one in names if fits(one)}
        for part in in_parts(sorted(ids)):
            rows = self.connection.execute(WITH_VERDICT.where(_P.id.in_(part)))
            these = [stored_post(row).post for row in rows]
            self._posts(posts.telling(self.connection, these))

    def known(self) -> list[Tombstone]:
        """Of what is marked, what was taken down before."""
        c = tombstones.c
        found: list[Tombstone] = []
        for part in in_parts(self.marks):
            rows = select(c.digest, c.kind, c.taken_down_at, c.receipt).where(c.digest.in_(part))
            found += [Tombstone(*row) for row in self.connection.execute(rows)]
        return found

    def remove(self) -> int:
        """Carry it out, but for the tombstones; returns how many quotes went."""
        quotes = self._unquote()
        posts.remove(self.connection, self.gone.values())
        verdicts.erase_posts(self.connection, self.named)
        plans.erase_posts(self.connection, self.named)
        traces.erase_posts(self.connection, self.secret, self.named)
        for source_id in self.sources:
            forget_source(self.connection, source_id)
        return quotes

    def _unquote(self) -> int:
        """Leave out what other posts quote of it."""
        wide = bool({digests.AUTHOR, digests.BELOW} & set(self.marks.values()))

        def fits(quote: Quote) -> bool:
            marks = digests.of_quote(self.secret, quote)
            marks += digests.wide_of_quote(self.secret, quote) if wide else []
            return not self.marks.keys().isdisjoint(marks)

        asked = select(_P.id, _P.quote).where(_P.quote.is_not(None))
        rows = self.connection.execute(asked).all()
        quoting = [number for number, quote in rows if fits(quote_of(quote))]
        for part in in_parts(set(quoting) - self.gone.keys()):
            these = update(posts_table).where(_P.id.in_(part))
            self.connection.execute(these.values(quote=null()))
        return len(set(quoting) - self.gone.keys())


def forget_source(connection: Connection, source_id: str) -> None:
    """Erase all that is about a source, but for its posts and the audit."""
    verdicts.erase(connection, source_id)
    plans.erase(connection, source_id)
    traces.erase(connection, source_id)
    consents.erase(connection, source_id)
    undos.erase(connection, source_id)


def every_name(connection: Connection, source_id: str | None) -> Iterator[tuple[int, Named]]:
    """Of each stored post its id, and whose it is; a post itself is a hundred times as long.

    ``source_id`` None: of all sources.
    """
    asked = select(_P.id, _P.source_id, _P.permalink, _P.author)
    if source_id is not None:
        asked = asked.where(_P.source_id == source_id)
    for number, of, permalink, author in connection.execute(asked):
        yield number, Named(of, permalink, author and Author(**author))


def every_post(connection: Connection) -> Iterator[StoredPost]:
    """All stored posts, a page at a time."""
    last = 0
    while True:
        page = WITH_VERDICT.where(_P.id > last).order_by(_P.id).limit(_AT_ONCE)
        found = list(map(stored_post, connection.execute(page)))
        yield from found
        if len(found) < _AT_ONCE:
            return
        last = found[-1].id


def bury(database: Database, connection: Connection, fresh: Collection[Tombstone]) -> None:
    """Write tombstones, to the file first: what it knows and the database does not is mended."""
    if (file := database.tombstone_file) is not None and fresh:
        alike = file_state(connection) == file.state()
        file.add(fresh)
        if alike:  # else the next opening compares the two
            remember_file(database, connection)
    write(connection, fresh)
    expect_erasure(connection)


def write(connection: Connection, fresh: Iterable[Tombstone]) -> None:
    """To the database alone."""
    insert = insert_or(connection.dialect.name, tombstones)
    insert = insert.on_conflict_do_nothing(index_elements=["digest"])
    for part in in_parts(fresh):
        rows = [
            {
                "digest": one.digest,
                "kind": one.kind,
                "taken_down_at": one.at,
                "receipt": one.receipt,
            }
            for one in part
        ]
        connection.execute(insert, rows)


def file_state(connection: Connection) -> bytes:
    """How the file was when it and the database last knew the same; empty: not there."""
    return meta.read(connection, _FILE_STATE) or b""


def remember_file(database: Database, connection: Connection) -> None:
    """The file knows the same as the database, from the end of this transaction on."""
    if database.tombstone_file is not None:
        meta.write(connection, _FILE_STATE, database.tombstone_file.state())
