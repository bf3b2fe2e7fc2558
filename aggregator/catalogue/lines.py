"""The entries of feeds.yaml as their authors wrote them: taken out as lines, and put back.

In: the text of a good file. Out: for each entry its lines as they stand, moved to the left edge,
with the comments right above them; and the text with such lines back in their place.

Not here: changes of single keys (``edit.py``), the file itself (``save.py``).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from aggregator.catalogue.checks import plain
from aggregator.catalogue.places import (
    Places,
    Spot,
    dash_of,
    line_end,
    line_start,
    own_end,
    read_places,
)
from aggregator.catalogue.schema import KEYS
from aggregator.catalogue.tree import read_tree
from aggregator.errors import CatalogueError, EditRefused

LISTS = ("widgets", "sources", "rules")
"""The sections whose entries have ids."""
SITE = "site"
_BOM = "\ufeff"
_USUAL, _DEEPEST = 2, 9
"""Columns in which the dashes of a list stand: as we write them, and beyond which nobody does."""
_BREAK = re.compile(r"\r\n|\r|\n")
_COMMENTS = re.compile(r"(?:(?<![^\r\n])[ ]*#[^\r\n]*(?:\r\n|\r|\n))*\Z")
_SECTION = re.compile(r"(?<=[\r\n])\w")


@dataclass(frozen=True, slots=True)
class Written:
    """One entry."""

    section: str
    id: str
    """Empty: of ``site``, which has none."""
    place: int
    """Which of its section it is, counted from 0."""
    lines: str
    """Comments right above it, then its own lines; without its indentation, with plain line ends.
    Of a list in brackets: what stands in the braces, and they."""
    data: Mapping[str, Any]
    """Its keys and values."""

    @property
    def fields(self) -> dict[str, Any]:
        """Its keys and values, those of a group one by one, as in ``consent.given``."""
        return dict(_flat(self.data))


@lru_cache(maxsize=2)  # one change of a file looks at the text before and after several times
def written_entries(text: str) -> tuple[Written, ...]:
    """All entries in their order; nothing where the text is no good file."""
    return _read(text)


def _read(text: str) -> tuple[Written, ...]:
    body = text.removeprefix(_BOM)
    reading = Places(body)
    root, problems = read_tree(body, KEYS, reading.take)
    data = plain(root) if root is not None and not problems else None
    if not isinstance(data, dict):
        return ()
    places, found = reading.root, []
    if isinstance(data.get(SITE), dict):
        spot = places.values[SITE]
        start = line_start(body, places.keys[SITE][0])
        end = spot.end if spot.flow else own_end(body, spot, 0)
        found.append(Written(SITE, "", 0, _to_the_left(body[start:end], 0), data[SITE]))
    for section in LISTS:
        listed = data.get(section)
        for place, entry in enumerate(listed if isinstance(listed, list) else []):
            if isinstance(entry, dict) and (name := str(entry.get("id", "")).strip()):
                lines = _lines_of(body, places.values[section], place)
                found.append(Written(section, name, place, lines, entry))
    return tuple(found)


def first_lines(text: str, section: str) -> dict[str, int]:
    """By id, the line on which each entry of a section begins, counted from 1; as editors do."""
    body = text.removeprefix(_BOM)
    found = [entry for entry in written_entries(text) if entry.section == section]
    if not found:
        return {}
    items = read_places(body).values[section]
    return {
        entry.id: len(_BREAK.findall(body, 0, items.items[entry.place].start)) + 1
        for entry in found
    }


def one_entry(lines: str, section: str = "sources") -> Mapping[str, Any]:
    """Keys and values of an entry's lines by themselves; empty where they are no entry."""
    body = own_lines(lines)
    if section == SITE:
        text = f"{body}\n"
    else:
        text = f"{section}:\n{body}\n" if body.startswith("-") else f"{section}: [{body}]"
    found = _read(text)
    return found[0].data if found else {}


def own_lines(lines: str) -> str:
    """The lines of an entry without the comments above it: these may be about more than it."""
    return "".join(_split(lines)[1])


