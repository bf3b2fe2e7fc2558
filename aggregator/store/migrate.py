"""Bringing a database to the tables of this version, at every start.

Alembic takes a third of a second to import, so it is imported only where the database's version
is not ``HEAD``. All of it happens in one transaction under one lock: of several processes that
start on an empty database, one makes the tables and the others find them made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from aggregator.errors import StoreError

HEAD = "0008"
"""The newest script in ``migrations/versions/``."""
SCRIPTS = Path(__file__).with_name("migrations")
_LOCK = 0x41474752
"""A number of our own for PostgreSQL's advisory lock."""


def migrate(engine: Engine, *, head: str = HEAD, scripts: Path = SCRIPTS) -> None:
    """Run the scripts that the database has not seen.

    ``engine`` begins its transactions as writers do. Raises StoreError for a database that a
    newer version has changed, and where a script would leave rows that point at nothing.
    """
    with engine.connect() as connection:
        if version_of(connection) == head:
            return
    with engine.connect() as connection, _no_foreign_keys(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = version_of(connection)
        if version != head:
            _upgrade(connection, version, scripts)
            _check_foreign_keys(connection)


def version_of(connection: Connection) -> str | None:
    """The last script that the database has seen; None: none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, version: str | None, scripts: Path) -> None:
    from alembic import command  # noqa: PLC0415 - slow, and seldom needed
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreError(
            f"The database was made by a newer Aggregator (its version is {version}).",
            advice="Install the newer Aggregator again, or restore a backup from before it.",
        )
    command.upgrade(config, "head")


@contextmanager
def _no_foreign_keys(connection: Connection) -> Iterator[None]:
    """Switch SQLite's foreign keys off, before the transaction begins.

    SQLite changes a table by making a new one and dropping the old; with foreign keys on, the
    drop would silently delete all rows that point at it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - a connection in use has one
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    astray = connection.execute(text("PRAGMA foreign_key_check")).all()
    if astray:
        tables = ", ".join(sorted({str(row[0]) for row in astray}))
        raise StoreError(
            f"The change of the database was undone: rows of {tables} would point at nothing.",
            advice="Restore the newest backup, or report this with the version that you came from.",
        )
