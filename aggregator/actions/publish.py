"""One widget's way from stored posts to files: candidates, selection, rendering, output.

In: the ids of widgets to look at. Out: a ``Published`` each; files change only where their content
did. All of it happens under the widget's lock; catalogue and verdicts are read under it, so that a
publish that began before a withdrawal cannot undo it. Trouble with one widget stays with it.
Not here: what the rules are (``widgets/select.py``), how it looks (``templates/widgets/``).
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from aggregator.errors import AggregatorError, RenderError
from aggregator.model import Catalogue, LeftOut, Review, Selection, Why, Widget, WidgetSpec
from aggregator.store import posts, publishes, verdicts
from aggregator.store.database import Database
from aggregator.widgets.output import OutputFolder
from aggregator.widgets.render import Renderer
from aggregator.widgets.select import select

log = logging.getLogger(__name__)

_CANDIDATES = 60
"""The newest posts of each source that selection looks at."""
_CANDIDATES_OF_BLOGS = 10
"""The same where one post of each source is shown; copies and foreign kinds take a few."""
_CANDIDATES_FILTERED = 500
"""The same for widgets whose filter may leave most of them out."""

_WITHDRAWN = {Why.HIDDEN, Why.SOURCE_HIDDEN, Why.TAKEN_DOWN, Why.NO_CONSENT, Why.HELD, Why.WAITING}
"""Reasons for which a post must be off the website even where the new page cannot be made."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one widget."""

    widget_id: str
    selection: Selection | None = None
    """None: the widget left the catalogue, or could not be looked at."""
    changed: tuple[str, ...] = ()
    """Paths of the files that are new or different now."""
    error: AggregatorError | None = None


@dataclass(frozen=True, slots=True)
class Publisher:
    """What publishing needs, for the life of the process."""

    database: Database
    renderer: Renderer
    output: OutputFolder
    catalogue: Callable[[], Catalogue]
    """The catalogue in use at the moment of asking."""

    def publish_all(self, now: datetime) -> list[Published]:
        """Every widget; outputs of widgets that left the catalogue are removed.

        Raises CatalogueError where there is no catalogue. All other trouble is told in the answer.
        """
        published = self.publish([spec.id for spec in self.catalogue().widgets], now)
        try:
            self.output.keep_only([spec.id for spec in self.catalogue().widgets])
            self.output.sweep()
        except AggregatorError as error:
            published.append(Published("what left the list", error=error))
        return published

    def publish(self, widget_ids: Collection[str], now: datetime) -> list[Published]:
        """The named widgets, each by itself: one that fails keeps its last good files."""
        published = [self._contained(widget_id, now) for widget_id in widget_ids]
        try:
            self.output.write(self.renderer.assets())
        except AggregatorError as error:
            published.append(Published("the stylesheet", error=error))
        return published

    def select(self, catalogue: Catalogue, spec: WidgetSpec, now: datetime) -> Selection:
        """What a widget shows now, and why not the rest; writes nothing."""
        sources = catalogue.sources_of(spec)
        facts = verdicts.facts(self.database, sources, now)
        wanted = _candidates(spec)
        found = posts.newest(self.database, {source.id: False for source in sources}, wanted)
        reviewed = {source.id: True for source in sources if source.review is Review.ALWAYS}
        if reviewed:
            found += posts.newest(self.database, reviewed, wanted)
        found += posts.pinned(self.database, [source.id for source in sources], now)
        candidates = {stored.id: stored for stored in found}
        timezone = catalogue.site.timezone
        return select(spec, sources, list(candidates.values()), facts, now, timezone)

    def _contained(self, widget_id: str, now: datetime) -> Published:
        """Publish a widget; its trouble is told, not raised."""
        try:
            published = self._publish(widget_id, now)
        except AggregatorError as error:
            published = Published(widget_id, error=error)
        except Exception as error:
            log.exception("publish widget=%s outcome=bug", widget_id)
            told = RenderError(widget_id, f"Aggregator itself stumbled ({type(error).__name__}).")
            published = Published(widget_id, error=told)
        if published.error is not None:
            log.error("publish widget=%s outcome=failed error=%s", widget_id, published.error)
        return published

    def _publish(self, widget_id: str, now: datetime) -> Published:
        with self.output.lock(widget_id):
            catalogue = self.catalogue()
            spec = catalogue.widget(widget_id)
            if spec is None:
                self.output.remove(widget_id)
                return Published(widget_id)
            selection = self.select(catalogue, spec, now)
            widget = Widget(spec, catalogue.site, selection.cards, selection.more)
            error: RenderError | None = None
            shown: frozenset[str] | None = _shown(selection)
            changed: tuple[str, ...] = ()
            try:
                changed = self.output.write(self.renderer.render(widget))
            except RenderError as caught:
                error, shown = caught, None
                if publishes.shown(self.database, widget_id) - _may_stay(selection):
                    changed = self.output.write(self.renderer.bare(widget))
                    shown = frozenset()
            publishes.record(
                self.database,
                widget_id,
                now,
                changed=bool(changed),
                valid_until=selection.valid_until,
                shown=shown,
            )
        log.info(
            "publish widget=%s outcome=%s posts=%d valid_until=%s",
            widget_id,
            "changed" if changed else "same",
            len(selection.cards),
            selection.valid_until.isoformat() if selection.valid_until else "-",
        )
        return Published(widget_id, selection, changed, error)


def _candidates(spec: WidgetSpec) -> int:
    if spec.only.tags or spec.only.words:
        return _CANDIDATES_FILTERED
    return _CANDIDATES_OF_BLOGS if spec.layout == "blogs" else _CANDIDATES


def _shown(selection: Selection) -> frozenset[str]:
    """All that the files name: sources, posts, and the other places of posts."""
    named: set[str] = set()
    for card in (*selection.cards, *selection.more):
        named.add(card.source.id)
        named.update(place.permalink for place in card.also_on)
        if card.stored is not None:
            named.add(card.stored.post.public_id)
    return frozenset(named)


def _may_stay(selection: Selection) -> frozenset[str]:
    """What old files may go on naming: all that is not withdrawn."""
    left = [one for one in selection.left_out if one.why not in _WITHDRAWN]
    return _shown(selection).union(*map(_named, left))


def _named(left: LeftOut) -> set[str]:
    if left.stored is None:
        return {left.source.id}
    post = left.stored.post
    return {left.source.id, post.public_id, post.permalink or post.public_id}
