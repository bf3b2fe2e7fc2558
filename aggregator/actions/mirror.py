"""What authors take back disappears: posts that widgets show are looked up at their platforms.

::

    shown ─► due ─► connector.look_up ─► judge (pure) ─► settle ─► widgets are published
                        │ no answer, or none about a post: nothing follows

A post that its platform does not have is hidden at the first answer that is believed, looked up
again, and erased at the second. Where an answer leaves nothing at all of a source, the answer is
doubted first. Not here: how a platform is asked (``connectors/``).
"""

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.actions.record import Mark, normalise
from aggregator.actions.refresh import Refresher
from aggregator.connectors import connector
from aggregator.connectors._contract import Errand, Reads
from aggregator.errors import FetchError, StoreError
from aggregator.fetch.client import VisitWeb
from aggregator.model import (
    Catalogue,
    Outcome,
    Pace,
    Sightings,
    Sought,
    Source,
    VisitState,
    public_id_of,
)
from aggregator.normalise.urls import comparable
from aggregator.store import publishes, reads, sightings, visits
from aggregator.store.database import Database
from aggregator.store.sightings import Sighting, Watched

log = logging.getLogger(__name__)

AGAIN = timedelta(hours=1)
"""After an answer that said nothing, or was not believed; never sooner."""
ERASED_AFTER = timedelta(hours=6)
"""How long a post is only hidden, from the first answer that it is gone."""
_MOST_AT_ONCE = 2
"""Posts that may be gone in an answer that has nothing else to show: one, but not so many."""
_READ_WELL = {Outcome.CHANGED, Outcome.UNCHANGED}
_PUBLIC_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows from an answer."""

    sightings: Mapping[str, Sighting]
    """By guid, what is known from now on."""
    hidden: frozenset[str] = frozenset()
    """Missed for the first time."""
    back: frozenset[str] = frozenset()
    """Missed before, and there again."""
    erased: frozenset[str] = frozenset()


def judge(before: Mapping[str, Sighting | None], told: Sightings, now: datetime) -> Judgement:
    """What follows for the posts that were sought; ``before``: what was known, by guid.

    Nothing follows for posts that were not told of.
    """
    present = told.present & before.keys()
    gone = (told.gone & before.keys()) - present
    missed = {guid for guid, known in before.items() if known and known.missed is not None}
    # It may be the account or its platform that is out of order, in a way that nobody foresaw.
    doubtful = not present and len(gone - missed) >= _MOST_AT_ONCE
    after = {guid: Sighting(now, seen=now) for guid in present}
    hidden: set[str] = set()
    erased: set[str] = set()
    for guid in gone:
        known = before[guid] or Sighting(now)
        if known.missed is not None:
            since = min(known.missed, now)  # the machine's clock may have been set back
            if now - since >= ERASED_AFTER:
                erased.add(guid)
            else:
                after[guid] = Sighting(now, known.seen, since)
        elif not doubtful or _is_confirmed(before[guid], now):
            hidden.add(guid)
            after[guid] = Sighting(now, known.seen, missed=now)
        else:
            first = known.looked if known.is_doubted else now
            after[guid] = Sighting(min(first, now), known.seen)
    return Judgement(after, frozenset(hidden), frozenset(present & missed), frozenset(erased))


def _is_confirmed(known: Sighting | None, now: datetime) -> bool:
    """Whether an earlier answer of the same kind was doubted, long enough ago."""
    return known is not None and known.is_doubted and now - known.looked >= AGAIN


def due_at(post: Watched, every: timedelta) -> datetime:
    """When a post is to be looked up; a visit that brought it was as good as that."""
    known = post.sighting
    if known is None:
        return post.first_seen + every
    if known.missed is not None:
        return known.looked + ERASED_AFTER
    return known.looked + (AGAIN if known.is_doubted else every)


class Due(NamedTuple):
    """A source whose platform is to be asked, and about which posts."""

    source: Source
    posts: tuple[Watched, ...]
    """Those that wait longest first."""


def due_of(source: Source, watched: Iterable[Watched], now: datetime) -> Due | None:
    """Once one of the posts that are shown is due, all of them are asked about.

    So they stay together, and one answer tells whether anything of the source is left. None:
    nothing is due.
    """
    every = source.terms.look_up_every
    posts = sorted(watched, key=lambda post: (due_at(post, every), post.guid))
    ripe = [post for post in posts if _is_due(post, every, now)]
    if any(not _is_missed(post) for post in ripe):
        ripe = [post for post in posts if post in ripe or not _is_missed(post)]
    return Due(source, tuple(ripe)) if ripe else None


def _is_due(post: Watched, every: timedelta, now: datetime) -> bool:
    known = post.sighting
    return due_at(post, every) <= now or (known is not None and known.looked > now)


def _is_missed(post: Watched) -> bool:
    return post.sighting is not None and post.sighting.missed is not None


@dataclass(frozen=True, slots=True)
class Told:
    """What became of asking about one source."""

    source: Source
    asked: int
    """Posts."""
    hidden: int = 0
    back: int = 0
    erased: int = 0
    edited: int = 0
    error: FetchError | StoreError | None = None
    """Why nothing is known."""

    @property
    def touched(self) -> bool:
        """Whether a widget may look different now."""
        return bool(self.hidden or self.back or self.edited)


@dataclass
class Mirror:
    """Looks up what is shown; when a source was last asked, the database remembers."""

    database: Database
    pace: Pace
    clock: Callable[[], datetime]

    def due(self, catalogue: Catalogue, followed: Mapping[str, Source]) -> list[Due]:
        """What is to be asked now, of the sources that may be visited. Raises StoreError."""
        now = self.clock()
        by_source: dict[str, list[Watched]] = {}
        for post in self._watched(catalogue):
            if post.source_id in followed:
                by_source.setdefault(post.source_id, []).append(post)
        found = (due_of(followed[one], posts, now) for one, posts in by_source.items())
        wanted = {one.source.id: one for one in found if one is not None}
        states = visits.states(self.database, list(wanted)) if wanted else {}
        return [wanted[one] for one, state in states.items() if self._may_be_asked(state, now)]

    async def look_up(
        self,
        refresher: Refresher,
        due: Iterable[Due],
        on_told: Callable[[Told], None] | None = None,
    ) -> list[Told]:
        """Ask about them, each source by a claim of its own, so that nobody visits it meanwhile."""
        asked = {one.source.id: one for one in list(due)[: self.pace.at_once]}
        states = await asyncio.to_thread(
            visits.claim,
            *(self.database, self.clock(), self.pace.lease, len(asked), list(asked)),
            overdue_only=False,
        )
        try:
            under_way = (
                self._look_up(refresher, asked[state.source_id], state, on_told)
                for state in states
                if self._may_be_asked(state, self.clock())
            )
            return list(await asyncio.gather(*under_way))
        finally:
            await asyncio.to_thread(visits.release, self.database, states)

    def _watched(self, catalogue: Catalogue) -> list[Watched]:
        """The posts that the files name, and those that were hidden because they are gone."""
        named = set[str]().union(
            *(publishes.shown(self.database, spec.id) for spec in catalogue.widgets)
        )
        links = {comparable(name) for name in named if "://" in name}
        ids = {name for name in named if _PUBLIC_ID.fullmatch(name)}
        return [
            post
            for post in sightings.watched(self.database, ids, links)
            if _is_missed(post)
            or post.permalink in named
            or public_id_of(post.source_id, post.guid) in ids
        ]

    async def _look_up(
        self,
        refresher: Refresher,
        due: Due,
        state: VisitState,
        on_told: Callable[[Told], None] | None,
    ) -> Told:
        source, count, wait = due.source, len(due.posts), AGAIN
        with refresher.client.visit(None) as web:
            try:
                said = await self._ask(refresher, web, due, state)
                told = await asyncio.to_thread(self._settle, refresher.mark, due, state, said)
            except FetchError as error:
                refresher.keys.hide(error)
                wait = min(max(error.retry_after or AGAIN, AGAIN), self.pace.longest_wait)
                told = Told(source, count, error=error)
            except StoreError as error:
                told = Told(source, count, error=error)
            except Exception:
                log.exception("look-up source=%s outcome=bug", source.id)
                told = Told(source, count, error=StoreError("Aggregator itself stumbled."))
        try:
            await asyncio.to_thread(self._put_off, source.id, wait)
        except StoreError as error:
            told = replace(told, error=error)
        _log(told)
        refresher.tally.looked_up(web.requests, web.bytes_read, told.hidden)
        if on_told is not None:
            on_told(told)
        return told

    async def _ask(
        self, refresher: Refresher, web: VisitWeb, due: Due, state: VisitState
    ) -> Sightings:
        """What the platform answers. Raises FetchError and StoreError."""
        source, now = due.source, self.clock()
        module = connector(source.platform)
        before = await asyncio.to_thread(reads.of_source, self.database, source.id, now)
        read = Reads(before)
        keys = refresher.keys.of(source, module.TOKEN)
        errand = Errand(web, refresher.reader, state.cursor, keys, read)
        # Where it moved to, once that is believed (rule D3).
        asked = replace(source, address=state.adopted) if state.adopted else source
        try:
            sought = [Sought(post.guid, post.permalink, post.media) for post in due.posts]
            return await module.look_up(asked, sought, errand)
        finally:
            if read.now:  # it is billed, whatever came of it
                await asyncio.to_thread(self._bill, source.id, read.now, now)

    def _bill(self, source_id: str, count: int, now: datetime) -> None:
        with self.database.writing() as connection:
            reads.add(connection, source_id, count, now)

    def _put_off(self, source_id: str, wait: timedelta) -> None:
        visits.put_off_look_up(self.database, source_id, self.clock() + wait)

    def _may_be_asked(self, state: VisitState, now: datetime) -> bool:
        """Only a source that was read well and is nobody else's by now is believed about posts."""
        waits = state.wait_until is not None and state.wait_until > now
        after, longest = state.look_up_after, max(self.pace.longest_wait, AGAIN)
        # One that lies farther ahead was written while the machine's clock was wrong.
        waits = waits or (after is not None and now < after <= now + longest)
        is_doubted = state.suspicion is not None or state.stopped_at is not None
        return state.outcome in _READ_WELL and not waits and not is_doubted

    def _settle(self, mark: Mark, due: Due, state: VisitState, said: Sightings) -> Told:
        """Judge an answer and write down what follows. Raises StoreError."""
        now = self.clock()
        judgement = judge({post.guid: post.sighting for post in due.posts}, said, now)
        seen = judgement.sightings.keys() - judgement.hidden
        found, _ = normalise(said.posts, due.source, state.profile, now)
        edited = sightings.settle(
            self.database,
            due.source.id,
            judgement.sightings,
            judgement.erased,
            mark(due.source, tuple(post for post in found if post.guid in seen)),
            now,
        )
        return Told(
            due.source,
            len(due.posts),
            hidden=len(judgement.hidden),
            back=len(judgement.back),
            erased=len(judgement.erased),
            edited=edited,
        )


def _log(told: Told) -> None:
    """One line a source, ids only."""
    if told.error is not None:
        kind = told.error.kind if isinstance(told.error, FetchError) else "not stored"
        log.info(
            "look-up source=%s outcome=failed asked=%d error=%r", told.source.id, told.asked, kind
        )
        return
    log.info(
        "look-up source=%s outcome=told asked=%d hidden=%d back=%d erased=%d edited=%d",
        *(told.source.id, told.asked, told.hidden, told.back, told.erased, told.edited),
    )
