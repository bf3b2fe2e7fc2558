"""Freeze, blank and resume, seen from the files that the website embeds."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from aggregator.actions import curate, stops
from aggregator.actions.explain import Explainer
from aggregator.actions.find import NotFoundHere
from aggregator.actions.takedown import take_down
from aggregator.errors import AggregatorError
from aggregator.model import StopKind, VerdictKind, WidgetStop, public_id_of
from aggregator.store import audit, posts, publishes, widget_stops
from tests.trip.conftest import on_sqlite
from tests.trip.stage import HEAD, Stage, item, rss

DAY = timedelta(days=1)
LATEST, BLOGS = "latest-posts", "patient-blogs"
IDS = {number: public_id_of("blog", f"id-{number}") for number in range(1, 9)}
CONSENT = "consent: {reference: PF-1, basis: authorization, given: 2026-01-01, expires: 2026-11-25}"
SHAPES = (".html", ".shadow.html", ".dsd.html", ".frame.html", "/index.html", ".json", ".rss")


@pytest.fixture
def blog(stage: Stage) -> Stage:
    """A stage with posts 3, 2 and 1 of one blog in the widget, newest first."""
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    stage.follow(stage.source("blog"))
    stage.refresh()
    return stage


@pytest.fixture
def families(stage: Stage) -> Stage:
    """A stage with three blogs in the widget of blogs; the third has no post."""
    entries = []
    for number in (1, 2, 3):
        path = f"/{number}"
        stage.origin.bodies[path] = rss(*([item(number)] if number < 3 else []))
        entries.append(stage.source(f"blog-{number}", path, f"in: {BLOGS}, {CONSENT}"))
    stage.follow(*entries)
    stage.refresh()
    return stage


def freeze(stage: Stage, widget: str = LATEST) -> stops.Stopped:
    return stops.freeze(stage.app.publisher, widget, by="ann", now=stage.now)


def blank(stage: Stage, widget: str = LATEST) -> stops.Stopped:
    return stops.blank(stage.app.publisher, widget, by="ann", now=stage.now)


def resume(stage: Stage, widget: str = LATEST) -> stops.Stopped:
    return stops.resume(stage.app.publisher, widget, by="ann", now=stage.now)


def hide(stage: Stage, key: str) -> None:
    curate.decide(stage.app.publisher, [key], VerdictKind.HIDDEN, by="ann", now=stage.now)


def arrive(stage: Stage, *numbers: int, after: timedelta = DAY) -> None:
    """The feed has these posts now, and is visited."""
    stage.origin.bodies["/feed"] = rss(*numbers)
    stage.refresh(after)


def numbers(stage: Stage, name: str = f"{LATEST}.json") -> list[int]:
    """Which posts a feed of the widget has, in its order."""
    items = json.loads(stage.output(name))["items"]
    return [int(one["title"].removeprefix("Post ")) for one in items]


def test_nothing_new_enters_a_frozen_widget(blog: Stage) -> None:
    freeze(blog)
    arrive(blog, 5, 4, 3, 2, 1)
    assert numbers(blog) == [3, 2, 1]
    assert "Post 4" not in blog.outputs()


def test_a_resumed_widget_shows_what_came_meanwhile(blog: Stage) -> None:
    freeze(blog)
    arrive(blog, 5, 4, 3, 2, 1)
    resume(blog)
    assert numbers(blog) == [5, 4, 3]


def test_a_frozen_full_page_stays_as_well(blog: Stage) -> None:
    blog.write(HEAD.replace(", per_source: 3", "") + f"  - {blog.source('blog')}\n")
    arrive(blog, 5, 4, 3, 2, 1)
    freeze(blog)
    arrive(blog, 7, 6, 5, 4, 3, 2, 1)
    page = blog.output(f"{LATEST}/index.html")
    assert [number for number in range(1, 8) if f"Post {number}<" in page] == [1, 2, 3, 4, 5]


def test_to_freeze_changes_no_file(blog: Stage) -> None:
    before = blog.outputs()
    freeze(blog)
    assert blog.outputs() == before


def test_a_hidden_post_leaves_a_frozen_widget_and_nothing_takes_its_place(blog: Stage) -> None:
    arrive(blog, 5, 4, 3, 2, 1)
    freeze(blog)
    hide(blog, IDS[4])
    assert numbers(blog) == [5, 3]
    assert "Post 4" not in blog.outputs()


def test_a_post_taken_down_leaves_a_frozen_widget(blog: Stage) -> None:
    freeze(blog)
    take_down(blog.app.publisher, IDS[2], by="ann", now=blog.now)
    assert numbers(blog) == [3, 1]
    assert "post 2" not in blog.outputs()


def test_a_hidden_source_leaves_a_frozen_widget(blog: Stage) -> None:
    freeze(blog)
    hide(blog, "blog")
    assert "family.example.org" not in blog.outputs()


def test_a_source_that_left_the_list_leaves_a_frozen_widget(blog: Stage) -> None:
    freeze(blog)
    blog.follow()
    blog.publish()
    assert "family.example.org" not in blog.outputs()


def test_consent_that_ends_empties_a_frozen_widget_by_itself(families: Stage) -> None:
    freeze(families, BLOGS)
    state = publishes.state(families.app.database, BLOGS)
    assert state is not None
    assert state.valid_until is not None
    families.now = state.valid_until
    families.app.publisher.publish([BLOGS], families.now)
    assert "blog-1" not in families.output(f"{BLOGS}.html")
    assert "family.example.org" not in families.outputs()


def test_an_edit_at_the_source_follows_into_a_frozen_widget(blog: Stage) -> None:
    freeze(blog)
    blog.origin.bodies["/feed"] = rss(item(3, text="It was moved to Friday."), 2, 1)
    blog.refresh(DAY)
    assert "It was moved to Friday." in blog.output(f"{LATEST}.html")


def test_a_pin_does_not_move_a_frozen_widget(blog: Stage) -> None:
    freeze(blog)
    curate.decide(blog.app.publisher, [IDS[1]], VerdictKind.PINNED, by="ann", now=blog.now)
    assert numbers(blog) == [3, 2, 1]


def test_age_does_not_empty_a_frozen_widget(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    aged = HEAD.replace("show: 3, per", "show: 3, max_age: 7d, per")
    stage.write(f"{aged}  - {stage.source('blog')}\n")
    stage.refresh()
    freeze(stage)
    stage.now += 30 * DAY
    stage.publish()
    assert numbers(stage) == [3, 2, 1]
    resume(stage)
    assert numbers(stage) == []


def test_a_copy_that_comes_later_is_not_named_by_a_frozen_card(stage: Stage) -> None:
    """``Also on`` would be something new, too."""
    stage.origin.bodies |= {"/feed": rss(1), "/early": rss(1), "/late": rss(9)}
    paths = {"blog": "/feed", "early": "/early", "late": "/late"}
    stage.follow(*(stage.source(name, path) for name, path in paths.items()))
    stage.refresh()
    freeze(stage)
    stage.origin.bodies["/late"] = rss(9, 1)
    stage.refresh(DAY)
    (_, shown) = json.loads(stage.output(f"{LATEST}.json"))["items"]
    assert {shown["_aggregator"]["source"], *_also(shown)} == {"blog", "early"}


def _also(shown: dict[str, dict[str, list[dict[str, str]]]]) -> set[str]:
    return {place["source"] for place in shown["_aggregator"]["also_on"]}


def test_a_frozen_list_of_blogs_keeps_the_posts_it_had(families: Stage) -> None:
    freeze(families, BLOGS)
    families.origin.bodies["/1"] = rss(item(7, day=22), item(1))
    families.origin.bodies["/3"] = rss(item(8, day=22))
    families.refresh(DAY)
    html = families.output(f"{BLOGS}.html")
    assert "Post 1" in html
    assert "Post 7" not in html
    assert "Post 8" not in html
    assert html.count("<article") == 3


def test_a_frozen_blog_whose_post_was_hidden_stays_as_a_link(families: Stage) -> None:
    families.origin.bodies["/1"] = rss(item(7, day=22), item(1))
    families.refresh(DAY)
    freeze(families, BLOGS)
    hide(families, public_id_of("blog-1", "id-7"))
    html = families.output(f"{BLOGS}.html")
    assert html.count("<article") == 3
    assert "Post 1" not in html


def test_a_frozen_list_of_blogs_does_not_rotate(stage: Stage) -> None:
    entries = []
    for number in range(4):
        stage.origin.bodies[f"/{number}"] = rss(item(number))
        more = f"in: {BLOGS}, name: Blog {number}, {CONSENT.replace('2026-11', '2027-11')}"
        entries.append(stage.source(f"blog-{number}", f"/{number}", more))
    stage.write(HEAD.replace("show: 8", "show: 1") + "".join(f"  - {one}\n" for one in entries))
    stage.refresh()
    freeze(stage, BLOGS)
    before = stage.output(f"{BLOGS}.html")
    for _ in range(4):
        stage.now += DAY
        stage.publish()
        assert stage.output(f"{BLOGS}.html") == before


def test_a_widget_frozen_without_posts_stays_so(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss()
    stage.follow(stage.source("blog", more=f"in: {LATEST}, name: One family"))
    stage.refresh()
    freeze(stage)
    before = stage.output(f"{LATEST}.html")
    stage.origin.bodies["/feed"] = rss(1)
    stage.refresh(DAY)
    assert stage.output(f"{LATEST}.html") == before


def test_a_blank_widget_has_no_post_in_any_shape(blog: Stage) -> None:
    blank(blog)
    assert "family.example.org" not in blog.outputs()
    assert "Post 1" not in blog.outputs()
    assert all("Latest posts" in blog.output(f"{LATEST}{shape}") for shape in SHAPES)


def test_a_blank_widget_is_no_empty_box(blog: Stage) -> None:
    blank(blog)
    html = blog.output(f"{LATEST}.html")
    assert "<ul" not in html
    assert 'href="/w/latest-posts/"' in html
    assert 'href="mailto:web@example.org"' in html


def test_the_feeds_of_a_blank_widget_are_empty_and_valid(families: Stage) -> None:
    blank(families, BLOGS)
    assert json.loads(families.output(f"{BLOGS}.json"))["items"] == []
    assert ET.fromstring(families.output(f"{BLOGS}.rss")).findall(".//item") == []
    assert ET.fromstring(families.output(f"{BLOGS}.opml")).findall(".//outline") == []
    assert "<article" not in families.output(f"{BLOGS}/index.html")


def test_a_blank_widget_stays_blank(blog: Stage) -> None:
    blank(blog)
    arrive(blog, 5, 4, 3, 2, 1)
    assert "Post " not in blog.outputs()


def test_a_resumed_blank_widget_is_as_before(blog: Stage) -> None:
    before = blog.outputs()
    blank(blog)
    resume(blog)
    assert blog.outputs() == before


def test_a_blank_notice_keeps_its_words_to_itself(stage: Stage) -> None:
    notice = "  - {id: call, title: Call us, layout: notice, text: 'Call 212-555-0142'}\n"
    stage.write(HEAD.replace("sources:\n", f"{notice}sources: []\n"))
    stage.publish()
    blank(stage, "call")
    assert "Call us" in stage.output("call.html")
    assert "0142" not in stage.outputs()
    assert 'href="/w/call/"' in stage.output("call.html")


def test_a_widget_that_is_blanked_while_its_template_is_broken_shows_no_post(
    blog: Stage, tmp_path: Path
) -> None:
    folder = tmp_path / "templates" / "widgets"
    folder.mkdir(parents=True)
    (folder / "posts.html").write_text("{{ nothing.of.the.kind }}")
    with blog.open(templates=tmp_path / "templates") as app:
        stops.blank(app.publisher, LATEST, by="ann", now=blog.now)
    assert "Post 1" not in blog.outputs()


def test_variants_are_widgets_of_their_own(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    variant = f"  - {{id: home, like: {LATEST}}}\n"
    stage.write(HEAD.replace("sources:\n", f"{variant}sources:\n  - {stage.source('blog')}\n"))
    stage.refresh()
    blank(stage)
    assert numbers(stage) == []
    assert numbers(stage, "home.json") == [3, 2, 1]


@pytest.mark.parametrize("act", [freeze, blank, resume])
def test_an_act_said_again_changes_nothing_and_says_so(
    blog: Stage, act: Callable[[Stage], stops.Stopped]
) -> None:
    if act is resume:
        freeze(blog)
    first = act(blog)
    written = audit.newest(blog.app.database)
    again = act(blog)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.stop == first.stop
    assert audit.newest(blog.app.database) == written


def test_a_blank_widget_is_not_frozen_for_it_would_show_posts_again(blog: Stage) -> None:
    blank(blog)
    with pytest.raises(AggregatorError, match="is blank"):
        freeze(blog)


def test_a_frozen_widget_can_be_blanked(blog: Stage) -> None:
    freeze(blog)
    done = blank(blog)
    assert done.stop is not None
    assert done.stop.kind is StopKind.BLANK
    assert numbers(blog) == []


@pytest.mark.parametrize("act", [freeze, blank, resume])
def test_an_unknown_widget_is_said(
    stage: Stage, act: Callable[[Stage, str], stops.Stopped]
) -> None:
    with pytest.raises(NotFoundHere, match="no widget named nowhere"):
        act(stage, "nowhere")


def test_acts_are_in_the_audit_with_the_widget(blog: Stage) -> None:
    freeze(blog)
    blank(blog)
    resume(blog)
    told = [(one.act, one.before, one.after) for one in audit.rows(blog.app.database, 3)]
    assert told == [
        ("resume", "blank", None),
        ("blank", "frozen", "blank"),
        ("freeze", None, "frozen"),
    ]
    assert {one.widget_id for one in audit.rows(blog.app.database, 3)} == {LATEST}


def test_staff_are_told_why_a_post_is_not_shown(blog: Stage) -> None:
    freeze(blog)
    arrive(blog, 4, 3, 2, 1)
    assert "frozen by ann since 2026-11-23" in _why(blog, IDS[4])
    assert "Shown in latest-posts" in _why(blog, IDS[3])
    blank(blog)
    assert "blanked by ann" in _why(blog, IDS[3])


def _why(stage: Stage, public_id: str) -> str:
    explainer = Explainer(stage.app.publisher, stage.app.catalogue(), stage.now)
    (stored,) = posts.find(stage.app.database, public_id)
    return explainer.explain(stored).why


def test_the_stop_of_a_widget_that_left_the_list_is_forgotten(blog: Stage) -> None:
    freeze(blog)
    blog.write(HEAD.replace(LATEST, "other").replace("sources:\n", "sources: []\n"))
    blog.publish()
    assert widget_stops.all_stops(blog.app.database) == {}


@on_sqlite
def test_a_stop_by_another_process_holds_here(blog: Stage) -> None:
    """As the clock meets it: it notices the act, and publishes."""
    with blog.open() as other:
        stops.freeze(other.publisher, LATEST, by="bob", now=blog.now)
    arrive(blog, 5, 4, 3, 2, 1)
    assert numbers(blog) == [3, 2, 1]


@on_sqlite
def test_what_a_killed_publish_left_is_mended(blog: Stage) -> None:
    """The stop is stored before the files follow; the next publish brings them after it."""
    widget = WidgetStop(LATEST, StopKind.BLANK, "bob", blog.now)
    widget_stops.stop(blog.app.database, widget, None)
    blog.publish()
    assert "Post 1" not in blog.outputs()
