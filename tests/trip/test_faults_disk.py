"""A disk that is full for real: what was there stays, it is told, and all goes on once it is free.

The data folder lies on a small file system of its own, which only root may mount.
"""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aggregator.clock import Clock
from tests.cli.conftest import Run
from tests.cli.conftest import follow as follow  # noqa: PLC0414 - a fixture, used by name
from tests.cli.conftest import run as run  # noqa: PLC0414
from tests.trip.sqlite import stage as stage  # noqa: PLC0414
from tests.trip.stage import Origin, Stage, item, rss

SIZE = 3 << 20
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.getuid() != 0, reason="only root on Linux may mount a small disk"
)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The data folder, on a disk of a few megabytes."""
    folder = tmp_path / "data"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def ran(data: Path, run: Run, origin: Origin, follow: Callable[..., None]) -> Run:
    """The command line, where a blog's posts are on the page."""
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    assert run("refresh").code == 0
    return run


@contextlib.contextmanager
def full(data: Path, left: int = 0) -> Iterator[None]:
    """Fill the disk but for ``left`` bytes, and free it again."""
    ballast = data / "ballast"
    with ballast.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while file.write(bytes(4096)) == 4096:
                pass
        file.truncate(max(0, file.tell() - left))
    yield
    ballast.unlink()


def large(*numbers: int) -> bytes:
    """A feed whose posts do not fit into what is left."""
    return rss(*(item(number, text=f"What happened in {number}. " * 3000) for number in numbers))


def outputs(data: Path) -> dict[str, bytes]:
    files = (path for path in (data / "public").rglob("*") if path.is_file())
    return {str(path.relative_to(data)): path.read_bytes() for path in files}


@pytest.mark.parametrize("left", [0, 4096, 65536, 200_000])
def test_a_refresh_on_a_full_disk_loses_nothing(
    ran: Run, origin: Origin, data: Path, left: int
) -> None:
    before = outputs(data)
    origin.bodies["/feed"] = large(*range(3, 9))
    with full(data, left):
        said = ran("refresh", "--force")
        assert said.code == 1
        assert "Traceback" not in said.err
        assert "full" in said.out + said.err or "No space left on device" in said.err
        assert "ree s" in said.err  # Free some space, free space
        assert outputs(data) == before
    assert ran("refresh", "--force").code == 0
    assert len(ran("posts", "--json").lines) == 8


@pytest.mark.parametrize("left", [0, 4096])
def test_a_publish_on_a_full_disk_leaves_every_old_file(
    ran: Run, data: Path, tmp_path: Path, left: int
) -> None:
    before = outputs(data)
    config = tmp_path / "feeds.yaml"
    config.write_text(config.read_text("utf-8").replace("Latest posts", "What is new"), "utf-8")
    with full(data, left):
        said = ran("publish")
        assert "Traceback" not in said.err
        assert said.code == 1
        assert "ree s" in said.err
        after = outputs(data)
        assert {name: after[name] for name in before if "latest" in name} == {
            name: body for name, body in before.items() if "latest" in name
        }
    assert ran("publish").code == 0
    assert b"What is new" in outputs(data)["public/w/latest-posts.html"]


def test_a_hide_on_a_full_disk_is_not_half_done(ran: Run, data: Path) -> None:
    """Either it is decided, and the page follows by itself, or it is refused as a whole."""
    with full(data):
        said = ran("hide", "https://family.example.org/2")
        assert said.code == 1
        assert "ree s" in said.err
    verdicts = {post["title"]: post["verdict"] for post in ran("posts", "--json").lines}
    shown = b"post 2" in outputs(data)["public/w/latest-posts.html"]
    assert verdicts["Post 2"] is None
    assert shown


def test_the_database_is_sound_after_a_full_disk(ran: Run, origin: Origin, data: Path) -> None:
    origin.bodies["/feed"] = large(*range(3, 9))
    with full(data, 100_000):
        ran("refresh", "--force")
    with contextlib.closing(sqlite3.connect(data / "aggregator.db")) as looker:
        assert looker.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_onto_a_full_disk_leaves_nothing_half(ran: Run, data: Path) -> None:
    with full(data, 8192):
        said = ran("backup", str(data / "copy.db"))
        assert said.code == 1
        assert "Traceback" not in said.err
        assert not list(data.glob("*copy.db*"))


def test_a_first_start_on_a_full_disk_says_so(
    data: Path, run: Run, follow: Callable[..., None]
) -> None:
    follow()
    with full(data):
        said = run("refresh")
        assert said.code in {1, 2}
        assert "Traceback" not in said.err
        assert "full" in said.err or "No space left on device" in said.err
    assert run("publish").code == 0


def test_an_edit_of_the_list_waits_for_space(ran: Run, data: Path, tmp_path: Path) -> None:
    """The list is read all the same; the copy of the last good one stays whole."""
    config, kept = tmp_path / "feeds.yaml", data / "catalogue.good.yaml"
    good = kept.read_bytes()
    config.write_text(config.read_text("utf-8").replace("Latest posts", "What is new"), "utf-8")
    with full(data):
        assert "1 source, 2 widgets" in ran("check").out
        assert kept.read_bytes() == good
    assert ran("publish").code == 0
    assert kept.read_bytes() == config.read_bytes()


def test_the_clock_goes_on_by_itself_once_there_is_space(
    data: Path, stage: Stage, origin: Origin
) -> None:
    origin.bodies["/feed"] = rss(2, 1)
    stage.follow(stage.source("blog"))
    stage.refresh()
    stage.write(stage.config.read_text("utf-8").replace("Latest posts", "What is new"))

    async def serve() -> None:
        with full(data):
            async with Clock(stage.app) as clock:
                assert "Latest posts" in stage.output("latest-posts.html")
                assert clock.pulse.trouble is not None
        async with Clock(stage.app) as clock:
            assert clock.pulse.trouble is None

    asyncio.run(serve())
    assert "What is new" in stage.output("latest-posts.html")
