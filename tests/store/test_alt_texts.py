"""Words of staff about pictures: they go with their post and with their picture."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model import Media, Post, Verdict, VerdictKind
from aggregator.model.audit_acts import AuditAct
from aggregator.store import alt_texts, audit, pictures, posts, retention, sightings, tombstones
from aggregator.store import verdicts as stored_verdicts
from aggregator.store.alt_texts import AltText
from aggregator.store.database import Database
from aggregator.store.pictures import Attempt

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]


def keys_of(post: Post) -> set[bytes]:
    return {one.url.encode() for one in post.media}


def words(post: Post, now: datetime, alt: str = "A garden in May") -> AltText:
    return AltText(post.media[0].url.encode(), now, alt, "ann")


def kept(database: Database, *wanted: Post) -> dict[str, AltText]:
    return pictures.known(database, [one.public_id for one in wanted])[1]


@pytest.fixture
def two(database: Database, store: Store, make_post: MakePost, now: datetime) -> tuple[Post, Post]:
    """Two posts with words of staff."""
    found = make_post("1"), make_post("2", link_key="blog.example.org/2")
    store(*found)
    for post in found:
        assert alt_texts.write(database, post, words(post, now), keys_of)
    return found


def test_words_come_back_as_they_were(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    assert kept(database, *two) == {post.public_id: words(post, now) for post in two}


def test_one_question_tells_attempts_and_words_apart(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    attempt = Attempt(b"key", now, "a" * 64, 480, 320)
    assert pictures.record(database, two[0].public_id, attempt)
    tried, said = pictures.known(database, [one.public_id for one in two])
    assert tried == {two[0].public_id: attempt}
    assert said.keys() == {one.public_id for one in two}


def test_later_words_take_the_place_of_earlier_ones(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    later = words(two[0], now + timedelta(days=1), "A garden in June")
    assert alt_texts.write(database, two[0], later, keys_of)
    assert kept(database, two[0]) == {two[0].public_id: later}


def test_a_post_that_is_not_stored_gets_none(
    database: Database, make_post: MakePost, now: datetime
) -> None:
    post = make_post("never stored")
    assert not alt_texts.write(database, post, words(post, now), keys_of)
    assert kept(database, post) == {}


def test_a_picture_that_was_replaced_meanwhile_gets_none(
    database: Database, make_post: MakePost, store: Store, now: datetime
) -> None:
    before = make_post("1")
    store(replace(before, media=(Media("https://pictures.example/2.jpg"),), fingerprint=b"2"))
    assert not alt_texts.write(database, before, words(before, now), keys_of)


def test_words_are_taken_back_once(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    assert alt_texts.remove(database, two[0], "bob", now)
    assert not alt_texts.remove(database, two[0], "bob", now)
    assert kept(database, *two).keys() == {two[1].public_id}


def test_words_about_a_picture_that_is_there_no_more_are_dropped(
    database: Database, two: tuple[Post, Post], store: Store, now: datetime
) -> None:
    store(replace(two[0], media=(Media("https://pictures.example/2.jpg"),), fingerprint=b"2"))
    ids = [one.public_id for one in two]
    alt_texts.drop_outdated(database, ids, keys_of, now)
    alt_texts.drop_outdated(database, ids, keys_of, now)
    assert kept(database, *two).keys() == {two[1].public_id}
    told = [one for one in audit.rows(database) if one.act == AuditAct.DESCRIPTION_OUTDATED]
    assert [(one.who, one.public_id) for one in told] == [("Aggregator", two[0].public_id)]


def test_the_audit_tells_the_act_without_the_words(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    alt_texts.remove(database, two[0], "bob", now)
    told = audit.rows(database)
    assert [(one.who, one.act) for one in told] == [
        ("bob", "describe no more"),
        ("ann", "describe"),
        ("ann", "describe"),
    ]
    assert {(one.before, one.after) for one in told} == {(None, None)}


def test_a_takedown_takes_them_in_the_same_act(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    [stored] = posts.find(database, two[0].public_id)
    tombstones.take_down_post(database, stored, "Ada", now)
    assert kept(database, *two).keys() == {two[1].public_id}


def test_taking_down_a_source_takes_all_of_them(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    tombstones.take_down_source(database, "blog", "Ada", now)
    assert kept(database, *two) == {}


def test_what_is_erased_since_its_platform_misses_it_has_none(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    sightings.settle(database, "blog", {}, ["1"], (), now)
    assert kept(database, *two).keys() == {two[1].public_id}


def test_a_hidden_post_keeps_them_as_long_as_its_content(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    verdict = Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now)
    stored_verdicts.decide(database, verdict)
    assert kept(database, *two).keys() == {one.public_id for one in two}
    later = now + timedelta(days=90)
    retention.empty_hidden(database, "blog", later, later)
    assert kept(database, *two).keys() == {two[1].public_id}


def test_a_source_that_left_takes_all_of_them(
    database: Database, two: tuple[Post, Post], now: datetime
) -> None:
    retention.erase_source(database, "blog", now)
    assert kept(database, *two) == {}
