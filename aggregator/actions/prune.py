"""How long what is kept, and why; what is over is told, and erased.

====================  =============================================================================
what                  how long
====================  =============================================================================
posts                 as long as their platform's terms allow: a post is confirmed when it is
                      stored, and whenever a look-up finds it (``mirror.py``). Of sources that are
                      followed besides: ``keep_posts`` days
hidden posts          their content ``keep_hidden`` days; that they are hidden, for ever
all of a source       ``keep_left`` days after it left feeds.yaml, and so for renewed tokens
what a plan names     until that day, but for the terms of platforms
decisions             as long as they hold, or an undo can bring them back
changes of the list   as long as they can be undone
alerts                ``keep_alerts`` days after they were sent
consents              ``keep_consents`` days after they ended
reads                 a year, as bills of platforms do
====================  =============================================================================

Not here: what is never pruned (tombstones, the audit, what is in use).
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from aggregator.catalogue.keep import Current
from aggregator.connectors import platforms
from aggregator.model import Catalogue
from aggregator.settings import Settings
from aggregator.store import (
    alerts,
    consents,
    departures,
    plans,
    publishes,
    reads,
    retention,
    sightings,
    tokens,
    undos,
    verdicts,
    visits,
)
from aggregator.store.database import Database

log = logging.getLogger(__name__)

READS_KEPT = timedelta(days=396)
_LONG = timedelta(days=2)
"""The clock prunes once a day."""
_SOURCE, _TOKEN = "source ", "token "
"""How departures are told apart."""


class Kind(StrEnum):
    """Why something goes."""

    TERMS = "terms"
    OLD = "old"
    HIDDEN = "hidden"
    LEFT = "left"
    TOKEN = "token"  # noqa: S105 - a kind, no secret
    DECISIONS = "decisions"
    UNDO = "undo"
    ALERTS = "alerts"
    CONSENTS = "consents"
    READS = "reads"


_WITHOUT_CONTENT = {Kind.ALERTS, Kind.READS, Kind.TOKEN}


@dataclass(frozen=True, slots=True)
class Overdue:
    """What has been kept long enough."""

    kind: Kind
    name: str
    """The source or token that it is of; empty: of none."""
    count: int
    """Posts, or what the kind is of."""
    why: str
    """In plain words, after ``3 posts to be erased:``."""
    erase: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Pruner:
    """Looks through all that is kept, at one moment."""

    database: Database
    settings: Settings
    current: Current
    now: datetime

    def overdue(self) -> list[Overdue]:
        """What pruning would erase. Raises StoreError."""
        return [*self._by_terms(), *self._by_age()]

    def prune(self, *, cautious: bool = False) -> list[Overdue]:
        """Erase it; returns what was erased. Publish afterwards. Raises StoreError.

        ``cautious``: after a long time without pruning only what platforms' terms ask for goes.
        Where the clock was wrong for an hour, nothing else is lost by that.
        """
        rested = retention.last_run(self.database)
        retention.note_run(self.database, self.now)
        due = list(self._by_terms())
        if not cautious or (rested is not None and abs(self.now - rested) <= _LONG):
            due += self._by_age()
        for one in due:
            one.erase()
            log.info("prune kind=%s of=%s erased=%d", one.kind, one.name or "-", one.count)
        sightings.drop_orphans(self.database)
        if not _WITHOUT_CONTENT.issuperset(one.kind for one in due):
            retention.expect_rewrite(self.database)
        return due

    # --- by the terms of platforms -----------------------------------------------------------

    def _by_terms(self) -> Iterator[Overdue]:
        for source_id, kept_for in _terms(self.database, self.current.catalogue).items():
            before = self.now - kept_for
            if count := sightings.count_unconfirmed(self.database, source_id, before):
                yield Overdue(
                    Kind.TERMS,
                    source_id,
                    count,
                    f"not seen at the platform for {kept_for.days} days, as its terms want it",
                    partial(
                        sightings.erase_unconfirmed, self.database, source_id, before, self.now
                    ),
                )

    # --- by age ------------------------------------------------------------------------------

    def _by_age(self) -> Iterator[Overdue]:
        yield from self._old()
        yield from self._hidden()
        if self.current.problem is None:  # else nobody knows what left the file on purpose
            yield from self._left()
            yield from self._ledgers()
        yield from self._small_things()

    def _old(self) -> Iterator[Overdue]:
        days = self.settings.keep_posts
        if days is None:
            return
        database, before = self.database, self._ago(days)
        widgets = self.current.catalogue.widgets
        spared = frozenset[str]().union(*(publishes.shown(database, one.id) for one in widgets))
        for source in self.current.catalogue.sources:
            if source.by_hand:  # nothing could fetch them again
                continue
            if count := retention.count_old(database, source.id, before, spared):
                yield Overdue(
                    Kind.OLD,
                    source.id,
                    count,
                    f"older than {days} days, and no widget shows them",
                    partial(retention.erase_old, database, source.id, before, spared, self.now),
                )

    def _hidden(self) -> Iterator[Overdue]:
        days = self.settings.keep_hidden
        before = self._ago(days)
        for source_id, count in retention.count_hidden(self.database, before).items():
            yield Overdue(
                Kind.HIDDEN,
                source_id,
                count,
                f"hidden for {days} days; they stay hidden, and only their content goes",
                partial(retention.empty_hidden, self.database, source_id, before, self.now),
            )

    def _left(self) -> Iterator[Overdue]:
        catalogue, database = self.current.catalogue, self.database
        days = self.settings.keep_left
        lost = retention.known_sources(database) - {one.id for one in catalogue.sources}
        unused = tokens.known(database).keys() - {one.token for one in catalogue.sources}
        gone = {_SOURCE + one for one in lost} | {_TOKEN + one for one in unused}
        # What a plan waits for tells, on its day, which copies elsewhere go with it.
        planned = {_SOURCE + one.source_id for one in plans.waiting(database)}
        for name, since in sorted(departures.note(database, gone, self.now).items()):
            if since > self._ago(days) or name in planned:
                continue
            why = f"not in feeds.yaml for {days} days"
            if name.startswith(_TOKEN):
                variable = name.removeprefix(_TOKEN)
                erase = partial(tokens.drop, database, variable)
                yield Overdue(Kind.TOKEN, variable, 1, why, erase)
                continue
            source_id = name.removeprefix(_SOURCE)
            count = retention.count_posts(database, source_id)
            erase = partial(retention.erase_source, database, source_id, self.now)
            yield Overdue(
                Kind.LEFT, source_id, count, f"{why}; all that is known of it goes", erase
            )

    def _ledgers(self) -> Iterator[Overdue]:
        days = self.settings.keep_consents
        followed = {one.id for one in self.current.catalogue.sources}
        for source_id, noted in consents.all_newest(self.database).items():
            ended = noted.consent is None and source_id not in followed
            if ended and noted.seen_at < self._ago(days):
                yield Overdue(
                    Kind.CONSENTS,
                    source_id,
                    1,
                    f"its consent ended {days} days ago or earlier",
                    partial(retention.erase_ledger, self.database, source_id, self.now),
                )

    def _small_things(self) -> Iterator[Overdue]:
        """What is of no source in particular, and nobody looks at any more."""
        database, now = self.database, self.now
        sent, read = self._ago(self.settings.keep_alerts), now - READS_KEPT
        things = (
            (Kind.DECISIONS, verdicts.count_past(database, now), "replaced, and past their undo",
             partial(verdicts.prune, database, now)),
            (Kind.UNDO, undos.count_past(database, now), "changes of feeds.yaml past their undo",
             partial(undos.prune, database, now)),
            (Kind.ALERTS, alerts.count_old(database, sent),
             f"sent, or given up, {self.settings.keep_alerts} days ago",
             partial(alerts.prune, database, sent)),
            (Kind.READS, reads.count_old(database, read), "counts of reads, older than a year",
             partial(reads.prune, database, read)),
        )  # fmt: skip
        for kind, count, why, erase in things:
            if count:
                yield Overdue(kind, "", count, why, erase)

    def _ago(self, days: int) -> datetime:
        return self.now - timedelta(days=days)


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
