"""Authors, places, quotes: what goes with a takedown, and what stays out after it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from aggregator.model import (
    Author,
    Consent,
    Plan,
    PlannedAct,
    Post,
    Quote,
    Source,
    StoredPost,
    Verdict,
    VerdictKind,
    VisitState,
)
from aggregator.store import (
    alerts,
    consents,
    digests,
    plans,
    posts,
    tombstones,
    undos,
    verdicts,
    visits,
)
from aggregator.store import tables as t
from aggregator.store.care_tables import conditions
from aggregator.store.database import Database
from aggregator.store.undos import Undo

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
Store = Callable[..., tuple[int, int, int]]
Follow = Callable[..., dict[str, VisitState]]

ANNA = Author("Anna Beispiel", "@anna@social.example", "https://social.example/@anna")
BEN = Author("Ben Muster", None, "https://ben.example/")
NAME = "anna  BEISPIEL"
PROFILE = "http://www.social.example/@anna/"


def guids(database: Database) -> list[str]:
    return sorted(stored.post.guid for stored in posts.listing(database))


def only(database: Database, guid: str) -> StoredPost:
    [stored] = [one for one in posts.listing(database) if one.post.guid == guid]
    return stored


def by_author(database: Database, said: str, now: datetime, source_id: str | None = None) -> int:
    receipt = tombstones.take_down_author(database, said, "Ada", now, source_id=source_id)
    return receipt.posts_removed


# --- authors ---------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [NAME, "@anna@social.example"])
def test_an_author_goes_from_one_source_by_name(
    database: Database, store: Store, make_post: MakePost, now: datetime, said: str
) -> None:
    store(
        make_post("1", "planet", author=ANNA),
        make_post("2", "planet", author=BEN),
        make_post("3", "other", author=ANNA),
    )
    assert by_author(database, said, now, "planet") == 1
    assert guids(database) == ["2", "3"]


@pytest.mark.parametrize("said", [PROFILE, "anna@social.example"])
def test_an_author_goes_everywhere_by_profile_and_full_handle(
    database: Database, store: Store, make_post: MakePost, now: datetime, said: str
) -> None:
    namesake = Author("Anna Beispiel", "@anna@elsewhere.example", None)
    store(
        make_post("1", "planet", author=ANNA),
        make_post("2", "other", author=replace(ANNA, name="A. B.")),
        make_post("3", "other", author=namesake),
    )
    assert by_author(database, said, now) == 2
    assert guids(database) == ["3"]


@pytest.mark.parametrize(("said", "source_id"), [(NAME, "planet"), (PROFILE, None)])
def test_what_an_author_writes_later_is_refused(
    database: Database,
    store: Store,
    make_post: MakePost,
    now: datetime,
    said: str,
    source_id: str | None,
) -> None:
    by_author(database, said, now, source_id)
    found = (make_post("1", "planet", author=ANNA), make_post("2", "planet", author=BEN))
    assert store(*found) == (1, 0, 1)
    assert guids(database) == ["2"]


def test_an_edit_that_names_the_author_is_refused(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1", author=None))
    by_author(database, PROFILE, now)
    assert store(make_post("1", author=ANNA)) == (0, 0, 1)
    assert only(database, "1").post.author is None


def test_the_copy_of_an_author_s_post_elsewhere_goes_too(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(
        make_post("1", "planet", author=ANNA, link_key="same"),
        make_post("2", "other", author=None, link_key="same"),
    )
    assert by_author(database, NAME, now, "planet") == 2
    assert guids(database) == []


# --- places ----------------------------------------------------------------------------------


def below(database: Database, address: str, now: datetime) -> tombstones.Receipt:
    return tombstones.take_down_below(database, address, "Ada", now)


def test_all_below_an_address_goes(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(
        make_post("1", "planet", permalink="https://www.family.example.org/2026/day?x=1"),
        make_post("2", "planet", permalink="https://family.example.org"),
        make_post("3", "planet", permalink="https://family.example.org.evil.example/"),
        make_post("4", "planet", permalink=None),
    )
    assert below(database, "http://family.example.org/", now).posts_removed == 2
    assert guids(database) == ["3", "4"]


def test_what_comes_later_from_below_is_refused(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    below(database, "https://example.org/family", now)
    found = [
        make_post(guid, "planet", permalink=f"https://example.org/{path}")
        for guid, path in [("1", "family/a/b"), ("2", "family"), ("3", "familiar"), ("4", "")]
    ]
    assert store(*found) == (2, 0, 2)
    assert guids(database) == ["3", "4"]


def test_a_source_below_is_not_followed_later(
    database: Database, follow: Follow, now: datetime
) -> None:
    below(database, "https://blog.example.org/", now)
    assert list(follow("blog", "other")) == ["other"]


def test_a_source_that_is_it_goes_as_a_whole(
    database: Database, follow: Follow, store: Store, make_post: MakePost, now: datetime
) -> None:
    follow("blog", "other")
    store(make_post("1", "blog", permalink="https://elsewhere.example/"))
    receipt = tombstones.take_down_below(
        database, "https://blog.example.org/", "Ada", now, sources=["blog"]
    )
    assert (receipt.what, receipt.sources, receipt.posts_removed) == ("address", ("blog",), 1)
    assert list(visits.states(database)) == ["other"]


def test_a_place_taken_down_in_the_middle_of_a_visit_refuses_its_posts(
    database: Database,
    make_post: MakePost,
    now: datetime,
    secret: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The visit looked, found that no place was ever taken down, and then writes."""
    looked: list[bool] = []
    look = digests.is_wide

    def late(connection: Connection, key: bytes) -> bool:
        looked.append(look(connection, key))
        if len(looked) == 1:
            kind, digest = digests.of_place(key, "https://blog.example.org/")
            wide, mark = digests.wide_mark(key)
            rows = [(kind, digest), (wide, mark)]
            connection.execute(
                t.tombstones.insert(),
                [
                    {"digest": one, "kind": name, "taken_down_at": now, "receipt": "r"}
                    for name, one in rows
                ],
            )
        return looked[-1]

    monkeypatch.setattr("aggregator.store.insertion.digests.is_wide", late)
    with database.writing() as connection:
        found = [make_post("1", "blog"), make_post("2", "other")]
        written = posts.upsert(connection, found, now, secret=secret)
    assert looked == [False, True]
    assert guids(database) == ["2"]
    assert (written["blog"].refused, written["other"].new) == (1, 1)


