"""A person stops a whole widget, and lets it run again: freeze, blank, resume.

In: a widget's id, and who decides. Out: how it stands now, and the widget as it was published
because of it. Said again, an act changes nothing.
Not here: what a stopped widget shows (``widgets/select.py``), acts on posts (``curate.py``).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.find import NotFoundHere
from aggregator.actions.publish import Published, Publisher
from aggregator.errors import AggregatorError
from aggregator.model import NOTICE, Card, StopKind, WidgetSpec, WidgetStop
from aggregator.store import widget_stops


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a widget stands after an act."""

    widget_id: str
    stop: WidgetStop | None
    """None: it runs."""
    is_new: bool
    """False: it stood so before."""
    published: tuple[Published, ...]


def freeze(publisher: Publisher, widget_id: str, *, by: str, now: datetime) -> Stopped:
    """Keep what a widget shows: nothing new enters, while what is withdrawn leaves all the same.

    Raises NotFoundHere for an unknown widget, AggregatorError for one that shows no posts or is
    blank: it would show some again.
    """
    with _standing(publisher, widget_id) as (spec, before):
        if spec.layout == NOTICE:
            raise AggregatorError(
                f"The widget {widget_id} shows a text of yours, and no posts.",
                advice="Nothing enters it but what you write in feeds.yaml.",
            )
        if before is not None and before.kind is StopKind.BLANK:
            raise AggregatorError(
                f"The widget {widget_id} is blank.",
                advice=f"`resume {widget_id}` shows its posts again; then freeze it.",
            )
        wanted = before
        if before is None:
            selection = publisher.select(publisher.catalogue(), spec, now)
            shown, more = _places(selection.cards or selection.follow), _places(selection.more)
            wanted = WidgetStop(widget_id, StopKind.FROZEN, by, now, shown, more)
            widget_stops.stop(publisher.database, wanted, before)
    published = tuple(publisher.publish([widget_id], now))
    return Stopped(widget_id, wanted, wanted is not before, published)


def blank(publisher: Publisher, widget_id: str, *, by: str, now: datetime) -> Stopped:
    """Take all posts out of a widget: heading, intro and links stay. Raises NotFoundHere."""
    with _standing(publisher, widget_id) as (_, before):
        wanted = before
        if before is None or before.kind is not StopKind.BLANK:
            wanted = WidgetStop(widget_id, StopKind.BLANK, by, now)
            widget_stops.stop(publisher.database, wanted, before)
    published = tuple(publisher.publish([widget_id], now))
    return Stopped(widget_id, wanted, wanted is not before, published)


def resume(publisher: Publisher, widget_id: str, *, by: str, now: datetime) -> Stopped:
    """Let a frozen or blank widget follow its sources again. Raises NotFoundHere."""
    with _standing(publisher, widget_id) as (_, before):
        if before is not None:
            widget_stops.resume(publisher.database, before, by, now)
    published = tuple(publisher.publish([widget_id], now))
    return Stopped(widget_id, None, before is not None, published)


@contextmanager
def _standing(
    publisher: Publisher, widget_id: str
) -> Iterator[tuple[WidgetSpec, WidgetStop | None]]:
    """A widget, and how it is stopped, while nobody else stops or publishes it."""
    with publisher.output.lock(widget_id):
        spec = publisher.catalogue().widget(widget_id)
        if spec is None:
            raise _unknown(publisher, widget_id)
        yield spec, widget_stops.stop_of(publisher.database, widget_id)


def _places(cards: tuple[Card, ...]) -> tuple[tuple[str, str | None], ...]:
    return tuple(
        (card.source.id, card.stored.post.public_id if card.stored else None) for card in cards
    )


def _unknown(publisher: Publisher, widget_id: str) -> NotFoundHere:
    known = ", ".join(spec.id for spec in publisher.catalogue().widgets)
    return NotFoundHere(f"There is no widget named {widget_id}.", advice=f"There are: {known}.")
