"""Lines that were meant to say ``key: value``: a colon or a space is missing, or is an odd one.

In: the lines, and the keys that feeds.yaml knows. Out: a ``Slip`` with the right line written out.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aggregator.catalogue.leaks import looks_secret
from aggregator.catalogue.schema import ConsentEntry, keys_of

ODD_SPACE = "No-break spaces or other odd ones stand here; YAML knows only the plain one."
_ODD = "\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff"
_ODD_BEFORE_KEY = re.compile(rf"[ \t]*(?:-[ \t]*)?(?=[{_ODD}])")
_ODD_AFTER_COLON = re.compile(rf"[ \t]*(?:-[ \t]+)?[\w-]+:(?=[{_ODD}])")
_MEANT = re.compile(
    rf"(?P<lead>[ \t]*(?:-[ \t]+)?)(?P<key>[A-Za-z_]+)"
    rf"(?:(?P<colon>:(?![\s/]|$)|:(?=[{_ODD}]))|(?=[\s=]|$))(?P<rest>.*)"
)
_KEY_WITH_TEXT = re.compile(r"[ \t]*(?:-[ \t]+)*[\"']?[\w-]+[\"']?:[ \t]+[^\s#]")
_LEAD = re.compile(r"[ \t]*(?:-[ \t]+)*")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_PRIVATE = frozenset({"consent", "token", *keys_of(ConsentEntry)})
_GROUPS = frozenset({"site", "widgets", "sources", "only", "style", "consent", "options", "rules"})
_LONGEST = 60
_NEAR = 100
"""Lines looked at above the one where YAML gave up: enough for an entry, little for a bomb."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong behind a key, and what to write instead."""

    key: str
    rest: str
    column: int
    """Where the colon or the space is missing, counted from 1."""
    what: str
    hint: str


def odd_space(line: str) -> int | None:
    """The column of a space that YAML takes for a letter; None where there is none.

    Inside a text such spaces are welcome.
    """
    found = _ODD_BEFORE_KEY.match(line) or _ODD_AFTER_COLON.match(line)
    return found.end() + 1 if found else None


def odd_space_hint(lines: Sequence[str]) -> str:
    """What to do about the odd spaces of a file."""
    many = sum(odd_space(line) is not None for line in lines)
    more = f" It is so in {many} lines: let the editor replace them all." if many > 1 else ""
    return f"They come from web pages and word processors: type them anew with the space bar.{more}"


def slip_in(text: str, keys: Collection[str]) -> Slip | None:
    """What is missing in a line, or in a key inside braces; None where it looks right."""
    meant = _MEANT.match(text)
    if meant is None:
        return None
    key, rest = meant["key"], _COMMENT.sub("", meant["rest"]).strip()
    column = meant.end("key") + 1
    if meant["colon"]:
        hint = "Write a space after it, as in `id: insight`."
        if key.lower() in keys:
            hint = _written(key, rest)
        return Slip(key, rest, column + 1, "There is no space after the colon.", hint)
    group = key.lower() in _GROUPS and not rest and not meant["lead"].strip()
    if key.lower() in keys and (group or (rest and not rest.startswith(":"))):
        rest = rest.lstrip("= ")
        what = f'There is no colon after "{key}".'
        return Slip(key, rest, column, what, _written(key, rest))
    return None


def slip_before(lines: Sequence[str], line: int, keys: Collection[str]) -> tuple[int, Slip] | None:
    """The first of the slipped lines that end at ``line``, or at the last one written above it."""
    found: tuple[int, Slip] | None = None
    for number in range(min(line, len(lines)), max(line - _NEAR, 0), -1):
        text = lines[number - 1]
        if not _COMMENT.sub("", text).strip():
            continue
        slip = None if _continues(lines, number) else slip_in(text, keys)
        if slip:
            found = number, slip
        elif found or number < line:
            break
    return found


def _continues(lines: Sequence[str], number: int) -> bool:
    """Whether the line goes on with a text that began behind a key further left."""
    column = _column(lines[number - 1])
    for above in reversed(lines[max(number - _NEAR, 0) : number - 1]):
        if above.strip() and _column(above) < column:
            return _KEY_WITH_TEXT.match(above) is not None
    return False


def _column(line: str) -> int:
    lead = _LEAD.match(line)
    return lead.end() if lead else 0


def _written(key: str, rest: str) -> str:
    """The right line in a sentence; no secret and no note about a person is repeated."""
    if not rest:
        return f"Write `{key.lower()}:`."
    hidden = key.lower() in _PRIVATE or len(rest) > _LONGEST or looks_secret(rest)
    return f"Write `{key.lower()}: {'…' if hidden else rest}`."
