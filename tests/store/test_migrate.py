"""Migrations: the scripts make what the tables say, and lose nothing on the way."""

import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from aggregator.errors import StoreError
from aggregator.store.database import Database, open_database
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


_SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"

def upgrade():
    {body}
"""
_FAMILY = """op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True))
    op.create_table(
        "child",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer, sa.ForeignKey("parent.id", ondelete="CASCADE")),
    )
    op.execute("INSERT INTO parent VALUES (1)")
    op.execute("INSERT INTO child VALUES (1, 1), (2, 1)")"""
_REBUILD = """with op.batch_alter_table("parent", recreate="always") as batch:
        batch.add_column(sa.Column("name", sa.String))"""
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


@on_sqlite
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
