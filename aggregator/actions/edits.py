"""A person's changes of feeds.yaml by command: made, told in the audit, published, and taken back.

In: what is wanted, and who wants it. Out: what the entry said before and says now, and the widgets
as they were published because of it.

The file comes first and the database second, but who is about to change the file to what is
announced in the database before. So a program that is killed in between leaves the old file, or
the new one with all that is needed to tell whose change it is: whoever looks next writes it down.

Not here: how the lines change (``catalogue/edit.py``, ``catalogue/lines.py``), decisions about
posts and their undo (``curate.py``).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from aggregator.actions import history
from aggregator.actions.publish import Published, Publisher
from aggregator.catalogue.edit import Section, remove_entry, set_fields
from aggregator.catalogue.keep import Current
from aggregator.catalogue.lines import (
    Written,
    insert_entry,
    own_lines,
    replace_entry,
    written_entries,
)
from aggregator.catalogue.nearest import did_you_mean
from aggregator.catalogue.written import Value
from aggregator.errors import AggregatorError, CatalogueError, EditConflict, EditRefused
from aggregator.model import Catalogue, Consent, Source, SourceState
from aggregator.store import audit, noted, undos
from aggregator.store.undos import Undo
from aggregator.store.verdicts import UNDO_WITHIN

Change = Callable[[str], str]
"""From the text of the file to what it should be."""


class StandsOtherwise(EditConflict):
    """The entry is no longer as that change left it."""

    default_advice = "Nothing was changed. Make the change by hand, or by another command."

    def __init__(self, undo: Undo, stands: str | None) -> None:
        super().__init__()
        self.undo = undo
        self.stands = stands
        """Its lines by now; None: it is not there."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of an entry."""

    section: str
    entry_id: str
    before: str | None
    """Its lines; None: it was not there."""
    after: str | None
    published: tuple[Published, ...] = ()
    number: int | None = None
    """By which it can be undone; None: nothing changed, or it was taken down."""
    undo_until: date | None = None
    """The site's day on which that time ends; None: as ``number``."""

    @property
    def changed(self) -> bool:
        """Whether the file says something else now."""
        return self.before != self.after


