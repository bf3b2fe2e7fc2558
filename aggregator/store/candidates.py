"""What publishing asks of the stored posts: few rows, however many there are.

In: ids of sources. Out: places in the order of time (``Entry``), then whole posts by their ids.
Every question walks a few steps along an index. Not here: which posts a widget shows
(``widgets/select.py``), how far it must look for them (``actions/gather.py``).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from heapq import nlargest
from itertools import chain, islice, repeat
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Row,
    and_,
    bindparam,
    or_,
    select,
)

from aggregator.model import Post, StoredPost
from aggregator.store import emptied
from aggregator.store.database import Database
from aggregator.store.rows import WITH_VERDICT, stored_post
from aggregator.store.statements import in_parts
from aggregator.store.tables import (
    APPROVED,
    PINNED,
    SHOWN,
    microseconds,
    moment,
    posts,
    verdicts,
)
from aggregator.store.verdicts import HIDDEN

MOST_COPIES = 100
"""Of the posts that share one link or text, so many are looked at, the last stored ones.

Some feeds give all of their entries the link of their home page.
"""
MOST_NEAR = 100
"""Of the posts of one source in one stretch of time, so many are looked at, the newest ones."""
MOST_HIDDEN = 100
"""Of the hidden posts of a stretch of time, so many are compared with new ones, the newest ones.

Nothing else can be stored meanwhile. Of a few days, this is more than any person hides one by one.
"""
_ARMS = 128
"""Sources or keys that one statement asks for; SQLite allows 500."""
_ANYWHERE = "1 = 1"
"""Of posts wherever they stand, as SQL."""
_BEFORE_ALL = -(2**63)
"""In microseconds since 1970."""


class Entry(NamedTuple):
    """The place of a post in the order of time: the greater, the newer."""

    sort_at: datetime
    id: int


class Stretch(NamedTuple):
    """A stretch of a source's time, both ends included."""

    source_id: str
    first: datetime
    last: datetime


class Look:
    """One look at the stored posts: all answers are of the same moment."""

    def __init__(self, connection: Connection, *, anywhere: bool = False) -> None:
        """``anywhere``: copies and what is near are asked for wherever they stand."""
        self._connection = connection
        self._condition = _ANYWHERE if anywhere else SHOWN.text

    def walk(
        self,
        source_ids: Collection[str],
        depth: int,
        *,
        approved: bool = False,
        since: datetime | None = None,
    ) -> dict[str, list[Entry]]:
        """By source, its newest posts that are neither hidden nor held, ``depth`` at most.

        ``approved``: only those that a person approved. ``since``: only newer ones.
        """
        found: dict[str, list[Entry]] = {source_id: [] for source_id in source_ids}
        after = _BEFORE_ALL if since is None else microseconds(since)
        condition = (APPROVED if approved else SHOWN).text
        asked = [(source_id, after, depth) for source_id in source_ids]
        for source_id, sort_at, number in self._ask(_WALK, condition, asked):
            found[source_id].append(Entry(moment(sort_at), number))
        return found

    def pinned(self, source_ids: Iterable[str], now: datetime) -> set[int]:
        """Ids of the posts of these sources whose pin has not ended."""
        found: set[int] = set()
        for part in in_parts(source_ids):
            rows = self._connection.execute(_PINNED, {"sources": part, "now": now})
            found.update(rows.scalars())
        return found

    def named(self, public_ids: Iterable[str]) -> set[int]:
        """Ids of these posts, wherever they stand; those that are not stored are passed over."""
        found: set[int] = set()
        for part in in_parts(public_ids):
            found.update(self._connection.execute(_BY_NAME, {"public_ids": part}).scalars())
        return found

    def copies(self, found: Iterable[Post], source_ids: Collection[str]) -> set[int]:
        """Ids of the posts of these sources that share a link or text with one of those given.

        Those that are hidden or held are left out, but by a look at posts anywhere; the given
        ones are among them.
        """
        links: set[str] = set()
        texts: set[str] = set()
        for post in found:
            links.update(filter(None, [post.link_key]))
            texts.update(filter(None, [post.content_key]))
        sharers = self._sharers(links, texts)
        return {number for source_id, number in sharers if source_id in source_ids}

    def sharing(self, links: Iterable[str] = (), texts: Iterable[str] = ()) -> set[int]:
        """Ids of the posts of any source that have one of these link or content keys."""
        return {number for _, number in self._sharers(links, texts)}

    def _sharers(
        self, links: Iterable[str], texts: Iterable[str]
    ) -> Iterator[Row[*tuple[Any, ...]]]:
        """Source id and id of each."""
        for column, keys in (("link_key", links), ("content_key", texts)):
            asked = [(key, MOST_COPIES) for key in sorted(keys)]
            yield from self._ask(_SHARERS[column], self._condition, asked)

    def near(self, stretches: Iterable[Stretch]) -> set[int]:
        """Ids of the posts in these stretches of time that are neither hidden nor held.

        By a look at posts anywhere, of those, too.
        """
        asked = [
            (source_id, microseconds(first), microseconds(last), MOST_NEAR)
            for source_id, first, last in stretches
        ]
        return {number for (number,) in self._ask(_NEAR, self._condition, asked)}

    def hidden(self, first: datetime, last: datetime) -> list[StoredPost]:
        """Posts of a stretch of time, both ends included, that a person hid and that say something.

        Looked for among what is hidden, which is little, and not among what is of that time.
        """
        named = [(at, number) for number, at in self._connection.execute(_HIDDEN)]
        newest = nlargest(MOST_HIDDEN, (one for one in named if first <= one[0] <= last))
        found = self.read([number for _, number in newest])
        return [stored for stored in found if not emptied.is_empty(stored.post)]

    def read(self, ids: Iterable[int]) -> list[StoredPost]:
        """These posts, whole, in no order; ids that are not stored are passed over."""
        found: list[StoredPost] = []
        for part in in_parts(ids):
            found += map(stored_post, self._connection.execute(_BY_ID, {"ids": part}).all())
        return found

    def _ask(
        self, arm: str, condition: str, asked: Iterable[tuple[str | int, ...]]
    ) -> Iterator[Row[*tuple[Any, ...]]]:
        """Rows of one arm for each key and its values, in as few statements as may be.

        Past SQLAlchemy's compiler, which takes longer over hundreds of parameters than the
        databases do.
        """
        mark = "?" if self._connection.dialect.name == "sqlite" else "%s"
        for part in in_parts(asked, _ARMS):
            arms = 1 << (len(part) - 1).bit_length()  # few different statements to prepare
            nothing = (None, *part[-1][1:])  # for nothing is equal to NULL
            given = tuple(chain.from_iterable(islice(chain(part, repeat(nothing)), arms)))
            statement = _united(arm, condition, arms, mark)
            yield from self._connection.exec_driver_sql(statement, given).all()


