"""What each start of the program would make anew for a test, though it is always the same.

The tables of an empty SQLite file are those that one run of all migrations made, and compiled
templates are kept in memory. Use the fixture ``warm`` where tests start the program again and
again; the migrations themselves, and the templates, have tests that do without.
"""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from sqlalchemy import Engine

from aggregator.store import database
from aggregator.store.database import file_of, open_database
from aggregator.store.migrate import migrate


class Compiled(BytecodeCache):
    """Compiled templates, by their files."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:  # a changed template is told by its checksum
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session")
def compiled() -> Compiled:
    return Compiled()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A SQLite file that has our tables and no secret key."""
    file = tmp_path_factory.mktemp("tables") / "aggregator.db"
    made = open_database(f"sqlite:///{file}", b"x" * 32)
    with made.writing() as connection:
        connection.exec_driver_sql("DELETE FROM meta")
    made.close()
    return file.read_bytes()


@pytest.fixture(autouse=True)
def warm(tables: bytes, compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start quickly."""

    def copied(engine: Engine, **how: Any) -> None:
        file: Path | None = file_of(engine.url)
        if file is not None and file.stat().st_size == 0:
            file.write_bytes(tables)
        migrate(engine, **how)

    monkeypatch.setattr(database, "migrate", copied)
    kept = partial(Environment, bytecode_cache=compiled)
    monkeypatch.setattr("aggregator.widgets.render.Environment", kept)
