"""Under which id each source was first known: within it, posts and authors are marked by that.

A digest cannot be made anew for another id (``digests.py``). So where a source got another one,
what was taken down of it is still looked up by its first. An id that is given to another source
later shares its marks: that refuses too much rather than too little.
Not here: how another id is noticed (``new_ids.py``).
"""

import json

from sqlalchemy import Connection

from aggregator.store import meta
from aggregator.store.database import Database

_FIRST = "first ids"


class FirstIds(dict[str, str]):
    """By the id that a source has now; one that never had another is its own first."""

    def __missing__(self, source_id: str) -> str:
        """Most have never had another."""
        return source_id


def read(connection: Connection) -> FirstIds:
    """Those of all sources that got another id."""
    found = meta.read(connection, _FIRST)
    return FirstIds(json.loads(found)) if found else FirstIds()


def of(database: Database, source_id: str) -> str:
    """The first id of one source."""
    with database.reading() as connection:
        return read(connection)[source_id]


def follow(connection: Connection, old: str, new: str) -> None:
    """The source that was called ``old`` is called ``new`` from now on."""
    known = read(connection)
    first = known[old]
    known.pop(old, None)
    known.pop(new, None)
    if first != new:
        known[new] = first
    meta.write(connection, _FIRST, json.dumps(known).encode())
