"""Opening the database, reading and writing transactions, and backups.

SQLite by default, PostgreSQL by URL, through the same statements. Everything here and in the
files beside it is synchronous; event loops call it through ``asyncio.to_thread``.
"""

import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from aggregator.errors import StoreError
from aggregator.store import meta
from aggregator.store.digests import check_secret, is_stamped, name_of_key, stamp_secret
from aggregator.store.faults import WAY_BACK, plainly
from aggregator.store.migrate import migrate, version_of
from aggregator.store.tombstone_file import NAME, TombstoneFile, to_disk

log = logging.getLogger(__name__)

_BUSY_SECONDS = 10
"""How long a writer waits for another one."""
_ERASE_WAIT_MS = 2000
"""How long an erasure waits for readers of the old pages."""
_TRACES = "traces"
"""Present while traces of a takedown are still to be erased."""
_SIZE = select(func.pg_database_size(func.current_database()))
_KEY_FROM = (
    "The key is that of AGGREGATOR_SECRET_KEY, else that of the file secret.key in the data folder."
)
_OLDEST_SQLITE = (3, 35)
"""The first with RETURNING."""


class Database:
    """An open database: transactions, and the secret key of its tombstones."""

    def __init__(self, engine: Engine, secret: bytes, folder: Path | None = None) -> None:
        """``folder``: where the file of tombstones is; None: beside a SQLite file, else nowhere."""
        self.secret = secret
        self.place = _place(engine.url)
        """Which database it is, for people: its file, or its name and server."""
        self._file = file_of(engine.url)
        self._identity = _identity(self._file)
        if folder is None and self._file is not None:
            folder = self._file.parent
        self.tombstone_file = TombstoneFile(folder / NAME, name_of_key(secret)) if folder else None
        """None: a server's database that nobody named a folder for."""
        self._engine = engine
        self._reader = engine
        self._writer = engine.execution_options(begin="IMMEDIATE")
        if engine.dialect.name == "postgresql":  # SQLite reads so anyway
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads and sees one state throughout. Raises StoreError."""
        self._check_place()
        with plainly(self.place), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, undone by any exception.

        ``durable``: on the disk when this returns, for what a person decided. Else a power cut
        may take the last moments back, which for visits only means to fetch again.
        On SQLite there is one at a time; do not open a second one inside it. Raises StoreError.
        """
        self._check_place()
        with (
            plainly(self.place),
            self._writer.connect() as connection,
            _to_the_disk(connection) if durable else nullcontext(),
            connection.begin(),
        ):
            yield connection

    def _check_place(self) -> None:
        """SQLite goes on in a file that was deleted, and all that it writes is lost."""
        if self._file is not None and _identity(self._file) != self._identity:
            raise StoreError(
                f"The database {self.place} was deleted or replaced while Aggregator ran.",
                advice=WAY_BACK,
            )

    def size(self) -> int:
        """In bytes, with the log that SQLite keeps beside its file. Raises StoreError."""
        if self._file is not None:
            files = (self._file, Path(f"{self._file}-wal"))
            return sum(file.stat().st_size for file in files if file.exists())
        with self.reading() as connection:
            return int(connection.execute(_SIZE).scalar_one())

    def look_through(self) -> None:
        """Read every page of a SQLite file. Raises StoreError where one is damaged."""
        if self._engine.dialect.name == "sqlite":
            with plainly(self.place), _driver(self._engine) as driver:
                _look_through(driver)

    def erase_traces(self) -> bool:
        """Rewrite a SQLite file after a takedown, so that nothing of the text is left in it.

        Deleted rows are overwritten in their place, but copies may lie in unused parts of other
        pages, where rows stood before they moved, and in the write-ahead log. Takes about a
        second for 100 MB. False: another program is reading or the disk is full; then the next
        opening of the database does it. On PostgreSQL nothing is done: vacuum and log retention
        decide there.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        try:
            with plainly(self.place), _driver(self._engine) as driver:
                done = _rewrite(driver)
        except StoreError as error:
            log.warning("erase outcome=waiting error=%s", error)
            return False
        if done:
            with self.writing() as connection:
                meta.forget(connection, _TRACES)
        return done

    def erase_expected_traces(self) -> bool:
        """``erase_traces`` where a takedown still waits for it; whether nothing is left to do."""
        with self.reading() as connection:
            expected = meta.read(connection, _TRACES) is not None
        return not expected or self.erase_traces()

    def backup_to(self, path: Path) -> None:
        """Copy a SQLite database, as it is at one moment, into a new file.

        Raises StoreError, also where it is damaged: it must not take a good backup's place.
        """
        if self._engine.dialect.name != "sqlite":
            raise StoreError(
                "Only SQLite databases are backed up by this command.",
                advice="For PostgreSQL use pg_dump.",
            )
        with plainly(self.place), _driver(self._engine) as driver:
            copy = sqlite3.connect(path)
            try:
                driver.backup(copy)
                _look_through(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            finally:
                copy.close()

    def close(self) -> None:
        """Close all connections. The database must not be in use any more."""
        self._engine.dispose()


def open_database(
    url: str, secret: bytes, folder: Path | None = None, *, key_from: str = _KEY_FROM
) -> Database:
    """Open the database at a SQLAlchemy URL, and make or change its tables where needed.

    ``folder``: where the file of tombstones is; None: beside a SQLite file, else nowhere.
    ``key_from``: a sentence on where ``secret`` comes from, for a refusal.
    The first opening gives the database its secret key, for good. The folder of a SQLite file must
    exist. Raises StoreError in plain words where the database is locked, damaged, not writable, of
    a newer version, or where its secret key is another one.
    """
    engine = _engine(url)
    database = Database(engine, secret, folder)
    try:
        with plainly(database.place):
            migrate(engine.execution_options(begin="IMMEDIATE"))
        with database.reading() as connection:
            check_secret(connection, secret, key_from)
            stamped = is_stamped(connection)
        if not stamped:
            with database.writing() as connection:
                check_secret(connection, secret, key_from)  # another may have been as quick
                if database.tombstone_file is not None:  # of a database that was lost
                    database.tombstone_file.read()
                stamp_secret(connection, secret)
        database.erase_expected_traces()
    except BaseException:
        database.close()
        raise
    return database


def missing_file(url: str) -> Path | None:
    """The file of a SQLite database that is not there, or has not a single byte; None: all well."""
    try:
        file = file_of(make_url(url))
    except ArgumentError:  # told when it is opened
        return None
    there = file is None or (file.exists() and (not file.is_file() or file.stat().st_size > 0))
    return None if there else file


def is_keyed(url: str) -> bool:
    """Whether the database at a URL was made, with a secret key. Raises StoreError."""
    if missing_file(url):
        return False
    engine = _engine(url)
    try:
        with plainly(_place(engine.url)), engine.connect() as connection:
            return version_of(connection) is not None and is_stamped(connection)
    finally:
        engine.dispose()


def expect_erasure(connection: Connection) -> None:
    """Remember, in the transaction of a takedown, that its traces are still to be erased."""
    if connection.dialect.name == "sqlite":  # elsewhere nobody would ever forget it again
        meta.write(connection, _TRACES, b"")


def backup(database: Database, path: Path, *, overwrite: bool = False) -> None:
    """Write a copy of the database to ``path``: whole, or not at all.

    Raises StoreError where ``path`` exists and may not be overwritten, or cannot be written.
    """
    exists = StoreError(f"{path} exists already.", advice="Name a new file for the backup.")
    if path.exists() and not overwrite:
        raise exists
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        database.backup_to(draft)
        to_disk(draft)
        if overwrite:
            draft.replace(path)
        else:
            os.link(draft, path)  # unlike a rename, it fails where the file exists
        to_disk(path.parent)
    except FileExistsError:
        raise exists from None
    except OSError as error:
        raise StoreError(
            f"The backup {path} cannot be written ({error.strerror}).",
            advice="Name a file in a folder that exists, that you may write, and that has space.",
        ) from error
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def file_of(url: URL) -> Path | None:
    """The file of a SQLite database; None: it is a server's."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database.removeprefix("file:"))


