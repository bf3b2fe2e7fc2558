"""Where a post stands, as SQL: what follows from the verdicts on it, and from what holds it.

Kept in a column for the indexes (``tables.py``); whoever changes what it follows from writes it.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, literal_column, select

from aggregator.model import Standing, VerdictKind
from aggregator.store.tables import CURRENT, posts, sightings, verdicts


def word(word: Standing | VerdictKind) -> ColumnElement[str]:
    """A word of ours, written into the statement: parameters cost time in every row."""
    return literal_column(f"'{word.value}'")


def standing(post: Any) -> ColumnElement[str]:
    """Where a post stands, as SQL over its columns: by the verdict on it, else held, else open.

    What a rule found waits, until a person approved this very text.
    """
    c = verdicts.c
    unseen = and_(post.holds.is_not(None), c.post_fingerprint != post.fingerprint)
    decided = case(
        (c.kind == word(VerdictKind.HIDDEN), word(Standing.HIDDEN)),
        (unseen, word(Standing.WAITING)),
        else_=word(Standing.APPROVED),
    )
    about_post = select(decided).where(CURRENT, c.source_id == post.source_id, c.guid == post.guid)
    undecided = case(
        (post.held, word(Standing.HELD)),
        (post.holds.is_not(None), word(Standing.WAITING)),
        else_=word(Standing.OPEN),
    )
    return func.coalesce(about_post.scalar_subquery(), undecided)


def standing_of_stored() -> ColumnElement[str]:
    """Where a stored post stands: nobody's word shows what its platform has no more."""
    told, c = sightings.c, posts.c
    gone = exists().where(
        told.source_id == c.source_id, told.guid == c.guid, told.missed.is_not(None)
    )
    return case((gone, word(Standing.GONE)), else_=standing(c))
