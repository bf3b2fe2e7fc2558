"""When a platform begins to count our requests anew.

Not here: how its refusals are told apart (each platform's own file), who waits (``actions/``).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo

from aggregator.connectors._dates import raw_date


def next_midnight(moment: datetime, zone: tzinfo) -> datetime:
    """The end of the day there, in UTC. Raises OverflowError after the last day of all."""
    following = moment.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(following, time(), zone).astimezone(UTC)


def until_midnight(headers: Mapping[str, str]) -> timedelta | None:
    """What is left of the day in UTC, by the platform's own clock; None: it tells no time."""
    date = raw_date(headers.get("date"))
    if date is None or date.parsed is None:
        return None
    try:
        return next_midnight(date.parsed, UTC) - date.parsed
    except OverflowError:
        return None
