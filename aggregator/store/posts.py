"""Stored posts: writing them in bulk, and the questions that publishing and the desk ask.

Not here: who decided what (``verdicts.py``), why something must not come back (``tombstones.py``).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model import Post, Standing, StoredPost, VerdictKind
from aggregator.store import digests
from aggregator.store.database import Database
from aggregator.store.rows import row_of_post, stored_post
from aggregator.store.statements import in_parts, insert_or
from aggregator.store.tables import (
    APPROVED,
    CURRENT,
    SHOWN,
    posts,
    tombstones,
    verdicts,
)

_MARKS = (digests.GUID, digests.LINK, digests.CONTENT, digests.SOURCE)
_SOURCES_AT_ONCE = 100
"""Arms of one UNION; SQLite allows 500."""
_KEPT = {"id", "public_id", "source_id", "guid", "first_seen", "sort_at", "held", "standing"}
"""Columns that an edited post keeps, or that follow rules of their own."""


def _word(word: Standing | VerdictKind) -> ColumnElement[str]:
    """A word of ours, written into the statement: parameters cost time in every row."""
    return literal_column(f"'{word.value}'")


def _standing(post: Any) -> ColumnElement[str]:
    """Where a post stands, as SQL over its columns: by the verdict on it, else held, else open.

    Approving the source releases the posts that were held until then, and no later ones.
    """
    c = verdicts.c
    about_post = select(c.kind).where(CURRENT, c.source_id == post.source_id, c.guid == post.guid)
    released = exists().where(
        CURRENT,
        c.source_id == post.source_id,
        c.guid == literal_column("''"),
        c.kind == _word(VerdictKind.APPROVED),
        c.decided_at >= post.first_seen,
    )
    held = and_(post.held, ~released)
    return case(
        (_word(VerdictKind.HIDDEN), _word(Standing.HIDDEN)),
        (_word(VerdictKind.APPROVED), _word(Standing.APPROVED)),
        (_word(VerdictKind.PINNED), _word(Standing.APPROVED)),
        value=about_post.scalar_subquery(),
        else_=case((held, _word(Standing.HELD)), else_=_word(Standing.OPEN)),
    )


# --- writing ---------------------------------------------------------------------------------


def upsert(
    connection: Connection,
    found: Sequence[Post],
    now: datetime,
    *,
    secret: bytes,
    held: bool = False,
) -> tuple[int, int, int]:
    """Store the posts of one source, newest first; of equal guids the last counts.

    ``held``: the source is under suspicion. New posts wait for a person then, and stored ones
    stay as they are. Returns how many were new, how many edited, and how many were refused
    because they were taken down before; unchanged ones are none of these.
    """
    # Oldest first, so that ids grow with newness and break ties of the order rightly.
    by_guid = {post.guid: post for post in reversed({post.guid: post for post in found}.values())}
    if not by_guid:
        return 0, 0, 0
    known = _fingerprints(connection, found[0].source_id, by_guid)
    new = [post for guid, post in by_guid.items() if guid not in known]
    edited = [
        post
        for guid, post in by_guid.items()
        if not held and guid in known and known[guid] != post.fingerprint
    ]
    stored = [_write(connection, part, now, secret, held=held) for part in (new, edited)]
    return stored[0], stored[1], len(new) + len(edited) - sum(stored)


def _fingerprints(connection: Connection, source_id: str, guids: Iterable[str]) -> dict[str, bytes]:
    known: dict[str, bytes] = {}
    for part in in_parts(guids):
        rows = connection.execute(_KNOWN, {"source_id": source_id, "guids": part})
        known.update((guid, fingerprint) for guid, fingerprint in rows)
    return known


_KNOWN = select(posts.c.guid, posts.c.fingerprint).where(
    posts.c.source_id == bindparam("source_id"),
    posts.c.guid.in_(bindparam("guids", expanding=True)),
)


def _write(
    connection: Connection, part: Sequence[Post], now: datetime, secret: bytes, *, held: bool
) -> int:
    """Returns how many rows were written: the rest met a tombstone."""
    if not part:
        return 0
    source = digests.of_source(secret, part[0].source_id, None)
    rows = []
    for post in part:
        row = row_of_post(post)
        row["first_seen"] = now
        row["sort_at"] = min(post.published or now, now)
        row["held"] = held
        marks = digests.of_post(secret, post) | source
        # A post without a link or content has its guid looked up in their place.
        row |= {f"mark_{kind}": marks.get(kind, marks[digests.GUID]) for kind in _MARKS}
        rows.append({f"_{name}": value for name, value in row.items()})
    counting = {"preserve_rowcount": True}
    return connection.execute(
        _insert(connection.dialect.name), rows, execution_options=counting
    ).rowcount


@lru_cache(maxsize=2)
def _insert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """One statement: look for tombstones, settle the standing, insert or update."""
    names = [column.name for column in posts.c if column.name not in {"id", "standing"}]
    given = select(
        *(bindparam(f"_{name}", type_=posts.c[name].type).label(name) for name in names)
    ).subquery("given")
    marks = [bindparam(f"_mark_{kind}", type_=tombstones.c.digest.type) for kind in _MARKS]
    clean = select(*given.c, _standing(given.c)).where(
        ~exists().where(tombstones.c.digest.in_(marks))
    )
    insert = insert_or(dialect, posts).from_select(
        [*names, "standing"], clean, include_defaults=False
    )
    new = insert.excluded
    changes: dict[str, Any] = {name: new[name] for name in names if name not in _KEPT}
    changes["sort_at"] = case(
        (new.published < posts.c.first_seen, new.published), else_=posts.c.first_seen
    )
    return insert.on_conflict_do_update(
        index_elements=["source_id", "guid"],
        set_=changes,
        where=posts.c.fingerprint.is_distinct_from(new.fingerprint),
    )


def restand(connection: Connection, source_id: str, guid: str | None) -> None:
    """Let a post's standing follow its verdicts; ``guid`` None: all held posts of a source."""
    which = posts.c.held if guid is None else posts.c.guid == guid
    connection.execute(
        update(posts)
        .where(posts.c.source_id == source_id, which)
        .values(standing=_standing(posts.c))
    )


