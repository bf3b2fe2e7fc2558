"""Names of links: no two that lead to different things are called the same in one widget.

Where visible words do not tell links apart, a tail does that only screen readers are given.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from aggregator.widgets.text import legal


@dataclass(frozen=True, slots=True)
class Link:
    """A link, and what only screen readers need to tell it from others."""

    words: str
    tail: str
    href: str | None
    lang: str | None = None
    """Of its words, where they are in another language than what stands around them."""


class Names:
    """Remembers the names of links that were given out."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def tail(self, label: str, tails: Iterable[str]) -> str:
        """The first of ``tails`` that gives the link a name of its own; else one with a number."""
        last = ":"
        for tail in tails:
            last = tail
            if self._claim(label + tail):
                return tail
        numbered = (f"{last} ({number})" for number in count(2))
        return next(tail for tail in numbered if self._claim(label + tail))

    def _claim(self, name: str) -> bool:
        key = " ".join(legal(name).casefold().split())
        fresh = key not in self._given
        self._given.add(key)
        return fresh
