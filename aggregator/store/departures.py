"""Since when sources and tokens are in the database and not in feeds.yaml any more.

The file keeps no history, so that is noted when it is first seen: in a row of ``meta``.
"""

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from aggregator.store import meta
from aggregator.store.database import Database
from aggregator.store.tables import microseconds, moment

_LEFT = "left feeds.yaml"


def since(database: Database) -> dict[str, datetime]:
    """By name, when it was first seen to be gone."""
    with database.reading() as connection:
        return _read(connection)


def note(database: Database, gone: Collection[str], now: datetime) -> dict[str, datetime]:
    """These and no others are gone: what came back is forgotten. Returns since when each is.

    What was noted by a clock that was ahead of ``now`` counts from now.
    """
    with database.writing() as connection:
        before = _read(connection)
        after = {name: min(before.get(name, now), now) for name in gone}
        if after != before:
            told = {name: microseconds(at) for name, at in after.items()}
            meta.write(connection, _LEFT, json.dumps(told).encode())
    return after


def _read(connection: Connection) -> dict[str, datetime]:
    found = meta.read(connection, _LEFT)
    return {name: moment(at) for name, at in json.loads(found).items()} if found else {}
