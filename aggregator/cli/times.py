"""Moments as staff read them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.actions.health import Health


@dataclass(frozen=True, slots=True)
class Times:
    """Moments as staff read them: in their own time zone, the year only where it is another one."""

    now: datetime
    timezone: str

    def at(self, moment: datetime | None) -> str:
        """A day and a time."""
        if moment is None:
            return "never"
        zone = ZoneInfo(self.timezone)
        local = moment.astimezone(zone)
        year = "" if local.year == self.now.astimezone(zone).year else f" {local.year}"
        return f"{local.day} {local:%b}{year} {local:%H:%M}"

    def next(self, one: Health) -> str:
        """When a source is visited next, and why then; empty: not at all."""
        if one.next_visit is None:
            return ""
        if one.next_visit <= self.now:
            return "as soon as possible"
        return self.at(one.next_visit) + (f": {one.why}" if one.why else "")
