"""What changed in feeds.yaml since it was last looked at: told in the audit, kept for undo.

In: the file as it stands. Out: rows of the audit, of the ledger of consents and of what undo needs,
written in one transaction. Who changes the file through us is announced before (``edits.py``); all
other changes are by ``file``: somebody, by hand.

A change is told once, whichever program looks first. Of entries that were taken down nothing is
noted, though they may still stand in the file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from aggregator.actions.ledger import Turn, turns
from aggregator.catalogue.keep import Current
from aggregator.catalogue.lines import LISTS, SITE, Written, one_entry, written_entries
from aggregator.store import file_history, noted
from aggregator.store.audit import Entry
from aggregator.store.database import Database
from aggregator.store.file_history import Before, Change, Told
from aggregator.store.noted import NotedEntry
from aggregator.store.undos import Undo

FILE = "file"
"""Who changed the file where none of us did."""

_NOUNS = {"sources": "source", "widgets": "widget", "rules": "rule", SITE: "site"}
_CONSENT = "consent."
_KINDS = frozenset({"state", "review", "layout", "require"})
"""Fields whose values are words of our own, which may stand in the audit."""
_Key = tuple[str, str]
"""Section and id of an entry."""


def note(database: Database, look: Callable[[], Current], now: datetime) -> None:
    """Write down what changed, if anything did.

    ``look`` tells what the file says at this moment; it is asked once more when nobody else can
    note anything, so that an older look never follows a newer one. A broken file tells nothing:
    the changes in it are noted once it is mended. Raises StoreError, and CatalogueError where
    there is no list at all.
    """
    current = look()
    if current.raw and current.catalogue.digest != noted.digest(database):
        entries = written_entries(current.raw.decode("utf-8-sig"))

        def decide(before: Before) -> Change | None:
            latest = look()
            if latest.raw == current.raw:
                return _change(before, current, entries, now)
            if not latest.raw:
                return None
            return _change(before, latest, written_entries(latest.raw.decode("utf-8-sig")), now)

        file_history.note(database, decide, now)


def _change(
    before: Before, current: Current, entries: Sequence[Written], now: datetime
) -> Change | None:
    digest = current.catalogue.digest
    if digest == before.digest:
        return None
    sources = current.catalogue.sources
    down = before.taken_down((source.id, place) for source in sources for place in source.addresses)
    standing = [one for one in entries if one.section != "sources" or one.id not in down]
    who = before.announced_by(digest) or FILE
    renamed = before.renamed(sources)
    of_consent = list(
        turns([source for source in sources if source.id not in down], before.ledger(), who, now)
    )
    told = list(_told(before, standing, renamed, who, now))
    return Change(
        digest,
        [NotedEntry(one.section, one.id, one.lines) for one in standing],
        _together(told, of_consent),
        [turn.noted for turn in of_consent],
    )


def _told(
    before: Before,
    entries: Sequence[Written],
    renamed: Mapping[str, str],
    who: str,
    now: datetime,
) -> Iterator[Told]:
    """One row for each entry that came, changed or went; none where only its looks changed.

    ``renamed``: by the id that a source has now, the one that it had: its entry is no new one.
    At the very first look all entries come, and nothing of that can be undone.
    """
    old = {(one.section, one.id): one for one in before.entries}
    places = _places(before.entries)
    new = {(one.section, one.id): one for one in entries}
    by_new_id = {
        ("sources", now_called): old.pop(("sources", once))
        for now_called, once in renamed.items()
        if ("sources", now_called) in new and ("sources", once) in old
    }
    old |= by_new_id
    for key in [*new, *(key for key in old if key not in new)]:
        was, now_is = old.get(key), new.get(key)
        if was is not None and now_is is not None and was.lines == now_is.lines:
            continue
        fields = _fields(was), (now_is.fields if now_is else {})
        if fields[0] == fields[1]:
            continue
        undo = Undo(
            number=0,
            at=now,
            section=key[0],
            entry_id=key[1],
            before=was.lines if was else None,
            after=now_is.lines if now_is else None,
            place=now_is.place if now_is else places[key],
        )
        undoable = before.digest is not None and key[0] in LISTS
        yield Told(_row(key, fields, who, now), undo if undoable else None)


def _places(entries: Sequence[NotedEntry]) -> dict[_Key, int]:
    """Which entry of its section each one was."""
    counted: dict[str, int] = {}
    places = {}
    for one in entries:
        places[one.section, one.id] = counted.get(one.section, 0)
        counted[one.section] = places[one.section, one.id] + 1
    return places


def _fields(was: NotedEntry | None) -> dict[str, Any]:
    if was is None:
        return {}
    data = one_entry(was.lines, was.section)
    return Written(was.section, was.id, 0, was.lines, data).fields


def _row(
    key: _Key, fields: tuple[Mapping[str, Any], Mapping[str, Any]], who: str, now: datetime
) -> Entry:
    section, entry_id = key
    before, after = fields
    act = "changed" if before and after else "added" if after else "removed"
    lead = f"{entry_id}: " if section == "rules" else ""
    told = (_names(*pair) for pair in ((before, after), (after, before)))
    was, now_is = (f"{lead}{names}" if names else None for names in told)
    return Entry(
        at=now,
        who=who,
        act=f"{_NOUNS[section]} {act}",
        source_id=entry_id if section == "sources" else "",
        before=was,
        after=now_is,
        widget_id=entry_id if section == "widgets" else None,
    )


def _names(fields: Mapping[str, Any], others: Mapping[str, Any]) -> str:
    """The fields that it has and the other has not, or has otherwise; never what they say."""
    return ", ".join(
        f"{name} {value}" if name in _KINDS else name
        for name, value in fields.items()
        if name not in others or others[name] != value
    )


def _together(told: Sequence[Told], of_consent: Sequence[Turn]) -> list[Told]:
    """All rows; an entry in which only the consent changed has one row, that of the consent."""
    rows = list(told)
    for turn in of_consent:
        noted_turn = turn.noted
        entry = Entry(
            noted_turn.seen_at,
            noted_turn.said_by,
            turn.act,
            noted_turn.source_id,
            before=turn.before,
            after=turn.after,
        )
        same = next((one for one in rows if _is_only_consent(one.entry, entry.source_id)), None)
        if same is None:
            rows.append(Told(entry))
        else:
            rows[rows.index(same)] = Told(entry, same.undo)
    return rows


def _is_only_consent(entry: Entry, source_id: str) -> bool:
    names = [name for told in (entry.before, entry.after) if told for name in told.split(", ")]
    return (
        entry.act == "source changed"
        and entry.source_id == source_id
        and all(name.startswith(_CONSENT) for name in names)
    )
