"""What is remembered between visits: who is due, who is claimed, and what a visit brought.

A claim moves ``next_due`` ahead, as a lease: a crash lets it lapse, and the source is due again.
Three lapses in a row, and the source is held, since it may be what ends the program (rule J3).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Update,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from aggregator.errors import StoreError
from aggregator.model import Outcome, Source, Visit, VisitState, Written
from aggregator.store import digests, latecomers, new_ids, posts, reads, reused, visit_log
from aggregator.store.database import Database
from aggregator.store.faults import in_plain_words, is_whole
from aggregator.store.latecomers import Alike, unlike
from aggregator.store.rhythm import with_rhythm
from aggregator.store.rows import is_doubted, row_of_state, visit_state_of
from aggregator.store.statements import in_parts, insert_or
from aggregator.store.subscriptions import count_missed, end_all
from aggregator.store.tables import microseconds, visit_state

LAPSES_ALLOWED = 3
_FARTHEST_AHEAD = timedelta(days=40)
"""Nothing is ever due later: the clock was wrong when it was written (rule J5)."""
_HOUR = 3_600_000_000
"""In microseconds, as moments are stored."""
_HELD_TEXT = "Three visits in a row never ended: the program stopped during each of them."
_HELD_ADVICE = (
    "Refresh this source by name. If the program stops again, set the source to paused and report "
    "its address."
)
_NOTHING_KNOWN = row_of_state(VisitState("", ""))


# --- who is followed -------------------------------------------------------------------------


def sync(database: Database, sources: Sequence[Source], now: datetime) -> None:
    """Follow exactly these sources.

    New ones are due at once, unless they only have a new id (``new_ids.py``). One whose address
    changed starts afresh. Others, paused ones and what was taken down are not visited any more.
    Stored posts stay; what is another's by now is held (``reused.py``).
    """
    with database.writing() as connection:
        known = new_ids.follow(connection, database.secret, sources, now)
        names = ((source.id, name) for source in sources for name in source.addresses)
        down = digests.sources_down(connection, database.secret, names)
        fresh, moved, switched, readdressed = [], [], [], []
        for source in sources:
            if source.id in down:
                continue
            row = known.pop(source.id, None)
            facts = {"_id": source.id, "address": source.addresses[0], "visited": source.visited}
            if row is None:
                fresh.append(facts | {"source_id": source.id, "next_due": now})
            elif row.address != facts["address"]:
                moved.append(facts)
                readdressed.append(source)
            elif row.visited != source.visited:
                switched.append(facts)
        switched += [
            {"_id": row.source_id, "address": row.address, "visited": False}
            for row in known.values()
            if row.visited
        ]
        reused.hold(connection, readdressed, now)
        if fresh:
            # Another process may have just done the same.
            insert = insert_or(connection.dialect.name, visit_state).on_conflict_do_nothing()
            connection.execute(insert, [_without_id(facts) for facts in fresh])
        if moved:
            afresh = _by_id().values(
                next_due=now, claimed_until=None, due_before=None, **_NOTHING_KNOWN
            )
            connection.execute(afresh, _in_order(moved))
            end_all(connection, [str(facts["_id"]) for facts in moved], now)
        if switched:
            connection.execute(_by_id(), _in_order(switched))


def _without_id(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != "_id"}


def _in_order(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """All writers take the rows in one order, so that no two of them wait for one another."""
    return sorted(rows, key=lambda row: str(row["_id"]))


def _by_id() -> Update:
    return update(visit_state).where(visit_state.c.source_id == bindparam("_id"))


# --- whose turn it is ------------------------------------------------------------------------


def claim(
    database: Database,
    now: datetime,
    lease: timedelta,
    limit: int,
    source_ids: Collection[str] | None = None,
    overdue_only: bool = True,
) -> list[VisitState]:
    """Claim at most ``limit`` sources until ``now + lease``, the longest due first.

    Their states also tell how often they post (``posts_lately`` and what follows it).

    ``source_ids`` None: of all. With ``overdue_only`` False also those that are not due yet, are
    held or stopped, unless somebody else has claimed them.
    """
    claimed: list[VisitState] = []
    with database.writing() as connection:
        _mend_after_clock_step(connection, now)
        _hold_lapsed(connection, now)
        for part in [None] if source_ids is None else in_parts(source_ids):
            wanted = _claimable(now, overdue_only=overdue_only)
            if part is not None:
                wanted = [*wanted, _candidate.c.source_id.in_(part)]
            rows = connection.execute(_claim(wanted, now + lease, limit - len(claimed)))
            claimed += map(visit_state_of, rows)
        claimed = with_rhythm(connection, claimed, now)
    return sorted(claimed, key=lambda state: (state.next_due or now, state.source_id))


_candidate = visit_state.alias("candidate")


def _claimable(now: datetime, *, overdue_only: bool) -> list[ColumnElement[bool]]:
    c = _candidate.c
    if overdue_only:
        due = [c.visited, c.next_due <= now, c.lapses < LAPSES_ALLOWED]
        return [*due, c.stopped_at.is_(None)]
    return [c.visited, or_(c.claimed_until.is_(None), c.claimed_until <= now)]


def _claim(wanted: list[ColumnElement[bool]], until: datetime, limit: int) -> Any:
    """The one statement of a claim: two processes never get the same source."""
    c = visit_state.c
    oldest = (
        select(_candidate.c.source_id)
        .where(*wanted)
        .order_by(_candidate.c.next_due)
        .limit(max(limit, 0))
        .with_for_update(skip_locked=True)  # written on PostgreSQL only
        .cte("oldest")  # asked once: asked again in some plans, a subquery would lock the next ones
    )
    lapsed = c.claimed_until.is_not(None)
    return (
        update(visit_state)
        .where(c.source_id.in_(select(oldest.c.source_id)))
        .values(
            next_due=until,
            claimed_until=until,
            due_before=case((lapsed, c.due_before), else_=c.next_due),
            lapses=c.lapses + case((lapsed, 1), else_=0),
        )
        .returning(visit_state)
    )


def _mend_after_clock_step(connection: Connection, now: datetime) -> None:
    """Due within the hour, each at a moment of its own: they must not come all at once."""
    c = visit_state.c
    phase = type_coerce(c.next_due, BigInteger) % _HOUR
    connection.execute(
        update(visit_state)
        .where(c.visited, c.next_due > now + _FARTHEST_AHEAD)
        .values(next_due=type_coerce(microseconds(now) + phase, c.next_due.type))
    )


def _hold_lapsed(connection: Connection, now: datetime) -> None:
    """Sources whose last claims all lapsed are not claimed again by the clock."""
    c = visit_state.c
    connection.execute(
        update(visit_state)
        .where(
            c.visited,
            c.next_due <= now,
            c.claimed_until.is_not(None),
            c.lapses >= LAPSES_ALLOWED - 1,
        )
        .values(
            lapses=c.lapses + 1,
            next_due=c.due_before,
            claimed_until=None,
            due_before=None,
            outcome=Outcome.HELD.value,
            error_kind="never ended",
            error_text=_HELD_TEXT,
            error_advice=_HELD_ADVICE,
        )
    )


def release(
    database: Database, states: Iterable[VisitState], due: Mapping[str, datetime] | None = None
) -> None:
    """Give claims back as if they had not been made; claims that others hold by now are kept.

    ``due``: when those are due, by source id, that are not due as they were before.
    """
    later = due or {}
    c = visit_state.c
    # Lapses grow when somebody else takes over, so they tell whose claim it is.
    mine = _by_id().where(
        c.claimed_until.is_not(None),
        c.lapses == bindparam("_lapses"),
        c.due_before == bindparam("_due_before", type_=c.due_before.type),
    )
    rows = [
        {
            "_id": state.source_id,
            "_lapses": state.lapses,
            "_due_before": state.next_due,
            "_due": later.get(state.source_id, state.next_due),
        }
        for state in states
    ]
    if rows:
        with database.writing() as connection:
            connection.execute(
                mine.values(
                    next_due=bindparam("_due", type_=c.next_due.type),
                    claimed_until=None,
                    due_before=None,
                ),
                _in_order(rows),
            )


def put_off_look_up(database: Database, source_id: str, until: datetime) -> None:
    """Its platform is not asked about its posts before that."""
    with database.writing() as connection:
        connection.execute(_by_id().values(look_up_after=until), [{"_id": source_id}])


# --- what a visit brought --------------------------------------------------------------------


def save(
    database: Database, visits: Sequence[Visit], now: datetime, alike: Alike = unlike
) -> list[Written | StoreError]:
    """Write visits in one transaction: of each, posts and state together or nothing.

    Where the database refuses the whole, they are written one by one, so that a visit that cannot
    be stored does not touch the others, until one shows that the database cannot write at all. One
    whose source was taken down, or got another address, while it was under way writes nothing.
    ``alike`` compares words for ``latecomers.hide``.
    """
    try:
        # Of two visits of one source the later one must meet what the earlier one wrote.
        if len({visit.source_id for visit in visits}) == len(visits):
            return _save_together(database, visits, now, alike)
    except (StoreError, ValueError, OverflowError) as error:
        if len(visits) == 1:
            return [error if isinstance(error, StoreError) else in_plain_words(error)]
    results: list[Written | StoreError] = []
    trouble: StoreError | None = None
    for visit in visits:
        result = trouble or save(database, [visit], now, alike)[0]
        if isinstance(result, StoreError) and is_whole(result):
            trouble = result
        results.append(result)
    return results


def _save_together(
    database: Database, visits: Sequence[Visit], now: datetime, alike: Alike
) -> list[Written | StoreError]:
    """Raises StoreError, and ValueError or OverflowError for values that no row can hold."""
    with database.writing() as connection:
        wanted, doubted = _wanted(connection, visits, database.secret)
        kept = [
            visit
            for visit in sorted(visits, key=lambda visit: visit.source_id)  # as ``_in_order``
            if (visit.source_id, visit.state.address) in wanted
        ]
        written = posts.upsert(
            connection,
            [post for visit in kept for post in visit.posts],
            now,
            secret=database.secret,
            held={
                visit.source_id
                for visit in kept
                # A push may have been read before a visit began to doubt.
                if visit.outcome is Outcome.HELD or (visit.pushed and visit.source_id in doubted)
            },
        )
        fresh = {source_id for source_id, one in written.items() if one.new}
        new = chain.from_iterable(visit.posts for visit in kept if visit.source_id in fresh)
        latecomers.hide(connection, new, now, alike)
        found = [visit for visit in kept if not visit.pushed]
        rows = [_row_of(visit, now, written.get(visit.source_id)) for visit in found]
        if rows:
            connection.execute(_WRITE, rows)
        told = [(visit, written.get(visit.source_id, Written(""))) for visit in found]
        visit_log.write(connection, told)
        reads.write(connection, found)
        missed = {visit.source_id for visit in found} & fresh
        count_missed(connection, {source_id: written[source_id].new for source_id in missed})
        pushed = {visit.source_id for visit in kept if visit.pushed} & fresh
        if pushed:
            rows = [{"_id": source_id} for source_id in sorted(pushed)]
            connection.execute(_by_id().values(last_new=now), rows)
    stored = {visit.source_id: Written(visit.source_id) for visit in kept} | written
    return [
        stored.get(visit.source_id) or Written(visit.source_id, refused=len(visit.posts))
        for visit in visits
    ]


def _wanted(
    connection: Connection, visits: Sequence[Visit], secret: bytes
) -> tuple[set[tuple[str, str]], set[str]]:
    """Sources that are still followed as they were visited, by id and address; ids in doubt."""
    c = visit_state.c
    visited = {(visit.source_id, visit.state.address) for visit in visits}
    followed: set[tuple[str, str]] = set()
    doubted: set[str] = set()
    for part in in_parts(source_id for source_id, _ in visited):
        asked = select(c.source_id, c.address, c.suspicion).where(c.source_id.in_(part))
        for source_id, address, suspicion in connection.execute(asked):
            followed.add((source_id, address))
            if is_doubted(suspicion):
                doubted.add(source_id)
    still = visited & followed
    down = digests.sources_down(connection, secret, still)
    return {one for one in still if one[0] not in down}, doubted


_WRITE = _by_id().values(
    {
        name: bindparam(name, type_=visit_state.c[name].type)
        for name in [*_NOTHING_KNOWN, "next_due", "claimed_until", "due_before"]
    }
)


def _row_of(visit: Visit, now: datetime, written: Written | None) -> dict[str, Any]:
    """The claim ends; a state without a next due is due at once."""
    state = visit.state
    row = row_of_state(state) | {
        "_id": state.source_id,
        "next_due": state.next_due or now,
        "claimed_until": None,
        "due_before": None,
        "lapses": 0,
    }
    if written is not None and written.new:
        row["last_new"] = now
    if written is not None and 2 * written.renamed > max(visit.entries, len(visit.posts)):
        row["unstable_ids"] = True
    return row


def erase(connection: Connection, source_id: str) -> None:
    """Forget all of a source."""
    connection.execute(delete(visit_state).where(visit_state.c.source_id == source_id))
    visit_log.erase(connection, source_id)
    reads.erase(connection, source_id)


# --- questions -------------------------------------------------------------------------------


def states(database: Database, source_ids: Collection[str] | None = None) -> dict[str, VisitState]:
    """By source id, what is remembered; ``source_ids`` None: of all. Unknown ids are left out."""
    found: list[VisitState] = []
    with database.reading() as connection:
        for part in [None] if source_ids is None else in_parts(source_ids):
            wanted = select(visit_state)
            if part is not None:
                wanted = wanted.where(visit_state.c.source_id.in_(part))
            found += map(visit_state_of, connection.execute(wanted))
    return {state.source_id: state for state in found}


def lags(database: Database, now: datetime) -> list[timedelta]:
    """For how long each source that the clock visits has been due (rule C12); of most, zero."""
    c = visit_state.c
    visited = select(c.next_due).where(c.visited, c.lapses < LAPSES_ALLOWED, c.stopped_at.is_(None))
    with database.reading() as connection:
        due = connection.execute(visited).scalars()
        return [max(now - moment, timedelta(0)) for moment in due]


def next_due(database: Database) -> datetime | None:
    """When the clock has something to do next, claims that may lapse included; None: never."""
    c = visit_state.c
    with database.reading() as connection:
        return connection.execute(
            select(func.min(c.next_due)).where(
                c.visited, c.lapses < LAPSES_ALLOWED, c.stopped_at.is_(None)
            )
        ).scalar()
