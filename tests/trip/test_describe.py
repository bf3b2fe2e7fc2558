"""Staff say what a picture shows, and it stands on the website with their words."""

import asyncio
import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from aggregator.actions.curate import decide, undo
from aggregator.actions.describe import describe, pictures_of, undescribe, undescribed
from aggregator.actions.takedown import take_down
from aggregator.cli.stream import copy_pictures
from aggregator.errors import AggregatorError
from aggregator.model import VerdictKind, public_id_of
from tests.trip.conftest import on_sqlite
from tests.trip.stage import Stage, rss
from tests.trip.test_pictures import asked, copies, photograph, with_picture

DAY = timedelta(days=1)
WORDS = "Two kingfishers at the entrance"
ONE = public_id_of("blog", "id-1")
HAND = "{id: board, hand: true, name: Our board, in: latest-posts}"


def offer(stage: Stage, *, path: str = "/1.jpg", alt: str | None = None) -> None:
    """A feed of one post with a picture."""
    stage.origin.bodies |= {"/1.jpg": photograph(), "/2.jpg": photograph("blue")}
    named = b'<rss xmlns:media="http://search.yahoo.com/mrss/"'
    feed = rss(with_picture(stage, 1, path, alt=alt))
    stage.origin.bodies["/feed"] = feed.replace(b"<rss", named)


@pytest.fixture
def blog(stage: Stage) -> Stage:
    """An Aggregator that shows a post whose picture came without words."""
    offer(stage)
    stage.follow(stage.source("blog"))
    stage.refresh()
    return stage


def say(stage: Stage, alt: str = WORDS, key: str = ONE) -> None:
    """As the command does: store, publish, fetch, publish."""
    done = describe(stage.app.publisher, key, alt, by="ann", now=stage.now)
    asyncio.run(copy_pictures(stage.app, done.published))


def test_the_words_are_in_every_form_of_the_widget(blog: Stage) -> None:
    assert "<img" not in blog.output("latest-posts.html")
    assert copies(blog) == {}
    blog.app.close()
    blog.app = blog.open(public_url="https://www.example.org/feeds")
    say(blog)
    (path,) = copies(blog)
    html = blog.output("latest-posts.html")
    assert f'alt="{WORDS}"' in html
    assert path in html
    (entry,) = json.loads(blog.output("latest-posts.json"))["items"]
    assert entry["_aggregator"]["image"]["alt"] == WORDS
    feed = ET.fromstring(blog.output("latest-posts.rss"))
    said = feed.findtext(".//{http://search.yahoo.com/mrss/}description")
    assert said == WORDS


def test_the_picture_is_asked_for_once_there_are_words(blog: Stage) -> None:
    assert asked(blog, "/1.jpg") == []
    say(blog)
    say(blog, "Two nurses")
    assert len(asked(blog, "/1.jpg")) == 1
    assert 'alt="Two nurses"' in blog.output("latest-posts.html")


def test_words_taken_back_take_the_picture_with_them(blog: Stage) -> None:
    say(blog)
    undescribe(blog.app.publisher, ONE, by="ann", now=blog.now)
    assert "<img" not in blog.output("latest-posts.html")
    assert copies(blog) == {}


def test_words_that_came_along_count_again(stage: Stage) -> None:
    offer(stage, alt="IMG_2034.jpg")
    stage.follow(stage.source("blog"))
    stage.refresh()
    say(stage)
    assert "IMG_2034.jpg" not in stage.output("latest-posts.html")
    undescribe(stage.app.publisher, ONE, by="ann", now=stage.now)
    assert 'alt="IMG_2034.jpg"' in stage.output("latest-posts.html")


def test_an_edit_with_another_picture_ends_them(blog: Stage) -> None:
    say(blog)
    offer(blog, path="/2.jpg")
    blog.refresh(DAY)
    assert WORDS not in blog.outputs()
    assert copies(blog) == {}
    (lacking,) = undescribed(blog.app.publisher, blog.app.catalogue(), blog.now)
    assert lacking.is_outdated
    assert lacking.lacks_words


def test_a_visit_that_changes_nothing_leaves_them(blog: Stage) -> None:
    say(blog)
    blog.refresh(DAY)
    assert WORDS in blog.output("latest-posts.html")


def test_they_come_back_with_a_hidden_post(blog: Stage) -> None:
    say(blog)
    decide(blog.app.publisher, [ONE], VerdictKind.HIDDEN, by="ann", now=blog.now)
    assert WORDS not in blog.outputs()
    undo(blog.app.publisher, [ONE], VerdictKind.HIDDEN, by="ann", now=blog.now)
    asyncio.run(copy_pictures(blog.app, blog.publish()))
    assert WORDS in blog.output("latest-posts.html")


def test_copies_of_a_post_get_the_same_words(stage: Stage) -> None:
    """The link names both; whichever is shown has them."""
    offer(stage)
    long = b"What happened in post 1, told at some length, so that it is no other post."
    feed = stage.origin.bodies["/feed"].replace(
        b"What happened in post 1, told at some length.", long
    )
    stage.origin.bodies |= {"/feed": feed, "/planet": feed.replace(b">id-", b">planet-")}
    stage.follow(stage.source("blog"), stage.source("planet", "/planet"))
    stage.refresh()
    say(stage, key="https://family.example.org/1")
    for key in (ONE, public_id_of("planet", "planet-1")):
        (picture,) = pictures_of(stage.app.publisher, key, stage.now).pictures
        assert picture.staff == WORDS


def test_what_looks_like_markup_is_none(blog: Stage) -> None:
    say(blog, '"><script>alert(1)</script>')
    assert "<script>alert" not in blog.outputs()


def test_words_of_posts_by_hand_have_their_own_place(stage: Stage) -> None:
    stage.follow(HAND.replace("hand: true", f"feed: '{stage.origin.url('/feed')}'"))
    offer(stage)
    stage.refresh()
    stage.follow(HAND)
    with pytest.raises(AggregatorError, match="written by staff") as caught:
        say(stage, key=public_id_of("board", "id-1"))
    assert "post board --edit" in caught.value.advice


@on_sqlite
def test_a_takedown_leaves_no_byte_of_them(blog: Stage) -> None:
    say(blog)
    data = blog.app.settings.data

    def naming() -> list[str]:
        files = [path for path in data.rglob("*") if path.is_file()]
        return [path.name for path in files if b"kingfishers" in path.read_bytes()]

    assert {name for name in naming() if name.startswith("aggregator.db")}
    take_down(blog.app.publisher, ONE, by="ann", now=blog.now)
    assert naming() == []
