"""Decisions with a date: to hide or take down a post or a source on a later day.

In: what people decide now. Out: the same, done when its moment has come (``carry_out``), by the
clock, which looks every other second, or by the next `publish` or `refresh`.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.actions import takedown
from aggregator.actions.curate import about_source
from aggregator.actions.find import find
from aggregator.actions.publish import Published, Publisher
from aggregator.model import Plan, PlannedAct, Verdict, VerdictKind, public_id_of
from aggregator.store import plans, posts, tombstones, verdicts

log = logging.getLogger(__name__)

_LOCK = ".plans"
"""Of several programs that look at one time, one carries out; no widget can have this id."""
_WORDS = {PlannedAct.HIDE: "Will be hidden", PlannedAct.TAKEDOWN: "Will be taken down for good"}


@dataclass(frozen=True, slots=True)
class Planned:
    """What a person planned or took back."""

    title: str
    source_id: str
    public_id: str | None
    """None: a whole source."""
    plan: Plan | None
    """None: there was none to take back."""
    changed: bool
    """False: it had been said before."""


def plan(
    publisher: Publisher,
    key: str,
    act: PlannedAct,
    at: datetime,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
) -> Planned:
    """Let an act wait until ``at``, in the place of an earlier plan of that act.

    A moment in the past is now: the caller acts, instead. Raises NotFoundHere for an unknown key.
    """
    found = find(publisher.database, publisher.catalogue(), key)
    guids: list[str | None] = [stored.post.guid for stored in found.posts] or [None]
    wanted = [Plan(act, found.source_id, guid, at, by, now, reason) for guid in guids]
    fresh = plans.add(publisher.database, *wanted)
    return Planned(found.title, found.source_id, found.public_id, wanted[0], bool(fresh))


def take_back(
    publisher: Publisher, key: str, act: PlannedAct, *, by: str, now: datetime
) -> Planned:
    """Let what was planned wait no more. Raises NotFoundHere for an unknown key."""
    found = find(publisher.database, publisher.catalogue(), key)
    guids: list[str | None] = [stored.post.guid for stored in found.posts] or [None]
    gone = [
        one
        for guid in guids
        for one in plans.of(publisher.database, found.source_id, guid)
        if one.act is act and plans.take_back(publisher.database, one, by, now)
    ]
    first = gone[0] if gone else None
    return Planned(found.title, found.source_id, found.public_id, first, bool(gone))


def carry_out(publisher: Publisher, now: datetime) -> list[Published]:
    """Do what is due, and publish; what was published, empty where nothing was due.

    A plan is forgotten once it is done and published: killed in between, it is done again, which
    changes nothing. Raises StoreError.
    """
    if not plans.due(publisher.database, now):
        return []
    with publisher.output.lock(_LOCK):
        due = plans.due(publisher.database, now)
        for one in due:
            _do(publisher, one, now)
        published = publisher.publish_all(now)
        if any(one.act is PlannedAct.TAKEDOWN for one in due):
            publisher.database.erase_traces()
        for one in due:
            plans.done(publisher.database, one)
    return published


def _do(publisher: Publisher, planned: Plan, now: datetime) -> None:
    log.info("plan act=%s source=%s", planned.act.value, planned.source_id)
    if planned.act is PlannedAct.HIDE:
        _hide(publisher, planned, now)
    elif planned.guid is None:
        takedown.take_down_source(publisher, planned.source_id, planned.by, now)
    else:
        place = (planned.source_id, planned.guid)
        tombstones.take_down_guid(publisher.database, *place, planned.by, now)


def _hide(publisher: Publisher, planned: Plan, now: datetime) -> None:
    """As ``hide`` does; also what is not stored by now, for it may come again."""
    source_id, guid = planned.source_id, planned.guid
    stored = []
    if guid is not None:
        found = posts.find(publisher.database, public_id_of(source_id, guid))
        stored = [one for one in found if one.post.guid == guid]
    held = (
        [one.verdict for one in stored]
        if guid is not None
        else [about_source(publisher, source_id, now)]
    )
    if any(verdict is not None and verdict.kind is VerdictKind.HIDDEN for verdict in held):
        return
    same = [one.post for one in stored]
    fingerprint = same[0].fingerprint if same else None
    kind, reason = VerdictKind.HIDDEN, planned.reason
    verdict = Verdict(source_id, guid, kind, planned.by, now, reason, None, fingerprint)
    verdicts.decide(publisher.database, verdict, copies_of=same)


def waiting_words(publisher: Publisher, timezone: str) -> dict[tuple[str, str | None], str]:
    """By source id and public id (None: the whole source), a sentence on what is planned."""
    told: dict[tuple[str, str | None], str] = {}
    for one in plans.waiting(publisher.database):
        public_id = None if one.guid is None else public_id_of(one.source_id, one.guid)
        key = (one.source_id, public_id)
        told[key] = f"{told[key]} {words(one, timezone)}" if key in told else words(one, timezone)
    return told


def words(planned: Plan, timezone: str) -> str:
    """As in: Will be hidden on 2026-12-24 00:00, as Ada decided."""
    at = f"{planned.at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
    return f"{_WORDS[planned.act]} on {at}, as {planned.by} decided."
