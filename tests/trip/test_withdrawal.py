"""A withdrawal always wins: against races, trouble with files, moved posts and broken templates."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest

from aggregator.actions import curate
from aggregator.actions.takedown import take_down
from aggregator.errors import AggregatorError
from aggregator.model import VerdictKind, public_id_of
from aggregator.store import posts, verdicts
from tests.trip.stage import Origin, Stage, rss

DAY = timedelta(days=1)
WORDS = "What happened in post 2"
TWO = public_id_of("blog", "id-2")
LONG = "told at such length that nobody would take it for another post of the same blog"


@pytest.fixture
def blog(stage: Stage) -> Stage:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    stage.follow(stage.source("blog"))
    stage.refresh()
    assert WORDS in stage.outputs()
    return stage


def hide(stage: Stage, key: str) -> None:
    curate.decide(stage.app.publisher, [key], VerdictKind.HIDDEN, by="ann", now=stage.now)


def down(stage: Stage, key: str) -> None:
    take_down(stage.app.publisher, key, by="ann", now=stage.now)


def break_templates(stage: Stage) -> None:
    """Start anew with templates that cannot be drawn."""
    broken = stage.folder / "templates" / "widgets"
    broken.mkdir(parents=True)
    for layout in ("posts", "blogs"):
        (broken / f"{layout}.html").write_text("{% if %}", "utf-8")
    stage.app.close()
    stage.app = stage.open(templates=stage.folder / "templates")


def test_a_publish_reads_the_list_as_it_is_now(blog: Stage) -> None:
    """A refresh that began before the list changed must not bring back what left it."""
    blog.follow(blog.source("other", "/other"))
    blog.app.publisher.publish(["latest-posts"], blog.now)
    assert WORDS not in blog.outputs()


def test_files_that_are_not_ours_stop_nothing(blog: Stage) -> None:
    stray = blog.app.settings.public / "w" / "pictures" / "a.txt"
    stray.parent.mkdir()
    stray.write_text("somebody's own")
    down(blog, TWO)
    assert WORDS not in blog.outputs()
    assert stray.exists()


def test_a_widget_that_cannot_be_written_stops_no_other(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    stage.follow(stage.source("blog", more="in: [latest-posts, extra]"))
    stage.write(
        stage.config.read_text("utf-8").replace(
            "widgets:\n", "widgets:\n  - {id: extra, title: Extra, layout: posts}\n"
        )
    )
    stage.refresh()
    blocked = stage.app.settings.public / "w" / "extra.html"
    blocked.unlink()
    blocked.mkdir()  # a folder where the file should be
    hide(stage, TWO)
    assert WORDS not in stage.output("latest-posts.html")


@pytest.mark.parametrize("left", ["the list", "the widget"])
def test_a_post_is_hidden_where_it_still_stands(blog: Stage, left: str) -> None:
    """Whatever the list says by now: its files were made before."""
    if left == "the list":
        blog.follow(blog.source("other", "/other"))
    else:
        blog.follow(blog.source("blog", more="in: patient-blogs"))
    hide(blog, TWO)
    assert WORDS not in blog.output("latest-posts.html")


def test_a_compressed_copy_left_by_an_interrupted_write_goes(blog: Stage) -> None:
    stale = blog.app.settings.public / "w" / "latest-posts.html.br"
    down(blog, TWO)
    stale.write_bytes(brotli.compress(WORDS.encode()))
    blog.publish()
    assert WORDS.encode() not in brotli.decompress(stale.read_bytes())


def test_drafts_of_a_killed_process_go_with_the_next_publish(blog: Stage) -> None:
    draft = Path(blog.app.settings.data) / "drafts" / "latest-posts.html.x"
    draft.write_text(WORDS)
    blog.publish()
    assert not draft.exists()


def test_a_source_taken_down_stays_down_under_a_like_address(blog: Stage) -> None:
    blog.origin.bodies["/feed/"] = blog.origin.bodies["/feed"]
    down(blog, "blog")
    blog.follow(blog.source("again", "/feed/"))
    blog.refresh(2 * DAY)
    assert WORDS not in blog.outputs()


def test_the_other_feed_of_a_source_taken_down_goes_too(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    stage.origin.bodies["/atom"] = rss(3, 2, 1)
    stage.follow(stage.source("blog"), stage.source("second", "/atom"))
    stage.refresh()
    down(stage, "blog")
    stage.refresh(2 * DAY)
    assert WORDS not in stage.outputs()


def test_a_taken_down_home_page_link_does_not_silence_the_blog(stage: Stage) -> None:
    home = rss(1).replace(b"family.example.org/1<", b"family.example.org/<")
    stage.origin.bodies["/feed"] = home
    stage.follow(stage.source("blog"))
    stage.refresh()
    down(stage, public_id_of("blog", "id-1"))
    stage.origin.bodies["/feed"] = rss(2).replace(b"example.org/2<", b"example.org/<")
    stage.refresh(2 * DAY)
    assert WORDS in stage.outputs()


def test_a_hidden_post_stays_hidden_under_a_new_id(stage: Stage) -> None:
    body = rss(3, 2, 1).replace(b"told at some length", LONG.encode())
    stage.origin.bodies["/feed"] = body
    stage.follow(stage.source("blog"))
    stage.refresh()
    hide(stage, TWO)
    stage.origin.bodies["/feed"] = body.replace(b"id-2", b"another-id")
    stage.refresh(2 * DAY)
    assert WORDS not in stage.outputs()


def test_a_hidden_post_hides_its_copy_elsewhere(stage: Stage, origin: Origin) -> None:
    body = rss(3, 2, 1).replace(b"told at some length", LONG.encode())
    origin.bodies["/feed"] = origin.bodies["/copy"] = body
    stage.follow(stage.source("blog"), stage.source("copy", "/copy"))
    stage.refresh()
    hide(stage, TWO)
    assert WORDS not in stage.outputs()
    curate.undo(stage.app.publisher, [TWO], VerdictKind.HIDDEN, by="ann", now=stage.now)
    assert WORDS in stage.outputs()
    (copy,) = posts.find(stage.app.database, public_id_of("copy", "id-2"))
    assert copy.verdict is None


def test_a_copy_that_comes_while_its_original_is_being_hidden_is_hidden(
    blog: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A visit stores it after the post was looked up and before the decision is written."""
    decide = verdicts.decide

    def late(*act: Any, **more: Any) -> None:
        blog.origin.bodies["/copy"] = blog.origin.bodies["/feed"].replace(b"id-2", b"copied")
        blog.follow(blog.source("blog"), blog.source("copy", "/copy"))
        blog.refresh()
        decide(*act, **more)

    monkeypatch.setattr(verdicts, "decide", late)
    hide(blog, TWO)
    assert WORDS not in blog.outputs()


