"""Backups put back by hand, and takedowns that were killed: the file of tombstones holds."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.model import (
    Author,
    Plan,
    PlannedAct,
    Post,
    Quote,
    Source,
    Verdict,
    VerdictKind,
    VisitState,
)
from aggregator.store import audit, plans, posts, reburial, tombstones, verdicts, visits
from aggregator.store.database import Database, backup, open_database
from tests.store.conftest import on_sqlite

MakePost = Callable[..., Post]
MakeSource = Callable[..., Source]
Store = Callable[..., tuple[int, int, int]]
Follow = Callable[..., dict[str, VisitState]]
PutBack = Callable[[], Database]

ANNA = Author("Anna", None, "https://anna.example/")


@pytest.fixture
def put_back(database: Database, tmp_path: Path, secret: bytes) -> Iterator[PutBack]:
    """Make a copy now; call it to put that back by hand, and open it as a start does."""
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    opened: list[Database] = []

    def again() -> Database:
        database.close()
        for beside in tmp_path.glob("aggregator.db-*"):
            beside.unlink()
        shutil.copy(copy, tmp_path / "aggregator.db")
        found = open_database(f"sqlite:///{tmp_path / 'aggregator.db'}", secret)
        opened.append(found)
        return found

    again.copy = copy  # type: ignore[attr-defined]
    yield again
    for one in opened:
        one.close()


def keep(database: Database, put_back: PutBack) -> None:
    backup(database, put_back.copy)  # type: ignore[attr-defined]


def guids(database: Database) -> list[str]:
    return sorted(stored.post.guid for stored in posts.listing(database))


Act = Callable[[Database, datetime], object]


def of_post(database: Database, now: datetime) -> object:
    [stored] = [one for one in posts.listing(database) if one.post.guid == "1"]
    return tombstones.take_down_post(database, stored, "Ada", now)


ACTS: dict[str, tuple[Act, list[str]]] = {
    "post": (of_post, ["2", "3"]),
    "source": (
        lambda database, now: tombstones.take_down_source(database, "blog", "Ada", now),
        ["3"],
    ),
    "author by name": (
        lambda database, now: tombstones.take_down_author(
            database, "anna", "Ada", now, source_id="blog"
        ),
        ["2", "3"],
    ),
    "author by profile": (
        lambda database, now: tombstones.take_down_author(
            database, "https://anna.example", "Ada", now
        ),
        ["2"],
    ),
    "address": (
        lambda database, now: tombstones.take_down_below(
            database, "https://other.example.org", "Ada", now
        ),
        ["1", "2"],
    ),
}


@on_sqlite
@pytest.mark.parametrize("what", ACTS)
def test_what_was_taken_down_after_a_backup_is_not_in_it_once_it_is_back(
    database: Database,
    store: Store,
    follow: Follow,
    make_post: MakePost,
    put_back: PutBack,
    now: datetime,
    what: str,
) -> None:
    act, left = ACTS[what]
    follow("blog", "other")
    store(
        make_post("1", author=ANNA, quote=None),
        make_post("2", author=None, quote=None),
        make_post("3", "other", author=ANNA, quote=None),
    )
    keep(database, put_back)
    act(database, now)
    restored = put_back()
    assert guids(restored) == ["1", "2", "3"]
    assert reburial.reconcile(restored, now) == 3 - len(left)
    assert guids(restored) == left
    assert ("blog" in visits.states(restored)) is (what != "source")
    with restored.writing() as connection:
        found = [make_post(guid, author=ANNA) for guid in "1"] + [
            make_post("3", "other", author=ANNA)
        ]
        posts.upsert(connection, found, now, secret=restored.secret)
    assert guids(restored) == left


@on_sqlite
def test_no_byte_of_it_stays_in_the_file(
    database: Database,
    store: Store,
    make_post: MakePost,
    put_back: PutBack,
    now: datetime,
    tmp_path: Path,
) -> None:
    store(make_post("1", text="Words that nobody may read again. " * 200), make_post("2"))
    keep(database, put_back)
    of_post(database, now)
    reburial.reconcile(put_back(), now)
    files = tmp_path.glob("aggregator.db*")
    assert not any(b"nobody may read" in file.read_bytes() for file in files)


@on_sqlite
def test_quotes_reasons_and_plans_of_it_go_again_too(
    database: Database, store: Store, make_post: MakePost, put_back: PutBack, now: datetime
) -> None:
    quote = Quote(None, "https://blog.example.org/1", "What it said.")
    link = "https://blog.example.org/1"
    store(
        make_post("1", permalink=link, link_key=link, quote=None),
        make_post("2", "other", quote=quote),
    )
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now, "private"))
    plans.add(database, Plan(PlannedAct.HIDE, "blog", "1", now, "Ada", now, "private"))
    keep(database, put_back)
    of_post(database, now)
    restored = put_back()
    reburial.reconcile(restored, now)
    assert [stored.post.quote for stored in posts.listing(restored)] == [None]
    assert plans.waiting(restored) == []
    assert not verdicts.undoable(restored, "blog", "1", now)


@on_sqlite
def test_the_audit_tells_it_with_the_first_receipt(
    database: Database, store: Store, make_post: MakePost, put_back: PutBack, now: datetime
) -> None:
    store(make_post("1"))
    keep(database, put_back)
    first = of_post(database, now)
    assert isinstance(first, tombstones.Receipt)
    restored = put_back()
    reburial.reconcile(restored, now)
    public_id = make_post("1").public_id
    assert audit.rows(restored) == [
        audit.Entry(now, "Aggregator", "take down", "blog", public_id, receipt=first.id)
    ]


@on_sqlite
def test_a_takedown_killed_before_its_end_is_completed(
    database: Database,
    store: Store,
    make_post: MakePost,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The file is written first; then the power goes."""
    store(make_post("1"), make_post("2"))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("aggregator.store.burial.write", killed)
        with pytest.raises(KeyboardInterrupt):
            of_post(database, now)
    assert guids(database) == ["1", "2"]
    assert reburial.reconcile(database, now) == 1
    assert guids(database) == ["2"]


