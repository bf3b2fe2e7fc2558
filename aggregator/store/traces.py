"""What a source leaves behind beside its posts and what people decided: the one list of it.

Erased with a source that is taken down (``burial.py``) or left feeds.yaml long ago
(``retention.py``). Of a source that stays, what its posts left that are taken down.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import Connection, select, update

from aggregator.model import Identity, VisitState
from aggregator.store import alerts, conditions, digests, subscriptions, visits
from aggregator.store.rows import OF_ANOTHER_FORM, row_of_state, visit_state_of, without_digests
from aggregator.store.statements import in_parts
from aggregator.store.tables import visit_state


def erase(connection: Connection, source_id: str) -> None:
    """Forget its visits, its hubs, how it was, and what staff were told of it."""
    for kept in (visits, subscriptions, conditions, alerts):
        kept.erase(connection, source_id)


def erase_posts(connection: Connection, secret: bytes, named: Iterable[tuple[str, str]]) -> None:
    """Forget by what sources of these posts, source ids and guids, would be known again (rule I9).

    Names, words and links of the post are not told apart from those of others, which are learnt
    anew. What an older form kept without a key, is forgotten of every source.
    """
    c = visit_state.c
    gone: defaultdict[str, set[str]] = defaultdict(set)
    for source_id, guid in named:
        gone[source_id].add(digests.trait(secret, guid))
    for these in (OF_ANOTHER_FORM, *(c.source_id.in_(part) for part in in_parts(gone))):
        for row in connection.execute(select(visit_state).where(these)).all():
            state = visit_state_of(row)
            values = row_of_state(_without(state, gone[state.source_id]))
            connection.execute(
                update(visit_state)
                .where(c.source_id == state.source_id)
                .values(identity=values["identity"], suspicion=values["suspicion"])
            )


def _without(state: VisitState, gone: Collection[str]) -> VisitState:
    def left(identity: Identity) -> Identity:
        return without_digests(identity, (one for one in identity.ids if one not in gone))

    identity, suspicion, released = state.identity, state.suspicion, state.released
    if suspicion is not None:
        suspicion = replace(suspicion, seen=left(suspicion.seen))
    if released is not None:
        doubted = replace(released.suspicion, seen=left(released.suspicion.seen))
        trusted = released.identity and left(released.identity)
        released = replace(released, suspicion=doubted, identity=trusted)
    return replace(
        state, identity=identity and left(identity), suspicion=suspicion, released=released
    )
