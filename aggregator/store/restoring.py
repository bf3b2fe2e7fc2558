"""A backup in the place of the database, and never a moment of what was taken down since.

The copy is put in order aside: its tables are brought to this version, and what was taken down
after it was made is taken down in it. Only then it takes the place of the old file, in one step.
"""

import logging
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.engine import make_url

from aggregator.errors import StoreError
from aggregator.store import audit, reburial
from aggregator.store.database import file_of, open_database
from aggregator.store.digests import name_of_key
from aggregator.store.tables import moment
from aggregator.store.tombstone_file import NAME, Tombstone, TombstoneFile

log = logging.getLogger(__name__)

_OURS = "SELECT count(*) FROM posts WHERE id = 0 UNION SELECT count(*) FROM alembic_version"
_BURIED = "SELECT digest, kind, taken_down_at, receipt FROM tombstones"
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    taken_down_again: int
    """Posts in the backup that had been taken down since."""
    aside: Path | None
    """Where the old database is now; None: there was none."""


def beside(copy: Path) -> Path:
    """Where the tombstones of a backup are written out."""
    return copy.with_name(f"{copy.name}.{NAME}")


def export(known: list[Tombstone], secret: bytes, copy: Path) -> Path:
    """Write tombstones beside a backup; where they are. Raises StoreError."""
    TombstoneFile(beside(copy), name_of_key(secret)).replace(known)
    return beside(copy)


def restore(
    url: str, secret: bytes, folder: Path, copy: Path, *, by: str, now: datetime
) -> Restored:
    """Put a backup in the place of the database at ``url``; nothing may run meanwhile.

    ``folder``: where the file of tombstones is. Raises StoreError, and leaves all as it was, where
    the copy is no backup of ours or was made with another secret key, where another program uses
    the database, or where that is a server's.
    """
    live = file_of(make_url(url))
    if live is None:
        raise StoreError(
            "Only SQLite databases are restored by this command.",
            advice="For PostgreSQL use pg_restore, with Aggregator stopped. The next start takes "
            "down again what tombstones.jsonl in the data folder knows.",
        )
    draft = live.with_name(f".{live.name}.{secrets.token_hex(4)}")
    with _to_itself(live) as old:
        known = [*_buried_in(old), *TombstoneFile(beside(copy), name_of_key(secret)).read()]
        try:
            _copy(copy, draft)
            again = _put_in_order(draft, secret, folder, known, by, now)
            aside = _change_places(draft, live, now)
        finally:
            for path in (draft, *(Path(f"{draft}{end}") for end in _BESIDE)):
                path.unlink(missing_ok=True)
    log.warning("restore posts_taken_down_again=%d", again)
    return Restored(again, aside)


@contextmanager
def _to_itself(live: Path) -> Iterator[sqlite3.Connection | None]:
    """Have a database alone, without its log, until the end; None: missing, or damaged.

    Whoever has one open holds a lock, however idle, that ending the log has to wait for.
    """
    if not live.exists():
        yield None
        return
    driver = sqlite3.connect(live, timeout=1, isolation_level=None)
    try:
        alone: sqlite3.Connection | None = driver
        try:
            driver.execute("PRAGMA journal_mode=DELETE").fetchone()
            driver.execute("BEGIN EXCLUSIVE")  # refused as well where the log could not be ended
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"Another program uses the database {live}.",
                advice="Stop `serve`, and whatever calls `refresh`; then restore.",
            ) from error
        except sqlite3.DatabaseError:  # a reason to restore
            alone = None
        yield alone
    finally:
        driver.close()


def _buried_in(old: sqlite3.Connection | None) -> list[Tombstone]:
    """What the old database knows, as far as it can be read."""
    if old is None:
        return []
    with suppress(sqlite3.Error):
        rows = old.execute(_BURIED).fetchall()
        return [Tombstone(digest, kind, moment(at), given) for digest, kind, at, given in rows]
    return []


def _copy(copy: Path, draft: Path) -> None:
    """A copy of a backup, whole, ours and readable by its owner only. Raises StoreError."""
    if not copy.is_file():
        raise StoreError(f"There is no file {copy}.", advice="Name the backup to restore.")
    try:
        draft.touch(mode=0o600, exist_ok=False)
        source = sqlite3.connect(f"file:{quote(str(copy))}?mode=ro", uri=True)
        made = sqlite3.connect(draft)
        try:
            source.execute(_OURS)
            source.backup(made)
            (found,) = made.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            source.close()
            made.close()
    except OSError as error:
        raise StoreError(
            f"{draft.parent} cannot be written ({error.strerror}).",
            advice="Make sure that this user may write there, and that the disk has space.",
        ) from error
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        raise StoreError(
            f"{copy} is damaged, or is no backup of Aggregator ({found}).",
            advice="Nothing was changed. Name another backup.",
        )


def _put_in_order(
    draft: Path, secret: bytes, folder: Path, known: list[Tombstone], by: str, now: datetime
) -> int:
    """Take down in it what was taken down since; how many posts."""
    database = open_database(f"sqlite:///{draft.resolve()}", secret, folder)
    try:
        again = reburial.reconcile(database, now) + reburial.apply(database, known, now)
        with database.writing(durable=True) as connection:
            audit.record(connection, audit.Entry(now, by, "restore", ""))
        if not database.erase_expected_traces():
            raise StoreError("The copy could not be rewritten.", advice="Is the disk full?")
    finally:
        database.close()
    driver = sqlite3.connect(draft)
    try:
        driver.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    finally:
        driver.close()
    return again


def _change_places(draft: Path, live: Path, now: datetime) -> Path | None:
    """The old one aside, the new one in its place. At every moment one of them is there."""
    aside = None
    if live.exists():
        shutil.copymode(live, draft)
        aside = live.with_name(f"{live.name}.before-restore-{now:%Y%m%dT%H%M%SZ}")
        os.link(live, aside)
        for end in _BESIDE:  # of a damaged one: they must not be taken for the new one's
            with suppress(FileNotFoundError):
                Path(f"{live}{end}").rename(f"{aside}{end}")
    draft.replace(live)
    return aside
