"""One widget's way from stored posts to files: candidates, selection, rendering, output.

In: the catalogue and the ids of widgets to look at. Out: a ``Published`` each; files change only
where their content did. All of it happens under the widget's lock, and verdicts are read under
it, so that a publish that began before a hide cannot undo it.
Not here: what the rules are (``widgets/select.py``), how it looks (``templates/widgets/``).
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from aggregator.errors import AggregatorError, RenderError
from aggregator.model import Catalogue, Selection, StoredPost, Why, Widget, WidgetSpec
from aggregator.store import posts, publishes, verdicts
from aggregator.store.database import Database
from aggregator.widgets.output import OutputFolder
from aggregator.widgets.render import Renderer
from aggregator.widgets.select import select

log = logging.getLogger(__name__)

CANDIDATES = 60
"""The newest posts of each source that selection looks at."""
CANDIDATES_FILTERED = 500
"""The same for widgets whose filter may leave most of them out."""

_WITHDRAWN = {Why.HIDDEN, Why.SOURCE_HIDDEN, Why.TAKEN_DOWN, Why.NO_CONSENT, Why.HELD, Why.WAITING}
"""Reasons for which a post must be off the website even where the new page cannot be made."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one widget."""

    widget_id: str
    selection: Selection
    changed: tuple[str, ...]
    """Paths of the files that are new or different now."""
    error: AggregatorError | None = None


@dataclass(frozen=True, slots=True)
class Publisher:
    """What publishing needs, for the life of the process."""

    database: Database
    renderer: Renderer
    output: OutputFolder

    def publish_all(self, catalogue: Catalogue, now: datetime) -> list[Published]:
        """Every widget; outputs of widgets that left the catalogue are removed."""
        self.output.keep_only([spec.id for spec in catalogue.widgets])
        return self.publish(catalogue, [spec.id for spec in catalogue.widgets], now)

    def publish(
        self, catalogue: Catalogue, widget_ids: Collection[str], now: datetime
    ) -> list[Published]:
        """The named widgets, each by itself: one that fails keeps its last good files."""
        self.output.write(self.renderer.assets())
        return [
            self._publish_one(catalogue, spec, now)
            for spec in catalogue.widgets
            if spec.id in widget_ids
        ]

    def select(self, catalogue: Catalogue, spec: WidgetSpec, now: datetime) -> Selection:
        """What a widget shows now, and why not the rest; writes nothing."""
        sources = catalogue.sources_of(spec)
        facts = verdicts.facts(self.database, sources, now)
        wanted = CANDIDATES_FILTERED if spec.only.tags or spec.only.words else CANDIDATES
        newest = posts.newest(self.database, {source.id: False for source in sources}, wanted)
        approved = {source.id: True for source in sources if source.review.value == "always"}
        found = newest + posts.newest(self.database, approved, wanted)
        found += posts.pinned(self.database, [source.id for source in sources], now)
        candidates = {stored.id: stored for stored in found}
        return select(spec, sources, list(candidates.values()), facts, now, catalogue.site.timezone)

    def _publish_one(self, catalogue: Catalogue, spec: WidgetSpec, now: datetime) -> Published:
        with self.output.lock(spec.id):
            selection = self.select(catalogue, spec, now)
            widget = Widget(spec, catalogue.site, selection.cards, selection.more)
            error: RenderError | None = None
            try:
                files = self.renderer.render(widget)
            except RenderError as caught:
                error = caught
                log.error("publish widget=%s outcome=failed error=%s", spec.id, caught)
                if not self._shows_withdrawn(spec.id, selection):
                    return Published(spec.id, selection, (), error)
                files = self.renderer.bare(widget)
            changed = self.output.write(files)
            publishes.record(
                self.database,
                spec.id,
                now,
                changed=bool(changed),
                valid_until=selection.valid_until,
            )
        log.info(
            "publish widget=%s outcome=%s posts=%d valid_until=%s",
            spec.id,
            "changed" if changed else "same",
            len(selection.cards),
            selection.valid_until.isoformat() if selection.valid_until else "-",
        )
        return Published(spec.id, selection, changed, error)

    def _shows_withdrawn(self, widget_id: str, selection: Selection) -> bool:
        """Whether the files on the website hold a post that must no longer be seen."""
        may_stay = {
            stored.post.public_id
            for stored in (
                *(card.stored for card in (*selection.cards, *selection.more)),
                *(left.stored for left in selection.left_out if left.why not in _WITHDRAWN),
            )
            if isinstance(stored, StoredPost)
        }
        return bool(self.output.published_ids(widget_id) - may_stay)
