"""Rules and why as people call them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.model import public_id_of
from tests.cli.conftest import Run
from tests.trip.stage import HEAD, Origin, item, rss

TWO = public_id_of("blog", "id-2")


@pytest.fixture
def stored(run: Run, origin: Origin, follow: Callable[..., None], tmp_path: Path) -> Run:
    """Three posts, one of which a rule would hold that was written after they came."""
    origin.bodies["/feed"] = rss(3, item(2, text="They spoke of a lawsuit."), 1)
    follow()
    run("refresh")
    entry = f"  - {{id: blog, feed: '{origin.url('/feed')}', in: latest-posts}}\n"
    rules = "rules:\n  - {id: lawsuits, in: latest-posts, words: [lawsuit]}\n"
    (tmp_path / "feeds.yaml").write_text(HEAD + entry + rules, "utf-8")
    return run


def test_rules_tell_what_each_would_hold(stored: Run) -> None:
    said = stored("rules")
    assert "lawsuits (in latest-posts): 0 posts waiting." in said.out
    assert "It would hold 1 post of those stored before: `rules apply lawsuits`." in said.out
    assert "health-telephone (in patient-blogs): 0 posts waiting." in said.out


def test_rules_in_json(stored: Run) -> None:
    (lawsuits,) = (line for line in stored("rules", "--json").lines if line["id"] == "lawsuits")
    assert lawsuits == {
        "id": "lawsuits",
        "within": ["latest-posts"],
        "shipped": False,
        "left": False,
        "waiting": 0,
        "would_hold": 1,
        "approved": 0,
        "without_language": 0,
    }


def test_applied_with_the_count_said_before(stored: Run) -> None:
    said = stored("rules", "apply", "lawsuits", "--yes")
    assert "lawsuits will hold 1 post until approved." in said.err
    assert "1 post held from now on. (--undo takes it back)" in said.out
    assert "Widgets changed: latest-posts." in said.out


def test_applied_again_nothing_changes(stored: Run) -> None:
    stored("rules", "apply", "lawsuits", "--yes")
    said = stored("rules", "apply", "lawsuits", "--yes")
    assert (said.code, said.out) == (0, "Nothing was changed.\n")


def test_applied_and_undone_in_json(stored: Run) -> None:
    done = stored("rules", "apply", "--all", "--json", "--yes").lines
    undone = stored("rules", "apply", "lawsuits", "--undo", "--json").lines
    assert [one["posts"] for one in done + undone] == [[TWO], [TWO]]
    assert undone[0]["widgets"] == ["latest-posts"]


def test_waiting_posts_are_listed_and_approved_many_at_once(stored: Run) -> None:
    stored("rules", "apply", "lawsuits", "--yes")
    listed = stored("posts", "--waiting", "--json").lines
    assert [line["id"] for line in listed] == [TWO]
    assert "lawsuit" in listed[0]["why"]
    said = stored("approve", TWO, public_id_of("blog", "id-1"))
    assert said.out.count("Approved: ") == 2
    assert stored("posts", "--waiting", "--json").lines == []


def test_status_counts_what_waits_by_a_rule(stored: Run) -> None:
    stored("rules", "apply", "lawsuits", "--yes")
    blog = stored("status", "--json").lines[0]
    assert blog["waiting"] == 1
    assert "1 post waits for review." in blog["words"]


def test_let_go(stored: Run) -> None:
    stored("rules", "apply", "lawsuits", "--yes")
    said = stored("rules", "release", "lawsuits")
    assert "1 post let go." in said.out


@pytest.mark.parametrize(
    "words",
    [
        ("rules", "apply"),
        ("rules", "apply", "lawsuits", "--all"),
        ("rules", "apply", "--all", "--undo"),
    ],
)
def test_wrong_use(stored: Run, words: tuple[str, ...]) -> None:
    assert stored(*words).code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("rules", "apply", "lawsuit"),
        ("rules", "release", "lawsuit"),
        ("rules", "apply", "lawsuits", "--undo"),
        ("why", "nothing"),
    ],
)
def test_what_cannot_be_done(stored: Run, words: tuple[str, ...]) -> None:
    said = stored(*words)
    assert said.code == 1
    assert said.err


def test_check_and_status_warn_of_a_rule_that_would_hold_everything(
    stored: Run, tmp_path: Path
) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(path.read_text("utf-8").replace("words: [lawsuit]", "words: [post]"), "utf-8")
    for command in ("check", "status", "rules"):
        assert "The rule lawsuits finds something in 3 of the 3 posts" in stored(command).err


def test_why(stored: Run) -> None:
    said = stored("why", "https://family.example.org/2")
    assert said.out.startswith(f"{TWO}  blog: Post 2\n")
    assert "✓ widget latest-posts: It shows it." in said.out
    assert "· consent: None is required." in said.out


def test_why_in_json(stored: Run) -> None:
    (answer,) = stored("why", TWO, "--json").lines
    assert answer["shown"] == ["latest-posts"]
    assert answer["steps"][0]["name"] == "stored"
