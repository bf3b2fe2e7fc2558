"""A database file in every bad shape: it is named with the way back, and nothing is made over it.

The widgets on the website stay as they were, whatever happened to the database behind them.
"""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.clock import WHOLE_EVERY, Clock
from aggregator.errors import StoreError
from aggregator.store import database as store
from aggregator.store import posts
from tests.cli.conftest import Run, Said
from tests.cli.conftest import follow as follow  # noqa: PLC0414 - a fixture, used by name
from tests.cli.conftest import run as run  # noqa: PLC0414
from tests.trip.sqlite import stage as stage  # noqa: PLC0414
from tests.trip.stage import Origin, Stage, rss

WAY_BACK = "Stop Aggregator, and let `restore FILE` put the newest backup in its place."
LOST = "Approvals and pins made since must be made again."


@pytest.fixture
def ran(run: Run, origin: Origin, follow: Callable[..., None], tmp_path: Path) -> Run:
    """The command line, where a blog's posts are on the page, and a backup of its database."""
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    assert run("refresh").code == 0
    assert run("backup", str(tmp_path / "backup.db")).code == 0
    with closing(sqlite3.connect(file_in(tmp_path))) as looker:
        looker.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return run


def file_in(folder: Path) -> Path:
    return folder / "data" / "aggregator.db"


def page(folder: Path) -> bytes:
    return (folder / "data/public/w/latest-posts.html").read_bytes()


def page_of(file: Path, table: str) -> slice:
    """Where the first page of a table lies."""
    with closing(sqlite3.connect(file)) as looker:
        found = looker.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
        (root,) = found.fetchone()
    return slice((root - 1) * 4096, root * 4096)


def spoil(file: Path, where: slice) -> None:
    whole = file.read_bytes()
    noise = b"\xff" * len(whole[where])
    file.write_bytes(whole[: where.start] + noise + whole[where.stop :])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "header": lambda file: spoil(file, slice(0, 100)),
    "first page": lambda file: spoil(file, slice(100, 4096)),
    "a page of posts": lambda file: spoil(file, page_of(file, "posts")),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "something else": lambda file: file.write_bytes(b"Dear diary, " * 1000),
}


def refused(said: Said, before: bytes, folder: Path) -> bool:
    """Whether it was told as a failure, with the page as it was."""
    return said.code == 1 and "Traceback" not in said.err and page(folder) == before


@pytest.mark.parametrize("name", DAMAGE)
@pytest.mark.parametrize("command", ["publish", "status"])
def test_a_damaged_database_is_named_with_the_way_back(
    ran: Run, tmp_path: Path, name: str, command: str
) -> None:
    before = page(tmp_path)
    DAMAGE[name](file_in(tmp_path))
    said = ran(command)
    assert refused(said, before, tmp_path)
    assert f"The database {file_in(tmp_path)} is damaged, or is not a database." in said.err
    assert WAY_BACK in said.err
    assert LOST in said.err


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_database_is_never_made_anew(ran: Run, tmp_path: Path, name: str) -> None:
    DAMAGE[name](file_in(tmp_path))
    inode = file_in(tmp_path).stat().st_ino
    ran("refresh", "--force")
    assert file_in(tmp_path).stat().st_ino == inode
    assert "is damaged" in ran("doctor").out


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_database_makes_no_backup(ran: Run, tmp_path: Path, name: str) -> None:
    """A backup of damage would take the place of a good one."""
    DAMAGE[name](file_in(tmp_path))
    said = ran("backup", str(tmp_path / "second.db"))
    assert said.code == 1
    assert "is damaged" in said.err
    assert not (tmp_path / "second.db").exists()


@pytest.mark.parametrize("name", DAMAGE)
def test_doctor_finds_the_damage(ran: Run, tmp_path: Path, name: str) -> None:
    DAMAGE[name](file_in(tmp_path))
    assert "✗ database: " in ran("doctor").out


