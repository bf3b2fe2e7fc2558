"""Removal for good: a post or a whole source, out of the database and of every output in one act.

In: a key as people give it. Out: a receipt with times. There is no undo: what is gone is gone,
and tombstones without content keep it from coming back by a later fetch.
"""

from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.find import Found, find
from aggregator.actions.publish import Published, Publisher
from aggregator.connectors import platforms
from aggregator.store import tombstones
from aggregator.store.tombstones import Receipt


@dataclass(frozen=True, slots=True)
class TakenDown:
    """What a takedown did."""

    receipts: tuple[Receipt, ...]
    published: tuple[Published, ...]
    traces_erased: bool
    """Whether the text is out of unused parts of the database file as well; where another program
    was reading just then, the clock or the next start does it."""


def take_down(publisher: Publisher, key: str, *, by: str, now: datetime) -> TakenDown:
    """Erase a post, its copies in other sources, or all of a source; then publish all widgets.

    Raises NotFoundHere for an unknown key.
    """
    found = find(publisher.database, publisher.catalogue(), key)
    receipts = tuple(_erase(publisher, found, by, now))
    try:
        # All widgets: a copy of the post may have stood in a source of any of them.
        published = tuple(publisher.publish_all(now))
    finally:
        erased = publisher.database.erase_traces()
    return TakenDown(receipts, published, erased)


def _erase(publisher: Publisher, found: Found, by: str, now: datetime) -> list[Receipt]:
    if found.posts:
        return [
            tombstones.take_down_post(publisher.database, stored, by, now) for stored in found.posts
        ]
    source = publisher.catalogue().source(found.source_id) or found.source_id
    return [tombstones.take_down_source(publisher.database, source, by, now, _account_of)]


def _account_of(address: str) -> str | None:
    """The account that the feed at an address is of, both as ``platform:address``."""
    name, _, place = address.partition(":")
    platform = platforms().get(name)
    return platform.account_of(place) if platform is not None else None