def test_an_edit_of_an_approved_post_waits_where_all_are_reviewed(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(2)
    stage.follow(stage.source("blog", more="in: latest-posts, review: always"))
    stage.refresh()
    curate.decide(stage.app.publisher, [TWO], VerdictKind.APPROVED, by="ann", now=stage.now)
    assert WORDS in stage.outputs()
    stage.origin.bodies["/feed"] = rss(2).replace(b"What happened", b"Buy these pills as")
    stage.refresh(2 * DAY)
    assert "pills" not in stage.outputs()


def test_posts_that_nobody_can_name_apart_are_hidden_together(stage: Stage) -> None:
    """Two ids that begin alike were made on purpose; both are the same to any command."""
    one, other = "g3adbd2", "g942d3d"
    assert public_id_of("blog", one) == public_id_of("blog", other)
    body = rss(2, 1).replace(b"id-2", one.encode()).replace(b"id-1", other.encode())
    stage.origin.bodies["/feed"] = body
    stage.follow(stage.source("blog"))
    stage.refresh()
    hide(stage, public_id_of("blog", one))
    assert "What happened" not in stage.outputs()


def test_a_blog_without_posts_goes_though_templates_are_broken(stage: Stage) -> None:
    consent = (
        "consent: {reference: PF-1, basis: authorization, given: 2026-05-01, expires: EXPIRES}"
    )
    family = (
        f"in: patient-blogs, name: Two sisters, link: 'https://sisters.example.org/', {consent}"
    )
    stage.origin.bodies["/feed"] = rss()
    stage.follow(stage.source("family", more=family.replace("EXPIRES", "2027-05-01")))
    stage.refresh()
    assert "Two sisters" in stage.outputs()
    break_templates(stage)
    stage.follow(stage.source("family", more=family.replace("EXPIRES", "2026-11-01")))
    stage.publish()
    assert "Two sisters" not in stage.outputs()


def test_when_an_answer_expires_is_kept_though_templates_are_broken(blog: Stage) -> None:
    break_templates(blog)
    (published, _) = blog.publish()
    assert isinstance(published.error, AggregatorError)
    assert WORDS in blog.outputs()


def test_that_nothing_changed_is_never_said_of_a_withdrawal(blog: Stage) -> None:
    """A publish that finds its files in order leaves them; a decision puts them out of order."""
    for _ in range(2):
        blog.publish()
        hide(blog, TWO)
        assert WORDS not in blog.outputs()
        blog.publish()
        assert WORDS not in blog.outputs()
        curate.undo(blog.app.publisher, [TWO], VerdictKind.HIDDEN, by="ann", now=blog.now)
        assert WORDS in blog.outputs()
    blog.publish()
    down(blog, TWO)
    assert WORDS not in blog.outputs()
