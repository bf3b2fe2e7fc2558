"""Which rules hold stored posts, as people decide it: apply a rule to what is there, let go, undo.

What a visit brings is looked at before it is stored and bears its holds already (``posts.py``).
Each act here is one transaction, and leaves a row for every post in the audit: for undo.
Not here: what a rule finds (``review/``).
"""

import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from aggregator.model import StoredPost
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, posts, verdicts
from aggregator.store.database import Database
from aggregator.store.rows import WITH_VERDICT, stored_post
from aggregator.store.statements import in_parts, stop_writers
from aggregator.store.tables import WAITING
from aggregator.store.tables import audit as audit_table
from aggregator.store.tables import posts as posts_table

_UNDO = {
    AuditAct.HOLD_BY_RULE: AuditAct.UNDO_HOLD_BY_RULE,
    AuditAct.LET_GO_OF_RULE: AuditAct.UNDO_LET_GO_OF_RULE,
}


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a person about one rule, or about what it holds."""

    who: str
    at: datetime
    rule: str


def waiting_of(database: Database, source_ids: Collection[str]) -> dict[str, int]:
    """By source id, how many posts wait by a rule; those without any are left out."""
    c = posts_table.c
    found: dict[str, int] = {}
    with database.reading() as connection:
        for part in in_parts(source_ids):
            wanted = select(c.source_id, func.count()).where(c.source_id.in_(part), WAITING)
            found |= {row[0]: row[1] for row in connection.execute(wanted.group_by(c.source_id))}
    return found


def waiting_by_rule(database: Database) -> Counter[str]:
    """By id of a rule, in feeds.yaml or not, how many posts wait by it."""
    counted: Counter[str] = Counter()
    with database.reading() as connection:
        for (held_by,) in connection.execute(select(posts_table.c.holds).where(WAITING)):
            counted.update(held_by or ())
    return counted


def hold(
    database: Database, act: Act, post_ids: Iterable[int], *, approved_too: bool = False
) -> list[str]:
    """Let a rule hold these posts; returns the public ids of those that it did not hold before.

    ``approved_too``: also those that a person approved or pinned, whose decision ends by it.
    """
    with _deciding(database) as connection:
        changed = [
            stored
            for stored in _of_ids(connection, post_ids)
            if act.rule not in stored.post.holds and (approved_too or not stored.was_approved)
        ]
        for stored in (one for one in changed if one.was_approved):
            verdicts.suspend(connection, stored.post.source_id, stored.post.guid)
        posts.set_holds(
            connection, {stored.id: (*stored.post.holds, act.rule) for stored in changed}
        )
        _record(connection, act, AuditAct.HOLD_BY_RULE, changed)
    return [stored.post.public_id for stored in changed]


def let_go(database: Database, act: Act) -> list[str]:
    """Hold nothing by this rule any more; returns the public ids of what it held until now."""
    with _deciding(database) as connection:
        ids = connection.execute(select(posts_table.c.id).where(WAITING)).scalars().all()
        changed = [one for one in _of_ids(connection, ids) if act.rule in one.post.holds]
        posts.set_holds(connection, {one.id: _without(one, act.rule) for one in changed})
        _record(connection, act, AuditAct.LET_GO_OF_RULE, changed)
    return [stored.post.public_id for stored in changed]


def undo(database: Database, act: Act, kind: AuditAct) -> list[str] | None:
    """Take the newest act of a kind on a rule back; None: there is none of the last 30 days.

    Returns the public ids of the posts that are stored by now.
    """
    with _deciding(database) as connection:
        done = _newest(connection, act, kind)
        if done is None:
            return None
        rows = {row.public_id: row for row in done}
        changed = _of_public_ids(connection, rows)
        if kind == AuditAct.HOLD_BY_RULE:
            after = {one.id: _without(one, act.rule) for one in changed}
        else:
            after = {one.id: (*_without(one, act.rule), act.rule) for one in changed}
        if kind == AuditAct.HOLD_BY_RULE:
            free = [one for one in changed if one.verdict is None]
            for stored in _ended_by_no_rule(connection, free, after, done[0].receipt):
                verdicts.resume(connection, stored.post.source_id, stored.post.guid)
        posts.set_holds(connection, after)
        _record(connection, act, _UNDO[kind], changed, done[0].receipt)
    return [stored.post.public_id for stored in changed]


def _ended_by_no_rule(
    connection: Connection,
    posts: Iterable[StoredPost],
    holds: Mapping[int, Collection[str]],
    receipt: str,
) -> Iterator[StoredPost]:
    """Those whose approval a rule ended that lets go now or did before, and that none held since.

    ``holds``: by id of the post, the rules that hold it from now on. ``receipt``: of the act that
    is being undone.
    """
    c = audit_table.c
    acts: defaultdict[str, list[Any]] = defaultdict(list)
    of_rules = c.act.in_([AuditAct.HOLD_BY_RULE, AuditAct.UNDO_HOLD_BY_RULE])
    told = select(c.public_id, c.act, c.before, c.after, c.receipt).order_by(c.id)
    by_id = {stored.post.public_id: stored for stored in posts}
    for part in in_parts(by_id):
        for row in connection.execute(told.where(of_rules, c.public_id.in_(part))):
            acts[row.public_id].append(row)
    for public_id, rows in acts.items():
        undone = {receipt, *(row.receipt for row in rows if row.act != AuditAct.HOLD_BY_RULE)}
        held = [row for row in rows if row.act == AuditAct.HOLD_BY_RULE]
        ending = [n for n, row in enumerate(held) if row.before in verdicts.APPROVING]
        if not ending or held[ending[-1]].receipt not in undone:
            continue
        since = [row for row in held[ending[-1] :] if row.receipt not in undone]
        if not any(row.after in holds[by_id[public_id].id] for row in since):
            yield by_id[public_id]


@contextmanager
def _deciding(database: Database) -> Iterator[Connection]:
    """A transaction that no visit writes into."""
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table)
        yield connection


def _of_ids(connection: Connection, ids: Iterable[int]) -> list[StoredPost]:
    found: list[StoredPost] = []
    for part in in_parts(ids):
        rows = connection.execute(WITH_VERDICT.where(posts_table.c.id.in_(part)))
        found += map(stored_post, rows)
    return found


def _of_public_ids(connection: Connection, public_ids: Iterable[str]) -> list[StoredPost]:
    found: list[StoredPost] = []
    for part in in_parts(public_ids):
        rows = connection.execute(WITH_VERDICT.where(posts_table.c.public_id.in_(part)))
        found += map(stored_post, rows)
    return found


def _without(stored: StoredPost, rule: str) -> tuple[str, ...]:
    return tuple(one for one in stored.post.holds if one != rule)


def _record(
    connection: Connection,
    act: Act,
    kind: AuditAct,
    changed: Collection[StoredPost],
    receipt: str | None = None,
) -> None:
    """A row for each post; they share a receipt, which tells one act from another."""
    receipt = receipt or secrets.token_hex(6)
    audit.record_all(
        connection,
        (
            audit.Entry(
                act.at,
                act.who,
                kind,
                stored.post.source_id,
                stored.post.public_id,
                before=stored.verdict.kind.value if stored.verdict else None,
                after=act.rule,
                receipt=receipt,
            )
            for stored in changed
        ),
    )


def _newest(connection: Connection, act: Act, kind: AuditAct) -> list[Any] | None:
    """The rows of the newest act of a kind on a rule that was not undone."""
    c = audit_table.c
    of_rule = (c.after == act.rule, c.source_id != "", c.at >= act.at - verdicts.UNDO_WITHIN)
    undone = select(c.receipt).where(*of_rule, c.act == _UNDO[kind])
    newest = (
        select(c.receipt)
        .where(*of_rule, c.act == kind, c.receipt.not_in(undone))
        .order_by(c.id.desc())
        .limit(1)
    )
    receipt = connection.execute(newest).scalar()
    if receipt is None:
        return None
    return list(connection.execute(select(audit_table).where(c.receipt == receipt, c.act == kind)))
