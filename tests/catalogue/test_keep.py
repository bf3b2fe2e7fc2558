import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from aggregator.catalogue.keep import Current, Keeper, without
from aggregator.errors import CatalogueError
from aggregator.model import Catalogue, Platform

GOOD = """\
site: {name: Example, url: https://www.example.org}
widgets:
  - {id: news, title: News, layout: posts}
sources:
  - id: insight
    feed: https://insight.example.org/feed/
    in: news
  - id: two-sisters
    feed: https://sisters.example.org/feed/
    in:
      - news
    consent:
      reference: PF-1
      basis: authorization
      given: 2026-05-01
  - id: two
    feed: https://two.example.org/feed/
    in: news
"""
BROKEN = GOOD + "  - id: new one\n"
WITHDRAWN = BROKEN.replace("given: 2026-05-01", "given: 2026-05-01\n      withdrawn: 2026-11-20")


class World:
    """A folder with a list, and keepers of it."""

    def __init__(
        self, folder: Path, platforms: Mapping[str, Platform], layouts: frozenset[str]
    ) -> None:
        self.path = folder / "feeds.yaml"
        self.good_path = folder / "data" / "catalogue.good.yaml"
        self.out_path = folder / "data" / "catalogue.out"
        self._parts = (platforms, layouts)
        self.keeper = self.start()

    def start(self) -> Keeper:
        return Keeper(self.path, self.good_path, *self._parts)

    def write(self, text: str) -> Current:
        self.path.write_text(text, encoding="utf-8")
        return self.keeper.current()


@pytest.fixture
def world(tmp_path: Path, platforms: Mapping[str, Platform], layouts: frozenset[str]) -> World:
    return World(tmp_path, platforms, layouts)


def _ids(current: Current) -> list[str]:
    return [source.id for source in current.catalogue.sources]


def test_good_file_is_current(world: World) -> None:
    current = world.write(GOOD)
    assert _ids(current) == ["insight", "two-sisters", "two"]
    assert current.problem is None


def test_unchanged_file_is_not_parsed_again(world: World) -> None:
    assert world.write(GOOD) is world.keeper.current()


def test_edit_is_noticed(world: World) -> None:
    world.write(GOOD)
    assert (
        world.write(GOOD.replace("title: News", "title: Ours")).catalogue.widgets[0].title == "Ours"
    )


def test_edit_that_leaves_size_and_time_is_noticed(world: World) -> None:
    """Editors on coarse clocks, and restored backups, keep both."""
    world.write(GOOD)
    os.utime(world.path, ns=(10**18, 10**18))
    before = world.path.stat()
    world.keeper.current()
    world.path.write_text(GOOD.replace("title: News", "title: Ours"))
    os.utime(world.path, ns=(10**18, 10**18))
    assert (world.path.stat().st_mtime_ns, world.path.stat().st_size) == (
        before.st_mtime_ns,
        before.st_size,
    )
    assert world.keeper.current().catalogue.widgets[0].title == "Ours"


def test_broken_file_leaves_the_last_good_list(world: World) -> None:
    good = world.write(GOOD)
    broken = world.write(BROKEN)
    assert broken.catalogue == good.catalogue
    assert broken.problem is not None
    assert [problem.line for problem in broken.problem.problems] != []


def test_broken_file_stays_told(world: World) -> None:
    world.write(GOOD)
    world.write(BROKEN)
    assert world.keeper.current().problem is not None


def test_mended_file_is_current_again(world: World) -> None:
    world.write(GOOD)
    world.write(BROKEN)
    current = world.write(GOOD + "# mended\n")
    assert current.problem is None


