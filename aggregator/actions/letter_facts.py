"""What a letter may say of a source, and what it must not say, because it is not so.

In: how a source is, or what is kept of one that left feeds.yaml or was taken down. Out: the words
that stand for ``${…}`` in a letter; and the reason why a letter would be wrong, if it would be.
Not here: which letter helps, and its text (``letters.py``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from aggregator.actions.condition import Condition
from aggregator.catalogue.lines import one_entry
from aggregator.model import ConditionKind, Consent, Site, Source, SourceState, VisitState
from aggregator.store import audit, consents, digests, receipts, undos, visits
from aggregator.store.database import Database
from aggregator.store.receipts import Past

OF_ERRORS = {
    "not found": "not-found",
    "gone": "not-found",
    "denied": "refused",
    "challenge": "refused",
    "refused": "refused",
    "not a feed": "unreadable",
    "unreadable": "unreadable",
    "too large": "unreadable",
    "unreachable": "not-reached",
    "no such name": "not-reached",
    "bad certificate": "not-reached",
    "timed out": "not-reached",
    "server fault": "not-reached",
}
"""By the kind of error, the letter about it: of those that the owner of a site can mend."""

_ENGLISH = "en"
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip
BLANKS = {"en": "[day]", "es": "[día]"}
"""In place of a day that is not known: to be filled in by whoever sends the letter."""
_AFTER_ALL = {"withdrawn", "erased"}
"""Letters that can be written about a source that is not there any more."""


@dataclass(frozen=True, slots=True)
class About:
    """What a letter may speak of."""

    source_id: str
    source: Source | None
    """None: it left feeds.yaml."""
    name: str | None
    """As staff or the blog itself call it."""
    condition: Condition | None
    """None: it left feeds.yaml."""
    state: VisitState | None
    site: Site
    now: datetime
    consent: Consent | None = None
    """As it stands; of a source that left, as it stood last."""
    erased: Past | None = None
    """Its takedown; None: it was not taken down."""

    @property
    def today(self) -> date:
        """The site's day."""
        return self.site.day(self.now)

    @property
    def is_withdrawn(self) -> bool:
        """Whether its family took its consent back."""
        return self.consent is not None and self.consent.withdrawn_on(self.today)

    @property
    def kind(self) -> ConditionKind | None:
        """Of its condition."""
        return self.condition.kind if self.condition else None


def takedown_of(database: Database, source_id: str, source: Source | None) -> Past | None:
    """The takedown of a source as a whole, by its id or by what it follows."""
    marks = {
        mark
        for address in (source.addresses if source else (None,))
        for mark in digests.of_source(database.secret, source_id, address).values()
    }
    return receipts.of_digests(database, marks)


def of_one_that_left(database: Database, source_id: str, site: Site, now: datetime) -> About | None:
    """What is kept of a source that is not in feeds.yaml; None: there never was one.

    Its name is known for as long as its removal can be undone, or its visits are remembered.
    """
    erased = takedown_of(database, source_id, None)
    if erased is None and not audit.knows(database, source_id):
        return None
    undo = undos.newest(database, "sources", source_id)
    said = one_entry(undo.before).get("name") if undo and undo.before else None
    state = visits.states(database, [source_id]).get(source_id)
    title = state.profile.title if state and state.profile else None
    agreed = [one.consent for one in consents.history(database, source_id) if one.consent]
    return About(
        source_id,
        None,
        str(said) if said else title,
        None,
        state,
        site,
        now,
        agreed[-1] if agreed else None,
        erased,
    )


# --- what would be wrong --------------------------------------------------------------------------


def untrue(name: str, about: About) -> str:
    """Why the letter of this name would say what is not so; empty where it would not."""
    known = about.source_id
    if about.erased is not None and name != "erased":
        return f"All of {known} was taken down on {about.site.day(about.erased.at)}."
    if about.source is None and name not in _AFTER_ALL:
        return f"{known} is not in feeds.yaml any more."
    if name in OF_ERRORS.values():
        return _no_such_failure(name, about)
    doubt = _DOUBTS.get(name)
    return doubt(about) if doubt else ""


