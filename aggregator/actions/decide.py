"""What an answer, or the lack of one, means for a source: a pure function.

::

    state before the visit, answer or failure, now ─► state after it, what was decided, why then

In: the state before a visit and how it went. Out: a ``Decision``: the state after it, complete.
Not here: when the next visit is (``timing.py``), whether the source is still the same one
(``identity.py``), what becomes of posts (``record.py``).
Rule numbers are those of ``docs/fetching.md``.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.actions import timing
from aggregator.errors import FetchError, Gone, RateLimited, Transient
from aggregator.model import (
    Hints,
    Move,
    Outcome,
    Pace,
    Profile,
    Source,
    Validators,
    VisitState,
)

ADOPTED_AFTER = timedelta(hours=48)
ADOPTED_AFTER_VISITS = 3
"""Rule D3: a permanent redirect is believed once it was seen so often, over so long."""
FAILURES_AT_ADOPTED = 5
"""Rule D7: after so many in a row, an adopted address is given up."""


class Act(StrEnum):
    """What was decided besides the next visit; the state says the rest."""

    ADOPTED = "adopted"
    """Another address is asked from now on: ``adopted`` (rule D3)."""
    GAVE_UP = "gave up"
    """The address of feeds.yaml is asked again, for ``given_up`` failed (rule D7)."""
    STOPPED = "stopped"
    """The address is gone for good, and is asked no more (rule D1)."""
    CAME_BACK = "came back"
    """A stopped source answered a person's visit, and is visited again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a good visit learnt, besides posts."""

    validators: Validators | None
    cursor: bytes | None
    profile: Profile | None
    """None: not read this time; the old one stays."""
    fresh_for: timedelta | None
    changed: bool
    same_body: bool = False
    """A whole 200 whose body was the one of last time."""
    posted: tuple[datetime | None, ...] = ()
    """When the new and edited posts of this visit were published; None: they do not say."""
    hints: Hints | None = None
    """None: not read this time; the old ones stay."""
    moved_to: str | None = None
    """Where unbroken permanent redirects from the asked address led."""
    is_taken: bool = False
    """Whether another source is followed there: then the move is watched and not adopted."""
    wait: timedelta | None = None
    """How long a redirect on the way, or the platform, asked us to stay away (rule C4)."""
    light: bool = False
    """It came from what is made for being asked often, with or without validators."""
    trouble: FetchError | None = None
    """Why it came by a lesser way than staff wanted."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a visit came to."""

    state: VisitState
    acts: tuple[Act, ...]
    why: str
    """Why the next visit is when it is, in plain words that may stand after "because"."""


def after_answer(
    state: VisitState, source: Source, answer: Answer, now: datetime, pace: Pace
) -> Decision:
    """What follows from a visit that brought an answer, changed or not."""
    doubted = state.suspicion is not None  # I9: names and links stay, and what is new is held
    acts = [Act.CAME_BACK] if state.stopped_at is not None and not doubted else []
    adopted, move = _where_it_lives(state, source, answer, now)
    if adopted != state.adopted:
        acts.append(Act.ADOPTED)
    hints = state.hints if answer.hints is None else answer.hints
    trouble = answer.trouble
    after = replace(
        state,
        validators=answer.validators,
        cursor=answer.cursor,
        profile=state.profile if doubted else answer.profile or state.profile,
        hints=hints if hints != Hints() else None,
        lapses=0,
        visits=state.visits + 1,
        last_visit=now,
        last_ok=now,
        outcome=_outcome(answer, doubted=doubted),
        error_kind=trouble.kind if trouble else None,
        error_text=str(trouble) if trouble else None,
        error_advice=trouble.advice if trouble else None,
        error_streak=0,
        failing_since=_since(state, trouble, now) if trouble else None,
        gone_answers=0,
        stopped_at=state.stopped_at if doubted else None,
        same_body_streak=state.same_body_streak + 1 if answer.same_body else 0,
        wait_until=now + min(answer.wait, pace.longest_wait) if answer.wait else None,
        adopted=adopted,
        move=move,
    )
    first = state.last_visit is None
    due = timing.after_answer(
        after,
        source,
        answer.posted,
        answer.fresh_for,
        now,
        pace,
        first=first,
        light=answer.light,
    )
    return Decision(replace(after, next_due=due.at), tuple(acts), due.why)


