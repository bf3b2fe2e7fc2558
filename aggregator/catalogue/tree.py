"""The text of feeds.yaml as a tree in which every value knows its line and column.

In: the text. Out: a ``Node``, or what stops a reader of YAML. The tree is built from the parser's
events and not by a constructor, because a constructor stops at the first doubled key or impossible
date, expands references without end, and lets one file ask for any type.

Not here: what the keys mean (``schema.py``, ``checks.py``).
Specification: YAML 1.2.2, https://yaml.org/spec/1.2.2/ (plain values: the core schema, 10.3).
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from aggregator.catalogue.slips import ODD_SPACE, odd_space, odd_space_hint, slip_in
from aggregator.catalogue.traps import CURLY, Stop, explain, lines_of
from aggregator.errors import Problem

Path = tuple[str | int, ...]
"""Where in the file's meaning: keys, and places in lists counted from 0."""

MAX_DEPTH = 16
"""The schema needs six; what is deeper is a slip of the keyboard or an attack."""

_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_MAX_DIGITS = 18


@dataclass(slots=True)
class Node:
    """One value. Lines and columns count from 1; an empty value stands where its key stands."""

    value: "str | int | float | bool | list[Node] | dict[str, Node] | None"
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Of a mapping: where each key stands."""
    hidden: bool = False
    """Nothing is written, but a comment follows where a text was probably meant."""

    @property
    def mapping(self) -> "dict[str, Node]":
        """The keys and values; empty where this is no mapping."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> "list[Node]":
        """The items; empty where this is no list."""
        return self.value if isinstance(self.value, list) else []

    def text(self, key: str) -> str | None:
        """The text under ``key``, outer blanks removed; None where there is none."""
        node = self.mapping.get(key)
        return node.value.strip() if node and isinstance(node.value, str) else None

    def one_or_more(self, key: str, path: Path) -> "list[tuple[Path, Node]]":
        """What stands under ``key``: the items of a list, else the value, each with its path."""
        named = self.mapping.get(key)
        if named is None:
            return []
        if not isinstance(named.value, list):
            return [((*path, key), named)]
        return [((*path, key, place), item) for place, item in enumerate(named.value)]

    def walk(self, path: Path = ()) -> "Iterator[tuple[Path, Node]]":
        """This node and all below it, in the file's order."""
        yield path, self
        for key, child in self.mapping.items():
            yield from child.walk((*path, key))
        for place, child in enumerate(self.items):
            yield from child.walk((*path, place))


