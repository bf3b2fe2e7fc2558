"""What must stand in a text for a pattern to find anything there: a quick no.

In: a pattern, ready to be looked for. Out: pieces of text, small and plain; where none of them
stands in a text, neither does what the pattern means. To look for a piece takes a hundredth of the
time that Python's search for a pattern takes that begins with one of many words.
"""

import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any

_PARSER = import_module("re._parser")
"""Python's own reading of patterns, as its search has it. No public name leads to it."""
_REPEATED = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_ALIKE = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}
"""What a search that tells no capitals apart takes for a letter of ASCII, besides its capital."""


def folded(text: str) -> str:
    """The text as pieces are looked for in it."""
    return text.translate(_ALIKE).lower()


def pieces_of(pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Of which one stands, folded, in each text where it finds anything; empty: none is known."""
    return tuple(sorted(_best(_PARSER.parse(pattern.pattern, pattern.flags))))


def _best(parts: Iterable[tuple[Any, Any]]) -> frozenset[str]:
    """Of parts that all must match, the pieces of one: where the shortest is the longest."""
    found, run = [], ""
    for kind, said in parts:
        sign = folded(chr(said)) if kind.name == "LITERAL" else ""
        if sign and sign.isascii():
            run += sign
            continue
        found += [frozenset({run}), _within(kind.name, said)]
        run = ""
    known = [one for one in (*found, frozenset({run})) if all(one) and one]
    return max(known, key=lambda one: min(map(len, one)), default=frozenset())


def _within(kind: str, said: Any) -> frozenset[str]:
    if kind == "SUBPATTERN":
        return _best(said[-1])
    if kind in _REPEATED and said[0] > 0:
        return _best(said[2])
    if kind == "BRANCH":
        each = [_best(one) for one in said[1]]
        return frozenset[str]().union(*each) if all(each) else frozenset()
    return frozenset()
