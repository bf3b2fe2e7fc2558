"""When a source is visited next: pure functions from what was known, what came, and now.

In: the state before a visit and how it went. Out: the state after it, complete.
Not here: how fast one host is asked (``fetch/pace.py``), who asks what is due (``clock.py``).
Rule numbers are those of ``docs/fetching.md``.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import sqrt

from aggregator.errors import Denied, FetchError, Gone, NotFound, RateLimited
from aggregator.model import LATELY, Outcome, Pace, Profile, Source, Validators, VisitState

SAME_BODY_LIMIT = 5
"""Rule B11: a server that sent the same body so often running ignores conditions."""
_AT_ONE_A_DAY = timedelta(hours=2.6)
"""Rule J1: between visits of a source that posts once a day."""
_DOUBT_POSTS = 0.5
_DOUBT = timedelta(days=7)
"""What J1 adds to the posts and to the time in which they came: little is known of a new source,
and nothing of when a silent one will speak again."""
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
    posted: tuple[datetime | None, ...] = ()
    """When the new and edited posts of this visit were published; None: they do not say."""


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
        next_due=now + _interval(state, source, answer, streak, now, pace),
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


def _interval(
    state: VisitState, source: Source, answer: Answer, same_bodies: int, now: datetime, pace: Pace
) -> timedelta:
    chance = _chance(state, now)
    wanted = source.every or _by_rate(posts_per_day(state, answer.posted, now), pace)
    least = pace.floor
    if answer.validators is None:
        least = max(least, _later(pace.interval_without_validators, chance))  # B9
    elif same_bodies >= SAME_BODY_LIMIT:
        wanted *= 2  # B11
    if answer.fresh_for is not None:
        least = max(least, min(answer.fresh_for, pace.longest))  # C3, C8
    # C11: sources that came together, as in an import, part at their first visit.
    spread = chance if state.last_visit is None else 0.95 + chance / 10
    return max(wanted * spread, least)


def posts_per_day(state: VisitState, posted: tuple[datetime | None, ...], now: datetime) -> float:
    """Rule J1: how often a source posts, by what is stored of it and what this visit brought.

    An edited post counts twice until the next claim counts anew, which moves one visit a little.
    """
    moments = [min(moment or now, now) for moment in posted]
    recent = state.posts_lately + sum(moment > now - LATELY for moment in moments)
    oldest = min([state.oldest_post or now, now, *moments])
    known_for = min(now - oldest, LATELY)
    return (recent + _DOUBT_POSTS) / ((known_for + _DOUBT) / _DAY)


def _by_rate(rate: float, pace: Pace) -> timedelta:
    """The square root makes posts wait least on average for a given number of requests (J1)."""
    return min(max(_AT_ONE_A_DAY / sqrt(rate), pace.shortest), pace.slowest)


def _chance(state: VisitState, now: datetime) -> float:
    """From 0 up to 1, as if thrown, but always the same for one visit of one source."""
    visit = f"{state.source_id} {now.isoformat()}".encode()
    return int.from_bytes(hashlib.blake2b(visit, digest_size=4).digest()) / (1 << 32)


def _later(wait: timedelta, chance: float) -> timedelta:
    """A wait that must not be shortened, spread all the same: up to a tenth longer."""
    return wait * (1 + chance / 10)


def after_failure(state: VisitState, error: FetchError, now: datetime, pace: Pace) -> VisitState:
    """The state after a visit that brought nothing: validators, cursor and posts stay (B7)."""
    streak = state.error_streak + 1
    asked = _asked_wait(error, pace)
    wait = asked or _later(_backoff(error, streak, pace), _chance(state, now))
    return replace(
        state,
        next_due=now + max(pace.floor, wait),
        lapses=0,
        last_visit=now,
        outcome=Outcome.FAILED,
        error_kind=error.kind,
        error_text=str(error),
        error_advice=error.advice,
        error_streak=streak,
        wait_until=now + asked if asked else None,
    )


def _asked_wait(error: FetchError, pace: Pace) -> timedelta | None:
    """Rule C4, with the floor and the cap of the defaults table."""
    if error.retry_after is None:
        return None
    least = pace.shortest if isinstance(error, RateLimited) else pace.floor
    return max(least, min(error.retry_after, pace.longest_wait))


def _backoff(error: FetchError, streak: int, pace: Pace) -> timedelta:
    """Rules C5 and C6: doubling, from the shortest up to a day, or a week where nobody is in."""
    if isinstance(error, Gone):
        return _DAY  # D1
    first = 2 * pace.shortest if isinstance(error, RateLimited) else pace.shortest
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