@on_sqlite
def test_a_file_that_was_lost_is_written_anew(
    database: Database, store: Store, make_post: MakePost, now: datetime, tmp_path: Path
) -> None:
    store(make_post("1"))
    of_post(database, now)
    file = tmp_path / "tombstones.jsonl"
    before = sorted(file.read_text("utf-8").splitlines())
    file.unlink()
    reburial.reconcile(database, now)
    assert sorted(file.read_text("utf-8").splitlines()) == before


@on_sqlite
def test_nothing_is_read_twice_where_nothing_changed(
    database: Database,
    store: Store,
    make_post: MakePost,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store(make_post("1"))
    of_post(database, now)

    def read(_: object) -> None:
        pytest.fail("the file was read")

    monkeypatch.setattr("aggregator.store.tombstone_file.TombstoneFile.read", read)
    assert reburial.reconcile(database, now) == 0


@on_sqlite
def test_a_file_made_with_another_key_is_refused(
    database: Database, store: Store, make_post: MakePost, now: datetime, tmp_path: Path
) -> None:
    store(make_post("1"))
    of_post(database, now)
    with pytest.raises(StoreError, match="another secret key"):
        open_database(f"sqlite:///{tmp_path / 'new.db'}", b"another secret key, quite another")


def test_a_server_s_database_has_its_file_where_it_is_told(
    url: str, secret: bytes, make_post: MakePost, now: datetime, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    database = open_database(url, secret, folder)
    with database.writing() as connection:
        posts.upsert(connection, [make_post("1"), make_post("2")], now, secret=secret)
    of_post(database, now)
    known = database.tombstone_file
    assert known is not None
    assert {one.digest for one in known.read()} == {one.digest for one in reburial.all_of(database)}
    database.close()


def test_what_somebody_else_took_down_is_taken_down_here(
    database: Database, store: Store, make_post: MakePost, now: datetime
) -> None:
    """As from the file beside a backup, on either kind of database."""
    store(make_post("1"), make_post("2"))
    of_post(database, now)
    known = reburial.all_of(database)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM tombstones")
    store(make_post("1"))
    assert reburial.apply(database, known, now) == 1
    assert guids(database) == ["2"]


def test_a_source_under_another_name_goes_by_its_address(
    database: Database, make_source: MakeSource, store: Store, make_post: MakePost, now: datetime
) -> None:
    tombstones.take_down_source(database, make_source("blog"), "Ada", now)
    known = reburial.all_of(database)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM tombstones")
    visits.sync(database, [replace(make_source("blog"), id="renamed")], now)
    store(make_post("1", "renamed"))
    assert reburial.apply(database, known, now) == 1
    assert visits.states(database) == {}
