"""What the database complains of, in plain words.

In: exceptions of SQLAlchemy and its drivers. Out: a StoreError that says what a person should do.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aggregator.errors import StoreError

_LOCKED = (
    "Another program holds the database.",
    "Try again in a minute. If it stays so, look for a second Aggregator or a backup program "
    "that uses the same file, and stop one of them.",
)
_FULL = (
    "The disk that holds the database is full.",
    "Free some space on it; nothing stored before is lost.",
)
_READ_ONLY = (
    "The database may be read but not written.",
    "Let the user that runs Aggregator write the file and the folder that it lies in.",
)
_MISSING = (
    "The database file cannot be opened.",
    "Make sure that its folder exists and that the user that runs Aggregator may write there.",
)
_BROKEN = (
    "The database file is damaged, or is not a database.",
    "Stop Aggregator, move the file aside and restore the newest backup to its place.",
)
_DISK = (
    "The disk that holds the database failed to read or write.",
    "Look at the disk and its space. The database must lie on a disk of this machine, not on a "
    "network share.",
)
_IN_WORDS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _MISSING,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
    sqlite3.SQLITE_IOERR: _DISK,
}
_PRIMARY_CODE = 0xFF
"""SQLite's extended codes carry the primary one in their lowest byte."""


def in_plain_words(error: Exception) -> StoreError:
    """A StoreError for whatever the database or its driver raised; the cause is kept."""
    cause = getattr(error, "orig", None) or error
    _forget_row(error, cause)
    code = getattr(cause, "sqlite_errorcode", None)
    words = None if code is None else _IN_WORDS.get(code & _PRIMARY_CODE)
    if isinstance(error, PoolTimeout):
        words = _LOCKED
    if words is None and isinstance(error, OperationalError) and code is None:
        words = (
            "The database server did not answer, or refused.",
            "Make sure that it runs and that AGGREGATOR_DATABASE_URL is right.",
        )
    if words is None:
        # The statement's parameters hold texts of posts: they must not reach a log.
        words = (f"The database refused: {type(cause).__name__}: {cause}", "")
    stored = StoreError(words[0], advice=words[1] or None)
    stored.__cause__ = error
    return stored


def _forget_row(error: Exception, cause: Exception) -> None:
    """Keep only the first sentence of PostgreSQL: its details repeat the row that it refuses."""
    sentence = getattr(getattr(cause, "diag", None), "message_primary", None)
    if sentence is not None:
        cause.args = error.args = (sentence,)


def is_whole(error: StoreError) -> bool:
    """Whether the database as a whole was in trouble, rather than one statement wrong."""
    return isinstance(error.__cause__, OperationalError | PoolTimeout | sqlite3.OperationalError)


@contextmanager
def plainly() -> Iterator[None]:
    """Let nothing of the database's own exceptions out: StoreError instead."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise in_plain_words(error) from error