def remove(connection: Connection, gone: Iterable[StoredPost]) -> None:
    """Delete rows for good; only a takedown does so."""
    for part in in_parts(stored.id for stored in gone):
        connection.execute(delete(posts).where(posts.c.id.in_(part)))


# --- asking ----------------------------------------------------------------------------------


def _with_verdict(*, decided: bool = False) -> Select[*tuple[Any, ...]]:
    """Posts with the verdicts on them, as ``rows.stored_post`` takes them.

    ``decided``: only those that have one.
    """
    columns = [column for column in posts.c if column.name not in {"public_id", "held"}]
    verdict = [
        verdicts.c.kind,
        verdicts.c.decided_by,
        verdicts.c.decided_at,
        verdicts.c.reason,
        verdicts.c.until,
        verdicts.c.post_fingerprint,
    ]
    same = and_(verdicts.c.source_id == posts.c.source_id, verdicts.c.guid == posts.c.guid, CURRENT)
    return select(*columns, *verdict).join_from(posts, verdicts, same, isouter=not decided)


_POSTS = _with_verdict()
_DECIDED = _with_verdict(decided=True)


def _newest_first(stored: StoredPost) -> tuple[datetime, int]:
    return stored.sort_at, stored.id


@lru_cache(maxsize=2 * _SOURCES_AT_ONCE)
def _newest_of(sources: int, condition: TextClause) -> Select[*tuple[Any, ...]]:
    """A walk of a few steps along the index for each source, whatever the table's size."""
    arms = []
    for number in range(sources):
        walk = (
            select(posts.c.id)
            .where(posts.c.source_id == bindparam(f"source_{number}"), condition)
            .order_by(posts.c.sort_at.desc(), posts.c.id.desc())
            .limit(bindparam("per_source", type_=posts.c.id.type))
            .subquery()
        )
        arms.append(select(walk.c.id))
    return _POSTS.where(posts.c.id.in_(union_all(*arms)))


def newest(database: Database, sources: Mapping[str, bool], per_source: int) -> list[StoredPost]:
    """The newest posts of each source that may be shown, all together newest first.

    ``sources``: by id, whether only approved posts count. Hidden and held ones never do.
    """
    found: list[StoredPost] = []
    with database.reading() as connection:
        for only, condition in ((False, SHOWN), (True, APPROVED)):
            wanted = [source_id for source_id, approved in sources.items() if approved is only]
            for part in in_parts(wanted, _SOURCES_AT_ONCE):
                names: dict[str, Any] = {f"source_{n}": one for n, one in enumerate(part)}
                rows = connection.execute(
                    _newest_of(len(part), condition), names | {"per_source": per_source}
                )
                found += map(stored_post, rows)
    return sorted(found, key=_newest_first, reverse=True)


