"""Which hubs are asked to push, and when again (WebSub, rules E1 to E5).

::

    a good visit of a source with a hub ─► asked ─► the hub asks back ─► active ─► renewed in time
                                             └─► refused, or silent: left alone for a while

In: what sources say of their hubs, the subscriptions there are, now. Out: requests to hubs.
Not here: what hubs ask and bring us (``pushed.py``), the protocol (``fetch/websub.py``).
Whatever goes wrong here, visits go on.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from aggregator.errors import FetchError
from aggregator.fetch import websub
from aggregator.fetch.websub import Clerk, Mode
from aggregator.model import Profile
from aggregator.store import subscriptions, visits
from aggregator.store.database import Database
from aggregator.store.subscriptions import Status, Subscription

log = logging.getLogger(__name__)

AFTER_SILENCE = timedelta(hours=12)
"""How long a hub may take to ask back, and how long one that failed is left alone."""
AFTER_DENIAL = timedelta(days=7)
"""How long a hub that refused is left alone."""
MOST_AT_ONCE = 50
"""Sources in a round; the others wait for the next one."""
_WHILE_ENDED = timedelta(days=1)
"""How long we know of a subscription that ended before it was confirmed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A hub that pushes a source, and the source's name there."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the hub for a new subscription, which replaces what there is."""

    offer: Offer


@dataclass(frozen=True, slots=True)
class End:
    """It is wanted no more."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the hub that it ended."""

    subscription: Subscription


@dataclass(frozen=True, slots=True)
class Forget:
    """It is over and done with."""

    subscription: Subscription


Act = Ask | End | Tell | Forget


def offer_of(profile: Profile | None) -> Offer | None:
    """The hub to ask for a source; None where there is none that can be asked by https."""
    if profile is None or profile.topic is None:
        return None
    hub = websub.secure_hub(profile.hubs)
    return None if hub is None else Offer(hub, profile.topic)


def decide(
    known: Sequence[Subscription], offer: Offer | None, now: datetime, *, visited: bool
) -> tuple[Act, ...]:
    """What is to be done about one source.

    ``known``: its subscriptions, oldest first. ``offer`` None: it has no hub, or is not followed.
    ``visited``: a good visit has just read it; only then is a hub asked for the first time.
    """
    acts = tuple(act for one in known if (act := _about(one, now, wanted=offer is not None)))
    if offer is None:
        return acts
    over = {act.subscription.callback for act in acts if isinstance(act, End | Forget)}
    open_ones = [one for one in known if one.callback not in over]
    if any(one.status in {Status.ASKED, Status.DENIED} for one in open_ones):
        return acts
    held = next((one for one in open_ones if one.status is Status.ACTIVE), None)
    if held is None:
        return (*acts, Ask(offer)) if visited else acts
    renew = _is_due(held, now) or Offer(held.hub, held.topic) != offer
    return (*acts, Ask(offer)) if renew else acts


def _about(one: Subscription, now: datetime, *, wanted: bool) -> Act | None:
    """What one of them needs, whatever the others are. ``wanted``: its source has a hub."""
    match one.status:
        case Status.ENDED if one.renew_at is not None:
            return Tell(one)
        case Status.ENDED:
            return Forget(one) if _is_over(one, now) else None
        case Status.DENIED:
            return Forget(one) if _is_due(one, now) or not wanted else None
        case Status.ASKED if _is_due(one, now):
            return Forget(one)  # nobody ever asked back
        case Status.ACTIVE if not one.holds_at(now):
            return Forget(one)  # it ran out
        case _:
            return None if wanted else End(one)


def _is_due(one: Subscription, now: datetime) -> bool:
    return one.renew_at is not None and one.renew_at <= now


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Asks hubs. Use it within one event loop."""

    database: Database
    clerk: Clerk
    callbacks: str
    """What our addresses for hubs begin with."""
    clock: Callable[[], datetime]

    async def round(self, followed: Collection[str], visited: Collection[str]) -> set[str]:
        """Do what is due; those of ``visited`` come back whose turn is in the next round.

        ``followed``: the sources that may be visited today. ``visited``: those with a hub that
        were read well since the last round.
        """
        due = await asyncio.to_thread(_due, self.database, followed, visited, self.clock())
        await asyncio.gather(*(self._do(one) for one in due[:MOST_AT_ONCE]))
        return {one.source_id for one in due[MOST_AT_ONCE:]}.intersection(visited)

    async def _do(self, due: "_Due") -> None:
        """One source's acts, one after the other."""
        for act in due.acts:
            match act:
                case Ask(offer):
                    await self._subscribe(due.source_id, offer)
                case End(one):
                    now = self.clock()
                    await asyncio.to_thread(subscriptions.end, self.database, one.callback, now)
                case Forget(one):
                    await asyncio.to_thread(subscriptions.forget, self.database, one.callback)
                case Tell(one):  # once, whatever comes of it
                    await asyncio.to_thread(subscriptions.told, self.database, one.callback)
                    await self._ask(Mode.UNSUBSCRIBE, one)

    async def _subscribe(self, source_id: str, offer: Offer) -> None:
        now = self.clock()
        asked = Subscription(
            callback=websub.new_secret(),
            source_id=source_id,
            topic=offer.topic,
            hub=offer.hub,
            secret=websub.new_secret().encode(),
            status=Status.ASKED,
            asked_at=now,
            renew_at=now + AFTER_SILENCE,
        )
        # Remembered first: a hub may ask back before it answers.
        await asyncio.to_thread(subscriptions.add, self.database, asked)
        error = await self._ask(Mode.SUBSCRIBE, asked)
        if error is not None:
            wait = min(max(AFTER_SILENCE, error.retry_after or AFTER_SILENCE), AFTER_DENIAL)
            again = self.clock() + wait
            await asyncio.to_thread(subscriptions.deny, self.database, asked.callback, again)

    async def _ask(self, mode: Mode, one: Subscription) -> FetchError | None:
        callback = self.callbacks + one.callback
        request = websub.Request(mode, one.hub, one.topic, callback, one.secret)
        try:
            await websub.ask(self.clerk, request)
        except FetchError as error:
            log.info("hub source=%s mode=%s outcome=failed error=%s", one.source_id, mode, error)
            return error
        log.info("hub source=%s mode=%s outcome=asked", one.source_id, mode)
        return None


class _Due(NamedTuple):
    """What is to be done about a source now."""

    source_id: str
    acts: tuple[Act, ...]


def _due(
    database: Database, followed: Collection[str], visited: Collection[str], now: datetime
) -> list[_Due]:
    known = subscriptions.by_source(database)
    stirring = {
        source_id
        for source_id, ones in known.items()
        if source_id not in followed
        or any(_is_due(one, now) or _about(one, now, wanted=True) for one in ones)
    }
    stirring.update(visited)
    states = visits.states(database, sorted(stirring.intersection(followed)))
    found = []
    for source_id in sorted(stirring):
        state = states.get(source_id)
        offer = offer_of(state.profile) if state is not None else None
        acts = decide(known.get(source_id, ()), offer, now, visited=source_id in visited)
        if acts:
            found.append(_Due(source_id, acts))
    return found


def _is_over(one: Subscription, now: datetime) -> bool:
    return (one.until or one.asked_at + _WHILE_ENDED) <= now
