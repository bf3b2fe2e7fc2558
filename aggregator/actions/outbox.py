"""What waits to be told goes out: what is due at one time as one message, tried until it is taken.

In: rows of the store and a channel. Out: whether it was taken. A channel that is down holds up
nothing but itself; after three days a fact is given up, with a line in the log.
Not here: what is told (``alarm.py``), how it is sent (``alerts/``).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from aggregator.actions.alarm_words import day
from aggregator.alerts.message import Channel, Message
from aggregator.errors import NotSent
from aggregator.store import alerts
from aggregator.store.alerts import Alert
from aggregator.store.database import Database

log = logging.getLogger(__name__)

DIGEST = "(digest)"
"""Begins the keys of digests, which go out each by itself; no id of a source has brackets."""
CLAIMED_FOR = timedelta(minutes=5)
"""Longer than any channel takes."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=1)
TRIED_FOR = timedelta(days=3)
TRIED_AT_LEAST = 8
"""Times: a machine that was off for three days has tried nothing yet."""
_SHOWN = 50
"""Facts in one message."""
_TOLD_FOR = timedelta(days=7)
"""For so long it is said that something was given up."""
FOOT = "Commands are typed after python3 run.py, such as: python3 run.py status"


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of one message."""

    channel: str
    facts: int
    error: str = ""
    """Why it was not taken; empty: it was."""
    note: str = ""
    """What staff should know all the same."""


async def send_due(
    database: Database,
    channel: Channel,
    now: datetime,
    not_before: Callable[[datetime], datetime],
) -> list[Handed]:
    """Send all that is due on a channel. ``not_before``: when after a moment people may be told."""
    due = await asyncio.to_thread(alerts.claim, database, channel.name, now, CLAIMED_FOR)
    return [await _send(database, channel, group, now, not_before) for group in _messages_of(due)]


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts in vain: twice as long each time, up to an hour."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)


def message_of(facts: Sequence[Alert], now: datetime) -> Message:
    """One message of facts that are due together."""
    key = " ".join(fact.key for fact in facts)
    if facts[0].key.startswith(DIGEST):
        return Message(facts[0].subject, facts[0].body, now, key)
    blocks = [f"{fact.subject}\n  {fact.body}" for fact in facts[:_SHOWN]]
    if len(facts) > _SHOWN:
        blocks.append(f"… and {len(facts) - _SHOWN} more: `alerts` lists all.")
    several = f"{len(facts)} changes: {facts[0].subject}, …"
    subject = facts[0].subject if len(facts) == 1 else several
    return Message(subject, "\n\n".join([*blocks, FOOT]) + "\n", now, key)


def undelivered(database: Database, now: datetime, timezone: str) -> tuple[str, str]:
    """Which channels do not take what staff should hear, and what to do; empty where all is well.

    What is under way at this moment does not count.
    """
    late = [alert for alert in alerts.waiting(database) if alert.attempts > 1]
    made = alerts.made_since(database, now - TRIED_FOR - 2 * _TOLD_FOR)
    lost = [alert for alert in made if alert.given_up and now - alert.given_up < _TOLD_FOR]
    sentences = []
    for channel in sorted({alert.channel for alert in late}):
        held = [alert for alert in late if alert.channel == channel]
        since = day(min(alert.made for alert in held), timezone)
        count = "1 alert waits" if len(held) == 1 else f"{len(held)} alerts wait"
        sentences.append(f"No {channel} can be sent: {count} since {since}.")
    if lost:
        given_up = "1 alert was" if len(lost) == 1 else f"{len(lost)} alerts were"
        sentences.append(f"{given_up} given up within the last 7 days.")
    return " ".join(sentences), "`alerts test` says what is wrong." if sentences else ""


def _messages_of(due: list[Alert]) -> list[list[Alert]]:
    """Digests each by itself, after all else together."""
    ordered = sorted(due, key=lambda alert: (alert.key.startswith(DIGEST), alert.id))
    groups = groupby(ordered, lambda alert: alert.key if alert.key.startswith(DIGEST) else "")
    return [list(group) for _, group in groups]


async def _send(
    database: Database,
    channel: Channel,
    facts: list[Alert],
    now: datetime,
    not_before: Callable[[datetime], datetime],
) -> Handed:
    ids = [fact.id for fact in facts]
    try:
        note = await channel.send(message_of(facts, now))
    except NotSent as error:
        await asyncio.to_thread(_put_off, database, facts, now, not_before)
        log.warning(
            "alert channel=%s outcome=failed facts=%d error=%s", channel.name, len(ids), error
        )
        return Handed(channel.name, len(ids), f"{error} {error.advice}")
    await asyncio.to_thread(alerts.mark_sent, database, ids, now)
    log.info("alert channel=%s outcome=sent facts=%d %s", channel.name, len(ids), note)
    return Handed(channel.name, len(ids), note=note)


def _put_off(
    database: Database,
    facts: list[Alert],
    now: datetime,
    not_before: Callable[[datetime], datetime],
) -> None:
    """Until after a pause; what was tried for days is given up."""
    given_up = [
        fact.id
        for fact in facts
        if fact.attempts >= TRIED_AT_LEAST and now - fact.made >= TRIED_FOR
    ]
    if given_up:
        alerts.give_up(database, given_up, now)
        log.error("alert channel=%s outcome=given-up facts=%d", facts[0].channel, len(given_up))
    for attempts, group in groupby(
        sorted(facts, key=lambda fact: fact.attempts), lambda fact: fact.attempts
    ):
        ids = [fact.id for fact in group if fact.id not in given_up]
        alerts.put_off(database, ids, not_before(now + pause_after(attempts)))
