"""What is old enough to go, and its erasure, across the tables.

A hidden post is never forgotten: where others are removed, it is emptied, and stays hidden.
In: moments before which things are old. Not here: how long what is kept, and why
(``actions/prune.py``).
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, not_, select

from aggregator.model import Standing, StoredPost, VerdictKind
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, consents, emptied, meta, posts, traces, verdicts
from aggregator.store.care_tables import plans
from aggregator.store.database import Database, expect_erasure
from aggregator.store.rows import WITH_VERDICT, stored_post
from aggregator.store.statements import stop_writers
from aggregator.store.tables import CURRENT, microseconds, moment, visit_state
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import verdicts as verdicts_table

NEWEST_KEPT = 50
"""Of each source, whatever their age: a widget may reach for them when others leave it."""
_WHO = "Aggregator"
_AT_ONCE = 500
_RUN = "pruned at"

_P, _V = posts_table.c, verdicts_table.c
_SAME = and_(_V.source_id == _P.source_id, _V.guid == _P.guid, CURRENT)
_HIDDEN = and_(_P.standing == Standing.HIDDEN.value, not_(emptied.EMPTY))


# --- hidden posts ----------------------------------------------------------------------------


def count_hidden(database: Database, before: datetime) -> dict[str, int]:
    """By source id, how many posts were hidden before then and still have their content."""
    wanted = select(_P.source_id, func.count()).where(_hidden(before)).group_by(_P.source_id)
    with database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(wanted)}


def empty_hidden(database: Database, source_id: str, before: datetime, now: datetime) -> int:
    """Erase their content, and why they were hidden. Returns how many of the source there were."""
    condition = and_(_P.source_id == source_id, _hidden(before))
    return _batch_by_batch(database, condition, source_id, "hidden posts", now)


def _hidden(before: datetime) -> ColumnElement[bool]:
    """From the decisions to the posts: of these there are many, and few are hidden."""
    named = posts_table.alias("named")
    same = and_(_V.source_id == named.c.source_id, _V.guid == named.c.guid)
    decided = select(named.c.id).join_from(verdicts_table, named, same)
    long_ago = (CURRENT, _V.kind == VerdictKind.HIDDEN.value, _V.decided_at < before)
    return and_(_P.id.in_(decided.where(*long_ago)), _HIDDEN)


# --- old posts -------------------------------------------------------------------------------


def count_old(database: Database, source_id: str, before: datetime, spared: Collection[str]) -> int:
    """How many posts of a source are older than that by their date, and are not needed.

    ``spared``: public ids of posts that a widget shows. Undated posts have no age: they would come
    back as new. What a plan waits for tells, on its day, which copies go with it.
    """
    with database.reading() as connection:
        condition = _old(connection, source_id, before)
        asked = select(_P.public_id).where(condition)
        return sum(one not in spared for one in connection.execute(asked).scalars())


def erase_old(
    database: Database, source_id: str, before: datetime, spared: Collection[str], now: datetime
) -> int:
    """Erase them. Returns how many there were."""
    with database.reading() as connection:
        condition = _old(connection, source_id, before)
    return _batch_by_batch(database, condition, source_id, "old posts", now, spared)


def _old(connection: Connection, source_id: str, before: datetime) -> ColumnElement[bool]:
    newest = select(_P.sort_at).where(_P.source_id == source_id).order_by(_P.sort_at.desc())
    last = connection.execute(newest.offset(NEWEST_KEPT - 1).limit(1)).scalar()
    if last is None:
        return false()
    pinned = exists().where(_SAME, _V.kind == VerdictKind.PINNED.value).correlate(posts_table)
    waits = exists().where(plans.c.source_id == source_id, plans.c.guid.in_(["", _P.guid]))
    return and_(
        _P.source_id == source_id,
        _P.sort_at < min(before, last),
        _P.published.is_not(None),
        _P.standing != Standing.HIDDEN.value,
        ~pinned,
        ~waits.correlate(posts_table),
    )


# --- sources that are not followed any more --------------------------------------------------


def known_sources(database: Database) -> set[str]:
    """Ids of all sources of which anything but decisions is kept."""
    with database.reading() as connection:
        return set(connection.execute(select(visit_state.c.source_id)).scalars())


def count_posts(database: Database, source_id: str) -> int:
    """How many posts of a source are stored with their content."""
    wanted = select(func.count()).where(_P.source_id == source_id, not_(emptied.EMPTY))
    with database.reading() as connection:
        return connection.execute(wanted).scalar_one()


def erase_source(database: Database, source_id: str, now: datetime) -> None:
    """Erase a source: what stays is that posts of it, or all of it, were hidden by a person.

    So does what somebody planned a moment ago: it is still to be carried out, and goes then.
    """
    condition = and_(_P.source_id == source_id, not_(emptied.EMPTY))
    _batch_by_batch(database, condition, source_id, "posts", now)
    with database.writing(durable=True) as connection:
        verdicts.keep_hidden(connection, source_id)
        traces.erase(connection, source_id)
        audit.record(
            connection, audit.Entry(now, _WHO, AuditAct.PRUNED, source_id, after="all of it")
        )


def erase_ledger(database: Database, source_id: str, now: datetime) -> None:
    """Erase what is known of the consents for a source, once its time is over."""
    with database.writing(durable=True) as connection:
        consents.erase(connection, source_id)
        told = audit.Entry(now, _WHO, AuditAct.PRUNED, source_id, after="ledger of consents")
        audit.record(connection, told)


# --- when ------------------------------------------------------------------------------------


def last_run(database: Database) -> datetime | None:
    """When all was last looked through to be pruned; None: never."""
    with database.reading() as connection:
        found = meta.read(connection, _RUN)
    return None if found is None else moment(int(found))


def note_run(database: Database, now: datetime) -> None:
    """It is looked through now."""
    with database.writing() as connection:
        meta.write(connection, _RUN, str(microseconds(now)).encode())


def expect_rewrite(database: Database) -> None:
    """What was erased is to be taken out of unused parts of the file, too, once for all of it."""
    with database.writing() as connection:
        expect_erasure(connection)


# --- all of them -----------------------------------------------------------------------------


def _batch_by_batch(
    database: Database,
    condition: ColumnElement[bool],
    source_id: str,
    why: str,
    now: datetime,
    spared: Collection[str] = (),
) -> int:
    """A few hundred posts in each transaction: visits must be able to write in between."""
    erased = 0
    for numbers in _numbers(database, condition, spared):
        with database.writing() as connection:
            stop_writers(connection, posts_table)
            # Asked again: a person may have decided about one a moment ago.
            rows = connection.execute(WITH_VERDICT.where(condition, _P.id.in_(numbers)))
            found = list(map(stored_post, rows))
            _erase(connection, found)
            if found:
                audit.record(
                    connection, audit.Entry(now, _WHO, AuditAct.PRUNED, source_id, after=why)
                )
        erased += len(found)
    return erased


def _numbers(
    database: Database, condition: ColumnElement[bool], spared: Collection[str]
) -> Iterator[list[int]]:
    last = 0
    while True:
        page = select(_P.id, _P.public_id).where(condition, _P.id > last)
        with database.reading() as connection:
            found = connection.execute(page.order_by(_P.id).limit(_AT_ONCE)).all()
        if not found:
            return
        last = found[-1].id
        yield [row.id for row in found if row.public_id not in spared]


def _erase(connection: Connection, found: list[StoredPost]) -> None:
    hidden = [one for one in found if one.verdict and one.verdict.kind.hides]
    kept = {one.id for one in hidden}
    told = posts.as_stored(connection, (one.post for one in hidden))
    for one, post in zip(hidden, told, strict=True):
        emptied.empty(connection, one, post.link_key)
    posts.remove(connection, [one for one in found if one.id not in kept])
    for one in found:
        verdicts.forget_reasons(connection, one.post.source_id, one.post.guid)
