"""Who else follows the address that a source has moved to (rule D3).

Two entries of feeds.yaml may turn out to be one feed. Which of them stays is for people to say, so
such a move is not adopted: it is told, until one of the two entries is gone.

In: ids with the addresses that they are asked at. Out: the other one's id, or None.
Not here: when a move is believed (``decide.py``), how it is told (``condition.py``).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from aggregator.actions.decide import is_believed
from aggregator.catalogue.checks import sameness
from aggregator.model import Catalogue, VisitState

Followed = Iterable[tuple[str, tuple[str | None, ...]]]
"""Source ids, each with the addresses at which it is followed; None is passed over."""


def another_at(address: str, source_id: str, followed: Followed) -> str | None:
    """The first other source that is followed at that address; None: there is none."""
    wanted = sameness(address)
    return next(
        (
            other
            for other, addresses in followed
            if other != source_id and any(one and sameness(one) == wanted for one in addresses)
        ),
        None,
    )


def followed_of(catalogue: Catalogue, states: Mapping[str, VisitState]) -> Followed:
    """Of all of feeds.yaml, in its order: the addresses there, and those that were adopted."""
    for source in catalogue.sources:
        state = states.get(source.id)
        yield source.id, (source.address, state.adopted if state else None)


def met(catalogue: Catalogue, states: Mapping[str, VisitState], now: datetime) -> dict[str, str]:
    """By id of each source that has moved to another one's address, that other one's id."""
    found = {}
    for source in catalogue.sources:
        state = states.get(source.id)
        address = _moved_to(state, now) if state else None
        followed = followed_of(catalogue, states)
        if address and (other := another_at(address, source.id, followed)):
            found[source.id] = other
    return found


def _moved_to(state: VisitState, now: datetime) -> str | None:
    """Where it lives for good, whether adopted or not."""
    if state.move is not None and is_believed(state.move, now):
        return state.move.address
    return state.adopted
