"""Hide, pin, approve and take down, seen from the files that the website embeds."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.actions import curate
from aggregator.actions.explain import Explainer
from aggregator.actions.find import NotFoundHere
from aggregator.actions.takedown import take_down
from aggregator.errors import AggregatorError
from aggregator.model import Verdict, VerdictKind, public_id_of
from aggregator.store import audit, posts, verdicts
from tests.trip.conftest import on_sqlite
from tests.trip.stage import Stage, item, rss

DAY = timedelta(days=1)
ONE, TWO, THREE = (public_id_of("blog", f"id-{number}") for number in (1, 2, 3))
SECRET = "Words that nobody must ever read again, wherever they look for them"


@pytest.fixture
def blog(stage: Stage) -> Stage:
    """A stage with three posts of one blog in the widget."""
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    stage.follow(stage.source("blog"))
    stage.refresh()
    return stage


def decide(stage: Stage, key: str, kind: VerdictKind, until: timedelta | None = None) -> None:
    curate.decide(
        stage.app.publisher,
        [key],
        kind,
        by="ann",
        now=stage.now,
        until=stage.now + until if until else None,
    )


def undo(stage: Stage, key: str, kind: VerdictKind = VerdictKind.HIDDEN) -> None:
    curate.undo(stage.app.publisher, [key], kind, by="ann", now=stage.now)


def down(stage: Stage, key: str) -> None:
    take_down(stage.app.publisher, key, by="ann", now=stage.now)


def why(stage: Stage, public_id: str) -> str:
    explainer = Explainer(stage.app.publisher, stage.app.catalogue(), stage.now)
    (stored,) = posts.find(stage.app.database, public_id)
    return explainer.explain(stored).why


def test_a_hidden_post_is_out_of_every_file(blog: Stage) -> None:
    decide(blog, TWO, VerdictKind.HIDDEN)
    assert "post 2" not in blog.outputs()
    assert "post 1" in blog.outputs()


def test_a_post_is_named_by_its_link_as_well(blog: Stage) -> None:
    decide(blog, "https://family.example.org/2", VerdictKind.HIDDEN)
    assert "post 2" not in blog.outputs()


def before_it_moved(feed: bytes) -> bytes:
    """The same feed when its blog had another scheme and host, and a slash after each link."""
    host, link_ends = b"https://family.example.org", b"</link><guid"
    return feed.replace(host, b"http://www.family.example.org").replace(link_ends, b"/" + link_ends)


def named_by_links(feed: bytes) -> bytes:
    """The same feed as many systems write it: the id of each entry is its link."""
    return feed.replace(b'"false">id-', b'"true">https://family.example.org/')


def test_a_hidden_post_stays_hidden_when_its_blog_moves_and_its_words_change(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = before_it_moved(named_by_links(rss(3, 2, 1)))
    stage.follow(stage.source("blog"))
    stage.refresh()
    decide(stage, "family.example.org/2", VerdictKind.HIDDEN)
    edited = item(2, title="Post 2, mended", text="What happened is told otherwise today.")
    stage.origin.bodies["/feed"] = named_by_links(rss(3, edited, 1))
    stage.refresh(after=DAY)
    assert "Post 3" in stage.outputs()
    assert "mended" not in stage.outputs()


def test_an_approved_post_stays_approved_when_its_blog_moves(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = before_it_moved(rss(1))
    stage.follow(stage.source("blog", more="in: latest-posts, review: always"))
    stage.refresh()
    decide(stage, ONE, VerdictKind.APPROVED)
    stage.origin.bodies["/feed"] = rss(1)
    (report,) = stage.refresh(after=DAY)
    assert report.written is not None
    assert report.written.edited == 0
    assert 'href="https://family.example.org/1"' in stage.output("latest-posts.html")


def test_what_is_decided_together_is_published_once(blog: Stage) -> None:
    kind, link = VerdictKind.HIDDEN, "https://family.example.org/2"
    first, second = curate.decide(
        blog.app.publisher, [ONE, TWO, link], kind, by="ann", now=blog.now
    )
    assert first.published is second.published
    assert "post 1" not in blog.outputs()
    assert "post 2" not in blog.outputs()


def test_of_several_things_all_or_none_is_decided(blog: Stage) -> None:
    keys, kind = [ONE, "0123456789ab"], VerdictKind.HIDDEN
    with pytest.raises(NotFoundHere):
        curate.decide(blog.app.publisher, keys, kind, by="ann", now=blog.now)
    assert why(blog, ONE) == "Shown in latest-posts."


def test_several_decisions_are_undone_at_once(blog: Stage) -> None:
    before, kind = blog.output("latest-posts.html"), VerdictKind.HIDDEN
    curate.decide(blog.app.publisher, [ONE, TWO], kind, by="ann", now=blog.now)
    curate.undo(blog.app.publisher, [ONE, TWO], kind, by="ann", now=blog.now)
    assert blog.output("latest-posts.html") == before


def test_of_several_things_all_or_none_is_undone(blog: Stage) -> None:
    decide(blog, TWO, VerdictKind.HIDDEN)
    with pytest.raises(AggregatorError):
        curate.undo(blog.app.publisher, [TWO, ONE], VerdictKind.HIDDEN, by="ann", now=blog.now)
    assert "post 2" not in blog.outputs()


def test_hide_can_be_undone(blog: Stage) -> None:
    before = blog.output("latest-posts.html")
    decide(blog, TWO, VerdictKind.HIDDEN)
    undo(blog, TWO)
    assert blog.output("latest-posts.html") == before


@pytest.mark.parametrize("key", [TWO, "blog"])
def test_to_hide_what_is_hidden_decides_nothing_anew(blog: Stage, key: str) -> None:
    decide(blog, key, VerdictKind.HIDDEN)
    known = audit.newest(blog.app.database)
    decide(blog, key, VerdictKind.HIDDEN)
    assert audit.newest(blog.app.database) == known


def test_two_who_undo_at_one_time_take_one_decision_back(
    blog: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one has looked before the first one is done."""
    decide(blog, TWO, VerdictKind.HIDDEN)
    blog.now += DAY
    decide(blog, TWO, VerdictKind.APPROVED)
    real = verdicts.undo

    def late(*act: Any, **more: Any) -> Verdict | None:
        real(*act, **more)
        return real(*act, **more)

    monkeypatch.setattr(verdicts, "undo", late)
    undo(blog, TWO, VerdictKind.APPROVED)
    assert "post 2" not in blog.outputs()


