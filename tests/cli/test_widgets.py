"""Commands for whole widgets, as a person calls them."""

from collections.abc import Callable

import pytest

from tests.cli.conftest import Run
from tests.trip.stage import Origin, rss


@pytest.fixture(autouse=True)
def filled(run: Run, origin: Origin, follow: Callable[..., None]) -> None:
    """Three posts stand in the widget."""
    origin.bodies["/feed"] = rss(3, 2, 1)
    follow()
    run("refresh")


def test_freeze_says_what_it_means_and_how_to_end_it(run: Run) -> None:
    said = run("freeze", "latest-posts")
    assert said.code == 0
    assert "nothing new enters latest-posts" in said.out
    assert "`resume latest-posts`" in said.out


def test_said_again_it_tells_since_when(run: Run) -> None:
    run("blank", "latest-posts")
    said = run("blank", "latest-posts")
    assert said.code == 0
    assert "Blank already, by " in said.out


def test_resume_of_what_runs_is_no_error(run: Run) -> None:
    said = run("resume", "latest-posts")
    assert said.code == 0
    assert "ran already" in said.out


def test_an_unknown_widget(run: Run) -> None:
    said = run("freeze", "latest")
    assert said.code == 1
    assert "There is no widget named latest." in said.err
    assert "latest-posts, patient-blogs" in said.err


def test_as_json(run: Run) -> None:
    (one,) = run("freeze", "latest-posts", "--json").lines
    assert (one["widget"], one["stopped"], one["new"]) == ("latest-posts", "frozen", True)
    (one,) = run("resume", "latest-posts", "--json").lines
    assert (one["stopped"], one["since"], one["new"]) == (None, None, True)


def test_status_tells_what_is_stopped_since_when_and_by_whom(run: Run) -> None:
    run("blank", "latest-posts")
    assert "Blank since " in run("status").out
    widgets = {one["widget"]: one for one in run("status", "--json").lines if "widget" in one}
    assert widgets["latest-posts"]["stopped"] == "blank"
    assert widgets["latest-posts"]["stopped_by"]
    assert widgets["patient-blogs"]["stopped"] is None


def test_posts_says_frozen(run: Run, origin: Origin) -> None:
    run("freeze", "latest-posts")
    origin.bodies["/feed"] = rss(4, 3, 2, 1)
    run("refresh", "--force")
    why = [one["why"] for one in run("posts", "--json").lines if one["title"] == "Post 4"]
    assert all("frozen" in words for words in why)
