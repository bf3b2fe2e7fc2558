"""The ledger of consents: what changed in it since it was last noted, and how each one stands.

In: what feeds.yaml says, and what the ledger holds. Out: rows to be written, and standings for
staff. Pure: the ledger is written together with all else that changed (``history.py``).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from aggregator.model import Catalogue, Consent, Source
from aggregator.store.consents import Noted

_FIELDS = ("reference", "basis", "given", "expires", "withdrawn")


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of one source's consent."""

    noted: Noted
    act: str
    """``consent given``, ``consent changed``, ``consent withdrawn`` or ``consent removed``."""
    before: str | None
    """Names of what was changed or taken away, never what they said."""
    after: str | None
    """Names of what was changed or is new."""


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    """How a source's consent stands on a day."""

    source_id: str
    consent: Consent | None
    """None: its widget requires one, and none is recorded; or its entry names it no more."""
    holds: bool
    ends_in: int | None
    """Days; 0: it ended on this day, less than 0: before. None: no end is known."""
    noticed: datetime | None
    """When the file was first seen to say so; None: not yet."""
    said_by: str | None
    in_file: bool = True
    """False: the source left feeds.yaml."""

    @property
    def words(self) -> str:
        """How it stands, in a few words."""
        if not self.in_file:
            return "no longer in feeds.yaml"
        if self.consent is None:
            return "none recorded: not shown"
        if self.holds:
            if self.ends_in is None:
                return "holds, without an end"
            return f"holds; ends in {_days(self.ends_in)}"
        if self.consent.ends is None or self.ends_in is None or self.ends_in > 0:
            return f"begins on {self.consent.given}: not shown yet"
        word = "withdrawn" if self.consent.withdrawn == self.consent.ends else "ended"
        return f"{word} on {self.consent.ends}: not shown"


def turns(
    sources: Collection[Source], ledger: Mapping[str, Noted], who: str, now: datetime
) -> Iterator[Turn]:
    """What the ledger does not know yet. ``ledger``: by source id, the newest state of each."""
    said = {source.id: source.consent for source in sources}
    for source_id in [*said, *(one for one in ledger if one not in said)]:
        known = ledger.get(source_id)
        before, after = known.consent if known else None, said.get(source_id)
        if before != after:
            yield _turn(Noted(source_id, now, who, after), before)


def _turn(noted: Noted, before: Consent | None) -> Turn:
    after = noted.consent
    if before is None:
        return Turn(noted, "consent given", None, _names(after, None))
    if after is None:
        return Turn(noted, "consent removed", _names(before, None), None)
    withdrawn = before.withdrawn is None and after.withdrawn is not None
    act = "consent withdrawn" if withdrawn else "consent changed"
    return Turn(noted, act, _names(before, after), _names(after, before))


def _names(consent: Consent | None, other: Consent | None) -> str | None:
    """The fields that it has, and that the other one does not have or has otherwise."""
    names = (
        name
        for name in _FIELDS
        if getattr(consent, name, None) is not None
        and getattr(consent, name) != getattr(other, name, None)
    )
    return ", ".join(names) or None


def standings(
    catalogue: Catalogue, ledger: Mapping[str, Noted], today: date
) -> list[ConsentStanding]:
    """Each source that has a consent, needs one or had one; those of the file in its order.

    ``today``: in the site's time zone.
    """
    needing = {
        source.id
        for spec in catalogue.widgets
        if spec.require_consent
        for source in catalogue.sources_of(spec)
    }
    named = {source.id for source in catalogue.sources}
    found = [
        _standing(source.id, source.consent, ledger.get(source.id), today)
        for source in catalogue.sources
        if source.consent is not None or source.id in needing
    ]
    gone = (one for source_id, one in ledger.items() if source_id not in named)
    return found + [
        ConsentStanding(one.source_id, None, False, None, one.seen_at, one.said_by, in_file=False)
        for one in gone
    ]


def _standing(
    source_id: str, consent: Consent | None, known: Noted | None, today: date
) -> ConsentStanding:
    same = known if known is not None and known.consent == consent else None
    return ConsentStanding(
        source_id=source_id,
        consent=consent,
        holds=consent is not None and consent.holds_on(today),
        ends_in=consent.days_left(today) if consent else None,
        noticed=same.seen_at if same else None,
        said_by=same.said_by if same else None,
    )


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
