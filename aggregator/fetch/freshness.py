"""What an answer says about time: how long it is fresh, when to come back.

In: header fields and ``now``. Out: spans of time, or None where nothing usable is said.
Specification: RFC 9111, section 4.2; RFC 9110, sections 5.6.7 and 10.2.3; rules C3 and C4. Fields
of allowances have no standard yet: they are read as the platforms document theirs.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"[0-9]+")
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?([0-9]+)\"?\s*(?=,|$)", re.IGNORECASE)
_NOT_FRESH = re.compile(r"(?:^|,)\s*(?:no-cache|no-store)\s*(?:=|,|$)", re.IGNORECASE)

_LONGEST = 2**31
"""Larger numbers of seconds count as this one (RFC 9111, section 1.2.2)."""
_ALLOWANCES = ("x-ratelimit", "ratelimit", "x-rate-limit")
"""What the fields begin with on Mastodon, on Bluesky and on X."""
_A_DATE = 10**9
"""From here on a number counts the seconds since 1970, and below it those from now on."""


def fresh_for(fields: Mapping[str, str], now: datetime) -> timedelta | None:
    """How much longer an answer that came at ``now`` stays fresh; never zero or less.

    max-age, less Age, beats Expires, less Date. Garbage is as if absent.
    """
    cache_control = fields.get("cache-control", "")
    if _NOT_FRESH.search(cache_control):
        return None
    max_age = _MAX_AGE.search(cache_control)
    if max_age is not None:
        left = _seconds(max_age[1]) - (_read_seconds(fields.get("age", "")) or timedelta())
    else:
        expires = read_date(fields.get("expires", ""))
        if expires is None:
            return None
        left = expires - (read_date(fields.get("date", "")) or now)
    return left if left > timedelta() else None


def retry_after(text: str, now: datetime) -> timedelta | None:
    """The wait of a Retry-After field: seconds, or until a date.

    None for a date in the past and for garbage.
    """
    wait = _read_seconds(text)
    if wait is None:
        until = read_date(text)
        wait = until - now if until is not None else timedelta()
    return wait if wait > timedelta() else None


def renewed_in(
    fields: Mapping[str, str], now: datetime, *, refused: bool = False
) -> timedelta | None:
    """How long until an allowance of requests that is used up is renewed.

    None where some of it is left or nothing is said. ``refused``: it is used up, whatever is said.
    """
    waits = [
        _until(fields.get(f"{name}-reset", ""), now)
        for name in _ALLOWANCES
        if refused or fields.get(f"{name}-remaining", "").strip() == "0"
    ]
    return max(filter(None, waits), default=None)


def _until(text: str, now: datetime) -> timedelta | None:
    """A reset: in seconds, or at a time that is written as seconds since 1970 or in ISO 8601."""
    wait = _read_seconds(text)
    try:
        if wait is None:
            wait = datetime.fromisoformat(text.strip()) - now
        elif wait >= timedelta(seconds=_A_DATE):
            wait = datetime.fromtimestamp(wait.total_seconds(), UTC) - now
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return None
    return min(wait, timedelta(seconds=_LONGEST)) if wait > timedelta() else None


def read_date(text: str) -> datetime | None:
    """A date of HTTP, in any of its three forms, in UTC; None where it is none."""
    try:
        date = parsedate_to_datetime(text)
        # The oldest of the forms, asctime's, has no zone: all of HTTP's times are in UTC.
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _read_seconds(text: str) -> timedelta | None:
    return _seconds(text.strip()) if _SECONDS.fullmatch(text.strip()) else None


def _seconds(digits: str) -> timedelta:
    return timedelta(
        seconds=_LONGEST if len(digits) > len(str(_LONGEST)) else min(int(digits), _LONGEST)
    )
