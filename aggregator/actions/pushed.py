"""What hubs ask and bring us: their questions answered, their pushes stored (WebSub, rules E3, E4).

::

    a hub's GET ─► is it what we asked for? ─► its challenge, or nothing
    a hub's POST ─► signed with our secret? ─► the inbox ─► read as a feed ─► stored

In: what the server was given at ``/hooks/websub/ID``. Out: answers; a ``Report`` for each push.
Not here: HTTP (``web/hooks.py``), when hubs are asked (``subscribe.py``).
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.actions.refresh import Delivered, Refresher, Report
from aggregator.actions.subscribe import AFTER_DENIAL
from aggregator.fetch.decode import BadCodingError, OverCapError, Unpacked
from aggregator.fetch.limits import Limits
from aggregator.fetch.websub import Mode, Question, is_signed
from aggregator.model import Document, Source, VisitState
from aggregator.store import subscriptions, visits
from aggregator.store.database import Database
from aggregator.store.subscriptions import Status, Subscription

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A push as it came; nothing in its header says whose it is (WebSub, section 7)."""

    subscription: Subscription
    body: bytes = field(repr=False)
    """As it travelled."""
    signature: str
    content_type: str = ""
    content_encoding: str = ""

    @property
    def is_genuine(self) -> bool:
        """Whether its sender knows what we told this hub only."""
        return is_signed(self.signature, self.subscription.secret, self.body)


class Inbox:
    """Pushes that wait to be read. What is lost with the program, the next visit finds."""

    def __init__(self, most: int) -> None:
        """``most``: bytes that may wait at the same time."""
        self._most = most
        self._held = 0
        self._waiting: asyncio.Queue[Delivery] = asyncio.Queue()

    def put(self, delivery: Delivery) -> bool:
        """Take it in; False where there is no room."""
        if self._held + len(delivery.body) > self._most:
            return False
        self._held += len(delivery.body)
        self._waiting.put_nowait(delivery)
        return True

    async def take(self) -> Delivery:
        """The next one, as soon as there is one."""
        delivery = await self._waiting.get()
        self._held -= len(delivery.body)
        return delivery


def reply(database: Database, callback: str, question: Question, now: datetime) -> bytes | None:
    """What a hub that asks back is answered; None: we know nothing of it (rule E3)."""
    one = subscriptions.find(database, callback)
    if one is None or one.topic != question.topic:
        return None
    match question.mode:
        case Mode.SUBSCRIBE:
            if not subscriptions.confirm(database, one, question.lease, now):
                return None
            log.info("hub source=%s outcome=confirmed lease=%s", one.source_id, question.lease)
        case Mode.UNSUBSCRIBE:
            if one.status is not Status.ENDED:
                return None
        case Mode.DENIED:
            if one.status in {Status.ASKED, Status.ACTIVE}:
                subscriptions.deny(database, callback, now + AFTER_DENIAL)
                log.info("hub source=%s outcome=denied", one.source_id)
    return question.challenge


async def receive(
    refresher: Refresher, followed: Mapping[str, Source], delivery: Delivery
) -> Report | None:
    """Read a push and store what is new in it; None where nothing could be made of it.

    ``followed``: by id, the sources that may be visited today.
    """
    subscription, database = delivery.subscription, refresher.database
    source = followed.get(subscription.source_id)
    states = await asyncio.to_thread(visits.states, database, [subscription.source_id])
    state = states.get(subscription.source_id)
    if source is None or state is None or _is_closed(state):
        return None
    try:
        document = await asyncio.to_thread(_document, delivery, state, refresher.client.limits)
    except (BadCodingError, OverCapError) as error:
        log.info("push source=%s outcome=unreadable error=%s", source.id, error)
        return None
    report = await refresher.receive(source, state, Delivered(document))
    if not report.failed:
        now = refresher.clock()
        await asyncio.to_thread(subscriptions.pushed, database, subscription.callback, now)
    return report


def _is_closed(state: VisitState) -> bool:
    """Whether only a person may open it again: then hubs do not, either."""
    return state.stopped_at is not None or state.lapses >= visits.LAPSES_ALLOWED


def _document(delivery: Delivery, state: VisitState, limits: Limits) -> Document:
    """The push as if it had been fetched: links in it are relative to where the feed lives."""
    unpacked = Unpacked(delivery.content_encoding, cap=limits.decoded)
    unpacked.feed(delivery.body)
    validators = state.validators
    url = validators.url if validators is not None else delivery.subscription.topic
    return Document(url, unpacked.whole(), {"content-type": delivery.content_type})
