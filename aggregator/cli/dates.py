"""Days and moments as people write them on the command line, in the site's time zone."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from aggregator.catalogue.values import days_meant
from aggregator.errors import AggregatorError
from aggregator.model.days import day_of

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def read_day(text: str) -> date:
    """A day as year-month-day. Raises AggregatorError for what is none."""
    text = text.strip()
    if _DAY.fullmatch(text):
        return _in_calendar(text)
    raise _no_date(text, "Write year-month-day, as in 2026-05-31.")


def first_moment(text: str, timezone: str) -> datetime:
    """A day means its beginning. Raises AggregatorError for what is no date."""
    return _moment(text, timezone, time())


def last_moment(text: str, timezone: str) -> datetime:
    """A day means its end. Raises AggregatorError for what is no date."""
    return _moment(text, timezone, time(23, 59, 59))


def later_moment(text: str, timezone: str, now: datetime, otherwise: str) -> datetime:
    """When a plan is to be carried out; a day means its beginning.

    ``otherwise`` says what was not done, as in: nothing was erased.
    Raises AggregatorError for what is no date, and for what is past: a slip in the year must not
    do at once what cannot be taken back.
    """
    moment = first_moment(text, timezone)
    if moment > now:
        return moment
    today = day_of(moment, timezone) == day_of(now, timezone)
    past = "has begun already" if today and _DAY.fullmatch(text.strip()) else "is past"
    raise AggregatorError(
        f"{text.strip()} {past}; {otherwise}.",
        advice="Give a later day or moment. Without one, it is done now.",
    )


def minute_words(moment: datetime, timezone: str) -> str:
    """To the minute, as staff would write it."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"


def moment_words(moment: datetime, timezone: str) -> str:
    """To the second, with the time zone, for what is kept as proof."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M:%S} ({timezone})"


def _moment(text: str, timezone: str, of_day: time) -> datetime:
    text, zone = text.strip(), ZoneInfo(timezone)
    if _DAY.fullmatch(text):
        return datetime.combine(_in_calendar(text), of_day, zone).astimezone(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _no_date(text, "Write it as 2026-12-24 or 2026-12-24T18:00.") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _in_calendar(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise AggregatorError(
            f"There is no day {text} in the calendar.",
            advice="Write year-month-day, as in 2026-05-31.",
        ) from None


def _no_date(text: str, advice: str) -> AggregatorError:
    meant = " or ".join(days_meant(text))
    return AggregatorError(
        f"“{text}” is not a date.", advice=f"Write {meant} (year-month-day)." if meant else advice
    )
