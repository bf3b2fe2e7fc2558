"""How often sources post, and whether a hub pushes them: read with each claim (rules J1, E6).

Not here: what follows from it (``actions/timing.py``).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select

from aggregator.model import LATELY, VisitState
from aggregator.store.statements import in_parts
from aggregator.store.subscriptions import PUSHING
from aggregator.store.tables import posts as posts_table
from aggregator.store.tables import subscriptions as subscriptions_table
from aggregator.store.tables import visit_state

_of_source = posts_table.c.source_id == visit_state.c.source_id
_RHYTHM = select(
    visit_state.c.source_id,
    select(func.count())
    .where(_of_source, posts_table.c.sort_at > bindparam("since"))
    .scalar_subquery(),
    select(func.min(posts_table.c.sort_at)).where(_of_source).scalar_subquery(),
    select(func.max(posts_table.c.sort_at)).where(_of_source).scalar_subquery(),
    exists().where(subscriptions_table.c.source_id == visit_state.c.source_id, *PUSHING),
).where(visit_state.c.source_id.in_(bindparam("source_ids", expanding=True)))


def with_rhythm(
    connection: Connection, states: Sequence[VisitState], now: datetime
) -> list[VisitState]:
    """These states with what their stored posts tell: all of it is read off the same index."""
    rhythms: dict[str, dict[str, Any]] = {}
    for part in in_parts(state.source_id for state in states):
        for source_id, lately, oldest, newest, is_pushed in connection.execute(
            _RHYTHM, {"source_ids": part, "since": now - LATELY, "now": now}
        ):
            rhythms[source_id] = {
                "posts_lately": lately,
                "oldest_post": oldest,
                "newest_post": newest,
                "pushed": is_pushed,
            }
    return [replace(state, **rhythms[state.source_id]) for state in states]