def pinned(database: Database, source_ids: Collection[str], now: datetime) -> list[StoredPost]:
    """The posts of these sources whose pin has not ended, newest first."""
    found: list[StoredPost] = []
    with database.reading() as connection:
        for part in in_parts(source_ids):
            wanted = _DECIDED.where(
                verdicts.c.source_id.in_(part),
                verdicts.c.kind == VerdictKind.PINNED.value,
                or_(verdicts.c.until.is_(None), verdicts.c.until > now),
            )
            found += map(stored_post, connection.execute(wanted))
    return sorted(found, key=_newest_first, reverse=True)


def find(database: Database, key: str) -> list[StoredPost]:
    """The posts that a person means by a public id, a permalink, or its link key."""
    with database.reading() as connection:
        for column in (posts.c.public_id, posts.c.link_key, posts.c.permalink):
            rows = connection.execute(_POSTS.where(column == key).order_by(posts.c.id.desc()))
            if found := list(map(stored_post, rows)):
                return found
    return []


def listing(
    database: Database,
    source_ids: Collection[str] | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 100,
) -> list[StoredPost]:
    """Stored posts of any standing, newest first, a page at a time.

    ``before``: ``sort_at`` and ``id`` of the last post of the page before. ``source_ids`` None:
    of all sources.
    """
    wanted = _POSTS.order_by(posts.c.sort_at.desc(), posts.c.id.desc()).limit(limit)
    if source_ids is not None:
        wanted = wanted.where(posts.c.source_id.in_(source_ids))
    if before is not None:
        moment, number = before
        last = tuple_(literal(moment, posts.c.sort_at.type), literal(number, posts.c.id.type))
        wanted = wanted.where(tuple_(posts.c.sort_at, posts.c.id) < last)
    with database.reading() as connection:
        return list(map(stored_post, connection.execute(wanted)))


def counts(database: Database) -> dict[str, tuple[int, datetime | None]]:
    """By source id: how many posts are stored, and the ``sort_at`` of the newest."""
    c = posts.c
    wanted = select(c.source_id, func.count(), func.max(c.sort_at)).group_by(c.source_id)
    with database.reading() as connection:
        return {
            source_id: (count, newest_at)
            for source_id, count, newest_at in connection.execute(wanted)
        }


def as_stored(connection: Connection, post: Post) -> Post:
    """A post as it is stored now, else as it is given; without a link key that tells nothing.

    A link to a home page, or one that its source gives to other texts, too, does not tell whether
    two posts are the same.
    """
    c = posts.c
    row = connection.execute(
        _POSTS.where(c.source_id == post.source_id, c.guid == post.guid)
    ).one_or_none()
    if row is not None:
        post = stored_post(row).post
    if post.link_key is None:
        return post
    other_text = select(c.id).where(
        c.link_key == post.link_key,
        c.source_id == post.source_id,
        c.guid != post.guid,
        c.text != post.text,
    )
    home = urlsplit(post.link_key).path in {"", "/"} and "?" not in post.link_key
    shared = home or connection.execute(other_text.limit(1)).first() is not None
    return replace(post, link_key=None) if shared else post


def copies_of(database: Database, post: Post) -> list[StoredPost]:
    """A stored post and the same one wherever else it is stored, under whatever guid."""
    with database.reading() as connection:
        return copies(connection, as_stored(connection, post))


def copies(connection: Connection, post: Post) -> list[StoredPost]:
    """A post, and the same one wherever else it is stored: by its guid, its link or its content."""
    c = posts.c
    same = [and_(c.source_id == post.source_id, c.guid == post.guid)]
    if post.link_key is not None:
        same.append(c.link_key == post.link_key)
    if post.content_key is not None:
        same.append(c.content_key == post.content_key)
    found: dict[int, StoredPost] = {}
    for condition in same:  # one by one, so that each finds its own index
        for stored in map(stored_post, connection.execute(_POSTS.where(condition))):
            found[stored.id] = stored
    return list(found.values())


def of_source(connection: Connection, source_id: str) -> list[StoredPost]:
    """All posts of a source."""
    rows = connection.execute(_POSTS.where(posts.c.source_id == source_id))
    return list(map(stored_post, rows))
