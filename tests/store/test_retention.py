"""What is old enough goes, and nothing else, in both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from aggregator.model import Plan, PlannedAct, Quote, Standing, StoredPost, Verdict, VerdictKind
from aggregator.store import (
    alerts,
    departures,
    plans,
    posts,
    publishes,
    reads,
    retention,
    sightings,
    tokens,
    verdicts,
    visits,
)
from aggregator.store.database import Database
from aggregator.store.emptied import is_empty
from tests.store.conftest import Follow, MakePost, Store

DAY = timedelta(days=1)
Decide = Callable[..., None]


@pytest.fixture
def decide(database: Database, now: datetime) -> Decide:
    def say(guid: str | None, kind: VerdictKind, at: datetime = now) -> None:
        verdicts.decide(database, Verdict("blog", guid, kind, "Ada", at, "because", None))

    return say


def found(database: Database) -> dict[str, StoredPost]:
    return {one.post.guid: one for one in posts.listing(database)}


# --- hidden ----------------------------------------------------------------------------------


def test_only_what_was_hidden_long_ago_is_emptied(
    database: Database, make_post: MakePost, store: Store, decide: Decide, now: datetime
) -> None:
    store(*(make_post(guid) for guid in ("long ago", "lately", "approved", "open")))
    decide("long ago", VerdictKind.HIDDEN, now - 9 * DAY)
    decide("lately", VerdictKind.HIDDEN, now)
    decide("approved", VerdictKind.APPROVED, now - 9 * DAY)
    assert retention.count_hidden(database, now - DAY) == {"blog": 1}
    assert retention.empty_hidden(database, "blog", now - DAY, now) == 1
    assert retention.count_hidden(database, now - DAY) == {}
    left = found(database)
    assert [guid for guid, one in left.items() if is_empty(one.post)] == ["long ago"]
    assert left["long ago"].standing is Standing.HIDDEN
    assert left["long ago"].verdict is not None
    assert left["long ago"].verdict.reason is None


def test_a_picture_or_a_quote_alone_is_content(
    database: Database, make_post: MakePost, store: Store, decide: Decide, now: datetime
) -> None:
    bare = {"title": None, "text": "", "html": "", "excerpt": "", "spans": ()}
    picture, quote = make_post("picture", **bare), make_post("quote", **bare, media=())
    store(make_post("nothing", **bare, media=(), quote=None), picture, quote)
    for guid in ("nothing", "picture", "quote"):
        decide(guid, VerdictKind.HIDDEN, now - 9 * DAY)
    assert isinstance(quote.quote, Quote)
    assert retention.count_hidden(database, now) == {"blog": 2}


def test_where_a_link_tells_nothing_an_emptied_post_does_not_keep_it(
    database: Database, make_post: MakePost, store: Store, decide: Decide, now: datetime
) -> None:
    """Else it would hide all that its source links there."""
    shared = {"link_key": "blog.example.org/all"}
    store(make_post("hidden", **shared), make_post("other", **shared))
    decide("hidden", VerdictKind.HIDDEN, now - 9 * DAY)
    retention.empty_hidden(database, "blog", now, now)
    assert found(database)["hidden"].post.link_key is None
    assert found(database)["other"].post.link_key == "blog.example.org/all"


# --- old -------------------------------------------------------------------------------------


@pytest.fixture
def aged(
    database: Database,
    make_post: MakePost,
    store: Store,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> datetime:
    """Ten posts, each a day older than the last, of which three are always kept."""
    del database
    monkeypatch.setattr(retention, "NEWEST_KEPT", 3)
    store(*(make_post(str(age), published=now - age * DAY) for age in range(10)))
    return now


def test_older_ones_than_that_go(database: Database, aged: datetime) -> None:
    before = aged - 5.5 * DAY
    assert retention.count_old(database, "blog", before, ()) == 4
    assert retention.erase_old(database, "blog", before, (), aged) == 4
    assert sorted(found(database)) == ["0", "1", "2", "3", "4", "5"]


def test_the_newest_stay(database: Database, aged: datetime) -> None:
    assert retention.erase_old(database, "blog", aged + DAY, (), aged) == 7
    assert sorted(found(database)) == ["0", "1", "2"]


def test_shown_pinned_hidden_and_undated_ones_stay(
    database: Database, aged: datetime, make_post: MakePost, store: Store, decide: Decide
) -> None:
    store(make_post("undated", published=None), at=aged - 20 * DAY)
    decide("9", VerdictKind.PINNED)
    decide("8", VerdictKind.HIDDEN)
    shown = [found(database)["7"].post.public_id]
    retention.erase_old(database, "blog", aged - 5.5 * DAY, shown, aged)
    assert sorted(found(database)) == ["0", "1", "2", "3", "4", "5", "7", "8", "9", "undated"]


# --- a source --------------------------------------------------------------------------------


def test_of_an_erased_source_stays_what_must_stay_hidden(
    database: Database,
    make_post: MakePost,
    store: Store,
    follow: Follow,
    decide: Decide,
    now: datetime,
) -> None:
    follow("blog", "other")
    store(make_post("hidden"), make_post("approved"), make_post("1", "other"))
    decide("hidden", VerdictKind.HIDDEN)
    decide("approved", VerdictKind.APPROVED)
    seen = sightings.Sighting(now, now)
    sightings.settle(database, "blog", {"hidden": seen, "approved": seen}, (), (), now)
    retention.erase_source(database, "blog", now)
    left = found(database)
    assert sorted(left) == ["1", "hidden"]
    assert is_empty(left["hidden"].post)
    assert set(visits.states(database)) == {"other"}
    store(make_post("hidden"), make_post("approved"))
    again = found(database)
    assert again["hidden"].standing is Standing.HIDDEN
    assert again["approved"].standing is Standing.OPEN


def test_what_was_planned_for_it_a_moment_ago_is_still_carried_out(
    database: Database, follow: Follow, now: datetime
) -> None:
    follow("blog")
    plans.add(database, Plan(PlannedAct.TAKEDOWN, "blog", None, now, "Ada", now, None))
    retention.erase_source(database, "blog", now)
    assert [plan.act for plan in plans.waiting(database)] == [PlannedAct.TAKEDOWN]


# --- small things ----------------------------------------------------------------------------


def test_decisions_go_once_no_undo_can_bring_them_back(
    database: Database, make_post: MakePost, store: Store, decide: Decide, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    decide("1", VerdictKind.APPROVED, now - 90 * DAY)
    decide("1", VerdictKind.HIDDEN, now - 80 * DAY)
    decide("2", VerdictKind.APPROVED, now - 90 * DAY)
    decide("2", VerdictKind.HIDDEN, now - 10 * DAY)
    assert verdicts.count_past(database, now) == 1
    assert verdicts.prune(database, now) == 1
    hidden = verdicts.undoable(database, "blog", "2", now)
    assert hidden is not None
    holds = verdicts.undo(database, hidden, "Ada", now)
    assert holds is not None
    assert holds.kind is VerdictKind.APPROVED
    assert found(database)["1"].standing is Standing.HIDDEN


def test_a_decision_that_a_rule_suspended_is_kept_for_its_undo(
    database: Database, make_post: MakePost, store: Store, decide: Decide, now: datetime
) -> None:
    store(make_post("1"))
    decide("1", VerdictKind.APPROVED, now - 90 * DAY)
    with database.writing() as connection:
        verdicts.suspend(connection, "blog", "1")
    assert verdicts.prune(database, now) == 0
    with database.writing() as connection:
        verdicts.resume(connection, "blog", "1")
    kept = found(database)["1"].verdict
    assert kept is not None
    assert kept.kind is VerdictKind.APPROVED


def test_counts_of_reads_go_by_whole_months(database: Database, now: datetime) -> None:
    with database.writing() as connection:
        for age in (0, 20, 400):
            reads.add(connection, "blog", 7, now - age * DAY)
    assert reads.count_old(database, now - 30 * DAY) == 1
    assert reads.prune(database, now - 30 * DAY) == 1
    assert reads.of_source(database, "blog", now - 20 * DAY) == 7


def test_alerts_go_once_they_were_sent_long_ago(database: Database, now: datetime) -> None:
    facts = [alerts.Fact(f"blog:{number}", "Subject", "Body") for number in range(3)]
    alerts.tell(database, facts, ["mail"], now, now)
    first, second, _ = alerts.waiting(database)
    alerts.mark_sent(database, [first.id], now - 40 * DAY)
    alerts.mark_sent(database, [second.id], now)
    assert alerts.count_old(database, now - 30 * DAY) == 1
    assert alerts.prune(database, now - 30 * DAY) == 1


def test_a_widget_is_forgotten(database: Database, now: datetime) -> None:
    for name in ("gone", "here"):
        publishes.record(database, name, now, changed=True, valid_until=None, shown=frozenset("a"))
    publishes.keep_only(database, ["here"])
    assert set(publishes.states(database)) == {"here"}


def test_a_token_is_forgotten(database: Database, now: datetime) -> None:
    for name in ("GONE", "HERE"):
        tokens.begin(database, name, b"digest", now)
    tokens.drop(database, "GONE")
    assert set(tokens.known(database)) == {"HERE"}


def test_who_left_is_noted_once_and_forgotten_when_back(database: Database, now: datetime) -> None:
    departures.note(database, ["one", "two"], now)
    later = departures.note(database, ["two", "three"], now + DAY)
    assert later == {"two": now, "three": now + DAY}
    assert departures.since(database) == later


def test_when_it_was_last_looked_through(database: Database, now: datetime) -> None:
    assert retention.last_run(database) is None
    retention.note_run(database, now)
    assert retention.last_run(database) == now