@pytest.mark.parametrize(
    "take_out",
    [
        lambda text: text.replace("two-sisters", "").replace("sisters.", "sisters-two."),
        lambda text: text.replace("  - id: two-sisters", "#  - id: two-sisters"),
        lambda text: text.replace("- id: two-sisters", "- id: gone # two-sisters"),
        lambda text: text.replace("two-sisters", "two-sisters-2"),
    ],
    ids=["deleted", "commented out", "in a comment", "another word"],
)
def test_source_that_left_a_broken_file_is_out(
    world: World, take_out: Callable[[str], str]
) -> None:
    """A withdrawal wins: somebody may be waiting for it while another line is being mended."""
    world.write(GOOD)
    assert _ids(world.write(take_out(BROKEN))) == ["insight", "two"]


def test_source_withdrawn_in_a_broken_file_is_out(world: World) -> None:
    world.write(GOOD)
    assert _ids(world.write(WITHDRAWN)) == ["insight", "two"]


def test_source_moved_in_a_broken_file_leaves_its_widget(world: World) -> None:
    world.write(GOOD)
    current = world.write(BROKEN.replace("in: news", "in: others"))
    assert [source.widgets for source in current.catalogue.sources] == [(), ("news",), ()]


def test_source_put_back_into_a_broken_file_is_back(world: World) -> None:
    world.write(GOOD)
    world.write(BROKEN.replace("two-sisters", "x"))
    assert "two-sisters" in _ids(world.write(BROKEN))


def test_catalogue_without_sources_has_another_digest(world: World) -> None:
    """Who compares digests must see that something left."""
    good = world.write(GOOD)
    broken = world.write(BROKEN.replace("two-sisters", "x"))
    assert broken.catalogue.digest != good.catalogue.digest


def test_missing_file_keeps_every_source(world: World) -> None:
    good = world.write(GOOD)
    world.path.unlink()
    current = world.keeper.current()
    assert current.catalogue == good.catalogue
    assert current.problem is not None


@pytest.mark.parametrize(
    "raw", [b"", b"\n", GOOD.encode("utf-16")], ids=["none", "blank", "utf-16"]
)
def test_file_that_says_nothing_keeps_every_source(world: World, raw: bytes) -> None:
    """It was damaged, not edited."""
    world.write(GOOD)
    world.path.write_bytes(raw)
    assert len(_ids(world.keeper.current())) == 3


def test_what_was_out_stays_out_while_the_file_is_missing(world: World) -> None:
    world.write(GOOD)
    world.write(BROKEN.replace("two-sisters", "x"))
    world.path.unlink()
    assert _ids(world.keeper.current()) == ["insight", "two"]


def test_file_that_comes_back_is_read(world: World) -> None:
    world.write(GOOD)
    world.path.unlink()
    world.keeper.current()
    assert world.write(GOOD).problem is None


def test_nothing_was_ever_good(world: World) -> None:
    with pytest.raises(CatalogueError, match=r"feeds\.yaml, line"):
        world.write(BROKEN)


def test_advice_promises_no_earlier_list_where_there_is_none(world: World) -> None:
    with pytest.raises(CatalogueError) as caught:
        world.keeper.current()
    assert "no earlier good list" in caught.value.advice


def test_advice_speaks_of_the_last_good_list_where_there_is_one(world: World) -> None:
    world.write(GOOD)
    problem = world.write(BROKEN).problem
    assert problem is not None
    assert "last good list stays in use" in problem.advice


def test_restart_with_a_broken_file_uses_the_saved_list(world: World) -> None:
    world.write(GOOD)
    world.path.write_text(BROKEN.replace("two-sisters", "x"))
    current = world.start().current()
    assert _ids(current) == ["insight", "two"]
    assert current.problem is not None
    assert current.problem.path == str(world.path)


def test_restart_without_a_file_uses_the_saved_list(world: World) -> None:
    world.write(GOOD)
    world.path.unlink()
    assert len(_ids(world.start().current())) == 3


@pytest.mark.parametrize("raw", [None, b"", b"\n", GOOD.encode("utf-16")])
def test_restart_without_a_readable_file_leaves_out_what_was_out(
    world: World, raw: bytes | None
) -> None:
    """An editor may empty the file, or take it away, for the moment of a save."""
    world.write(GOOD)
    world.write(WITHDRAWN)
    if raw is None:
        world.path.unlink()
    else:
        world.path.write_bytes(raw)
    assert _ids(world.start().current()) == ["insight", "two"]


