"""Templates and output folder in bad shape: it is told, and the last good files come back whole."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions.publish import Published
from aggregator.clock import WHOLE_EVERY, Clock
from aggregator.errors import AggregatorError
from tests.cli.conftest import Run
from tests.cli.conftest import follow as follow  # noqa: PLC0414 - a fixture, used by name
from tests.cli.conftest import run as run  # noqa: PLC0414
from tests.trip.sqlite import stage as stage  # noqa: PLC0414
from tests.trip.stage import Origin, Stage, rss

DAY = timedelta(days=1)


@pytest.fixture
def blog(stage: Stage, origin: Origin) -> Stage:
    """A stage with posts on the page, and a template folder of the operator's own, still empty."""
    origin.bodies["/feed"] = rss(2, 1)
    stage.follow(stage.source("blog"))
    (stage.folder / "templates" / "widgets").mkdir(parents=True)
    stage.app = stage.open(templates=stage.folder / "templates")
    stage.refresh()
    return stage


def template(stage: Stage, text: str) -> Path:
    """Write the operator's own ``posts.html``."""
    path = stage.folder / "templates" / "widgets" / "posts.html"
    path.write_text(text, "utf-8")
    return path


def trouble(published: list[Published]) -> AggregatorError:
    (error,) = [one.error for one in published if one.error is not None]
    return error


BROKEN = {
    "syntax": ("<p>\n{% if %}", "line 2, cannot be used: Expected an expression"),
    "undefined": ("<p>\n{{ nonsense.x }}", "line 2, cannot be used: 'nonsense' is undefined"),
    "arithmetic": ("{{ 1 // 0 }}", "line 1, cannot be used: integer division"),
    "include": ("{% include 'no.html' %}", "line 1, cannot be used: 'no.html' not found"),
    "endless": ("{% include 'widgets/posts.html' %}", "line 1, cannot be used: maximum recursion"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_template_is_named_and_the_page_stays(blog: Stage, name: str) -> None:
    text, words = BROKEN[name]
    before = blog.outputs()
    template(blog, text)
    error = trouble(blog.publish())
    assert str(error).startswith("widget latest-posts: the template widgets/posts.html, ")
    assert words in str(error)
    assert "Mend the template" in error.advice
    assert blog.outputs() == before


@pytest.mark.parametrize("name", BROKEN)
def test_new_posts_wait_for_the_template_to_be_mended(
    blog: Stage, origin: Origin, name: str
) -> None:
    mended = template(blog, BROKEN[name][0])
    origin.bodies["/feed"] = rss(3, 2, 1)
    (report,) = blog.refresh(2 * DAY)
    assert report.written is not None
    assert report.written.new == 1
    assert "post 3" not in blog.output("latest-posts.html")
    mended.unlink()
    blog.publish()
    assert "post 3" in blog.output("latest-posts.html")


def test_a_template_that_is_no_text_is_named(blog: Stage) -> None:
    template(blog, "").write_bytes(b"\xff\xfe\x00")
    assert "the template widgets/posts.html cannot be used" in str(trouble(blog.publish()))


def test_a_template_folder_that_vanishes_gives_way_to_the_shipped_one(blog: Stage) -> None:
    template(blog, "<p>Of our own.</p>")
    blog.publish()
    assert "Of our own." in blog.output("latest-posts.html")
    shutil.rmtree(blog.folder / "templates")
    assert not any(one.error for one in blog.publish())
    assert "post 2" in blog.output("latest-posts.html")


def test_a_layout_whose_template_vanishes_keeps_its_page(blog: Stage) -> None:
    own = template(blog, "<p>Tall.</p>").rename(blog.folder / "templates/widgets/tall.html")
    blog.app = blog.open(templates=blog.folder / "templates")
    blog.write(blog.config.read_text("utf-8").replace("layout: posts", "layout: tall"))
    blog.publish()
    own.unlink()
    assert "widgets/tall.html" in str(trouble(blog.publish()))
    assert "Tall." in blog.output("latest-posts.html")


# --- the output folder -----------------------------------------------------------------------


@pytest.fixture
def ran(run: Run, origin: Origin, follow: Callable[..., None]) -> Run:
    """The command line, where a blog's posts are on the page."""
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    assert run("refresh").code == 0
    return run


@pytest.mark.parametrize("place", ["public", "public/w", "drafts", "locks"])
def test_a_file_in_the_place_of_a_folder_is_named_once(
    ran: Run, origin: Origin, tmp_path: Path, place: str
) -> None:
    in_the_way = tmp_path / "data" / place
    shutil.rmtree(in_the_way)
    in_the_way.write_text("x")
    origin.bodies["/feed"] = rss(3, 2, 1)
    said = ran("refresh", "--force")
    assert said.code == 1
    assert "✓ blog: 1 new" in said.out
    assert said.err.count(f"data/{place} cannot be written (File exists)") == 1
    assert "A file stands where a folder is wanted: move it away." in said.err
    in_the_way.unlink()
    assert ran("publish").code == 0
    assert "post 3" in (tmp_path / "data/public/w/latest-posts.html").read_text("utf-8")


def test_a_folder_in_the_place_of_a_file_stops_one_widget(ran: Run, tmp_path: Path) -> None:
    in_the_way = tmp_path / "data/public/w/latest-posts.html"
    in_the_way.unlink()
    in_the_way.mkdir()
    said = ran("publish")
    assert said.code == 1
    assert "latest-posts.html cannot be written (Is a directory)" in said.err
    assert "A folder stands where a file is wanted: move it away." in said.err
    assert "patient-blogs: unchanged" in said.out


@pytest.mark.parametrize("data", ["data", "data/inside"])
def test_a_data_folder_that_cannot_be_is_wrong_use(run: Run, tmp_path: Path, data: str) -> None:
    (tmp_path / "data").write_text("x")
    said = run("--data", str(tmp_path / data), "publish")
    assert said.code == 2
    assert said.err.startswith("AGGREGATOR_DATA: ")
    assert str(tmp_path / data) in said.err


def test_an_output_folder_that_was_removed_comes_back_by_itself(blog: Stage) -> None:
    """The clock looks at everything once a minute; nobody is asked for it."""
    before, asked = blog.outputs(), len(blog.origin.asked)

    async def serve_a_minute() -> None:
        async with Clock(blog.app) as clock:
            shutil.rmtree(blog.app.settings.public)
            blog.now += WHOLE_EVERY
            await clock.look()

    asyncio.run(serve_a_minute())
    assert (blog.outputs(), len(blog.origin.asked)) == (before, asked)
