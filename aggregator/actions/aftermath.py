"""What a decision does not change: posts that still wait, and why something is still not shown.

In: a pin or approval that stands. Out: an ``Aftermath``, so that nobody believes that a thing is on
the website which is not.
Not here: deciding (``curate.py``), all the steps that decide about one post (``why.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.curate import Decision
from aggregator.actions.explain import Explained, Explainer
from aggregator.actions.holding import Inspector
from aggregator.actions.publish import Publisher
from aggregator.model import Catalogue, Source, StopKind, StoredPost
from aggregator.store import posts, verdicts, widget_stops
from aggregator.widgets.reasons import Rules, against_stopped

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What staff should know after a decision."""

    waiting: tuple[Explained, ...] = ()
    """Posts of it that a person must name one by one, newest first."""
    why: str = ""
    """Why it is not shown in some widget or in any; empty: nothing stands against it."""
    shown: bool = True
    """False: no widget shows it."""


def aftermath(
    publisher: Publisher,
    catalogue: Catalogue,
    inspector: Inspector,
    decision: Decision,
    now: datetime,
) -> Aftermath:
    """What a pin or approval leaves as it was; nothing of other decisions. Raises StoreError."""
    if decision.verdict is None or decision.verdict.kind.hides:
        return Aftermath()
    specs = catalogue.widgets_of(decision.source_id)
    explainer = Explainer(publisher, catalogue, now, inspector, specs)
    if decision.public_id is not None:
        found = [*map(explainer.explain, posts.find(publisher.database, decision.public_id))]
        shown = any(one.shown for one in found)
        return Aftermath((), "" if shown or not found else found[0].why, shown)
    explained = map(explainer.explain, _all_of(publisher, decision.source_id))
    waiting = tuple(one for one in explained if one.waiting)
    source = catalogue.source(decision.source_id)
    if source is None:
        return Aftermath(waiting, "It is not in feeds.yaml any more.", shown=False)
    if not specs:
        return Aftermath(waiting, "It is in no widget.", shown=False)
    against = list(_against(publisher, catalogue, source, now))
    return Aftermath(waiting, " ".join(against), len(against) < len(specs))


def _against(
    publisher: Publisher, catalogue: Catalogue, source: Source, now: datetime
) -> Iterator[str]:
    """Why widgets show nothing of a source at all, a sentence for each that does not."""
    facts = verdicts.facts(publisher.database, [source], now)
    stops = widget_stops.all_stops(publisher.database)
    for spec in catalogue.widgets_of(source.id):
        rules = Rules.at(spec, facts, now, catalogue.site.timezone)
        against, stop = rules.against_source(source), stops.get(spec.id)
        if against is None and stop is not None and stop.kind is StopKind.BLANK:
            against = against_stopped(stop)
        if against is not None:
            yield f"{spec.id}: {against.words}"


def _all_of(publisher: Publisher, source_id: str) -> Iterator[StoredPost]:
    before = None
    while page := posts.listing(publisher.database, [source_id], before, _PAGE):
        yield from page
        before = (page[-1].sort_at, page[-1].id)
