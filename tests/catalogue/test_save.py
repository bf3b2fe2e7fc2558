"""The door to feeds.yaml on disk: one at a time, all or nothing, nothing behind anybody's back."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.catalogue.edit import NewSource, add_sources, set_fields
from aggregator.catalogue.save import edit_file
from aggregator.errors import CatalogueError, EditConflict, EditRefused
from aggregator.model import Catalogue

Read = Callable[[str | bytes], Catalogue]

TEXT = """\
site: {name: Clinic, url: https://www.example.org}
widgets: [{id: news, title: News, layout: posts}]
sources:
  - id: a
    feed: https://a.example.org/   # ours
    in: news
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "feeds.yaml"
    file.write_text(TEXT, "utf-8")
    return file


def rename(text: str) -> str:
    return set_fields(text, "a", {"name": "New"})


def new(name: str) -> NewSource:
    return NewSource(name, "feed", f"https://{name}.example.org/", widgets=("news",))


def test_the_file_says_afterwards_what_was_wanted(path: Path, read: Read) -> None:
    catalogue = edit_file(path, rename, read=read)
    assert catalogue == read(path.read_bytes())
    assert catalogue.sources[0].name == "New"


def test_line_ends_and_a_mark_at_the_start_stay_as_they_are(path: Path, read: Read) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    edit_file(path, rename, read=read)
    changed = TEXT.replace("/   # ours\n", "/   # ours\n    name: New\n").replace(
        "    name: New\n    in: news\n", "    in: news\n    name: New\n"
    )
    assert path.read_bytes() == b"\xef\xbb\xbf" + changed.replace("\n", "\r\n").encode()


def test_who_saw_another_file_is_told(path: Path, read: Read) -> None:
    seen = read(path.read_bytes()).digest
    path.write_text(TEXT + "  # by hand\n", "utf-8")
    with pytest.raises(EditConflict, match="somebody else"):
        edit_file(path, rename, read=read, expected=seen)
    assert path.read_text("utf-8") == TEXT + "  # by hand\n"


def test_who_saw_this_file_may_change_it(path: Path, read: Read) -> None:
    edit_file(path, rename, read=read, expected=read(TEXT).digest)
    assert "name: New" in path.read_text("utf-8")


def test_a_broken_file_is_not_written_over_and_its_line_is_named(path: Path, read: Read) -> None:
    broken = TEXT + "  - id: b\n    feeed: https://b.example.org/\n"
    path.write_text(broken, "utf-8")
    with pytest.raises(CatalogueError, match="line 8"):
        edit_file(path, rename, read=read)
    assert path.read_text("utf-8") == broken


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: add_sources(text, [new("a")]), 'id "a" stands twice'),
        (lambda text: text.replace("layout: posts", "layout: post"), 'no layout "post"'),
    ],
)
def test_what_would_break_the_file_is_not_written(
    path: Path, read: Read, change: Callable[[str], str], said: str
) -> None:
    with pytest.raises(EditRefused, match=said):
        edit_file(path, change, read=read)
    assert path.read_text("utf-8") == TEXT


def test_an_editor_that_saves_at_the_same_moment_loses_nothing(path: Path, read: Read) -> None:
    """It knows nothing of our lock; we begin again with what it wrote."""
    saved: list[str] = []

    def change(text: str) -> str:
        if not saved:
            saved.append(text + "  # by hand\n")
            path.write_text(saved[0], "utf-8")
        return rename(text)

    edit_file(path, change, read=read)
    assert path.read_text("utf-8") == rename(saved[0])


def test_an_editor_that_never_stops_saving_wins(path: Path, read: Read) -> None:
    def change(text: str) -> str:
        path.write_text(text + "# by hand\n", "utf-8")
        return rename(text)

    with pytest.raises(EditConflict):
        edit_file(path, change, read=read)
    assert "name: New\n" not in path.read_text("utf-8")


def test_two_at_once_both_count(path: Path, read: Read) -> None:
    def add(name: str) -> None:
        edit_file(path, lambda text: add_sources(text, [new(name)]), read=read)

    threads = [threading.Thread(target=add, args=(f"s{place}",)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {source.id for source in read(path.read_bytes()).sources} == {
        "a",
        *(f"s{place}" for place in range(8)),
    }


def test_another_process_is_waited_for(path: Path, read: Read) -> None:
    """It holds the lock until it has been told to write, and its change is not lost."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    ours = threading.Thread(target=edit_file, args=(path, rename), kwargs={"read": read})
    ours.start()
    holder.communicate(b"\n")
    ours.join()
    assert path.read_text("utf-8") == rename(TEXT + "  # theirs\n")


_HOLDER = """
import fcntl, pathlib, sys
path = pathlib.Path(sys.argv[1])
with path.with_name(path.name + ".lock").open("a") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.readline()
    path.write_text(path.read_text() + "  # theirs\\n")
"""


def test_the_mode_of_the_file_stays(path: Path, read: Read) -> None:
    path.chmod(0o664)
    edit_file(path, rename, read=read)
    assert path.stat().st_mode & 0o777 == 0o664


def test_a_link_stays_a_link(path: Path, tmp_path: Path, read: Read) -> None:
    link = tmp_path / "link.yaml"
    link.symlink_to(path)
    edit_file(link, rename, read=read)
    assert link.is_symlink()
    assert "name: New" in path.read_text("utf-8")


def test_nothing_is_left_beside_it_but_the_lock(path: Path, read: Read) -> None:
    edit_file(path, rename, read=read)
    assert {file.name for file in path.parent.iterdir()} == {"feeds.yaml", "feeds.yaml.lock"}


def test_a_folder_that_cannot_be_written_is_named(path: Path, read: Read) -> None:
    path.with_name("feeds.yaml.lock").mkdir()
    with pytest.raises(EditRefused, match="cannot be written") as caught:
        edit_file(path, rename, read=read)
    assert str(path.parent) in caught.value.advice


def test_a_file_that_is_mounted_alone_says_what_to_mount(
    path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", busy)
    with pytest.raises(EditRefused, match="mounted") as caught:
        edit_file(path, rename, read=read)
    assert "folder" in caught.value.advice
    assert path.read_text("utf-8") == TEXT
