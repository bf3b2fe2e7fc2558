"""Dates as feeds write them: RFC 822 and its kin, ISO 8601 and its kin, and bare counts of seconds.

Out: aware UTC, or a flag that says why not. A date without a zone is read as UTC, one without a
time as midnight. Our reading wins over the parser's wherever it takes in the whole string: the
parser reads several zone names as UTC, and some notations wrongly.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from aggregator.model import DateFlag, RawDate

_LONGEST = 100
_ANCIENT = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(hours=24)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# What nearly all feeds write. Only what the general way below understands in the same sense.
_USUAL_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_RFC_3339 = re.compile(
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}t{_USUAL_CLOCK}(?:\.[0-9]{{1,6}})?"
    r"(?:z|[+-](?:0[0-9]|1[0-5]):[0-5][0-9])"
)
_RFC_822 = re.compile(
    rf"(?:[a-z]{{3}}, )?([0-9]{{1,2}}) ([a-z]{{3}}) ([0-9]{{4}}) ({_USUAL_CLOCK})"
    r" (gmt|[+-][0-9]{4})"
)

_COMMENT = re.compile(r"\([^()]*\)")
# The time of day is found first and taken out; what is left must then be a date and nothing else.
_CLOCK = re.compile(
    r"(?:(?<=[0-9])t|[\s,]+(?:at\s+|t)?)"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]+))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?(?:\s*(?P<zone>[a-z]+(?:\s?[+-][0-9:]+)?|[+-][0-9:]+))?"
    r"(?=\s|$)"
)
_LATE_ZONE = re.compile(r"\s*(?P<zone>\b[a-z]{3}|(?<=[0-9])z|[+-][0-9]{2}:[0-9]{2})$")
_OFFSET = re.compile(
    r"(?:z|ut|utc|gmt)?\s?(?P<sign>[+-])(?P<hours>[0-9]{1,2}):?(?P<minutes>[0-9]{2})?"
)

_WEEKDAY = r"(?:[^\W\d_]+[\s.,]+)?"
_MONTH = r"(?P<month>[^\W\d_]{3,10})\.?"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        # RFC 822 section 5.1, RFC 2822 section 3.3, RFC 850: "fri, 10-jan-20"
        rf"{_WEEKDAY}(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th|\.)?[\s-]*(?:de\s+)?{_MONTH}"
        r"[\s,-]*(?:de\s+)?(?P<year>[0-9]{2,4})",
        # "january 10, 2020", and what is left of C's asctime, "fri jan 10 2020"
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>[0-9]{{4}})",
        # ISO 8601, W3CDTF, and with other marks
        r"(?P<year>[0-9]{4})(?:(?P<mark>[-/.])(?P<month>[0-9]{1,2})"
        r"(?:(?P=mark)(?P<day>[0-9]{1,2}))?)?",
        # Drupal's own form: "fri, 05/03/2019 - 15:21"; without a weekday it may be day first
        r"[^\W\d_]+[\s.,]+(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})(?: -)?",
        r"(?P<day>[0-9]{1,2})\.\s?(?P<month>[0-9]{1,2})\.\s?(?P<year>[0-9]{4})",
    )
)
_ORDINAL = re.compile(r"([0-9]{4})-([0-9]{3})")
_WEEK = re.compile(r"([0-9]{4})-?w([0-9]{2})(?:-?([1-7]))?")
# ISO 8601 without marks, and the numbers that databases print
_COMPACT = re.compile(
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:t?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?(?:[.,](?P<part>[0-9]+))?"
    r"(?P<zone>z|[+-][0-9:]+)?)?"
)
_SECONDS = re.compile(r"[0-9]{9,10}(?:\.[0-9]+)?")
_MILLISECONDS = re.compile(r"[0-9]{13}")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen janeiro januari",
            "feb february februar février févr fév febrero febbraio fevereiro fev februari",
            "mar march märz mär mars marzo março maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august août agosto ago augustus",
            "sep sept september septembre septiembre setiembre settembre set setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez décembre déc diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
# In hours. RFC 822 section 5.1 names the American ones; BST is British Summer Time, as its users
# mean it, and IST India's. Single letters count as UTC, as RFC 5322 section 4.3 asks.
_ZONES = (
    dict.fromkeys(("ut", "utc", "gmt", "wet"), 0.0)
    | {"est": -5.0, "edt": -4.0, "cst": -6.0, "cdt": -5.0, "mst": -7.0, "mdt": -6.0}
    | {"pst": -8.0, "pdt": -7.0, "akst": -9.0, "akdt": -8.0, "hst": -10.0}
    | {"ast": -4.0, "adt": -3.0, "nst": -3.5, "ndt": -2.5, "brt": -3.0, "art": -3.0}
    | {"bst": 1.0, "west": 1.0, "cet": 1.0, "mez": 1.0, "cest": 2.0, "mesz": 2.0}
    | {"eet": 2.0, "sast": 2.0, "eest": 3.0, "msk": 3.0, "pkt": 5.0, "ist": 5.5}
    | {"hkt": 8.0, "sgt": 8.0, "awst": 8.0, "jst": 9.0, "kst": 9.0, "acst": 9.5, "aest": 10.0}
    | {"acdt": 10.5, "aedt": 11.0, "nzst": 12.0, "nzdt": 13.0}
    | dict.fromkeys("abcdefghiklmnopqrstuvwxyz", 0.0)
)
_FURTHEST_ZONE = timedelta(hours=16)
_PIVOT = 50
_NOON = 12
_LAST_HOUR = 23
_LAST_MINUTE = 59


def read_date(raw: RawDate | None, now: datetime) -> tuple[datetime | None, DateFlag | None]:
    """The date in UTC, to the second, or None and why it cannot be believed (rule I5)."""
    if raw is None or (not raw.said.strip() and raw.parsed is None):
        return None, DateFlag.MISSING
    moment = understood(raw.said) or _in_utc(raw.parsed)
    if moment is None:
        return None, DateFlag.UNREADABLE
    if moment < _ANCIENT:
        return None, DateFlag.ANCIENT
    if moment > now + _AHEAD:
        return None, DateFlag.FUTURE
    return moment.replace(microsecond=0), None


def understood(said: str) -> datetime | None:
    """What the whole of ``said`` means, in UTC; None where a part of it is unknown to us."""
    said = said.strip()
    if not said or len(said) > _LONGEST:
        return None
    if "(" in said:
        said = _COMMENT.sub(" ", said)
    said = " ".join(said.lower().split())
    try:
        number = (_counted(said) or _compact(said)) if said[:8].isdigit() else None
        return number or _usual(said) or _written(said)
    except (ValueError, OverflowError):  # no such day, hour or year
        return None


def _in_utc(parsed: datetime | None) -> datetime | None:
    if parsed is None or parsed.tzinfo is None:
        return parsed and parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _counted(said: str) -> datetime | None:
    """Seconds or milliseconds since 1970."""
    if _SECONDS.fullmatch(said):
        return _EPOCH + timedelta(seconds=float(said))
    if _MILLISECONDS.fullmatch(said):
        return _EPOCH + timedelta(milliseconds=int(said))
    return None


def _compact(said: str) -> datetime | None:
    found = _COMPACT.fullmatch(said)
    if found is None:
        return None
    day = datetime(int(found["year"]), int(found["month"]), int(found["day"]), tzinfo=UTC)
    return day + _time_of(found, None) - _zone_of(found["zone"])


def _usual(said: str) -> datetime | None:
    """The forms of RFC 3339 and RFC 822 that leave nothing open; None for any other."""
    if _RFC_3339.fullmatch(said):
        return datetime.fromisoformat(said.upper()).astimezone(UTC)
    found = _RFC_822.fullmatch(said)
    if found is None:
        return None
    day, month, year, clock, zone = found.groups()
    hour, minute, second = clock.split(":")
    date = datetime(int(year), _MONTHS.get(month, 0), int(day), tzinfo=UTC)
    return (
        date + timedelta(hours=int(hour), minutes=int(minute), seconds=int(second)) - _zone_of(zone)
    )


def _written(said: str) -> datetime | None:
    clock = _CLOCK.search(said)
    if clock is None:
        late = _LATE_ZONE.search(said)
        if late and (late["zone"] in _ZONES or not late["zone"].isalpha()):
            return _day_of(said[: late.start()]) - _zone_of(late["zone"])
        return _day_of(said)
    rest = f"{said[: clock.start()]} {said[clock.end() :].strip()}".strip(" ,")
    return _day_of(rest) + _time_of(clock, clock["half"]) - _zone_of(clock["zone"])


def _day_of(said: str) -> datetime:
    """Midnight of a date. Raises ValueError where it is none."""
    for pattern in _DATES:
        found = pattern.fullmatch(said)
        if found:
            month, day = found["month"] or "1", found["day"] or "1"
            number = int(month) if month.isdigit() else _MONTHS.get(month, 0)
            return datetime(_full_year(found["year"]), number, int(day), tzinfo=UTC)
    if found := _ORDINAL.fullmatch(said):
        first = datetime(int(found[1]), 1, 1, tzinfo=UTC)
        day_of_year = first + timedelta(days=int(found[2]) - 1)
        if day_of_year.year == first.year:
            return day_of_year
    if found := _WEEK.fullmatch(said):
        day_of_week = datetime.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1))
        return day_of_week.replace(tzinfo=UTC)
    raise ValueError(said)


def _full_year(said: str) -> int:
    """RFC 2822 section 4.3: two digits below 50 are this century's."""
    year = int(said)
    if len(said) == len("20"):
        return year + (2000 if year < _PIVOT else 1900)
    return year + 1900 if len(said) == len("120") else year


