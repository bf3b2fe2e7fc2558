"""What statements need besides SQLAlchemy: the few words that databases do not share."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.schema import Table

_T = TypeVar("_T")


def insert_or(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what happens on a conflict: the one thing written differently."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def stop_writers(connection: Connection, table: Table) -> None:
    """Wait for writers of a table and hold new ones until this transaction ends.

    On SQLite a writing transaction has done so by beginning. On PostgreSQL a statement that began
    before ours ends would not see our tombstones and verdicts, nor we its posts.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))


def in_parts(items: Iterable[_T], size: int = 500) -> Iterator[list[_T]]:
    """Lists of at most ``size``: databases bound the number of parameters of a statement."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
