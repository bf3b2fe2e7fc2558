"""Entries that come back under another id, and those that only look like it (rule I4)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.model import Post, Standing, Verdict, VerdictKind, Visit, VisitState, Written
from aggregator.store import posts, tombstones, verdicts, visits
from aggregator.store.database import Database

MakePost = Callable[..., Post]
MakeVisit = Callable[..., Visit]
Store = Callable[..., tuple[int, int, int]]

HOME = "https://blog.example.org/"
SHARED = "https://blog.example.org/podcast"


@pytest.fixture
def entry(make_post: MakePost, now: datetime) -> MakePost:
    """An entry whose content does not depend on its id; ``page`` makes its link."""

    def make(guid: str, page: str = "page", **changes: Any) -> Post:
        link = f"https://blog.example.org/{page}"
        facts = {"permalink": link, "link_key": link, "title": "Title", "text": "The text."}
        return make_post(guid, **facts | changes)

    return make


def stored_texts(database: Database) -> list[tuple[str, str]]:
    return sorted((one.post.guid, one.post.text) for one in posts.listing(database))


def test_I4_a_known_entry_under_another_id_is_not_stored_again(
    database: Database, store: Store, entry: MakePost
) -> None:
    store(entry("1"))
    assert store(entry("2")) == (0, 0, 0)
    assert [one.post for one in posts.listing(database)] == [entry("1")]


def test_I4_it_is_updated_where_it_was_edited(
    database: Database, store: Store, entry: MakePost
) -> None:
    store(entry("1"))
    assert store(entry("2", text="Mended.")) == (0, 1, 0)
    assert stored_texts(database) == [("1", "Mended.")]


@pytest.mark.parametrize("change", [{"text": "Mended."}, {"published": None}])
def test_I4_a_missing_date_is_no_other_date(
    database: Database, store: Store, entry: MakePost, change: dict[str, Any]
) -> None:
    store(entry("1", published=None))
    store(entry("2", **change))
    assert len(posts.listing(database)) == 1


def test_I4_a_date_of_each_visit_makes_no_other_entry(
    database: Database, store: Store, entry: MakePost, now: datetime
) -> None:
    store(entry("1"))
    store(entry("2", published=now))
    assert len(posts.listing(database)) == 1


def test_I4_an_entry_without_a_title_is_told_by_its_text(
    database: Database, store: Store, entry: MakePost
) -> None:
    store(entry("1", title=None))
    store(entry("2", title=None))
    store(entry("3", title=None, text="Another."))
    assert stored_texts(database) == [("1", "The text."), ("3", "Another.")]


@pytest.mark.parametrize(
    "change",
    [
        {"source_id": "other"},
        {"title": "Another"},
        {"title": None},
        {"page": "other"},
        {"link_key": None},
    ],
)
def test_I4_another_source_link_or_title_is_another_entry(
    database: Database, store: Store, entry: MakePost, change: dict[str, Any]
) -> None:
    store(entry("1"))
    assert store(entry("2", **change)) == (1, 0, 0)


def test_I4_a_page_of_notices_has_a_new_entry_each_time(
    database: Database, store: Store, entry: MakePost, now: datetime
) -> None:
    """One link and one title for all; every new notice has its own text and date."""
    for day in range(3):
        store(entry(f"{day}", text=f"Notice {day}.", published=now - timedelta(days=9 - day)))
    assert len(posts.listing(database)) == 3


@pytest.mark.parametrize("link", [HOME, SHARED])
def test_I4_entries_that_share_a_link_stay_apart(
    database: Database, store: Store, entry: MakePost, link: str
) -> None:
    """They have no dates, so that nothing but id and text tells them apart."""
    shared = {"link_key": link, "published": None}
    store(*(entry(f"{n}", text=f"Update {n}.", **shared) for n in range(3)))
    assert store(entry("3", text="Update 3.", **shared)) == (1, 0, 0)
    assert len(posts.listing(database)) == 4


def test_I4_a_single_entry_that_links_home_stays_apart_from_the_next(
    database: Database, store: Store, entry: MakePost
) -> None:
    store(entry("1", link_key=HOME))
    assert store(entry("2", link_key=HOME, text="Another.")) == (1, 0, 0)


def test_I4_two_entries_in_one_document_stay_apart_by_id(
    database: Database, store: Store, entry: MakePost
) -> None:
    twins = (entry("1", content_key="key"), entry("2", content_key="key"))
    assert store(*twins) == (2, 0, 0)
    assert store(*twins) == (0, 0, 0)


def test_I4_twins_of_changing_ids_stay_two(
    database: Database, store: Store, entry: MakePost
) -> None:
    for visit in range(5):
        store(*(entry(f"{visit}-{n}", content_key="key") for n in range(2)))
    assert len(posts.listing(database)) == 2


def test_I4_an_entry_that_kept_its_id_is_no_other_entry(
    database: Database, store: Store, entry: MakePost
) -> None:
    store(entry("1"))
    assert store(entry("1"), entry("2", text="Another.")) == (1, 0, 0)


@pytest.mark.parametrize("link", [HOME, SHARED, None])
def test_I4_where_the_link_does_not_tell_content_and_date_do(
    database: Database, store: Store, entry: MakePost, link: str | None
) -> None:
    for visit in range(4):
        store(
            *(
                entry(f"{visit}-{n}", link_key=link, title=f"Part {n}", content_key=f"key {n}")
                for n in range(3)
            )
        )
    assert len(posts.listing(database)) == 3


def test_I4_ids_change_for_fifty_visits_and_rows_do_not(
    database: Database, store: Store, entry: MakePost
) -> None:
    for visit in range(50):
        store(*(entry(f"{visit}-{n}", page=f"{n}") for n in range(10)))
    assert len(posts.listing(database)) == 10


@pytest.mark.parametrize("kind", [VerdictKind.HIDDEN, VerdictKind.APPROVED, VerdictKind.PINNED])
def test_I4_a_verdict_holds_under_the_new_id(
    database: Database, store: Store, entry: MakePost, now: datetime, kind: VerdictKind
) -> None:
    store(entry("1"))
    verdicts.decide(database, Verdict("blog", "1", kind, "anna", now))
    store(entry("2", text="Mended."))
    (one,) = posts.listing(database)
    assert one.verdict is not None
    assert one.verdict.kind is kind
    assert one.standing is (Standing.HIDDEN if kind is VerdictKind.HIDDEN else Standing.APPROVED)


def test_I4_what_was_taken_down_stays_away_under_a_new_id(
    database: Database, store: Store, entry: MakePost, now: datetime
) -> None:
    store(entry("1"))
    tombstones.take_down_post(database, posts.listing(database)[0], "anna", now)
    assert store(entry("2")) == (0, 0, 1)
    assert posts.listing(database) == []


def test_I4_a_source_under_suspicion_edits_nothing_by_changing_ids(
    database: Database, store: Store, entry: MakePost
) -> None:
    store(entry("1"))
    assert store(entry("2", text="Casino."), held=True) == (0, 0, 0)
    assert stored_texts(database) == [("1", "The text.")]


def test_I4_what_came_back_is_counted(
    database: Database, store: Store, entry: MakePost, now: datetime, secret: bytes
) -> None:
    store(entry("1", page="1"), entry("2", page="2"))
    found = [entry("3", page="1"), entry("4", page="2", text="Mended."), entry("5", page="5")]
    with database.writing() as connection:
        written = posts.upsert(connection, found, now, secret=secret)
    assert written == {"blog": Written("blog", new=1, edited=1, renamed=2)}


@pytest.mark.parametrize(("renamed", "marked"), [(6, True), (5, False), (0, False)])
def test_I4_a_source_that_renames_more_than_half_is_marked(
    database: Database,
    follow: Callable[..., dict[str, VisitState]],
    make_visit: MakeVisit,
    entry: MakePost,
    now: datetime,
    renamed: int,
    *,
    marked: bool,
) -> None:
    state = follow("blog")["blog"]
    visits.save(database, [make_visit(state, *(entry(f"{n}", f"{n}") for n in range(10)))], now)
    again = [entry(f"{'new' if n < renamed else ''}{n}", f"{n}") for n in range(10)]
    visits.save(database, [make_visit(state, *again)], now)
    assert visits.states(database)["blog"].unstable_ids is marked


def test_I4_entries_that_were_not_read_again_kept_their_ids(
    database: Database,
    follow: Callable[..., dict[str, VisitState]],
    make_visit: MakeVisit,
    entry: MakePost,
    now: datetime,
) -> None:
    state = follow("blog")["blog"]
    visits.save(database, [make_visit(state, entry("1"))], now)
    visits.save(database, [replace(make_visit(state, entry("2")), entries=10)], now)
    assert visits.states(database)["blog"].unstable_ids is False


ADDRESS = "https://blog.example.org/one"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ADDRESS, "http://www.blog.example.org/one"),
        ("http://www.blog.example.org/one/", ADDRESS),
        ("http://blog.example.org/?p=1", "https://blog.example.org/?p=1"),
        ("http://blog.example.org/one#top", f"{ADDRESS}#top"),
    ],
)
def test_I4_an_id_that_is_an_address_is_the_same_in_another_spelling(
    database: Database, store: Store, entry: MakePost, before: str, after: str
) -> None:
    """Whatever its words are by then."""
    store(entry(before))
    assert store(entry(after, title="Mended", text="All is told otherwise.")) == (0, 1, 0)
    assert stored_texts(database) == [(before, "All is told otherwise.")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ADDRESS, "http://blog.example.org/One"),
        (f"{ADDRESS}#week-1", f"{ADDRESS}#week-2"),
        ("http://blog.example.org/", "https://blog.example.org/"),
        ("one", "one/"),
    ],
    ids=["another page", "another place of one page", "a home page", "no address"],
)
def test_I4_another_address_is_another_entry(
    database: Database, store: Store, entry: MakePost, before: str, after: str
) -> None:
    store(entry(before))
    assert store(entry(after, title="Mended", text="All is told otherwise.")) == (1, 0, 0)
    assert len(posts.listing(database)) == 2


HTTP, WWW = ADDRESS.replace("https", "http"), ADDRESS.replace("//", "//www.")


@pytest.mark.parametrize(
    ("before", "after"),
    [([ADDRESS], [HTTP, WWW]), ([ADDRESS, HTTP], [WWW]), ([ADDRESS], [ADDRESS, WWW])],
    ids=["two came", "two are stored", "it came itself"],
)
def test_I4_an_address_that_two_entries_have_tells_nothing(
    database: Database, store: Store, entry: MakePost, before: list[str], after: list[str]
) -> None:
    def told(guids: list[str], word: str) -> list[Post]:
        return [entry(guid, guid, title=f"{word} {guid}", text=f"{word} {guid}") for guid in guids]

    store(*told(before, "Old"))
    store(*told(after, "New"))
    assert len(posts.listing(database)) == len({*before, *after})


def test_I4_another_source_has_its_own_addresses(
    database: Database, store: Store, entry: MakePost
) -> None:
    store(entry(HTTP))
    assert store(entry(ADDRESS, source_id="other", title="Mended")) == (1, 0, 0)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    document=st.lists(
        st.tuples(
            st.sampled_from([HOME, SHARED, "https://blog.example.org/a", None]),
            st.sampled_from(["Update", "Other", None]),
            st.sampled_from(["One.", "Two.", ""]),
            st.sampled_from([None, 1, 2]),
            st.sampled_from([None, "key"]),
        ),
        max_size=8,
    )
)
def test_I4_whatever_entries_look_alike_the_first_visit_stores_each(
    database: Database, store: Store, entry: MakePost, now: datetime, document: list[Any]
) -> None:
    """And a second one with the same ids changes nothing."""
    with database.writing() as connection:
        posts.remove(connection, posts.of_source(connection, "blog"))
    found = [
        entry(
            f"{n}",
            link_key=link,
            title=title,
            text=text,
            published=days and now - timedelta(days=days),
            content_key=key and f"{title}{text}",
        )
        for n, (link, title, text, days, key) in enumerate(document)
    ]
    assert store(*found) == (len(found), 0, 0)
    assert store(*found) == (0, 0, 0)