def comments_above(lines: str) -> str:
    """The comments above an entry, which stay where it goes."""
    return "".join(_split(lines)[0])


def replace_entry(text: str, section: str, entry_id: str, lines: str) -> str:
    """The text with other lines for an entry; comments above it stay.

    Raises EditRefused where there is no such entry, or it is written in another way.
    """
    body, items, place = _found(text, section, entry_id)
    item = items.items[place]
    new = own_lines(lines)
    if items.flow or not new.startswith("-"):
        if not (items.flow or item.flow) or new.startswith("-"):
            raise _otherwise()
        return text.removesuffix(body) + body[: item.start] + new + body[item.end :]
    start = line_start(body, dash_of(body, items, place))
    end = own_end(body, item, items.column)
    return _kept(text, body, start, end, _indented(new, items.column, _line_break(body)))


def insert_entry(text: str, section: str, place: int, lines: str) -> str:
    """The text with an entry put back as the one of this place, or as the last one.

    Raises EditRefused where the list is written in another way than the entry.
    """
    body = text.removeprefix(_BOM)
    root = read_places(body)
    items = root.values.get(section)
    if items is None or not items.items or root.flow:
        return _only_one(text, body, root, section, lines)
    place = min(place, len(items.items))
    head, own = _split(lines)
    if items.flow:
        if own and own[0].startswith("-"):
            raise _otherwise()
        new = "".join(own)
        if place == len(items.items):
            end = items.items[-1].end
            return _kept(text, body, end, end, f", {new}")
        start = items.items[place].start
        return _kept(text, body, start, start, f"{new}, ")
    if own and not own[0].startswith("-"):
        own = ["- ", *own]
    line_break = _line_break(body)
    new = _indented("".join(own), items.column, line_break)
    at, before, after = _gap(body, items, place, "".join(head))
    return _kept(text, body, at, at, f"{before}{new}{after}")


def _only_one(text: str, body: str, root: Spot, section: str, lines: str) -> str:
    """An entry for a section that says ``[]``, nothing, or is not there."""
    head, own_parts = _split(lines)
    own = "".join(own_parts)
    if root.flow:
        raise _otherwise()
    line_break = _line_break(body)
    own = own if own.startswith("-") else f"- {own}"
    items = root.values.get(section)
    if items is None:
        lead = "" if not body or body.endswith(("\n", "\r")) else line_break
        new = f"{lead}{section}:{line_break}{_indented(own, _USUAL, line_break)}{line_break}"
        return _kept(text, body, len(body), len(body), new)
    colon = body.index(":", root.keys[section][1]) + 1
    for column in range(_DEEPEST if head else 0):
        above = line_break + _indented("".join(head).rstrip("\n"), column, line_break)
        if (found := body.find(above, items.end)) >= 0:  # the comments that stood above it
            end = found + len(above)
            return _kept(text, body, end, end, line_break + _indented(own, column, line_break))
    end = line_end(body, items.end)
    comment = body[items.end : end].rstrip()
    new = f"{comment}{line_break}{_indented(own, _USUAL, line_break)}"
    return _kept(text, body, colon, end, new)


def _gap(body: str, items: Spot, place: int, head: str) -> tuple[int, str, str]:
    """Where an entry goes back, and what stands between it and what is before and behind it.

    Behind the comments that stood right above it, where they are still there: these stay when it
    goes, so they tell its place even where entries before it came or went since.
    """
    line_break = _line_break(body)
    apart = line_break * (2 if _apart(body, items) else 1)
    behind = _behind_comments(body, items, place, head) if head else None
    if behind is not None:
        next_line = body[behind:].removeprefix(line_break).lstrip(" ")
        is_apart = not next_line or next_line.startswith(("\n", "\r"))
        return behind, line_break, "" if is_apart else apart.removesuffix(line_break)
    if place == 0:
        return _head_start(body, items), "", apart
    return own_end(body, items.items[place - 1], items.column), apart, ""