@contextmanager
def look(database: Database, *, anywhere: bool = False) -> Iterator[Look]:
    """Look at the stored posts; ``anywhere``: also for copies that are not shown.

    Raises StoreError.
    """
    with database.reading() as connection:
        yield Look(connection, anywhere=anywhere)


def newest(database: Database, sources: Mapping[str, bool], per_source: int) -> list[StoredPost]:
    """The newest posts of each source that may be shown, and no others, in no order.

    ``sources``: by id, whether only approved posts count. Hidden and held ones never do.
    """
    with look(database) as looking:
        entries: list[Entry] = []
        for only in (False, True):
            wanted = [source_id for source_id, approved in sources.items() if approved is only]
            walks = looking.walk(wanted, per_source, approved=only)
            entries += chain.from_iterable(walks.values())
        return looking.read([entry.id for entry in entries])


_BY_ID = WITH_VERDICT.where(posts.c.id.in_(bindparam("ids", expanding=True)))
_BY_NAME = select(posts.c.id).where(posts.c.public_id.in_(bindparam("public_ids", expanding=True)))
_PINS = (
    select(verdicts.c.source_id, verdicts.c.guid)
    .where(
        PINNED,
        verdicts.c.source_id.in_(bindparam("sources", expanding=True)),
        or_(
            verdicts.c.until.is_(None),
            verdicts.c.until > bindparam("now", type_=verdicts.c.until.type),
        ),
    )
    .subquery()
)
_HIDES = select(verdicts.c.source_id, verdicts.c.guid).where(HIDDEN).subquery()
_HIDDEN = select(posts.c.id, posts.c.sort_at).join_from(
    _HIDES, posts, and_(_HIDES.c.source_id == posts.c.source_id, _HIDES.c.guid == posts.c.guid)
)
_PINNED = select(posts.c.id).join_from(
    _PINS, posts, and_(_PINS.c.source_id == posts.c.source_id, _PINS.c.guid == posts.c.guid)
)


_WALK = """
SELECT * FROM (
    SELECT source_id, sort_at, id FROM posts
    WHERE source_id = ? AND {condition} AND sort_at > ?
    ORDER BY sort_at DESC, id DESC LIMIT ?
) AS walk_{number}"""
"""A walk of a few steps along the index of one source, whatever the table's size."""
_NEAR = """
SELECT * FROM (
    SELECT id FROM posts
    WHERE source_id = ? AND {condition} AND sort_at >= ? AND sort_at <= ?
    ORDER BY sort_at DESC, id DESC LIMIT ?
) AS near_{number}"""
_SHARERS = {
    column: f"""
SELECT * FROM (
    SELECT source_id, id FROM posts
    WHERE {column} = ? AND {{condition}}
    ORDER BY id DESC LIMIT ?
) AS sharers_{{number}}"""  # noqa: S608 - of our own words
    for column in ("link_key", "content_key")
}
"""The last stored posts that share one link or text."""


@lru_cache(maxsize=32)
def _united(arm: str, condition: str, arms: int, mark: str) -> str:
    """One statement of many arms, with ``mark`` where values go."""
    numbered = (arm.format(condition=condition, number=number) for number in range(arms))
    return " UNION ALL ".join(numbered).replace("?", mark)
