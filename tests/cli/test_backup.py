"""Backups, and what a restore may not bring back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.app import App
from aggregator.settings import load_settings
from tests.cli.conftest import Run
from tests.trip.stage import Origin, rss

Follow = Callable[..., None]


@pytest.fixture
def blog(origin: Origin, follow: Follow, run: Run, tmp_path: Path) -> Run:
    """Three posts, and a backup of them."""
    origin.bodies["/feed"] = rss(3, 2, 1)
    follow()
    assert run("refresh").code == 0
    assert run("backup", str(tmp_path / "copy.db")).code == 0
    return run


def ids(run: Run) -> dict[str, str]:
    return {str(post["title"]): str(post["id"]) for post in run("posts", "--json").lines}


def page(folder: Path) -> str:
    return (folder / "data/public/w/latest-posts.html").read_text("utf-8")


def test_tombstones_are_beside_the_backup(blog: Run, tmp_path: Path) -> None:
    blog("takedown", ids(blog)["Post 2"])
    assert blog("backup", str(tmp_path / "later.db")).code == 0
    beside = tmp_path / "later.db.tombstones.jsonl"
    kept = tmp_path / "data" / "tombstones.jsonl"
    assert sorted(beside.read_text("utf-8").splitlines()) == sorted(
        kept.read_text("utf-8").splitlines()
    )
    assert beside.stat().st_mode & 0o777 == 0o600


def test_a_restore_brings_back_all_but_what_was_taken_off(blog: Run, tmp_path: Path) -> None:
    blog("takedown", ids(blog)["Post 2"])
    blog("hide", ids(blog)["Post 1"])
    said = blog("restore", str(tmp_path / "copy.db"))
    assert said.code == 0
    assert "1 post of it was taken down since the backup" in said.out
    assert "What was taken off the pages since stays off: hidden 1." in said.out
    assert "approvals, pins, posts by hand" in said.out
    assert list(ids(blog)) == ["Post 3", "Post 1"]
    assert "post 3" in page(tmp_path)
    assert "post 1" not in page(tmp_path)
    assert "post 2" not in page(tmp_path)
    assert b"What happened in post 2" not in (tmp_path / "data/aggregator.db").read_bytes()


def test_a_restore_tells_a_machine_what_it_did(blog: Run, tmp_path: Path) -> None:
    blog("takedown", ids(blog)["Post 2"])
    [told] = blog("restore", str(tmp_path / "copy.db"), "--json").lines
    assert told["taken_down_again"] == 1
    assert told["carried"] == {}
    assert told["published"]
    assert Path(told["aside"]).exists()
    assert told["failed"] == []


def test_a_hide_from_before_the_restore_can_be_undone(blog: Run, tmp_path: Path) -> None:
    blog("hide", ids(blog)["Post 1"])
    blog("restore", str(tmp_path / "copy.db"))
    [kept] = blog("undo", "--json").lines
    assert blog("undo", str(kept["number"])).code == 0
    assert "post 1" in page(tmp_path)


def test_a_widget_that_was_blanked_stays_blank(blog: Run, tmp_path: Path) -> None:
    blog("blank", "latest-posts")
    assert blog("restore", str(tmp_path / "copy.db")).code == 0
    assert "post 1" not in page(tmp_path)


def test_the_audit_tells_of_it_in_words(blog: Run, tmp_path: Path) -> None:
    blog("hide", ids(blog)["Post 1"])
    blog("restore", str(tmp_path / "copy.db"))
    said = blog("audit").out
    assert "restored all (backup of " in said
    assert "kept off since: hidden 1)" in said
    assert " hid post " in said


def test_without_the_old_database_nothing_is_published_unseen(blog: Run, tmp_path: Path) -> None:
    blog("hide", ids(blog)["Post 1"])
    for path in (tmp_path / "data").glob("aggregator.db*"):
        path.unlink()
    said = blog("restore", str(tmp_path / "copy.db"))
    assert said.code == 0
    assert "The database that was there is missing" in said.err
    assert "then `publish`" in said.err
    assert "post 1" not in page(tmp_path)


def test_a_copy_put_back_by_hand_is_put_right_at_the_next_command(
    blog: Run, tmp_path: Path
) -> None:
    blog("takedown", ids(blog)["Post 2"])
    (tmp_path / "data/aggregator.db").write_bytes((tmp_path / "copy.db").read_bytes())
    blog("publish")
    assert list(ids(blog)) == ["Post 3", "Post 1"]
    assert "post 2" not in page(tmp_path)


def test_a_restore_beside_a_running_program_is_refused(blog: Run, tmp_path: Path) -> None:
    settings = load_settings(config=tmp_path / "feeds.yaml", data=tmp_path / "data")
    with App(settings) as app, app.database.reading():
        said = blog("restore", str(tmp_path / "copy.db"))
    assert said.code == 1
    assert "Another program uses the database" in said.err
    assert len(ids(blog)) == 3


def test_a_restore_of_what_is_no_backup_changes_nothing(blog: Run, tmp_path: Path) -> None:
    said = blog("restore", str(tmp_path / "feeds.yaml"))
    assert said.code == 1
    assert "is damaged, or is no backup of Aggregator" in said.err
    assert len(ids(blog)) == 3


# --- the secret key ---------------------------------------------------------------------------


def test_without_the_key_of_serve_nothing_is_taken_down(
    run: Run, blog: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would come back at the next visit: its marks would be made with another key."""
    key = tmp_path / "data" / "secret.key"
    own, post = key.read_text().strip(), ids(run)["Post 2"]
    key.unlink()
    said = blog("takedown", post)
    assert said.code != 0
    assert "AGGREGATOR_SECRET_KEY: it is not set" in said.err
    assert "Set it as it is set for `serve`" in said.err
    assert not key.exists()
    monkeypatch.setenv("AGGREGATOR_SECRET_KEY", own)
    assert blog("takedown", post).code == 0


@pytest.mark.parametrize("command", ["takedown", "posts", "publish", "restore"])
def test_another_key_is_refused_and_it_is_said_which_was_used(
    blog: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    words = {"takedown": [ids(blog)["Post 2"]], "restore": [str(tmp_path / "copy.db")]}
    monkeypatch.setenv("AGGREGATOR_SECRET_KEY", "another key " * 4)
    said = blog(command, *words.get(command, []))
    assert said.code != 0
    assert "is not the one with which this database was made" in said.err
    assert "that of AGGREGATOR_SECRET_KEY" in said.err
    assert "another key" not in said.err
