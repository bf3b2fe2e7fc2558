"""What is known of our copies of pictures: one row for each post that has one, or was refused one.

A row is gone with its post, in the same transaction. The copies themselves are files of the
website, called by the digest of their bytes; several posts may have the same one.
Not here: which picture of a post is meant, and when another attempt is due
(``actions/pictures.py``).
"""

from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, delete, exists, null, select, union_all

from aggregator.store.alt_texts import AltText
from aggregator.store.care_tables import alt_texts
from aggregator.store.database import Database
from aggregator.store.statements import in_parts, insert_or
from aggregator.store.tables import SHOWN, pictures, posts


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last attempt to copy the picture of a post."""

    key: bytes
    """A digest of what names the original: another one, another picture."""
    tried: datetime
    digest: str | None = None
    """SHA-256 of the copy's bytes, in hex; None: there is no copy."""
    width: int = 0
    height: int = 0
    failures: int = 0
    """In a row; 0 where there is a copy."""


_C = pictures.c
_FACTS = tuple(_C[field.name] for field in fields(Attempt))
_ATTEMPTS = select(_C.public_id, *_FACTS).where(
    _C.public_id.in_(bindparam("public_ids", expanding=True))
)
_A = alt_texts.c
_KNOWN = union_all(
    select(_C.public_id, *_FACTS, null().label("alt"), null().label("by")).where(
        _C.public_id.in_(bindparam("public_ids", expanding=True))
    ),
    select(_A.public_id, _A.key, _A.at, null(), null(), null(), null(), _A.alt, _A.by).where(
        _A.public_id.in_(bindparam("public_ids", expanding=True))
    ),
)
"""One question for two tables: it is asked for every widget that is published."""
_COPIES = select(_C.public_id, _C.digest)
_STORED = select(_C.public_id).where(exists().where(posts.c.public_id == _C.public_id, SHOWN))
"""Of posts that are there, and that nobody hid, held, or missed."""


def attempts(database: Database, public_ids: Iterable[str]) -> dict[str, Attempt]:
    """By public id of the post; those that nobody tried are left out."""
    found: dict[str, Attempt] = {}
    with database.reading() as connection:
        for part in in_parts(public_ids):
            rows = connection.execute(_ATTEMPTS, {"public_ids": part})
            found |= {row[0]: Attempt(*row[1:]) for row in rows}
    return found


def known(
    database: Database, public_ids: Iterable[str]
) -> tuple[dict[str, Attempt], dict[str, AltText]]:
    """By public id of the post: the last attempts, and what staff wrote about pictures."""
    tried: dict[str, Attempt] = {}
    said: dict[str, AltText] = {}
    with database.reading() as connection:
        for part in in_parts(public_ids):
            for public_id, *facts, alt, by in connection.execute(_KNOWN, {"public_ids": part}):
                if alt is None:
                    tried[public_id] = Attempt(*facts)
                else:
                    key, at, *_ = facts
                    said[public_id] = AltText(key, at, alt, by)
    return tried, said


def copy_of(database: Database, key: bytes) -> Attempt | None:
    """A copy of this original, made for whichever post; None: there is none."""
    wanted = select(*_FACTS).where(_C.key == key, _C.digest.is_not(None)).limit(1)
    with database.reading() as connection:
        row = connection.execute(wanted).one_or_none()
    return None if row is None else Attempt(*row)


def record(database: Database, public_id: str, attempt: Attempt) -> bool:
    """Remember an attempt in the place of the one before; False: the post may not have any."""
    facts = dict(zip((column.name for column in _FACTS), astuple(attempt), strict=True))
    may_have = select(posts.c.id).where(posts.c.public_id == public_id, SHOWN).limit(1)
    with database.writing() as connection:
        if connection.execute(may_have).first() is None:
            return False
        insert = insert_or(connection.dialect.name, pictures).values(public_id=public_id, **facts)
        connection.execute(insert.on_conflict_do_update(index_elements=["public_id"], set_=facts))
    return True


def forget(database: Database, public_ids: Iterable[str]) -> None:
    """Drop what is known of the pictures of these posts."""
    with database.writing() as connection:
        for part in in_parts(public_ids):
            connection.execute(delete(pictures).where(_C.public_id.in_(part)))


def keep_only(
    database: Database, public_ids: Collection[str], digests: Collection[str]
) -> frozenset[str]:
    """Drop the rows of all but these posts, and those whose copy is not among ``digests``.

    A post that is hidden, held, gone or not stored has no row either, whoever names it. Returns
    the digests of the copies that are still needed.
    """
    with database.reading() as connection:
        rows = {row.public_id: row.digest for row in connection.execute(_COPIES)}
        stored = set(connection.execute(_STORED).scalars())
    may_have = stored.intersection(public_ids)
    kept = {
        public_id: digest
        for public_id, digest in rows.items()
        if public_id in may_have and (digest is None or digest in digests)
    }
    if gone := rows.keys() - kept.keys():
        forget(database, gone)
    return frozenset(digest for digest in kept.values() if digest is not None)
