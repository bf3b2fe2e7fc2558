"""What platforms said of posts: how it decides what is shown, and that it goes with the post."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from aggregator.model import Media, Post, Standing, Verdict, VerdictKind
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, posts, sightings, tombstones, verdicts
from aggregator.store import tables as t
from aggregator.store.database import Database
from aggregator.store.sightings import Sighting

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]
DAY = timedelta(days=1)


def standing(database: Database, guid: str) -> Standing:
    [stored] = [one for one in posts.listing(database) if one.post.guid == guid]
    return stored.standing


def guids(database: Database) -> list[str]:
    return sorted(stored.post.guid for stored in posts.listing(database))


def kept(database: Database) -> int:
    """How many sightings there are."""
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(t.sightings)).scalar_one()


def miss(database: Database, now: datetime, *guids_: str) -> None:
    told = {guid: Sighting(now, missed=now) for guid in guids_}
    sightings.settle(database, "blog", told, (), (), now)


def test_a_missed_post_is_gone_and_others_stand(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    miss(database, now, "1")
    assert standing(database, "1") is Standing.GONE
    assert standing(database, "2") is Standing.OPEN


def test_a_post_that_is_seen_again_stands_as_people_decided(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.APPROVED, "Ada", now))
    miss(database, now, "1")
    sightings.settle(database, "blog", {"1": Sighting(now, now)}, (), (), now)
    assert standing(database, "1") is Standing.APPROVED


@pytest.mark.parametrize("kind", list(VerdictKind))
def test_nobody_decides_a_missed_post_back(
    database: Database, store: Store, make_post: MakePost, now: datetime, kind: VerdictKind
) -> None:
    store(make_post("1"))
    miss(database, now, "1")
    verdicts.decide(database, Verdict("blog", "1", kind, "Ada", now))
    assert standing(database, "1") is Standing.GONE


def test_a_doubt_about_its_source_does_not_bring_a_missed_post_back(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    miss(database, now, "1")
    with database.writing() as connection:
        posts.hold_since(connection, "blog", now - DAY)
        posts.let_go(connection, "blog")
    assert standing(database, "1") is Standing.GONE


def test_an_edit_by_a_visit_does_not_bring_a_missed_post_back(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    miss(database, now, "1")
    store(make_post("1", title="Edited"))
    assert standing(database, "1") is Standing.GONE


def test_an_edit_is_taken_over_and_nothing_new_is_stored(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    edits = [make_post("1", title="Edited"), make_post("2")]
    edited = sightings.settle(database, "blog", {"1": Sighting(now, now)}, (), edits, now)
    assert edited == 1
    assert [stored.post.title for stored in posts.listing(database)] == ["Edited"]


def test_nothing_is_kept_of_posts_that_are_not_stored(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    sightings.settle(database, "blog", {"2": Sighting(now, now)}, ["3"], (), now)
    assert kept(database) == 0
    assert audit.rows(database) == []


def test_what_is_erased_leaves_its_id_in_the_audit_and_no_reason(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now, "shows a face"))
    miss(database, now, "1")
    sightings.settle(database, "blog", {}, ["1"], (), now)
    newest, *_ = audit.rows(database)
    assert (newest.act, newest.public_id) == (AuditAct.MIRRORED, make_post("1").public_id)
    assert (guids(database), kept(database)) == (["2"], 0)
    with database.reading() as connection:
        kept_reason = connection.execute(select(t.verdicts.c.reason)).scalar_one_or_none()
    assert kept_reason is None


def test_a_hidden_post_that_was_erased_comes_back_hidden(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now))
    miss(database, now, "1")
    sightings.settle(database, "blog", {}, ["1"], (), now)
    store(make_post("1"))
    assert standing(database, "1") is Standing.HIDDEN


def test_watched_are_those_that_are_named_and_those_that_are_missed(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(*(make_post(guid) for guid in "1234"))
    miss(database, now, "3")
    by_id, by_link = [make_post("1").public_id], ["blog.example.org/2"]
    found = sightings.watched(database, by_id, by_link)
    assert sorted(one.guid for one in found) == ["1", "2", "3"]
    [missed] = [one for one in found if one.guid == "3"]
    assert missed.sighting == Sighting(now, missed=now)


def test_watched_posts_come_with_their_pictures(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    picture = Media("https://blog.example.org/1.jpg", "image/*", "A boat", id="7001")
    store(replace(make_post("1"), media=(picture,)))
    [found] = sightings.watched(database, [make_post("1").public_id], [])
    assert found.media == (picture,)


def test_a_takedown_of_a_post_takes_what_was_said_of_it(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    miss(database, now, "1", "2")
    [stored] = [one for one in posts.listing(database) if one.post.guid == "1"]
    tombstones.take_down_post(database, stored, "Ada", now)
    assert kept(database) == 1


def test_a_takedown_of_a_source_takes_all_that_was_said(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    miss(database, now, "1", "2")
    tombstones.take_down_source(database, "blog", "Ada", now)
    assert kept(database) == 0


class TestUnconfirmed:
    """What may be kept for ten days only."""

    def erase(self, database: Database, now: datetime) -> int:
        return sightings.erase_unconfirmed(database, "blog", now - 10 * DAY, now)

    def test_old_ones_go_and_young_ones_stay(
        self, database: Database, store: Store, make_post: MakePost, now: datetime
    ) -> None:
        store(make_post("old"), at=now - 11 * DAY)
        store(make_post("young"), at=now - 9 * DAY)
        store(make_post("other", "planet"), at=now - 11 * DAY)
        assert sightings.count_unconfirmed(database, "blog", now - 10 * DAY) == 1
        assert self.erase(database, now) == 1
        assert guids(database) == ["other", "young"]

    def test_one_that_was_seen_meanwhile_stays(
        self, database: Database, store: Store, make_post: MakePost, now: datetime
    ) -> None:
        store(make_post("1"), at=now - 11 * DAY)
        seen = now - DAY
        sightings.settle(database, "blog", {"1": Sighting(seen, seen)}, (), (), seen)
        assert self.erase(database, now) == 0

    def test_one_that_was_only_missed_since_goes(
        self, database: Database, store: Store, make_post: MakePost, now: datetime
    ) -> None:
        store(make_post("1"), at=now - 11 * DAY)
        miss(database, now, "1")
        assert self.erase(database, now) == 1
        assert kept(database) == 0

    def test_many_go_as_well(
        self, database: Database, store: Store, make_post: MakePost, now: datetime
    ) -> None:
        store(*(make_post(str(number)) for number in range(510)), at=now - 11 * DAY)
        assert self.erase(database, now) == 510


def test_orphans_are_dropped(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    miss(database, now, "1", "2")
    with database.writing() as connection:
        connection.execute(t.posts.delete().where(t.posts.c.guid == "1"))
    assert sightings.drop_orphans(database) == 1
    assert kept(database) == 1