# --- quotes ----------------------------------------------------------------------------------

LONG = "What the family told nobody else, and what another blog quoted at once, word by word."


def quoting(make_post: MakePost, quote: Quote) -> Post:
    return make_post("quoting", "other", quote=quote)


QUOTES = [
    Quote(None, "https://blog.example.org/1", "Other words."),
    Quote(None, None, LONG.upper()),
    Quote(None, "https://blog.example.org/1", ""),
]


@pytest.fixture
def told(make_post: MakePost) -> Post:
    link = "https://blog.example.org/1"
    return make_post("1", text=LONG, permalink=link, link_key=link, content_key="long", quote=None)


@pytest.mark.parametrize("quote", QUOTES)
def test_what_another_post_quotes_goes(
    database: Database, store: Store, make_post: MakePost, told: Post, now: datetime, quote: Quote
) -> None:
    store(told, quoting(make_post, quote))
    receipt = tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert receipt.quotes_removed == 1
    assert only(database, "quoting").post.quote is None


@pytest.mark.parametrize("quote", QUOTES)
def test_what_is_quoted_later_is_left_out(
    database: Database, store: Store, make_post: MakePost, told: Post, now: datetime, quote: Quote
) -> None:
    store(told)
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    harmless = make_post("harmless", "other", quote=Quote(None, None, "Something else."))
    assert store(quoting(make_post, quote), harmless) == (2, 0, 0)
    assert only(database, "quoting").post.quote is None
    assert only(database, "harmless").post.quote == Quote(None, None, "Something else.")