def _behind_comments(body: str, items: Spot, place: int, head: str) -> int | None:
    """Where these comments end; where they stand several times, those at the place count."""
    wanted = _indented(head.rstrip("\n"), items.column, _line_break(body))
    whole = re.compile(rf"(?<![^\r\n]){re.escape(wanted)}(?![^\r\n])")
    ends = {
        at: found.end()
        for at in range(len(items.items) + 1)
        if (found := whole.search(body, *_between(body, items, at)))
    }
    return ends.get(place) if len(ends) > 1 else next(iter(ends.values()), None)


def _between(body: str, items: Spot, place: int) -> tuple[int, int]:
    """From where to where no entry's own lines stand: above this one, or behind the last one."""
    before = own_end(body, items.items[place - 1], items.column) if place else 0
    if place == len(items.items):
        section = _SECTION.search(body, before)
        return before, section.start() if section else len(body)
    return before or _head_start(body, items), line_start(body, dash_of(body, items, place))


def _head_start(body: str, items: Spot) -> int:
    """Where the first line of the first entry begins, that of the comments right above it."""
    start = line_start(body, dash_of(body, items, 0))
    found = _COMMENTS.search(body, 0, start)
    return found.start() if found else start


def _apart(body: str, items: Spot) -> bool:
    """Whether most entries have a blank line between them."""
    gaps = [
        re.search(r"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)", body[one.end : other.start]) is not None
        for one, other in zip(items.items, items.items[1:], strict=False)
    ]
    return sum(gaps) * 2 > len(gaps)


def _lines_of(body: str, items: Spot, place: int) -> str:
    item = items.items[place]
    if items.flow:
        return body[item.start : item.end]
    start = line_start(body, dash_of(body, items, place))
    own = body[start : own_end(body, item, items.column)]
    before = own_end(body, items.items[place - 1], items.column) if place else 0
    head: list[str] = []
    for line in reversed(_BREAK.split(body[before:start])[:-1]):
        if not line.lstrip(" ").startswith("#"):
            break
        head.insert(0, line)
    return _to_the_left("\n".join([*head, own]), items.column)


def _to_the_left(lines: str, column: int) -> str:
    """Without the indentation of the list, as far as a line has it, and with plain line ends."""
    return "\n".join(
        line[min(column, len(line) - len(line.lstrip(" "))) :] for line in _BREAK.split(lines)
    )


def _indented(lines: str, column: int, line_break: str) -> str:
    lead = " " * column
    return line_break.join(lead + line if line.strip() else line for line in lines.split("\n"))


def _split(lines: str) -> tuple[list[str], list[str]]:
    """Comments above an entry, and the entry; both with their line ends."""
    all_lines = lines.splitlines(keepends=True)
    place = 0
    while place < len(all_lines) and all_lines[place].lstrip(" ").startswith("#"):
        place += 1
    return all_lines[:place], all_lines[place:]


def _found(text: str, section: str, entry_id: str) -> tuple[str, Spot, int]:
    body = text.removeprefix(_BOM)
    for entry in written_entries(text):
        if (entry.section, entry.id) == (section, entry_id):
            return body, read_places(body).values[section], entry.place
    raise EditRefused(
        f'There is no entry "{entry_id}" under {section}: any more.',
        advice="Somebody may have taken it out or changed its id. Look at the list again.",
    )


def _kept(text: str, body: str, start: int, end: int, new: str) -> str:
    """The text with a part replaced, read once more: what cannot be read is not returned."""
    after = body[:start] + new + body[end:]
    root, problems = read_tree(after, KEYS)
    if root is None or problems:
        raise _otherwise() from CatalogueError("feeds.yaml", tuple(problems))
    return text.removesuffix(body) + after


def _line_break(body: str) -> str:
    found = _BREAK.search(body)
    return found[0] if found else "\n"


def _otherwise() -> EditRefused:
    return EditRefused("The list is written in another way than the entry was, by now.")


def _flat(data: Mapping[str, Any], lead: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{lead}{key}.")
        else:
            yield f"{lead}{key}", value.strip() if isinstance(value, str) else value
