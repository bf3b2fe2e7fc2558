"""What somebody took out of a feeds.yaml that is broken: read from its text, for it has no tree.

In: the text of the last good file and of the broken one. Out: what may not be shown until the file
is mended. In doubt a family's blog is out: a family may be waiting for it, and mending the file
brings it back. Any other source stays as long as its entry stands.

Not here: where that is kept over restarts (``keep.py``).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from aggregator.catalogue.load import MAX_BYTES
from aggregator.model import Catalogue, Source

_WATCHED = ("withdrawn", "expires", "consent")
_MAX_SLIPS = 2

# A number sign begins a comment at the start of a line or after a blank (YAML 1.2.2, 6.6). After a
# blank it may stand inside quotes, and whether quotes are closed is unknowable in a broken file.
_LINE_COMMENT = re.compile(r"^[ \t]*#.*", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*", re.MULTILINE)
# A dash before a key, alone on its line, or above keys that are indented further than itself, and
# a brace in a list; not the dash of a plain word in a list.
_START = re.compile(
    r"""^([ \t]*+)-(?:[ \t]*+$
        |[ \t]++(?=[{"']*+[ \t]*+[A-Za-z_][\w-]*+["']?[ \t]*+:)
        |(?=[ \t].*\n\1[ \t]++["']?[A-Za-z_][\w-]*+["']?[ \t]*+:))
    |[\[,]\s*+(?=\{)""",
    re.MULTILINE | re.VERBOSE,
)
_KEY = re.compile(
    r"(?:^[ \t]*(?:-[ \t]+)*|[{,]\s*)[\"']?([A-Za-z_][\w-]*)[\"']?[ \t]*:(?!//)", re.MULTILINE
)
_ID = re.compile(r"[\s\"']*([\w-]+)")
_WORD = re.compile(r"[\w-]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_DAY = re.compile(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}")


def readable(raw: bytes) -> str | None:
    """The text that somebody wrote, letters that are no UTF-8 replaced; None where there is none.

    A file that is empty, far too large or no text was damaged and not edited.
    """
    text = raw.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return None if not text.strip() or "\0" in text or len(raw) > MAX_BYTES else text


def taken_out(broken: str, good: str, catalogue: Catalogue) -> frozenset[str]:
    """What left ``broken`` since ``good``, the text of ``catalogue``.

    ``ID`` is a source that is out, ``ID WIDGET`` one that is out of this widget.
    """
    then, now = _entries(good), _entries(broken)
    out: set[str] = set()
    for source in catalogue.sources:
        entries = now[source.id]
        if not _stands(source, then[source.id], entries):
            out.add(source.id)
            continue
        named = _widgets_named(source, entries)
        out.update(f"{source.id} {widget}" for widget in source.widgets if widget not in named)
    return frozenset(out)


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry as far as it can be told: from where it begins to where the next one begins."""

    text: str
    """Without what may be a comment."""
    quoted: str
    """Without what is surely a comment."""
    pairs: tuple[tuple[str, str], ...]
    """Its keys, and what stands behind each up to the next key."""

    def traces(self) -> tuple[list[str], list[str]]:
        """Whatever may speak of a consent or of its end."""
        surely = _traces(self.text)
        return surely, surely if self.quoted == self.text else _traces(self.quoted)

    def bears(self, source: Source) -> bool:
        """Whether the consent of the source stands in it."""
        consent = source.consent
        return consent is not None and (
            consent.reference in " ".join(self.quoted.split())
            and consent.given.isoformat() in self.quoted
            and (consent.expires is None or consent.expires.isoformat() in self.quoted)
        )


def _entries(text: str) -> defaultdict[str, list[_Entry]]:
    """All entries by their own ids, those of widgets among them."""
    quoted, bare = _LINE_COMMENT.sub(_blank, text), _COMMENT.sub(_blank, text)
    starts = [0, *(match.start() for match in _START.finditer(bare)), len(text)]
    entries: defaultdict[str, list[_Entry]] = defaultdict(list)
    for begin, end in pairwise(starts):
        pairs = _pairs(bare[begin:end])
        entry = _Entry(bare[begin:end], quoted[begin:end], pairs)
        for own in {
            match[1] for key, value in pairs if key == "id" and (match := _ID.match(value))
        }:
            entries[own].append(entry)
    return entries


def _blank(comment: re.Match[str]) -> str:
    """As long as the comment, so that places stay what they are."""
    return " " * len(comment[0])


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    keys = [*_KEY.finditer(text), None]
    return tuple(
        (key[1], text[key.end() : after.start() if after else None])
        for key, after in pairwise(keys)
        if key
    )


def _stands(source: Source, then: list[_Entry], now: list[_Entry]) -> bool:
    """Whether the source's own entry is still there, with the same consent if it has one.

    As many entries as before must bear its id, since a widget may have the same. A withdrawal that
    was there while the file was good is left to its day, as ever.
    """
    if not now or len(now) < len(then):
        return False
    if source.consent is None:
        return _says_withdrawn(then) or not _says_withdrawn(now)
    known = [entry.traces() for entry in then]
    return any(entry.bears(source) for entry in now) and all(
        entry.traces() in known for entry in now
    )


def _says_withdrawn(entries: Iterable[_Entry]) -> bool:
    return any("withdrawn" in _traces(entry.text) for entry in entries)


def _widgets_named(source: Source, entries: Iterable[_Entry]) -> set[str]:
    """The words after ``in``. Where that key is misspelt, a source without consent is trusted."""
    values = [value for entry in entries for key, value in entry.pairs if key == "in"]
    if not values and source.consent is None:
        values = [entry.text for entry in entries]
    return {word for value in values for word in _WORD.findall(value)}


def _traces(text: str) -> list[str]:
    """Days, and words that are or are meant to be one of the watched, sorted."""
    meant = (_meant(word.casefold()) for word in _LETTERS.findall(text))
    return sorted([*(day[0] for day in _DAY.finditer(text)), *(word for word in meant if word)])


@lru_cache(maxsize=4096)
def _meant(word: str) -> str | None:
    return next((watched for watched in _WATCHED if _slips(word, watched) <= _MAX_SLIPS), None)


def _slips(word: str, meant: str) -> int:
    """Letters to add, drop or change (Levenshtein's distance); where many, not counted exactly."""
    if abs(len(word) - len(meant)) > _MAX_SLIPS:
        return _MAX_SLIPS + 1
    row = list(range(len(meant) + 1))
    for place, letter in enumerate(word, start=1):
        before, row = row, [place]
        for column, other in enumerate(meant):
            change = before[column] + (letter != other)
            row.append(min(before[column + 1] + 1, row[column] + 1, change))
    return row[-1]