def _outcome(answer: Answer, *, doubted: bool) -> Outcome:
    if not answer.changed:
        return Outcome.UNCHANGED
    return Outcome.HELD if doubted else Outcome.CHANGED


def _where_it_lives(
    state: VisitState, source: Source, answer: Answer, now: datetime
) -> tuple[str | None, Move | None]:
    """The address to ask from now on, None for that of feeds.yaml, and the move under watch.

    Only a visit that ended in a valid feed comes here, so a permanent redirect to what is no feed
    is never a move (D6). One visit without the redirect, and counting starts anew (D7). An account
    has no address that could move: where its platform keeps its feed is the connector's to know.
    """
    if "://" not in source.address:
        return None, None
    asked, moved_to = state.adopted or source.address, answer.moved_to
    if moved_to is None or moved_to in {asked, state.given_up}:
        return state.adopted, None
    if asked.startswith("https:") and not moved_to.startswith("https:"):
        return state.adopted, None  # followed, but we do not give up encryption for good
    move = state.move
    if move is None or move.address != moved_to or move.since > now:
        return state.adopted, Move(moved_to, now)
    move = replace(move, seen=move.seen + 1)
    if answer.is_taken or not is_believed(move, now) or state.suspicion is not None:
        return state.adopted, move
    if moved_to == source.address:
        return None, None
    return moved_to, None


def is_believed(move: Move, now: datetime) -> bool:
    """Whether it was seen often enough, over long enough (rule D3)."""
    return move.seen >= ADOPTED_AFTER_VISITS and now - move.since >= ADOPTED_AFTER


def after_failure(state: VisitState, error: FetchError, now: datetime, pace: Pace) -> Decision:
    """What follows from a visit that brought nothing: validators, cursor and posts stay (B7)."""
    gone_answers = state.gone_answers + 1 if isinstance(error, Gone) else 0
    asked = timing.asked_wait(error, pace)
    after = replace(
        state,
        lapses=0,
        visits=state.visits + 1,
        last_visit=now,
        outcome=Outcome.FAILED,
        error_kind=error.kind,
        error_text=str(error),
        error_advice=error.advice,
        error_streak=state.error_streak + 1,
        failing_since=_since(state, error, now),
        gone_answers=gone_answers,
        wait_until=now + asked if asked else None,
        # Where a redirect ends in a refusal or in no feed, it is no move (D6).
        move=state.move if isinstance(error, Transient) else None,
    )
    acts = []
    if _is_past_hope(after, error, now):
        if after.adopted is not None:
            acts.append(Act.GAVE_UP)
            after = replace(after, adopted=None, given_up=after.adopted, gone_answers=0)
        elif after.stopped_at is None:
            acts.append(Act.STOPPED)
            after = replace(after, stopped_at=now)
    due = timing.after_failure(after, error, now, pace, fell_back=Act.GAVE_UP in acts)
    return Decision(replace(after, next_due=due.at), tuple(acts), due.why)


def _since(state: VisitState, error: FetchError, now: datetime) -> datetime:
    """When the first of the failures in a row came that were of this kind."""
    if state.failing_since is None or state.error_kind != error.kind:
        return now
    return min(state.failing_since, now)


def _is_past_hope(after: VisitState, error: FetchError, now: datetime) -> bool:
    """Whether the address that was asked is not worth asking any more (D1, D7).

    A server that asks for patience is none of these (C5).
    """
    since = after.failing_since or now
    if after.gone_answers > 1 and now - since >= timing.CONFIRMED_AFTER:
        return True
    many = after.error_streak >= FAILURES_AT_ADOPTED and not isinstance(error, RateLimited)
    return many and after.adopted is not None
