"""Decisions of people about posts and sources: what holds, what held before, undo.

A post that is hidden stays hidden, also where it is fetched anew after it was pruned.
Not here: takedowns, which erase (``tombstones.py``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from aggregator.errors import StoreError
from aggregator.model import (
    Post,
    Profile,
    Review,
    Source,
    SourceFacts,
    Verdict,
    VerdictKind,
    public_id_of,
)
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, digests, former_ids, posts
from aggregator.store.database import Database
from aggregator.store.rows import profile_of, verdict_of
from aggregator.store.statements import in_parts, stop_writers
from aggregator.store.tables import CURRENT, verdicts, visit_state
from aggregator.store.tables import posts as posts_table

UNDO_WITHIN = timedelta(days=30)
_CURRENT = "current"
_SUPERSEDED = "superseded"
_SUSPENDED = "suspended"
_UNDONE = "undone"
APPROVING = tuple(kind.value for kind in VerdictKind if kind.approves)
HIDDEN = and_(CURRENT, verdicts.c.kind == VerdictKind.HIDDEN.value, verdicts.c.guid != "")
"""Of decisions: those that hide a post."""


def decide(database: Database, *decided: Verdict, copies_of: Sequence[Post] = ()) -> None:
    """Let decisions hold from now on, all or none; those before them are kept for undo.

    ``copies_of``: posts whose copies, wherever they are stored by now, go the way of the first
    decision. The posts need not be stored any more. Raises StoreError for a pin of what is hidden:
    only an act that says so brings it back. Where a source got another id since somebody looked,
    the decision is about that.
    """
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table)
        decided = tuple(
            replace(verdict, source_id=former_ids.today(connection, verdict.source_id))
            for verdict in decided
        )
        # Only now: a copy stored a moment ago is seen, and a later one meets the decision.
        for verdict in [*decided, *_about_copies(connection, decided, copies_of)]:
            before = _current(connection, verdict.source_id, verdict.guid)
            if before is not None:
                _check_pin(verdict, before[1])
                _set_status(connection, before[0], _SUPERSEDED)
            _insert(connection, verdict)
            if verdict.guid is not None:
                posts.restand(connection, verdict.source_id, verdict.guid)
            entry = audit.Entry(verdict.at, verdict.by, AuditAct.DECIDE, verdict.source_id)
            _record(connection, entry, verdict.guid, before and before[1], verdict)


def _check_pin(verdict: Verdict, before: Verdict) -> None:
    if (verdict.kind, before.kind) == (VerdictKind.PINNED, VerdictKind.HIDDEN):
        source_id, guid = verdict.source_id, verdict.guid
        key = source_id if guid is None else public_id_of(source_id, guid)
        raise StoreError(
            f"{key} is hidden.", advice=f"`hide {key} --undo` brings it back; then pin it."
        )


def _about_copies(
    connection: Connection, decided: Sequence[Verdict], originals: Sequence[Post]
) -> list[Verdict]:
    """The first decision as it reads for copies that the others do not name."""
    copies = {
        (copy.post.source_id, copy.post.guid): copy.post.fingerprint
        for copy in posts.copies(connection, posts.as_stored(connection, originals))
    }
    for verdict in decided:
        copies.pop((verdict.source_id, verdict.guid or ""), None)
    return [
        replace(decided[0], source_id=source_id, guid=guid, fingerprint=fingerprint)
        for (source_id, guid), fingerprint in copies.items()
    ]


def any_hidden(connection: Connection) -> bool:
    """Whether any post is hidden by a person."""
    return connection.execute(select(verdicts.c.id).where(HIDDEN).limit(1)).first() is not None


def decide_first(connection: Connection, verdict: Verdict) -> bool:
    """Let a decision on a post hold, unless one was ever made about it; whether it does."""
    c = verdicts.c
    of_post = (c.source_id == verdict.source_id, c.guid == verdict.guid)
    if connection.execute(select(c.id).where(*of_post).limit(1)).first() is not None:
        return False
    _insert(connection, verdict)
    posts.restand(connection, verdict.source_id, verdict.guid or "")
    return True


def undoable(database: Database, source_id: str, guid: str | None, now: datetime) -> Verdict | None:
    """The decision, made within the last 30 days, that can be taken back; None: there is none."""
    with database.reading() as connection:
        current = _current(connection, source_id, guid)
    return current[1] if current is not None and _can_be_undone(current[1], now) else None


def undo(
    database: Database, seen: Verdict, by: str, now: datetime, *, together: Iterable[Verdict] = ()
) -> Verdict | None:
    """Take a decision back; the one before it holds again, if it is still kept.

    ``seen``: the decision as it was read; where another one holds by now, nothing is done.
    ``together``: those of the same act on copies, each taken back if it still holds. Returns what
    holds now. A decision older than 30 days goes on holding.
    """
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table)
        if _take_back(connection, seen, by, now):
            for other in together:
                _take_back(connection, other, by, now)
        holds = _current(connection, seen.source_id, seen.guid)
    return holds and holds[1]


def _take_back(connection: Connection, seen: Verdict, by: str, now: datetime) -> bool:
    source_id, guid = seen.source_id, seen.guid
    current = _current(connection, source_id, guid)
    if current is None or (current[1].kind, current[1].at) != (seen.kind, seen.at):
        return False
    if not _can_be_undone(current[1], now):
        return False
    _set_status(connection, current[0], _UNDONE)
    before = _held_before(connection, source_id, guid)
    if before is not None:
        _set_status(connection, before[0], _CURRENT)
    if guid is not None:
        posts.restand(connection, source_id, guid)
    entry = audit.Entry(now, by, AuditAct.UNDO, source_id)
    _record(connection, entry, guid, current[1], before and before[1])
    return True


def _held_before(
    connection: Connection, source_id: str, guid: str | None
) -> tuple[int, Verdict] | None:
    """The newest decision that was replaced; None where a rule suspended a newer one since."""
    replaced = _newest(connection, source_id, guid, _SUPERSEDED)
    suspended = _newest(connection, source_id, guid, _SUSPENDED)
    if replaced is None or (suspended is not None and suspended[0] > replaced[0]):
        return None
    return replaced


def _can_be_undone(verdict: Verdict, now: datetime) -> bool:
    return now - verdict.at <= UNDO_WITHIN


def facts(database: Database, sources: Sequence[Source], now: datetime) -> dict[str, SourceFacts]:
    """By source id, what selection must know of each of these sources.

    Approvals are looked for only where a person looks before the public does: nobody else asks.
    """
    with database.reading() as connection:
        profiles: dict[str, Profile] = {}
        decided: dict[str, Verdict] = {}
        for part in in_parts(source.id for source in sources):
            profiles |= _profiles(connection, part)
            decided |= _about_sources(connection, part)
        reviewed = (source.id for source in sources if source.review is not Review.NEVER)
        approved = {source_id for source_id in reviewed if _has_approval(connection, source_id)}
        addresses = ((source.id, name) for source in sources for name in source.addresses)
        down = digests.sources_down(connection, database.secret, addresses)
    return {
        source.id: SourceFacts(
            profile=profiles.get(source.id),
            verdict=_unless_ended(decided.get(source.id), now),
            has_approved=source.id in approved,
            taken_down=source.id in down,
        )
        for source in sources
    }


def suspend(connection: Connection, source_id: str, guid: str) -> None:
    """Let the newest decision on a post hold no more, kept for ``resume``; its standing is next."""
    current = _current(connection, source_id, guid)
    if current is not None:
        _set_status(connection, current[0], _SUSPENDED)


def resume(connection: Connection, source_id: str, guid: str) -> None:
    """Let the decision on a post hold again that was suspended; its standing is next."""
    before = _newest(connection, source_id, guid, _SUSPENDED)
    if before is not None:
        _set_status(connection, before[0], _CURRENT)


def end_approvals(connection: Connection, source_id: str) -> None:
    """Let approvals and pins of a source and its posts hold no more; standings are next."""
    approving = and_(CURRENT, verdicts.c.kind.in_(APPROVING))
    these = update(verdicts).where(approving, verdicts.c.source_id == source_id)
    connection.execute(these.values(status=_UNDONE))


def move(connection: Connection, old: str, new: str) -> None:
    """Let decisions on a source and its posts hold under another id; standings are next.

    Where both ids have one on the same thing, a hide holds, else that on the old id.
    """
    c = verdicts.c
    asked = select(c.id, c.source_id, c.guid, c.kind).where(CURRENT, c.source_id.in_([old, new]))
    there = {(row.source_id, row.guid): row for row in connection.execute(asked)}
    for (source_id, guid), row in there.items():
        if source_id == old and (other := there.get((new, guid))) is not None:
            less = row if other.kind == VerdictKind.HIDDEN.value else other
            _set_status(connection, less.id, _SUPERSEDED)
    connection.execute(update(verdicts).where(c.source_id == old).values(source_id=new))


def erase(connection: Connection, source_id: str) -> None:
    """Delete the decisions on a source and on all of its posts, reasons and all."""
    connection.execute(delete(verdicts).where(verdicts.c.source_id == source_id))


def erase_posts(connection: Connection, named: Iterable[tuple[str, str]]) -> None:
    """Delete the decisions on posts, by source id and guid, reasons and all."""
    for part in in_parts(named):
        these = tuple_(verdicts.c.source_id, verdicts.c.guid).in_(part)
        connection.execute(delete(verdicts).where(these))


def forget_reasons(connection: Connection, source_id: str, guid: str) -> None:
    """Of the decisions on a post that is erased, keep what was decided and not why."""
    of_post = update(verdicts).where(verdicts.c.source_id == source_id, verdicts.c.guid == guid)
    connection.execute(of_post.values(reason=None))


def keep_hidden(connection: Connection, source_id: str) -> None:
    """Of a source that is erased, keep what must not be shown again, without the reasons."""
    c = verdicts.c
    hidden = and_(CURRENT, c.kind == VerdictKind.HIDDEN.value)
    connection.execute(delete(verdicts).where(c.source_id == source_id, ~hidden))
    connection.execute(update(verdicts).where(c.source_id == source_id).values(reason=None))


def count_past(database: Database, now: datetime) -> int:
    """How many decisions hold no longer, and cannot come to hold again by an undo."""
    wanted = select(func.count()).select_from(verdicts).where(_past(now))
    with database.reading() as connection:
        return connection.execute(wanted).scalar_one()


def prune(database: Database, now: datetime) -> int:
    """Erase them. Returns how many there were."""
    with database.writing() as connection:
        return connection.execute(delete(verdicts).where(_past(now))).rowcount


def _past(now: datetime) -> ColumnElement[bool]:
    """Undone, or followed by one that holds and cannot be undone any more.

    What is suspended may have none in its place: then ``resume`` brings it back.
    """
    c, other = verdicts.c, verdicts.alias("other")
    of_same = and_(other.c.source_id == c.source_id, other.c.guid == c.guid)
    lately = exists().where(of_same, other.c.decided_at >= now - UNDO_WITHIN)
    followed = exists().where(of_same, other.c.status == _CURRENT)
    past = and_(c.status.in_([_SUPERSEDED, _SUSPENDED]), followed)
    return and_(~lately, or_(c.status == _UNDONE, past))


def _insert(connection: Connection, verdict: Verdict) -> None:
    connection.execute(
        insert(verdicts).values(
            source_id=verdict.source_id,
            guid=verdict.guid or "",
            kind=verdict.kind.value,
            decided_by=verdict.by,
            decided_at=verdict.at,
            reason=verdict.reason,
            until=verdict.until,
            post_fingerprint=verdict.fingerprint,
            status=_CURRENT,
        )
    )


def _newest(
    connection: Connection, source_id: str, guid: str | None, status: str
) -> tuple[int, Verdict] | None:
    c = verdicts.c
    row = connection.execute(
        select(verdicts)
        .where(c.source_id == source_id, c.guid == (guid or ""), c.status == status)
        .order_by(c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.id, verdict_of(row))


def _current(
    connection: Connection, source_id: str, guid: str | None
) -> tuple[int, Verdict] | None:
    return _newest(connection, source_id, guid, _CURRENT)


def _set_status(connection: Connection, verdict_id: int, status: str) -> None:
    connection.execute(update(verdicts).where(verdicts.c.id == verdict_id).values(status=status))


def _record(
    connection: Connection, entry: audit.Entry, guid: str | None, *held: Verdict | None
) -> None:
    """Complete an entry by the post's id and by the kinds of what held before and holds now."""
    before, after = (None if verdict is None else verdict.kind.value for verdict in held)
    public_id = None if guid is None else public_id_of(entry.source_id, guid)
    audit.record(connection, replace(entry, public_id=public_id, before=before, after=after))


