"""Until when a selection holds if nothing happens but time. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from aggregator.model import Candidate, Source
from aggregator.widgets.reasons import Rules


def holds_until(
    rules: Rules,
    sources: Sequence[Source],
    fit: Mapping[str, Sequence[Candidate]],
    zone: ZoneInfo,
    *,
    rotates: bool,
) -> datetime | None:
    """The first moment after now at which the cards may change; None where none is known.

    Never too late; at times too early, since it asks little about what has a place: then a
    publish finds nothing changed.
    """
    candidates = list(chain.from_iterable(fit.values()))
    moments = chain(
        _days(rules, sources, zone),
        _ends_of_pins(rules, sources, candidates),
        _ends_of_age(rules, candidates),
        [_begin(rules.today + timedelta(days=1), zone)] if rotates else [],
    )
    return min((moment for moment in moments if moment > rules.now), default=None)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day. Where midnight does not exist, that is the end of the gap."""
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def _days(rules: Rules, sources: Sequence[Source], zone: ZoneInfo) -> Iterator[datetime]:
    """Days on which a consent begins or ends."""
    for source in sources:
        if source.consent is not None:
            for day in (source.consent.given, source.consent.ends):
                if day is not None and day > rules.today:
                    yield _begin(day, zone)


def _ends_of_pins(
    rules: Rules, sources: Sequence[Source], candidates: Sequence[Candidate]
) -> Iterator[datetime]:
    verdicts = chain(
        (rules.facts_of(source).verdict for source in sources),
        (candidate.stored.verdict for candidate in candidates),
    )
    for verdict in verdicts:
        pin = rules.pin(verdict)
        if pin is not None and pin.until is not None:
            yield pin.until


def _ends_of_age(rules: Rules, candidates: Sequence[Candidate]) -> Iterator[datetime]:
    """When each post exceeds the maximum age."""
    oldest = rules.spec.max_age
    if oldest is None:
        return
    for candidate in candidates:
        try:
            yield candidate.stored.sort_at + oldest
        except OverflowError:  # an age beyond the calendar never ends
            continue
