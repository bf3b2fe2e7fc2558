"""Receipts of long ago."""

from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.model import Post
from aggregator.store import audit, digests, posts, receipts, tombstones
from aggregator.store.database import Database
from aggregator.store.receipts import Past

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]
DAY = timedelta(days=1)


def test_all_takedowns_are_told_newest_first(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    [stored] = posts.listing(database)
    one = tombstones.take_down_post(database, stored, "Ada", now)
    whole = tombstones.take_down_source(database, "other", "Ben", now + DAY)
    place = tombstones.take_down_below(database, "https://a.example", "Cem", now + 2 * DAY)
    assert receipts.past(database) == [
        Past(place.id, now + 2 * DAY, ("Cem",)),
        Past(whole.id, now + DAY, ("Ben",), ("other",)),
        Past(one.id, now, ("Ada",), (), (make_post("1").public_id,)),
    ]
    assert receipts.past(database, whole.id) == [Past(whole.id, now + DAY, ("Ben",), ("other",))]


def test_a_receipt_that_only_a_tombstone_tells_is_told(database: Database, now: datetime) -> None:
    tombstones.take_down_source(database, "blog", "Ada", now)
    with database.writing() as connection:
        row = {"digest": b"x" * 32, "kind": "guid", "taken_down_at": 0, "receipt": "older"}
        connection.exec_driver_sql(
            "INSERT INTO tombstones (digest, kind, taken_down_at, receipt) "
            f"SELECT digest || digest, kind, 0, '{row['receipt']}' FROM tombstones"
        )
    assert receipts.past(database)[-1].receipt == "older"
    assert receipts.past(database)[-1].by == ()


def test_a_post_and_a_digest_lead_to_their_receipt(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    [stored] = posts.listing(database)
    given = tombstones.take_down_post(database, stored, "Ada", now)
    mark = digests.of_post(database.secret, stored.post, "blog")[digests.LINK]
    by_id = receipts.of_post(database, stored.post.public_id)
    assert by_id is not None
    assert by_id.receipt == given.id
    assert receipts.of_digests(database, [mark]) == by_id
    assert receipts.of_post(database, "0123456789ab") is None


def test_other_acts_with_a_number_are_no_takedowns(database: Database, now: datetime) -> None:
    entry = audit.Entry(now, "Ada", "hold by rule", "blog", "0123456789ab", receipt="r1")
    with database.writing() as connection:
        audit.record(connection, entry)
    assert receipts.past(database) == []
    assert receipts.of_post(database, "0123456789ab") is None


def test_after_a_restore_a_receipt_tells_when_and_not_who_did_it_again(
    database: Database, now: datetime
) -> None:
    given = tombstones.take_down_source(database, "blog", "Ada", now)
    again = audit.Entry(now + DAY, receipts.AGAIN, "take down", "blog", receipt=given.id)
    with database.writing() as connection:
        audit.record(connection, again)
    assert receipts.past(database) == [Past(given.id, now, ("Ada",), ("blog",))]