def dotted(path: Path) -> str:
    """``sources[2].consent.given``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read_tree(
    text: str, keys: Collection[str], also: Callable[[Event], None] | None = None
) -> tuple[Node | None, list[Problem]]:
    """The tree, and what is wrong with the YAML itself but lets the reader go on.

    ``keys`` are those that feeds.yaml knows: they tell where a colon or a space was forgotten.
    None for the tree: there is nothing in the file, or the one problem stopped the reader.
    ``also`` is told what the parser meets: to parse costs more than all that follows from it.
    """
    grower = _Grower(lines_of(text), keys)
    try:
        # Events are the same for every kind of loader; this one does not carry comments along.
        for event in YAML(typ="safe", pure=True).parse(text):
            grower.take(event)
            if also is not None:
                also(event)
    except Stop as stop:
        return None, [stop.problem]
    except (YAMLError, ValueError, OverflowError) as error:
        # ValueError and OverflowError: an escape such as "\UFFFFFFFF" that is no character.
        return None, [explain(error, text, grower.last, grower.bracket, keys)]
    return grower.root, grower.problems


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    node: Node
    path: Path
    bracket: bool
    key: str | None = None
    key_mark: tuple[int, int] = (1, 1)
    key_end: int = 0
    plain_key: bool = False
    awaits_value: bool = False
    slipped: bool = False
    """A space or colon is missing inside these braces, and that is told."""


class _Grower:
    """Takes events, grows the tree. A stack instead of recursion: depth cannot exhaust Python's."""

    def __init__(self, lines: list[str], keys: Collection[str]) -> None:
        self.root: Node | None = None
        self.last = (1, 1)
        self.problems: list[Problem] = []
        self._lines = lines
        self._keys = keys
        self._stack: list[_Open] = []
        self._documents = 0

    @property
    def bracket(self) -> tuple[int, int] | None:
        """Where the innermost bracket stands that is still open."""
        top = self._stack[-1] if self._stack else None
        return (top.node.line, top.node.column) if top is not None and top.bracket else None

    def take(self, event: Event) -> None:
        """Grow by one event. Raises Stop where going on would mislead."""
        self.last = _mark(event)
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise Stop(
                    *_mark(event),
                    "A second document begins here (a line of three dashes or dots).",
                    "Take that line away: feeds.yaml is one list from top to bottom.",
                )
        elif isinstance(event, AliasEvent):
            raise _decorated(event, "*")
        elif isinstance(event, (ScalarEvent, CollectionStartEvent)):
            if event.anchor is not None:
                raise _decorated(event, "&")
            if event.tag is not None:
                raise _decorated(event, "!")
            self._begin(event)
        elif isinstance(event, CollectionEndEvent):
            self._attach(self._stack.pop().node)

    def _begin(self, event: ScalarEvent | CollectionStartEvent) -> None:
        line, column = _mark(event)
        if isinstance(event, ScalarEvent):
            if event.style is None and event.value:
                self._refuse_odd_space(line)
            if self._is_key():
                self._take_key(event)
            else:
                self._attach(self._scalar(event))
            return
        if len(self._stack) >= MAX_DEPTH:
            raise Stop(
                line,
                column,
                "Lists and keys are nested too deeply here.",
                "Check the brackets and the indentation of this line.",
            )
        empty: list[Node] | dict[str, Node] = {} if isinstance(event, MappingStartEvent) else []
        self._stack.append(
            _Open(Node(empty, line, column), self._next_path(), bool(event.flow_style))
        )

    def _is_key(self) -> bool:
        top = self._stack[-1] if self._stack else None
        return top is not None and isinstance(top.node.value, dict) and not top.awaits_value

    def _next_path(self) -> Path:
        if not self._stack:
            return ()
        top = self._stack[-1]
        if isinstance(top.node.value, list):
            return (*top.path, len(top.node.value))
        return (*top.path, top.key or "?")

    def _take_key(self, event: ScalarEvent) -> None:
        top = self._stack[-1]
        _refuse_unprintable(event)
        top.key, top.key_mark = event.value, _mark(event)
        top.key_end, top.awaits_value = event.end_mark.column, True
        top.plain_key = event.style is None
        first = top.node.keys.get(event.value)
        if first is not None:
            self.problems.append(
                Problem(
                    *top.key_mark,
                    dotted((*top.path, event.value)),
                    f'"{event.value}" stands twice in the same entry, '
                    f"in lines {first[0]} and {top.key_mark[0]}.",
                    "Keep one of the two.",
                )
            )

    def _attach(self, node: Node) -> None:
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
            return
        if not isinstance(top.node.value, dict):
            return
        if not top.awaits_value:
            raise Stop(
                node.line,
                node.column,
                "A list or a group in brackets stands where the name of a key is wanted.",
                "Write a plain word before the colon. A text that begins with [ or { needs quotes.",
            )
        top.awaits_value = False
        if top.key is not None and top.key not in top.node.value:
            top.node.value[top.key] = node
            top.node.keys[top.key] = top.key_mark

    def _scalar(self, event: ScalarEvent) -> Node:
        _refuse_unprintable(event)
        line, column = _mark(event)
        if event.style is not None:
            return Node(event.value, line, column)
        if event.value == "":
            return self._empty(line, column)
        if event.value[0] in CURLY and event.value[-1] in CURLY:
            self.problems.append(
                Problem(
                    line,
                    column,
                    dotted(self._next_path()),
                    "Curly quotation marks, as word processors make them, are no quotes in YAML.",
                    'Type straight ones: "…". To show curly ones, put straight ones around them.',
                )
            )
        return Node(_plain(event.value.strip()), line, column)

    def _empty(self, line: int, column: int) -> Node:
        """An empty value has no place of its own: it gets that of its key or dash."""
        top = self._stack[-1] if self._stack else None
        after = column - 1
        if top is not None and top.awaits_value:
            mended = self._mended(top)
            if mended:
                return mended
            (line, column), after = top.key_mark, top.key_end
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        hidden = re.match(r"\s*:?\s+#", text[after:]) is not None
        return Node(None, line, column, hidden=hidden)

    def _mended(self, top: _Open) -> Node | None:
        """What was meant by ``{id:news}``, which YAML takes for a key without a value.

        It is told once for each pair of braces, and reading goes on as if it were right.
        """
        slip = slip_in(top.key or "", self._keys) if top.bracket and top.plain_key else None
        if slip is None:
            return None
        line, column = top.key_mark
        column += slip.column - 1
        if not top.slipped:
            top.slipped = True
            hint = f"{slip.hint} Look at the other keys in these braces as well."
            self.problems.append(Problem(line, column, dotted(top.path), slip.what, hint))
        top.key = slip.key
        return Node(_plain(slip.rest.strip("\"'")), line, column)

    def _refuse_odd_space(self, line: int) -> None:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        column = odd_space(text)
        if column:
            raise Stop(line, column, ODD_SPACE, odd_space_hint(self._lines))


def _plain(text: str) -> str | int | float | bool | None:
    """What a value without quotes means; ``yes``, ``no``, ``on`` and ``off`` are texts."""
    if text in {"null", "Null", "NULL", "~"}:
        return None
    if text in {"true", "True", "TRUE"}:
        return True
    if text in {"false", "False", "FALSE"}:
        return False
    if len(text) <= _MAX_DIGITS and _INT.fullmatch(text):
        return int(text)
    if len(text) <= _MAX_DIGITS and _FLOAT.fullmatch(text):
        return float(text)
    return text


def _mark(event: Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _decorated(event: Event, sign: str) -> Stop:
    return Stop(
        *_mark(event),
        f"YAML gives {sign} at the start of a value a meaning that feeds.yaml does not use.",
        f"Put quotes around a text that begins with {sign}. To repeat a value, write it out again; "
        "a widget may say `like:`.",
    )


def _refuse_unprintable(event: ScalarEvent) -> None:
    """Escapes can smuggle in what no page can show and no database can keep."""
    bad = next(
        (c for c in event.value if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\n\r"),
        None,
    )
    if bad is not None:
        raise Stop(
            *_mark(event),
            f"This text holds a character that cannot be shown (U+{ord(bad):04X}).",
            "Delete the text and type it again by hand.",
        )
