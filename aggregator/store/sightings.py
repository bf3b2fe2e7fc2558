"""What platforms said of posts that widgets show: there, not there, and since when.

``looked`` alone moves where an answer was heard and not believed yet. Guids are content: whoever
removes a post removes what is here of it, in the same transaction.
Not here: what follows from an answer (``actions/mirror.py``).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, select

from aggregator.model import Media, Post, StoredPost
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, posts, verdicts
from aggregator.store.database import Database
from aggregator.store.rows import WITH_VERDICT, stored_post
from aggregator.store.statements import in_parts, insert_or, stop_writers
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import sightings


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is known of one post."""

    looked: datetime
    """When its platform last told anything of it."""
    seen: datetime | None = None
    """When it last said that it is there; None: it never did."""
    missed: datetime | None = None
    """When it first said that it is not, once that is believed; None: it is there."""

    @property
    def is_doubted(self) -> bool:
        """Whether the last answer said that it is gone, and was not believed."""
        return self.missed is None and self.seen != self.looked


"""Acts of the audit: its platform had no post any more, or did not confirm it in time."""
_WHO = "Aggregator"
_AT_ONCE = 500


class Watched(NamedTuple):
    """A post that is shown, or was until its platform missed it."""

    source_id: str
    guid: str
    permalink: str | None
    first_seen: datetime
    sighting: Sighting | None
    """None: nobody ever asked."""
    media: tuple[Media, ...] = ()


def watched(
    database: Database, public_ids: Iterable[str], link_keys: Iterable[str]
) -> list[Watched]:
    """Posts of any source by public ids and links, and all that are missed, wherever they were."""
    found: dict[tuple[str, str], Watched] = {}
    with database.reading() as connection:
        for column, keys in ((_P.public_id, public_ids), (_P.link_key, link_keys)):
            for part in in_parts(keys):
                found |= _read(connection, _WATCHED.where(column.in_(part)))
        found |= _read(connection, _MISSED)
    return list(found.values())


_P, _S = posts_table.c, sightings.c
_SAME = and_(_S.source_id == _P.source_id, _S.guid == _P.guid)
_FACTS = (
    *(_P.source_id, _P.guid, _P.permalink, _P.first_seen),
    *(_S.looked, _S.seen, _S.missed),
    _P.media,
)
_WATCHED = select(*_FACTS).join_from(posts_table, sightings, _SAME, isouter=True)
_MISSED = select(*_FACTS).join_from(sightings, posts_table, _SAME).where(_S.missed.is_not(None))


def _read(
    connection: Connection, question: Select[*tuple[Any, ...]]
) -> dict[tuple[str, str], Watched]:
    rows = connection.execute(question)
    return {
        (source_id, guid): Watched(
            *(source_id, guid, permalink, first_seen),
            None if looked is None else Sighting(looked, seen, missed),
            tuple(Media(**one) for one in media),
        )
        for source_id, guid, permalink, first_seen, looked, seen, missed, media in rows
    }


def settle(
    database: Database,
    source_id: str,
    told: Mapping[str, Sighting],
    erased: Collection[str],
    edits: Sequence[Post],
    now: datetime,
) -> int:
    """Write down what follows from an answer about posts of a source, by guid, all or nothing.

    Posts that are not stored any more are passed over, and ``edits`` never become new ones.
    Returns how many posts were edited.
    """
    with database.writing(durable=bool(erased)) as connection:
        stop_writers(connection, posts_table)
        stored = _stored(connection, source_id, {*told, *erased})
        for guid in told.keys() & stored.keys():
            _write(connection, source_id, guid, told[guid])
            posts.restand(connection, source_id, guid)
        _erase(
            connection, [stored[guid] for guid in erased if guid in stored], AuditAct.MIRRORED, now
        )
        known = [post for post in edits if post.guid in stored and post.guid not in erased]
        written = posts.upsert(connection, known, now, secret=database.secret)
    return sum(one.edited for one in written.values())


def _stored(connection: Connection, source_id: str, guids: Iterable[str]) -> dict[str, StoredPost]:
    found: list[StoredPost] = []
    for part in in_parts(guids):
        wanted = WITH_VERDICT.where(_P.source_id == source_id, _P.guid.in_(part))
        found += map(stored_post, connection.execute(wanted))
    return {stored.post.guid: stored for stored in found}


def _write(connection: Connection, source_id: str, guid: str, sighting: Sighting) -> None:
    facts = {name: getattr(sighting, name) for name in ("looked", "seen", "missed")}
    insert = insert_or(connection.dialect.name, sightings)
    connection.execute(
        insert.values(source_id=source_id, guid=guid, **facts).on_conflict_do_update(
            index_elements=["source_id", "guid"], set_=facts
        )
    )


def _erase(connection: Connection, gone: Sequence[StoredPost], act: str, now: datetime) -> None:
    """Row, sighting and what people wrote about it; that somebody decided so is kept."""
    posts.remove(connection, gone)
    for stored in gone:
        post = stored.post
        verdicts.forget_reasons(connection, post.source_id, post.guid)
        audit.record(connection, audit.Entry(now, _WHO, act, post.source_id, post.public_id))


# --- what may not be kept for ever -----------------------------------------------------------


def count_unconfirmed(database: Database, source_id: str, before: datetime) -> int:
    """How many posts of a source came before a moment and were not seen at their platform since."""
    wanted = select(func.count()).select_from(posts_table).where(*_unconfirmed(source_id, before))
    with database.reading() as connection:
        return connection.execute(wanted).scalar_one()


def erase_unconfirmed(database: Database, source_id: str, before: datetime, now: datetime) -> int:
    """Erase them. Returns how many there were."""
    wanted = WITH_VERDICT.where(*_unconfirmed(source_id, before)).limit(_AT_ONCE)
    erased = 0
    while True:
        with database.writing() as connection:
            stop_writers(connection, posts_table)
            gone = list(map(stored_post, connection.execute(wanted)))
            _erase(connection, gone, AuditAct.PRUNED, now)
        erased += len(gone)
        if len(gone) < _AT_ONCE:
            return erased


def _unconfirmed(source_id: str, before: datetime) -> list[ColumnElement[bool]]:
    seen = exists().where(_SAME, _S.seen >= before).correlate(posts_table)
    return [_P.source_id == source_id, _P.first_seen < before, ~seen]


def drop_orphans(database: Database) -> int:
    """Forget what was said of posts that are not stored any more. Returns how many there were."""
    stored = exists().where(_SAME).correlate(sightings)
    with database.writing() as connection:
        return connection.execute(delete(sightings).where(~stored)).rowcount
