"""Which stored posts a widget must look at, so that it shows what it would if it looked at all.

In: a widget, its sources, the moment. Out: ``Gathered``: few posts and the selection among them,
whose cards and time of validity are right; of what is left out it knows only what it met.
First the newest posts of all sources are read, as many as there are places. Then, as long as
unread posts of a source could still change what is shown (``widgets/reach.py``), twice as many.
With each post come its copies (``copies.py``): those of the same link or text by the indexes, those
of like words from the days around it, of sources that stand on networks.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from itertools import chain

from aggregator.actions.copies import Copies
from aggregator.model import (
    BLOGS,
    Review,
    Selection,
    Source,
    SourceFacts,
    StoredPost,
    WidgetSpec,
    WidgetStop,
)
from aggregator.store.candidates import Entry, Look, look
from aggregator.store.database import Database
from aggregator.widgets.cards import MOST_MORE
from aggregator.widgets.reach import Reach
from aggregator.widgets.reasons import Rules
from aggregator.widgets.select import select


@dataclass(frozen=True, slots=True)
class Gathered:
    """The posts that were looked at, and what was made of them."""

    posts: tuple[StoredPost, ...]
    selection: Selection


def gather(
    database: Database,
    spec: WidgetSpec,
    sources: Sequence[Source],
    facts: Mapping[str, SourceFacts],
    now: datetime,
    timezone: str,
    *,
    stop: WidgetStop | None = None,
) -> Gathered:
    """Look at as few posts as tell what the widget shows at ``now``. Raises StoreError.

    ``stop``: how a person stopped it; then only posts are looked at that it showed by then.
    """
    rules = Rules.at(spec, facts, now, timezone)
    walks = [
        _Walk(source, _approved_only(rules, source))
        for source in sources
        if rules.against_source(source) is None
    ]
    with look(database) as looking:
        reading = _Reading(looking, rules, {walk.source.id: walk.source for walk in walks})
        if stop is not None:
            places = (*stop.shown, *stop.more)
            named = {post for source, post in places if post and source in reading.sources}
            reading.take(looking.named(named))
            found = tuple(reading.found.values())
            return Gathered(found, select(spec, sources, found, facts, now, timezone, stop=stop))
        reading.take(looking.pinned(reading.sources, now))
        wanted, open_walks = spec.show + MOST_MORE, walks
        while True:
            reading.go_on(open_walks, wanted)
            found = tuple(reading.found.values())
            selection = select(spec, sources, found, facts, now, timezone)
            reach = Reach(rules, selection)
            open_walks = [
                walk
                for walk in walks
                if (newest := walk.newest_unread(reading.found)) is not None
                and reach.could_change(walk.source, newest)
            ]
            if not open_walks:
                return Gathered(found, selection)
            wanted *= 2


def deepest(spec: WidgetSpec) -> int:
    """How many posts of each source are looked at, at most."""
    if spec.only.tags or spec.only.words:
        return 500  # a filter may leave most of them out
    return 10 if spec.layout == BLOGS else 60  # a blog shows one; reposts take a few


def _approved_only(rules: Rules, source: Source) -> bool:
    """Whether only what a person approved can be shown; there is nothing where nobody did."""
    return source.review is Review.ALWAYS or (
        source.review is Review.FIRST and not rules.trusted(source)
    )


@dataclass(slots=True)
class _Walk:
    """How far the posts of one source are known, newest first."""

    source: Source
    approved: bool
    seen: list[Entry] = field(default_factory=list)
    ended: bool = False
    """Whether there is nothing beyond what was seen that may be looked at."""

    def unread(self, found: Collection[int]) -> list[Entry]:
        return [entry for entry in self.seen if entry.id not in found]

    def newest_unread(self, found: Collection[int]) -> Entry | None:
        """The place of the newest unread post, or one before it; None: there is none."""
        for entry in self.seen:
            if entry.id not in found:
                return entry
        return None if self.ended else self.seen[-1]


class _Reading(Copies):
    """What of the stored posts has been read."""

    def __init__(self, looking: Look, rules: Rules, sources: Mapping[str, Source]) -> None:
        super().__init__(looking, sources, merging=rules.spec.layout != BLOGS)
        self._spec = rules.spec
        self._deepest = deepest(rules.spec)
        self._since = _oldest(rules)

    def go_on(self, walks: Sequence[_Walk], wanted: int) -> None:
        """Read the newest unread posts of these sources, all together so many."""
        self._see_more([walk for walk in walks if not walk.unread(self.found)], wanted)
        unread = chain.from_iterable(walk.unread(self.found) for walk in walks)
        self.take({entry.id for entry in nlargest(wanted, unread)})

    def _see_more(self, walks: Sequence[_Walk], wanted: int) -> None:
        """Walk twice as far as before along these sources that have not ended."""
        going = [walk for walk in walks if not walk.ended]
        if not going:
            return
        first = 1 if self._spec.layout == BLOGS else 2 * wanted // len(going) + 1
        depth = max(first, 2 * max(len(walk.seen) for walk in going))
        depth = min(depth, self._deepest)
        for approved in (False, True):
            together = {walk.source.id: walk for walk in going if walk.approved is approved}
            entries = self._looking.walk(together, depth, approved=approved, since=self._since)
            for source_id, walk in together.items():
                walk.seen = entries[source_id]
                walk.ended = len(walk.seen) < depth or depth == self._deepest


def _oldest(rules: Rules) -> datetime | None:
    """Posts of that moment and older ones are too old; None: none is, or the calendar ends."""
    if rules.spec.max_age is None:
        return None
    try:
        return rules.now - rules.spec.max_age
    except OverflowError:
        return None
