"""One post's way from feeds.yaml to the page, and what may happen to it on the way."""

import gzip
import json
from datetime import timedelta

import pytest

from aggregator.model import Outcome, Pace
from tests.trip.stage import Stage, rss

HOUR = timedelta(hours=1)
FAMILY = (
    "in: patient-blogs, name: Two sisters, about: A year of treatment., consent: "
    "{reference: PF-2026-014, basis: authorization, given: 2026-05-01, expires: 2027-05-01}"
)


def follow(stage: Stage, more: str = "in: latest-posts") -> None:
    stage.follow(stage.source("blog", more=more))


def test_a_post_travels_from_the_list_to_every_output(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1, 2)
    follow(stage)
    (report,) = stage.refresh()
    assert report.written is not None
    assert report.written.new == 2
    for name in (
        "latest-posts.html",
        "latest-posts/index.html",
        "latest-posts.json",
        "latest-posts.rss",
    ):
        assert "What happened in post 2" in stage.output(name)


def test_the_newest_post_stands_first(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1, 2)
    follow(stage)
    stage.refresh()
    titles = [item["title"] for item in json.loads(stage.output("latest-posts.json"))["items"]]
    assert titles == ["Post 2", "Post 1"]


def test_compressed_copies_hold_the_same(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage)
    stage.refresh()
    packed = (stage.app.settings.public / "w" / "latest-posts.html.gz").read_bytes()
    assert gzip.decompress(packed).decode() == stage.output("latest-posts.html")


