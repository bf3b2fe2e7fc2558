"""What goes on holding an edited post, and what lets go of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event

from aggregator.model import Post, Standing, StoredPost, Verdict, VerdictKind
from aggregator.store import holds, posts, verdicts
from aggregator.store.database import Database

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]


def only(database: Database) -> StoredPost:
    (stored,) = posts.listing(database)
    return stored


def decide(database: Database, kind: VerdictKind, now: datetime) -> Verdict:
    post = only(database).post
    verdict = Verdict("blog", "1", kind, "Ada", now, fingerprint=post.fingerprint)
    verdicts.decide(database, verdict)
    return verdict


@pytest.fixture
def edit(make_post: MakePost) -> Post:
    """Of what ``waiting`` stores; no rule looked at it."""
    return make_post("1", text="Other words.")


@pytest.fixture
def waiting(store: Store, make_post: MakePost) -> None:
    """A post that two rules hold."""
    store(make_post("1", holds=("a", "b")))


@pytest.mark.usefixtures("waiting")
class TestStillHeld:
    def test_what_no_rule_looked_at_goes_on_waiting(
        self, database: Database, store: Store, edit: Post
    ) -> None:
        store(edit)
        assert (only(database).post.holds, only(database).standing) == (
            ("a", "b"),
            Standing.WAITING,
        )

    def test_who_looked_and_found_nothing_lets_go(
        self, database: Database, store: Store, edit: Post
    ) -> None:
        store(replace(edit, passed_by=frozenset({"a", "c"})))
        assert only(database).post.holds == ("b",)

    def test_once_all_let_go_it_is_shown(
        self, database: Database, store: Store, edit: Post
    ) -> None:
        store(replace(edit, passed_by=frozenset({"a", "b"})))
        assert (only(database).post.holds, only(database).standing) == ((), Standing.OPEN)

    def test_what_is_found_now_stands_first(
        self, database: Database, store: Store, edit: Post
    ) -> None:
        store(replace(edit, holds=("c", "b")))
        assert only(database).post.holds == ("c", "b", "a")

    def test_what_a_person_let_in_is_held_by_none_of_them(
        self, database: Database, store: Store, edit: Post, now: datetime
    ) -> None:
        decide(database, VerdictKind.APPROVED, now)
        store(edit)
        assert (only(database).post.holds, only(database).standing) == ((), Standing.APPROVED)

    def test_it_waits_though_it_was_hidden_as_it_was_edited(
        self, database: Database, store: Store, edit: Post, now: datetime
    ) -> None:
        hidden = decide(database, VerdictKind.HIDDEN, now)
        store(edit)
        verdicts.undo(database, hidden, "Ada", now)
        assert only(database).standing is Standing.WAITING

    def test_an_act_under_way_is_not_overwritten(
        self, database: Database, store: Store, edit: Post, now: datetime
    ) -> None:
        """A person lets go of it while a visit brings an edit."""
        acted, done = threading.Event(), threading.Event()

        def hold(_: Any) -> None:
            acted.set()
            done.wait()

        with ThreadPoolExecutor(2) as both:
            event.listen(database._engine, "commit", hold, once=True)
            act = both.submit(holds.let_go, database, holds.Act("Ada", now, "a"))
            acted.wait()
            try:
                visit = both.submit(store, edit)
                wait([visit], timeout=0.03)
            finally:
                done.set()
            act.result()
            visit.result()
        assert only(database).post.holds == ("b",)
