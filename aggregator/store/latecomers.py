"""Posts that come after a hide and say the same as what it hid: they are hidden as they come.

Each by a decision of its own, so that one can be shown again alone. What anybody decided about
before is left as it stands, and so is what is edited later, hidden or shown.
Not here: what says the same in like words (``actions/copies.py``), copies that are there when a
post is hidden (``verdicts.py``).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from aggregator.model import Post, StoredPost, Verdict, VerdictKind
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, former_ids, posts, verdicts
from aggregator.store.candidates import Look
from aggregator.store.database import Database
from aggregator.store.tables import audit as audit_table

_WHO = "Aggregator"

Alike = Callable[[Look, Sequence[StoredPost]], Iterable[tuple[StoredPost, StoredPost]]]
"""Those of new posts that say in like words what a hidden post says, each with that one."""


def unlike(looking: Look, fresh: Sequence[StoredPost]) -> list[tuple[StoredPost, StoredPost]]:
    """None: no words are compared."""
    del looking, fresh
    return []


def hide(
    connection: Connection, brought: Iterable[Post], now: datetime, alike: Alike = unlike
) -> None:
    """Hide those posts that were stored at ``now`` for the first time and are as a hidden one.

    A blog that moves gives all of its posts new guids; that must not bring one back.
    """
    brought = list(brought)
    if not brought or not verdicts.any_hidden(connection):
        return
    fresh = [one for one in posts.stored_at(connection, brought, now) if one.verdict is None]
    equal = {late.id: (late, hidden) for late, hidden in _equal(connection, fresh)}
    others = [one for one in fresh if one.id not in equal]
    like = alike(Look(connection, anywhere=True), others) if others else ()
    for late, hidden in (*equal.values(), *like):
        _follow(connection, late, hidden, now)


def followers(database: Database, public_ids: Iterable[str]) -> list[Verdict]:
    """What still hides the posts that were hidden as they came, for they are as one of these."""
    c = audit_table.c
    told = select(c.public_id, c.after, c.at).where(c.act == AuditAct.HIDE_AS_IT_CAME)
    names = former_ids.now_called(database)
    with database.reading() as connection:
        rows = [
            (names.get(one, one), names.get(led, led), at)
            for one, led, at in connection.execute(told)
        ]
        leading, since = set(public_ids), dict[str, datetime]()
        while late := {one: at for one, led, at in rows if led in leading and one not in since}:
            leading, since = set(late), since | late
        looking = Look(connection)
        found = looking.read(looking.named(since))
    return [
        stored.verdict
        for stored in found
        if stored.verdict and stored.verdict.at == since[stored.post.public_id]
    ]


def _equal(
    connection: Connection, fresh: Sequence[StoredPost]
) -> Iterator[tuple[StoredPost, StoredPost]]:
    """Those with the link or text of a hidden post, each with the one that was hidden first.

    A link tells so only where both sources give it to one text: neither the next episode of a
    podcast goes with the last one, nor do all with a post that links to the podcast's page.
    """
    hidden = posts.like(connection, [one.post for one in fresh], verdicts.HIDDEN)
    led = posts.telling(connection, [one.post for one in hidden])
    near = [one for one in fresh if any(posts.is_copy(one.post, of) for of in led)]
    told = posts.telling(connection, [one.post for one in near])
    for late, post in zip(near, told, strict=True):
        same = (one for one, of in zip(hidden, led, strict=True) if posts.is_copy(post, of))
        if (first := min(same, key=hidden_since, default=None)) is not None:
            yield late, first


def hidden_since(hidden: StoredPost) -> tuple[datetime, int]:
    """For the order in which posts were hidden."""
    return (hidden.verdict.at if hidden.verdict else hidden.first_seen), hidden.id


def _follow(connection: Connection, late: StoredPost, hidden: StoredPost, now: datetime) -> None:
    """Hide a post on the word of the person who hid the other one, where nobody said otherwise."""
    post, led = late.post, hidden.post
    if hidden.verdict is None:
        return
    verdict = Verdict(
        post.source_id,
        post.guid,
        VerdictKind.HIDDEN,
        hidden.verdict.by,
        now,
        reason=f"it says the same as {led.public_id} of {led.source_id}",
        fingerprint=post.fingerprint,
    )
    if verdicts.decide_first(connection, verdict):
        told = audit.Entry(
            now, _WHO, AuditAct.HIDE_AS_IT_CAME, post.source_id, post.public_id, after=led.public_id
        )
        audit.record(connection, told)