class Editor:
    """Changes feeds.yaml for a person."""

    def __init__(
        self,
        publisher: Publisher,
        look: Callable[[], Current],
        write: Callable[..., Catalogue],
        sync: Callable[[Catalogue], None],
    ) -> None:
        """``look``, ``write`` and ``sync``: as ``App`` has them, the second as ``App.edit``."""
        self._publisher = publisher
        self._database = publisher.database
        self._look = look
        self._write = write
        self._sync = sync

    def change(
        self, wanted: Change, *, by: str, now: datetime, expected: str | None = None
    ) -> Catalogue:
        """Change the file in somebody's name and note what changed; nothing is published.

        What somebody else wrote before is noted first, as theirs. Raises as ``save.edit_file``.
        """

        def announced(text: str) -> str:
            history.note(self._database, self._look, now)
            after = wanted(text)
            if after != text:
                digest = hashlib.sha256(after.encode()).hexdigest()
                noted.announce(self._database, digest, by, now)
            return after

        catalogue = self._write(announced, expected=expected)
        history.note(self._database, self._look, now)
        return catalogue

    def remove(self, source_id: str, *, by: str, now: datetime) -> Edited:
        """Take a source out of the file; its posts leave the website with it.

        Raises AggregatorError for a source that never was.
        """
        if self._source(source_id) is None:
            if not audit.knows(self._database, source_id):
                raise self._unknown(source_id)
            return Edited("sources", source_id, None, None)
        return self._edit(source_id, lambda text: remove_entry(text, source_id), by, now)

    def set_state(self, source_id: str, state: SourceState, *, by: str, now: datetime) -> Edited:
        """Say that a source is active, paused, resting or a memorial."""
        self._known(source_id)
        said = None if state is SourceState.ACTIVE else state.value
        return self._set(source_id, {"state": said}, by, now)

    def record_consent(self, source_id: str, consent: Consent, *, by: str, now: datetime) -> Edited:
        """Write down that a family agreed, in place of what was recorded before."""
        self._known(source_id)
        fields: dict[str, Value | None] = {
            "consent.reference": consent.reference,
            "consent.basis": consent.basis,
            "consent.given": consent.given,
            "consent.expires": consent.expires,
            "consent.withdrawn": consent.withdrawn,
        }
        return self._set(source_id, fields, by, now)

    def withdraw_consent(self, source_id: str, on: date, *, by: str, now: datetime) -> Edited:
        """Write down that a family took its consent back, unless it did so earlier.

        Raises AggregatorError where there is no consent to take back, and EditRefused while the
        file is broken.
        """
        try:
            consent = self._known(source_id).consent
        except CatalogueError as problem:
            raise EditRefused(
                str(problem),
                advice=f"`hide {source_id}` takes it off the website now. Then mend what is named "
                "above, and withdraw the consent.",
            ) from problem
        if consent is None:
            raise AggregatorError(
                f"No consent is recorded for {source_id}.",
                advice=f"`remove {source_id}` takes it off the website, `takedown {source_id}` "
                "erases it for good.",
            )
        if consent.withdrawn_on(on):
            return self._unchanged(source_id)
        return self._set(source_id, {"consent.withdrawn": on}, by, now)

    def undo(self, number: int, *, by: str, now: datetime) -> Edited:
        """Take a change of an entry back, also one made by hand.

        Raises AggregatorError where there is none of that number, or its time is over, and
        StandsOtherwise where the entry was changed since.
        """
        undo = undos.find(self._database, number)
        if undo is None or now - undo.at > UNDO_WITHIN:
            raise AggregatorError(
                f"There is no change number {number} that can be undone.",
                advice="`undo` lists those that can be, for 30 days.",
            )
        stands = _lines(self._text(), undo.section, undo.entry_id)
        if own(stands) == own(undo.before):
            undos.mark_undone(self._database, number, now)
            return Edited(undo.section, undo.entry_id, stands, stands)

        def back(text: str) -> str:
            there = _lines(text, undo.section, undo.entry_id)
            if own(there) == own(undo.before):  # somebody else has just undone it
                return text
            if own(there) != own(undo.after):
                raise StandsOtherwise(undo, there)
            if undo.before is None:
                return remove_entry(text, undo.entry_id, section=cast("Section", undo.section))
            if there is None:
                return insert_entry(text, undo.section, undo.place, undo.before)
            return replace_entry(text, undo.section, undo.entry_id, undo.before)

        edited = self._edit(undo.entry_id, back, by, now, section=undo.section)
        undos.mark_undone(self._database, number, now)
        return edited

    # --- how ------------------------------------------------------------------------------------

    def _set(
        self, source_id: str, fields: Mapping[str, Value | None], by: str, now: datetime
    ) -> Edited:
        """Set keys of an entry; one that says all of it already keeps its lines."""
        found = _entry(self._text(), "sources", source_id)
        said = found.fields if found else {}
        wanted = {
            key: value
            for key, value in fields.items()
            if said.get(key) != (value.isoformat() if isinstance(value, date) else value)
        }
        if not wanted:
            return self._unchanged(source_id)
        return self._edit(source_id, lambda text: set_fields(text, source_id, wanted), by, now)

    def _edit(
        self, entry_id: str, wanted: Change, by: str, now: datetime, section: str = "sources"
    ) -> Edited:
        before: list[str | None] = [None]

        def watched(text: str) -> str:
            before[0] = _lines(text, section, entry_id)
            return wanted(text)

        catalogue = self.change(watched, by=by, now=now)
        self._sync(catalogue)
        # All widgets: the files may still show what the list has no longer.
        published = tuple(self._publisher.publish_all(now))
        kept = undos.newest(self._database, section, entry_id)
        after = _lines(self._text(), section, entry_id)
        if kept is None or own(kept.after) != own(after):
            return Edited(section, entry_id, before[0], after, published)
        until = catalogue.site.day(kept.at + UNDO_WITHIN)
        return Edited(section, entry_id, before[0], after, published, kept.number, until)

    def _unchanged(self, source_id: str) -> Edited:
        stands = _lines(self._text(), "sources", source_id)
        return Edited("sources", source_id, stands, stands)

    def _text(self) -> str:
        current = self._look()
        if current.problem is not None:
            raise current.problem
        return current.raw.decode("utf-8-sig")

    def _source(self, source_id: str) -> Source | None:
        current = self._look()
        if current.problem is not None:
            raise current.problem
        return current.catalogue.source(source_id)

    def _known(self, source_id: str) -> Source:
        source = self._source(source_id)
        if source is None:
            raise self._unknown(source_id)
        return source

    def _unknown(self, source_id: str) -> AggregatorError:
        known = [source.id for source in self._look().catalogue.sources]
        hint = did_you_mean(source_id, known)
        return AggregatorError(
            f"There is no source named {source_id} in feeds.yaml.",
            advice=hint or "`status` lists the sources with their ids.",
        )


def _entry(text: str, section: str, entry_id: str) -> Written | None:
    return next(
        (one for one in written_entries(text) if (one.section, one.id) == (section, entry_id)),
        None,
    )


def _lines(text: str, section: str, entry_id: str) -> str | None:
    found = _entry(text, section, entry_id)
    return found.lines if found else None


def own(lines: str | None) -> str | None:
    """An entry's lines without the comments above it, which may change without it."""
    return None if lines is None else own_lines(lines).rstrip()
