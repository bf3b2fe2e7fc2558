"""Stored posts: what is written, what is kept, and the newest-posts question."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from aggregator.model import (
    DateFlag,
    Media,
    Post,
    PostKind,
    SafeHtml,
    Standing,
    Verdict,
    VerdictKind,
)
from aggregator.store import posts, verdicts
from aggregator.store.database import Database
from tests.store.conftest import on_postgresql, on_sqlite

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]


def guids(found: list[Any]) -> list[str]:
    return [stored.post.guid for stored in found]


def newest(database: Database, *source_ids: str, count: int = 10) -> list[str]:
    return guids(posts.newest(database, dict.fromkeys(source_ids, False), count))


def test_a_post_comes_back_as_it_was_stored(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    full = make_post(
        kind=PostKind.QUOTE,
        sensitive=True,
        warning="Needles",
        updated=now - timedelta(microseconds=1),
        content_key="key",
    )
    store(full)
    [stored] = posts.listing(database)
    assert stored.post == full
    assert stored.first_seen == now
    assert stored.verdict is None


def test_a_post_with_every_field_empty_comes_back_as_it_was_stored(
    database: Database, store: Store, make_post: MakePost
) -> None:
    bare = make_post(
        permalink=None,
        title=None,
        text="",
        spans=(),
        excerpt="",
        html=SafeHtml(""),
        language=None,
        author=None,
        tags=(),
        media=(Media("https://pictures.example/2.jpg"),),
        published=None,
        date_flag=DateFlag.MISSING,
        date_said=None,
        link_key=None,
    )
    store(bare)
    assert posts.listing(database)[0].post == bare


def test_a_moment_keeps_its_microseconds_and_comes_back_in_utc(
    database: Database, store: Store, make_post: MakePost
) -> None:
    odd = datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    store(make_post(published=odd))
    published = posts.listing(database)[0].post.published
    assert published is not None
    assert published.isoformat() == "1999-12-31T23:59:59.999999+00:00"


def test_a_time_without_a_zone_is_refused(store: Store, make_post: MakePost) -> None:
    with pytest.raises(TypeError):
        store(make_post(published=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_new_edited_and_unchanged_posts_are_counted(store: Store, make_post: MakePost) -> None:
    store(make_post("1"), make_post("2"))
    assert store(make_post("1"), make_post("2", title="Mended"), make_post("3")) == (1, 1, 0)


def test_an_edit_replaces_the_content(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post())
    store(make_post(title="Mended", tags=()))
    [stored] = posts.listing(database)
    assert (stored.post.title, stored.post.tags) == ("Mended", ())


def test_an_edit_keeps_id_and_first_seen(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    before = posts.listing(database)[0]
    store(make_post(title="Mended"), at=now + timedelta(hours=1))
    after = posts.listing(database)[0]
    assert (after.id, after.first_seen) == (before.id, now)


def test_of_equal_guids_in_one_visit_the_last_counts(
    database: Database, store: Store, make_post: MakePost
) -> None:
    assert store(make_post(title="First"), make_post(title="Last")) == (1, 0, 0)
    assert posts.listing(database)[0].post.title == "Last"


def test_nothing_to_store_is_no_error(store: Store) -> None:
    assert store() == (0, 0, 0)


def test_more_posts_than_a_statement_has_parameters(store: Store, make_post: MakePost) -> None:
    many = [make_post(str(number)) for number in range(1200)]
    store(*many)
    assert store(*many, make_post("one more")) == (1, 0, 0)


def test_ids_grow_with_newness(database: Database, store: Store, make_post: MakePost) -> None:
    """The order of undated posts is that of the feed, newest first."""
    store(*(make_post(guid, published=None) for guid in "cba"))
    assert newest(database, "blog") == ["c", "b", "a"]


def test_a_post_sorts_by_its_date(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post(published=now - timedelta(days=9)))
    assert posts.listing(database)[0].sort_at == now - timedelta(days=9)


def test_a_date_in_the_future_sorts_as_first_seen(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post(published=now + timedelta(hours=5)))
    assert posts.listing(database)[0].sort_at == now


@pytest.mark.parametrize("later", [None, timedelta(hours=3)])
def test_an_edit_never_moves_a_post_past_its_first_seen(
    database: Database,
    store: Store,
    make_post: MakePost,
    now: datetime,
    later: timedelta | None,
) -> None:
    store(make_post())
    published = None if later is None else now + later
    store(make_post(published=published), at=now + timedelta(days=1))
    assert posts.listing(database)[0].sort_at == now


def test_an_edit_may_move_a_post_back(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    store(make_post(published=now - timedelta(days=30)))
    assert posts.listing(database)[0].sort_at == now - timedelta(days=30)


def test_newest_takes_as_many_of_each_source_as_wanted(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    for source_id, hour in (("a", 2), ("b", 1)):
        store(
            *(
                make_post(
                    f"{source_id}{n}", source_id, published=now - timedelta(hours=hour + 10 * n)
                )
                for n in range(3)
            )
        )
    assert newest(database, "a", "b", count=2) == ["b0", "a0", "b1", "a1"]


def test_newest_asks_only_the_named_sources(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post("1", "a"))
    store(make_post("2", "b"))
    assert newest(database, "b", "unknown") == ["2"]


def test_newest_of_more_sources_than_one_statement_asks(
    database: Database, store: Store, make_post: MakePost
) -> None:
    sources = [f"s{number}" for number in range(230)]
    for source_id in sources:
        store(make_post(source_id, source_id))
    assert sorted(newest(database, *sources)) == sorted(sources)


def test_newest_leaves_hidden_and_held_posts_out(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("hidden"), make_post("open"))
    store(make_post("held"), held=True)
    verdicts.decide(database, Verdict("blog", "hidden", VerdictKind.HIDDEN, "Ada", now))
    assert newest(database, "blog") == ["open"]


def test_newest_of_a_reviewed_source_are_the_approved_ones(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("3"), make_post("2"), make_post("1"))
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.APPROVED, "Ada", now))
    verdicts.decide(database, Verdict("blog", "2", VerdictKind.PINNED, "Ada", now))
    assert guids(posts.newest(database, {"blog": True}, 10)) == ["2", "1"]


def plan_of_newest(database: Database, approved_only: bool, explain: str) -> str:
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        asked.append((sql, values))

    event.listen(database._engine, "before_cursor_execute", listen)
    posts.newest(database, {"blog": approved_only, "other": approved_only}, 10)
    event.remove(database._engine, "before_cursor_execute", listen)
    [(sql, values)] = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]
    with database.reading() as connection:
        rows = connection.exec_driver_sql(f"{explain} {sql}", values).all()
    return "\n".join(str(row[-1]) for row in rows)


BY_INDEX = pytest.mark.parametrize(
    ("approved_only", "index"), [(False, "posts_shown"), (True, "posts_approved")]
)


@on_sqlite
@BY_INDEX
def test_newest_walks_its_index_and_sorts_nothing(
    database: Database, store: Store, make_post: MakePost, approved_only: bool, index: str
) -> None:
    store(make_post())
    plan = plan_of_newest(database, approved_only, "EXPLAIN QUERY PLAN")
    assert plan.count(f"USING INDEX {index} (source_id=?)") == 2, plan
    assert "TEMP B-TREE" not in plan, plan
    assert "SCAN posts" not in plan, plan
    assert "SCAN verdicts" not in plan, plan


@on_postgresql
@BY_INDEX
def test_newest_walks_its_index_and_sorts_nothing_on_postgresql(
    database: Database, store: Store, make_post: MakePost, approved_only: bool, index: str
) -> None:
    for source_id in ("blog", "other", *"abcdefghijkl"):
        store(*(make_post(str(number), source_id) for number in range(80)))
    with database.writing() as connection:
        connection.execute(text("UPDATE posts SET standing = 'approved' WHERE id % 2 = 0"))
        connection.execute(text("ANALYZE posts"))
    plan = plan_of_newest(database, approved_only, "EXPLAIN")
    assert plan.count(f"using {index} on posts") == 2, plan
    assert "Sort" not in plan, plan
    assert "Seq Scan on posts" not in plan, plan


def test_find_by_public_id(database: Database, store: Store, make_post: MakePost) -> None:
    store(make_post("1"), make_post("2"))
    assert guids(posts.find(database, make_post("2").public_id)) == ["2"]


@pytest.mark.parametrize("key", ["https://blog.example.org/2", "blog.example.org/2"])
def test_find_by_link(database: Database, store: Store, make_post: MakePost, key: str) -> None:
    store(make_post("1"), make_post("2"))
    assert guids(posts.find(database, key)) == ["2"]


def test_find_lists_all_that_share_a_link(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post("1", link_key="same"), make_post("2", link_key="same"))
    assert sorted(guids(posts.find(database, "same"))) == ["1", "2"]


def test_find_nothing(database: Database, store: Store, make_post: MakePost) -> None:
    store(make_post())
    assert posts.find(database, "000000000000") == []


def test_listing_by_pages_shows_each_post_once(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    for day in (3, 3, 3, 2, 1):  # three of one moment straddle the pages
        number = len(posts.listing(database))
        store(make_post(str(number), published=now - timedelta(days=day)))
    seen: list[str] = []
    before = None
    while page := posts.listing(database, None, before, 2):
        seen += guids(page)
        before = (page[-1].sort_at, page[-1].id)
    assert seen == ["4", "3", "2", "1", "0"]


def test_listing_shows_posts_of_any_standing_of_the_named_sources(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post("1", "a"), held=True)
    store(make_post("2", "b"))
    [stored] = posts.listing(database, ["a"])
    assert (stored.post.guid, stored.standing) == ("1", Standing.HELD)


def test_counts(database: Database, store: Store, make_post: MakePost, now: datetime) -> None:
    store(make_post("1", "a"), make_post("2", "a", published=now - timedelta(hours=1)))
    store(make_post("3", "b"))
    assert posts.counts(database) == {
        "a": (2, now - timedelta(hours=1)),
        "b": (1, now - timedelta(days=1)),
    }


def test_pinned_until_the_pin_ends(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("ended"), make_post("running"), make_post("open end"), make_post("none"))
    for guid, until in (("ended", now), ("running", now + timedelta(1)), ("open end", None)):
        verdict = Verdict("blog", guid, VerdictKind.PINNED, "Ada", now, until=until)
        verdicts.decide(database, verdict)
    assert sorted(guids(posts.pinned(database, ["blog"], now))) == ["open end", "running"]


def test_a_held_visit_does_not_touch_what_is_stored(
    database: Database, store: Store, make_post: MakePost
) -> None:
    """A blog whose domain was bought must not put its texts in the old author's mouth."""
    store(make_post())
    assert store(make_post(title="Casino"), held=True) == (0, 0, 0)
    assert posts.listing(database)[0].post.title == "Title of 1"


