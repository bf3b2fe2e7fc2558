"""Where everything stands in the text of a good feeds.yaml, to the character.

In: a text that ``tree.read_tree`` finds nothing wrong with. Out: a ``Spot``: each value with its
first and last character, each key, and for items of a list their dashes. Offsets count characters
from 0; ends are exclusive.

Not here: what the values mean (``tree.py``), changing them (``edit.py``).
"""

import re
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

Key = tuple[int, int]
"""Where a key begins and ends."""


@dataclass(slots=True)
class Spot:
    """One value."""

    start: int
    end: int
    column: int
    flow: bool = False
    """A list or mapping in brackets."""
    style: str = ""
    """Of a text: ``'`` or ``"`` where it is quoted, ``|`` or ``>`` for a block."""
    items: "list[Spot]" = field(default_factory=list)
    keys: dict[str, Key] = field(default_factory=dict)
    values: "dict[str, Spot]" = field(default_factory=dict)

    def at(self, *path: str | int) -> "Spot":
        """The value that the path leads to. Raises KeyError or IndexError where there is none."""
        spot = self
        for part in path:
            spot = spot.items[part] if isinstance(part, int) else spot.values[part]
        return spot


@dataclass(slots=True)
class _Open:
    spot: Spot
    mapping: bool
    key: str | None = None


def read_places(text: str) -> Spot:
    """All places of a text that is a mapping. A byte order mark may not be in it."""
    places = Places(text)
    for event in YAML(typ="safe", pure=True).parse(text):
        places.take(event)
    return places.root


class Places:
    """Takes what a parser meets in a text, in its order; ``root`` is complete at the end."""

    def __init__(self, text: str) -> None:
        self.root = Spot(0, 0, 0)
        self._text = text
        self._stack: list[_Open] = []

    def take(self, event: Event) -> None:
        """Note where it stands."""
        top = self._stack[-1] if self._stack else None
        start, end = event.start_mark.index, event.end_mark.index
        if isinstance(event, CollectionEndEvent):
            spot = self._stack.pop().spot
            spot.end = end if spot.flow else _last_end(spot)
        elif isinstance(event, ScalarEvent) and top and top.mapping and top.key is None:
            top.key = event.value
            top.spot.keys[event.value] = (start, end)
        elif isinstance(event, (ScalarEvent, CollectionStartEvent)):
            spot = Spot(start, end, event.start_mark.column)
            if isinstance(event, ScalarEvent):
                spot.style = event.style or ""
                _trim(spot, self._text, top)
            else:
                spot.flow = bool(event.flow_style)
            if top is None:
                self.root = spot
            elif top.mapping:
                top.spot.values[str(top.key)], top.key = spot, None
            else:
                top.spot.items.append(spot)
            if isinstance(event, CollectionStartEvent):
                self._stack.append(_Open(spot, isinstance(event, MappingStartEvent)))


def _last_end(spot: Spot) -> int:
    """A list or mapping without brackets ends with its last value, not where the next begins."""
    return max([spot.start, *(child.end for child in (*spot.items, *spot.values.values()))])


def _trim(spot: Spot, text: str, top: _Open | None) -> None:
    """Blocks end with their last line, and what is empty stands right behind its colon."""
    if spot.style in {"|", ">"}:
        spot.end = spot.start + len(text[spot.start : spot.end].rstrip())
    elif spot.start == spot.end and top is not None and top.mapping and top.key is not None:
        spot.start = spot.end = text.index(":", top.spot.keys[top.key][1]) + 1


def dash_of(text: str, items: Spot, place: int) -> int:
    """Where the dash of an item of a list without brackets stands."""
    if place == 0:
        return items.start
    dash = re.compile(rf"(?<=[\r\n])[ ]{{{items.column}}}(?=-(?:\s|\Z))")
    found = dash.search(text, items.items[place - 1].end, items.items[place].start)
    return found.end() if found else items.items[place].start


def line_start(text: str, offset: int) -> int:
    """Where the line of ``offset`` begins."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """Where the line of ``offset`` ends, before its line break."""
    found = re.compile(r"[\r\n]|\Z").search(text, offset)
    return found.start() if found else len(text)


def own_end(text: str, spot: Spot, column: int) -> int:
    """The end of the last line of a value, with the comments below it that are deeper than it."""
    end = line_end(text, spot.end)
    comment = re.compile(rf"(?:\r\n|\r|\n)[ ]{{{column + 1},}}#[^\r\n]*")
    while found := comment.match(text, end):
        end = found.end()
    return end
