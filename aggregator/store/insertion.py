"""The one statement that stores posts, and what keeps out of it what was taken down.

It looks for tombstones itself, so that no post slips in between the look and the insert.
Not here: which posts are worth writing (``posts.py``), what marks them (``digests.py``).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, exists, select
from sqlalchemy.dialects import postgresql, sqlite

from aggregator.model import Post, Standing
from aggregator.store import digests, first_ids
from aggregator.store.first_ids import FirstIds
from aggregator.store.rows import row_of_post
from aggregator.store.standing import standing, word
from aggregator.store.statements import in_parts, insert_or
from aggregator.store.still_held import still_held
from aggregator.store.tables import posts, tombstones

_KEPT = {"id", "public_id", "source_id", "guid", "first_seen", "sort_at", "held", "standing"}
"""Columns that an edited post keeps, or that follow rules of their own."""


def write(
    connection: Connection,
    wanted: Iterable[Post],
    now: datetime,
    secret: bytes,
    held: Collection[str],
) -> int:
    """Returns how many rows were written: the rest met a tombstone.

    Marks of authors and places cost time, and are made only where any was taken down. Should that
    happen meanwhile, the statement refuses all that was not looked at so closely: then it is.
    """
    written = 0
    first = first_ids.read(connection)
    wide = digests.is_wide(connection, secret)
    for bare in in_parts(wanted):
        part = still_held(connection, bare)
        rows = [_row(post, now, held=post.source_id in held) for post in part]
        count = _write_rows(connection, part, rows, secret, first, wide=wide)
        if count < len(part) and not wide and digests.is_wide(connection, secret):
            wide = True
            count += _write_rows(connection, part, rows, secret, first, wide=True)
        written += count
    return written


def _write_rows(
    connection: Connection,
    part: Sequence[Post],
    rows: Sequence[dict[str, Any]],
    secret: bytes,
    first: FirstIds,
    *,
    wide: bool,
) -> int:
    quoting = any(post.quote for post in part)
    insert = _insert(connection.dialect.name, wide, quoting)
    marked = [
        row | _marks(post, secret, first[post.source_id], wide=wide, quoting=quoting)
        for post, row in zip(part, rows, strict=True)
    ]
    counting = {"preserve_rowcount": True}
    return connection.execute(insert, marked, execution_options=counting).rowcount


def _row(post: Post, now: datetime, *, held: bool) -> dict[str, Any]:
    """The columns, as parameters of ``_insert``."""
    row = row_of_post(post)
    row["first_seen"] = now
    row["sort_at"] = min(post.published or now, now)
    row["held"] = held
    return {f"_{name}": value for name, value in row.items()}


def _marks(
    post: Post, secret: bytes, first_id: str, *, wide: bool, quoting: bool
) -> dict[str, bytes]:
    """The digests by which ``_insert`` looks for tombstones, as its parameters."""
    marks = digests.of_post(secret, post, first_id)
    own = [*marks.values(), digests.of_source(secret, post.source_id, None)[digests.SOURCE]]
    own += digests.wide_of_post(secret, post, first_id) if wide else [digests.wide_mark(secret)[1]]
    # A post without a link or content has its guid looked up in their place.
    found = _numbered("_mark", own, _marks_of_post(wide), marks[digests.GUID])
    if quoting:
        quoted = digests.of_quote(secret, post.quote) if post.quote else []
        quoted += digests.wide_of_quote(secret, post.quote) if post.quote and wide else []
        count = _marks_of_quote(wide)
        found |= _numbered("_quote_mark", quoted, count, marks[digests.GUID])
    return found


def _numbered(name: str, marks: list[bytes], count: int, filler: bytes) -> dict[str, bytes]:
    filled = marks + [filler] * (count - len(marks))
    return {f"{name}_{number}": mark for number, mark in enumerate(filled)}


def _marks_of_post(wide: bool) -> int:
    """Guid, link, content, source; and those of authors and places, or the mark of all of them."""
    return 4 + (digests.MOST_WIDE if wide else 1)


def _marks_of_quote(wide: bool) -> int:
    """Words, link."""
    return 2 + (digests.MOST_WIDE if wide else 0)


def _buried(name: str, count: int) -> ColumnElement[bool]:
    """Whether any of these marks is a tombstone's."""
    digest = tombstones.c.digest
    marks = [bindparam(f"{name}_{number}", type_=digest.type) for number in range(count)]
    return exists().where(digest.in_(marks))


@lru_cache(maxsize=8)
def _insert(dialect: str, wide: bool, quoting: bool) -> sqlite.Insert | postgresql.Insert:
    """One statement: look for tombstones, settle the standing, insert or update.

    ``quoting``: quotes of what was taken down are left out.
    """
    names = [column.name for column in posts.c if column.name not in {"id", "standing"}]
    given = select(
        *(bindparam(f"_{name}", type_=posts.c[name].type).label(name) for name in names)
    ).subquery("given")
    values = {column.name: cast("ColumnElement[Any]", column) for column in given.c}
    if quoting:
        gone = _buried("_quote_mark", _marks_of_quote(wide))
        unless_gone = and_(given.c.quote.is_not(None), ~gone)
        values["quote"] = case((unless_gone, given.c.quote)).label("quote")
    clean = select(*values.values(), standing(given.c)).where(
        ~_buried("_mark", _marks_of_post(wide))
    )
    insert = insert_or(dialect, posts).from_select(
        [*names, "standing"], clean, include_defaults=False
    )
    new = insert.excluded
    changes: dict[str, Any] = {name: new[name] for name in names if name not in _KEPT}
    changes["sort_at"] = case(
        (new.published < posts.c.first_seen, new.published), else_=posts.c.first_seen
    )
    # An edit may bring what a rule finds, or take it away; what is gone or held stays so.
    fixed = posts.c.standing.in_([word(Standing.GONE), word(Standing.HELD)])
    changes["standing"] = case((fixed, posts.c.standing), else_=new.standing)
    return insert.on_conflict_do_update(
        index_elements=["source_id", "guid"],
        set_=changes,
        where=posts.c.fingerprint.is_distinct_from(new.fingerprint),
    )
