"""The audit only grows."""

from datetime import UTC, datetime, timedelta

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


def test_a_row_is_not_replaced(database: Database, now: datetime) -> None:
    """As SQLite's REPLACE does, which asks no trigger of deletes; on PostgreSQL the key refuses."""
    entry = audit.Entry(now, "Ada", "decide", "blog")
    record(database, entry)
    number = audit.newest(database)
    row = "INTO audit (id, at, who, act, source_id) VALUES (:id, 0, 'Eve', 'x', 'y')"
    with database.reading() as connection:
        verb = "REPLACE" if connection.dialect.name == "sqlite" else "INSERT"
    with pytest.raises(StoreError), database.writing() as connection:
        connection.execute(text(f"{verb} {row}"), {"id": number})
    assert audit.rows(database) == [entry]


def test_a_row_is_known_by_its_number(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        numbers = [
            audit.record(connection, audit.Entry(now, "Ada", "decide", "blog")) for _ in range(2)
        ]
    assert [entry.number for entry in audit.rows(database)] == numbers[::-1]


def test_all_of_it_the_oldest_first_however_long(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PAGE", 3)
    with database.writing() as connection:
        audit.record_all(
            connection, (audit.Entry(now, "Ada", "decide", str(number)) for number in range(7))
        )
    assert [entry.source_id for entry in audit.everything(database)] == list("0123456")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (audit.Wanted(), "abc"),
        (audit.Wanted(source_ids=("a",)), "a"),
        (audit.Wanted(who="Bo"), "bc"),
        (audit.Wanted(acts=("undo",)), "c"),
        (audit.Wanted(since=datetime(2026, 6, 1, 13, tzinfo=UTC)), "c"),
    ],
)
def test_only_what_is_wanted(
    database: Database, now: datetime, wanted: audit.Wanted, found: str
) -> None:
    record(
        database,
        audit.Entry(now, "Ada", "decide", "a"),
        audit.Entry(now, "Bo", "decide", "b"),
        audit.Entry(now + timedelta(hours=1), "Bo", "undo", "c"),
    )
    assert "".join(entry.source_id for entry in audit.everything(database, wanted)) == found


def test_a_widget_may_be_what_it_is_about(database: Database, now: datetime) -> None:
    entry = audit.Entry(now, "Ada", "freeze", "", widget_id="news")
    record(database, entry)
    assert audit.rows(database) == [entry]
    assert not audit.knows(database, "news")
