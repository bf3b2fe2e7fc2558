"""Opening, its refusals in plain words, transactions, and backups."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from aggregator.errors import StoreError
from aggregator.model import Post
from aggregator.store import audit, posts, publishes, tombstones
from aggregator.store import tables as t
from aggregator.store.database import Database, backup, is_keyed, open_database
from aggregator.store.migrate import HEAD
from tests.store.conftest import on_postgresql, on_sqlite

MakePost = Callable[..., Post]
Store = Callable[..., tuple[int, int, int]]


def pragma(database: Database, name: str) -> object:
    with database.reading() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar()


@on_sqlite
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("busy_timeout", 10_000),
        ("synchronous", 1),
        ("foreign_keys", 1),
        ("secure_delete", 1),
    ],
)
def test_every_connection_is_prepared(database: Database, name: str, value: object) -> None:
    assert pragma(database, name) == value


@on_sqlite
def test_foreign_keys_are_on_after_a_migration_of_the_same_connection(
    url: str, secret: bytes
) -> None:
    open_database(url, secret).close()
    database = open_database(url, secret)
    keys = pragma(database, "foreign_keys")
    database.close()
    assert keys == 1


def test_what_was_stored_is_there_after_a_restart(
    url: str, secret: bytes, make_post: MakePost, now: datetime
) -> None:
    first = open_database(url, secret)
    with first.writing() as connection:
        posts.upsert(connection, [make_post()], now, secret=secret)
    first.close()
    second = open_database(url, secret)
    found = posts.listing(second)
    second.close()
    assert [stored.post for stored in found] == [make_post()]


def test_a_writing_transaction_that_raises_leaves_nothing(
    database: Database, make_post: MakePost, now: datetime, secret: bytes
) -> None:
    def write_and_fail() -> None:
        with database.writing() as connection:
            posts.upsert(connection, [make_post()], now, secret=secret)
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert posts.listing(database) == []


def test_a_reader_sees_one_state_while_another_writes(
    database: Database, make_post: MakePost, store: Store
) -> None:
    with database.reading() as connection:
        before = connection.execute(select(t.posts.c.id)).all()
        store(make_post())
        after = connection.execute(select(t.posts.c.id)).all()
    assert before == after == []


@on_sqlite
def test_a_database_held_by_another_program(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.reading() as connection:
        connection.execute(text("PRAGMA busy_timeout=1"))
    other = sqlite3.connect(tmp_path / "aggregator.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="Another program holds the database") as caught:
        publishes.record(database, "w", now, changed=False, valid_until=None, shown=None)
    other.close()
    assert "second Aggregator" in caught.value.advice


@on_sqlite
def test_a_damaged_file(url: str, secret: bytes, tmp_path: Path) -> None:
    (tmp_path / "aggregator.db").write_bytes(b"not a database " * 100)
    with pytest.raises(StoreError, match="damaged") as caught:
        open_database(url, secret)
    assert "newest backup" in caught.value.advice


@on_sqlite
def test_damage_found_later(url: str, secret: bytes, tmp_path: Path) -> None:
    open_database(url, secret).close()
    file = tmp_path / "aggregator.db"
    whole = file.read_bytes()
    with sqlite3.connect(file) as looker:
        (root,) = looker.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'audit'"
        ).fetchone()
    looker.close()
    page = slice((root - 1) * 4096, root * 4096)
    file.write_bytes(whole[: page.start] + b"\xff" * 4096 + whole[page.stop :])
    database = open_database(url, secret)
    with pytest.raises(StoreError, match="damaged"):
        audit.rows(database)
    database.close()


def test_a_folder_that_does_not_exist(tmp_path: Path, secret: bytes) -> None:
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        open_database(f"sqlite:///{tmp_path / 'nowhere' / 'a.db'}", secret)
    assert "folder exists" in caught.value.advice


@on_sqlite
def test_a_database_that_may_only_be_read(
    url: str, secret: bytes, tmp_path: Path, now: datetime
) -> None:
    open_database(url, secret).close()
    only = open_database(f"sqlite:///file:{tmp_path / 'aggregator.db'}?mode=ro&uri=true", secret)
    with pytest.raises(StoreError, match="may be read but not written"):
        publishes.record(only, "w", now, changed=False, valid_until=None, shown=None)
    only.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "nonsense", "oracle9://x"])
def test_addresses_that_are_no_database_file_or_server(url: str, secret: bytes) -> None:
    with pytest.raises(StoreError) as caught:
        open_database(url, secret)
    assert "sqlite:////" in caught.value.advice


def test_a_password_in_the_address_is_not_repeated(secret: bytes) -> None:
    with pytest.raises(StoreError) as caught:
        open_database("unknown://me:hunter2@db.example/x", secret)
    assert "hunter2" not in f"{caught.value} {caught.value.advice} {caught.value.__cause__}"


def test_an_error_does_not_repeat_texts_of_posts(database: Database) -> None:
    with pytest.raises(StoreError) as caught, database.writing() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:text)"), {"text": "a private word"})
    assert "a private word" not in f"{caught.value} {caught.value.__cause__}"


def test_nor_does_a_refusal_of_a_row_repeat_it(store: Store, make_post: MakePost) -> None:
    with pytest.raises(StoreError) as caught:
        store(make_post(language="en", title="a private word", excerpt=None))
    assert "a private word" not in f"{caught.value} {caught.value.__cause__}"


def test_a_server_that_does_not_answer(secret: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(StoreError, match="server did not answer") as caught:
        open_database(f"postgresql+psycopg://me:hunter2@127.0.0.1:{port}/x", secret)
    assert "AGGREGATOR_DATABASE_URL" in caught.value.advice
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


def test_another_secret_key_is_refused_once_something_was_taken_down(
    url: str, secret: bytes, make_post: MakePost, now: datetime
) -> None:
    database = open_database(url, secret)
    with database.writing() as connection:
        posts.upsert(connection, [make_post()], now, secret=secret)
    tombstones.take_down_post(database, posts.listing(database)[0], "Ada", now)
    database.close()
    with pytest.raises(StoreError, match="secret key") as caught:
        open_database(url, b"another key")
    assert "AGGREGATOR_SECRET_KEY" in caught.value.advice


def test_another_secret_key_is_refused_as_well_while_nothing_was_taken_down(
    url: str, secret: bytes
) -> None:
    """Else a command with a key of its own makes takedowns that do not hold."""
    open_database(url, secret).close()
    with pytest.raises(StoreError, match="secret key") as caught:
        open_database(url, b"another key", key_from="It is of the shell.")
    assert caught.value.advice.startswith("It is of the shell. ")
    open_database(url, secret).close()


def forget_the_key(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(text("DELETE FROM meta WHERE key = 'secret'"))


def test_a_database_of_before_takes_the_key_that_it_is_opened_with(url: str, secret: bytes) -> None:
    database = open_database(url, secret)
    forget_the_key(database)
    database.close()
    open_database(url, b"another key").close()
    with pytest.raises(StoreError, match="secret key"):
        open_database(url, secret)


def test_but_not_where_something_was_taken_down_with_another(
    url: str, secret: bytes, now: datetime, tmp_path: Path
) -> None:
    database = open_database(url, secret, tmp_path)
    tombstones.take_down_source(database, "blog", "Ada", now)
    with database.writing() as connection:
        connection.execute(text("DELETE FROM tombstones"))
    forget_the_key(database)
    database.close()
    with pytest.raises(StoreError, match="secret key"):
        open_database(url, b"another key", tmp_path)
    open_database(url, secret, tmp_path).close()


def test_it_is_known_whether_a_database_has_a_key(empty_url: str, secret: bytes) -> None:
    assert not is_keyed(empty_url)
    open_database(empty_url, secret).close()
    assert is_keyed(empty_url)


def test_four_processes_may_start_at_once_on_nothing(empty_url: str, tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib\n"
        "from aggregator.store.database import open_database\n"
        "pathlib.Path(sys.argv[2]).touch()\n"
        "start = pathlib.Path(sys.argv[3])\n"
        "while not start.exists(): time.sleep(0.001)\n"
        "open_database(sys.argv[1], b'x' * 32).close()\n"
    )
    ready = [tmp_path / f"ready{number}" for number in range(4)]
    start = tmp_path / "start"
    root = Path(__file__).resolve().parents[2]
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", script, empty_url, file, start],
            cwd=root,
            stderr=subprocess.PIPE,
        )
        for file in ready
    ]
    while not all(file.exists() for file in ready):
        assert all(process.poll() is None for process in running)
    start.touch()
    errors = [process.communicate()[1].decode() for process in running]
    assert errors == [""] * 4
    assert [process.returncode for process in running] == [0] * 4
    database = open_database(empty_url, b"x" * 32)
    with database.reading() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            (HEAD,)
        ]
    database.close()


def test_an_existing_database_is_opened_without_alembic(url: str, secret: bytes) -> None:
    open_database(url, secret).close()
    script = (
        "import sys\n"
        "from aggregator.store.database import open_database\n"
        f"open_database({url!r}, {secret!r}).close()\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0


@on_postgresql
class TestOnPostgresql:
    def test_erasing_is_left_to_the_server(self, database: Database) -> None:
        assert database.erase_traces()

    def test_backups_are_left_to_pg_dump(self, database: Database, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="Only SQLite") as caught:
            backup(database, tmp_path / "one.db")
        assert "pg_dump" in caught.value.advice
        assert list(tmp_path.iterdir()) == []


@on_sqlite
class TestBackup:
    def test_a_backup_is_a_database_of_one_file(
        self, database: Database, store: Store, make_post: MakePost, tmp_path: Path, secret: bytes
    ) -> None:
        store(make_post())
        folder = tmp_path / "backups"
        folder.mkdir()
        backup(database, folder / "one.db")
        assert [file.name for file in folder.iterdir()] == ["one.db"]
        copy = open_database(f"sqlite:///{folder / 'one.db'}", secret)
        found = posts.listing(copy)
        copy.close()
        assert [stored.post for stored in found] == [make_post()]

    def test_others_cannot_read_it(self, database: Database, tmp_path: Path) -> None:
        backup(database, tmp_path / "one.db")
        assert (tmp_path / "one.db").stat().st_mode & 0o777 == 0o600

    def test_a_file_that_exists_is_kept(self, database: Database, tmp_path: Path) -> None:
        (tmp_path / "one.db").write_text("precious")
        with pytest.raises(StoreError, match="exists already"):
            backup(database, tmp_path / "one.db")
        assert (tmp_path / "one.db").read_text() == "precious"

    def test_unless_asked(self, database: Database, tmp_path: Path) -> None:
        (tmp_path / "one.db").write_text("old")
        backup(database, tmp_path / "one.db", overwrite=True)
        assert (tmp_path / "one.db").read_bytes().startswith(b"SQLite format 3")

    def test_a_folder_that_does_not_exist(self, database: Database, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="cannot be written"):
            backup(database, tmp_path / "nowhere" / "one.db")

    def test_a_failure_leaves_nothing_behind(
        self, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.link", refuse)
        folder = tmp_path / "backups"
        folder.mkdir()
        with pytest.raises(StoreError, match="No space left"):
            backup(database, folder / "one.db")
        assert list(folder.iterdir()) == []


def test_the_size_grows_with_what_is_stored(
    database: Database, store: Store, make_post: MakePost
) -> None:
    before = database.size()
    store(*(make_post(str(number), html="x" * 10_000) for number in range(50)))
    assert database.size() >= before + 100_000 > 100_000
