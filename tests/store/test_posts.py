"""Stored posts: what is written, what is kept, and what the desk asks."""

from collections.abc import Callable
from dataclasses import replace
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
    Written,
)
from aggregator.store import posts, tombstones, verdicts
from aggregator.store.database import Database

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]


def guids(found: list[Any]) -> list[str]:
    return [stored.post.guid for stored in found]


def test_a_post_comes_back_as_it_was_stored(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    full = make_post(
        kind=PostKind.QUOTE,
        sensitive=True,
        warning="Needles",
        updated=now - timedelta(microseconds=1),
        content_key="key",
        media=(Media("https://films.example/1", "video/*", seconds=243, captions=False),),
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


def test_posts_of_many_sources_are_written_in_one_go_and_counted_apart(
    database: Database, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    def write(*found: Post, held: tuple[str, ...] = ()) -> dict[str, Written]:
        with database.writing() as connection:
            return posts.upsert(connection, found, now, secret=secret, held=held)

    write(make_post("1", "a"), make_post("1", "b"), make_post("1", "c"))
    written = write(
        make_post("1", "a", title="Mended"),
        make_post("1", "b"),
        make_post("2", "b"),
        make_post("1", "c", title="Suspicious"),
        make_post("2", "c"),
        held=("c",),
    )
    assert written == {"a": Written("a", 0, 1), "b": Written("b", 1), "c": Written("c", 1)}
    by_key = {(one.post.source_id, one.post.guid): one for one in posts.listing(database)}
    assert by_key["a", "1"].post.title == "Mended"
    assert by_key["c", "1"].post.title == "Title of 1"
    assert by_key["b", "2"].standing is Standing.OPEN
    assert by_key["c", "2"].standing is Standing.HELD


def test_of_many_sources_each_is_told_what_was_taken_down(
    database: Database, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    with database.writing() as connection:
        posts.upsert(connection, [make_post("1", "a")], now, secret=secret)
    tombstones.take_down_post(database, posts.listing(database)[0], "ann", now)
    found = [make_post("1", "a"), make_post("2", "a"), make_post("1", "b")]
    with database.writing() as connection:
        written = posts.upsert(connection, found, now, secret=secret)
    assert written == {"a": Written("a", new=1, refused=1), "b": Written("b", new=1)}


def test_nothing_to_store_is_no_error(store: Store) -> None:
    assert store() == (0, 0, 0)


def test_more_posts_than_a_statement_has_parameters(store: Store, make_post: MakePost) -> None:
    many = [make_post(str(number)) for number in range(1200)]
    store(*many)
    assert store(*many, make_post("one more")) == (1, 0, 0)


def test_ids_grow_with_newness(database: Database, store: Store, make_post: MakePost) -> None:
    """The order of undated posts is that of the feed, newest first."""
    store(*(make_post(guid, published=None) for guid in "cba"))
    assert guids(posts.listing(database)) == ["c", "b", "a"]


@pytest.mark.parametrize("word", ["ÜBER", "über d", "100% sun", "straße", "u_b"])
def test_posts_with_a_word_however_it_is_written(
    database: Database, store: Store, make_post: MakePost, word: str
) -> None:
    """In title or text, on each database; what databases take for a wildcard is a sign as any."""
    store(
        make_post("a", title="Über den See", text="100% sun in the Straße by u_b."),
        make_post("b", title="uxb", text="1000 suns"),
        make_post("c", title=None, text="Nothing."),
    )
    assert guids(posts.listing(database, word=word)) == ["a"]


def test_a_word_is_looked_for_page_by_page(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(*(make_post(str(number), text=f"odd {number % 2}") for number in range(6)))
    first = posts.listing(database, limit=2, word="odd 1")
    rest = posts.listing(database, None, (first[-1].sort_at, first[-1].id), 2, word="odd 1")
    assert sorted(guids([*first, *rest])) == ["1", "3", "5"]


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


def test_find_by_public_id(database: Database, store: Store, make_post: MakePost) -> None:
    store(make_post("1"), make_post("2"))
    assert guids(posts.find(database, make_post("2").public_id)) == ["2"]


def test_find_by_link_key(database: Database, store: Store, make_post: MakePost) -> None:
    store(make_post("1"), make_post("2"))
    assert guids(posts.find(database, "no", "blog.example.org/2")) == ["2"]


def test_an_id_goes_before_a_link_key(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post("1"), make_post("2"))
    assert guids(posts.find(database, make_post("1").public_id, "blog.example.org/2")) == ["1"]


def test_ids_that_begin_so(database: Database, store: Store, make_post: MakePost) -> None:
    wanted = make_post("2")
    store(make_post("1"), wanted)
    assert guids(posts.beginning_with(database, wanted.public_id[:6], 3)) == ["2"]
    assert posts.beginning_with(database, wanted.public_id[:6], 0) == []


def test_find_lists_all_that_share_a_link(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post("1", link_key="same"), make_post("2", link_key="same"))
    assert sorted(guids(posts.find(database, "no", "same"))) == ["1", "2"]


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


def test_held_posts_are_counted_by_source(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post("1", "a"), make_post("2", "a"), make_post("3", "b"), held=True)
    store(make_post("4", "a"), make_post("5", "c"))
    assert posts.held_counts(database, ["a", "c"]) == {"a": 2}


def test_counts(database: Database, store: Store, make_post: MakePost, now: datetime) -> None:
    store(make_post("1", "a"), make_post("2", "a", published=now - timedelta(hours=1)))
    store(make_post("3", "b"))
    assert posts.counts(database) == {
        "a": (2, now - timedelta(hours=1)),
        "b": (1, now - timedelta(days=1)),
    }


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


def test_an_unchanged_post_whose_site_moved_is_linked_where_it_is(
    database: Database, secret: bytes, make_post: MakePost, now: datetime
) -> None:
    """That is no edit; under suspicion, nothing is taken over."""
    first = make_post("1", media=())
    for address, held in (("http:", ()), ("https:", ()), ("suspicious:", ("blog",))):
        moved = replace(first, permalink=f"{address}//blog.example.org/1")
        with database.writing() as connection:
            written = posts.upsert(connection, [moved], now, secret=secret, held=held)
    assert written == {"blog": Written("blog")}
    assert posts.listing(database)[0].post.permalink == "https://blog.example.org/1"


def test_so_is_one_that_came_back_under_another_id(
    database: Database, store: Store, make_post: MakePost
) -> None:
    link = "https://blog.example.org/1"
    first = make_post("1", permalink="http://blog.example.org/1", link_key=link, media=())
    store(first)
    store(replace(first, guid="https://blog.example.org/1", permalink=link))
    (stored,) = posts.listing(database)
    assert (stored.post.guid, stored.post.permalink) == ("1", link)


def test_pictures_that_stayed_where_they_were_are_not_written_again(
    database: Database, secret: bytes, make_post: MakePost, now: datetime
) -> None:
    """Platforms sign the addresses of some anew at every answer, and not those of others."""

    def at(address: str, guid: str) -> Post:
        return replace(
            make_post(guid, media=()),
            media=(Media(f"https://pictures.example/{address}", id=guid),),
        )

    written: list[int] = []
    for first in ("signed", "signed-anew"):
        with database.writing() as connection:

            def count(*told: Any) -> None:
                if told[2].startswith("UPDATE posts SET permalink"):
                    written.append(told[1].rowcount)

            event.listen(connection, "after_cursor_execute", count)
            found = [at(first, "1"), at("fixed", "2")]
            posts.upsert(connection, found, now, secret=secret)
    with database.writing() as connection:
        event.listen(connection, "after_cursor_execute", count)
        posts.upsert(connection, found, now, secret=secret)
    assert written == [1, 0]
    assert {one.post.media[0].url.rpartition("/")[2] for one in posts.listing(database)} == {
        "signed-anew",
        "fixed",
    }


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
