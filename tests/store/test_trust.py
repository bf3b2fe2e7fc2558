"""What staff decide about a suspicion, as the database keeps it (rule I9)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import StoreError
from aggregator.model import (
    Identity,
    Outcome,
    Post,
    Profile,
    Released,
    Standing,
    Suspicion,
    Validators,
    Verdict,
    VerdictKind,
    Visit,
    VisitState,
)
from aggregator.store import audit, posts, trust, verdicts, visits
from aggregator.store.database import Database

MakePost = Callable[..., Post]
MakeVisit = Callable[..., Visit]
Follow = Callable[..., dict[str, VisitState]]

DAY = timedelta(days=1)
THEIRS = Identity(title="Anna's year", ids=("a1",), words=("w1", "w2"))
NEW = Identity(title="Best casino", ids=("b1",), length=3)
VERDICT = Verdict("blog", "new", VerdictKind.APPROVED, "Ada", datetime(2026, 6, 2, tzinfo=UTC))
FEED = Validators("https://blog.example.org/feed", '"1"')


@pytest.fixture
def doubted(
    database: Database, follow: Follow, make_visit: MakeVisit, make_post: MakePost, now: datetime
) -> Suspicion:
    """A source with an old post, an old one that was rewritten, and a new one that is held."""
    good = make_visit(
        follow("blog")["blog"], make_post("old"), identity=THEIRS, profile=Profile("Anna's year")
    )
    visits.save(database, [good], now)
    doubt = Suspicion(now + DAY, ("Its title is another.",), NEW)
    bad = make_visit(
        good.state,
        make_post("old", title="Casino"),
        make_post("new"),
        outcome=Outcome.HELD,
        suspicion=doubt,
        cursor=b"cursor",
        validators=FEED,
    )
    visits.save(database, [bad], now + DAY)
    return doubt


def state(database: Database) -> VisitState:
    return visits.states(database)["blog"]


def standings(database: Database) -> dict[str, Standing]:
    return {one.post.guid: one.standing for one in posts.listing(database)}


def acts(database: Database) -> list[str]:
    return [entry.act for entry in audit.rows(database)]


@pytest.mark.usefixtures("doubted")
def test_the_new_is_held_and_the_old_stays(database: Database) -> None:
    assert standings(database) == {"old": Standing.OPEN, "new": Standing.HELD}
    assert {one.post.title for one in posts.listing(database)} == {"Title of old", "Title of new"}
    assert [one.post.guid for one in trust.held(database, "blog")] == ["new"]


@pytest.mark.usefixtures("doubted")
def test_released_posts_may_be_shown(database: Database, now: datetime) -> None:
    assert trust.release(database, "blog", "Ada", now + 2 * DAY) == 1
    assert set(standings(database).values()) == {Standing.OPEN}
    assert acts(database) == ["release"]


def test_a_release_trusts_what_is_seen_now(
    database: Database, doubted: Suspicion, now: datetime
) -> None:
    trust.release(database, "blog", "Ada", now + 2 * DAY)
    after = state(database)
    assert (after.identity, after.suspicion) == (NEW, None)
    assert after.released == Released(now + 2 * DAY, doubted, THEIRS, Profile("Anna's year"))


@pytest.mark.usefixtures("doubted")
def test_after_a_release_the_feed_is_read_whole(database: Database, now: datetime) -> None:
    """Edits that came while it was doubted were not stored."""
    trust.release(database, "blog", "Ada", now + 2 * DAY)
    assert (state(database).cursor, state(database).validators) == (None, None)


@pytest.mark.usefixtures("doubted")
def test_a_second_release_does_nothing(database: Database, now: datetime) -> None:
    trust.release(database, "blog", "Ada", now + 2 * DAY)
    once = state(database)
    assert trust.release(database, "blog", "Ada", now + 3 * DAY) == 0
    assert (state(database), acts(database)) == (once, ["release"])


@pytest.mark.usefixtures("doubted")
def test_a_release_keeps_what_is_hidden_hidden(database: Database, now: datetime) -> None:
    verdicts.decide(database, replace(VERDICT, kind=VerdictKind.HIDDEN))
    trust.release(database, "blog", "Ada", now + 2 * DAY)
    assert standings(database)["new"] is Standing.HIDDEN


def test_an_undone_release_doubts_and_holds_again(
    database: Database, doubted: Suspicion, now: datetime
) -> None:
    before = state(database)
    trust.release(database, "blog", "Ada", now + 2 * DAY)
    assert trust.undo_release(database, "blog", "Ada", now + 3 * DAY)
    after = state(database)
    assert standings(database) == {"old": Standing.OPEN, "new": Standing.HELD}
    assert (after.suspicion, after.identity, after.profile, after.released) == (
        doubted, THEIRS, before.profile, None,
    )  # fmt: skip
    assert acts(database) == ["undo release", "release"]


@pytest.mark.usefixtures("doubted")
def test_a_release_can_be_undone_for_thirty_days(database: Database, now: datetime) -> None:
    trust.release(database, "blog", "Ada", now)
    late = now + verdicts.UNDO_WITHIN + DAY
    assert not trust.undo_release(database, "blog", "Ada", late)
    assert state(database).suspicion is None


@pytest.mark.usefixtures("doubted")
def test_a_rejection_erases_what_is_held_and_stops(database: Database, now: datetime) -> None:
    assert trust.reject(database, "blog", "Ada", now + 2 * DAY) == 1
    assert standings(database) == {"old": Standing.OPEN}
    assert state(database).stopped_at == now + 2 * DAY
    assert acts(database) == ["reject"]


@pytest.mark.usefixtures("doubted")
def test_a_rejected_source_is_not_claimed(database: Database, now: datetime) -> None:
    trust.reject(database, "blog", "Ada", now + 2 * DAY)
    assert visits.claim(database, now + 99 * DAY, DAY, 9) == []


@pytest.mark.usefixtures("doubted")
def test_a_second_rejection_does_nothing(database: Database, now: datetime) -> None:
    trust.reject(database, "blog", "Ada", now + 2 * DAY)
    assert trust.reject(database, "blog", "Ada", now + 3 * DAY) == 0
    assert (state(database).stopped_at, acts(database)) == (now + 2 * DAY, ["reject"])


def test_an_undone_rejection_is_visited_again_and_still_doubted(
    database: Database, doubted: Suspicion, now: datetime
) -> None:
    trust.reject(database, "blog", "Ada", now + 2 * DAY)
    assert trust.undo_reject(database, "blog", "Ada", now + 3 * DAY)
    after = state(database)
    assert (after.stopped_at, after.suspicion, after.cursor) == (None, doubted, None)


def test_where_nobody_doubts_nothing_is_decided(
    database: Database, follow: Follow, now: datetime
) -> None:
    visits.release(database, follow("blog").values())
    assert trust.release(database, "blog", "Ada", now) == 0
    assert trust.reject(database, "blog", "Ada", now) == 0
    assert not trust.undo_release(database, "blog", "Ada", now)
    assert not trust.undo_reject(database, "blog", "Ada", now)
    assert acts(database) == []


@pytest.mark.usefixtures("doubted")
def test_a_visit_under_way_would_write_over_a_decision(database: Database, now: datetime) -> None:
    visits.claim(database, now + 9 * DAY, DAY, 9)
    with pytest.raises(StoreError, match="visited at this moment"):
        trust.release(database, "blog", "Ada", now + 9 * DAY)


@pytest.mark.usefixtures("doubted")
def test_posts_that_a_person_approved_outlive_a_rejection(
    database: Database, now: datetime
) -> None:
    verdicts.decide(database, VERDICT)
    assert trust.reject(database, "blog", "Ada", now + 2 * DAY) == 0
    assert standings(database)["new"] is Standing.APPROVED
