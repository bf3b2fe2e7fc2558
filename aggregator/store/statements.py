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


def stop_writers(connection: Connection, *tables: Table) -> None:
    """Wait for writers of tables and hold new ones until this transaction ends.

    On SQLite a writing transaction has done so by beginning. On PostgreSQL a statement that began
    before ours ends would not see our tombstones and verdicts, nor we its posts. Name ``posts``
    before ``visit_state``, as visits write them: two that wait for one another would both stand.
    """
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables)
        connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))


def begin_writing(connection: Connection, table: Table) -> None:
    """Wait for whoever stopped writers of a table; nobody stops them until this transaction ends.

    For what is read before it is written: else an act of a person might come in between, and be
    overwritten. On SQLite a writing transaction has done so by beginning.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN ROW EXCLUSIVE MODE"))


def in_parts(items: Iterable[_T], size: int = 500) -> Iterator[list[_T]]:
    """Lists of at most ``size``: databases bound the number of parameters of a statement."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
