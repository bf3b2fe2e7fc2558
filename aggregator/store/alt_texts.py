"""What pictures show, in the words of staff: one row for each post of which they described one.

A row names by its key the picture that it is about: another picture is not called by these words.
It is gone with its post, in the same transaction.
Not here: which picture a post shows, and with which words (``actions/pictures.py``).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, select

from aggregator.model import Post
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit
from aggregator.store.care_tables import alt_texts
from aggregator.store.database import Database
from aggregator.store.rows import WITH_VERDICT, stored_post
from aggregator.store.statements import in_parts, insert_or, stop_writers
from aggregator.store.tables import posts

"""Acts in the audit."""
_WHO = "Aggregator"
_C = alt_texts.c

KeysOf = Callable[[Post], Collection[bytes]]
"""The keys of the pictures that a post has."""


@dataclass(frozen=True, slots=True)
class AltText:
    """What one picture of a post shows, as somebody wrote it."""

    key: bytes
    """Of the picture."""
    at: datetime
    alt: str
    by: str


def write(database: Database, post: Post, said: AltText, keys_of: KeysOf) -> bool:
    """Keep the words, in the place of those before; False: the post has that picture no more."""
    facts = asdict(said)
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts)
        (as_it_is,) = _stored(connection, [post.public_id]) or (None,)
        if as_it_is is None or said.key not in keys_of(as_it_is):
            return False
        insert = insert_or(connection.dialect.name, alt_texts)
        values = insert.values(public_id=post.public_id, **facts)
        connection.execute(values.on_conflict_do_update(index_elements=["public_id"], set_=facts))
        _tell(connection, post, AuditAct.DESCRIBE, said.by, said.at)
    return True


def remove(database: Database, post: Post, by: str, now: datetime) -> bool:
    """Drop the words of staff; False: there were none."""
    with database.writing(durable=True) as connection:
        is_dropped = _drop(connection, post)
        if is_dropped:
            _tell(connection, post, AuditAct.DESCRIBE_NO_MORE, by, now)
    return is_dropped


def drop_outdated(
    database: Database, public_ids: Iterable[str], keys_of: KeysOf, now: datetime
) -> None:
    """Of these posts, drop the words that are about a picture which the post has no more.

    Asked anew: somebody may just have described the picture that it has instead.
    """
    with database.writing() as connection:
        for part in in_parts(public_ids):
            asked = select(_C.public_id, _C.key).where(_C.public_id.in_(part))
            keys = {row.public_id: row.key for row in connection.execute(asked)}
            for post in _stored(connection, keys):
                key = keys[post.public_id]
                if key not in keys_of(post) and _drop(connection, post, _C.key == key):
                    _tell(connection, post, AuditAct.DESCRIPTION_OUTDATED, _WHO, now)


def erase(connection: Connection, public_ids: Iterable[str]) -> None:
    """Keep none about these posts."""
    for part in in_parts(public_ids):
        connection.execute(delete(alt_texts).where(_C.public_id.in_(part)))


def _drop(connection: Connection, post: Post, *conditions: ColumnElement[bool]) -> bool:
    """Drop what is written about a post; False: there is nothing."""
    dropped = delete(alt_texts).where(_C.public_id == post.public_id, *conditions)
    return bool(connection.execute(dropped.returning(_C.public_id)).all())


def _stored(connection: Connection, public_ids: Iterable[str]) -> list[Post]:
    rows = connection.execute(WITH_VERDICT.where(posts.c.public_id.in_(list(public_ids))))
    return [stored_post(row).post for row in rows]


def _tell(connection: Connection, post: Post, act: str, who: str, now: datetime) -> None:
    """In the audit, without the words."""
    audit.record(connection, audit.Entry(now, who, act, post.source_id, post.public_id))
