"""Removal for good: a post or a whole source, out of the database and of every output in one act.

In: a key as people give it. Out: a receipt with times. There is no undo: what is gone is gone,
and tombstones without content keep it from coming back by a later fetch.
"""

from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.find import find
from aggregator.actions.publish import Published, Publisher
from aggregator.model import Catalogue, StoredPost
from aggregator.store import tombstones
from aggregator.store.tombstones import Receipt


@dataclass(frozen=True, slots=True)
class TakenDown:
    """What a takedown did."""

    receipt: Receipt
    published: tuple[Published, ...]
    traces_erased: bool
    """Whether the text is out of unused parts of the database file as well; where another program
    was reading just then, the next start does it."""


def take_down(
    publisher: Publisher, catalogue: Catalogue, key: str, *, by: str, now: datetime
) -> TakenDown:
    """Erase a post, its copies in other sources, or all of a source; then publish all widgets.

    Raises NotFoundHere for an unknown key.
    """
    found = find(publisher.database, catalogue, key)
    if isinstance(found, StoredPost):
        receipt = tombstones.take_down_post(publisher.database, found, by, now)
    else:
        receipt = tombstones.take_down_source(publisher.database, found, by, now)
    # All widgets: a copy of the post may have stood in a source of any of them.
    published = tuple(publisher.publish_all(catalogue, now))
    return TakenDown(receipt, published, publisher.database.erase_traces())