def test_no_words_at_all_tell_no_posts_apart(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """A quote that is a link alone stays when a post that is a title alone is taken down."""
    elsewhere = Quote(None, "https://elsewhere.example/1", "")
    store(make_post("1", text="", excerpt="", content_key="title"), quoting(make_post, elsewhere))
    receipt = tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert receipt.quotes_removed == 0
    assert only(database, "quoting").post.quote == elsewhere


@pytest.mark.parametrize(
    "quote",
    [Quote(ANNA, None, "Said elsewhere."), Quote(None, "https://social.example/@anna/5", "Said.")],
)
def test_what_is_quoted_of_an_author_or_a_place_goes_and_stays_out(
    database: Database, store: Store, make_post: MakePost, now: datetime, quote: Quote
) -> None:
    store(quoting(make_post, quote))
    by_author(database, PROFILE, now)
    below(database, PROFILE, now)
    store(make_post("later", "other", quote=quote))
    assert [stored.post.quote for stored in posts.listing(database)] == [None, None]


# --- everything else -------------------------------------------------------------------------


def test_nothing_about_a_source_is_left_in_any_table(
    database: Database, follow: Follow, store: Store, make_post: MakePost, now: datetime
) -> None:
    follow("blog", "other")
    store(make_post("1"), make_post("2", "other"))
    hidden = VerdictKind.HIDDEN
    for one in ("blog", "other"):
        verdicts.decide(database, Verdict(one, None, hidden, "Ada", now, "why"))
        plans.add(database, Plan(PlannedAct.HIDE, one, None, now, "Ada", now, "why"))
        plans.add(database, Plan(PlannedAct.HIDE, one, "1", now, "Ada", now, "why"))
        consent = Consent("PF-1", "authorization", now.date())
        fact = alerts.Fact(f"{one}:broken", "subject", "body")
        with database.writing() as connection:
            consents.add(connection, [consents.Noted(one, now, "Ada", consent)])
            undos.add(
                connection, [Undo(1 + (one == "blog"), now, "sources", one, "before", None, 0)]
            )
            connection.execute(
                conditions.insert().values(source_id=one, kind="broken", since=now, told=None)
            )
            alerts.add(connection, [fact], ["mail"], now, now)
    tombstones.take_down_source(database, "blog", "Ada", now)
    with database.reading() as connection:
        left = {
            table.name: " ".join(map(str, connection.execute(select(table)).all()))
            for table in t.metadata.sorted_tables
            if table.name not in {"audit", "tombstones", "meta"}
        }
    assert [name for name, rows in left.items() if "blog" in rows] == []
    kept = {"plans", "verdicts", "consents", "undos", "conditions", "alerts", "posts"}
    assert [name for name in kept if "other" not in left[name]] == []


def test_a_post_s_plans_go_with_it(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    later = now + timedelta(days=1)
    for guid in ("1", "2"):
        plans.add(database, Plan(PlannedAct.HIDE, "blog", guid, later, "Ada", now, "private"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert [plan.guid for plan in plans.waiting(database)] == ["2"]


def test_said_again_it_gives_the_first_receipt_and_writes_nothing(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1", "planet", author=ANNA))
    first = tombstones.take_down_author(database, PROFILE, "Ada", now)
    other = below(database, "https://nowhere.example/", now)
    with database.reading() as connection:
        before = connection.execute(select(t.audit)).all()
    again = tombstones.take_down_author(database, PROFILE, "Ben", now + timedelta(days=1))
    with database.reading() as connection:
        after = connection.execute(select(t.audit)).all()
    assert (again.id, again.again, again.taken_at) == (first.id, True, now)
    assert again.id != other.id
    assert after == before
