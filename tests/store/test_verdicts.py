"""Decisions: what holds, what undo brings back, and what stands in the audit."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from aggregator.errors import StoreError
from aggregator.model import (
    Post,
    Profile,
    Review,
    Source,
    SourceFacts,
    Standing,
    Verdict,
    VerdictKind,
    Visit,
    VisitState,
)
from aggregator.store import audit, latecomers, posts, verdicts, visits
from aggregator.store.database import Database
from tests.store.conftest import on_sqlite

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
Store = Callable[..., tuple[int, int, int]]
Follow = Callable[..., dict[str, VisitState]]
MakeVisit = Callable[..., Visit]

APPROVED, HIDDEN, PINNED = VerdictKind.APPROVED, VerdictKind.HIDDEN, VerdictKind.PINNED


def decide(database: Database, kind: VerdictKind, at: datetime, guid: str | None = "1") -> Verdict:
    verdict = Verdict("blog", guid, kind, "Ada", at, f"because {kind}")
    verdicts.decide(database, verdict)
    return verdict


def standing(database: Database, guid: str = "1") -> Standing:
    return {one.post.guid: one.standing for one in posts.listing(database)}[guid]


def test_a_stored_post_carries_the_verdict_on_it(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    verdict = Verdict("blog", "1", PINNED, "Ada", now, "news", now + timedelta(days=3))
    verdicts.decide(database, verdict)
    [stored] = posts.listing(database)
    assert stored.verdict == verdict
    assert stored.standing is Standing.APPROVED


def test_a_later_decision_takes_the_place_of_the_earlier(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    decide(database, APPROVED, now)
    decide(database, HIDDEN, now)
    assert standing(database) is Standing.HIDDEN


def test_a_verdict_on_one_post_leaves_the_others(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    store(make_post("1", "other blog"))
    decide(database, HIDDEN, now)
    found = [(one.post.source_id, one.standing.value) for one in posts.listing(database)]
    assert sorted(found) == [("blog", "hidden"), ("blog", "open"), ("other blog", "open")]


def test_of_decisions_at_the_same_moment_all_are_taken(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    with ThreadPoolExecutor(4) as people:
        list(people.map(lambda _: decide(database, HIDDEN, now), range(12)))
    assert len(audit.rows(database)) == 12
    assert standing(database) is Standing.HIDDEN


def test_a_decision_reaches_a_post_that_is_just_being_written(
    database: Database, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    with ThreadPoolExecutor(1) as person:
        with database.writing() as connection:
            posts.upsert(connection, [make_post()], now, secret=secret)
            deciding = person.submit(decide, database, HIDDEN, now)
            wait([deciding], timeout=0.03)
        deciding.result()
    assert standing(database) is Standing.HIDDEN


def hide_with_copies(database: Database, post: Post, now: datetime) -> None:
    verdict = Verdict(post.source_id, post.guid, HIDDEN, "Ada", now)
    verdicts.decide(database, verdict, copies_of=[post])


def visit_bringing(database: Database, *found: Post, now: datetime, secret: bytes) -> None:
    with database.writing() as connection:
        posts.upsert(connection, found, now, secret=secret)
        latecomers.hide(connection, found, now)


def standings(database: Database) -> dict[tuple[str, str], str]:
    return {
        (one.post.source_id, one.post.guid): one.standing.value for one in posts.listing(database)
    }


def test_copies_in_other_sources_are_decided_about_alike(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    post = make_post("1", "blog", content_key="same")
    store(post, make_post("2", "blog"))
    store(make_post("9", "copy", content_key="same"))
    hide_with_copies(database, post, now)
    assert standings(database) == {
        ("blog", "1"): "hidden",
        ("blog", "2"): "open",
        ("copy", "9"): "hidden",
    }


def test_a_copy_that_is_just_being_written_is_hidden_with_its_original(
    database: Database, store: Store, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    """Looked for before the decision waits for the writer, it would be missed."""
    post = make_post("1", "blog", content_key="same")
    copy = make_post("9", "copy", content_key="same")
    store(post)
    with ThreadPoolExecutor(1) as person:
        with database.writing() as connection:
            posts.upsert(connection, [copy], now, secret=secret)
            latecomers.hide(connection, [copy], now)
            hiding = person.submit(hide_with_copies, database, post, now)
            wait([hiding], timeout=0.03)
        hiding.result()
    assert standings(database)["copy", "9"] == "hidden"


def test_a_copy_that_is_written_while_its_original_is_hidden_is_hidden(
    database: Database, store: Store, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    post = make_post("1", "blog", content_key="same")
    copy = make_post("9", "copy", content_key="same")
    store(post)
    with ThreadPoolExecutor(1) as visitor:
        with deciding(database, Verdict("blog", "1", HIDDEN, "Ada", now)):
            visiting = visitor.submit(visit_bringing, database, copy, now=now, secret=secret)
            wait([visiting], timeout=0.03)
        visiting.result()
    assert standings(database)["copy", "9"] == "hidden"


@contextmanager
def deciding(database: Database, verdict: Verdict) -> Iterator[None]:
    """A decision that is made and not yet committed."""
    decided, done = threading.Event(), threading.Event()

    def hold(_: Any) -> None:
        decided.set()
        done.wait()

    with ThreadPoolExecutor(1) as person:
        event.listen(database._engine, "commit", hold, once=True)
        act = person.submit(verdicts.decide, database, verdict)
        decided.wait()
        try:
            yield
        finally:
            done.set()
            act.result()


@pytest.mark.parametrize("same", ["content_key", "link_key"])
def test_a_later_copy_of_what_is_hidden_is_hidden(
    database: Database,
    store: Store,
    make_post: MakePost,
    now: datetime,
    secret: bytes,
    same: str,
) -> None:
    store(make_post("1", "blog", **{same: "family.example.org/1"}))
    decide(database, HIDDEN, now)
    copies = [make_post(guid, "copy", **{same: "family.example.org/1"}) for guid in ("8", "9")]
    visit_bringing(database, *copies[:1], now=now, secret=secret)
    assert standings(database)["copy", "8"] == "hidden"


def test_every_copy_that_one_visit_brings_is_hidden(
    database: Database, store: Store, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    store(make_post("1", "blog", content_key="same"))
    decide(database, HIDDEN, now)
    copies = [make_post(guid, "copy", content_key="same") for guid in ("8", "9")]
    visit_bringing(database, *copies, now=now, secret=secret)
    assert standings(database) == {
        ("blog", "1"): "hidden",
        ("copy", "8"): "hidden",
        ("copy", "9"): "hidden",
    }


def test_a_link_that_a_source_gives_to_all_its_posts_hides_no_other(
    database: Database, store: Store, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    store(*(make_post(guid, "blog", link_key="blog.example.org/all") for guid in ("1", "2")))
    decide(database, HIDDEN, now)
    newest = make_post("3", "blog", link_key="blog.example.org/all")
    visit_bringing(database, newest, now=now, secret=secret)
    assert standings(database)["blog", "3"] == "open"


def test_a_link_that_one_visit_gives_to_several_posts_hides_none(
    database: Database, store: Store, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    store(make_post("1", "blog", link_key="blog.example.org/all"))
    decide(database, HIDDEN, now)
    both = [make_post(guid, "blog", link_key="blog.example.org/all") for guid in ("2", "3")]
    visit_bringing(database, *both, now=now, secret=secret)
    assert standings(database)["blog", "2"] == standings(database)["blog", "3"] == "open"


def test_of_an_act_about_several_posts_all_holds_or_nothing(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    nobody: Any = None  # a column that must be filled
    with pytest.raises(StoreError):
        verdicts.decide(
            database,
            Verdict("blog", "1", HIDDEN, "Ada", now),
            Verdict("blog", "2", HIDDEN, nobody, now),
        )
    assert set(standings(database).values()) == {"open"}


@on_sqlite
def test_decisions_are_on_the_disk_at_once(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """A power cut in the next moment must not bring a hidden post back."""
    store(make_post())
    levels: list[int] = []
    event.listen(
        database._engine,
        "commit",
        lambda connection: levels.append(
            connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        ),
    )
    hidden = decide(database, HIDDEN, now)
    verdicts.undo(database, hidden, "Ada", now)
    store(make_post("2"))
    full, normal = 2, 1
    assert levels == [full, full, normal]


def test_undo_lets_nothing_hold_where_nothing_held(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    hidden = decide(database, HIDDEN, now)
    assert verdicts.undo(database, hidden, "Ada", now) is None
    assert standing(database) is Standing.OPEN


def test_undo_brings_the_decision_before_back(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    approved = decide(database, APPROVED, now)
    hidden = decide(database, HIDDEN, now + timedelta(hours=1))
    assert verdicts.undo(database, hidden, "Ada", now) == approved
    assert standing(database) is Standing.APPROVED


def test_what_was_undone_never_comes_back(database: Database, now: datetime) -> None:
    verdicts.undo(database, decide(database, HIDDEN, now), "Ada", now)
    approved = decide(database, APPROVED, now)
    assert verdicts.undo(database, approved, "Ada", now) is None


def test_where_nothing_was_decided_nothing_can_be_undone(database: Database, now: datetime) -> None:
    assert verdicts.undoable(database, "blog", "1", now) is None


def test_what_somebody_else_undid_a_moment_ago_is_not_undone_again(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """Two who take back the same approval must not take back the hide before it as well."""
    store(make_post())
    hidden = decide(database, HIDDEN, now)
    approved = decide(database, APPROVED, now + timedelta(hours=1))
    verdicts.undo(database, approved, "Ada", now + timedelta(hours=2))
    known = audit.newest(database)
    assert verdicts.undo(database, approved, "Bo", now + timedelta(hours=2)) == hidden
    assert standing(database) is Standing.HIDDEN
    assert audit.newest(database) == known


def test_of_the_same_act_on_copies_only_what_still_holds_is_undone(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"), make_post("3"))
    first, second, third = (decide(database, HIDDEN, now, guid) for guid in ("1", "2", "3"))
    decide(database, HIDDEN, now + timedelta(hours=1), "3")
    verdicts.undo(database, first, "Ada", now, together=[second, third])
    assert set(standings(database).items()) == {
        (("blog", "1"), "open"),
        (("blog", "2"), "open"),
        (("blog", "3"), "hidden"),
    }


@pytest.mark.parametrize("kind", [APPROVED, HIDDEN])
@pytest.mark.parametrize("before", [[APPROVED], [APPROVED, PINNED]])
def test_undo_brings_nothing_back_that_a_rule_suspended(
    database: Database, now: datetime, before: list[VerdictKind], kind: VerdictKind
) -> None:
    """Nor what held before that: when the post was decided about anew, nothing held."""
    for earlier in before:
        decide(database, earlier, now)
    with database.writing() as connection:
        verdicts.suspend(connection, "blog", "1")
    assert verdicts.undo(database, decide(database, kind, now), "Ada", now) is None


def test_what_a_rule_suspended_resumes_also_after_an_undo(
    database: Database, now: datetime
) -> None:
    approved = decide(database, APPROVED, now)
    with database.writing() as connection:
        verdicts.suspend(connection, "blog", "1")
    verdicts.undo(database, decide(database, HIDDEN, now), "Ada", now)
    with database.writing() as connection:
        verdicts.resume(connection, "blog", "1")
    assert verdicts.undoable(database, "blog", "1", now) == approved


@pytest.mark.parametrize("guid", ["1", None])
def test_what_is_hidden_is_not_pinned(database: Database, now: datetime, guid: str | None) -> None:
    """Also where it was hidden after the one who pins it looked."""
    hidden = decide(database, HIDDEN, now, guid)
    with pytest.raises(StoreError, match="is hidden"):
        decide(database, PINNED, now, guid)
    assert verdicts.undoable(database, "blog", guid, now) == hidden


def test_a_decision_older_than_thirty_days_goes_on_holding(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    hidden = decide(database, HIDDEN, now)
    late = now + timedelta(days=30, seconds=1)
    assert verdicts.undoable(database, "blog", "1", now + timedelta(days=30))
    assert not verdicts.undoable(database, "blog", "1", late)
    assert verdicts.undo(database, hidden, "Ada", late) == hidden
    assert standing(database) is Standing.HIDDEN


def test_a_held_post_is_held_again_after_undo(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post(), held=True)
    decided = decide(database, APPROVED, now)
    approved = standing(database)
    verdicts.undo(database, decided, "Ada", now)
    assert approved is Standing.APPROVED
    assert standing(database) is Standing.HELD


def test_approving_a_source_releases_nothing_that_is_held(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """Whether its posts are good and whether it is still theirs are two questions."""
    store(make_post(), held=True)
    decide(database, APPROVED, now, guid=None)
    assert standing(database) is Standing.HELD


def test_a_verdict_on_a_source_leaves_verdicts_on_its_posts(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    decide(database, HIDDEN, now)
    decide(database, APPROVED, now, guid=None)
    assert standing(database) is Standing.HIDDEN


def test_a_post_that_is_not_stored_may_be_decided(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    decide(database, HIDDEN, now)
    store(make_post())
    assert standing(database) is Standing.HIDDEN


def test_decisions_and_undo_are_in_the_audit_without_reasons(
    database: Database, now: datetime
) -> None:
    decide(database, APPROVED, now)
    verdicts.undo(database, decide(database, HIDDEN, now), "Bo", now)
    rows = [(row.who, row.act, row.before, row.after) for row in audit.rows(database)]
    assert rows == [
        ("Bo", "undo", "hidden", "approved"),
        ("Ada", "decide", "approved", "hidden"),
        ("Ada", "decide", None, "approved"),
    ]
    assert "because" not in repr(audit.rows(database))


def test_the_audit_names_posts_by_public_id(
    database: Database, make_post: MakePost, now: datetime
) -> None:
    decide(database, HIDDEN, now)
    decide(database, HIDDEN, now, guid=None)
    named = [row.public_id for row in audit.rows(database)]
    assert named == [None, make_post("1").public_id]


def test_facts_of_a_source_of_which_nothing_is_known(
    database: Database, make_source: MakeSource, now: datetime
) -> None:
    assert verdicts.facts(database, [make_source()], now) == {"blog": SourceFacts()}


def test_facts_hold_the_profile_of_the_last_visit(
    database: Database,
    follow: Follow,
    make_visit: MakeVisit,
    make_source: MakeSource,
    now: datetime,
) -> None:
    profile = Profile("A blog", "https://blog.example.org", "en", None)
    visits.save(database, [make_visit(follow("blog")["blog"], profile=profile)], now)
    assert verdicts.facts(database, [make_source()], now)["blog"].profile == profile


def test_facts_hold_the_verdict_on_the_source(
    database: Database, make_source: MakeSource, now: datetime
) -> None:
    verdict = decide(database, HIDDEN, now, guid=None)
    assert verdicts.facts(database, [make_source()], now)["blog"].verdict == verdict


def test_a_pin_of_a_source_that_has_ended_is_no_verdict(
    database: Database, make_source: MakeSource, now: datetime
) -> None:
    verdicts.decide(database, Verdict("blog", None, PINNED, "Ada", now, until=now))
    assert verdicts.facts(database, [make_source()], now)["blog"].verdict is None


@pytest.mark.parametrize(
    ("kind", "guid", "approved"),
    [
        (APPROVED, "1", True),
        (PINNED, "1", True),
        (APPROVED, None, True),
        (HIDDEN, "1", False),
        (HIDDEN, None, False),
    ],
)
def test_whether_a_person_approved_anything_of_a_source(
    database: Database,
    make_source: MakeSource,
    now: datetime,
    kind: VerdictKind,
    guid: str | None,
    approved: bool,
) -> None:
    decide(database, kind, now, guid)
    facts = verdicts.facts(database, [make_source(review=Review.FIRST)], now)
    assert facts["blog"].has_approved is approved


def test_an_undone_approval_does_not_count(
    database: Database, make_source: MakeSource, now: datetime
) -> None:
    verdicts.undo(database, decide(database, APPROVED, now), "Ada", now)
    facts = verdicts.facts(database, [make_source(review=Review.FIRST)], now)
    assert not facts["blog"].has_approved


def test_facts_of_more_sources_than_a_statement_has_parameters(
    database: Database, make_source: MakeSource, now: datetime
) -> None:
    sources = [make_source(f"s{number}") for number in range(1100)]
    assert len(verdicts.facts(database, sources, now)) == 1100


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from([APPROVED, HIDDEN, PINNED, None]), max_size=9))
def test_decisions_and_undo_are_a_stack(
    database: Database,
    store: Store,
    make_post: MakePost,
    now: datetime,
    acts: list[VerdictKind | None],
) -> None:
    """None stands for an undo. Only what is hidden is not pinned."""
    with database.writing() as connection:
        connection.execute(text("DELETE FROM verdicts"))
        connection.execute(text("DELETE FROM posts"))
    store(make_post())
    stack: list[VerdictKind] = []
    for act in acts:
        if act is PINNED and stack[-1:] == [HIDDEN]:
            with pytest.raises(StoreError):
                decide(database, act, now)
        elif act is not None:
            decide(database, act, now)
            stack.append(act)
        elif seen := verdicts.undoable(database, "blog", "1", now):
            verdicts.undo(database, seen, "Ada", now)
            del stack[-1]
        [stored] = posts.listing(database)
        holds = stored.verdict.kind if stored.verdict else None
        assert holds == (stack[-1] if stack else None)
        assert (stored.standing is Standing.HIDDEN) == (holds is HIDDEN)
