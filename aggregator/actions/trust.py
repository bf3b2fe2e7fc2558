"""A person's answer to "is this source still theirs?": release or reject, and undo (rule I9).

In: a source's id, and who decides. Out: what was decided, and the widgets as they were published
because of it.
Not here: where the question comes from (``identity.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.find import find
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError
from aggregator.model import StoredPost
from aggregator.store import trust, visits
from aggregator.store.database import Database


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a person should look at before deciding."""

    source_id: str
    since: datetime | None
    """When the suspicion began; None: nobody doubts the source."""
    signals: tuple[str, ...]
    held: tuple[StoredPost, ...]
    """The newest first."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that stands."""

    source_id: str
    posts: int
    """Held posts that may be shown now, or were erased."""
    published: tuple[Published, ...]


def doubt_about(publisher: Publisher, source_id: str) -> Doubt:
    """What speaks against a source, and what is held of it. Raises AggregatorError for others."""
    found = find(publisher.database, publisher.catalogue(), source_id)
    if found.posts:
        raise AggregatorError(
            f"{source_id} is a post.", advice=f"Name its source: {found.source_id}."
        )
    state = visits.states(publisher.database, [found.source_id]).get(found.source_id)
    doubted = state.suspicion if state else None
    return Doubt(
        source_id=found.source_id,
        since=doubted.since if doubted else None,
        signals=doubted.signals if doubted else (),
        held=tuple(trust.held(publisher.database, found.source_id)),
    )


def release(publisher: Publisher, source_id: str, *, by: str, now: datetime) -> Decided:
    """It is still theirs: what was held is shown, and what it is like now is trusted."""
    count = trust.release(publisher.database, source_id, by, now)
    return _decided(publisher, source_id, count, now)


def reject(publisher: Publisher, source_id: str, *, by: str, now: datetime) -> Decided:
    """It is somebody else's: what was held is erased, and it is not visited any more."""
    count = trust.reject(publisher.database, source_id, by, now)
    return _decided(publisher, source_id, count, now)


def undo_release(publisher: Publisher, source_id: str, *, by: str, now: datetime) -> Decided:
    """Hold again what came since the suspicion began. Raises AggregatorError where it cannot."""
    return _undone(publisher, trust.undo_release, source_id, by, now)


def undo_reject(publisher: Publisher, source_id: str, *, by: str, now: datetime) -> Decided:
    """Visit it again; what was erased comes back as far as its feed still has it, and is held.

    Raises AggregatorError where it was not rejected.
    """
    return _undone(publisher, trust.undo_reject, source_id, by, now)


def _undone(
    publisher: Publisher,
    undo: Callable[[Database, str, str, datetime], bool],
    source_id: str,
    by: str,
    now: datetime,
) -> Decided:
    if not undo(publisher.database, source_id, by, now):
        raise AggregatorError(
            f"There is no such decision on {source_id} to undo.",
            advice="A release can be undone for 30 days, a rejection until the address changes.",
        )
    held = len(trust.held(publisher.database, source_id))
    return _decided(publisher, source_id, held, now)


def _decided(publisher: Publisher, source_id: str, count: int, now: datetime) -> Decided:
    return Decided(source_id, count, tuple(publisher.publish_all(now)))
