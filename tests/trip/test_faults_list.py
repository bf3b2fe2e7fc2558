"""feeds.yaml in every bad shape: it is told, the last good widgets stay up, and nothing is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.conftest import follow as follow  # noqa: PLC0414 - a fixture, used by name
from tests.cli.conftest import run as run  # noqa: PLC0414
from tests.trip.sqlite import stage as stage  # noqa: PLC0414
from tests.trip.stage import Origin, Stage, rss
from tests.trip.test_serve import Served

Follow = Callable[..., None]
Damage = Callable[[Path], object]


def to_folder(config: Path) -> None:
    """As unreadable for root as for anybody."""
    config.unlink()
    config.mkdir()


def to_loop(config: Path) -> None:
    config.unlink()
    config.symlink_to(config)


SAYS_NOTHING: dict[str, tuple[Damage, str]] = {
    "empty": (lambda config: config.write_bytes(b""), "The file is empty. Begin it with site:"),
    "binary": (lambda config: config.write_bytes(bytes(range(256))), "is not saved as UTF-8"),
    "zeros": (lambda config: config.write_bytes(bytes(5000)), "line 1, column 1"),
    "missing": (lambda config: config.unlink(), "There is no such file. Name the right one"),
    "a folder": (to_folder, "This is not a file. Name the file itself with --config."),
    "unreadable": (to_loop, "The file cannot be read (Too many levels of symbolic links)"),
}
"""Damage that is no edit: nobody took anything out."""
SAYS_SOMETHING: dict[str, tuple[Damage, str]] = {
    "broken": (
        lambda config: config.write_text(config.read_text("utf-8") + "  - {id: new", "utf-8"),
        "A bracket opens here and is not closed",
    ),
    "latin-1": (
        lambda config: config.write_bytes(config.read_bytes() + "# é\n".encode("latin-1")),
        "is not saved as UTF-8",
    ),
}


@pytest.fixture
def blog(run: Run, origin: Origin, follow: Follow) -> Run:
    """A world in which a blog's posts are on the page."""
    origin.bodies["/feed"] = rss(3, 2, 1)
    follow()
    assert run("refresh").code == 0
    return run


def fragment(folder: Path) -> str:
    return (folder / "data/public/w/latest-posts.html").read_text("utf-8")


@pytest.mark.parametrize("name", SAYS_NOTHING | SAYS_SOMETHING)
def test_a_damaged_list_is_told_and_the_widget_stays(blog: Run, tmp_path: Path, name: str) -> None:
    damage, words = (SAYS_NOTHING | SAYS_SOMETHING)[name]
    before = fragment(tmp_path)
    damage(tmp_path / "feeds.yaml")
    said = blog("publish")
    assert (said.code, fragment(tmp_path)) == (0, before)
    assert f"{tmp_path / 'feeds.yaml'}"[-10:] in said.err
    assert words in said.err
    assert said.err.endswith("The last good list is in use.\n")


@pytest.mark.parametrize("name", SAYS_NOTHING)
def test_a_first_start_without_a_good_list_says_what_to_do(
    run: Run, tmp_path: Path, name: str
) -> None:
    damage, words = SAYS_NOTHING[name]
    damage(tmp_path / "feeds.yaml")
    said = run("serve", "--port", "0")
    assert said.code == 1
    assert words in said.err
    assert "Nothing is shown until it is mended" in said.err


@pytest.mark.parametrize("name", ["empty", "missing", "broken"])
def test_a_mended_list_goes_on_where_it_was(
    blog: Run, origin: Origin, tmp_path: Path, name: str
) -> None:
    config = tmp_path / "feeds.yaml"
    good, before, asked = config.read_bytes(), fragment(tmp_path), len(origin.asked)
    (SAYS_NOTHING | SAYS_SOMETHING)[name][0](config)
    blog("refresh")
    config.write_bytes(good)
    said = blog("refresh")
    assert said.err == ""
    assert (fragment(tmp_path), len(origin.asked)) == (before, asked)


def test_what_is_only_a_comment_now_is_out_and_named(blog: Run, tmp_path: Path) -> None:
    """Somebody may have taken it out on purpose; a withdrawal does not wait for good YAML."""
    config = tmp_path / "feeds.yaml"
    lines = config.read_text("utf-8").splitlines()
    config.write_text("".join(f"# {line}\n" for line in lines), "utf-8")
    said = blog("publish")
    assert "The file holds nothing but comments." in said.err
    assert "without what is no longer found in the file: blog" in said.err
    assert "post 3" not in fragment(tmp_path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_list_cut_off_while_it_is_written_loses_nothing(
    stage: Stage, origin: Origin, share: float
) -> None:
    origin.bodies["/feed"] = origin.bodies["/other"] = rss(3, 2, 1)
    stage.follow(stage.source("blog"), stage.source("other", "/other"))
    stage.refresh()
    before, asked, whole = stage.outputs(), len(origin.asked), stage.config.read_text("utf-8")
    stage.write(whole[: int(len(whole) * share)])
    stage.publish()
    stage.write(whole)
    assert (stage.refresh(), len(origin.asked)) == ([], asked)
    assert stage.outputs() == before


@pytest.fixture
def served(stage: Stage, origin: Origin) -> Iterator[Served]:
    """The whole program, with a blog on its page."""
    origin.bodies["/feed"] = rss(2, 1)
    stage.follow(stage.source("blog"))
    made = Served(stage)
    made.until("/w/latest-posts.html", lambda body: "post 2" in body)
    yield made
    made.close()


def test_a_list_deleted_while_serving_keeps_the_page_up(served: Served, stage: Stage) -> None:
    text = stage.config.read_text("utf-8")
    stage.config.unlink()
    served.until("/healthz", lambda body: "broken; the last good one is in use" in body)
    assert "post 2" in served.get("/w/latest-posts.html")[1]
    assert "There is no such file." in served.log.read_text("utf-8")
    stage.write(text.replace("title: Latest posts", "title: What is new"))
    served.until("/w/latest-posts.html", lambda body: "What is new" in body)
    assert "post 2" in served.get("/w/latest-posts.html")[1]