def _no_such_failure(name: str, about: About) -> str:
    kind = about.state.error_kind if about.state else None
    if kind and OF_ERRORS.get(kind) == name:
        return ""
    told = about.condition.words if about.condition else ""
    return f"The visits of {about.source_id} did not end so. {told}".strip()


def _consent_does_not_end(about: About) -> str:
    return _how_it_holds(about, lambda ends: ends > about.today)


def _consent_did_not_end(about: About) -> str:
    return _how_it_holds(about, lambda ends: ends <= about.today)


def _how_it_holds(about: About, fits: Callable[[date], bool]) -> str:
    if about.consent is None:
        return f"No consent is recorded for {about.source_id}."
    ends = about.consent.ends
    if ends is None:
        return f"The consent for {about.source_id} holds without an end."
    if fits(ends):
        return ""
    word = "ended on" if ends <= about.today else "holds until"
    return f"The consent for {about.source_id} {word} {ends}."


def _not_withdrawn(about: About) -> str:
    if about.is_withdrawn or about.source is None:  # whoever was taken off the list is not shown
        return ""
    return f"The consent for {about.source_id} is not withdrawn, or not yet."


def _not_erased(about: About) -> str:
    return "" if about.erased else f"{about.source_id} was not taken down."


def _not_moved(about: About) -> str:
    moved = about.state is not None and about.state.adopted is not None
    return "" if moved else f"No visit of {about.source_id} was led to another address."


def _not_gone(about: About) -> str:
    gone = about.kind is ConditionKind.GONE
    return "" if gone else f"The address of {about.source_id} does not say that it is gone."


def _not_doubted(about: About) -> str:
    doubted = about.kind is ConditionKind.CHANGED_OWNER
    return "" if doubted else f"Nothing tells that {about.source_id} has changed hands."


def _no_memorial(about: About) -> str:
    memorial = about.source is not None and about.source.state is SourceState.MEMORIAL
    return "" if memorial else f"{about.source_id} is not kept as a memorial."


_DOUBTS: Mapping[str, Callable[[About], str]] = {
    "consent-ends": _consent_does_not_end,
    "consent-ended": _consent_did_not_end,
    "withdrawn": _not_withdrawn,
    "erased": _not_erased,
    "moved": _not_moved,
    "gone": _not_gone,
    "changed-owner": _not_doubted,
    "memorial": _no_memorial,
}


# --- what templates may name ----------------------------------------------------------------------


def values(about: About, language: str) -> Mapping[str, str]:
    """By the name that a template writes, what stands for it; in brackets what is not known."""
    return {name: value(about, language) for name, value in VALUES.items()}


def _written(day: date | None, language: str) -> str:
    if day is None:
        return BLANKS.get(language, BLANKS[_ENGLISH])
    month = _MONTHS.get(language, _MONTHS[_ENGLISH])[day.month - 1]
    between = " de " if language == "es" else " "
    return f"{day.day}{between}{month}{between}{day.year}"


def _since(about: About, language: str) -> str:
    """Of the failure or the doubt; a condition may be about something else."""
    state = about.state
    since = state.failing_since if state and state.error_kind else None
    if about.kind is ConditionKind.CHANGED_OWNER:
        since = state.suspicion.since if state and state.suspicion else None
    return _written(about.site.day(since) if since else None, language)


def _address(about: About, _: str) -> str:
    """Where it is read, as feeds.yaml has it: what a blog says of itself may be a stranger's."""
    return (about.source.home or about.source.address) if about.source else ""


VALUES: Mapping[str, Callable[[About, str], str]] = {
    "institute": lambda about, _: about.site.name,
    "site": lambda about, _: about.site.url,
    "contact": lambda about, _: (about.site.contact or about.site.url).removeprefix("mailto:"),
    "blog": lambda about, _: about.name or f"[{about.source_id}]",
    "address": _address,
    "new_address": lambda about, _: (about.state.adopted if about.state else None) or "",
    "since": _since,
    "ends": lambda about, code: _written(about.consent.ends if about.consent else None, code),
    "erased": lambda about, code: _written(
        about.site.day(about.erased.at) if about.erased else None, code
    ),
    "receipt": lambda about, _: about.erased.receipt if about.erased else "",
}
"""What templates may name."""
