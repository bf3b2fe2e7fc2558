"""What can be taken back, of changes to feeds.yaml and of decisions, each by one number.

In: the audit of the last 30 days, and what undo keeps. Out: a list, newest first; or one of them
taken back, through the editor or through ``curate.py``.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.actions import curate
from aggregator.actions.audit_words import sentence
from aggregator.actions.curate import Decision
from aggregator.actions.edits import Edited, Editor, own
from aggregator.actions.publish import Publisher
from aggregator.catalogue.lines import written_entries
from aggregator.errors import AggregatorError
from aggregator.model import VerdictKind
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, former_ids, undos
from aggregator.store.audit import Entry, Wanted
from aggregator.store.database import Database
from aggregator.store.verdicts import UNDO_WITHIN

_DECIDING = {AuditAct.DECIDE, AuditAct.HIDE_AS_IT_CAME}


@dataclass(frozen=True, slots=True)
class Undoable:
    """An act that can be taken back."""

    number: int
    """By which it is named: that of its row in the audit."""
    at: datetime
    who: str
    act: str
    source_id: str
    public_id: str | None
    widget_id: str | None
    words: str
    changed_since: bool = False
    """The entry of feeds.yaml says something else by now: the later change goes back first."""


def undoable(database: Database, now: datetime, text: str | None) -> list[Undoable]:
    """All that can be taken back, newest first.

    ``text``: what feeds.yaml says; None: it cannot be read. A change after which it stands again as
    before is left out.
    """
    standing = {(one.section, one.id): own(one.lines) for one in written_entries(text or "")}
    told = {one.number: one for one in _recent(database, now)}
    found = [_named(one) for one in _decided(list(told.values()))]
    for change in undos.open_ones(database, now):
        stands = standing.get((change.section, change.entry_id))
        if change.number in told and (text is None or stands != own(change.before)):
            since = text is not None and stands != own(change.after)
            found.append(replace(_named(told[change.number]), changed_since=since))
    return sorted(found, key=lambda one: one.number, reverse=True)


def undo(
    editor: Editor, publisher: Publisher, number: int, *, by: str, now: datetime
) -> Edited | Decision:
    """Take the act of this number back.

    Raises AggregatorError where there is none, and ``StandsOtherwise`` where an entry of
    feeds.yaml was changed since.
    """
    if undos.find(publisher.database, number) is not None:
        return editor.undo(number, by=by, now=now)
    recent = _decided(_recent(publisher.database, now))
    entry = next((one for one in recent if one.number == number), None)
    if entry is None:
        raise AggregatorError(
            f"There is nothing of number {number} that can be undone.",
            advice="`undo` lists what can be, for 30 days; a takedown never can.",
        )
    hides = entry.act == AuditAct.HIDE_AS_IT_CAME
    key = entry.public_id or entry.source_id
    kind = VerdictKind.HIDDEN if hides else VerdictKind(str(entry.after))
    (done,) = curate.undo(publisher, [key], kind, by=by, now=now)
    return done


def _recent(database: Database, now: datetime) -> list[Entry]:
    """What can be undone, and what was undone, oldest first, by the ids of today."""
    names = former_ids.now_called(database)
    return [
        replace(
            one,
            source_id=names.get(one.source_id, one.source_id),
            public_id=one.public_id and names.get(one.public_id, one.public_id),
        )
        for one in audit.everything(database, Wanted(now - UNDO_WITHIN))
    ]


def _decided(told: list[Entry]) -> list[Entry]:
    """Of rows, oldest first, the newest decision on each thing that was not taken back."""
    standing: dict[tuple[str, str | None], list[Entry]] = {}
    for one in told:
        key = (one.source_id, one.public_id)
        if one.act in _DECIDING:
            standing.setdefault(key, []).append(one)
        elif one.act == AuditAct.UNDO and standing.get(key):
            standing[key].pop()
        elif one.act == AuditAct.TAKE_DOWN:
            for other in [key] if one.public_id else list(standing):
                if other[0] == one.source_id:
                    standing.pop(other, None)
    return [rows[-1] for rows in standing.values() if rows]


def _named(entry: Entry) -> Undoable:
    return Undoable(
        entry.number,
        entry.at,
        entry.who,
        entry.act,
        entry.source_id,
        entry.public_id,
        entry.widget_id,
        sentence(entry),
    )
