"""What a site's robots.txt lets us ask for of our own accord (rule E7).

In: the file's bytes. Out: ``Robots``, kept for a day. Not here: asking for it, and when it is
asked for at all.
Specification: RFC 9309. The standard library's reader knows neither its wildcards nor that the
longest rule wins, so that it reads many real files the other way round.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

PATH = "/robots.txt"
LONGEST = 500 * 1024
"""Bytes that are read (section 2.5); what comes later is as if it were not there."""
KEPT = timedelta(hours=24)
"""So long at most a file may be believed without another look (section 2.4)."""
_MOST_KEPT = 1_000
_MOST_RULES = 5_000
_SAFE = "/?:@!$&'()*+,;=~%#[]-._"
_ESCAPE = re.compile(r"%[0-9a-fA-F]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class _Rule:
    allows: bool
    pattern: str

    def covers(self, target: str) -> bool:
        """Whether the pattern fits; each piece between stars is looked for once, in order."""
        anchored = self.pattern.endswith("$")
        first, *rest = self.pattern.removesuffix("$").split("*")
        if not target.startswith(first):
            return False
        at = len(first)
        if not rest:
            return not anchored or at == len(target)
        *middle, last = rest
        for piece in middle:
            found = target.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        if anchored:
            return len(target) - len(last) >= at and target.endswith(last)
        return target.find(last, at) >= 0


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules that hold for one robot."""

    rules: tuple[_Rule, ...] = ()

    def allow(self, target: str) -> bool:
        """Whether path and query may be asked for: the longest rule that fits decides.

        Of two that are as long, the one that allows wins (section 2.2.2).
        """
        target = _normal(target)
        fitting = (rule for rule in self.rules if rule.covers(target))
        best = max(fitting, key=lambda rule: (len(rule.pattern), rule.allows), default=None)
        return best is None or best.allows


EVERYTHING = Robots()
"""There is no file, or the site does not let us see it (section 2.3.1.3)."""
NOTHING = Robots((_Rule(allows=False, pattern="/"),))
"""The file cannot be had because of a fault: then everything is forbidden (section 2.3.1.4)."""


class Memory:
    """What sites said, for a day; of more than a thousand sites, the oldest are forgotten."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._said: dict[str, tuple[datetime, Robots]] = {}

    def of(self, origin: str) -> Robots | None:
        """What the site at ``origin`` said within the last day; None: it must be asked."""
        at, robots = self._said.get(origin, (None, None))
        now = self._clock()
        return robots if at is not None and at <= now < at + KEPT else None

    def keep(self, origin: str, robots: Robots) -> None:
        """Remember what it said just now. What a fault forbids is not to be kept."""
        self._said.pop(origin, None)
        self._said[origin] = self._clock(), robots
        if len(self._said) > _MOST_KEPT:
            del self._said[next(iter(self._said))]


def read_robots(body: bytes, product: str) -> Robots:
    """The rules for the robot of that name: those of all its groups, or else those for ``*``."""
    own: list[_Rule] = []
    others: list[_Rule] = []
    named = False
    agents: set[str] = set()
    in_rules = False
    for line in (
        body[:LONGEST].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").splitlines()
    ):
        name, colon, value = line.partition("#")[0].partition(":")
        name, value = name.strip().lower(), value.strip()
        if not colon:
            continue
        if name == "user-agent":
            if in_rules:
                agents, in_rules = set(), False
            agents.add(re.split(r"[/\s]", value.lower(), maxsplit=1)[0])
            named = named or product.lower() in agents
        elif name in {"allow", "disallow"}:
            in_rules = True
            if value and len(own) + len(others) < _MOST_RULES:
                rule = _Rule(name == "allow", _normal(value))
                if product.lower() in agents:
                    own.append(rule)
                elif "*" in agents:
                    others.append(rule)
    return Robots(tuple(own if named else others))


def _normal(text: str) -> str:
    """Path or pattern with escapes as section 2.2.2 compares them."""
    return _ESCAPE.sub(_escape, quote(text, safe=_SAFE))


def _escape(found: re.Match[str]) -> str:
    char = chr(int(found[0][1:], 16))
    return char if char in _UNRESERVED else found[0].upper()
