"""feeds.yaml changed by machine: only the lines of one entry, and the file as people keep it.

In: the text, and what is wanted. Out: the new text, in which all else is the same byte for byte:
comments, order, quotes, line ends, a byte order mark. Each change is read back and compared with
what was wanted before anybody gets to see it. Raises EditRefused where the two differ, and
CatalogueError where the text is no YAML that ``load.py`` would read.

Not here: ids (``ids.py``), how values are written (``written.py``), and the file itself, with the
question whether the whole of it is right (``save.py``).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal

from aggregator.catalogue.checks import plain
from aggregator.catalogue.places import Spot, read_places
from aggregator.catalogue.schema import KEYS, SECTIONS, keys_of
from aggregator.catalogue.splices import (
    Splice,
    added,
    entry_lines,
    key_added,
    key_changed,
    key_removed,
    removed,
    spliced,
)
from aggregator.catalogue.tree import read_tree
from aggregator.catalogue.written import Value, read_back
from aggregator.errors import CatalogueError, EditRefused
from aggregator.model import Catalogue, SourceState

Section = Literal["sources", "widgets", "rules"]
Data = dict[str, Any]
"""The file's keys and values, without places."""

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class NewSource:
    """A source that is to be followed, as it will stand in the file."""

    id: str
    platform: str
    """The key that carries the address, such as ``feed``."""
    address: str
    name: str | None = None
    widgets: tuple[str, ...] = ()
    """Ids of widgets; none: it is followed without being shown."""
    state: SourceState = SourceState.ACTIVE
    why: str | None = None
    """One sentence that stands as a comment behind the state; None: no comment."""
    token: str | None = None
    """The environment variable that holds its token; None: the platform's usual one, if any."""

    def fields(self) -> dict[str, Value]:
        """Its keys and values in the order in which they are written."""
        fields: dict[str, Value] = {"id": self.id, self.platform: self.address}
        if self.name and (name := " ".join(self.name.split())):
            fields["name"] = name
        fields["in"] = self.widgets[0] if len(self.widgets) == 1 else self.widgets
        if self.state is not SourceState.ACTIVE:
            fields["state"] = self.state.value
        if self.token is not None:
            fields["token"] = self.token
        return fields

    def lines(self) -> list[str]:
        """The entry as it is written, for showing it beforehand."""
        return entry_lines(self.fields(), self.why)


def awaiting_consent(new: NewSource, catalogue: Catalogue) -> NewSource:
    """The source; paused, with the reason beside it, where one of its widgets requires consent."""
    if not any(spec.require_consent and spec.id in new.widgets for spec in catalogue.widgets):
        return new
    return replace(
        new,
        state=SourceState.PAUSED,
        why=f"waits for consent: `consent record {new.id}`, then `state {new.id} active`",
    )


def add_sources(text: str, new: Sequence[NewSource]) -> str:
    """The text with these sources behind those that it has, in this order.

    They look like their neighbours: indentation, blank lines, braces. Raises EditRefused where the
    list cannot be changed by machine. Whether addresses and ids are good is the loader's to say
    (``save.edit_file`` asks it).
    """

    def want(data: Data) -> None:
        entries = ({key: read_back(value) for key, value in one.fields().items()} for one in new)
        data["sources"] = [*(data.get("sources") or []), *entries]

    def find(body: str, root: Spot, _: Data) -> list[Splice]:
        return added(body, root, "sources", [(one.fields(), one.why) for one in new])

    return _changed(text, find, want) if new else text


def remove_entry(text: str, entry_id: str, *, section: Section = "sources") -> str:
    """The text without this entry. Comments above it stay: they may be about more than it.

    Raises EditRefused where there is no such entry.
    """

    def want(data: Data) -> None:
        place = _place(data, section, entry_id)
        del data[section][place]

    def find(body: str, root: Spot, data: Data) -> list[Splice]:
        return [removed(body, root.at(section), _place(data, section, entry_id))]

    return _changed(text, find, want)