def test_what_is_not_due_is_not_asked(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    stage.origin.headers["/feed"] = {"ETag": '"1"'}
    follow(stage)
    stage.refresh()
    assert stage.refresh(timedelta(minutes=2)) == []


def test_a_restart_asks_nobody_early(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage)
    stage.refresh()
    stage.app.close()
    stage.app = stage.open()
    assert stage.refresh(timedelta(minutes=2)) == []


def test_j1_a_blog_that_posts_often_is_asked_sooner_than_a_quiet_one(stage: Stage) -> None:
    """By what is stored of both: the second visit brings nothing."""
    stage.app.pace = Pace(host_gap=0.0)
    for path, posts in {"/lively": range(1, 10), "/quiet": [1]}.items():
        stage.origin.bodies[path] = rss(*posts)
        stage.origin.headers[path] = {"ETag": '"1"'}
    stage.follow(stage.source("lively", "/lively"), stage.source("quiet", "/quiet"))
    stage.refresh()
    reports = stage.refresh(48 * HOUR)
    assert {report.visit.outcome for report in reports} == {Outcome.UNCHANGED}
    due = {report.source.id: report.visit.state.next_due for report in reports}
    assert due["lively"] is not None
    assert due["quiet"] is not None
    assert due["lively"] < due["quiet"]


def test_an_unchanged_feed_costs_a_request_and_nothing_else(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    stage.origin.headers["/feed"] = {"ETag": '"1"'}
    follow(stage)
    stage.refresh()
    (report,) = stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED
    assert stage.origin.asked[-1][1]["if-none-match"] == '"1"'


def test_the_same_body_again_changes_nothing(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage)
    stage.refresh()
    (report,) = stage.refresh(24 * HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED


def test_a_new_entry_joins_the_known_ones(stage: Stage) -> None:
    follow(stage)
    stage.origin.bodies["/feed"] = rss(1, 2)
    stage.refresh()
    stage.origin.bodies["/feed"] = rss(3, 1, 2)
    (report,) = stage.refresh(24 * HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 0)
    assert "post 3" in stage.output("latest-posts.html")


def test_an_edited_entry_is_shown_as_edited(stage: Stage) -> None:
    follow(stage)
    stage.origin.bodies["/feed"] = rss(1)
    stage.refresh()
    stage.origin.bodies["/feed"] = rss(1).replace(b"What happened", b"What really happened")
    (report,) = stage.refresh(24 * HOUR)
    assert report.written is not None
    assert report.written.edited == 1
    assert "What really happened" in stage.output("latest-posts.html")


def test_a_vanished_entry_stays(stage: Stage) -> None:
    """Fetch never deletes."""
    follow(stage)
    stage.origin.bodies["/feed"] = rss(1, 2)
    stage.refresh()
    stage.origin.bodies["/feed"] = rss(2)
    stage.refresh(24 * HOUR)
    assert "post 1" in stage.output("latest-posts.html")


@pytest.mark.parametrize(
    "body", [b"<html><body>Domain for sale</body></html>", b"", b"{}", b"\x00\x01garbage"]
)
def test_a_broken_answer_keeps_the_last_good_widget(stage: Stage, body: bytes) -> None:
    follow(stage)
    stage.origin.bodies["/feed"] = rss(1)
    stage.refresh()
    before = stage.output("latest-posts.html")
    stage.origin.bodies["/feed"] = body
    stage.origin.statuses["/feed"] = 200
    (report,) = stage.refresh(24 * HOUR)
    assert report.failed
    assert stage.output("latest-posts.html") == before


def test_one_bad_feed_never_hurts_another(stage: Stage) -> None:
    stage.origin.bodies["/good"] = rss(1)
    stage.follow(
        stage.source("bad", "/missing"),
        stage.source("good", "/good"),
    )
    reports = stage.refresh()
    assert {report.source.id: report.failed for report in reports} == {"bad": True, "good": False}
    assert "post 1" in stage.output("latest-posts.html")


def test_a_source_that_left_the_list_leaves_every_widget(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage)
    stage.refresh()
    stage.follow(stage.source("other", "/other"))
    stage.publish()
    assert "post 1" not in stage.outputs()


def test_a_broken_list_keeps_the_widgets_up(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage)
    stage.refresh()
    stage.write(stage.config.read_text("utf-8") + "  - {id: blog, nonsense\n")
    stage.publish()
    assert "post 1" in stage.output("latest-posts.html")


def test_a_source_deleted_from_a_broken_list_is_not_shown(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage)
    stage.refresh()
    stage.follow("{id: other, nonsense")
    stage.publish()
    assert "post 1" not in stage.outputs()


def test_a_widget_without_posts_shows_its_heading_and_a_link(stage: Stage) -> None:
    stage.publish()
    fragment = stage.output("latest-posts.html")
    assert "Latest posts" in fragment
    assert "/w/latest-posts/" in fragment


def test_a_widget_that_left_the_list_leaves_no_files(stage: Stage) -> None:
    stage.publish()
    stage.write(stage.config.read_text("utf-8").replace("latest-posts", "newest"))
    stage.publish()
    assert not list(stage.app.settings.public.rglob("latest-posts*"))


def test_nothing_changed_writes_nothing(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage)
    stage.refresh()
    assert [one.changed for one in stage.publish()] == [(), ()]


def test_a_family_blog_is_listed_with_its_newest_post(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1, 2)
    follow(stage, FAMILY)
    stage.refresh()
    fragment = stage.output("patient-blogs.html")
    assert "Two sisters" in fragment
    assert "Post 2" in fragment
    assert "Post 1" not in fragment


def test_without_valid_consent_nothing_is_shown(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage, FAMILY.replace("expires: 2027-05-01", "expires: 2026-11-23"))
    stage.refresh()
    assert "Two sisters" not in stage.outputs()


def test_consent_that_lapses_ends_the_showing_without_any_fetch(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    follow(stage, FAMILY.replace("expires: 2027-05-01", "expires: 2026-11-24"))
    stage.refresh()
    (published,) = [one for one in stage.publish() if one.name == "patient-blogs"]
    assert "Two sisters" in stage.output("patient-blogs.html")
    asked = len(stage.origin.asked)
    assert published.selection is not None
    assert published.selection.valid_until is not None
    stage.now = published.selection.valid_until
    stage.publish()
    assert "Two sisters" not in stage.outputs()
    assert len(stage.origin.asked) == asked
