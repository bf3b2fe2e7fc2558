"""Rules, and what they find in a post. Pure, local, and in time that grows with the post's length.

In: a post and the rules that look at it. Out: a ``Finding`` for each rule that found anything; its
sentence quotes what was found, so that staff see why the post waits.
Not here: which rules look at which post (``actions/holding.py``), the shipped ones (``holds.py``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from aggregator.model import Finding, HoldRule, Post
from aggregator.review.pieces import pieces_of
from aggregator.review.reading import Reading, bare, even, words_of

_QUOTED = 3
"""Finds that a sentence quotes."""
_LONGEST_QUOTE = 60
_FLAGS = re.IGNORECASE | re.MULTILINE


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words in a row."""

    words: frozenset[str]
    """All of them occur where the phrase does: a quick no."""
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Sought:
    """A pattern."""

    pattern: re.Pattern[str]
    pieces: tuple[str, ...]
    """Without one of them in the text it finds nothing: a quick no. Empty: none is known."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes a post wait, ready to be looked for."""

    id: str
    says: str
    """Begins the sentence about what was found."""
    then: str = ""
    """A sentence more, about what to do."""
    phrases: tuple[Phrase, ...] = ()
    patterns: tuple[Sought, ...] = ()
    unmarked: bool = False
    """Its patterns are written without marks on letters, and are so looked for."""
    unless: tuple[re.Pattern[str], ...] = ()
    """What a pattern found is nothing, where one of these matches the whole of it."""
    links: tuple[str, ...] = ()
    """Domains, with or without the beginning of a path."""
    addresses: tuple[re.Pattern[str], ...] = ()
    """Looked for in the addresses of links."""
    languages: frozenset[str] = frozenset()
    """Primary subtags."""

    def look(self, reading: Reading) -> Finding | None:
        """What it finds, if anything."""
        found = list(dict.fromkeys(islice(self._found(reading), _QUOTED)))
        if not found:
            return None
        words = f"{self.says}: {', '.join(found)}."
        return Finding(self.id, f"{words} {self.then}".strip())

    def _found(self, reading: Reading) -> Iterator[str]:
        for phrase in self.phrases:
            if phrase.words <= reading.words and (found := phrase.pattern.search(reading.bare)):
                yield _quoted(reading.text[found.start() : found.end()])
        seen = reading.folded_bare if self.unmarked else reading.folded
        for sought in self.patterns:
            if not sought.pieces or any(piece in seen for piece in sought.pieces):
                yield from map(_quoted, self._matches(sought.pattern, reading))
        for address in reading.links if self.addresses else ():
            if any(one.search(address) for one in self.addresses):
                yield f"a link to {_short(address)}"
        for place in reading.places if self.links else ():
            if any(_is_below(place, link) for link in self.links):
                yield f"a link to {_short(place)}"
        language = (reading.post.language or "").partition("-")[0].lower()
        if language in self.languages:
            yield f"its language is {language}"

    def _matches(self, pattern: re.Pattern[str], reading: Reading) -> Iterator[str]:
        """What a pattern finds."""
        for found in pattern.finditer(reading.bare if self.unmarked else reading.text):
            piece = reading.text[found.start() : found.end()].strip()
            if piece and not any(one.fullmatch(piece) for one in self.unless):
                yield piece


def inspect(post: Post, rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """What these rules find in a post, in their order."""
    if not rules:
        return ()
    reading = Reading(post)
    return tuple(found for rule in rules if (found := rule.look(reading)))


@lru_cache(maxsize=256)
def rule_of(said: HoldRule) -> Rule:
    """A rule of feeds.yaml, ready to be looked for."""
    return Rule(
        id=said.id,
        says=f"The rule {said.id} found",
        phrases=tuple(map(phrase_of, said.words)),
        patterns=tuple(sought(pattern_of(one)) for one in said.patterns),
        links=said.links,
        languages=frozenset(one.partition("-")[0].lower() for one in said.languages),
    )


def phrase_of(words: str) -> Phrase:
    """Words in a row, whole; capitals, marks on letters and line breaks make no difference."""
    plain = bare(even(words))
    row = r"\s+".join(map(re.escape, plain.split())) or "(?!)"  # nothing is nowhere
    return Phrase(words_of(plain), re.compile(rf"(?<!\w)(?:{row})(?!\w)", _FLAGS))


def sought(pattern: re.Pattern[str]) -> Sought:
    """A pattern, ready to be looked for in texts of which most do not have it."""
    return Sought(pattern, pieces_of(pattern))


def pattern_of(text: str) -> re.Pattern[str]:
    """A pattern; capitals make no difference, and ``^`` and ``$`` are those of a line."""
    return re.compile(text, _FLAGS)


def _is_below(place: str, link: str) -> bool:
    """Whether a link leads to this domain, to a name below it, or further down this path."""
    host, _, path = link.partition("/")
    there, _, way = place.partition("/")
    return (there == host or there.endswith(f".{host}")) and way.startswith(path)


def _quoted(piece: str) -> str:
    return f"\u201c{_short(' '.join(piece.split()))}\u201d"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