def set_fields(
    text: str,
    entry_id: str,
    fields: Mapping[str, Value | None],
    *,
    section: Section = "sources",
) -> str:
    """The text with these keys of one entry set; None takes a key away.

    A dot leads into a group: ``consent.withdrawn`` changes this one line of it. Raises EditRefused
    where there is no such entry, or where a key cannot be taken away.
    """

    def want(data: Data) -> None:
        place = _place(data, section, entry_id)
        entry = data[section][place]
        for name, value in fields.items():
            *groups, key = name.split(".")
            group = entry
            for part in groups:
                group = group.get(part, {}) if value is None else group.setdefault(part, {})
            if value is None:
                group.pop(key, None)
            else:
                group[key] = read_back(value)

    def find(body: str, root: Spot, data: Data) -> list[Splice]:
        place = _place(data, section, entry_id)
        return list(_set(body, root.at(section, place), data[section][place], fields, section))

    return _changed(text, find, want)


def _set(
    text: str, entry: Spot, old: Data, fields: Mapping[str, Value | None], section: str
) -> Iterator[Splice]:
    """What to replace for these keys; those of a group that is there are looked at inside it."""
    groups: dict[str, dict[str, Value | None]] = {}
    order = _order(section, entry)
    staying = [key for key in entry.values if key not in fields or fields[key] is not None]
    for name in sorted(fields, key=lambda name: order.index(name) if name in order else len(order)):
        key, _, rest = name.partition(".")
        value = fields[name]
        if rest:
            groups.setdefault(key, {})[rest] = value
        elif key in entry.values:
            yield (
                key_removed(text, entry, key)
                if value is None
                else key_changed(text, entry, key, value, old=old.get(key))
            )
        elif value is not None:
            yield key_added(text, entry, key, value, _before(key, staying, order))
    for key, inner in groups.items():
        if isinstance(old.get(key), dict) and old[key]:
            yield from _set(text, entry.values[key], old[key], inner, key)
        elif group := {name: value for name, value in inner.items() if value is not None}:
            yield key_added(text, entry, key, group, _before(key, staying, order))


def _before(key: str, staying: Sequence[str], order: Sequence[str]) -> str:
    """The key behind which a new one goes."""
    earlier = order[: order.index(key)] if key in order else order
    return next((name for name in reversed(staying) if name in earlier), staying[0])


def _order(section: str, entry: Spot) -> list[str]:
    """The keys in the order in which the reference lists them, a source's address second."""
    known = list(keys_of(SECTIONS[section])) if section in SECTIONS else []
    addresses = [key for key in entry.values if key not in known]
    return [*known[:1], *addresses, *known[1:]]


def _place(data: Data, section: str, entry_id: str) -> int:
    """Which entry of the section it is, counted from 0."""
    for place, entry in enumerate(data.get(section) or []):
        if isinstance(entry, dict) and str(entry.get("id", "")).strip() == entry_id:
            return place
    raise EditRefused(
        f'There is no entry "{entry_id}" under {section}: any more.',
        advice="Somebody may have taken it out or changed its id. Look at the list again.",
    )


def _changed(
    text: str,
    find: Callable[[str, Spot, Data], list[Splice]],
    want: Callable[[Data], None],
) -> str:
    """Find what to replace, replace it, and compare the outcome with what was wanted."""
    body = text.removeprefix(_BOM)
    data = _data(body)
    wanted = deepcopy(data)
    want(wanted)
    new = spliced(body, find(body, read_places(body), data))
    try:
        same = _meant(_data(new)) == _meant(wanted)
    except CatalogueError:
        same = False
    if not same:
        raise EditRefused(
            "The file is written in a way that is not safe to change by machine here."
        )
    return text.removesuffix(body) + new


def _data(body: str) -> Data:
    root, problems = read_tree(body, KEYS)
    if problems:
        raise CatalogueError("feeds.yaml", tuple(problems))
    data = plain(root) if root is not None else None
    if not isinstance(data, dict):
        raise EditRefused(
            "The file holds no list of sources yet.",
            advice="Begin it with site:, then widgets:, then sources:.",
        )
    return data


def _meant(data: Data) -> Any:
    """What the file says: a section without entries is as good as none, blanks around are nothing.

    A block of text at the end of a file gets its line break when something follows it.
    """
    empty = {key for key in ("sources", "widgets", "rules") if not data.get(key)}
    return _stripped({key: value for key, value in data.items() if key not in empty})


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_stripped(child) for child in value]
    return value.strip() if isinstance(value, str) else value
