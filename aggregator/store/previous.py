"""The database that a backup takes the place of, read as far as it can be read.

It may be damaged, or of another version: what a page or a table does not tell is passed over, and
``is_whole`` says so. Nothing is written to it, and its locks stay as they are.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Result, Table, create_engine, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from aggregator.store.migrate import HEAD, version_of
from aggregator.store.tables import verdicts

_T = TypeVar("_T")
Values = dict[str, Any]
"""By name of a column."""


class Previous:
    """Questions to it, each answered as far as possible."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._columns: dict[str, set[str]] = {}
        self._version = version = self.ask(version_of, None)
        self.is_ours = self.ask(lambda asked: inspect(asked).has_table(verdicts.name), False)
        """Whether it has tables of ours at all."""
        sound = self.ask(_look_through, None) == "ok"
        self.is_whole = self.is_ours and sound and version is not None and version <= HEAD
        """Whether it was read without a gap so far, and is of no newer version."""

    def ask(self, question: Callable[[Connection], _T], otherwise: _T) -> _T:
        """An answer, or what is said where there is none."""
        try:
            return question(self._connection)
        except (SQLAlchemyError, sqlite3.Error, ValueError):
            self.is_whole = False
            return otherwise

    def rows(
        self, table: Table, *conditions: ColumnElement[bool], names: Collection[str] = ()
    ) -> list[Values]:
        """Rows in the order of their keys; of a table or column that it has not, nothing.

        ``names``: of the columns that are asked for; empty: all.
        """
        there = self._there(table)
        wanted = [one for one in table.c if one.name in there and (not names or one.name in names)]
        found: list[Values] = []
        if not wanted:
            return found

        def collect(connection: Connection) -> None:
            asked = select(*wanted).where(*conditions).order_by(*table.primary_key)
            # Not at once: what precedes the damage counts.
            found.extend(map(dict, connection.execute(asked).mappings()))

        self.ask(collect, None)
        return found

    def _there(self, table: Table) -> set[str]:
        """The columns of a table that it has; none where somebody took some away."""
        if table.name not in self._columns:

            def columns(connection: Connection) -> set[str]:
                told = connection.exec_driver_sql(f"PRAGMA table_info({table.name})")
                return {row.name for row in told}

            found: set[str] = self.ask(columns, set())
            if self._version == HEAD and not found >= set(table.c.keys()):
                self.is_whole, found = False, set()
            self._columns[table.name] = found
        return self._columns[table.name]


def _look_through(connection: Connection) -> object:
    """Every page, for damage that no question meets; ``ok`` where there is none."""
    return connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()


def values(found: Result[Any]) -> list[Values]:
    """Rows by the names of their columns."""
    return list(map(dict, found.mappings()))


@contextmanager
def asked(driver: sqlite3.Connection) -> Iterator[Previous]:
    """Ask a database over a connection of the driver, which stays open.

    The connection must be in no transaction: one would be ended by this.
    """
    engine = create_engine("sqlite://", creator=lambda: driver, poolclass=StaticPool)
    with engine.connect() as connection:
        yield Previous(connection)
