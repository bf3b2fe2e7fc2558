"""Decisions with a date: to hide or take down a post or a source on a later day.

In: what people decide now. Out: the same, done when its moment has come (``carry_out``), by the
clock, which looks every other second, or by the next `publish` or `refresh`.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.actions import curate, takedown
from aggregator.actions.copies import same_posts
from aggregator.actions.curate import Decision, about_source, hide_missed
from aggregator.actions.find import Found, find_all
from aggregator.actions.publish import Publisher
from aggregator.errors import AggregatorError
from aggregator.model import Plan, PlannedAct, StoredPost, Verdict, VerdictKind, public_id_of
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
    keys: Iterable[str],
    act: PlannedAct,
    at: datetime,
    *,
    by: str,
    now: datetime,
    reason: str | None = None,
) -> list[Planned]:
    """Let an act on each of these things wait until ``at``: on all of them, or on none.

    It takes the place of an earlier plan of that act. Raises NotFoundHere for an unknown key.
    """
    named = find_all(publisher.database, publisher.catalogue(), keys)
    wanted = [
        (found, [Plan(act, found.source_id, guid, at, by, now, reason) for guid in _guids(found)])
        for _, found in named
    ]
    fresh = plans.add(publisher.database, *(one for _, made in wanted for one in made))
    return [_planned(found, made[0], any(one in fresh for one in made)) for found, made in wanted]


def take_back(
    publisher: Publisher, keys: Iterable[str], act: PlannedAct, *, by: str, now: datetime
) -> list[Planned]:
    """Let what was planned of each of these things wait no more: of all of them, or of none.

    Raises NotFoundHere for an unknown key.
    """
    named = find_all(publisher.database, publisher.catalogue(), keys)
    waiting = [(found, _waiting(publisher, found, act)) for _, found in named]
    gone = plans.take_back(
        publisher.database, *(one for _, made in waiting for one in made), by=by, now=now
    )
    told = [(found, [one for one in made if one in gone]) for found, made in waiting]
    return [_planned(found, made[0] if made else None, bool(made)) for found, made in told]


def show_again(
    publisher: Publisher, keys: Iterable[str], *, by: str, now: datetime
) -> tuple[list[Planned], list[Decision]]:
    """Of each of these things, take back that it will be hidden; where it waits for none, its hide.

    Raises what ``curate.undo`` does; then nothing is taken back.
    """
    named = find_all(publisher.database, publisher.catalogue(), keys)
    planned = [key for key, found in named if _waiting(publisher, found, PlannedAct.HIDE)]
    others = [key for key, _ in named if key not in planned]
    # First what may be refused.
    shown = curate.undo(publisher, others, VerdictKind.HIDDEN, by=by, now=now) if others else []
    return take_back(publisher, planned, PlannedAct.HIDE, by=by, now=now), shown


def _guids(found: Found) -> list[str | None]:
    return [stored.post.guid for stored in found.posts] or [None]


def _waiting(publisher: Publisher, found: Found, act: PlannedAct) -> list[Plan]:
    return [
        one
        for guid in _guids(found)
        for one in plans.of(publisher.database, found.source_id, guid)
        if one.act is act
    ]


def _planned(found: Found, plan: Plan | None, changed: bool) -> Planned:
    return Planned(found.title, found.source_id, found.public_id, plan, changed)


def carry_out(publisher: Publisher, now: datetime) -> list[AggregatorError]:
    """Do what is due, and publish; returns what could not be done, and waits on.

    No plan waits for another one; hides come first, as they need the least. A plan is forgotten
    once it is done and published: killed in between, it is done again, which changes nothing.
    Raises AggregatorError where nothing can be asked or published at all.
    """
    troubles: list[AggregatorError] = []
    if not plans.due(publisher.database, now):
        return troubles
    with publisher.output.lock(_LOCK):
        done = []
        due = plans.due(publisher.database, now)
        for one in sorted(due, key=lambda one: one.act is not PlannedAct.HIDE):
            trouble = _contained(publisher, one, now)
            if trouble is None:
                done.append(one)
            else:
                troubles.append(trouble)
        if done:
            publisher.publish_all(now)
        for one in done:
            plans.done(publisher.database, one)
        if any(one.act is PlannedAct.TAKEDOWN for one in done):
            publisher.database.erase_traces()
    return troubles


def _contained(publisher: Publisher, planned: Plan, now: datetime) -> AggregatorError | None:
    """Do one; its trouble is told, not raised."""
    source_id, guid = planned.source_id, planned.guid
    what = source_id if guid is None else public_id_of(source_id, guid)
    told = f"What {planned.by} planned for {what} is not done yet"
    try:
        _do(publisher, planned, now)
    except AggregatorError as error:
        log.error("plan act=%s of=%s outcome=failed error=%s", planned.act.value, what, error)
        return AggregatorError(f"{told}: {error}", advice=error.advice)
    except Exception as error:
        log.exception("plan act=%s of=%s outcome=bug", planned.act.value, what)
        return AggregatorError(f"{told}: Aggregator itself stumbled ({type(error).__name__}).")
    return None


def _do(publisher: Publisher, planned: Plan, now: datetime) -> None:
    log.info("plan act=%s source=%s", planned.act.value, planned.source_id)
    if planned.act is PlannedAct.HIDE:
        _hide(publisher, planned, now)
    elif planned.guid is None:
        takedown.take_down_source(publisher, planned.source_id, planned.by, now)
    else:
        place = (planned.source_id, planned.guid)
        same = [copy.post for copy in _same(publisher, *place)]
        tombstones.take_down_guid(publisher.database, *place, planned.by, now, same)


def _hide(publisher: Publisher, planned: Plan, now: datetime) -> None:
    """As ``hide`` does; also what is not stored by now, for it may come again."""
    source_id, guid = planned.source_id, planned.guid
    same = [] if guid is None else _same(publisher, source_id, guid)
    held = (
        [about_source(publisher, source_id, now)] if guid is None else [one.verdict for one in same]
    )
    if held and all(one is not None and one.kind.hides for one in held):
        return
    fingerprint = same[0].post.fingerprint if same else None
    kind, reason = VerdictKind.HIDDEN, planned.reason
    verdict = Verdict(source_id, guid, kind, planned.by, now, reason, None, fingerprint)
    verdicts.decide(publisher.database, verdict, copies_of=[one.post for one in same])
    hide_missed(publisher, same[:1], same, verdict)


def _same(publisher: Publisher, source_id: str, guid: str) -> list[StoredPost]:
    """A post and its copies, itself the first; none where it is not stored by now."""
    found = posts.find(publisher.database, public_id_of(source_id, guid))
    stored = [one for one in found if one.post.guid == guid]
    return same_posts(publisher.database, publisher.catalogue(), stored)


def waiting_words(publisher: Publisher, timezone: str) -> dict[tuple[str, str | None], str]:
    """By source id and public id (None: the whole source), a sentence on what is planned."""
    told: dict[tuple[str, str | None], str] = {}
    for one in plans.waiting(publisher.database):
        public_id = None if one.guid is None else public_id_of(one.source_id, one.guid)
        key = (one.source_id, public_id)
        told[key] = f"{told[key]} {words(one, timezone)}" if key in told else words(one, timezone)
    return told


def title_of(publisher: Publisher, planned: Plan) -> str | None:
    """How to call the post that is meant; None: the whole source, or a post not stored by now."""
    if planned.guid is None:
        return None
    found = posts.find(publisher.database, public_id_of(planned.source_id, planned.guid))
    return next((one.post.title or one.post.excerpt[:100] for one in found), None) or None


def words(planned: Plan, timezone: str) -> str:
    """As in: Will be hidden on 2026-12-24 00:00, as Ada decided."""
    at = f"{planned.at.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"
    return f"{_WORDS[planned.act]} on {at}, as {planned.by} decided."
