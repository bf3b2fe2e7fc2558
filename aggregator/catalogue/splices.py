"""Which characters of feeds.yaml to replace, and by what, so that an entry comes, goes or changes.

In: the text and its places. Out: ``Splice``s; what is written takes on the looks of what is around
it: indentation, blank lines between entries, braces or lines, quotes, line ends.

Not here: whether the outcome says what was wanted, which is compared afterwards (``edit.py``).
"""

import re
from collections.abc import Mapping, Sequence

from aggregator.catalogue.places import Spot, dash_of, line_end, line_start, own_end
from aggregator.catalogue.written import Value, may_be_plain, write
from aggregator.errors import EditRefused

Splice = tuple[int, int, str]
"""From where to where the text is replaced, and by what."""

_BLANK = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?=\r\n|\r|\n|\Z)")
_BREAK = re.compile(r"\r\n|\r|\n")


def spliced(text: str, splices: Sequence[Splice]) -> str:
    """The text with all of them done; those at the same place in their order."""
    parts, done = [], 0
    for start, end, new in sorted(splices, key=lambda splice: splice[:2]):
        parts += [text[done:start], new]
        done = end
    return "".join([*parts, text[done:]])


def entry_lines(fields: Mapping[str, Value], why: str | None, indent: int = 2) -> list[str]:
    """An entry with a line for each key; ``why`` is a comment behind the last one."""
    lines = [f"{key}: {write(value)}" for key, value in fields.items()]
    lines[-1] += _comment(why)
    return [
        f"{' ' * indent if place else '-'.ljust(indent)}{line}" for place, line in enumerate(lines)
    ]


def _comment(why: str | None) -> str:
    return f"  # {' '.join(why.split())}" if why else ""


# --- entries that come ------------------------------------------------------------------------


def added(
    text: str, root: Spot, section: str, new: Sequence[tuple[Mapping[str, Value], str | None]]
) -> list[Splice]:
    """Entries behind the last one of a section; each with the reason that stands beside it."""
    items = root.values.get(section)
    if items is None:
        if root.flow:
            raise EditRefused(f"There is no list {section}: in the file to add to.")
        return [_section(text, root, section, new)]
    if not items.items:
        return _first(text, root, section, new)
    if items.flow:
        return [_within_brackets(text, items, new)]
    last = items.items[-1]
    end = own_end(text, last, items.column)
    gap = _line_break(text) * (2 if _apart(text, root, items) else 1)
    lead = " " * items.column
    if last.flow:
        entries = [[f"- {write(fields)}{_comment(why)}"] for fields, why in new]
    else:
        dash = dash_of(text, items, len(items.items) - 1)
        same_line = line_end(text, dash) > last.start
        indent = last.start - dash if same_line else last.column - items.column
        entries = [entry_lines(fields, why, indent) for fields, why in new]
    return [(end, end, "".join(gap + _indented(text, lead, lines) for lines in entries))]


def _indented(text: str, lead: str, lines: Sequence[str]) -> str:
    return _line_break(text).join(f"{lead}{line}" for line in lines)


def _line_break(text: str) -> str:
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def _apart(text: str, root: Spot, items: Spot) -> bool:
    """Whether this file puts blank lines between its entries; where none tell, it does."""
    for listed in (items, *(root.values.get(name) for name in ("sources", "widgets"))):
        if listed is None or listed.flow or not listed.items[1:]:
            continue
        gaps = [
            _BLANK.search(text, listed.items[place].end, listed.items[place + 1].start) is not None
            for place in range(len(listed.items) - 1)
        ]
        return sum(gaps) * 2 > len(gaps)
    return not (items.items and items.items[-1].flow)


def _column(root: Spot) -> int:
    """The column of the dashes of the other list, or the usual one."""
    others = (root.values.get(name) for name in ("widgets", "sources"))
    return next((spot.column for spot in others if spot and spot.items and not spot.flow), 2)


def _entries(text: str, root: Spot, new: Sequence[tuple[Mapping[str, Value], str | None]]) -> str:
    """Entries of a list that had none, the first on a line of its own."""
    widgets = root.values.get("widgets", Spot(0, 0, 0))
    gap = _line_break(text) * (2 if _apart(text, root, widgets) else 1)
    lead = " " * _column(root)
    return gap.join(_indented(text, lead, entry_lines(fields, why)) for fields, why in new)


def _section(
    text: str, root: Spot, section: str, new: Sequence[tuple[Mapping[str, Value], str | None]]
) -> Splice:
    """A section that is not there yet goes to the end of the file."""
    end = len(text)
    line_break = _line_break(text)
    lead = line_break if text.endswith(("\n", "\r")) else line_break * 2
    entries = _entries(text, root, new)
    return (end, end, f"{lead}{section}:{line_break}{entries}{line_break}")


