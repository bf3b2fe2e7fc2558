"""Taking down: everything goes, everywhere, and nothing of it comes back."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select, text, update

from aggregator.model import (
    Media,
    Outcome,
    Post,
    Profile,
    SafeHtml,
    Source,
    StoredPost,
    Validators,
    Verdict,
    VerdictKind,
    Visit,
    VisitState,
    Written,
)
from aggregator.store import audit, meta, posts, sightings, tombstones, verdicts, visits
from aggregator.store import tables as t
from aggregator.store.database import Database, open_database
from aggregator.store.sightings import Sighting
from tests.store.conftest import on_postgresql, on_sqlite

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
Store = Callable[..., tuple[int, int, int]]
Follow = Callable[..., dict[str, VisitState]]
MakeVisit = Callable[..., Visit]

SENTENCE = "Zwölf Kraniche zogen ostwärts, and nobody but us was told".replace("ö", "oe")


def only(database: Database, guid: str) -> StoredPost:
    [stored] = [one for one in posts.listing(database) if one.post.guid == guid]
    return stored


def guids(database: Database) -> list[str]:
    return sorted(stored.post.guid for stored in posts.listing(database))


def test_a_post_taken_down_is_gone_and_others_stay(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"), make_post("2"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert guids(database) == ["2"]


def test_the_receipt_says_what_went(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    picture = Media("https://pictures.example/1.jpg")
    store(make_post("1", media=(picture, picture)))
    receipt = tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert receipt.what == "post"
    assert receipt.source_id == "blog"
    assert receipt.public_ids == (make_post("1").public_id,)
    assert receipt.posts_removed == 1
    assert receipt.taken_at == now
    assert receipt.media == (picture.url,)


def test_a_post_taken_down_is_refused_when_it_comes_again(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert store(make_post("1", title="Edited"), make_post("2")) == (1, 0, 1)
    assert guids(database) == ["2"]


@pytest.mark.parametrize("key", ["link_key", "content_key"])
def test_the_same_post_in_another_source_goes_too(
    database: Database, store: Store, make_post: MakePost, now: datetime, key: str
) -> None:
    store(make_post("1", "blog", **{key: "same"}))
    store(make_post("2", "planet", **{key: "same"}), make_post("3", "planet"))
    receipt = tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert guids(database) == ["3"]
    assert receipt.posts_removed == 2


@pytest.mark.parametrize("key", ["link_key", "content_key"])
def test_the_same_post_is_refused_from_another_source(
    database: Database, store: Store, make_post: MakePost, now: datetime, key: str
) -> None:
    store(make_post("1", "blog", **{key: "same"}))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert store(make_post("2", "planet", **{key: "same"})) == (0, 0, 1)


@pytest.mark.parametrize(
    "link",
    [
        "https://family.example.org/scan",
        "http://www.family.example.org/scan/",
        "http://FAMILY.example.org/scan",
    ],
)
def test_a_site_that_moves_to_https_brings_nothing_back(
    database: Database, store: Store, make_post: MakePost, now: datetime, link: str
) -> None:
    store(make_post("1", content_key="before", link_key="http://family.example.org/scan/"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert store(make_post("2", content_key="after", link_key=link)) == (0, 0, 1)
    assert guids(database) == []


def test_an_edit_into_what_was_taken_down_is_refused(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1", "blog", content_key="same"), make_post("2", "blog"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert store(make_post("2", "blog", content_key="same")) == (0, 0, 1)
    assert only(database, "2").post.content_key is None


def test_a_link_shared_by_all_posts_of_a_source_takes_only_one_down(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """Some feeds link every entry to the home page."""
    store(make_post("1", link_key="home"), make_post("2", link_key="home"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert store(make_post("3", link_key="home")) == (1, 0, 0)
    assert guids(database) == ["2", "3"]


def test_a_post_under_a_second_guid_goes_too(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """The engine changed its guids, and the feed brought everything twice."""
    store(*(make_post(guid, link_key="one", text="The same text.") for guid in "12"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    assert guids(database) == []


def test_a_post_that_was_pruned_meanwhile_is_taken_down_all_the_same(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    stored = only(database, "1")
    with database.writing() as connection:
        posts.remove(connection, [stored])
    receipt = tombstones.take_down_post(database, stored, "Ada", now)
    assert receipt.posts_removed == 0
    assert store(make_post("1")) == (0, 0, 1)


def test_taking_down_twice_is_no_error(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    stored = only(database, "1")
    tombstones.take_down_post(database, stored, "Ada", now)
    assert tombstones.take_down_post(database, stored, "Ada", now).posts_removed == 0


def test_reasons_of_decisions_on_the_post_go_too(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now, "private"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    with database.reading() as connection:
        assert connection.execute(select(t.verdicts)).all() == []


def test_a_takedown_is_in_the_audit_by_id_only(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1"))
    receipt = tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    [entry] = audit.rows(database)
    assert entry == audit.Entry(
        now, "Ada", "take down", "blog", make_post("1").public_id, receipt=receipt.id
    )


def test_all_of_a_source_goes(
    database: Database,
    follow: Follow,
    make_visit: MakeVisit,
    make_post: MakePost,
    make_source: MakeSource,
    now: datetime,
) -> None:
    states = follow("blog", "other")
    visits.save(
        database,
        [
            make_visit(states["blog"], make_post("1"), make_post("2"), cursor=b"cursor"),
            make_visit(states["other"], make_post("3", "other")),
        ],
        now,
    )
    verdicts.decide(database, Verdict("blog", None, VerdictKind.HIDDEN, "Ada", now, "private"))
    receipt = tombstones.take_down_source(database, make_source("blog"), "Ada", now)
    assert guids(database) == ["3"]
    assert list(visits.states(database)) == ["other"]
    assert (receipt.what, receipt.posts_removed) == ("source", 2)
    facts = verdicts.facts(database, [make_source("blog"), make_source("other")], now)
    assert [facts[source_id].taken_down for source_id in ("blog", "other")] == [True, False]
    assert facts["blog"].verdict is None


@pytest.mark.parametrize("order", [1, -1])
def test_with_a_source_go_the_copies_of_all_of_its_posts(
    database: Database, store: Store, make_post: MakePost, now: datetime, order: int
) -> None:
    """Of its posts that are the same as one another, too, whichever was stored first."""
    own = [
        make_post("1", content_key="same"),
        make_post("2", content_key="same", link_key="blog.example.org/second"),
    ]
    for post in own[::order]:
        store(post)
    store(make_post("3", "planet", link_key="blog.example.org/second"), make_post("4", "planet"))
    tombstones.take_down_source(database, "blog", "Ada", now)
    assert guids(database) == ["4"]


def test_a_source_of_many_posts_takes_hardly_more_statements_than_one_of_few(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(*(make_post(str(number), "few", content_key=f"few {number}") for number in range(2)))
    store(*(make_post(str(number), "many", content_key=f"many {number}") for number in range(400)))
    asked = []
    for source_id in ("few", "many"):
        with database.writing() as connection:
            engine = connection.engine
        count: list[str] = []

        def note(*told: object, count: list[str] = count) -> None:
            count.append(str(told[2]))

        event.listen(engine, "before_cursor_execute", note)
        tombstones.take_down_source(database, source_id, "Ada", now)
        event.remove(engine, "before_cursor_execute", note)
        asked.append(len(count))
    few, many = asked
    assert 0 < many < few + 20


def test_a_visit_under_way_when_its_source_is_taken_down_writes_nothing(
    database: Database,
    follow: Follow,
    make_visit: MakeVisit,
    make_post: MakePost,
    make_source: MakeSource,
    now: datetime,
) -> None:
    visit = make_visit(follow("blog")["blog"], make_post("1"))
    tombstones.take_down_source(database, make_source("blog"), "Ada", now)
    assert visits.save(database, [visit], now) == [Written("blog", refused=1)]
    assert guids(database) == []
    assert visits.states(database) == {}


def test_posts_of_a_taken_down_source_are_refused_by_the_statement_itself(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    tombstones.take_down_source(database, "blog", "Ada", now)
    assert store(make_post("1"), make_post("2")) == (0, 0, 2)


def test_a_taken_down_source_is_never_visited_again(
    database: Database, follow: Follow, make_source: MakeSource, now: datetime
) -> None:
    follow("blog")
    tombstones.take_down_source(database, make_source("blog"), "Ada", now)
    assert follow("blog", at=now + timedelta(days=1)) == {}


def test_nor_is_its_address_under_another_name(
    database: Database, follow: Follow, make_source: MakeSource, now: datetime
) -> None:
    follow("blog")
    tombstones.take_down_source(database, "blog", "Ada", now)  # by its id: it left feeds.yaml
    renamed = replace(make_source("blog"), id="renamed")
    visits.sync(database, [renamed], now)
    assert visits.states(database) == {}
    assert verdicts.facts(database, [renamed], now)["renamed"].taken_down


def test_a_source_that_shares_the_address_goes_with_it(
    database: Database, store: Store, make_post: MakePost, make_source: MakeSource, now: datetime
) -> None:
    visits.sync(database, [replace(make_source("blog"), id="old name")], now)
    store(make_post("1", "old name"))
    tombstones.take_down_source(database, make_source("blog"), "Ada", now)
    assert guids(database) == []


@on_sqlite
@pytest.mark.parametrize("whole", [False, True])
def test_no_byte_of_the_text_stays_in_the_files(
    database: Database,
    follow: Follow,
    make_visit: MakeVisit,
    make_post: MakePost,
    make_source: MakeSource,
    now: datetime,
    tmp_path: Path,
    whole: bool,
) -> None:
    """Neither in rows, indexes and overflow pages nor in the log, with a reader looking on."""
    telling = make_post(
        SENTENCE + " guid",
        title=SENTENCE,
        text=f"{SENTENCE} " * 400,
        excerpt=SENTENCE,
        html=SafeHtml(f"<p>{SENTENCE}</p>" * 400),
        tags=(SENTENCE,),
        media=(Media(f"https://p.example/{SENTENCE}.jpg", alt=SENTENCE),),
        permalink=f"https://blog.example.org/{SENTENCE}",
        link_key=SENTENCE,
        content_key=SENTENCE,
        warning=SENTENCE,
        date_said=SENTENCE,
    )
    others = [make_post(str(n), text=f"{n} " * 500) for n in range(60)]
    visit = make_visit(
        follow("blog")["blog"],
        *others[:30],
        telling,
        *others[30:],
        profile=Profile(SENTENCE, None, None, SENTENCE) if whole else None,
        validators=Validators("https://blog.example.org", SENTENCE if whole else None),
    )
    visits.save(database, [visit], now)
    verdict = Verdict("blog", telling.guid, VerdictKind.HIDDEN, "Ada", now, SENTENCE)
    verdicts.decide(database, verdict)
    sightings.settle(database, "blog", {telling.guid: Sighting(now, missed=now)}, (), (), now)
    looker = sqlite3.connect(tmp_path / "aggregator.db")
    assert looker.execute("SELECT count(*) FROM posts").fetchone() == (61,)

    if whole:
        tombstones.take_down_source(database, make_source("blog"), "Ada", now)
    else:
        stored = only(database, telling.guid)
        tombstones.take_down_post(database, stored, "Ada", now)
    erased = database.erase_traces()

    files = sorted(tmp_path.glob("aggregator.db*"))
    looker.close()
    assert erased
    assert [file.name for file in files if SENTENCE.encode() in file.read_bytes()] == []
    assert "aggregator.db-wal" in [file.name for file in files]


@on_sqlite
def test_an_erasure_rewrites_the_file(
    database: Database, store: Store, make_post: MakePost, now: datetime, tmp_path: Path
) -> None:
    """Overwriting in place misses copies in pages where rows stood before they moved."""
    store(*(make_post(str(number), text="long " * 500) for number in range(100)))
    tombstones.take_down_source(database, "blog", "Ada", now)
    with database.reading() as connection:
        before = connection.execute(text("PRAGMA freelist_count")).scalar_one()
    database.erase_traces()
    with database.reading() as connection:
        after = connection.execute(text("PRAGMA freelist_count")).scalar_one()
    assert before > 0
    assert after == 0


@on_sqlite
def test_traces_that_a_reader_kept_are_erased_at_the_next_opening(
    url: str,
    secret: bytes,
    make_post: MakePost,
    now: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aggregator.store.database._ERASE_WAIT_MS", 1)
    database = open_database(url, secret)
    with database.writing() as connection:
        posts.upsert(connection, [make_post(text=SENTENCE)], now, secret=secret)
    stored = only(database, "1")
    looker = sqlite3.connect(tmp_path / "aggregator.db")
    looker.execute("BEGIN")
    looker.execute("SELECT count(*) FROM posts").fetchone()
    tombstones.take_down_post(database, stored, "Ada", now)
    kept = not database.erase_traces()
    looker.close()
    database.close()

    again = open_database(url, secret)
    left = [file for file in tmp_path.iterdir() if SENTENCE.encode() in file.read_bytes()]
    again.close()
    assert kept
    assert left == []


def test_a_takedown_beside_a_busy_writer_wins(
    database: Database, store: Store, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    """Whichever comes first, the post is not there in the end."""
    store(make_post("1"))
    stored = only(database, "1")
    stop = threading.Event()

    def fetch_again_and_again() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with database.writing() as connection:
                edited = make_post("1", title=str(number))
                posts.upsert(connection, [edited], now, secret=secret)

    writer = threading.Thread(target=fetch_again_and_again)
    writer.start()
    tombstones.take_down_post(database, stored, "Ada", now)
    stop.set()
    writer.join()
    assert store(make_post("1")) == (0, 0, 1)
    assert guids(database) == []


@on_postgresql
def test_a_takedown_lets_visits_end_that_began_before(
    database: Database, follow: Follow, make_source: MakeSource, now: datetime
) -> None:
    """Whatever order a batch takes its sources in: neither waits for what the other holds."""
    follow("blog")
    visits.sync(database, [make_source("blog"), _same_address(make_source("copy"))], now)
    with ThreadPoolExecutor(1) as person:
        with database.writing() as connection:
            _touch(connection, "copy")
            taking = person.submit(
                tombstones.take_down_source, database, make_source("blog"), "Ada", now
            )
            _until_somebody_waits(database)
            _touch(connection, "blog")
        taking.result()
    assert visits.states(database) == {}


def _same_address(source: Source) -> Source:
    return replace(source, address="https://blog.example.org/feed")


def _touch(connection: Connection, source_id: str) -> None:
    state = t.visit_state
    connection.execute(update(state).where(state.c.source_id == source_id).values(error_streak=1))


def _until_somebody_waits(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(10_000):
        with database.reading() as connection:
            if connection.execute(waiting).scalar_one():
                return
    pytest.fail("nobody waited")


def test_takedowns_among_batches_of_visits_disturb_nobody(
    database: Database,
    follow: Follow,
    make_visit: MakeVisit,
    make_post: MakePost,
    make_source: MakeSource,
    now: datetime,
) -> None:
    """Two processes write the same sources in opposite orders while some are taken down."""
    states = list(follow(*(f"blog{number}" for number in range(6))).values())
    batch = [
        make_visit(state, *(make_post(str(guid), state.source_id) for guid in range(3)))
        for state in states
    ]
    with ThreadPoolExecutor(3) as everybody:
        written = [
            everybody.submit(visits.save, database, order, now)
            for _ in range(8)
            for order in (batch, batch[::-1])
        ]
        taken = [
            everybody.submit(
                tombstones.take_down_source, database, make_source(f"blog{number}"), "Ada", now
            )
            for number in range(3)
        ]
    assert all(isinstance(one, Written) for save in written for one in save.result())
    assert [one.result().source_id for one in taken] == ["blog0", "blog1", "blog2"]
    left = {stored.post.source_id for stored in posts.listing(database)}
    assert left == {"blog3", "blog4", "blog5"}


@on_postgresql
def test_no_erasure_is_expected_where_there_is_no_file(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """A mark that nothing takes away would be looked for at every turn."""
    store(make_post("1"))
    tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    with database.reading() as connection:
        assert meta.read(connection, "traces") is None


@on_sqlite
def test_a_takedown_is_on_the_disk_at_once(
    database: Database, store: Store, make_post: MakePost, make_source: MakeSource, now: datetime
) -> None:
    store(make_post("1"))
    stored = only(database, "1")
    levels: list[int] = []
    event.listen(
        database._engine,
        "commit",
        lambda connection: levels.append(
            connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        ),
    )
    tombstones.take_down_post(database, stored, "Ada", now)
    tombstones.take_down_source(database, make_source(), "Ada", now)
    full = 2
    assert levels == [full, full]


def test_tombstones_hold_digests_only(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    store(make_post("1", content_key="the content"))
    receipt = tombstones.take_down_post(database, only(database, "1"), "Ada", now)
    with database.reading() as connection:
        rows = connection.execute(select(t.tombstones)).all()
    assert sorted(row.kind for row in rows) == ["content", "guid", "link", "quoted"]
    assert {len(row.digest) for row in rows} == {32}
    assert {(row.taken_down_at, row.receipt) for row in rows} == {(now, receipt.id)}


def test_an_unaffected_visit_is_written_beside_a_refused_one(
    database: Database, follow: Follow, make_visit: MakeVisit, make_post: MakePost, now: datetime
) -> None:
    states = follow("blog", "other")
    batch = [
        make_visit(states["blog"], make_post("1"), outcome=Outcome.CHANGED),
        make_visit(states["other"], make_post("2", "other")),
    ]
    tombstones.take_down_source(database, "blog", "Ada", now)
    assert visits.save(database, batch, now) == [Written("blog", refused=1), Written("other", 1)]
