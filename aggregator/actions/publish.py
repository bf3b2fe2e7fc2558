"""One widget's way from stored posts to files: candidates, selection, rendering, output.

In: the ids of widgets to look at. Out: a ``Published`` each. All of it happens under the widget's
lock; catalogue and verdicts are read under it, so that a publish that began before a withdrawal
cannot undo it. Trouble with one widget stays with it.
Where nothing changed, nothing is rendered or written. The proof is a stamp: a digest of what the
files were made from and of the very files, so all that is withdrawn, edited, lost or damaged shows.
With a new page go the pictures of what it shows no more.
Not here: what the rules are (``widgets/select.py``), which posts it looks at (``gather.py``), how
it looks (``templates/widgets/``).
"""

import hashlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.actions.gather import deepest, gather
from aggregator.actions.pictures import Wanted, hang, put_up, tidy
from aggregator.actions.quotes import without_withheld
from aggregator.errors import AggregatorError, RenderError
from aggregator.model import (
    Catalogue,
    LeftOut,
    Post,
    Review,
    Selection,
    Site,
    StopKind,
    Why,
    Widget,
    WidgetSpec,
    WidgetStop,
)
from aggregator.store import candidates, publishes, verdicts, widget_stops
from aggregator.store.database import Database
from aggregator.store.publishes import PublishState
from aggregator.widgets.assets import Assets
from aggregator.widgets.output import OutputFolder
from aggregator.widgets.render import Renderer
from aggregator.widgets.select import select

log = logging.getLogger(__name__)

_SAID_EVERY = timedelta(minutes=5)
"""How often it is written down that a widget was looked at, where nothing else changed."""

