"""A person's decisions about posts and sources: hide, pin, approve, and undo.

In: a key as people give it, and who decides. Out: what was decided, and the widgets that were
published because of it: a hidden post is out of every file when this returns.
Not here: takedowns, which cannot be undone (``takedown.py``).
"""

from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.find import find
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, Source, StoredPost, Verdict, VerdictKind
from aggregator.store import verdicts


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that stands."""

    source_id: str
    public_id: str | None
    """None: about the whole source."""
    title: str
    verdict: Verdict | None
    """What holds now; None: nothing (after an undo)."""
    published: tuple[Published, ...]


def decide(
    publisher: Publisher,
    catalogue: Catalogue,
    key: str,
    kind: VerdictKind,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
    until: datetime | None = None,
) -> Decision:
    """Record a verdict and publish the widgets that it touches.

    Raises NotFoundHere for an unknown key, AggregatorError for a pin that ends in the past.
    """
    if until is not None and until <= now:
        raise AggregatorError(
            f"The end of the pin, {until:%Y-%m-%d %H:%M} UTC, is past.",
            advice="Give a later date, or none at all.",
        )
    source_id, stored = _target(publisher, catalogue, key)
    guid = stored.post.guid if stored else None
    verdict = Verdict(source_id, guid, kind, by, now, reason, until)
    verdicts.decide(publisher.database, verdict)
    return _decision(publisher, catalogue, source_id, stored, verdict, now)


def undo(
    publisher: Publisher, catalogue: Catalogue, key: str, *, by: str, now: datetime
) -> Decision:
    """Take the newest verdict on a post or source back; the one before it holds again.

    Raises NotFoundHere for an unknown key, AggregatorError where there is nothing to undo.
    """
    source_id, stored = _target(publisher, catalogue, key)
    guid = stored.post.guid if stored else None
    if not verdicts.undoable(publisher.database, source_id, guid, now):
        raise AggregatorError(
            f"There is no decision on {key} to undo.",
            advice="Decisions can be undone for 30 days; `posts` shows those that hold.",
        )
    verdict = verdicts.undo(publisher.database, source_id, guid, by, now)
    return _decision(publisher, catalogue, source_id, stored, verdict, now)


def _target(publisher: Publisher, catalogue: Catalogue, key: str) -> tuple[str, StoredPost | None]:
    found = find(publisher.database, catalogue, key)
    if isinstance(found, StoredPost):
        return found.post.source_id, found
    return (found.id if isinstance(found, Source) else found), None


def _decision(
    publisher: Publisher,
    catalogue: Catalogue,
    source_id: str,
    stored: StoredPost | None,
    verdict: Verdict | None,
    now: datetime,
) -> Decision:
    touched = [spec.id for spec in catalogue.widgets_of(source_id)]
    published = tuple(publisher.publish(catalogue, touched, now))
    title = (stored.post.title or stored.post.excerpt) if stored else source_id
    public_id = stored.post.public_id if stored else None
    return Decision(source_id, public_id, title, verdict, published)
