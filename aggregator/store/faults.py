"""What the database complains of, in plain words.

In: exceptions of SQLAlchemy and its drivers. Out: a StoreError that names the database, and says
what a person should do and what is lost.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aggregator.errors import StoreError

WAY_BACK = (
    "Stop Aggregator, and let `restore FILE` put the newest backup in its place. Posts stored "
    "since that backup come back by themselves where their feeds still hold them. What was taken "
    "down since is taken down again by itself, as long as the file tombstones.jsonl stays where it "
    "is; what was hidden, stopped or planned since stays so as far as the old file can be read, "
    "and `restore` says how far. Approvals and pins made since must be made again. Until then the "
    "website keeps its widgets."
)
"""How a lost or damaged SQLite file is replaced."""
_LOCKED = (
    "Another program holds the database {place}.",
    "Try again in a minute. If it stays so, look for a second Aggregator or a backup program "
    "that uses the same file, and stop one of them. Nothing is lost.",
)
_FULL = (
    "The disk that holds the database {place} is full.",
    "Free some space on it: Aggregator then goes on by itself. Nothing stored before is lost, and "
    "the website keeps its widgets.",
)
_READ_ONLY = (
    "The database {place} may be read but not written.",
    "Let the user that runs Aggregator write the file and the folder that it lies in.",
)
_MISSING = (
    "The database {place} cannot be opened.",
    "It must be a file. Make sure that its folder exists, that no folder stands in its place, and "
    "that the user that runs Aggregator may write both.",
)
_BROKEN = ("The database {place} is damaged, or is not a database.", WAY_BACK)
_DISK = (
    "The disk that holds the database {place} failed to read or write.",
    "Look at the disk and its space. The database must lie on a disk of this machine, not on a "
    "network share.",
)
_FOREIGN = (
    "The database {place} does not have Aggregator's tables ({cause}).",
    "Look whether AGGREGATOR_DATA or AGGREGATOR_DATABASE_URL names the right one: it may belong to "
    f"another program. If it is the right one, it is damaged. {WAY_BACK}",
)
_SILENT = (
    "The database server did not answer, or refused ({place}).",
    "Make sure that it runs and that AGGREGATOR_DATABASE_URL is right.",
)
_IN_WORDS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_ERROR: _FOREIGN,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _MISSING,
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
    sqlite3.SQLITE_IOERR: _DISK,
}
_PRIMARY_CODE = 0xFF
"""SQLite's extended codes carry the primary one in their lowest byte."""


def in_plain_words(error: Exception, place: str = "in use") -> StoreError:
    """A StoreError for whatever the database or its driver raised; the cause is kept.

    ``place`` says which database it was, without a password.
    """
    cause = getattr(error, "orig", None) or error
    _forget_row(error, cause)
    code = getattr(cause, "sqlite_errorcode", None)
    words = None if code is None else _IN_WORDS.get(code) or _IN_WORDS.get(code & _PRIMARY_CODE)
    if isinstance(error, PoolTimeout):
        words = _LOCKED
    if words is None and isinstance(error, OperationalError) and code is None:
        words = _SILENT
    if words is not None:
        stored = StoreError(words[0].format(place=place, cause=cause), advice=words[1])
    else:
        # The statement's parameters hold texts of posts: they must not reach a log.
        stored = StoreError(f"The database refused: {type(cause).__name__}: {cause}")
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
def plainly(place: str) -> Iterator[None]:
    """Let nothing of the database's own exceptions out: StoreError instead."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise in_plain_words(error, place) from error
