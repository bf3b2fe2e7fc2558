"""Rows of pictures: they go with their posts, and name the copies that are needed."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from aggregator.model import Post, Verdict, VerdictKind
from aggregator.store import pictures, posts, sightings, tombstones, verdicts
from aggregator.store.database import Database
from aggregator.store.pictures import Attempt
from aggregator.store.sightings import Sighting

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]
A, B = "a" * 64, "b" * 64


@pytest.fixture
def two(database: Database, store: Store, make_post: MakePost, now: datetime) -> tuple[str, str]:
    """The public ids of two posts, each with a copy of its own."""
    found = make_post("1"), make_post("2")
    store(*found)
    for post, digest in zip(found, (A, B), strict=True):
        assert pictures.record(database, post.public_id, made(now, digest))
    return found[0].public_id, found[1].public_id


def made(now: datetime, digest: str = A) -> Attempt:
    return Attempt(digest.encode()[:32], now, digest, 480, 320)


def kept(database: Database, *public_ids: str) -> set[str]:
    return set(pictures.attempts(database, public_ids))


def test_an_attempt_comes_back_as_it_was(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    assert pictures.attempts(database, two) == {two[0]: made(now, A), two[1]: made(now, B)}


def test_a_later_attempt_takes_the_place_of_an_earlier_one(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    failed = Attempt(b"another", now + timedelta(days=1), failures=2)
    assert pictures.record(database, two[0], failed)
    assert pictures.attempts(database, [two[0]]) == {two[0]: failed}


def test_a_post_that_is_not_stored_may_have_none(database: Database, now: datetime) -> None:
    assert not pictures.record(database, "0123456789ab", made(now))
    assert kept(database, "0123456789ab") == set()


def test_a_post_that_was_hidden_meanwhile_may_have_none(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now))
    assert not pictures.record(database, make_post("1").public_id, made(now))


def test_a_copy_is_found_by_its_original(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    assert pictures.copy_of(database, made(now, B).key) == made(now, B)
    assert pictures.copy_of(database, b"another") is None


def test_a_failure_is_no_copy(database: Database, two: tuple[str, str], now: datetime) -> None:
    pictures.record(database, two[0], Attempt(b"failed", now, failures=1))
    assert pictures.copy_of(database, b"failed") is None


def test_only_posts_that_are_named_keep_their_copies(
    database: Database, two: tuple[str, str]
) -> None:
    assert pictures.keep_only(database, {two[0], "latest"}, {A, B}) == {A}
    assert kept(database, *two) == {two[0]}


def test_a_copy_that_two_posts_have_stays_for_the_other(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    pictures.record(database, two[1], made(now, A))
    assert pictures.keep_only(database, {two[1]}, {A}) == {A}


def test_a_lost_copy_is_forgotten(database: Database, two: tuple[str, str]) -> None:
    assert pictures.keep_only(database, set(two), {B}) == {B}
    assert kept(database, *two) == {two[1]}


def test_failures_are_remembered_as_long_as_the_post_is_named(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    pictures.record(database, two[0], Attempt(b"failed", now, failures=1))
    assert pictures.keep_only(database, set(two), {B}) == {B}
    assert kept(database, *two) == set(two)
    pictures.keep_only(database, {two[1]}, {B})
    assert kept(database, *two) == {two[1]}


def test_a_hidden_post_has_none_even_where_a_page_still_names_it(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now))
    assert pictures.keep_only(database, set(two), {A, B}) == {B}


def test_a_post_that_its_platform_misses_has_none(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    sightings.settle(database, "blog", {"1": Sighting(now, missed=now)}, (), (), now)
    assert pictures.keep_only(database, set(two), {A, B}) == {B}


def test_a_takedown_takes_the_row_in_the_same_act(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    [stored] = posts.find(database, two[0])
    tombstones.take_down_post(database, stored, "Ada", now)
    assert kept(database, *two) == {two[1]}


def test_taking_down_a_source_takes_all_its_rows(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    tombstones.take_down_source(database, "blog", "Ada", now)
    assert kept(database, *two) == set()


def test_what_is_erased_since_it_is_gone_has_no_row(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    sightings.settle(database, "blog", {}, ["1"], (), now)
    assert kept(database, *two) == {two[1]}


def test_what_is_erased_since_nobody_confirmed_it_has_no_row(
    database: Database, two: tuple[str, str], now: datetime
) -> None:
    sightings.erase_unconfirmed(database, "blog", now + timedelta(days=1), now)
    assert kept(database, *two) == set()
