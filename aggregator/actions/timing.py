"""When a source is visited next, and why then: pure functions of what is remembered, and now.

In: the state as a visit left it. Out: a ``Due``.
Not here: what else an answer means (``decide.py``), how fast one host is asked
(``fetch/pace.py``), who asks what is due (``clock.py``).
Rule numbers are those of ``docs/fetching.md``.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import NamedTuple

from aggregator.errors import (
    Denied,
    FetchError,
    Gone,
    NoSuchName,
    NotFound,
    RateLimited,
)
from aggregator.model import LATELY, Hints, Pace, Source, VisitState

SAME_BODY_LIMIT = 5
"""Rule B11: a server that sent the same body so often running ignores conditions."""
CONFIRMED_AFTER = timedelta(days=14)
"""Rule D1: an address that still says 410 then is not asked any more."""
_AT_ONE_A_DAY = timedelta(hours=2.6)
"""Rule J1: between visits of a source that posts once a day."""
_DOUBT_POSTS = 0.5
_DOUBT = timedelta(days=7)
"""What J1 adds to the posts and to the time in which they came: little is known of a new source,
and nothing of when a silent one will speak again."""
_YEAR = timedelta(days=365)
_SILENCE = 100
"""After a year, a hundredth of the silence is waited: nobody notices such a delay."""
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_MONTH = timedelta(days=30)
_WEEK = timedelta(days=7)
_GIVEN_TIME = timedelta(days=90)
"""Rule D2: what is refused or missing for longer is tried once a month."""


class Due(NamedTuple):
    """When, and why then."""

    at: datetime
    why: str
    """Plain words that may stand after "because"."""


class _Wait(NamedTuple):
    """The same, counted from now."""

    span: timedelta
    why: str


# --- after an answer -------------------------------------------------------------------------


def after_answer(
    state: VisitState,
    source: Source,
    posted: Iterable[datetime | None],
    fresh_for: timedelta | None,
    now: datetime,
    pace: Pace,
    *,
    first: bool,
    light: bool = False,
) -> Due:
    """The next visit after a good one that left ``state``.

    ``posted``: when the new and edited posts of this visit were published; None: they do not say.
    ``fresh_for``: how long the server says that nothing will be new. ``first``: it was the first
    visit; sources that came together, as in an import, part there (rule C11). ``light``: to answer
    costs the server little, with or without validators.
    """
    chance = _chance(state, now)
    if source.every is not None:
        wanted = _Wait(source.every, "feeds.yaml says how often")
    else:
        wanted = _by_rhythm(state, posted, now, pace)
    if state.same_body_streak >= SAME_BODY_LIMIT and state.validators is not None:
        wanted = _Wait(2 * wanted.span, "its server sends everything each time, so half as often")
    longest = max(wanted.span, pace.dormant)
    spread = chance if first else 0.95 + chance / 10
    waits = [wanted._replace(span=min(wanted.span * spread, longest))]
    hints = state.hints
    if hints is not None and hints.interval is not None:
        asked = min(hints.interval, pace.longest)
        waits.append(_Wait(asked, "the feed itself asks for no more visits than that"))  # C9, C8
    if state.validators is None and not light:
        rare = _later(pace.interval_without_validators, chance)
        waits.append(_Wait(rare, "its server cannot say that nothing is new, so once a day"))  # B9
    if state.pushed:
        waits.append(_Wait(pace.while_pushed, "a hub brings what is new"))  # E6
    if state.wait_until is not None:
        waits.append(_Wait(state.wait_until - now, "its server asked us to wait until then"))  # C4
    if fresh_for is not None:
        fresh = min(fresh_for, pace.longest)
        waits.append(_Wait(fresh, "its server says that nothing will be new before"))  # C3, C8
    return _due(waits, hints, chance, now, pace)


def _by_rhythm(
    state: VisitState, posted: Iterable[datetime | None], now: datetime, pace: Pace
) -> _Wait:
    """Rule J1, and the dormant of the defaults table."""
    moments = [min(moment or now, now) for moment in posted]
    rate = posts_per_day(state, moments, now)
    # The square root makes posts wait least on average for a given number of requests (J1).
    interval = min(max(_AT_ONE_A_DAY / sqrt(rate), pace.shortest), pace.slowest)
    newest = max([*moments, *filter(None, [state.newest_post])], default=now)
    if state.posts_lately == 0 and now - newest >= _YEAR:
        rare = max(interval, min((now - newest) / _SILENCE, pace.dormant))
        return _Wait(rare, f"it has not posted for {(now - newest).days} days")
    return _Wait(interval, f"it posts {_often(rate)}")


def posts_per_day(state: VisitState, posted: Iterable[datetime | None], now: datetime) -> float:
    """Rule J1: how often a source posts, by what is stored of it and what a visit brought.

    An edited post counts twice until the next claim counts anew, which moves one visit a little.
    """
    moments = [min(moment or now, now) for moment in posted]
    recent = state.posts_lately + sum(moment > now - LATELY for moment in moments)
    oldest = min([state.oldest_post or now, now, *moments])
    known_for = min(now - oldest, LATELY)
    return (recent + _DOUBT_POSTS) / ((known_for + _DOUBT) / _DAY)


_TIMES = {1: "once", 2: "twice"}


def _often(rate: float) -> str:
    """A rate a day in words."""
    for days, unit in ((1, "day"), (7, "week")):
        if rate * days >= 1:
            times = round(rate * days)
            return f"about {_TIMES.get(times, f'{times} times')} a {unit}"
    return "less than once a week"


# --- after a failure -------------------------------------------------------------------------


def after_failure(
    state: VisitState, error: FetchError, now: datetime, pace: Pace, *, fell_back: bool
) -> Due:
    """The next visit after one that brought nothing and left ``state``.

    ``fell_back``: the next visit asks another address than this one did.
    """
    chance = _chance(state, now)
    waits = []
    if state.stopped_at is not None:
        waits.append(_Wait(_MONTH, "it is asked only when a person says so"))
    elif isinstance(error, Gone):
        waits.append(_confirmation(state, now, chance))
    elif fell_back:
        waits.append(_Wait(pace.shortest, "its old address is tried instead"))
    else:
        waits.append(_backoff(state, error, now, pace, chance))
    if (asked := asked_wait(error, pace)) is not None:
        if isinstance(error, RateLimited):
            waits.clear()  # the server knows better than our doubling
        waits.append(_Wait(asked, "its server asked us to wait until then"))
    return _due(waits, state.hints, chance, now, pace)


def asked_wait(error: FetchError, pace: Pace) -> timedelta | None:
    """Rule C4, with the floor and the cap of the defaults table."""
    if error.retry_after is None:
        return None
    least = pace.shortest if isinstance(error, RateLimited) else pace.floor
    return max(least, min(error.retry_after, pace.longest_wait))


def _confirmation(state: VisitState, now: datetime, chance: float) -> _Wait:
    """Rule D1: once after a day, and once at the end of the time."""
    wait = _later(_DAY, chance)
    if state.gone_answers > 1 and state.failing_since is not None:
        wait = max(wait, state.failing_since + CONFIRMED_AFTER - now)
    return _Wait(wait, "its address says that it is gone for good, which is asked once more")


def _backoff(
    state: VisitState, error: FetchError, now: datetime, pace: Pace, chance: float
) -> _Wait:
    """Rules C5, C6 and D2: doubling up to a day, or to a week where nobody is in."""
    doubled = 1 << min(state.error_streak - 1, 12)
    if isinstance(error, RateLimited):
        asked_less = min(2 * pace.shortest * doubled, _DAY)
        return _Wait(_later(asked_less, chance), "its server asked us to come less often")
    refused = isinstance(error, NotFound | Denied)
    if refused and state.failing_since is not None and now - state.failing_since >= _GIVEN_TIME:
        return _Wait(_later(_MONTH, chance), f"nothing else came for {_GIVEN_TIME.days} days")
    longest = _WEEK if refused or isinstance(error, NoSuchName) else _DAY
    wait = min(pace.shortest * doubled, longest)
    streak = state.error_streak
    times = "once" if streak == 1 else f"{_TIMES.get(streak, f'{streak} times')} in a row"
    return _Wait(wait * (0.9 + chance / 5), f"it failed {times}")


# --- common to both --------------------------------------------------------------------------


def _due(waits: list[_Wait], hints: Hints | None, chance: float, now: datetime, pace: Pace) -> Due:
    """The longest of the waits counts, and the floor under all of them (rule C2)."""
    minutes = pace.floor // timedelta(minutes=1)
    floor = _Wait(pace.floor, f"no address is asked twice within {minutes} minutes")
    longest = max([*waits, floor], key=lambda wait: wait.span)
    at = now + longest.span
    free = _out_of_skips(at, hints, chance)
    if free != at:
        return Due(free, "the feed asks not to be visited at the hours before")
    return Due(at, longest.why)


def put_off(state: VisitState, now: datetime) -> datetime | None:
    """Until when a due source is left alone all the same (rule C9); None: it may be asked."""
    if state.hints is None:
        return None
    free = _out_of_skips(now, state.hints, _chance(state, now))
    return free if free != now else None


def _out_of_skips(moment: datetime, hints: Hints | None, chance: float) -> datetime:
    """The same moment, or one in the first hour that the feed does not ask to skip."""
    if hints is None or not (hints.skip_hours or hints.skip_days):
        return moment
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    for later in range(8 * 24):
        at = hour + later * _HOUR
        if at.hour not in hints.skip_hours and at.weekday() not in hints.skip_days:
            return at + chance * _HOUR if later else moment
    return moment  # it asks to skip all of the week, which no server may (C8)


def _chance(state: VisitState, now: datetime) -> float:
    """From 0 up to 1, as if thrown, but always the same for one visit of one source."""
    visit = f"{state.source_id} {now.isoformat()}".encode()
    return int.from_bytes(hashlib.blake2b(visit, digest_size=4).digest()) / (1 << 32)


def _later(wait: timedelta, chance: float) -> timedelta:
    """A wait that must not be shortened, spread all the same: up to a tenth longer."""
    return wait * (1 + chance / 10)


def held_off(state: VisitState, now: datetime, pace: Pace, *, floor_waived: bool) -> str | None:
    """Why even a person's ``refresh --force`` must not visit now; None: it may.

    What a server asked for beats everything (C4); the floor (C2) holds except where the
    operator's own networks are visited. What the clock wrote before it was set back (J5) counts
    no longer than it could be true.
    """
    until = state.wait_until
    if until is not None and now < until <= now + pace.longest_wait:
        return f"its server asked us to wait until {until:%Y-%m-%d %H:%M} UTC"
    last = state.last_visit
    if last is not None and last <= now < last + pace.floor and not floor_waived:
        minutes = -(-(last + pace.floor - now) // timedelta(minutes=1))
        return (
            "no address is asked twice within "
            f"{pace.floor // timedelta(minutes=1)} minutes; {minutes} to go"
        )
    return None
