"""A PostgreSQL server for the tests, and databases on it.

The server is the one that TEST_DATABASE_URL names, else one of this machine's programs, started
for this process of tests alone. Use it in tests marked ``postgres``: they are skipped without.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url

from aggregator.store.database import open_database

_NOBODY = 65534
"""PostgreSQL refuses to run as root."""
_IN_A_HURRY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
"""What these databases hold may be lost, and does not live long."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """The address of the server, as a user who may make databases."""
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(named).set(drivername="postgresql+psycopg")
        return
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        if os.getuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        data, log = f"{folder}/data", f"{folder}/log"
        listen = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {_IN_A_HURRY}"
        new = ["-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C"]
        _run(folder, "initdb", "-D", data, *new)
        _run(folder, "pg_ctl", "-D", data, "-l", log, "-o", listen, "-w", "start")
        try:
            yield URL.create(
                "postgresql+psycopg", "postgres", host="127.0.0.1", port=port, database="postgres"
            )
        finally:
            _run(folder, "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _run(folder: str, program: str, *arguments: str) -> None:
    user = _NOBODY if os.getuid() == 0 else None
    done = subprocess.run(
        [_programs() / program, *arguments],
        cwd=folder,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def _programs() -> Path:
    """The newest that a Debian package brought, else those on the PATH."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    packaged = [folder for folder in folders if (folder / "initdb").exists()]
    if packaged:
        return max(packaged, key=lambda folder: float(folder.parent.name))
    return Path(shutil.which("pg_ctl") or "pg_ctl").resolve().parent


@pytest.fixture(scope="session")
def template(postgres: URL) -> Iterator[str]:
    """The name of a database that has our tables and no secret key, for tests to copy."""
    with new_database(postgres) as address:
        made = open_database(address.render_as_string(hide_password=False), b"x" * 32)
        with made.writing() as connection:
            connection.execute(text("DELETE FROM meta"))
        made.close()
        assert address.database is not None
        yield address.database


@contextmanager
def new_database(server: URL, template: str = "template1") -> Iterator[URL]:
    """A database of one's own, a copy of another one by name; it is dropped in the end."""
    name = f"test_{secrets.token_hex(6)}"
    _ask(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.set(database=name)
    finally:
        _ask(server, f"DROP DATABASE {name} WITH (FORCE)")


def _ask(server: URL, statement: str) -> None:
    address = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())
