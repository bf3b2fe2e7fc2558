"""A date as a feed wrote it, beside what the parser makes of it.

Not here: whether it can be believed, and what it means where the parser is wrong:
``normalise/dates.py`` has the last word.
"""

import calendar
import contextlib
import re
from datetime import UTC, datetime

from aggregator.connectors import _limits
from aggregator.model import RawDate

_ISO = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_RFC_822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(?P<day>\d\d?) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) "
    r"(?P<clock>\d\d:\d\d:\d\d) (?:GMT|UTC|(?P<offset>[+-]\d{4}))",
    re.ASCII,
)
_MONTHS = {
    name: f"{number:02}"
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}


def raw_date(value: object) -> RawDate | None:
    """A date and its moment in UTC, to the second; None where there is no text."""
    said = _limits.line(value)
    return RawDate(said, _moment(said)) if said else None


def _moment(said: str) -> datetime | None:
    for reading in (_in_usual_form, _in_any_form):
        with contextlib.suppress(ValueError, OverflowError, OSError):  # no such day or hour
            if moment := reading(said):
                return moment
    return None


def _in_usual_form(said: str) -> datetime | None:
    """As Atom has it (RFC 3339), or RSS (RFC 822 with four digits of the year)."""
    if found := _ISO.fullmatch(said):
        return datetime.fromisoformat(f"{found[1]}{found[2]}").astimezone(UTC)
    if (found := _RFC_822.fullmatch(said)) and found["month"] in _MONTHS:
        day = f"{found['year']}-{_MONTHS[found['month']]}-{int(found['day']):02}"
        moment = datetime.fromisoformat(f"{day}T{found['clock']}{found['offset'] or 'Z'}")
        return moment.astimezone(UTC)
    return None


def _in_any_form(said: str) -> datetime | None:
    from feedparser.datetimes import _parse_date  # noqa: PLC0415 - slow, and seldom needed

    parsed = _parse_date(said)
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
