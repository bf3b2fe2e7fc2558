"""Release and reject as people call them."""

from collections.abc import Callable

import pytest

from tests.actions.changing_blogs import HIJACKED
from tests.cli.conftest import Answering, Run
from tests.trip.stage import Origin

PAIR = HIJACKED["a sold blog that keeps its title and its old posts"]


@pytest.fixture
def bought(run: Run, origin: Origin, follow: Callable[..., None]) -> Run:
    """A family's blog, visited before and after a casino bought it."""
    origin.bodies["/feed"] = PAIR.before.body
    follow()
    run("refresh")
    origin.bodies["/feed"] = PAIR.after.body
    run("refresh", "blog", "--force")
    return run


def test_what_is_decided_about_is_shown_first(bought: Run, answering: Answering) -> None:
    answering("y\n")
    said = bought("release", "blog")
    assert "may have changed hands" in said.out
    assert "Its new posts are by others, who never wrote here before" in said.out
    assert "How to win at slots" in said.out
    assert "Released: 3 posts of blog may be shown." in said.out


@pytest.mark.parametrize("answer", ["n\n", ""])
def test_who_says_no_or_goes_away_decides_nothing(
    bought: Run, answering: Answering, answer: str
) -> None:
    answering(answer)
    said = bought("reject", "blog")
    assert said.code == 1
    assert said.err.endswith("Nothing was decided.\n")
    assert "Aborted" not in said.err
    assert "3 posts are held" in bought("status").out


@pytest.mark.parametrize("words", [(), ("--json",)])
@pytest.mark.parametrize("act", ["release", "reject"])
def test_where_nobody_can_be_asked_nothing_is_decided(
    bought: Run, act: str, words: tuple[str, ...]
) -> None:
    said = bought(act, "blog", *words)
    assert said.code == 1
    assert "Nothing was decided.\nNobody is here to answer. Add --yes" in said.err
    assert "3 posts are held" in bought("status").out


def test_yes_shows_the_decision_only(bought: Run) -> None:
    said = bought("reject", "blog", "--yes")
    assert said.out.startswith("Rejected: 3 posts of blog erased")
    assert "feeds.yaml" in said.out
    assert said.code == 0


def test_a_second_time_there_is_nothing_to_decide(bought: Run) -> None:
    bought("release", "blog", "--yes")
    said = bought("release", "blog", "--yes")
    assert "Nothing to decide" in said.out
    assert said.code == 0


def test_a_release_in_json(bought: Run) -> None:
    said = bought("release", "blog", "--json", "--yes")
    assert said.lines == [
        {
            "source": "blog",
            "standing": "trusted",
            "posts": 3,
            "widgets": ["latest-posts"],
            "failed": [],
        }
    ]


def test_a_rejection_in_json_and_its_undo(bought: Run) -> None:
    said = [
        bought("reject", "blog", "--json", "--yes"),
        bought("reject", "blog", "--undo", "--json"),
    ]
    assert [(one.lines[0]["standing"], one.lines[0]["posts"]) for one in said] == [
        ("rejected", 3), ("doubted", 0),
    ]  # fmt: skip


def test_an_undone_release_is_held_again(bought: Run) -> None:
    bought("release", "blog", "--yes")
    said = bought("release", "blog", "--undo")
    assert said.out.startswith("Undone: 3 posts of blog held again.")


def test_posts_say_why_they_are_held(bought: Run) -> None:
    said = bought("posts", "--source", "blog")
    assert "may have changed hands" in said.out
    assert "`release blog` shows it, `reject blog` erases it." in said.out


def test_there_is_nothing_to_undo(bought: Run) -> None:
    said = bought("release", "blog", "--undo")
    assert said.code == 1
    assert "no such decision" in said.err