def _first(
    text: str, root: Spot, section: str, new: Sequence[tuple[Mapping[str, Value], str | None]]
) -> list[Splice]:
    """The first entry of a section that says ``[]`` or nothing; a comment behind it stays."""
    items = root.values[section]
    if root.flow:
        inside = ", ".join(write(fields, inside=True) for fields, _ in new)
        return [(items.start, items.end, f"[{inside}]")]
    colon = text.index(":", root.keys[section][1]) + 1
    rest = text[items.end : line_end(text, items.end)]
    entries = _line_break(text) + _entries(text, root, new)
    return [(colon, line_end(text, items.end), rest.rstrip() + entries)]


def _within_brackets(
    text: str, items: Spot, new: Sequence[tuple[Mapping[str, Value], str | None]]
) -> Splice:
    """Behind the last item of a list in brackets, with what its author puts between two."""
    end = items.items[-1].end
    between = ", "
    if len(items.items) > 1:
        seen = text[items.items[-2].end : items.items[-1].start]
        between = seen if "#" not in seen else f",{_line_break(text)}{' ' * items.items[-1].column}"
    return (end, end, "".join(between + write(fields) for fields, _ in new))


# --- entries that go --------------------------------------------------------------------------


def removed(text: str, items: Spot, place: int) -> Splice:
    """An entry that goes, with the comments in it; one blank line beside it goes, too."""
    item = items.items[place]
    if items.flow:
        return _out_of_brackets(items.items, place, items)
    start = line_start(text, dash_of(text, items, place))
    end = own_end(text, item, items.column)
    if start == 0 or text[start:].lstrip(" ")[:1] != "-":
        raise EditRefused("Something else stands in the first line of this entry.")
    before = _break_before(text, start)
    blank = re.compile(r"(?:\r\n|\r|\n)[ \t]*\Z").search(text, 0, before)
    if blank is not None:
        return (blank.start(), end, "")
    after = _BLANK.match(text, end)
    if place == 0 and after is not None and len(items.items) > 1:
        end = after.end()
    return (before, end, "")


def _break_before(text: str, start: int) -> int:
    """Where the line break before a line begins."""
    return start - (2 if text[start - 2 : start] == "\r\n" else 1)


def _out_of_brackets(spots: Sequence[Spot], place: int, around: Spot) -> Splice:
    if place:
        return (spots[place - 1].end, spots[place].end, "")
    if len(spots) > 1:
        return (spots[0].start, spots[1].start, "")
    return (around.start + 1, around.end - 1, "")


# --- keys -------------------------------------------------------------------------------------


def key_changed(text: str, entry: Spot, key: str, value: Value, *, old: object = None) -> Splice:
    """A key of an entry with another value.

    ``old`` is the value as it was: it tells whether its quotes are a habit of the author.
    """
    spot = entry.values[key]
    if (spot.items or spot.values) and not spot.flow:
        return _instead_of_lines(text, entry, key, value)
    habit = isinstance(old, str) and may_be_plain(old, inside=entry.flow)
    quote = spot.style if spot.style in {"'", '"'} and habit else ""
    written = write(value, inside=entry.flow, quote=quote)
    blank = " " if text[spot.start - 1] == ":" and not entry.flow else ""
    return (spot.start, spot.end, blank + written)


def _instead_of_lines(text: str, entry: Spot, key: str, value: Value) -> Splice:
    """Instead of a list or group that has a line for each item: the same if it can be."""
    spot = entry.values[key]
    between = _line_break(text) + " " * spot.column
    if spot.items and isinstance(value, Sequence) and value and not isinstance(value, str):
        return (spot.start, spot.end, between.join(f"- {write(one)}" for one in value))
    if spot.values and isinstance(value, Mapping) and value:
        lines = (f"{name}: {write(one)}" for name, one in value.items())
        return (spot.start, spot.end, between.join(lines))
    colon = text.index(":", entry.keys[key][1]) + 1
    comment = text[colon : line_end(text, colon)].rstrip()
    return (colon, spot.end, f" {write(value)}{comment}")


def key_added(text: str, entry: Spot, key: str, value: Value, behind: str) -> Splice:
    """A key that an entry did not have, behind one that it has."""
    spot = entry.values[behind]
    if entry.flow:
        return (spot.end, spot.end, f", {key}: {write(value, inside=True)}")
    end = own_end(text, spot, entry.column)
    lead = _line_break(text) + " " * entry.column
    return (end, end, f"{lead}{key}: {write(value)}")


def key_removed(text: str, entry: Spot, key: str) -> Splice:
    """A key that goes, with its lines. The next one moves up where it stood beside the dash."""
    names = list(entry.values)
    place = names.index(key)
    if len(names) == 1:
        raise EditRefused(f'"{key}" is the only key here, so it cannot be taken away alone.')
    if entry.flow:
        if place:
            return (entry.values[names[place - 1]].end, entry.values[key].end, "")
        return (entry.keys[key][0], entry.keys[names[1]][0], "")
    end = own_end(text, entry.values[key], entry.column)
    start = entry.keys[key][0]
    if place == 0:
        return (start, end + len(text[end:]) - len(text[end:].lstrip()), "")
    return (_break_before(text, line_start(text, start)), end, "")
