"""What may not be kept for ever: posts unconfirmed for longer than their platform's terms allow.

A post is confirmed when it is stored, and whenever a look-up finds it (``mirror.py``), which is
done of posts that widgets show. The terms hold for sources that left feeds.yaml as well.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.connectors import platforms
from aggregator.model import Catalogue
from aggregator.store import sightings, visits
from aggregator.store.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Overdue:
    """A source with posts that have been kept long enough."""

    source_id: str
    kept_for: timedelta
    posts: int


def overdue(database: Database, catalogue: Catalogue, now: datetime) -> list[Overdue]:
    """What pruning would erase. Raises StoreError."""
    found = (
        Overdue(one, kept_for, sightings.count_unconfirmed(database, one, now - kept_for))
        for one, kept_for in _terms(database, catalogue).items()
    )
    return [one for one in found if one.posts]


def prune(database: Database, catalogue: Catalogue, now: datetime) -> list[Overdue]:
    """Erase it; returns what was erased. Publish afterwards. Raises StoreError."""
    erased = [
        Overdue(
            one.source_id,
            one.kept_for,
            sightings.erase_unconfirmed(database, one.source_id, now - one.kept_for, now),
        )
        for one in overdue(database, catalogue, now)
    ]
    sightings.drop_orphans(database)
    for one in erased:
        log.info("prune source=%s erased=%d", one.source_id, one.posts)
    return erased


def _terms(database: Database, catalogue: Catalogue) -> Mapping[str, timedelta]:
    """By source id, how long its posts may be kept; those that may be kept for ever are left out.

    Of a source that left feeds.yaml, the platform under which it was visited last decides.
    """
    known = platforms()
    terms = {
        source_id: known[name].terms
        for source_id, state in visits.states(database).items()
        if (name := state.address.partition(":")[0]) in known
    }
    terms |= {source.id: source.terms for source in catalogue.sources}
    return {one: of.kept_for for one, of in terms.items() if of.kept_for is not None}
