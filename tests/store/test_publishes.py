"""What is remembered of publishing."""

from datetime import datetime, timedelta

from aggregator.store import publishes
from aggregator.store.database import Database
from aggregator.store.publishes import PublishState

HOUR = timedelta(hours=1)


def test_nothing_published_yet(database: Database) -> None:
    assert publishes.states(database) == {}


def test_a_publish_that_changed_files(database: Database, now: datetime) -> None:
    publishes.record(database, "latest", now, changed=True, valid_until=now + HOUR, shown=None)
    assert publishes.states(database) == {"latest": PublishState(now, now, now + HOUR)}


def test_a_publish_that_changed_nothing_keeps_when_the_last_change_was(
    database: Database, now: datetime
) -> None:
    publishes.record(database, "latest", now, changed=True, valid_until=now + HOUR, shown=None)
    publishes.record(database, "latest", now + HOUR, changed=False, valid_until=None, shown=None)
    assert publishes.states(database) == {"latest": PublishState(now + HOUR, now, None)}


def test_a_first_publish_that_changed_nothing(database: Database, now: datetime) -> None:
    publishes.record(database, "latest", now, changed=False, valid_until=None, shown=None)
    assert publishes.states(database) == {"latest": PublishState(now, None, None)}


def test_what_is_shown_is_kept_until_it_is_told_anew(database: Database, now: datetime) -> None:
    ids = frozenset({"blog", "0123456789ab"})
    publishes.record(database, "latest", now, changed=True, valid_until=None, shown=ids)
    publishes.record(database, "latest", now + HOUR, changed=False, valid_until=None, shown=None)
    assert publishes.shown(database, "latest") == ids


def test_a_widget_never_published_shows_nothing(database: Database) -> None:
    assert publishes.shown(database, "latest") == frozenset()


def test_a_widget_never_published_has_no_state(database: Database) -> None:
    assert publishes.state(database, "latest") is None


def test_the_stamp_is_kept_until_there_is_another(database: Database, now: datetime) -> None:
    for stamp, kept in ((b"one", b"one"), (None, b"one"), (b"two", b"two")):
        publishes.record(
            database, "latest", now, changed=False, valid_until=None, shown=None, stamp=stamp
        )
        assert publishes.state(database, "latest") == PublishState(now, None, None, kept)
