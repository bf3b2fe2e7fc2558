"""What is known of tokens, renewed ones as sealed bytes, and which are at rest.

The only writer of its table.

What the bytes say is nobody's business here: they are sealed and opened in ``actions/sealing.py``.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, select, update

from aggregator.store import meta
from aggregator.store.database import Database
from aggregator.store.statements import insert_or
from aggregator.store.tables import microseconds, moment, tokens

_AT_REST = "token at rest: "
_LONGEST_REST = timedelta(days=2)
"""No day lasts longer: what ends later was written while the machine's clock was wrong."""


@dataclass(frozen=True, slots=True)
class KeptToken:
    """One row."""

    variable: str
    origin: bytes = field(repr=False)
    """A keyed digest of what the environment says."""
    first_used: datetime
    sealed: bytes | None = field(default=None, repr=False)
    """The renewed one; None: that of the environment is in use."""
    renewed: datetime | None = None
    """When a renewal was last begun; of one that failed, it is taken back."""
    expires: datetime | None = None
    """None: not known, or never."""
    refresh_expires: datetime | None = None
    """Up to when it can be renewed without a person; None: not known, or not at all."""


_c = tokens.c


def find(database: Database, variable: str) -> KeptToken | None:
    """What is known of one."""
    with database.reading() as connection:
        row = connection.execute(select(tokens).where(_c.variable == variable)).one_or_none()
    return None if row is None else _kept(row)


def known(database: Database) -> dict[str, KeptToken]:
    """All of them, by variable."""
    with database.reading() as connection:
        return {row.variable: _kept(row) for row in connection.execute(select(tokens))}


def begin(database: Database, variable: str, origin: bytes, now: datetime) -> KeptToken:
    """The environment's token is used from now on; what was known of another one is forgotten.

    Where another process has begun with the same one, what that knows of it is kept.
    """
    fresh = {"variable": variable, "origin": origin, "first_used": now}
    with database.writing() as connection:
        connection.execute(
            delete(tokens).where(_c.variable == variable, _c.origin != origin),
        )
        insert = insert_or(connection.dialect.name, tokens).on_conflict_do_nothing()
        connection.execute(insert.values(fresh))
        row = connection.execute(select(tokens).where(_c.variable == variable)).one()
    return _kept(row)


def forget(database: Database, kept: KeptToken) -> None:
    """What cannot be opened any more."""
    with database.writing() as connection:
        gone = delete(tokens).where(_c.variable == kept.variable, _c.sealed == kept.sealed)
        connection.execute(gone)


def drop(database: Database, variable: str) -> None:
    """Forget all of a variable that nothing names any more."""
    with database.writing() as connection:
        connection.execute(delete(tokens).where(_c.variable == variable))
        meta.forget(connection, _AT_REST + variable)


def rest(database: Database, kept: KeptToken, until: datetime) -> None:
    """Its platform answers nobody who shows it before then."""
    told = {"origin": kept.origin.hex(), "until": microseconds(until)}
    with database.writing() as connection:
        meta.write(connection, _AT_REST + kept.variable, json.dumps(told).encode())


def rests_until(database: Database, kept: KeptToken, now: datetime) -> datetime | None:
    """None: it is not at rest."""
    with database.reading() as connection:
        return _rest(connection, kept, now)


def at_rest(database: Database, now: datetime) -> dict[str, datetime]:
    """Those that are, by variable, and until when."""
    with database.reading() as connection:
        found = map(_kept, connection.execute(select(tokens)).all())
        rests = {kept.variable: _rest(connection, kept, now) for kept in found}
    return {variable: until for variable, until in rests.items() if until is not None}


def _rest(connection: Connection, kept: KeptToken, now: datetime) -> datetime | None:
    """Until when; another token in the same variable is another one's to ask with."""
    found = meta.read(connection, _AT_REST + kept.variable)
    if found is None:
        return None
    told = json.loads(found)
    until = moment(told["until"])
    is_same = told["origin"] == kept.origin.hex()
    return until if is_same and now < until <= now + _LONGEST_REST else None


def claim(database: Database, kept: KeptToken, now: datetime) -> bool:
    """Begin a renewal; False: somebody else began one, or ended it, since ``kept`` was read."""
    return _change(database, kept, renewed=now)


def give_back(database: Database, kept: KeptToken, claimed: datetime) -> None:
    """The renewal that was begun then has failed: it may be begun again."""
    held = KeptToken(kept.variable, kept.origin, kept.first_used, renewed=claimed)
    _change(database, held, renewed=kept.renewed)


def keep(database: Database, claimed: KeptToken, fresh: KeptToken) -> bool:
    """Replace what was claimed; on the disk when this returns. False: it is another's by now."""
    return _change(
        database,
        claimed,
        durable=True,
        sealed=fresh.sealed,
        renewed=fresh.renewed,
        expires=fresh.expires,
        refresh_expires=fresh.refresh_expires,
    )


def learn(database: Database, kept: KeptToken, expires: datetime | None) -> None:
    """Its platform told when it ends; None: never."""
    _change(database, kept, expires=expires)


def _change(
    database: Database, kept: KeptToken, *, durable: bool = False, **values: datetime | bytes | None
) -> bool:
    """Where it is still the same token, and nobody has begun to renew it since."""
    same = and_(
        _c.variable == kept.variable,
        _c.origin == kept.origin,
        _c.renewed.is_(None) if kept.renewed is None else _c.renewed == kept.renewed,
    )
    with database.writing(durable=durable) as connection:
        changed = update(tokens).where(same).values(**values).returning(_c.variable)
        return connection.execute(changed).first() is not None


def _kept(row: Row[*tuple[Any, ...]]) -> KeptToken:
    return KeptToken(**{name: getattr(row, name) for name in KeptToken.__slots__})