def _time_of(clock: re.Match[str], half: str | None) -> timedelta:
    """The time of day; 24:00 is the end of it, and a second 60 may leap."""
    hour, minute = int(clock["hour"] or 0), int(clock["minute"] or 0)
    second = int(clock["second"] or 0)
    if half:
        if not 1 <= hour <= _NOON:
            raise ValueError(hour)
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    at_end = hour == _LAST_HOUR + 1 and not minute and not second
    if (hour > _LAST_HOUR and not at_end) or minute > _LAST_MINUTE or second > _LAST_MINUTE + 1:
        raise ValueError(clock[0])
    part = float(f"0.{clock['part']}") if clock["part"] else 0.0
    return timedelta(hours=hour, minutes=minute, seconds=second + part)


@lru_cache(256)
def _zone_of(said: str | None) -> timedelta:
    """How far a zone is ahead of UTC. Raises ValueError for one that we do not know."""
    if not said:
        return timedelta()
    if said in _ZONES:
        return timedelta(hours=_ZONES[said])
    found = _OFFSET.fullmatch(said)
    if found is None or int(found["minutes"] or 0) > _LAST_MINUTE:
        raise ValueError(said)
    ahead = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    if ahead > _FURTHEST_ZONE:
        raise ValueError(said)
    return ahead if found["sign"] == "+" else -ahead
