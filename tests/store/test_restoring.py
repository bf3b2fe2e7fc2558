"""A backup in the place of the database."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.model import Post, Verdict, VerdictKind
from aggregator.store import audit, posts, reburial, restoring, tombstones, verdicts
from aggregator.store.database import Database, backup, open_database
from aggregator.store.restoring import Restored, restore
from tests.store.conftest import on_sqlite

pytestmark = on_sqlite
MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]

WORDS = "Words that nobody may read again. "


@pytest.fixture
def live(tmp_path: Path) -> Path:
    return tmp_path / "aggregator.db"


@pytest.fixture
def copy(database: Database, store: Store, make_post: MakePost, tmp_path: Path) -> Path:
    """A backup of three posts, of which two were taken down since; the database is closed."""
    store(make_post("1", text=WORDS * 100), make_post("2"), make_post("3"))
    folder = tmp_path / "copies"
    folder.mkdir()
    backup(database, folder / "copy.db")
    return folder / "copy.db"


def dump(live: Path) -> list[str]:
    driver = sqlite3.connect(live)
    try:
        return list(driver.iterdump())
    finally:
        driver.close()


def take_down(database: Database, guid: str, now: datetime) -> None:
    [stored] = [one for one in posts.listing(database) if one.post.guid == guid]
    tombstones.take_down_post(database, stored, "Ada", now)


def put_back(live: Path, copy: Path, secret: bytes, now: datetime) -> Restored:
    url = f"sqlite:///{live}"
    return restore(url, secret, live.parent, copy, by="Ada", now=now)


def guids(live: Path, secret: bytes) -> list[str]:
    database = open_database(f"sqlite:///{live}", secret)
    found = sorted(stored.post.guid for stored in posts.listing(database))
    database.close()
    return found


def test_what_was_taken_down_since_does_not_come_back(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    take_down(database, "1", now)
    database.close()
    done = put_back(live, copy, secret, now)
    assert done.taken_down_again == 1
    assert guids(live, secret) == ["2", "3"]
    assert WORDS.encode() not in live.read_bytes()


def test_what_was_deleted_otherwise_since_is_back(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    with database.writing() as connection:
        posts.remove(connection, posts.of_source(connection, "blog"))
    database.close()
    assert put_back(live, copy, secret, now).taken_down_again == 0
    assert guids(live, secret) == ["1", "2", "3"]


@pytest.mark.parametrize("lost", ["the file of tombstones", "the old database"])
def test_either_of_the_two_is_enough_to_know(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime, lost: str
) -> None:
    take_down(database, "1", now)
    database.close()
    (live if lost == "the old database" else live.with_name("tombstones.jsonl")).unlink()
    put_back(live, copy, secret, now)
    assert guids(live, secret) == ["2", "3"]


def test_tombstones_beside_the_backup_count(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    """Put there by hand, from a newer backup, where the whole data folder was lost."""
    take_down(database, "1", now)
    restoring.export(reburial.all_of(database), secret, copy)
    database.close()
    live.unlink()
    live.with_name("tombstones.jsonl").unlink()
    put_back(live, copy, secret, now)
    assert guids(live, secret) == ["2", "3"]


def test_the_old_database_is_kept_aside_whole(
    database: Database,
    store: Store,
    make_post: MakePost,
    live: Path,
    copy: Path,
    secret: bytes,
    now: datetime,
) -> None:
    store(make_post("newer"))
    database.close()
    done = put_back(live, copy, secret, now)
    assert done.aside is not None
    assert done.aside.name == "aggregator.db.before-restore-20260601T120000Z"
    assert "newer" in guids(done.aside, secret)
    assert done.aside.stat().st_mode & 0o777 == 0o600


def test_a_missing_database_is_restored(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    database.close()
    live.unlink()
    assert put_back(live, copy, secret, now).aside is None
    assert guids(live, secret) == ["1", "2", "3"]


def test_a_damaged_database_is_replaced_with_its_log(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    database.close()
    live.write_bytes(b"not a database at all" * 1000)
    live.with_name("aggregator.db-wal").write_bytes(b"nor is this a log")
    done = put_back(live, copy, secret, now)
    assert done.aside is not None
    assert not live.with_name("aggregator.db-wal").exists()
    assert guids(live, secret) == ["1", "2", "3"]


_IDLE = """
import sqlite3, sys
driver = sqlite3.connect(sys.argv[1])
driver.execute("PRAGMA journal_mode").fetchone()
driver.execute("SELECT count(*) FROM posts").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_database_in_use_is_left_alone(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    """However idle the other program is."""
    take_down(database, "2", now)
    database.close()
    other = subprocess.Popen(
        [sys.executable, "-c", _IDLE, str(live)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        keeper = sqlite3.connect(live)
        keeper.execute("PRAGMA journal_mode=WAL")
        keeper.close()
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="Another program uses the database"):
            put_back(live, copy, secret, now)
    finally:
        other.communicate("")
    assert guids(live, secret) == ["1", "3"]
    assert sorted(path.name for path in live.parent.glob(".aggregator*")) == []


def test_another_secret_key_is_refused(
    database: Database, live: Path, copy: Path, now: datetime, secret: bytes
) -> None:
    take_down(database, "1", now)
    database.close()
    before = dump(live)
    with pytest.raises(StoreError, match="secret key"):
        put_back(live, copy, b"another secret key, quite another", now)
    assert dump(live) == before


@pytest.mark.parametrize("body", [None, b"", b"no database at all" * 400])
def test_what_is_no_backup_is_refused(
    database: Database, live: Path, tmp_path: Path, secret: bytes, now: datetime, body: bytes | None
) -> None:
    database.close()
    wrong = tmp_path / "wrong.db"
    if body is not None:
        wrong.write_bytes(body)
    before = dump(live)
    with pytest.raises(StoreError, match=r"There is no file|is no backup of Aggregator"):
        put_back(live, wrong, secret, now)
    assert dump(live) == before


def test_somebody_else_s_database_is_refused(
    database: Database, live: Path, tmp_path: Path, secret: bytes, now: datetime
) -> None:
    database.close()
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE posts (id)")
    other.close()
    with pytest.raises(StoreError, match="is no backup of Aggregator"):
        put_back(live, tmp_path / "other.db", secret, now)


def test_the_audit_says_who_restored(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    database.close()
    done = put_back(live, copy, secret, now)
    restored = open_database(f"sqlite:///{live}", secret)
    when = f"backup of {done.until:%Y-%m-%d %H:%M} UTC"
    told = audit.Entry(now, "Ada", "restore", "", before=when, after="kept off since: nothing")
    assert audit.rows(restored, 1) == [told]
    restored.close()


_KILLED = """
import os, sqlite3, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from aggregator.store.restoring import restore

live, copy, secret = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].encode()
CHANGING = {"open", "os.link", "os.rename", "os.remove", "sqlite3.connect"}

def restore_until(last):
    def count(event, arguments):
        nonlocal last
        if event in CHANGING and str(live.parent) in str(arguments[0]):
            last -= 1
            if not last:
                os._exit(9)
    now = datetime(2026, 6, 2, 12, tzinfo=UTC) + timedelta(seconds=last)
    sys.addaudithook(count)
    restore(f"sqlite:///{live}", secret, live.parent, copy, by="Ada", now=now)
    os._exit(0)

for last in range(1, 200):
    child = os.fork()
    if not child:
        restore_until(last)
    _, status = os.waitpid(child, 0)
    looker = sqlite3.connect(live)
    hidden = looker.execute("SELECT guid FROM posts WHERE standing = 'hidden'").fetchall()
    looker.close()
    print(os.waitstatus_to_exitcode(status), *(guid for guid, in hidden), flush=True)
    if status == 0:
        break
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it forks")
def test_killed_at_any_moment_it_leaves_the_old_or_the_new_with_every_hide(
    database: Database, live: Path, copy: Path, secret: bytes, now: datetime
) -> None:
    """At every file that it opens, moves or removes."""
    verdicts.decide(database, Verdict("blog", "1", VerdictKind.HIDDEN, "Ada", now))
    database.close()
    words = (sys.executable, "-c", _KILLED, str(live), str(copy), secret.decode())
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    *killed, last = done.stdout.splitlines()
    assert set(killed) == {"9 1"}, done.stderr
    assert last == "0 1"
    assert sorted(live.parent.glob(".aggregator*")) == []