def test_restart_keeps_a_source_out_of_the_widget_that_it_left(world: World) -> None:
    world.write(GOOD)
    world.write(BROKEN.replace("- news", "- others"))
    world.path.unlink()
    assert world.start().current().catalogue.sources[1].widgets == ()


def test_what_another_process_saw_counts(world: World) -> None:
    """This one looked before and after the withdrawal, but not in between."""
    world.write(GOOD)
    world.path.write_text(WITHDRAWN)
    world.start().current()
    world.path.unlink()
    assert _ids(world.keeper.current()) == ["insight", "two"]


@pytest.mark.parametrize("text", [GOOD, BROKEN], ids=["good", "broken"])
def test_file_that_takes_nothing_out_clears_what_was_out(world: World, text: str) -> None:
    world.write(GOOD)
    world.write(WITHDRAWN)
    world.write(text)
    world.path.unlink()
    assert len(_ids(world.start().current())) == 3
    assert not world.out_path.exists()


def test_restart_with_a_good_file_clears_what_was_out(world: World) -> None:
    world.write(GOOD)
    world.write(WITHDRAWN)
    world.path.write_text(GOOD)
    assert len(_ids(world.start().current())) == 3
    assert not world.out_path.exists()


def test_what_is_out_is_one_a_line(world: World) -> None:
    world.write(GOOD)
    world.write(WITHDRAWN.replace("- id: insight", "- id: gone").replace("in: news", "in: others"))
    assert world.out_path.read_text() == "insight\ntwo news\ntwo-sisters\n"


def test_broken_saved_list_does_not_hide_what_is_wrong_with_the_file(world: World) -> None:
    world.good_path.parent.mkdir()
    world.good_path.write_text("site: [\n")
    with pytest.raises(CatalogueError) as caught:
        world.write(BROKEN)
    assert caught.value.path == str(world.path)


def test_saved_list_has_the_same_bytes_and_nothing_lies_beside_it(world: World) -> None:
    world.write(GOOD)
    world.write(GOOD + "# again\n")
    assert world.good_path.read_text() == GOOD + "# again\n"
    assert list(world.good_path.parent.iterdir()) == [world.good_path]


def test_unwritable_folder_does_not_break_reading(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.good_path.parent.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        current = world.write(GOOD)
    assert current.problem is None
    assert "not saved" in caplog.text


def test_unwritable_folder_does_not_break_a_withdrawal(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.good_path.parent.write_text("a file where the folder should be")
    world.write(GOOD)
    with caplog.at_level(logging.WARNING):
        assert _ids(world.write(WITHDRAWN)) == ["insight", "two"]
    assert "catalogue.out" in caplog.text


def test_withdrawals_that_cannot_be_read_do_not_break_reading(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.write(GOOD)
    world.out_path.mkdir()
    world.path.unlink()
    with caplog.at_level(logging.WARNING):
        assert len(_ids(world.start().current())) == 3
    assert "not read" in caplog.text


def test_without_leaves_out_what_is_named(world: World) -> None:
    catalogue: Catalogue = world.write(GOOD).catalogue
    fewer = without(catalogue, {"insight", "unheard-of"})
    assert [source.id for source in fewer.sources] == ["two-sisters", "two"]
    assert fewer.digest != catalogue.digest


def test_without_nobody_is_the_same(world: World) -> None:
    catalogue = world.write(GOOD).catalogue
    assert without(catalogue, {"unheard-of"}) is catalogue


def test_without_a_place_is_another_catalogue(world: World) -> None:
    catalogue = world.write(GOOD).catalogue
    fewer = without(catalogue, {"two news"})
    assert [source.widgets for source in fewer.sources] == [("news",), ("news",), ()]
    assert fewer.digest != catalogue.digest
