"""What hubs were asked to push to us, and how that goes (WebSub). The only writer of its table.

A row is one address of ours that one hub knows. A renewal is a new row; the old one stays good
until the hub has confirmed the new one (rule E2).
Not here: when a hub is asked (``actions/subscribe.py``), what it is asked (``fetch/websub.py``).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, insert, select, update

from aggregator.store.database import Database
from aggregator.store.statements import in_parts
from aggregator.store.tables import subscriptions

MISSED_ALLOWED = 3
"""Posts that no push brought: with so many in a row the hub is not relied on (rule E6)."""
_RENEW_AT = 0.8
"""Of the lease (rule E5)."""
_SOONEST = timedelta(hours=1)
"""No hub makes us renew more often; a shorter lease runs out, and the next visit begins anew."""


class Status(StrEnum):
    """How far a subscription is."""

    ASKED = "asked"
    """The hub has not asked back yet."""
    ACTIVE = "active"
    DENIED = "denied"
    """The hub does not want it, or could not be asked; until ``renew_at`` it is left alone."""
    ENDED = "ended"
    """By us. With ``renew_at``, the hub has yet to be told."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One row."""

    callback: str
    """The unguessable last part of the address that the hub calls."""
    source_id: str
    topic: str
    hub: str
    secret: bytes = field(repr=False)
    status: Status
    asked_at: datetime
    until: datetime | None = None
    """End of the lease; None: not confirmed."""
    renew_at: datetime | None = None
    """When it is to be looked at again; None: when its lease ends."""
    last_push: datetime | None = None
    missed: int = 0
    """Posts in a row that a visit found and no push had brought."""

    def holds_at(self, now: datetime) -> bool:
        """Whether the hub is bound to push."""
        return self.status is Status.ACTIVE and self.until is not None and now < self.until

    def pushes_at(self, now: datetime) -> bool:
        """Whether it does push, so that visits may be rare (rule E6)."""
        return self.holds_at(now) and self.last_push is not None and self.missed < MISSED_ALLOWED


_c = subscriptions.c


def add(database: Database, subscription: Subscription) -> None:
    """Remember what a hub is about to be asked: it may ask back before it answers."""
    names = Subscription.__slots__
    row = {name: getattr(subscription, name) for name in names}
    with database.writing() as connection:
        connection.execute(insert(subscriptions), row | {"status": subscription.status.value})


def find(database: Database, callback: str) -> Subscription | None:
    """The one behind an address of ours."""
    with database.reading() as connection:
        row = connection.execute(_ONE, {"callback": callback}).one_or_none()
    return None if row is None else _subscription(row)


def by_source(
    database: Database, source_ids: Collection[str] | None = None
) -> dict[str, list[Subscription]]:
    """All of these sources, oldest first; None: of all sources."""
    found: dict[str, list[Subscription]] = {}
    with database.reading() as connection:
        for part in [None] if source_ids is None else in_parts(source_ids):
            wanted = select(subscriptions).order_by(_c.asked_at, _c.callback)
            if part is not None:
                wanted = wanted.where(_c.source_id.in_(part))
            for row in connection.execute(wanted):
                found.setdefault(row.source_id, []).append(_subscription(row))
    return found


def confirm(
    database: Database, subscription: Subscription, lease: timedelta, now: datetime
) -> bool:
    """The hub has asked back: it holds from now on, and those before it end.

    False where we did not want it any more. A hub may confirm twice.
    """
    until = now + lease
    renew_at = max(now + lease * _RENEW_AT, now + _SOONEST)
    mine = _c.callback == subscription.callback
    others = (_c.source_id == subscription.source_id) & (_c.callback != subscription.callback)
    with database.writing() as connection:
        held = connection.execute(
            update(subscriptions)
            .where(mine, _c.status.in_([Status.ASKED.value, Status.ACTIVE.value]))
            .values(status=Status.ACTIVE.value, until=until, renew_at=renew_at)
            .returning(_c.callback)
        ).first()
        if held is None:
            return False
        before = select(_c.last_push, _c.missed).where(others, _c.status == Status.ACTIVE.value)
        known = connection.execute(before.order_by(_c.asked_at.desc())).first()
        if known is not None:  # the same hub and the same posts: what is known of it stays true
            connection.execute(
                update(subscriptions)
                .where(mine)
                .values(last_push=known.last_push, missed=known.missed)
            )
        connection.execute(
            update(subscriptions)
            .where(others, _c.status == Status.ACTIVE.value)
            .values(status=Status.ENDED.value, renew_at=now)
        )
    return True


def deny(database: Database, callback: str, again_at: datetime) -> None:
    """The hub does not want it, or cannot be asked: leave it alone until then."""
    _set(database, callback, status=Status.DENIED.value, renew_at=again_at, until=None)


def end(database: Database, callback: str, now: datetime) -> None:
    """We want it no more; the hub is to be told."""
    _set(database, callback, status=Status.ENDED.value, renew_at=now)


def end_all(connection: Connection, source_ids: Collection[str], now: datetime) -> None:
    """The same for all of these sources: they have another address now."""
    wanted = [Status.ASKED.value, Status.ACTIVE.value]
    for part in in_parts(sorted(source_ids)):
        connection.execute(
            update(subscriptions)
            .where(_c.source_id.in_(part), _c.status.in_(wanted))
            .values(status=Status.ENDED.value, renew_at=now)
        )


def told(database: Database, callback: str) -> None:
    """The hub was told that it ended; it may ask back until the lease is over."""
    _set(database, callback, renew_at=None)


def pushed(database: Database, callback: str, now: datetime) -> None:
    """A push came and could be read."""
    _set(database, callback, last_push=now, missed=0)


def forget(database: Database, callback: str) -> None:
    """Nothing of it is to be remembered."""
    with database.writing() as connection:
        connection.execute(delete(subscriptions).where(_c.callback == callback))


def erase(connection: Connection, source_id: str) -> None:
    """Forget all of a source, its hubs included: they are not told, and meet a closed door."""
    connection.execute(delete(subscriptions).where(_c.source_id == source_id))


def count_missed(connection: Connection, found: Mapping[str, int]) -> None:
    """Visits found new posts: source id → how many. Active hubs should have pushed them."""
    rows = [{"_source": source_id, "_count": count} for source_id, count in sorted(found.items())]
    if rows and connection.execute(_ANY_ACTIVE).scalar():
        connection.execute(_MISSED, rows)


def _set(database: Database, callback: str, **values: Any) -> None:
    with database.writing() as connection:
        connection.execute(update(subscriptions).where(_c.callback == callback).values(**values))


def _subscription(row: Row[*tuple[Any, ...]]) -> Subscription:
    facts = {name: getattr(row, name) for name in Subscription.__slots__}
    return Subscription(**(facts | {"status": Status(row.status)}))


_ONE = select(subscriptions).where(_c.callback == bindparam("callback"))
_ACTIVE = _c.status == Status.ACTIVE.value
_ANY_ACTIVE = select(exists().where(_ACTIVE))
_MISSED = (
    update(subscriptions)
    .where(_c.source_id == bindparam("_source"), _ACTIVE)
    .values(missed=_c.missed + bindparam("_count"))
)
PUSHING = (
    _ACTIVE,
    _c.until > bindparam("now"),
    _c.last_push.is_not(None),
    _c.missed < MISSED_ALLOWED,
)
"""``Subscription.pushes_at`` in the words of the database; ``now`` is to be given."""
