"""An entry that stands for another family by now: what was stored under its id waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from aggregator.model import Consent, Post, Source, Standing, Verdict, VerdictKind, Visit
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, consents, posts, reused, trust, verdicts, visits
from aggregator.store.consents import Noted
from aggregator.store.database import Database

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
MakeVisit = Callable[..., Visit]
Follow = Callable[..., None]

DAY = timedelta(days=1)
FIRST = Consent("A-1", "form", date(2026, 1, 1))
SECOND = Consent("B-2", "form", date(2026, 5, 1))
HERE, THERE = "https://hosts.example/anna/feed", "https://hosts.example/bert/feed"


@pytest.fixture
def follow(database: Database, make_source: MakeSource, now: datetime) -> Follow:
    """Follow the blog at an address, on a consent that is noted in the ledger."""

    def write(address: str, consent: Consent | None, *, after: timedelta = timedelta(0)) -> None:
        source = replace(make_source("blog"), address=address, consent=consent)
        with database.writing() as connection:
            consents.add(connection, [Noted("blog", now + after, "file", consent)])
        visits.sync(database, [source], now + after)

    return write


def standings(database: Database) -> set[Standing]:
    return {one.standing for one in posts.listing(database)}


@pytest.fixture
def followed(
    database: Database,
    follow: Follow,
    make_post: MakePost,
    make_visit: MakeVisit,
    now: datetime,
) -> Follow:
    """A blog with two posts, of which a person approved one."""
    follow(HERE, FIRST)
    state = visits.states(database)["blog"]
    visit = make_visit(state, make_post("one"), make_post("two"))
    visits.save(database, [visit], now + DAY)
    verdicts.decide(database, Verdict("blog", "one", VerdictKind.APPROVED, "Ada", now + DAY))
    return follow


def test_all_of_the_first_family_is_held(database: Database, followed: Follow) -> None:
    """What a person approved, too: it was on the consent of others."""
    followed(THERE, SECOND, after=2 * DAY)
    assert standings(database) == {Standing.HELD}
    assert reused.ids(database) == {"blog"}
    assert AuditAct.HOLD_SOURCE in [entry.act for entry in audit.rows(database)]


@pytest.mark.parametrize(
    ("address", "consent"),
    [
        (THERE, FIRST),
        (HERE, SECOND),
        (HERE.replace("https://", "http://www."), SECOND),
    ],
    ids=["it moved", "its consent was renewed", "its address is only written otherwise"],
)
def test_one_change_alone_holds_nothing(
    database: Database, followed: Follow, address: str, consent: Consent
) -> None:
    followed(address, consent, after=2 * DAY)
    assert Standing.HELD not in standings(database)


def test_who_comes_under_the_id_of_one_that_left_is_another(
    database: Database, followed: Follow, now: datetime
) -> None:
    visits.sync(database, [], now + 2 * DAY)
    with database.writing() as connection:
        consents.add(connection, [Noted("blog", now + 2 * DAY, "file", None)])
    followed(THERE, SECOND, after=3 * DAY)
    assert standings(database) == {Standing.HELD}


def test_an_entry_without_consent_is_not_the_family_either(
    database: Database, followed: Follow
) -> None:
    followed(THERE, None, after=2 * DAY)
    assert standings(database) == {Standing.HELD}


def test_new_posts_are_shown(
    database: Database,
    followed: Follow,
    make_post: MakePost,
    make_visit: MakeVisit,
    now: datetime,
) -> None:
    followed(THERE, SECOND, after=2 * DAY)
    visit = make_visit(visits.states(database)["blog"], make_post("three"))
    visits.save(database, [visit], now + 3 * DAY)
    assert {one.post.guid: one.standing for one in posts.listing(database)}[
        "three"
    ] is Standing.OPEN


def test_a_release_shows_them(database: Database, followed: Follow, now: datetime) -> None:
    followed(THERE, SECOND, after=2 * DAY)
    assert trust.release(database, "blog", "Ada", now + 3 * DAY) == 2
    assert standings(database) == {Standing.OPEN}


def test_a_change_that_is_taken_back_holds_nothing_more(
    database: Database, followed: Follow, now: datetime
) -> None:
    followed(THERE, SECOND, after=2 * DAY)
    trust.release(database, "blog", "Ada", now + 2 * DAY)
    followed(HERE, FIRST, after=2 * DAY)
    assert standings(database) == {Standing.OPEN}


def test_a_rejection_erases_them_and_ends_no_visits(
    database: Database, followed: Follow, now: datetime
) -> None:
    """Those would be visits to the other family."""
    followed(THERE, SECOND, after=2 * DAY)
    assert trust.reject(database, "blog", "Ada", now + 3 * DAY) == 2
    assert visits.states(database)["blog"].stopped_at is None
