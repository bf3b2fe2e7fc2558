"""A few facts about the database itself, by name."""

from sqlalchemy import Connection, delete, select

from aggregator.store.statements import insert_or
from aggregator.store.tables import meta


def read(connection: Connection, key: str) -> bytes | None:
    """What is remembered under a name, or None."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def write(connection: Connection, key: str, value: bytes) -> None:
    """Remember it, in place of what was there."""
    insert = insert_or(connection.dialect.name, meta).values(key=key, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))


def forget(connection: Connection, key: str) -> None:
    """Remember nothing under that name."""
    connection.execute(delete(meta).where(meta.c.key == key))
