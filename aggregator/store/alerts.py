"""What is told to staff: each fact once a channel, written down before it is sent.

The only writer of its table. A row is one fact on one channel, and its key says which: it begins
with the source's id where it is about a source. Rows that are due at one time go out together.
A fact is sent at least once: where the program is killed between sending and ``mark_sent``, it is
sent again when its claim is over.
Not here: what is worth telling (``actions/alarm.py``), how it is sent (``alerts/``).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from aggregator.store.care_tables import alerts
from aggregator.store.database import Database
from aggregator.store.statements import in_parts, insert_or

LONGEST_WAIT = timedelta(days=2)
"""Nothing is put off for longer; what is, was put off by a clock that was wrong."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be told, on whatever channels there are."""

    key: str
    """``SOURCE:…`` where it is about a source; stable, so that it is told once."""
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Alert:
    """A fact on one channel."""

    id: int
    channel: str
    key: str
    made: datetime
    due: datetime
    """Not to be sent before; while it is being sent: the end of the claim."""
    subject: str
    body: str
    attempts: int
    sent: datetime | None
    given_up: datetime | None


_c = alerts.c
_COLUMNS = tuple(_c[name] for name in Alert.__slots__)
_WAITING = (_c.sent.is_(None), _c.given_up.is_(None))


def add(
    connection: Connection,
    facts: Iterable[Fact],
    channels: Collection[str],
    made: datetime,
    due: datetime,
) -> None:
    """Write facts down, in the transaction that remembers them; known ones stay as they are."""
    rows = [
        {
            "channel": channel,
            "key": fact.key,
            "made": made,
            "due": due,
            "subject": fact.subject,
            "body": fact.body,
        }
        for fact in facts
        for channel in channels
    ]
    if rows:
        insert = insert_or(connection.dialect.name, alerts)
        connection.execute(insert.on_conflict_do_nothing(), rows)


def tell(
    database: Database,
    facts: Iterable[Fact],
    channels: Collection[str],
    made: datetime,
    due: datetime,
) -> None:
    """``add`` in a transaction of its own, where there is anything new."""
    facts = list(facts)
    known: set[tuple[str, str]] = set()
    with database.reading() as connection:
        for part in in_parts(fact.key for fact in facts):
            asked = select(_c.channel, _c.key).where(_c.key.in_(part))
            known.update((row.channel, row.key) for row in connection.execute(asked))
    fresh = [
        fact for fact in facts if any((channel, fact.key) not in known for channel in channels)
    ]
    if fresh:
        with database.writing(durable=True) as connection:
            add(connection, fresh, channels, made, due)


def claim(database: Database, channel: str, now: datetime, lease: timedelta) -> list[Alert]:
    """What is due on a channel, oldest first, counted as tried.

    Nobody else gets it until the lease is over.
    """
    due = (_c.channel == channel, *_WAITING, or_(_c.due <= now, _c.due > now + LONGEST_WAIT))
    with database.reading() as connection:
        if connection.execute(select(_c.id).where(*due).limit(1)).first() is None:
            return []
    with database.writing(durable=True) as connection:
        claimed = connection.execute(
            update(alerts)
            .where(*due)
            .values(due=now + lease, attempts=_c.attempts + 1)
            .returning(*_COLUMNS)
        )
        return sorted((Alert(*row) for row in claimed), key=lambda alert: alert.id)


def mark_sent(database: Database, ids: Iterable[int], now: datetime) -> None:
    """They were handed over."""
    _set(database, ids, sent=now)


def put_off(database: Database, ids: Iterable[int], until: datetime) -> None:
    """They could not be handed over: not before then again."""
    _set(database, ids, due=until)


def give_up(database: Database, ids: Iterable[int], now: datetime) -> None:
    """They are not tried again."""
    _set(database, ids, given_up=now)


def leave(database: Database, channels: Collection[str], now: datetime) -> None:
    """Give up what waits on channels other than these: nobody sends there any more."""
    others = (_c.channel.not_in(channels), *_WAITING)
    with database.reading() as connection:
        if connection.execute(select(_c.id).where(*others).limit(1)).first() is None:
            return
    with database.writing() as connection:
        connection.execute(update(alerts).where(*others).values(given_up=now))


def waiting(database: Database) -> list[Alert]:
    """All that is yet to be sent, oldest first."""
    asked = select(*_COLUMNS).where(*_WAITING).order_by(_c.id)
    with database.reading() as connection:
        return [Alert(*row) for row in connection.execute(asked)]


def made_since(database: Database, since: datetime) -> list[Alert]:
    """All that was written down from then on, sent or not, oldest first."""
    asked = select(*_COLUMNS).where(_c.made >= since).order_by(_c.id)
    with database.reading() as connection:
        return [Alert(*row) for row in connection.execute(asked)]


def newest(database: Database, limit: int) -> list[Alert]:
    """The last that were written down, newest first."""
    asked = select(*_COLUMNS).order_by(_c.id.desc()).limit(limit)
    with database.reading() as connection:
        return [Alert(*row) for row in connection.execute(asked)]


def prune(database: Database, before: datetime) -> int:
    """Forget what was sent or given up before then; says how many.

    ``before`` must be 30 days ago or longer: of reminders the key alone keeps one from being sent
    again.
    """
    with database.writing() as connection:
        return connection.execute(delete(alerts).where(_old(before))).rowcount


def count_old(database: Database, before: datetime) -> int:
    """How many ``prune`` would forget."""
    wanted = select(func.count()).select_from(alerts).where(_old(before))
    with database.reading() as connection:
        return connection.execute(wanted).scalar_one()


def _old(before: datetime) -> ColumnElement[bool]:
    return or_(_c.sent < before, _c.given_up < before)


def erase(connection: Connection, source_id: str) -> None:
    """Forget what was told of a source, or is yet to be told. Digests that name its id stay."""
    connection.execute(delete(alerts).where(_c.key.startswith(f"{source_id}:", autoescape=True)))


def _set(database: Database, ids: Iterable[int], **values: datetime) -> None:
    with database.writing(durable=True) as connection:
        for part in in_parts(ids):
            connection.execute(update(alerts).where(_c.id.in_(part)).values(**values))
