"""Subscriptions as they are remembered, on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import Outcome, VisitState
from aggregator.store import subscriptions, visits
from aggregator.store.database import Database
from aggregator.store.subscriptions import Status, Subscription
from tests.store.conftest import Follow, MakePost, MakeVisit

DAY = timedelta(days=1)


def asked(now: datetime, callback: str = "first", **changes: object) -> Subscription:
    one = Subscription(
        callback=callback,
        source_id="blog",
        topic="https://blog.example.org/feed",
        hub="https://hub.example/",
        secret=b"\x00secret\xff",
        status=Status.ASKED,
        asked_at=now,
        renew_at=now + DAY,
    )
    return replace(one, **changes)  # type: ignore[arg-type]  # whatever the test wants


@pytest.fixture
def active(database: Database, now: datetime) -> Subscription:
    """One that holds for ten days."""
    subscriptions.add(database, asked(now))
    assert subscriptions.confirm(database, asked(now), 10 * DAY, now)
    found = subscriptions.find(database, "first")
    assert found is not None
    return found


def test_what_was_asked_comes_back_as_it_was(database: Database, now: datetime) -> None:
    subscriptions.add(database, asked(now))
    assert subscriptions.find(database, "first") == asked(now)
    assert subscriptions.find(database, "other") is None
    assert subscriptions.by_source(database, ["blog", "other"]) == {"blog": [asked(now)]}


def test_a_secret_is_in_no_log(now: datetime) -> None:
    assert "secret" not in repr(asked(now))


def test_confirmed_it_holds_and_is_renewed_at_four_fifths(
    active: Subscription, now: datetime
) -> None:
    assert active.status is Status.ACTIVE
    assert (active.until, active.renew_at) == (now + 10 * DAY, now + 8 * DAY)
    assert active.holds_at(now + 9 * DAY)
    assert not active.holds_at(now + 10 * DAY)


def test_a_short_lease_is_not_renewed_within_the_hour(database: Database, now: datetime) -> None:
    subscriptions.add(database, asked(now))
    subscriptions.confirm(database, asked(now), timedelta(seconds=5), now)
    found = subscriptions.find(database, "first")
    assert found is not None
    assert found.renew_at == now + timedelta(hours=1)


@pytest.mark.parametrize("ended", [True, False])
def test_what_we_do_not_want_is_not_confirmed(
    database: Database, active: Subscription, now: datetime, ended: bool
) -> None:
    if ended:
        subscriptions.end(database, "first", now)
    else:
        subscriptions.deny(database, "first", now + DAY)
    assert not subscriptions.confirm(database, active, DAY, now)
    found = subscriptions.find(database, "first")
    assert found is not None
    assert found.status is (Status.ENDED if ended else Status.DENIED)


def test_a_new_one_ends_the_old_and_knows_what_it_knew(
    database: Database, active: Subscription, now: datetime
) -> None:
    later = now + DAY
    subscriptions.pushed(database, active.callback, later)
    subscriptions.add(database, asked(later, "second"))
    subscriptions.add(database, asked(later, "another", source_id="other"))
    assert subscriptions.confirm(database, asked(later, "second"), DAY, later)
    first, second = subscriptions.by_source(database)["blog"]
    assert (first.status, first.renew_at) == (Status.ENDED, later)
    assert (second.status, second.last_push, second.missed) == (Status.ACTIVE, later, 0)
    (another,) = subscriptions.by_source(database)["other"]
    assert another.status is Status.ASKED


def test_an_active_one_may_be_confirmed_again(
    database: Database, active: Subscription, now: datetime
) -> None:
    assert subscriptions.confirm(database, active, 10 * DAY, now + DAY)
    (found,) = subscriptions.by_source(database)["blog"]
    assert found.until == now + 11 * DAY


def test_once_told_an_ended_one_waits_for_the_end_of_its_lease(
    database: Database, active: Subscription, now: datetime
) -> None:
    subscriptions.end(database, "first", now)
    subscriptions.told(database, "first")
    (found,) = subscriptions.by_source(database)["blog"]
    assert (found.renew_at, found.until) == (None, active.until)
    subscriptions.forget(database, "first")
    assert subscriptions.by_source(database) == {}


# --- what visits find --------------------------------------------------------------------------


def found_by_visits(
    database: Database, state: VisitState, make_visit: MakeVisit, make_post: MakePost, *guids: str
) -> None:
    visit = make_visit(state, *(make_post(guid) for guid in guids))
    visits.save(database, [visit], state.last_visit or visit.started)


def test_posts_that_visits_find_are_counted_until_a_push_comes(
    database: Database,
    active: Subscription,
    follow: Follow,
    make_visit: MakeVisit,
    make_post: MakePost,
    now: datetime,
) -> None:
    state = follow("blog")["blog"]
    found_by_visits(database, state, make_visit, make_post, "1", "2")
    found_by_visits(database, state, make_visit, make_post, "1", "2", "3")
    (found,) = subscriptions.by_source(database)["blog"]
    assert found.missed == 3
    subscriptions.pushed(database, "first", now)
    (found,) = subscriptions.by_source(database)["blog"]
    assert (found.missed, found.last_push) == (0, now)


def test_a_push_is_not_counted_as_missed_and_leaves_the_state(
    database: Database,
    active: Subscription,
    follow: Follow,
    make_visit: MakeVisit,
    make_post: MakePost,
    now: datetime,
) -> None:
    state = follow("blog")["blog"]
    before = visits.states(database)["blog"]
    push = replace(make_visit(state, make_post("1")), outcome=Outcome.CHANGED, pushed=True)
    (written,) = visits.save(database, [push], now)
    assert getattr(written, "new", None) == 1
    assert subscriptions.by_source(database)["blog"][0].missed == 0
    assert visits.states(database)["blog"] == replace(before, last_new=now)
    assert visits.claim(database, now, DAY, 10) == []  # the claim stands


@pytest.mark.parametrize(
    ("push", "missed", "after", "pushed"),
    [
        (True, 0, DAY, True),
        (False, 0, DAY, False),
        (True, 2, DAY, True),
        (True, 3, DAY, False),
        (True, 0, 10 * DAY, False),
    ],
)
def test_a_claim_tells_whether_a_hub_pushes(
    database: Database,
    active: Subscription,
    follow: Follow,
    now: datetime,
    push: bool,
    missed: int,
    after: timedelta,
    pushed: bool,
) -> None:
    follow("blog")
    if push:
        subscriptions.pushed(database, active.callback, now)
    with database.writing() as connection:
        subscriptions.count_missed(connection, {"blog": missed})
    (claimed,) = visits.claim(database, now + after, DAY, 10)
    (known,) = subscriptions.by_source(database)["blog"]
    assert claimed.pushed is known.pushes_at(now + after) is pushed


def test_erased_nothing_is_left(database: Database, active: Subscription, now: datetime) -> None:
    subscriptions.add(database, asked(now, "another", source_id="other"))
    with database.writing() as connection:
        subscriptions.erase(connection, "blog")
    assert list(subscriptions.by_source(database)) == ["other"]
