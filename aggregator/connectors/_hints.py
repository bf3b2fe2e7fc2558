"""What a feed says about when to ask for it: texts to ``Hints`` (rule C9).

Follows RSS 2.0 (``ttl``, ``skipHours``, ``skipDays``) and the syndication module of RSS 1.0
(``updatePeriod``, ``updateFrequency``).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from aggregator.model import Hints

_NUMBER = re.compile(r"[0-9]{1,9}")
_PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
_LONGEST = _PERIODS["yearly"]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(slots=True)
class Asks:
    """The texts as the feed has them; None or nothing: it has none."""

    ttl: str | None = None
    period: str | None = None
    frequency: str | None = None
    hours: Iterable[str] = ()
    days: Iterable[str] = ()

    def hints(self) -> Hints:
        """What they mean; garbage counts as nothing."""
        spans = (span for span in (self._time_to_live(), self._period()) if span)
        interval = max(spans, default=None)
        return Hints(
            min(interval, _LONGEST) if interval else None,
            # 24 is midnight, too, in feeds that follow Netscape's older text.
            frozenset(hour % 24 for one in self.hours if 0 <= (hour := _number(one)) <= 24),  # noqa: PLR2004
            frozenset(_DAYS.index(day) for one in self.days if (day := _word(one)) in _DAYS),
        )

    def _time_to_live(self) -> timedelta | None:
        minutes = _number(self.ttl)
        return timedelta(minutes=minutes) if minutes > 0 else None

    def _period(self) -> timedelta | None:
        """Where only one of the two is said, the other is as the module has it: daily, once."""
        if self.period is None and self.frequency is None:
            return None
        period = _PERIODS.get(_word(self.period or "daily"))
        times = _number(self.frequency or "1")
        return period / times if period and times > 0 else None


def _number(text: str | None) -> int:
    """A whole number without a sign; -1 for anything else."""
    written = (text or "").strip()
    return int(written) if _NUMBER.fullmatch(written) else -1


def _word(text: str) -> str:
    return text.strip().lower()
