"""Changes of feeds.yaml written down at once: audit, ledger, undo, and the file as it now stands.

All or nothing, and one program at a time: who comes second finds the change noted already.
Not here: what changed (``actions/history.py``).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from aggregator.store import audit, consents, digests, noted, undos
from aggregator.store.database import Database
from aggregator.store.noted import NotedEntry
from aggregator.store.undos import Undo


@dataclass(frozen=True, slots=True)
class Before:
    """What was known before."""

    digest: str | None
    """Of the file; None: it was never noted."""
    entries: Sequence[NotedEntry]
    ledger: dict[str, consents.Noted]
    """By source id, the newest state of each consent."""
    announced_by: Callable[[str], str | None]
    """Who said that they would make the file what this digest is of."""
    taken_down: Callable[[Iterable[tuple[str, str]]], set[str]]
    """Of pairs of source id and ``platform:address``, the ids that were taken down."""


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the audit, and what undo needs of it."""

    entry: audit.Entry
    undo: Undo | None = None
    """Its number does not matter: it gets that of the row."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written."""

    digest: str
    entries: Sequence[NotedEntry]
    told: Sequence[Told] = ()
    ledger: Sequence[consents.Noted] = ()


def note(database: Database, decide: Callable[[Before], Change | None]) -> None:
    """Write down what ``decide`` makes of what was known; None: nothing."""
    with database.writing(durable=True) as connection:
        noted.take_turns(connection)
        before = Before(
            noted.noted_digest(connection),
            noted.entries(connection),
            consents.newest(connection),
            lambda digest: noted.announced_by(connection, digest),
            lambda sources: digests.sources_down(connection, database.secret, sources),
        )
        change = decide(before)
        if change is None:
            return
        if any(told.undo for told in change.told):
            numbers = [audit.record(connection, told.entry) for told in change.told]
            undos.add(
                connection,
                [
                    replace(told.undo, number=number)
                    for told, number in zip(change.told, numbers, strict=True)
                    if told.undo is not None
                ],
            )
        else:
            audit.record_all(connection, [told.entry for told in change.told])
        consents.add(connection, change.ledger)
        noted.write(connection, change.digest, change.entries)
