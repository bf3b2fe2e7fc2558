"""Migrations: the scripts make what the tables say, and lose nothing on the way."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Engine, MetaData, text

import aggregator.store.care_tables  # noqa: F401 - the other half of the metadata
from aggregator.errors import StoreError
from aggregator.store.database import Database, _engine, open_database
from aggregator.store.migrate import HEAD, SCRIPTS, migrate
from aggregator.store.tables import metadata
from tests.store.conftest import on_sqlite


def test_the_newest_script_is_the_one_that_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_scripts_make_what_the_tables_say(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


@on_sqlite
def test_partial_indexes_are_what_the_tables_say(database: Database) -> None:
    """Alembic does not compare conditions."""
    with database.reading() as connection:
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql LIKE '%WHERE%'")
        ).all()
    made = {name: sql.partition("WHERE ")[2] for name, sql in rows}
    said = {
        str(index.name): str(index.dialect_options["sqlite"]["where"])
        for table in metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert made == said


def test_a_database_of_a_newer_version_is_refused(url: str, secret: bytes) -> None:
    database = open_database(url, secret)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(StoreError, match=r"newer Aggregator \(its version is 9999\)") as caught:
        open_database(url, secret)
    assert "Install the newer Aggregator" in caught.value.advice


def filled(column: Column[Any], number: int) -> Any:
    """Something that fits a column, another thing for each number."""
    values: dict[type, Any] = {
        bool: bool(number % 2),
        int: number,
        bytes: f"{column.name} {number}".encode(),
        str: f"{column.name} {number}",
        object: {"number": number},  # JSON
    }
    return values[column.type.python_type]


def fill(engine: Engine) -> None:
    """Two rows in every table there is."""
    found = MetaData()
    with engine.begin() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name != "alembic_version":
                rows = [{one.name: filled(one, number) for one in table.c} for number in (1, 2)]
                connection.execute(table.insert(), rows)


def everything(engine: Engine, like: MetaData | None = None) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables; ``like``: of the tables and columns that there were."""
    found = like or MetaData()
    with engine.connect() as connection:
        if like is None:
            found.reflect(connection)
        return {
            table.name: [tuple(row) for row in connection.execute(table.select())]
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }


@contextmanager
def made_by(version: str, url: str, folder: Path) -> Iterator[Engine]:
    """A database as that version made it."""
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for script in (folder / "versions").glob("*.py"):
        if script.name[:4] > version:
            script.unlink()
    engine = _engine(url).execution_options(begin="IMMEDIATE")
    migrate(engine, head=version, scripts=folder)
    yield engine
    engine.dispose()


@pytest.fixture
def first_engine(empty_url: str, tmp_path: Path) -> Iterator[Engine]:
    with made_by("0001", empty_url, tmp_path / "first") as engine:
        yield engine


def test_what_the_first_version_stored_is_all_there_today(first_engine: Engine) -> None:
    fill(first_engine)
    as_it_was = MetaData()
    as_it_was.reflect(first_engine)
    before = everything(first_engine, as_it_was)
    migrate(first_engine)
    assert all(len(rows) == 2 for rows in before.values())
    assert everything(first_engine, as_it_was) == before


def test_a_database_of_the_first_version_becomes_what_the_tables_say(
    first_engine: Engine,
) -> None:
    migrate(first_engine)
    with first_engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


_SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"

def upgrade():
    {body}
"""
_FAMILY = """op.create_table(
        "parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String)
    )
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")),
    )
    op.execute("INSERT INTO parent VALUES (1, 'Ada')")
    op.execute("INSERT INTO child VALUES (1, 1), (2, 1)")"""
_REBUILD = """with op.batch_alter_table("parent") as batch:
        batch.alter_column("name", nullable=False)"""
"""SQLite makes a new table and drops the old one, PostgreSQL alters it."""
_ORPHAN = """op.execute("DELETE FROM parent")"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The scripts and one more, which makes a parent with two children. Paths may hold a %."""
    folder = tmp_path / "scripts 100%"
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    write(folder, "x001", HEAD, _FAMILY)
    return folder


@pytest.fixture
def writer(database: Database) -> Engine:
    return database._writer


def write(folder: Path, revision: str, before: str, body: str) -> None:
    script = _SCRIPT.format(revision=revision, before=before, body=body)
    (folder / "versions" / f"{revision}.py").write_text(script)


def children(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM child")).scalar_one())


def test_the_rebuild_of_a_parent_keeps_its_children(writer: Engine, scripts: Path) -> None:
    """With foreign keys on, SQLite would delete them all, silently."""
    migrate(writer, head="x001", scripts=scripts)
    write(scripts, "x002", "x001", _REBUILD)
    migrate(writer, head="x002", scripts=scripts)
    assert children(writer) == 2


@on_sqlite
def test_a_script_that_leaves_orphans_is_undone(writer: Engine, scripts: Path) -> None:
    migrate(writer, head="x001", scripts=scripts)
    write(scripts, "x002", "x001", _ORPHAN)
    with pytest.raises(StoreError, match="rows of child would point at nothing"):
        migrate(writer, head="x002", scripts=scripts)
    with writer.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM parent")).scalar() == 1
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [
            ("x001",)
        ]


@on_sqlite
def test_foreign_keys_are_on_again_after_a_failure(writer: Engine, scripts: Path) -> None:
    write(scripts, "x002", "x001", "raise RuntimeError")
    with pytest.raises(RuntimeError):
        migrate(writer, head="x002", scripts=scripts)
    with writer.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
