import gzip
import os
import threading
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import brotli
import pytest

from aggregator.errors import SettingsError
from aggregator.model import OutputFile
from aggregator.widgets.output import OutputFolder

PAGE = OutputFile("w/latest.html", b"<p>one</p>")
OTHER = OutputFile("w/latest/index.html", b"<p>page</p>")


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "data" / "public"


@pytest.fixture
def folder(public: Path) -> OutputFolder:
    return OutputFolder(public)


def names(public: Path) -> list[str]:
    return sorted(str(path.relative_to(public)) for path in public.rglob("*") if path.is_file())


def test_writes_each_file_with_its_codings(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE])
    assert names(public) == ["w/latest.html", "w/latest.html.br", "w/latest.html.gz"]


def test_codings_hold_the_same_bytes(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE])
    assert brotli.decompress((public / "w/latest.html.br").read_bytes()) == PAGE.body
    assert gzip.decompress((public / "w/latest.html.gz").read_bytes()) == PAGE.body


def test_tells_what_changed(folder: OutputFolder) -> None:
    folder.write([PAGE, OTHER])
    changed = OutputFile(PAGE.path, b"<p>two</p>")
    assert folder.write([changed, OTHER]) == ("w/latest.html",)


def test_equal_content_is_not_written_again(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE])
    before = {path.name: path.stat().st_ino for path in (public / "w").iterdir()}
    assert folder.write([PAGE]) == ()
    assert {path.name: path.stat().st_ino for path in (public / "w").iterdir()} == before


@pytest.mark.parametrize("suffix", ["", ".br", ".gz"])
def test_lost_file_is_mended(folder: OutputFolder, public: Path, suffix: str) -> None:
    folder.write([PAGE])
    (public / f"w/latest.html{suffix}").unlink()
    assert folder.write([PAGE]) == ("w/latest.html",)


def test_interrupted_write_is_mended_by_the_next(folder: OutputFolder, public: Path) -> None:
    """Killed after the compressed files moved: the plain one is still the old one."""
    folder.write([PAGE])
    new = OutputFile(PAGE.path, b"<p>two</p>")
    (public / "w/latest.html.br").write_bytes(brotli.compress(new.body))
    assert folder.write([new]) == ("w/latest.html",)


def test_same_content_packs_to_the_same_bytes(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE])
    first = (public / "w/latest.html.gz").read_bytes()
    folder.remove("latest")
    folder.write([PAGE])
    assert (public / "w/latest.html.gz").read_bytes() == first


def test_files_are_readable_by_the_web_server_whatever_the_umask(
    folder: OutputFolder, public: Path
) -> None:
    before = os.umask(0o077)
    try:
        folder.write([PAGE, OTHER])
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in public.rglob("*.html")} == {0o644}
    assert {path.stat().st_mode & 0o777 for path in (public, public / "w/latest")} == {0o755}


def test_nothing_unfinished_is_left(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE, OTHER])
    assert not list(public.rglob(".*"))


