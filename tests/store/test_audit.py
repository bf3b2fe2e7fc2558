"""The audit only grows."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from aggregator.errors import StoreError
from aggregator.store import audit
from aggregator.store.database import Database
from tests.store.conftest import on_postgresql


def record(database: Database, *entries: audit.Entry) -> None:
    with database.writing() as connection:
        for entry in entries:
            audit.record(connection, entry)


def test_entries_come_back_newest_first(database: Database, now: datetime) -> None:
    first = audit.Entry(now, "Ada", "decide", "blog", "0123456789ab", "approved", "hidden", "r")
    second = audit.Entry(now + timedelta(hours=1), "Bo", "undo", "blog")
    record(database, first, second)
    assert audit.rows(database) == [second, first]


def test_as_many_as_wanted(database: Database, now: datetime) -> None:
    record(database, *(audit.Entry(now, "Ada", "decide", str(number)) for number in range(5)))
    assert [entry.source_id for entry in audit.rows(database, 2)] == ["4", "3"]


@on_postgresql
def test_nor_can_it_be_emptied(database: Database, now: datetime) -> None:
    entry = audit.Entry(now, "Ada", "decide", "blog")
    record(database, entry)
    with pytest.raises(StoreError, match="append-only"), database.writing() as connection:
        connection.execute(text("TRUNCATE audit"))
    assert audit.rows(database) == [entry]


@pytest.mark.parametrize("change", ["UPDATE audit SET who = 'Eve'", "DELETE FROM audit"])
def test_the_database_refuses_changes(database: Database, now: datetime, change: str) -> None:
    entry = audit.Entry(now, "Ada", "decide", "blog")
    record(database, entry)
    with pytest.raises(StoreError, match="append-only"), database.writing() as connection:
        connection.execute(text(change))
    assert audit.rows(database) == [entry]