def test_an_edit_does_not_release_a_held_post(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post(), held=True)
    store(make_post(title="Mended"))
    assert posts.listing(database)[0].standing is Standing.HELD


def test_an_edit_keeps_a_post_hidden(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post())
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now))
    store(make_post(title="Mended"))
    assert posts.listing(database)[0].standing is Standing.HIDDEN


@pytest.mark.parametrize(
    ("kind", "standing"),
    [
        (VerdictKind.HIDDEN, Standing.HIDDEN),
        (VerdictKind.APPROVED, Standing.APPROVED),
        (VerdictKind.PINNED, Standing.APPROVED),
    ],
)
def test_a_pruned_post_that_comes_again_keeps_its_verdict(
    database: Database,
    store: Store,
    make_post: MakePost,
    now: datetime,
    kind: VerdictKind,
    standing: Standing,
) -> None:
    store(make_post())
    verdicts.decide(database, Verdict("blog", "1", kind, "Ada", now))
    with database.writing() as connection:
        connection.execute(text("DELETE FROM posts"))
    store(make_post())
    [stored] = posts.listing(database)
    assert stored.standing is standing
    assert stored.verdict is not None
    assert stored.verdict.kind is kind


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), max_size=4),
        max_size=5,
    )
)
def test_any_sequence_of_visits_leaves_what_a_dictionary_would_hold(
    database: Database,
    store: Store,
    make_post: MakePost,
    visits: list[list[tuple[str, str]]],
) -> None:
    with database.writing() as connection:
        connection.execute(text("DELETE FROM posts"))
    model: dict[str, str] = {}
    for visit in visits:
        brought = dict(visit)
        new = len(brought.keys() - model.keys())
        edited = sum(guid in model and model[guid] != title for guid, title in brought.items())
        found = [make_post(guid, title=title) for guid, title in visit]
        assert store(*found) == (new, edited, 0)
        model |= brought
    assert {s.post.guid: s.post.title for s in posts.listing(database)} == model
