"""The way of a post from an account that is followed by its feed to the page, on each platform."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.demo.by_feed import ByFeed
from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import Account
from aggregator.demo.youtube import YouTube
from aggregator.errors import FetchError
from aggregator.model import Outcome
from tests.trip.platforms import Posting, served
from tests.trip.stage import Stage

HOUR = timedelta(hours=1)
KEYS = {
    "flickr": "flickr: institute",
    "medium": 'medium: "@institute"',
    "pinterest": "pinterest: institute",
    "podcast": "podcast: id123456789",
    "reddit": "reddit: r/institute",
    "substack": "substack: institute",
    "tumblr": "tumblr: institute",
    "vimeo": "vimeo: institute",
    "youtube": 'youtube: "@institute"',
}
ASKED_FIRST = {
    "flickr": "/people/institute/",
    "podcast": "/lookup?id=123456789&entity=podcast",
    "youtube": "/@institute",
}
"""Where the platform knows feeds only by what people do not know: where that is told."""
ACCOUNT = Account("institute", "Example Institute", 123456789)
FRIEND = Account("friend", "A friend", 88)


def platform(name: str, posting: list[Posting], stage: Stage) -> Interface:
    if name == "youtube":
        return YouTube(ACCOUNT, lambda: posting[0].notes, lambda: stage.now)
    return ByFeed(name, ACCOUNT, lambda: posting[0].notes, lambda: stage.now)


@pytest.fixture(params=sorted(KEYS))
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posting]:
    answering: list[Posting] = []

    def answer(target: str, fields: dict[str, str]) -> Reply:
        return answering[0].platform.answer(target, fields)

    with served(answer) as origin:
        stage = Stage(tmp_path, origin)
        made = Posting(stage, platform(request.param, answering, stage), KEYS[request.param])
        answering.append(made)
        made.follow()
        yield made
        stage.app.close()


def test_a_post_is_shown_edited_and_joined_by_others(posting: Posting) -> None:
    posting.write(1, "Open on Monday, with soup.")
    (report,) = posting.stage.refresh()
    assert not report.failed, report.error
    assert "Open on Monday, with soup." in posting.shown
    posting.edit(1, "Open on Tuesday, with soup.")
    posting.write(2, "Bring a spoon.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 1)
    assert "Open on Monday, with soup." not in posting.shown
    assert posting.shown.index("Bring a spoon.") < posting.shown.index("Open on Tuesday, with")


def test_where_its_feed_is_is_asked_once(posting: Posting) -> None:
    posting.write(1, "The only one.")
    posting.stage.refresh()
    first = ASKED_FIRST.get(posting.key.partition(":")[0])
    assert len(posting.platform.asked) == (2 if first else 1)
    assert first in {None, posting.platform.asked[0]}
    posting.platform.asked.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED
    assert len(posting.platform.asked) == 1


def test_a_long_post_is_stored_whole(posting: Posting) -> None:
    posting.write(1, "A long post that is kept whole. " * 40 + "The very end.")
    posting.stage.refresh()
    (text,) = posting.stored
    assert text.endswith("The very end.")


def test_an_outage_leaves_the_page_as_it_is_and_recovery_brings_what_is_new(
    posting: Posting,
) -> None:
    posting.write(1, "Before the outage.")
    posting.stage.refresh()
    posting.platform.is_down = True
    posting.write(2, "During the outage.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.FAILED
    assert "Before the outage." in posting.shown
    posting.platform.is_down = False
    posting.stage.refresh(24 * HOUR)
    assert "During the outage." in posting.shown


def test_what_left_the_feed_stays(posting: Posting) -> None:
    """Feeds hold the newest only: what is not in it may be as alive as ever."""
    posting.write(1, "Still to be seen.")
    posting.write(2, "Another one.")
    posting.stage.refresh()
    posting.delete(1)
    posting.stage.refresh(HOUR)
    assert "Still to be seen." in posting.shown


def test_what_others_wrote_is_not_shown(posting: Posting) -> None:
    posting.write(1, "Its own.")
    posting.write(2, "Said by a friend.", by=FRIEND)
    posting.stage.refresh()
    assert "Its own." in posting.shown
    assert "Said by a friend." not in posting.shown


def test_a_look_up_tells_what_is_there_and_what_was_deleted(posting: Posting) -> None:
    posting.write(1, "Deleted later.")
    posting.write(2, "Another one.")
    posting.stage.refresh()
    guids = {text: post.guid for text, post in posting.stored.items()}
    posting.delete(1)
    seen = posting.look_up()
    assert seen.present == {guids["Another one."]}
    assert seen.gone == {guids["Deleted later."]}


def test_where_all_is_deleted_the_account_itself_is_asked_for(posting: Posting) -> None:
    posting.write(1, "Deleted later.")
    posting.stage.refresh()
    posting.delete(1)
    assert posting.look_up().gone == {post.guid for post in posting.stored.values()}


def test_a_look_up_during_an_outage_tells_nothing(posting: Posting) -> None:
    posting.write(1, "There all the time.")
    posting.stage.refresh()
    posting.platform.is_down = True
    with suppress(FetchError):
        assert not posting.look_up().gone
