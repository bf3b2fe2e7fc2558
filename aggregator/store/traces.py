"""What a source leaves behind beside its posts and what people decided: the one list of it.

Erased with a source that is taken down (``burial.py``) or left feeds.yaml long ago
(``retention.py``).
"""

from sqlalchemy import Connection

from aggregator.store import alerts, conditions, subscriptions, visits


def erase(connection: Connection, source_id: str) -> None:
    """Forget its visits, its hubs, how it was, and what staff were told of it."""
    for kept in (visits, subscriptions, conditions, alerts):
        kept.erase(connection, source_id)
