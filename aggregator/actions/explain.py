"""Why is this post shown, or not? The answer for stored posts, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.holding import Inspector
from aggregator.actions.publish import Publisher
from aggregator.model import (
    Catalogue,
    Selection,
    Standing,
    StoredPost,
    Why,
    WidgetSpec,
)
from aggregator.store import holds, visits
from aggregator.widgets.reasons import GONE_WORDS, hidden_words, rules_words


@dataclass(frozen=True, slots=True)
class Explained:
    """A stored post and its place in the widgets."""

    stored: StoredPost
    shown: tuple[str, ...]
    """Ids of the widgets that show it, in the catalogue's order."""
    why: str
    """One or more sentences for staff."""
    waiting: bool = False
    """Whether it waits for a person."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the widgets make of a source, as far as staff should know."""

    waiting: int = 0
    """Posts that wait for a person."""
    without_consent: tuple[str, ...] = ()
    """Widgets that want a consent and find none recorded."""


class Explainer:
    """Looks at every widget once, then answers for any number of posts."""

    def __init__(
        self,
        publisher: Publisher,
        catalogue: Catalogue,
        now: datetime,
        inspector: Inspector | None = None,
        specs: Iterable[WidgetSpec] | None = None,
    ) -> None:
        """``inspector`` tells what rules found; without it, only which they are is told.

        ``specs``: the widgets to look at, of which all are in the catalogue; None: all.
        """
        self._catalogue = catalogue
        self._inspector = inspector
        self._database = publisher.database
        self._shown: dict[int, list[str]] = {}
        self._reasons: dict[int, list[str]] = {}
        self._waiting: set[int] = set()
        for spec in catalogue.widgets if specs is None else specs:
            self._read(spec.id, publisher.select(catalogue, spec, now))

    def _read(self, widget_id: str, selection: Selection) -> None:
        for card in selection.cards:
            if card.stored is not None:
                self._shown.setdefault(card.stored.id, []).append(widget_id)
        for left in selection.left_out:
            if left.stored is not None:
                self._reasons.setdefault(left.stored.id, []).append(f"{widget_id}: {left.words}")
                if left.why in {Why.WAITING, Why.RULE}:
                    self._waiting.add(left.stored.id)
        for card in selection.more:
            if card.stored is not None:
                sentence = f"{widget_id}: no room; it stands on the widget's full page."
                self._reasons.setdefault(card.stored.id, []).append(sentence)

    def explain(self, stored: StoredPost) -> Explained:
        """Where a post is shown, and why it is not shown elsewhere."""
        shown = tuple(self._shown.get(stored.id, ()))
        parts = [f"Shown in {', '.join(shown)}."] if shown else []
        parts += self._reasons.get(stored.id, [])
        why = " ".join(parts) or self._outside(stored)
        waiting = stored.id in self._waiting or stored.standing is Standing.WAITING
        return Explained(stored, shown, why, waiting)

    def _outside(self, stored: StoredPost) -> str:
        """Why no widget even looked at it."""
        source_id = stored.post.source_id
        if self._catalogue.source(source_id) is None:
            return f"Its source {source_id} is not in feeds.yaml any more."
        if not self._catalogue.widgets_of(source_id):
            return f"Its source {source_id} is in no widget."
        if stored.standing is Standing.HIDDEN:
            verdict = stored.verdict
            return f"This post is {hidden_words(verdict)}" if verdict else "This post is hidden."
        if stored.standing is Standing.GONE:
            return GONE_WORDS
        if stored.standing is Standing.HELD:
            return self._held(source_id)
        if stored.standing is Standing.WAITING:
            return self._waits(stored)
        return "Too far down: its widgets look at the newest posts of each source only."

    def _waits(self, stored: StoredPost) -> str:
        """What rules found in it, and what to do."""
        post = stored.post
        found = self._inspector.why_held(post) if self._inspector else []
        words = " ".join(found) or f"Held by {rules_words(post.holds)}."
        edited = " It was edited since it was approved." if stored.was_approved else ""
        return f"{words}{edited} `approve {post.public_id}` shows it."

    def _held(self, source_id: str) -> str:
        state = visits.states(self._database, [source_id]).get(source_id)
        doubted = state.suspicion if state else None
        signals = f" {' '.join(doubted.signals)}" if doubted else ""
        return (
            f"Held: its source may have changed hands.{signals} Is it still theirs? "
            f"`release {source_id}` shows it, `reject {source_id}` erases it."
        )


def what_is_shown(publisher: Publisher, catalogue: Catalogue, now: datetime) -> dict[str, Shown]:
    """By source id, what the widgets make of each source, as far as staff should act on it."""
    by_rule = holds.waiting_of(publisher.database, [one.id for one in catalogue.sources])
    waiting: dict[str, set[str]] = {}
    without: dict[str, list[str]] = {}
    for spec in catalogue.widgets:
        for left in publisher.select(catalogue, spec, now).left_out:
            if left.why is Why.WAITING and left.stored is not None:
                waiting.setdefault(left.source.id, set()).add(left.stored.post.guid)
        for source in catalogue.sources_of(spec) if spec.require_consent else ():
            if source.consent is None:
                without.setdefault(source.id, []).append(spec.id)
    return {
        source.id: Shown(
            len(waiting.get(source.id, ())) + by_rule.get(source.id, 0),
            tuple(without.get(source.id, ())),
        )
        for source in catalogue.sources
    }
