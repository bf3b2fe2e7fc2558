"""What is told is written down once a channel, claimed by one, and kept until it was taken."""

from datetime import datetime, timedelta

import pytest

from aggregator.store import alerts
from aggregator.store.alerts import Fact
from aggregator.store.database import Database

BOTH = ["mail", "webhook"]
MINUTE = timedelta(minutes=1)
LEASE = 5 * MINUTE
FACT = Fact("blog:not found:1", "blog: not found", "It leads to nothing.")


@pytest.fixture
def told(database: Database, now: datetime) -> Database:
    alerts.tell(database, [FACT], BOTH, now, now)
    return database


def test_a_fact_is_told_on_each_channel(told: Database, now: datetime) -> None:
    assert {alert.channel for alert in alerts.waiting(told)} == set(BOTH)


def test_the_same_is_told_once(told: Database, now: datetime) -> None:
    alerts.mark_sent(told, [alert.id for alert in alerts.waiting(told)], now)
    alerts.tell(told, [FACT, FACT], BOTH, now + MINUTE, now + MINUTE)
    assert alerts.waiting(told) == []


def test_a_new_channel_hears_what_is_told_anew(database: Database, now: datetime) -> None:
    alerts.tell(database, [FACT], BOTH[:1], now, now)
    alerts.tell(database, [FACT], BOTH, now, now)
    assert [alert.channel for alert in alerts.waiting(database)] == BOTH


def test_of_two_only_one_gets_it(told: Database, now: datetime) -> None:
    (first,) = alerts.claim(told, "mail", now, LEASE)
    assert (first.key, first.attempts) == (FACT.key, 1)
    assert alerts.claim(told, "mail", now + LEASE / 2, LEASE) == []


def test_what_a_killed_program_had_claimed_is_sent_again(told: Database, now: datetime) -> None:
    alerts.claim(told, "mail", now, LEASE)
    (again,) = alerts.claim(told, "mail", now + LEASE, LEASE)
    assert again.attempts == 2


def test_what_was_sent_is_not_sent_again(told: Database, now: datetime) -> None:
    claimed = alerts.claim(told, "mail", now, LEASE)
    alerts.mark_sent(told, [alert.id for alert in claimed], now)
    assert alerts.claim(told, "mail", now + timedelta(days=1), LEASE) == []


def test_what_is_put_off_waits(told: Database, now: datetime) -> None:
    claimed = alerts.claim(told, "mail", now, LEASE)
    alerts.put_off(told, [alert.id for alert in claimed], now + MINUTE)
    assert alerts.claim(told, "mail", now + MINUTE / 2, LEASE) == []
    assert len(alerts.claim(told, "mail", now + MINUTE, LEASE)) == 1


def test_what_is_given_up_does_not_wait(told: Database, now: datetime) -> None:
    alerts.give_up(told, [alert.id for alert in alerts.waiting(told)], now)
    assert alerts.waiting(told) == []


def test_a_clock_that_was_set_back_keeps_nothing_waiting(database: Database, now: datetime) -> None:
    later = now + timedelta(days=365)
    alerts.tell(database, [FACT], ["mail"], later, later)
    assert len(alerts.claim(database, "mail", now, LEASE)) == 1


def test_what_waits_on_a_channel_that_is_no_more_is_given_up(told: Database, now: datetime) -> None:
    alerts.leave(told, ["webhook"], now)
    assert [alert.channel for alert in alerts.waiting(told)] == ["webhook"]


def test_what_was_sent_long_ago_is_forgotten(told: Database, now: datetime) -> None:
    (claimed,) = alerts.claim(told, "mail", now, LEASE)
    alerts.mark_sent(told, [claimed.id], now)
    assert alerts.prune(told, now) == 0
    assert alerts.prune(told, now + MINUTE) == 1
    assert [alert.channel for alert in alerts.newest(told, 9)] == ["webhook"]


def test_a_takedown_forgets_what_was_told_of_the_source(told: Database, now: datetime) -> None:
    others = [Fact("blog-2:gone:1", "", ""), Fact("(digest):2026-06-01", "", "")]
    alerts.tell(told, others, ["mail"], now, now)
    with told.writing() as connection:
        alerts.erase(connection, "blog")
    assert {alert.key for alert in alerts.waiting(told)} == {fact.key for fact in others}
