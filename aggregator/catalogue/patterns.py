"""Regular expressions as staff may write them: a part of Python's, whose search cannot run away.

In: a pattern. Out: the same one, bounded: ``*`` and ``+`` reach no further than ``REACH`` signs,
so that in no text whatsoever more than ``_MOST_WAYS`` ways are tried from one place.
Not here: where patterns are looked for (``review/``).
"""

import re
from dataclasses import dataclass

REACH = 50
"""Signs, or repetitions, at most, where a pattern says "as many as there are"."""
_MOST_WAYS = 2_500
"""From one place of a text; a text has 20,000, and a million ways are tried in some 10 ms."""
_LONGEST_FOUND = 500
_LONGEST = 200
_DEEPEST = 10
_OPENINGS = ("(?:", "(?=", "(?!", "(?<=", "(?<!", "(")
_LOOKS = {"(?=", "(?!", "(?<=", "(?<!"}
_LETTERS = "dDwWsSbBnt"
_EDGES = {"^", "$", r"\b", r"\B"}
"""What stands between signs, and is none."""
_TIMES = re.compile(r"[*+?]|\{(?P<least>[0-9]{0,4})(?:(?P<comma>,)(?P<most>[0-9]{0,4}))?\}")
_SET = re.compile(r"\[\^?\]?(?:[^\]\\\[]|\\[^0-9])*\]")
_ODD_IN_SET = re.compile(r"--|&&|~~|\|\|")
"""Python means to give these a meaning of their own one day."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern, written so that it is bounded, and what it may match."""

    text: str
    ways: int = 1
    shortest: int = 0
    longest: int = 0


def read_pattern(text: str) -> str:
    """The pattern, bounded.

    Raises ValueError with what is wrong, and what to write instead.
    """
    if len(text) > _LONGEST:
        raise ValueError(
            f"This pattern is longer than {_LONGEST} signs.",
            "Make several of it: any one is enough.",
        )
    part = _Reader(text).whole()
    if part.shortest == 0:
        raise ValueError(
            "This pattern is found in every text, for it may be nothing at all.",
            "Write what must be there, as in ward [0-9]+",
        )
    if part.ways > _MOST_WAYS or part.longest > _LONGEST_FOUND:
        raise ValueError(
            "This pattern may match in too many ways, and in some texts it would search for hours.",
            "Write fewer * and +, none inside a repeated group, or say how many: [0-9]{2,4}",
        )
    try:
        re.compile(part.text)
    except re.error as error:
        raise ValueError(f"This is no pattern: {error.msg}.", _EXAMPLE) from None
    return part.text


_EXAMPLE = r"For example: patterns: ['ward [0-9]+', '\bline \d{3}\b']"


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> _Part:
        part = self._choice()
        if self._at < len(self._text):
            raise ValueError("A ) stands here that closes nothing.", r"For the sign itself: \)")
        return part

    def _choice(self) -> _Part:
        """Sequences with ``|`` between them."""
        choices = [self._sequence()]
        while self._next("|"):
            choices.append(self._sequence())
        return _Part(
            "|".join(one.text for one in choices),
            sum(one.ways for one in choices),
            min(one.shortest for one in choices),
            max(one.longest for one in choices),
        )

    def _sequence(self) -> _Part:
        whole = _Part("")
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            one = self._repeated(self._one())
            whole = _Part(
                whole.text + one.text,
                min(whole.ways * one.ways, _MOST_WAYS + 1),
                whole.shortest + one.shortest,
                min(whole.longest + one.longest, _LONGEST_FOUND + 1),
            )
        return whole

    def _one(self) -> _Part:
        """A sign, a set of signs, a place between signs, or a group."""
        for opening in _OPENINGS:
            if self._next(opening):
                return self._group(opening)
        sign = self._text[self._at]
        if sign in "*+?{":
            raise ValueError(
                f"{sign} repeats what stands before it, and nothing does.",
                f"For the sign itself: \\{sign}",
            )
        if sign == "[":
            found = _SET.match(self._text, self._at)
            if found is None or _ODD_IN_SET.search(found[0]):
                raise ValueError(
                    "This set of signs has no end, or one that is not understood.", _EXAMPLE
                )
            self._at = found.end()
            return _Part(found[0], 1, 1, 1)
        if sign == "\\":
            return self._escape()
        self._at += 1
        return _Part(sign) if sign in _EDGES else _Part(sign, 1, 1, 1)

    def _escape(self) -> _Part:
        said = self._text[self._at : self._at + 2]
        if len(said) < 2 or (said[1].isalnum() and said[1] not in _LETTERS):  # noqa: PLR2004
            raise ValueError(
                f"{said} is not understood here.",
                r"Known: \d a digit, \w a letter or digit, \s white space, \b the edge of a word.",
            )
        self._at += 2
        return _Part(said) if said in _EDGES else _Part(said, 1, 1, 1)

    def _group(self, opening: str) -> _Part:
        if opening == "(" and self._text.startswith("?", self._at):
            raise ValueError(
                f"({self._text[self._at : self._at + 2]} is not understood here.",
                "Write (?: … ) for a group. Capitals are never told apart.",
            )
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("These are too many groups within groups.", "Make several patterns.")
        inner = self._choice()
        self._depth -= 1
        if not self._next(")"):
            raise ValueError("A ( stands here that nothing closes.", r"For the sign itself: \(")
        looks = opening in _LOOKS
        text = f"{opening if looks else '(?:'}{inner.text})"
        if looks:
            return _Part(text, inner.ways)
        return _Part(text, inner.ways, inner.shortest, inner.longest)

    def _repeated(self, one: _Part) -> _Part:
        found = _TIMES.match(self._text, self._at)
        if found is None:
            return one
        if one.text in _EDGES or one.text.startswith(tuple(_LOOKS)):
            raise ValueError(f"{one.text} cannot be repeated.", f"Take {found[0]} away.")
        self._at = found.end()
        least, most = _bounds(found)
        lazy = "?" if self._next("?") else ""
        if self._text.startswith(("*", "+", "{"), self._at):
            raise ValueError("Of what is repeated, how often is said twice.", "Say it once.")
        # With w ways for one, there are at most w to the power of k for k of them.
        ways = sum(min(one.ways, _MOST_WAYS + 1) ** times for times in range(least, most + 1))
        return _Part(
            f"{one.text}{{{least},{most}}}{lazy}",
            min(ways, _MOST_WAYS + 1),
            one.shortest * least,
            min(one.longest * most, _LONGEST_FOUND + 1),
        )

    def _next(self, sign: str) -> bool:
        """Step over it, if it comes next."""
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True


def _bounds(found: "re.Match[str]") -> tuple[int, int]:
    """How often at least, and at most."""
    known = {"*": (0, REACH), "+": (1, REACH), "?": (0, 1)}
    if found[0] in known:
        return known[found[0]]
    if not found["least"] and not found["most"]:
        raise ValueError(f"{found[0]} says no number.", r"For the sign itself: \{")
    least = int(found["least"] or 0)
    most = least
    if found["comma"]:
        most = int(found["most"]) if found["most"] else max(REACH, least)
    if most > _LONGEST_FOUND:
        raise ValueError(
            f"{found[0]} is too much.", f"At most {_LONGEST_FOUND} signs are looked at."
        )
    if most < least:
        raise ValueError(f"{found[0]} ends before it begins.", f"Write {{{most},{least}}}.")
    return least, most
