"""A backup in the place of the database, and never a moment of what was taken off since.

The copy is put in order aside: its tables are brought to this version, what was taken down after it
was made is taken down in it, and what people hid, held or stopped since is carried into it from the
database that is there. Only then it takes the place of the old file, in one step.
Not here: what is carried (``carrying.py``, ``carried_history.py``).
"""

import logging
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import make_url

from aggregator.errors import StoreError
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, carried_history, carried_ids, carrying, previous, reburial
from aggregator.store.carrying import Carried
from aggregator.store.database import Database, file_of, open_database
from aggregator.store.digests import name_of_key
from aggregator.store.previous import Previous
from aggregator.store.tables import audit as audit_table
from aggregator.store.tables import tombstones, visit_state
from aggregator.store.tombstone_file import NAME, Tombstone, TombstoneFile, to_disk

log = logging.getLogger(__name__)

_OURS = "SELECT count(*) FROM posts WHERE id = 0 UNION SELECT count(*) FROM alembic_version"
"""In the audit: of when the backup is, and what was carried into it, with counts."""
_ASIDE = ".before-restore-"
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did."""

    taken_down_again: int
    """Posts in the backup that had been taken down since."""
    aside: Path | None
    """Where the old database is now; None: there was none."""
    until: datetime
    """The newest moment that the backup knows of."""
    carried: Carried
    """What was taken off the pages since, and is in the backup, too, by now."""
    acts: int
    """Rows of the audit that were added to those of the backup."""
    knows_since: bool
    """Whether the old database could be read without a gap; else more may have been decided."""


def beside(copy: Path) -> Path:
    """Where the tombstones of a backup are written out."""
    return copy.with_name(f"{copy.name}.{NAME}")


def newest_copy(live: Path) -> Path | None:
    """Of backups and replaced databases that lie beside a database, the newest; None: none do."""
    end = f".{NAME}"
    found = [path.with_name(path.name.removesuffix(end)) for path in live.parent.glob(f"*{end}")]
    found += live.parent.glob(f"{live.name}{_ASIDE}*")
    there = [path for path in found if path.is_file() and not path.name.endswith(_BESIDE)]
    return max(there, key=lambda path: path.stat().st_mtime, default=None)


def export(known: list[Tombstone], secret: bytes, copy: Path) -> Path:
    """Write tombstones beside a backup; where they are. Raises StoreError."""
    TombstoneFile(beside(copy), name_of_key(secret)).replace(known)
    return beside(copy)


def restore(
    url: str, secret: bytes, folder: Path, copy: Path, *, by: str, now: datetime
) -> Restored:
    """Put a backup in the place of the database at ``url``; nothing may run meanwhile.

    ``folder``: where the file of tombstones is. Killed at whatever moment, it leaves the old
    database or the new one, whole. Raises StoreError, and leaves all as it was, where the copy is
    no backup of ours or was made with another secret key, where another program uses the database,
    or where that is a server's.
    """
    live = file_of(make_url(url))
    if live is None:
        raise StoreError(
            "Only SQLite databases are restored by this command.",
            advice="For PostgreSQL use pg_restore, with Aggregator stopped; before it, keep what "
            "`audit --csv` and `status` say. The next start takes down again what tombstones.jsonl "
            "in the data folder knows. What was hidden, stopped or planned since the dump must be "
            "so decided again: publish only then.",
        )
    with _to_itself(live) as old:
        for left in live.parent.glob(f".{live.name}.*"):  # by a restore that was killed
            left.unlink()
        draft = live.with_name(f".{live.name}.{secrets.token_hex(4)}")
        try:
            _copy(copy, draft)
            database = open_database(f"sqlite:///{draft.resolve()}", secret, folder)
            try:
                done = _put_in_order(database, old, copy, by, now)
            finally:
                database.close()
            _in_one_file(draft)
            aside = _change_places(draft, live, now)
        finally:
            for path in (draft, *(Path(f"{draft}{end}") for end in _BESIDE)):
                path.unlink(missing_ok=True)
    log.warning(
        "restore posts_taken_down_again=%d carried=%d", done.taken_down_again, done.carried.total()
    )
    return replace(done, aside=aside)


@contextmanager
def _to_itself(live: Path) -> Iterator[Previous | None]:
    """Have a database alone, without its log, until the end; None: missing, or no database.

    Whoever has one open holds a lock, however idle, that ending the log has to wait for.
    """
    if not live.exists():
        yield None
        return
    driver = sqlite3.connect(live, timeout=1, isolation_level=None)
    try:
        alone = True
        try:
            driver.execute("PRAGMA locking_mode=EXCLUSIVE").fetchone()  # also between transactions
            driver.execute("PRAGMA journal_mode=DELETE").fetchone()
            driver.execute("BEGIN EXCLUSIVE")  # refused as well where the log could not be ended
            driver.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"Another program uses the database {live}.",
                advice="Stop `serve`, and whatever calls `refresh`; then restore.",
            ) from error
        except sqlite3.DatabaseError:  # a reason to restore
            alone = False
        if alone:
            with previous.asked(driver) as old:
                yield old if old.is_ours else None
        else:
            yield None
    finally:
        driver.close()


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
    database: Database, old: Previous | None, copy: Path, by: str, now: datetime
) -> Restored:
    """Take off in it what was taken off since."""
    secret, carried = database.secret, Carried()
    with database.writing(durable=True) as connection:
        until = _newest_moment(connection) or _written(copy)
        acts = None if old is None else carried_history.add_audit(connection, old)
    known = TombstoneFile(beside(copy), name_of_key(secret)).read()
    known += [] if old is None else _buried_in(old)
    again = reburial.reconcile(database, now) + reburial.apply(database, known, now)
    with database.writing(durable=True) as connection:
        if old is not None and acts is not None:
            acts = carried_ids.follow(connection, old, acts)
            carried = carrying.carry(connection, old, acts, secret)
        knows_since = old is not None and old.is_whole
        told = f"kept off since: {carrying.in_words(carried) or 'nothing'}"
        told += "" if knows_since else ", as far as known"
        when = f"backup of {in_utc(until)}"
        audit.record(
            connection, audit.Entry(now, by, AuditAct.RESTORE, "", before=when, after=told)
        )
    if not database.erase_expected_traces():
        raise StoreError("The copy could not be rewritten.", advice="Is the disk full?")
    return Restored(
        taken_down_again=again,
        aside=None,
        until=until,
        carried=carried,
        acts=len(acts.fresh) if acts else 0,
        knows_since=knows_since,
    )


def _buried_in(old: Previous) -> list[Tombstone]:
    """What the old database knows, as far as it can be read."""
    return [
        Tombstone(row["digest"], row["kind"], row["taken_down_at"], row["receipt"])
        for row in old.rows(tombstones)
    ]


def _newest_moment(connection: Connection) -> datetime | None:
    """When something last happened that a database knows of; None: nothing ever did."""
    asked = (func.max(audit_table.c.at), func.max(visit_state.c.last_visit))
    told = [connection.execute(select(one)).scalar() for one in asked]
    return max(filter(None, told), default=None)


def in_utc(moment: datetime) -> str:
    """For people, who restore wherever their clocks stand."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _written(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _in_one_file(draft: Path) -> None:
    """Without a log beside it, and on the disk."""
    driver = sqlite3.connect(draft)
    try:
        driver.execute("PRAGMA journal_mode=DELETE")
    finally:
        driver.close()
    to_disk(draft)


def _change_places(draft: Path, live: Path, now: datetime) -> Path | None:
    """The old one aside, the new one in its place. At every moment one of them is there."""
    aside = None
    if live.exists():
        shutil.copymode(live, draft)
        aside = live.with_name(f"{live.name}{_ASIDE}{now:%Y%m%dT%H%M%SZ}")
        os.link(live, aside)
        for end in _BESIDE:  # of a damaged one: they must not be taken for the new one's
            with suppress(FileNotFoundError):
                Path(f"{live}{end}").rename(f"{aside}{end}")
    draft.replace(live)
    to_disk(live.parent)
    return aside