def _profiles(connection: Connection, source_ids: list[str]) -> dict[str, Profile]:
    rows = connection.execute(_PROFILES, {"sources": source_ids}).all()
    found = ((source_id, profile_of(profile)) for source_id, profile in rows)
    return {source_id: profile for source_id, profile in found if profile is not None}


def _about_sources(connection: Connection, source_ids: list[str]) -> dict[str, Verdict]:
    rows = connection.execute(_ABOUT_SOURCES, {"sources": source_ids})
    return {row.source_id: verdict_of(row) for row in rows}


_THESE: BindParameter[str] = bindparam("sources", expanding=True)
_PROFILES = select(visit_state.c.source_id, visit_state.c.profile).where(
    visit_state.c.source_id.in_(_THESE)
)
_ABOUT_SOURCES = select(verdicts).where(
    CURRENT, verdicts.c.source_id.in_(_THESE), verdicts.c.guid == ""
)


def _has_approval(connection: Connection, source_id: str) -> bool:
    return connection.execute(_APPROVAL, {"source": source_id}).first() is not None


# For one source at a time: it ends at the first row, however many posts were approved.
_APPROVAL = (
    select(verdicts.c.id)
    .where(CURRENT, verdicts.c.source_id == bindparam("source"), verdicts.c.kind.in_(APPROVING))
    .limit(1)
)


def _unless_ended(verdict: Verdict | None, now: datetime) -> Verdict | None:
    """A pin whose day is past decides nothing."""
    ended = verdict is not None and verdict.until is not None and verdict.until <= now
    return None if ended else verdict
