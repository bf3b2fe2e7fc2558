"""Who is visited now: what is due and free, claimed so that no other program visits it, too.

In: sources. Out: their states, claimed until the lease ends; and why the others wait.
Not here: when a source is due (``timing.py``), the visits (``refresh.py``).
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from aggregator.actions import timing
from aggregator.actions.tally import Tally
from aggregator.fetch.guard import Guard
from aggregator.model import Outcome, Pace, Source, VisitState
from aggregator.store import visits
from aggregator.store.database import Database


@dataclass(frozen=True, slots=True)
class Claim:
    """What a pass may visit, and what it must leave alone."""

    states: list[VisitState]
    held_off: dict[str, str]
    """Source id → why it is not asked now."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What claiming needs, for the life of the process."""

    database: Database
    guard: Guard
    pace: Pace
    clock: Callable[[], datetime]
    tally: Tally

    def among(
        self, sources: Collection[Source], *, force: bool = False, named: bool = False
    ) -> Claim:
        """Claim what is due among ``sources``; with ``force``, what is not due as well.

        ``named``: a person named them, so those that are held for a person are due, too.

        Even then, waits that servers asked for hold, and the floor, except for hosts inside the
        operator's own networks.
        """
        now = self.clock()
        followed = {source.id: source for source in sources if source.visited}
        known = visits.states(self.database, list(followed)) if force or named else {}
        insisted = {
            source_id: state
            for source_id, state in known.items()
            if force or state.outcome is Outcome.HELD or state.stopped_at is not None
        }
        held_off: dict[str, str] = {}
        for source_id, state in insisted.items():
            waived = self.guard.is_own(state.adopted or followed[source_id].address)
            if why := timing.held_off(state, now, self.pace, floor_waived=waived):
                held_off[source_id] = why
        free = [source_id for source_id in insisted if source_id not in held_off]
        states = visits.claim(
            self.database, now, self.pace.lease, len(free), free, overdue_only=False
        )
        usual = [source_id for source_id in followed if source_id not in insisted]
        return Claim(states + self.due(len(usual), usual), held_off)

    def due(self, limit: int, source_ids: Collection[str] | None = None) -> list[VisitState]:
        """Claim at most ``limit`` of what is due, the longest due first; None: of all sources.

        A feed that asks not to be visited at this hour or on this day is put off (rule C9): it
        was due before, when nobody was there to ask.
        """
        now = self.clock()
        claimed = visits.claim(self.database, now, self.pace.lease, limit, source_ids)
        self.tally.lapsed_claims += sum(state.lapses > 0 for state in claimed)
        put_off = {
            state.source_id: until
            for state in claimed
            if (until := timing.put_off(state, now)) is not None
        }
        states = [state for state in claimed if state.source_id not in put_off]
        if put_off:
            unwanted = [state for state in claimed if state.source_id in put_off]
            visits.release(self.database, unwanted, put_off)
        return states
