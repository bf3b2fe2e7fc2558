"""Receipts of takedowns, as they can be shown years later: from the audit and the tombstones."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from aggregator.model.audit_acts import AuditAct
from aggregator.store.database import Database
from aggregator.store.tables import audit, tombstones

_A, _T = audit.c, tombstones.c
_TAKEN_DOWN = (_A.act == AuditAct.TAKE_DOWN, _A.receipt.is_not(None))
"""Other acts about many posts have a number, too."""
AGAIN = "Aggregator"
"""In the audit: who did it again after a backup was put back. A person had it done before."""


@dataclass(frozen=True, slots=True)
class Past:
    """A takedown of some time ago."""

    receipt: str
    at: datetime
    by: tuple[str, ...] = ()
    """Empty: the audit does not tell, as after a backup from before it was put back."""
    sources: tuple[str, ...] = ()
    """Ids of those that went as a whole."""
    public_ids: tuple[str, ...] = ()
    """Of the posts that went alone."""


def past(database: Database, receipt: str | None = None) -> list[Past]:
    """All of them, newest first; or the one of that number."""
    told = select(_A.receipt, _A.at, _A.who, _A.source_id, _A.public_id, _A.after)
    told = told.where(*_TAKEN_DOWN).order_by(_A.id)
    buried = select(_T.receipt, _T.taken_down_at).distinct()
    if receipt is not None:
        told, buried = told.where(_A.receipt == receipt), buried.where(_T.receipt == receipt)
    rows: dict[str, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    with database.reading() as connection:
        for row in connection.execute(told):
            rows[row.receipt].append(row)
        buried_at = {row.receipt: row.taken_down_at for row in connection.execute(buried)}
    found = [_past(number, of_it, buried_at.get(number)) for number, of_it in rows.items()]
    found += [Past(number, at) for number, at in buried_at.items() if number not in rows]
    return sorted(found, key=lambda one: (one.at, one.receipt), reverse=True)


def of_post(database: Database, public_id: str) -> Past | None:
    """The takedown of a post that is not here any more; None: there was none."""
    asked = select(_A.receipt).where(_A.public_id == public_id, *_TAKEN_DOWN)
    with database.reading() as connection:
        receipt = connection.execute(asked.limit(1)).scalar()
    return past(database, receipt)[0] if receipt else None


def of_digests(database: Database, digests: Iterable[bytes]) -> Past | None:
    """The takedown that left one of these; None: there was none."""
    asked = select(_T.receipt).where(_T.digest.in_(list(digests))).order_by(_T.taken_down_at)
    with database.reading() as connection:
        receipt = connection.execute(asked.limit(1)).scalar()
    return past(database, receipt)[0] if receipt else None


def _past(receipt: str, rows: list[Row[*tuple[Any, ...]]], at: datetime | None) -> Past:
    """``at``: as the tombstones have it; the audit tells when it was done again after a restore."""
    whole = {row.source_id for row in rows if row.public_id is None and row.after is None}
    return Past(
        receipt=receipt,
        at=at or rows[0].at,
        by=tuple(dict.fromkeys(row.who for row in rows if row.who != AGAIN)),
        sources=tuple(sorted(whole)),
        public_ids=tuple(dict.fromkeys(row.public_id for row in rows if row.public_id)),
    )
