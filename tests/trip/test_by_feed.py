"""The way of a post from an account that is followed by its feed to the page, on each platform."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.demo.notes import Account
from aggregator.errors import FetchError
from aggregator.model import Outcome
from tests.trip.accounts import PLACES
from tests.trip.platforms import Posting, posting_on

HOUR = timedelta(hours=1)
ASKED_FIRST = {
    "flickr": "/people/institute/",
    "podcast": "/lookup?id=123456789&entity=podcast",
    "youtube": "/@institute",
}
"""Where the platform knows feeds only by what people do not know: where that is told."""
BY_FEED = [
    name
    for name, place in PLACES.items()
    if not place.tokens and place.platform not in {"bluesky", "mastodon"}
]
"""What needs no token but those two, whose interfaces are open to everybody."""
FRIEND = Account("friend", "A friend", 88)


@pytest.fixture(params=BY_FEED)
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posting]:
    place = PLACES[request.param]
    with posting_on(tmp_path, place.key, place.make) as made:
        made.follow()
        yield made


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