def test_a_pin_does_not_win_against_a_hide_of_the_same_moment(
    blog: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is hidden after the one who pins it has looked."""
    real = verdicts.decide

    def late(*act: Any, **more: Any) -> None:
        monkeypatch.setattr(verdicts, "decide", real)
        decide(blog, TWO, VerdictKind.HIDDEN)
        real(*act, **more)

    monkeypatch.setattr(verdicts, "decide", late)
    with pytest.raises(AggregatorError, match="is hidden"):
        decide(blog, TWO, VerdictKind.PINNED)
    assert "post 2" not in blog.outputs()


def test_a_hidden_post_that_is_edited_stays_hidden(blog: Stage) -> None:
    decide(blog, TWO, VerdictKind.HIDDEN)
    blog.origin.bodies["/feed"] = rss(3, 2, 1).replace(b"happened", b"took place")
    blog.refresh(2 * DAY)
    assert "post 2" not in blog.outputs()
    assert "took place in post 1" in blog.outputs()


def test_a_hidden_source_is_out_of_every_file(blog: Stage) -> None:
    decide(blog, "blog", VerdictKind.HIDDEN)
    assert "family.example.org" not in blog.outputs()


def test_a_pin_comes_first_until_its_end(blog: Stage) -> None:
    decide(blog, ONE, VerdictKind.PINNED, until=DAY)
    fragment = blog.output("latest-posts.html")
    assert fragment.index("post 1") < fragment.index("post 3")
    blog.now += DAY
    blog.publish()
    fragment = blog.output("latest-posts.html")
    assert fragment.index("post 3") < fragment.index("post 1")


def test_a_pin_into_the_past_is_refused(blog: Stage) -> None:
    with pytest.raises(AggregatorError, match="is past"):
        decide(blog, ONE, VerdictKind.PINNED, until=-DAY)


def test_nothing_to_undo_is_said(blog: Stage) -> None:
    with pytest.raises(AggregatorError, match="no decision"):
        undo(blog, ONE)


def test_an_unknown_post_is_said(blog: Stage) -> None:
    with pytest.raises(AggregatorError, match="no stored post named “0123456789ab”"):
        decide(blog, "0123456789ab", VerdictKind.HIDDEN)


def test_a_reviewed_source_waits_for_approval(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    stage.follow(stage.source("blog", more="in: latest-posts, review: always"))
    stage.refresh()
    assert "post 1" not in stage.outputs()
    decide(stage, ONE, VerdictKind.APPROVED)
    assert "post 1" in stage.outputs()
    assert "post 2" not in stage.outputs()


def test_review_first_waits_for_one_approval(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    stage.follow(stage.source("blog", more="in: latest-posts, review: first"))
    stage.refresh()
    assert "post 2" not in stage.outputs()
    decide(stage, ONE, VerdictKind.APPROVED)
    assert "post 2" in stage.outputs()


def test_why_tells_shown_from_hidden(blog: Stage) -> None:
    assert why(blog, TWO) == "Shown in latest-posts."
    decide(blog, TWO, VerdictKind.HIDDEN)
    assert "hidden" in why(blog, TWO).lower()


@pytest.fixture
def secret(stage: Stage) -> Stage:
    """A stage whose second post must be taken down."""
    body = rss(3, 2, 1).replace(b"What happened in post 2, told at some length.", SECRET.encode())
    stage.origin.bodies["/feed"] = body
    stage.follow(stage.source("blog"))
    stage.refresh()
    assert SECRET in stage.outputs()
    return stage


def database_bytes(stage: Stage) -> bytes:
    """On PostgreSQL its vacuum decides when the bytes go."""
    return b"".join(
        path.read_bytes() for path in Path(stage.app.settings.data).glob("aggregator.db*")
    )


def test_a_takedown_leaves_no_output(secret: Stage) -> None:
    down(secret, TWO)
    assert SECRET not in secret.outputs()


@on_sqlite
def test_a_takedown_leaves_nothing_in_the_database_file(secret: Stage) -> None:
    assert SECRET.encode() in database_bytes(secret)
    down(secret, TWO)
    assert SECRET.encode() not in database_bytes(secret)


def test_a_takedown_survives_the_next_fetch(secret: Stage) -> None:
    down(secret, TWO)
    secret.origin.bodies["/feed"] = secret.origin.bodies["/feed"].replace(b"Post 2", b"Post two")
    (report,) = secret.refresh(2 * DAY)
    assert report.written is not None
    assert report.written.refused == 1
    assert SECRET not in secret.outputs()


def test_a_takedown_survives_a_changed_id_and_link(secret: Stage) -> None:
    down(secret, TWO)
    body = secret.origin.bodies["/feed"]
    body = body.replace(b"id-2", b"new-id").replace(b"example.org/2", b"example.org/new")
    secret.origin.bodies["/feed"] = body
    secret.refresh(2 * DAY)
    assert SECRET not in secret.outputs()


def test_a_takedown_of_a_source_erases_all_of_it(secret: Stage) -> None:
    down(secret, "blog")
    assert "family.example.org" not in secret.outputs()
    assert posts.listing(secret.app.database) == []


@on_sqlite
def test_a_takedown_of_a_source_leaves_nothing_in_the_database_file(secret: Stage) -> None:
    down(secret, "blog")
    assert b"What happened in post" not in database_bytes(secret)


def test_a_source_taken_down_is_not_followed_again(secret: Stage) -> None:
    down(secret, "blog")
    asked = len(secret.origin.asked)
    secret.refresh(2 * DAY)
    assert "family.example.org" not in secret.outputs()
    assert len(secret.origin.asked) == asked


def test_the_same_address_under_another_name_stays_down(secret: Stage) -> None:
    down(secret, "blog")
    secret.follow(secret.source("again"))
    secret.refresh(2 * DAY)
    assert SECRET not in secret.outputs()
