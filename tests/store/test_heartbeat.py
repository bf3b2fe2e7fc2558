"""Signs of life come back as they were given, one of each kind."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.store import heartbeat
from aggregator.store.database import Database
from aggregator.store.heartbeat import Beat, By


@pytest.fixture
def beat(now: datetime) -> Beat:
    return Beat(By.SERVE, now, now + timedelta(minutes=1), None, "host", 4711)


def test_at_first_there_is_none(database: Database) -> None:
    assert heartbeat.newest(database) == {}


def test_the_last_one_of_each_is_known(database: Database, beat: Beat) -> None:
    of_refresh = replace(beat, by=By.REFRESH, published=beat.looked)
    later = replace(beat, looked=beat.looked + timedelta(minutes=1))
    for one in (beat, of_refresh, later):
        heartbeat.write(database, one)
    assert heartbeat.newest(database) == {By.SERVE: later, By.REFRESH: of_refresh}
