"""What ``status`` says of a source whose platform bills what is read, in plain words; pure.

Months are those of UTC, as platforms count them; days are told in the site's time zone.
Not here: what keeps a connector from reading more (its platform's own file).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_WARN_AT = 0.8
"""Of what may be read."""
_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much was read of a source this month, and how much may be."""

    read: int
    allowed: int


def budget_words(budget: Budget, now: datetime, timezone: str) -> tuple[str, str]:
    """How it stands, and what staff should do; the second is empty where all is well."""
    month = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    anew = (month + _MONTH).replace(day=1)
    if budget.read >= budget.allowed:
        return (
            f"All {budget.allowed:,} reads of this month are spent; it is read again from "
            f"{_day(anew, timezone)} on.",
            "If that is too late, allow more in its options (reads_per_month).",
        )
    words = f"Read {budget.read:,} of {budget.allowed:,} this month"
    if budget.read < _WARN_AT * budget.allowed:
        return f"{words}.", ""
    ends = month + (now - month) * (budget.allowed / budget.read)
    if ends >= anew:
        return f"{words}; at this rate it lasts.", ""
    return (
        f"{words}; at this rate it lasts until {_day(ends, timezone)}.",
        "Have it visited less often (every), or allow more in its options (reads_per_month).",
    )


def _day(moment: datetime, timezone: str) -> str:
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%B}"
