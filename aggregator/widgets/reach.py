"""Whether posts that selection was not given could change what it shows. Pure.

So a publish may look at few posts and still show what it would show if it looked at all. What it
was given must hold all posts that are pinned, and with each post its copies: then posts that it
was not given make up cards of their own, which stand below all pins and in the order of time.
"""

from collections import Counter, defaultdict
from datetime import datetime

from aggregator.model import BLOGS, Card, Selection, Source
from aggregator.widgets.cards import MOST_MORE
from aggregator.widgets.reasons import Rules

Place = tuple[datetime, int]
"""``sort_at`` and ``id`` of a post: the greater, the newer."""


class Reach:
    """What a selection leaves for posts that it was not given."""

    def __init__(self, rules: Rules, selection: Selection) -> None:
        self._rules = rules
        self._spec = rules.spec
        self._cards = selection.cards
        self._full = len(selection.more) == MOST_MORE
        self._of_source: dict[str, list[Card]] = defaultdict(list)
        for card in (*selection.cards, *selection.more):
            self._of_source[card.source.id].append(card)
        self._last = selection.more[-1] if selection.more else None

    def could_change(self, source: Source, newest: Place) -> bool:
        """Whether such posts of a source could have a place now.

        ``newest``: the place of the newest of them, or one that is newer. At times True though
        they could not; never False though they could.
        """
        own = self._of_source[source.id]
        if self._spec.layout == BLOGS and own:
            return own[0].stored is None
        if not (self._full and self._ahead(self._last, newest)):
            cap = self._spec.per_source
            return cap is None or sum(self._ahead(card, newest) for card in own) < cap
        if self._spec.layout == BLOGS or self._spec.per_source is not None:
            return False
        return not self._shared_out(source, newest)

    def _shared_out(self, source: Source, newest: Place) -> bool:
        """Whether the widget's own places are given to posts ahead of a place.

        Where a source has its half, others of it have but the places that nobody else wants, and
        the full page shows that posts ahead of this one were in want of them.
        """
        half = (self._spec.show + 1) // 2
        ahead = Counter(card.source.id for card in self._cards if self._ahead(card, newest))
        if ahead[source.id] >= half:
            return True
        taken: Counter[str] = Counter()
        for card in self._cards:
            taken[card.source.id] += 1
            beyond_its_half = taken[card.source.id] > half and not self._pinned(card)
            if beyond_its_half or not self._ahead(card, newest):
                return False
        return True

    def _ahead(self, card: Card | None, newest: Place) -> bool:
        """Whether a card stands before any unpinned post of that place or an older one."""
        if card is None or card.stored is None:
            return False
        stored = card.stored
        if self._spec.layout == BLOGS:  # those of one moment stand in the order of the file
            newer = stored.sort_at > newest[0]
        else:
            newer = (stored.sort_at, stored.id) >= newest
        return newer or self._pinned(card)

    def _pinned(self, card: Card) -> bool:
        return card.stored is not None and self._rules.pin(card.stored.verdict) is not None