_WITHDRAWN = {
    *(Why.HIDDEN, Why.SOURCE_HIDDEN, Why.TAKEN_DOWN, Why.NO_CONSENT, Why.HELD, Why.WAITING),
    Why.RULE,
    Why.BLANK,
    Why.GONE,
}
"""Reasons for which a post must be off the website even where the new page cannot be made."""


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one widget, or of what all of them share."""

    name: str
    """The widget's id, or in words what else could not be brought up to date."""
    selection: Selection | None = None
    """What it shows; of what is left out, only what was met on the way. None: the widget left the
    catalogue, or could not be looked at."""
    changed: tuple[str, ...] = ()
    """Paths of the files that are new or different now."""
    error: AggregatorError | None = None
    wanted: tuple[Wanted, ...] = ()
    """Pictures of what it shows that are yet to be fetched."""


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
        published = self._each([spec.id for spec in self.catalogue().widgets], now)
        try:
            known = [spec.id for spec in self.catalogue().widgets]
            self.output.keep_only(known)
            widget_stops.keep_only(self.database, known)
            publishes.keep_only(self.database, known)
            self.output.keep_assets(self._assets())
            self.output.sweep()
        except AggregatorError as error:
            published.append(Published("what left the list", error=error))
        return [*published, *self._tidied()]

    def publish(self, widget_ids: Collection[str], now: datetime) -> list[Published]:
        """The named widgets, each by itself: one that fails keeps its last good files."""
        published = self._each(widget_ids, now)
        if any(one.changed for one in published):
            published += self._tidied()
        return published

    def _each(self, widget_ids: Collection[str], now: datetime) -> list[Published]:
        published = []
        try:
            self.output.write(self._assets())  # before the pages that name them
        except AggregatorError as error:
            published.append(Published("style and scripts", error=error))
        return [*(self._contained(widget_id, now) for widget_id in widget_ids), *published]

    def _assets(self) -> Assets:
        return self.renderer.assets(self.catalogue().site.looks)

    def _tidied(self) -> list[Published]:
        """Delete the pictures of posts that no widget names any more; says what went wrong."""
        try:
            widgets = self.catalogue().widgets
            named = set[str]().union(*(publishes.shown(self.database, one.id) for one in widgets))
            tidy(self.database, self.output, named)
        except AggregatorError as error:
            return [Published("the pictures", error=error)]
        return []

    def select(self, catalogue: Catalogue, spec: WidgetSpec, now: datetime) -> Selection:
        """What a widget shows now, and why not the rest of the newest posts; writes nothing.

        Publishing looks at fewer posts, and shows the same.
        """
        sources = catalogue.sources_of(spec)
        facts = verdicts.facts(self.database, sources, now)
        timezone = catalogue.site.timezone
        stop = widget_stops.stop_of(self.database, spec.id)
        found = list(gather(self.database, spec, sources, facts, now, timezone, stop=stop).posts)
        depth = deepest(spec)
        found += candidates.newest(self.database, {source.id: False for source in sources}, depth)
        reviewed = {source.id: True for source in sources if source.review is Review.ALWAYS}
        found += candidates.newest(self.database, reviewed, depth)
        chosen = select(spec, sources, found, facts, now, timezone, stop=stop)
        return without_withheld(self.database, catalogue, chosen, now)

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
            sources = catalogue.sources_of(spec)
            facts = verdicts.facts(self.database, sources, now)
            timezone = catalogue.site.timezone
            stop = widget_stops.stop_of(self.database, widget_id)
            gathered = gather(self.database, spec, sources, facts, now, timezone, stop=stop)
            chosen = without_withheld(self.database, catalogue, gathered.selection, now)
            hung = hang(self.database, chosen, now)
            if put_up(self.database, self.output, hung.given, now):
                hung = hang(self.database, chosen, now)
            selection = hung.selection
            widget = _widget(spec, catalogue.site, selection, stop)
            made_from = self.renderer.stamp(widget)
            known = publishes.state(self.database, widget_id)
            if known is not None and known.stamp == self._stamp(made_from, widget_id):
                self._leave(known, widget_id, now, selection.valid_until)
                published = Published(widget_id, selection)
            else:
                published = self._draw(catalogue, widget, selection, made_from, now)
            published = replace(published, wanted=hung.wanted)
        log.log(
            logging.INFO if published.changed else logging.DEBUG,  # each is looked at once a minute
            "publish widget=%s outcome=%s posts=%d valid_until=%s",
            widget_id,
            "changed" if published.changed else "same",
            len(selection.cards),
            selection.valid_until.isoformat() if selection.valid_until else "-",
        )
        return published

    def _stamp(self, made_from: bytes, widget_id: str) -> bytes:
        """Of what a widget's files are made from, and of the files as they stand."""
        return hashlib.sha256(made_from + self.output.digest(widget_id)).digest()

    def _leave(
        self, known: PublishState, widget_id: str, now: datetime, valid_until: datetime | None
    ) -> None:
        """Leave the files; write down that they were looked at, if it is time to say so."""
        if known.valid_until != valid_until or abs(now - known.checked) >= _SAID_EVERY:
            publishes.record(
                self.database, widget_id, now, changed=False, valid_until=valid_until, shown=None
            )

    def _draw(
        self,
        catalogue: Catalogue,
        widget: Widget,
        selection: Selection,
        made_from: bytes,
        now: datetime,
    ) -> Published:
        """Make the files anew; where that fails, the old ones stay if they may."""
        widget_id = widget.spec.id
        error: RenderError | None = None
        shown: frozenset[str] | None = _shown(selection)
        changed: tuple[str, ...] = ()
        stamp: bytes | None = None
        try:
            changed = self.output.replace(widget_id, self.renderer.render(widget))
            stamp = self._stamp(made_from, widget_id)
        except RenderError as caught:
            error, shown = caught, None
            if self._must_go(catalogue, widget.spec, selection, now):
                changed = self.output.replace(widget_id, self.renderer.bare(widget))
                shown = frozenset()
        publishes.record(
            self.database,
            widget_id,
            now,
            changed=bool(changed),
            valid_until=selection.valid_until,
            shown=shown,
            stamp=stamp,
        )
        return Published(widget_id, selection, changed, error)

    def _must_go(
        self, catalogue: Catalogue, spec: WidgetSpec, selection: Selection, now: datetime
    ) -> bool:
        """Whether the files of a widget name something that was withdrawn since."""
        gone = publishes.shown(self.database, spec.id) - _shown(selection)
        return bool(gone) and bool(gone - _may_stay(self.select(catalogue, spec, now)))


def _widget(spec: WidgetSpec, site: Site, selection: Selection, stop: WidgetStop | None) -> Widget:
    """What is drawn. A blank widget does without the words of staff that stand for posts, too."""
    if stop is not None and stop.kind is StopKind.BLANK:
        spec = replace(spec, text=None)
    shown = (selection.cards, selection.more, selection.follow)
    return Widget(spec, site, *shown, selection.groups)


def _shown(selection: Selection) -> frozenset[str]:
    """All that the files name: sources, posts, which of them quote, other places of posts."""
    named: set[str] = set()
    for card in (*selection.cards, *selection.more, *selection.follow):
        named.add(card.source.id)
        named.update(place.permalink for place in card.also_on)
        if card.stored is not None:
            named |= _names(card.stored.post)
    return frozenset(named)


def _names(post: Post) -> set[str]:
    """A post, and that it quotes another: the quote may have to go where the post may stay."""
    return {post.public_id, f"{post.public_id} quotes"} if post.quote else {post.public_id}


def _may_stay(selection: Selection) -> frozenset[str]:
    """What old files may go on naming: all that is not withdrawn."""
    left = [one for one in selection.left_out if one.why not in _WITHDRAWN]
    return _shown(selection).union(*map(_named, left))


def _named(left: LeftOut) -> set[str]:
    if left.stored is None:
        return {left.source.id}
    post = left.stored.post
    return {left.source.id, *_names(post), post.permalink or post.public_id}
