"""Days and moments as people write them on the command line, in the site's time zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from aggregator.errors import AggregatorError

_DAY = len("2026-12-24")


def first_moment(text: str, timezone: str) -> datetime:
    """A day means its beginning. Raises AggregatorError for what is no date."""
    return _moment(text, timezone)


def last_moment(text: str, timezone: str) -> datetime:
    """A day means its end. Raises AggregatorError for what is no date."""
    moment = _moment(text, timezone)
    if len(text) == _DAY:
        local = moment.astimezone(ZoneInfo(timezone))
        moment = local.replace(hour=23, minute=59, second=59).astimezone(UTC)
    return moment


def _moment(text: str, timezone: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise AggregatorError(
            f"{text} is not a date.", advice="Write it as 2026-12-24 or 2026-12-24T18:00."
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(timezone))
    return moment.astimezone(UTC)
