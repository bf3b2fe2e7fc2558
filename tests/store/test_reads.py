"""What was read where reading is billed: counted with the visit, by month, failed ones too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from aggregator.errors import StoreError
from aggregator.model import Outcome
from aggregator.store import reads, visits
from aggregator.store.database import Database
from tests.store.conftest import Follow, MakeVisit


def test_nothing_was_read_of_what_was_not_visited(database: Database, now: datetime) -> None:
    assert reads.of_source(database, "news", now) == 0
    assert reads.of_all(database, now) == {}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_visits_are_counted_however_they_end(
    database: Database, follow: Follow, make_visit: MakeVisit, now: datetime, outcome: Outcome
) -> None:
    state = follow("news")["news"]
    for count in (7, 5):
        visits.save(database, [replace(make_visit(state, outcome=outcome), reads=count)], now)
    assert reads.of_source(database, "news", now) == 12
    assert reads.of_all(database, now) == {"news": 12}


def test_each_month_begins_at_nothing(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        reads.add(connection, "news", 3, now)
    assert reads.of_source(database, "news", now + timedelta(days=31)) == 0


def test_months_are_those_of_utc(database: Database) -> None:
    """In Auckland December has begun, and the platform still counts November."""
    auckland = timezone(timedelta(hours=13))
    with database.writing() as connection:
        reads.add(connection, "news", 3, datetime(2026, 12, 1, 9, tzinfo=auckland))
    assert reads.of_source(database, "news", datetime(2026, 11, 30, 23, tzinfo=UTC)) == 3


def test_what_is_not_written_is_not_counted(
    database: Database, follow: Follow, make_visit: MakeVisit, now: datetime
) -> None:
    """Posts and their price go together."""
    state = follow("news")["news"]

    def break_off() -> None:
        with database.writing() as connection:
            reads.write(connection, [replace(make_visit(state), reads=7)])
            raise StoreError

    with pytest.raises(StoreError):
        break_off()
    assert reads.of_source(database, "news", now) == 0


def test_an_erased_source_leaves_no_count(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        reads.add(connection, "news", 3, now)
        reads.add(connection, "other", 4, now)
        visits.erase(connection, "news")
    assert reads.of_all(database, now) == {"other": 4}
