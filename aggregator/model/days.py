"""Days as people count them: those of a time zone, from midnight to midnight."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_of(moment: datetime, timezone: str) -> date:
    """The day on which a moment lies; ``timezone`` is an IANA name."""
    return moment.astimezone(ZoneInfo(timezone)).date()


def days_before(end: datetime, today: date, timezone: str) -> int:
    """How many midnights lie before ``end``; 0 or less: it is today, or past."""
    return (day_of(end, timezone) - today).days
