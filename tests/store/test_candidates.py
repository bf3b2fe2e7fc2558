"""What publishing asks: the newest posts, pins, copies, each by a few steps along an index."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from aggregator.model import Post, Verdict, VerdictKind
from aggregator.store import candidates, verdicts
from aggregator.store.candidates import Look, look
from aggregator.store.database import Database
from tests.store.conftest import on_postgresql, on_sqlite

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]
Ask = Callable[[Look], object]

HOUR = timedelta(hours=1)


def newest(database: Database, sources: dict[str, bool], per_source: int = 10) -> list[str]:
    found = candidates.newest(database, sources, per_source)
    return sorted(stored.post.guid for stored in found)


def walked(database: Database, *source_ids: str, depth: int = 10, **said: Any) -> dict[str, str]:
    """By source, the guids that a walk finds, in its order."""
    with look(database) as looking:
        found = looking.walk(source_ids, depth, **said)
        every = [entry.id for entries in found.values() for entry in entries]
        by_id = {stored.id: stored.post.guid for stored in looking.read(every)}
    return {
        source_id: " ".join(by_id[entry.id] for entry in entries)
        for source_id, entries in found.items()
    }


def guids(database: Database, ask: Callable[[Look], set[int]]) -> list[str]:
    with look(database) as looking:
        return sorted(stored.post.guid for stored in looking.read(ask(looking)))


def test_a_walk_is_from_the_newest_on(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(*(make_post(guid, published=now - n * HOUR) for n, guid in enumerate("dcba")))
    assert walked(database, "blog", depth=3) == {"blog": "d c b"}


def test_posts_of_one_moment_stand_in_the_order_of_their_ids(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(*(make_post(guid, published=now) for guid in "cba"))
    assert walked(database, "blog") == {"blog": "c b a"}


def test_a_walk_tells_the_very_moment(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    exact = now - timedelta(microseconds=1)
    store(make_post(published=exact))
    with look(database) as looking:
        [entry] = looking.walk(["blog"], 1)["blog"]
    assert entry.sort_at == exact


def test_a_walk_stops_at_a_moment(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(*(make_post(guid, published=now - n * HOUR) for n, guid in enumerate("cba")))
    assert walked(database, "blog", since=now - 2 * HOUR) == {"blog": "c b"}


def test_a_source_without_posts_is_walked_in_vain(database: Database) -> None:
    assert walked(database, "unknown") == {"unknown": ""}


@pytest.mark.parametrize("count", [127, 128, 230])
def test_a_walk_of_more_sources_than_one_statement_asks(
    database: Database, store: Store, make_post: MakePost, count: int
) -> None:
    sources = [f"s{number}" for number in range(count)]
    for source_id in sources[::20]:
        store(make_post(source_id, source_id))
    found = walked(database, *sources)
    assert len(found) == count
    assert sorted(filter(None, found.values())) == sorted(sources[::20])


def test_newest_takes_as_many_of_each_source_as_wanted(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    for source_id in "ab":
        posts = (
            make_post(f"{source_id}{n}", source_id, published=now - n * HOUR) for n in (0, 1, 2)
        )
        store(*posts)
    assert newest(database, {"a": False, "b": False}, 2) == ["a0", "a1", "b0", "b1"]


def test_newest_asks_only_the_named_sources(
    database: Database, store: Store, make_post: MakePost
) -> None:
    store(make_post("1", "a"))
    store(make_post("2", "b"))
    assert newest(database, {"b": False, "unknown": False}) == ["2"]


def test_newest_leaves_hidden_and_held_posts_out(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("hidden"), make_post("open"))
    store(make_post("held"), held=True)
    verdicts.decide(database, Verdict("blog", "hidden", VerdictKind.HIDDEN, "Ada", now))
    assert newest(database, {"blog": False}) == ["open"]


def test_newest_of_a_reviewed_source_are_the_approved_ones(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("3"), make_post("2"), make_post("1"))
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.APPROVED, "Ada", now))
    verdicts.decide(database, Verdict("blog", "2", VerdictKind.PINNED, "Ada", now))
    assert newest(database, {"blog": True}) == ["1", "2"]


def test_pinned_until_the_pin_ends(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("ended"), make_post("running"), make_post("open end"), make_post("none"))
    for guid, until in (("ended", now), ("running", now + HOUR), ("open end", None)):
        verdict = Verdict("blog", guid, VerdictKind.PINNED, "Ada", now, until=until)
        verdicts.decide(database, verdict)
    found = guids(database, lambda looking: looking.pinned(["blog", "other"], now))
    assert found == ["open end", "running"]


def test_a_pin_that_was_undone_is_none(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    pinned = Verdict("blog", "1", VerdictKind.PINNED, "Ada", now)
    verdicts.decide(database, pinned)
    verdicts.undo(database, pinned, "Ada", now)
    assert guids(database, lambda looking: looking.pinned(["blog"], now)) == []


def test_copies_share_a_link_or_a_text(
    database: Database, store: Store, make_post: MakePost
) -> None:
    given = make_post("1", link_key="link", content_key="text")
    store(given)
    store(make_post("2", "other", link_key="link"), make_post("3", "other", content_key="text"))
    store(make_post("4", "other", link_key="else", content_key="text too"))
    store(make_post("5", "third", link_key="link"))
    found = guids(database, lambda looking: looking.copies([given], {"blog", "other"}))
    assert found == ["1", "2", "3"]


def test_posts_without_link_and_text_have_no_copies(
    database: Database, store: Store, make_post: MakePost
) -> None:
    bare = [make_post(guid, link_key=None, content_key=None) for guid in "ab"]
    store(*bare)
    assert guids(database, lambda looking: looking.copies(bare, {"blog"})) == []


def test_hidden_copies_are_none(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    given = make_post("1", link_key="link")
    store(given, make_post("2", link_key="link"))
    verdicts.decide(database, Verdict("blog", "2", VerdictKind.HIDDEN, "Ada", now))
    assert guids(database, lambda looking: looking.copies([given], {"blog"})) == ["1"]


def test_of_very_many_copies_the_last_stored_are_found(
    database: Database, store: Store, make_post: MakePost
) -> None:
    """A feed that gives all of its posts the link of its home page."""
    count = candidates.MOST_COPIES + 20
    store(*(make_post(f"{n:03}", link_key="home") for n in reversed(range(count))))
    given = make_post(f"{count - 1:03}", link_key="home")
    found = guids(database, lambda looking: looking.copies([given], {"blog"}))
    assert found == [f"{n:03}" for n in range(20, count)]


def test_what_is_gone_meanwhile_is_not_read(database: Database) -> None:
    assert guids(database, lambda _: {1, 2, 3}) == []


# --- by which way the database answers ---------------------------------------------------------


@contextmanager
def listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        asked.append((sql, values))

    event.listen(database._engine, "before_cursor_execute", listen)
    yield asked
    event.remove(database._engine, "before_cursor_execute", listen)


def plan(database: Database, ask: Ask, explain: str) -> str:
    with listening(database) as asked, look(database) as looking:
        ask(looking)
    lines: list[str] = []
    with database.reading() as connection:
        for sql, values in asked:
            if "SELECT" in sql:
                rows = connection.exec_driver_sql(f"{explain} {sql}", values).all()
                lines += [str(row[-1]) for row in rows]
    return "\n".join(lines)


def walk_open(looking: Look) -> object:
    return looking.walk(["blog", "other"], 10)


def walk_approved(looking: Look) -> object:
    return looking.walk(["blog", "other"], 10, approved=True)


def read_some(looking: Look) -> object:
    return looking.read([1, 2, 3])


def pins(looking: Look) -> object:
    return looking.pinned(["blog", "other"], datetime.fromisoformat("2026-06-01T12:00Z"))


@pytest.fixture
def copies(make_post: MakePost) -> Ask:
    found = [make_post("1", content_key="text 1"), make_post("2", content_key="text 2")]
    return lambda looking: looking.copies(found, {"blog"})


@on_sqlite
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (walk_open, "posts_shown (source_id=? AND sort_at>?)"),
        (walk_approved, "posts_approved (source_id=? AND sort_at>?)"),
    ],
)
def test_a_walk_takes_its_index_and_sorts_nothing(
    database: Database, store: Store, make_post: MakePost, ask: Ask, index: str
) -> None:
    store(make_post())
    steps = plan(database, ask, "EXPLAIN QUERY PLAN")
    assert steps.count(f"USING INDEX {index}") == 2, steps
    assert "TEMP B-TREE" not in steps, steps
    assert "SCAN posts" not in steps, steps


@on_sqlite
def test_copies_are_found_by_their_indexes(
    database: Database, store: Store, make_post: MakePost, copies: Ask
) -> None:
    store(make_post())
    steps = plan(database, copies, "EXPLAIN QUERY PLAN")
    for key in ("link", "content"):
        assert steps.count(f"USING INDEX posts_{key}_key ({key}_key=?)") == 2, steps
    assert "TEMP B-TREE" not in steps, steps
    assert "SCAN posts" not in steps, steps


@on_sqlite
@pytest.mark.parametrize("ask", [read_some, pins])
def test_posts_and_pins_are_found_by_their_keys(
    database: Database, store: Store, make_post: MakePost, ask: Ask
) -> None:
    store(make_post())
    steps = plan(database, ask, "EXPLAIN QUERY PLAN")
    assert "SCAN" not in steps, steps


@pytest.fixture
def crowd(database: Database, store: Store, make_post: MakePost) -> None:
    """So many posts that PostgreSQL prefers its indexes."""
    for source_id in ("blog", "other", *"abcdefghijkl"):
        store(*(make_post(f"{source_id} {n}", source_id, content_key=f"{n}") for n in range(80)))
    with database.writing() as connection:
        connection.execute(text("UPDATE posts SET standing = 'approved' WHERE id % 2 = 0"))
        connection.execute(text("ANALYZE posts"))


@on_postgresql
@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("ask", "index"), [(walk_open, "posts_shown"), (walk_approved, "posts_approved")]
)
def test_a_walk_takes_its_index_and_sorts_nothing_on_postgresql(
    database: Database, ask: Ask, index: str
) -> None:
    steps = plan(database, ask, "EXPLAIN")
    assert steps.count(f"using {index} on posts") == 2, steps
    assert "Sort" not in steps, steps
    assert "Seq Scan on posts" not in steps, steps


@on_postgresql
@pytest.mark.usefixtures("crowd")
def test_copies_are_found_by_their_indexes_on_postgresql(database: Database, copies: Ask) -> None:
    steps = plan(database, copies, "EXPLAIN")
    for key in ("link", "content"):
        assert f"posts_{key}_key" in steps, steps
    assert "Seq Scan on posts" not in steps, steps