def _place(url: URL) -> str:
    file = file_of(url)
    return str(file) if file else f"{url.database} at {url.host or 'this machine'}"


def _identity(file: Path | None) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None: there is none."""
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(parsed)
        return create_engine(parsed, max_overflow=-1, pool_pre_ping=True, hide_parameters=True)
    except (ArgumentError, ModuleNotFoundError, SQLAlchemyError) as error:
        # The URL may hold a password, so neither it nor the cause is repeated.
        raise StoreError(
            f"The address of the database cannot be used ({type(error).__name__}).",
            advice="Write it as sqlite:////folder/file.db or postgresql+psycopg://user@host/name; "
            "for PostgreSQL start once by `python3 run.py`, which installs its driver.",
        ) from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise StoreError(
            "The database must be a file.", advice="Write sqlite:////folder/aggregator.db."
        )
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(
            f"This Python comes with SQLite {sqlite3.sqlite_version}, which is too old.",
            advice="Use a Python with SQLite 3.35 or newer.",
        )
    file = Path(url.database)
    if not file.exists():  # it holds what waits for review; SQLite's own log files follow it
        with suppress(OSError):  # opening it will tell in plain words
            file.touch(mode=0o600)
    # isolation_level None: the driver begins nothing by itself, the listener below does. Threads
    # of a pool are bounded already, so no thread waits for a connection.
    engine = create_engine(
        url,
        connect_args={"isolation_level": None, "timeout": _BUSY_SECONDS},
        max_overflow=-1,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


def _prepare(driver: sqlite3.Connection, _record: Any) -> None:
    """Settings of each connection.

    WAL lets readers read while one writes, and needs a local disk. With it, NORMAL loses no
    consistency. secure_delete overwrites what is deleted. 4 MB of cache: more makes no batch of
    visits faster. What a statement may have to undo stays in memory: a file for it costs a quarter
    of an insert.
    """
    _use_wal(driver)
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "cache_size=-4000",
        "temp_store=MEMORY",
    ):
        driver.execute(f"PRAGMA {pragma}")


def _use_wal(driver: sqlite3.Connection) -> None:
    """Switch to WAL; of several that try at once SQLite refuses some without waiting."""
    pause = 0.02
    for left in reversed(range(int(_BUSY_SECONDS / pause))):
        try:
            if driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                driver.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or not left:
                raise
            time.sleep(pause)
        else:
            return


def _look_through(driver: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError as damaged pages do, also for what reading does not meet."""
    (found,) = driver.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        error = sqlite3.DatabaseError(found)
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


@contextmanager
def _to_the_disk(connection: Connection) -> Iterator[None]:
    """Let a transaction, begun inside, reach the disk at its end. PostgreSQL does so by itself."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    driver.execute("PRAGMA synchronous=FULL")
    try:
        yield
    finally:
        driver.execute("PRAGMA synchronous=NORMAL")


def _rewrite(driver: sqlite3.Connection) -> bool:
    """Rewrite the file and empty the log; False: a reader still needs the log."""
    driver.execute(f"PRAGMA busy_timeout={_ERASE_WAIT_MS}")
    try:
        driver.execute("PRAGMA temp_store=FILE")  # the copy is as large as the database
        driver.execute("VACUUM")
        busy, _, _ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver.execute("PRAGMA temp_store=MEMORY")
        driver.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
    return not busy


@contextmanager
def _driver(engine: Engine) -> Iterator[sqlite3.Connection]:
    """The driver's own connection, outside any transaction."""
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            raise TypeError("not a SQLite connection")
        yield driver
