"""When staff are not disturbed, and when the day's digest is due; pure.

Hours are those of the site's time zone, also on days on which its clocks change.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` up to ``end``, over midnight where that comes first."""

    begin: time
    end: time

    def over(self, now: datetime, timezone: str) -> datetime:
        """When something that is known now may be told: now, or when they end."""
        local = now.astimezone(ZoneInfo(timezone))
        told = local.time()
        over_midnight = self.end < self.begin
        if over_midnight and told >= self.begin:
            return self._end_on(local.date() + timedelta(days=1), timezone)
        if told < self.end and (over_midnight or told >= self.begin):
            return self._end_on(local.date(), timezone)
        return now

    def _end_on(self, day: date, timezone: str) -> datetime:
        return datetime.combine(day, self.end, ZoneInfo(timezone)).astimezone(UTC)


def read_quiet_hours(written: str) -> QuietHours | None:
    """``22-7`` or ``21:30-6:45``; None where nothing is written. Raises ValueError."""
    if not written.strip():
        return None
    begin, _, end = written.partition("-")
    hours = QuietHours(read_time(begin), read_time(end))
    if hours.begin == hours.end:
        raise ValueError("begin and end are the same")
    return hours


def read_time(written: str) -> time:
    """``8``, ``8:00`` or ``08:00``. Raises ValueError."""
    hour, _, minute = written.strip().partition(":")
    return time(int(hour), int(minute or 0))


def digest_day(now: datetime, at: time, timezone: str) -> date | None:
    """The day whose digest is due by now; None: not yet today."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.date() if local.time() >= at else None
