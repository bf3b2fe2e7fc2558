"""Changes of feeds.yaml written down at once: audit, ledger, undo, and the file as it now stands.

All or nothing, and one program at a time: who comes second finds the change noted already.
Not here: what changed (``actions/history.py``).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.model import Source
from aggregator.store import audit, consents, digests, new_ids, noted, undos
from aggregator.store.database import Database
from aggregator.store.noted import NotedEntry
from aggregator.store.statements import stop_writers
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import visit_state
from aggregator.store.undos import Undo


@dataclass(frozen=True, slots=True)
class Before:
    """What was known before."""

    digest: str | None
    """Of the file; None: it was never noted."""
    entries: Sequence[NotedEntry]
    ledger: Callable[[], dict[str, consents.Noted]]
    """By source id, the newest state of each consent."""
    announced_by: Callable[[str], str | None]
    """Who said that they would make the file what this digest is of."""
    taken_down: Callable[[Iterable[tuple[str, str]]], set[str]]
    """Of pairs of source id and ``platform:address``, the ids that were taken down."""
    renamed: Callable[[Collection[Source]], dict[str, str]]
    """Of what the file follows now, what has another id than before: by that id, what it was.

    All that is kept of it has followed by then, the ledger, too.
    """


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


def note(database: Database, decide: Callable[[Before], Change | None], now: datetime) -> None:
    """Write down what ``decide`` makes of what was known; None: nothing."""
    with database.writing(durable=True) as connection:
        stop_writers(connection, posts_table, visit_state)  # as takedowns do, before the next
        noted.take_turns(connection)

        def renamed(sources: Collection[Source]) -> dict[str, str]:
            new_ids.follow(connection, database.secret, sources, now)
            return new_ids.tell(connection)

        before = Before(
            noted.noted_digest(connection),
            noted.entries(connection),
            lambda: consents.newest(connection),
            lambda digest: noted.announced_by(connection, digest),
            lambda sources: digests.sources_down(connection, database.secret, sources),
            renamed,
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
