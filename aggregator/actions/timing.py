"""When a source is visited next: pure functions from what was known, what came, and now.

In: the state before a visit and how it went. Out: the state after it, complete.
Not here: how fast one host is asked (``fetch/pace.py``), who asks what is due (``clock.py``).
Rule numbers are those of ``docs/fetching.md``.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.errors import Denied, FetchError, Gone, NotFound, RateLimited
from aggregator.model import Outcome, Pace, Profile, Source, Validators, VisitState

SAME_BODY_LIMIT = 5
"""Rule B11: a server that sent the same body so often running ignores conditions."""
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONGEST_BACKOFF = timedelta(days=7)


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


def after_answer(
    state: VisitState, source: Source, answer: Answer, now: datetime, pace: Pace
) -> VisitState:
    """The state after a visit that brought an answer, changed or not."""
    streak = state.same_body_streak + 1 if answer.same_body else 0
    return replace(
        state,
        validators=answer.validators,
        cursor=answer.cursor,
        profile=answer.profile or state.profile,
        next_due=now + _interval(source, answer, streak, pace),
        lapses=0,
        last_visit=now,
        last_ok=now,
        outcome=Outcome.CHANGED if answer.changed else Outcome.UNCHANGED,
        error_kind=None,
        error_text=None,
        error_advice=None,
        error_streak=0,
        same_body_streak=streak,
        wait_until=None,
    )


def _interval(source: Source, answer: Answer, same_bodies: int, pace: Pace) -> timedelta:
    wanted = source.every or pace.interval
    if answer.validators is None:
        wanted = max(wanted, pace.interval_without_validators)  # B9
    elif same_bodies >= SAME_BODY_LIMIT:
        wanted *= 2  # B11
    if answer.fresh_for is not None:
        wanted = max(wanted, min(answer.fresh_for, pace.longest))  # C3, C8
    return max(wanted, pace.floor)


def after_failure(state: VisitState, error: FetchError, now: datetime, pace: Pace) -> VisitState:
    """The state after a visit that brought nothing: validators, cursor and posts stay (B7)."""
    streak = state.error_streak + 1
    wait = _asked_wait(error, pace)
    return replace(
        state,
        next_due=now + max(pace.floor, wait or _backoff(error, streak, pace)),
        lapses=0,
        last_visit=now,
        outcome=Outcome.FAILED,
        error_kind=error.kind,
        error_text=str(error),
        error_advice=error.advice,
        error_streak=streak,
        wait_until=now + wait if wait else None,
    )


def _asked_wait(error: FetchError, pace: Pace) -> timedelta | None:
    """Rule C4, with the floor and the cap of the defaults table."""
    if error.retry_after is None:
        return None
    least = pace.interval if isinstance(error, RateLimited) else pace.floor
    return max(least, min(error.retry_after, pace.longest_wait))


def _backoff(error: FetchError, streak: int, pace: Pace) -> timedelta:
    """Rules C5 and C6: doubling, from one interval up to a day, or to a week where nobody is in."""
    if isinstance(error, Gone):
        return max(_DAY, pace.floor)  # D1
    first = 2 * pace.interval if isinstance(error, RateLimited) else pace.interval
    longest = _LONGEST_BACKOFF if isinstance(error, NotFound | Denied) else _DAY
    return min(first * (1 << min(streak - 1, 12)), longest)


def held_off(state: VisitState, now: datetime, pace: Pace, *, floor_waived: bool) -> str | None:
    """Why even a person's ``refresh --force`` must not visit now; None: it may.

    What a server asked for beats everything (C4); the floor (C2) holds except where the
    operator's own networks are visited.
    """
    if state.wait_until is not None and now < state.wait_until:
        return f"its server asked us to wait until {state.wait_until:%Y-%m-%d %H:%M} UTC"
    if state.last_visit is not None and not floor_waived:
        free = state.last_visit + pace.floor
        if now < free:
            minutes = -(-(free - now) // timedelta(minutes=1))
            return (
                "no address is asked twice within "
                f"{pace.floor // timedelta(minutes=1)} minutes; {minutes} to go"
            )
    return None