@pytest.mark.parametrize("name", DAMAGE)
def test_the_way_back_leads_back(ran: Run, tmp_path: Path, name: str) -> None:
    before = page(tmp_path)
    DAMAGE[name](file_in(tmp_path))
    assert ran("publish").code == 1
    assert ran("restore", str(tmp_path / "backup.db")).code == 0
    said = ran("publish")
    assert (said.code, page(tmp_path)) == (0, before)


def test_a_copy_put_back_by_hand_leads_back_too(ran: Run, tmp_path: Path) -> None:
    before = page(tmp_path)
    for path in (tmp_path / "data").glob("aggregator.db*"):
        path.unlink()
    shutil.copy(tmp_path / "backup.db", file_in(tmp_path))
    said = ran("publish")
    assert (said.code, page(tmp_path)) == (0, before)


@pytest.mark.parametrize("name", DAMAGE)
def test_what_was_hidden_is_not_published_where_the_database_cannot_be_read(
    ran: Run, tmp_path: Path, name: str
) -> None:
    [post] = [one for one in ran("posts", "--json").lines if one["title"] == "Post 2"]
    assert ran("hide", str(post["id"])).code == 0
    before = page(tmp_path)
    DAMAGE[name](file_in(tmp_path))
    said = ran("restore", str(tmp_path / "backup.db"))
    assert said.code == 0
    assert page(tmp_path) == before
    assert "The database that was there could not be read whole" in said.err
    assert "nothing was published" in said.err


def test_what_is_hidden_stays_off_where_only_the_posts_are_damaged(
    ran: Run, tmp_path: Path
) -> None:
    [post] = [one for one in ran("posts", "--json").lines if one["title"] == "Post 2"]
    assert ran("hide", str(post["id"])).code == 0
    DAMAGE["a page of posts"](file_in(tmp_path))
    assert ran("restore", str(tmp_path / "backup.db")).code == 0
    assert ran("publish").code == 0
    assert b"post 2" not in page(tmp_path)


@pytest.mark.parametrize("size", [None, 0], ids=["deleted", "emptied"])
def test_a_lost_database_is_not_replaced_by_an_empty_one(
    ran: Run, origin: Origin, tmp_path: Path, size: int | None
) -> None:
    """It would empty the page, and forget every takedown."""
    before, asked = page(tmp_path), len(origin.asked)
    for path in (tmp_path / "data").glob("aggregator.db*"):
        path.unlink()
    if size is not None:
        file_in(tmp_path).write_bytes(b"")
    said = ran("refresh")
    assert refused(said, before, tmp_path)
    assert f"The database {file_in(tmp_path)} is missing or empty" in said.err
    assert "`restore FILE` puts the newest backup in its place" in said.err
    assert len(origin.asked) == asked


def test_a_backup_beside_a_lost_database_is_named_and_brings_it_back(
    ran: Run, tmp_path: Path
) -> None:
    before, copy = page(tmp_path), tmp_path / "data" / "monday.db"
    assert ran("backup", str(copy)).code == 0
    for path in (tmp_path / "data").glob("aggregator.db*"):
        path.unlink()
    assert f"`restore {copy}` puts the newest backup in its place" in ran("publish").err
    assert ran("restore", str(copy)).code == 0
    assert ran("publish").code == 0
    assert page(tmp_path) == before


def test_without_a_backup_one_may_begin_anew(ran: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "data").glob("aggregator.db*"):
        path.unlink()
    shutil.rmtree(tmp_path / "data" / "public")
    assert "2 new" in ran("refresh").out
    assert b"post 2" in page(tmp_path)


def test_a_folder_in_its_place_is_told(ran: Run, tmp_path: Path) -> None:
    before = page(tmp_path)
    for path in (tmp_path / "data").glob("aggregator.db*"):
        path.unlink()
    file_in(tmp_path).mkdir()
    said = ran("publish")
    assert refused(said, before, tmp_path)
    assert f"The database {file_in(tmp_path)} cannot be opened." in said.err
    assert "no folder stands in its place" in said.err


def test_a_database_of_a_newer_version_is_told(ran: Run, tmp_path: Path) -> None:
    before = page(tmp_path)
    with closing(sqlite3.connect(file_in(tmp_path))) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '0999'")
    said = ran("publish")
    assert refused(said, before, tmp_path)
    assert "was made by a newer Aggregator (its version is 0999)" in said.err
    assert "Install the newer Aggregator again, or restore a backup from before it." in said.err


