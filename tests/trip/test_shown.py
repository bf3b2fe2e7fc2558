"""What staff write of a widget in feeds.yaml, seen on the page: filters, bounds, groups, lines."""

import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from tests.trip.stage import HEAD, Stage, item, rss

WIDGET = "{id: latest-posts, title: Latest posts, layout: posts, show: 3, per_source: 3}"
BLOGS = "{id: patient-blogs, title: Family blogs, layout: blogs, show: 8, require: consent}"
CONSENT = "consent: {reference: PF-1, basis: authorization, given: 2026-01-01}"


def follow(stage: Stage, *sources: str, widget: str = WIDGET, blogs: str = BLOGS) -> None:
    """Follow these, with other words of the two widgets, and visit them."""
    head = HEAD.replace(WIDGET, widget).replace(BLOGS, blogs)
    stage.write(head + "".join(f"  - {source}\n" for source in sources))
    stage.refresh()


def titles(stage: Stage, name: str = "latest-posts.json") -> list[str]:
    return [one["title"] for one in json.loads(stage.output(name))["items"]]


def test_only_posts_with_a_tag(stage: Stage) -> None:
    tagged = item(1).replace("</item>", "<category>Research</category></item>")
    stage.origin.bodies |= {"/feed": rss(tagged, 2), "/ours": rss(item(3))}
    ours = stage.source("ours", "/ours", "in: latest-posts, tags: [research]")
    widget = WIDGET.replace("}", ", only: {tags: [research]}}")
    follow(stage, stage.source("blog"), ours, widget=widget)
    assert titles(stage) == ["Post 3", "Post 1"]


def test_only_posts_with_a_word(stage: Stage) -> None:
    texts = {1: "A new trial begins.", 2: "Nothing of that.", 3: "We study, and industrial art."}
    stage.origin.bodies["/feed"] = rss(*(item(number, text=texts[number]) for number in (3, 2, 1)))
    follow(stage, stage.source("blog"), widget=WIDGET.replace("}", ", only: {words: [trial]}}"))
    assert titles(stage) == ["Post 1"]


def test_so_many_posts_of_one_source(stage: Stage) -> None:
    stage.origin.bodies |= {"/feed": rss(9, 8, 7), "/other": rss(item(1, text="Elsewhere."))}
    widget = WIDGET.replace("per_source: 3", "per_source: 1")
    follow(stage, stage.source("blog"), stage.source("other", "/other"), widget=widget)
    assert titles(stage) == ["Post 9", "Post 1"]
    assert "Post 8" not in stage.output("latest-posts/index.html")


def test_posts_of_a_certain_age(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(item(2, day=20), item(1, day=10))
    follow(stage, stage.source("blog"), widget=WIDGET.replace("}", ", max_age: 7d}"))
    assert titles(stage) == ["Post 2"]
    stage.now += timedelta(days=5)
    stage.publish()
    assert titles(stage) == []


def blogs(stage: Stage, *groups: str | None, more: str = "") -> list[str]:
    """Entries of blogs of these groups, the first the one with the newest post."""
    entries = []
    for number, group in enumerate(groups, 1):
        path = f"/{number}"
        stage.origin.bodies[path] = rss(item(number, day=20 - number))
        said = f", group: {group}" if group else ""
        about = f"name: Blog {number}, about: All about {number}."
        keys = f"in: patient-blogs, {about}, {CONSENT}{said}{more}"
        entries.append(stage.source(f"blog-{number}", path, keys))
    return entries


def test_blogs_are_listed_under_their_headings(stage: Stage) -> None:
    """In the file's order of groups; what has none comes before them."""
    follow(stage, *blogs(stage, "Young adults", None, "Parents", "Young adults"))
    html = stage.output("patient-blogs.html")
    order = ["Blog 2", "Young adults", "Blog 1", "Blog 4", "Parents", "Blog 3"]
    places = [html.index(f">{words}<") for words in order]
    assert places == sorted(places)


def test_each_group_is_a_list_that_its_heading_names(stage: Stage) -> None:
    follow(stage, *blogs(stage, "Young adults", None, "Parents"))
    root = ET.fromstring(stage.output("patient-blogs.html"))
    named = {one.get("id"): "".join(one.itertext()) for one in root.findall("h3")}
    lists = [named.get(one.get("aria-labelledby")) for one in root.findall("ul")]
    assert lists == [None, "Young adults", "Parents"]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("patient-blogs.html", ["h2", "h3", "h3", "h4"]),
        ("patient-blogs.frame.html", ["h1", "h2", "h2", "h3"]),
        ("patient-blogs/index.html", ["h1", "h2", "h2", "h3"]),
    ],
)
def test_the_outline_has_groups_above_blogs(stage: Stage, name: str, levels: list[str]) -> None:
    """The widget, a blog without a group, the group, its blog."""
    follow(stage, *blogs(stage, None, "Parents"))
    assert _headings(stage.output(name)) == levels


def test_there_is_no_seventh_level(stage: Stage) -> None:
    below = BLOGS.replace("}", ", heading: 5}")
    follow(stage, *blogs(stage, None, "Parents"), blogs=below)
    assert _headings(stage.output("patient-blogs.html")) == ["h5", "h6", "h6"]


def _headings(html: str) -> list[str]:
    return [html[at + 1 : at + 3] for at in range(len(html)) if html[at : at + 2] == "<h"
            and html[at + 2].isdigit()]  # fmt: skip


def test_rotation_counts_over_all_groups(stage: Stage) -> None:
    few = BLOGS.replace("show: 8", "show: 2")
    follow(stage, *blogs(stage, "One", "Two", None), blogs=few)
    shown: list[str] = []
    for _ in range(3):
        shown += titles(stage, "patient-blogs.json")
        stage.now += timedelta(days=1)
        stage.publish()
    assert sorted(shown) == [f"Post {number}" for number in (1, 1, 2, 2, 3, 3)]


def test_groups_are_folders_in_the_list_for_readers(stage: Stage) -> None:
    follow(stage, *blogs(stage, "Young adults", None, "Young adults"))
    body = ET.fromstring(stage.output("patient-blogs.opml")).find("body")
    assert body is not None
    assert [one.get("text") for one in body] == ["Blog 2", "Young adults"]
    assert [one.get("text") for one in body[1]] == ["Blog 1", "Blog 3"]
    assert body[1].get("xmlUrl") is None


def test_groups_leave_the_feeds_alone(stage: Stage) -> None:
    entries = blogs(stage, "Young adults", None, "Parents")
    follow(stage, *entries)
    grouped = [stage.output(f"patient-blogs.{kind}") for kind in ("json", "rss")]
    follow(stage, *(one.replace(", group: Young adults", "") for one in entries))
    assert [stage.output(f"patient-blogs.{kind}") for kind in ("json", "rss")] == grouped


def test_a_renamed_group_is_published(stage: Stage) -> None:
    entries = blogs(stage, "Young adults")
    follow(stage, *entries)
    follow(stage, *(one.replace("Young adults", "Younger people") for one in entries))
    assert "Younger people" in stage.output("patient-blogs.html")


def test_other_layouts_know_no_groups(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage, stage.source("blog", more="in: latest-posts, group: Parents"))
    assert "Parents" not in stage.output("latest-posts.html")


def test_the_line_about_a_blog_is_shown(stage: Stage) -> None:
    follow(stage, *blogs(stage, None))
    assert "All about 1." in stage.output("patient-blogs.html")
