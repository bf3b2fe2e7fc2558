"""Pins and approvals as people call them: what they change, and what they leave as it is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.model import public_id_of
from tests.cli.conftest import Run
from tests.trip.stage import HEAD, Origin, item, rss

ONE, TWO = public_id_of("blog", "id-1"), public_id_of("blog", "id-2")
Follow = Callable[..., None]
WITHDRAWN = "{reference: PF-1, basis: authorization, given: 2025-01-01, withdrawn: 2026-01-01}"


@pytest.fixture
def blog(run: Run, origin: Origin, follow: Follow) -> Run:
    """A world in which one feed of two posts was visited."""
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    assert run("refresh").code == 0
    return run


# --- approve ---------------------------------------------------------------------------------


@pytest.fixture
def always(blog: Run, follow: Follow) -> Run:
    follow("in: latest-posts, review: always")
    return blog


def test_where_each_post_is_reviewed_those_of_an_approved_source_wait_on(always: Run) -> None:
    said = always("approve", "blog")
    assert "2 posts of it still wait, and must be approved by id:" in said.err
    assert f"  {TWO}  Post 2\n    latest-posts: It waits for review: each post" in said.out
    assert f"`posts blog --waiting`; then: `approve {TWO} {ONE}`" in said.err


def test_what_still_waits_is_told_to_machines(always: Run) -> None:
    (line,) = always("approve", "blog", "--json").lines
    assert line["waiting"] == [TWO, ONE]


def test_each_approved_by_its_id_nothing_waits(always: Run) -> None:
    always("approve", TWO, ONE)
    said = always("approve", "blog")
    assert "wait" not in said.out + said.err


def test_of_posts_approved_together_each_is_told_and_the_widgets_once(always: Run) -> None:
    always("publish")
    first, second = always("approve", TWO, ONE).out.splitlines()
    assert first == "Approved: Post 2."
    assert second.startswith("Approved: Post 1. Widgets changed: latest-posts. (--undo")


def test_several_posts_are_hidden_at_once_and_shown_again(blog: Run) -> None:
    assert [line["verdict"] for line in blog("hide", ONE, TWO, "--json").lines] == ["hidden"] * 2
    assert blog("hide", ONE, TWO, "--undo").code == 0
    assert all(line["shown"] for line in blog("posts", "--json").lines)


def test_a_source_that_is_reviewed_once_waits_for_nothing_when_approved(
    blog: Run, follow: Follow
) -> None:
    follow("in: latest-posts, review: first")
    blog("publish")
    said = blog("approve", "blog")
    assert "Widgets changed: latest-posts." in said.out
    assert "wait" not in said.out + said.err


def test_what_a_rule_holds_is_not_let_go_with_its_source(
    run: Run, origin: Origin, tmp_path: Path
) -> None:
    origin.bodies["/feed"] = rss(item(2, text="They spoke of a lawsuit."), 1)
    entry = f"  - {{id: blog, feed: '{origin.url('/feed')}', in: latest-posts, review: first}}\n"
    rules = "rules:\n  - {id: lawsuits, in: latest-posts, words: [lawsuit]}\n"
    (tmp_path / "feeds.yaml").write_text(HEAD + entry + rules, "utf-8")
    run("refresh")
    said = run("approve", "blog")
    assert "1 post of it still waits" in said.err
    assert "lawsuit" in said.out
    assert [line["id"] for line in run("posts", "--waiting", "--json").lines] == [TWO]


def test_why_does_not_call_a_post_approved_that_waits(always: Run) -> None:
    always("approve", "blog")
    (answer,) = always("why", TWO, "--json").lines
    steps = {step["name"]: step for step in answer["steps"]}
    assert steps["decision on the source"]["passes"] is None
    assert "each of its posts is approved by itself" in steps["decision on the source"]["words"]
    assert steps["review: always"]["passes"] is False


# --- pin -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["blog", TWO])
def test_a_pin_of_what_is_not_shown_says_so(blog: Run, follow: Follow, key: str) -> None:
    follow(f"in: patient-blogs, consent: {WITHDRAWN}")
    said = blog("pin", key)
    assert "Pinned: " in said.out
    assert "It is not shown. patient-blogs: Its consent (PF-1) was withdrawn" in said.err


def test_a_pin_in_a_widget_that_is_blanked_says_so(blog: Run) -> None:
    blog("blank", "latest-posts")
    assert "This widget is blanked by" in blog("pin", "blog").err


def test_a_pin_of_what_is_in_no_widget_says_so(blog: Run, follow: Follow) -> None:
    follow("about: In no widget")
    assert "It is not shown. It is in no widget." in blog("pin", "blog").err


def test_a_pin_of_what_is_shown_says_no_more(blog: Run) -> None:
    assert blog("pin", TWO).err == ""


def test_an_end_that_a_new_pin_drops_is_told(blog: Run) -> None:
    blog("pin", ONE, "--until", "2030-12-24")
    assert "It has no end now; before, it was until 2030-12-24 23:59." in blog("pin", ONE).out


def test_a_pin_that_ends_in_the_past_is_refused_in_the_time_it_was_typed_in(blog: Run) -> None:
    said = blog("pin", ONE, "--until", "2020-10-01")
    assert said.code == 1
    assert "The end of the pin, 2020-10-01 23:59, is past; nothing was pinned." in said.err


# --- what is planned -------------------------------------------------------------------------


def test_a_plan_is_told_with_the_title_and_the_source_of_the_post(blog: Run) -> None:
    blog("hide", ONE, "--from", "2099-12-24")
    line = f'  blog, "Post 1" ({ONE}): Will be hidden on 2099-12-24 00:00, as '
    assert line in blog("status").out
    (plan,) = (line for line in blog("status", "--json").lines if "plan" in line)
    assert (plan["id"], plan["title"]) == (ONE, "Post 1")


def test_of_several_to_be_hidden_later_all_are_known_or_none_is_planned(blog: Run) -> None:
    said = blog("hide", ONE, "nonsense", TWO, "--from", "2099-12-24")
    assert (said.code, said.out) == (1, "")
    assert "Will be hidden" not in blog("status").out


def test_several_are_planned_at_once_each_once_and_taken_back(blog: Run) -> None:
    made = blog("hide", ONE, TWO, ONE, "--from", "2099-12-24", "--json").lines
    assert [(line["id"], line["changed"]) for line in made] == [(ONE, True), (TWO, True)]
    again = blog("hide", TWO, "blog", "--from", "2099-12-24", "--json").lines
    assert [line["changed"] for line in again] == [False, True]
    assert blog("hide", ONE, TWO, "blog", "--undo").code == 0
    assert "Will be hidden" not in blog("status").out


@pytest.mark.parametrize("other", ["nonsense", TWO])
def test_no_plan_is_taken_back_where_another_undo_cannot_be(blog: Run, other: str) -> None:
    """One names nothing, of the other nothing was decided."""
    blog("hide", ONE, "--from", "2099-12-24")
    said = blog("hide", ONE, other, "--undo")
    assert (said.code, said.out) == (1, "")
    assert "Will be hidden" in blog("status").out


def test_one_undo_takes_back_a_plan_and_a_hide(blog: Run) -> None:
    blog("hide", TWO)
    blog("hide", ONE, "--from", "2099-12-24")
    said = blog("hide", TWO, ONE, "--undo")
    planned, shown, *_ = said.out.splitlines()
    assert planned.startswith("Taken back for Post 1: Will be hidden")
    assert shown.startswith("Undone; now no decision: Post 2.")
    assert all(line["shown"] for line in blog("posts", "--json").lines)