def test_failed_write_leaves_every_old_file(
    folder: OutputFolder, public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: nothing is replaced, nothing half written stays."""
    folder.write([PAGE, OTHER])
    calls = iter(range(100))

    def full(number: int) -> None:
        if next(calls) == 4:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    news = [OutputFile(file.path, b"new") for file in (PAGE, OTHER)]
    with pytest.raises(SettingsError) as caught:
        folder.write(news)
    assert "Free space" in caught.value.advice
    assert (public / PAGE.path).read_bytes() == PAGE.body
    assert not list(public.rglob(".*"))


def test_unwritable_folder_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as caught:
        OutputFolder(tmp_path / "file" / "public").write([PAGE])
    assert caught.value.name == "AGGREGATOR_DATA"


def test_remove_takes_every_shape_of_one_widget(folder: OutputFolder, public: Path) -> None:
    neighbour = OutputFile("w/latest-home.html", b"x")
    shadow = OutputFile("w/latest.shadow.html", b"x")
    folder.write([PAGE, OTHER, neighbour, shadow])
    folder.remove("latest")
    assert names(public) == [f"w/latest-home.html{suffix}" for suffix in ("", ".br", ".gz")]
    assert not (public / "w/latest").exists()


def test_remove_of_what_is_not_there_is_no_error(folder: OutputFolder, public: Path) -> None:
    folder.remove("absent")
    assert not public.exists()


def test_keep_only_removes_widgets_that_left(folder: OutputFolder, public: Path) -> None:
    left = OutputFile("w/left.html", b"{}")
    shared = [OutputFile("w/widget.0123456789ab.css", b"x"), OutputFile("w/loader.js", b"x")]
    folder.write([PAGE, OTHER, left, *shared])
    assert folder.keep_only(["latest"]) == ("left",)
    kept = {name for name in names(public) if not name.endswith((".br", ".gz"))}
    assert kept == {"w/latest.html", "w/latest/index.html", *(file.path for file in shared)}


def test_keep_only_leaves_what_is_not_ours(folder: OutputFolder, public: Path) -> None:
    (public / "w" / "pictures").mkdir(parents=True)
    (public / "w" / "pictures" / "a.txt").write_text("somebody's own")
    folder.write([PAGE])
    assert folder.keep_only(["latest"]) == ()
    assert (public / "w" / "pictures" / "a.txt").exists()


def test_a_widget_whose_folder_holds_other_files_is_removed_all_the_same(
    folder: OutputFolder, public: Path
) -> None:
    folder.write([PAGE, OTHER])
    (public / "w" / "latest" / "notes.txt").write_text("somebody's own")
    folder.remove("latest")
    assert names(public) == ["w/latest/notes.txt"]


def test_a_compressed_copy_of_other_content_is_mended(folder: OutputFolder, public: Path) -> None:
    """A write that was interrupted between two files must not leave a withdrawn text behind."""
    folder.write([PAGE])
    stale = public / "w" / "latest.html.br"
    stale.write_bytes(brotli.compress(b"with the withdrawn post"))
    folder.write([PAGE])
    assert brotli.decompress(stale.read_bytes()) == PAGE.body


def test_sweep_deletes_what_a_killed_process_left(folder: OutputFolder, public: Path) -> None:
    drafts = public.parent / "drafts"
    folder.write([PAGE])
    (drafts / "latest.html.abc123").write_bytes(b"half")
    folder.sweep()
    assert names(drafts) == []


def test_sweep_before_the_first_write_is_no_error(folder: OutputFolder, public: Path) -> None:
    folder.sweep()
    assert not public.exists()


def test_locks_lie_outside_the_website(folder: OutputFolder, public: Path) -> None:
    with folder.lock("latest"):
        assert (public.parent / "locks").is_dir()
        assert not public.exists()


@pytest.mark.parametrize("widget_id", ["writing", "latest"])
def test_writes_under_the_lock_of_any_widget(folder: OutputFolder, widget_id: str) -> None:
    with folder.lock(widget_id):
        assert folder.write([PAGE]) == ("w/latest.html",)


def tallies(count: Callable[[], None], workers: int = 4) -> None:
    threads = [threading.Thread(target=count) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_lock_parts_threads(folder: OutputFolder, tmp_path: Path) -> None:
    tally = tmp_path / "tally"
    tally.write_text("0")

    def count() -> None:
        for _ in range(25):
            with folder.lock("latest"):
                tally.write_text(str(int(tally.read_text()) + 1))

    tallies(count)
    assert tally.read_text() == "100"


def take_and_die(public: Path) -> None:
    with OutputFolder(public).lock("latest"):
        os._exit(0)


def test_lock_of_a_dead_process_is_free(folder: OutputFolder, public: Path) -> None:
    process = get_context("spawn").Process(target=take_and_die, args=(public,))
    process.start()
    process.join(30)
    with folder.lock("latest"):
        assert process.exitcode == 0


def test_reader_never_finds_half_a_file(folder: OutputFolder, public: Path) -> None:
    """Whatever is read while others write is one of the contents, whole."""
    bodies = [bytes([letter]) * 20_000 for letter in b"ab"]
    folder.write([OutputFile(PAGE.path, bodies[0])])
    seen = set()

    def write() -> None:
        for turn in range(10):
            with folder.lock("latest"):
                folder.write([OutputFile(PAGE.path, bodies[turn % 2])])

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        seen.add((public / PAGE.path).read_bytes())
    writer.join()
    assert seen <= set(bodies)


# --- what stands -------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_files_as_they_stand(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE, OTHER])
    before = folder.digest("latest")
    folder.write([PAGE, OTHER])
    assert folder.digest("latest") == before
    for path in [*public.glob("w/latest.*"), *public.glob("w/latest/*")]:
        body = path.read_bytes()
        path.write_bytes(body + b" ")
        assert folder.digest("latest") != before
        path.unlink()
        assert folder.digest("latest") != before
        path.write_bytes(body)
    assert folder.digest("latest") == before


def test_the_digest_of_a_widget_does_not_hang_on_others(folder: OutputFolder) -> None:
    folder.write([PAGE, OTHER])
    before = folder.digest("latest")
    folder.write([OutputFile("w/latest-too.html", b"another")])
    assert folder.digest("latest") == before


def test_a_folder_in_a_files_place_is_no_error(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE, OTHER])
    before = folder.digest("latest")
    (public / "w" / "latest.html").unlink()
    (public / "w" / "latest.html").mkdir()
    assert folder.digest("latest") != before


# --- all shapes of a widget, and what all widgets share -------------------------------------------


SHAPES = ("w/latest.html", "w/latest.shadow.html", "w/latest.opml", "w/latest/index.html")


def test_a_shape_that_is_no_longer_made_goes(folder: OutputFolder, public: Path) -> None:
    """A widget that lists blogs no more has no blogroll, in any coding."""
    folder.replace("latest", [OutputFile(path, b"old") for path in SHAPES])
    kept = [OutputFile(path, b"new") for path in SHAPES if not path.endswith(".opml")]
    assert folder.replace("latest", kept) == tuple(file.path for file in kept)
    assert not [name for name in names(public) if "opml" in name]
    assert len(names(public)) == 3 * len(kept)


def test_remove_and_digest_cover_every_shape(folder: OutputFolder, public: Path) -> None:
    folder.replace("latest", [OutputFile(path, b"old") for path in SHAPES])
    digests = {folder.digest("latest")}
    for path in SHAPES:
        (public / path).write_bytes(b"damaged")
        digests.add(folder.digest("latest"))
    folder.remove("latest")
    assert len(digests) == 1 + len(SHAPES)
    assert names(public) == []


def test_what_is_replaced_in_one_widget_leaves_its_namesakes(
    folder: OutputFolder, public: Path
) -> None:
    folder.write([OutputFile("w/latest-posts.html", b"other")])
    folder.replace("latest", [PAGE])
    assert (public / "w/latest-posts.html").read_bytes() == b"other"


def asset(number: int, stem: str = "loader", suffix: str = ".js") -> OutputFile:
    return OutputFile(f"w/{stem}.{number:012x}{suffix}", b"%d" % number)


def test_the_last_three_of_each_hashed_file_are_kept(folder: OutputFolder, public: Path) -> None:
    for number in range(5):
        for file in (asset(number), asset(number, "widget", ".css"), asset(number, "widget")):
            folder.write([file])
            os.utime(public / file.path, ns=(0, number))
    folder.keep_assets([asset(4), asset(4, "widget", ".css"), asset(4, "widget")])
    expected = {
        asset(number, *kind).path + coding
        for number in (2, 3, 4)
        for kind in (("loader", ".js"), ("widget", ".css"), ("widget", ".js"))
        for coding in ("", ".br", ".gz")
    }
    assert set(names(public)) == expected


def test_what_is_in_use_is_kept_however_old(folder: OutputFolder, public: Path) -> None:
    for number in range(4):
        folder.write([asset(number)])
        os.utime(public / asset(number).path, ns=(0, number))
    folder.keep_assets([asset(0)])
    assert [name for name in names(public) if name.endswith(".js")] == [
        asset(number).path for number in (0, 2, 3)
    ]


def test_plain_names_and_widgets_are_no_old_assets(folder: OutputFolder, public: Path) -> None:
    files = [PAGE, OutputFile("w/loader.js", b"1"), OutputFile("w/widget.css", b"2")]
    folder.write(files)
    folder.keep_assets([asset(1)])
    assert len(names(public)) == 3 * len(files)


# --- pictures ----------------------------------------------------------------------------------

PICTURE = OutputFile("media/abc.webp", b"RIFF")


def test_a_picture_is_written_without_codings(folder: OutputFolder, public: Path) -> None:
    """It is packed already; a packed copy of it would only be larger."""
    assert folder.write([PICTURE]) == (PICTURE.path,)
    assert names(public) == [PICTURE.path]
    assert (public / PICTURE.path).stat().st_mode & 0o777 == 0o644


def test_a_picture_that_stands_is_left_alone(folder: OutputFolder) -> None:
    folder.write([PICTURE])
    assert folder.write([PICTURE]) == ()


def test_pictures_are_known_by_their_names(folder: OutputFolder) -> None:
    assert folder.pictures() == frozenset()
    folder.write([PICTURE, OutputFile("media/def.webp", b"RIFF")])
    assert folder.pictures() == {"abc", "def"}


def test_only_pictures_that_are_wanted_are_kept(folder: OutputFolder, public: Path) -> None:
    folder.write([PAGE, PICTURE, OutputFile("media/def.webp", b"RIFF")])
    (public / "media" / "readme.txt").write_text("somebody's own")
    with folder.picture_lock():
        folder.keep_pictures({"abc"})
    assert folder.pictures() == {"abc"}
    assert {"media/readme.txt", PAGE.path} <= set(names(public))


def test_a_widget_that_leaves_takes_no_picture_with_it(folder: OutputFolder) -> None:
    """Another widget may show it as well; who names it is known elsewhere."""
    folder.write([PAGE, PICTURE])
    folder.keep_only([])
    assert folder.pictures() == {"abc"}