def test_a_database_of_another_program_is_left_alone(ran: Run, tmp_path: Path) -> None:
    before = page(tmp_path)
    for path in (tmp_path / "data").glob("aggregator.db*"):
        path.unlink()
    with closing(sqlite3.connect(file_in(tmp_path))) as other, other:
        other.execute("CREATE TABLE posts (recipe TEXT)")
    said = ran("publish")
    assert refused(said, before, tmp_path)
    assert f"The database {file_in(tmp_path)} does not have Aggregator's tables" in said.err
    with closing(sqlite3.connect(file_in(tmp_path))) as other:
        assert other.execute("SELECT sql FROM sqlite_schema").fetchall() == [
            ("CREATE TABLE posts (recipe TEXT)",)
        ]


def test_a_database_that_may_only_be_read_is_told(
    ran: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = page(tmp_path)
    url = f"sqlite:///file:{file_in(tmp_path)}?mode=ro&uri=true"
    monkeypatch.setenv("AGGREGATOR_DATABASE_URL", url)
    said = ran("refresh", "--force")
    assert refused(said, before, tmp_path)
    assert f"The database {file_in(tmp_path)} may be read but not written." in said.err
    assert "Let the user that runs Aggregator write the file" in said.err


def test_a_database_that_another_program_holds_is_told_and_waited_for(
    ran: Run, origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0.05)
    origin.bodies["/feed"] = rss(3, 2, 1)
    before = page(tmp_path)
    with closing(sqlite3.connect(file_in(tmp_path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = ran("refresh", "--force")
    assert refused(said, before, tmp_path)
    assert f"Another program holds the database {file_in(tmp_path)}." in said.err
    assert "look for a second Aggregator or a backup program" in said.err
    assert "1 new" in ran("refresh", "--force").out


@pytest.fixture
def running(stage: Stage, origin: Origin) -> Stage:
    """An Aggregator with its database open, and posts on its page."""
    origin.bodies["/feed"] = rss(2, 1)
    stage.follow(stage.source("blog"))
    stage.refresh()
    return stage


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_database_taken_away_while_running_takes_no_more_posts(
    running: Stage, origin: Origin, replaced: bool
) -> None:
    """SQLite would go on in the deleted file, and all of it would be lost at the next start."""
    file = running.folder / "data" / "aggregator.db"
    away = running.folder / "away.db"
    shutil.copy(file, away)
    file.unlink()
    if replaced:
        shutil.copy(away, file)
    origin.bodies["/feed"] = rss(3, 2, 1)
    before, asked = running.outputs(), len(origin.asked)
    with pytest.raises(StoreError) as caught:
        running.refresh(timedelta(days=2))
    assert f"{file} was deleted or replaced while Aggregator ran" in str(caught.value)
    assert WAY_BACK in caught.value.advice
    assert (running.outputs(), len(origin.asked)) == (before, asked)


def test_a_database_put_back_while_running_is_taken_up_again(
    running: Stage, origin: Origin
) -> None:
    file = running.folder / "data" / "aggregator.db"
    file.rename(running.folder / "away.db")
    with pytest.raises(StoreError):
        running.refresh(timedelta(days=2))
    (running.folder / "away.db").rename(file)
    origin.bodies["/feed"] = rss(3, 2, 1)
    running.refresh()
    assert len(posts.listing(running.app.database)) == 3


def test_the_clock_goes_on_without_its_database(running: Stage) -> None:
    """The page stays up, and what is wrong is said by the health page's silence and the log."""
    before = running.outputs()

    async def serve_a_minute() -> None:
        async with Clock(running.app) as clock:
            (running.folder / "data" / "aggregator.db").unlink()
            running.now += WHOLE_EVERY
            with pytest.raises(StoreError, match="deleted or replaced"):
                await clock.look()

    asyncio.run(serve_a_minute())
    assert running.outputs() == before
