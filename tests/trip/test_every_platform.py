"""What becomes of a post on every platform that can be followed, as visitors see it.

What is particular to one is told in ``test_social.py``, ``test_x.py``, ``test_meta.py``,
``test_linkedin.py``, ``test_tiktok.py``, ``test_youtube.py`` and ``test_by_feed.py``;
``test_cross_posts.py`` puts two platforms together. None of them can edit a post but by writing it
anew under its id, which is what the samples do. What is followed by its feed needs no token, nor
do Bluesky, Mastodon, and YouTube without a key.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.trip.accounts import PLACES, Place
from tests.trip.platforms import Posting, posting_on

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG = "A long post that must be shown whole. " * 12 + "The very end."
WITH_TOKEN = [name for name, place in PLACES.items() if place.tokens]
IN_FULL = ["bluesky", "mastodon", "x", "facebook", "instagram", "threads", "linkedin"]
"""TikTok hands out the beginning of a long caption only; of articles and videos, the widget shows
an excerpt."""


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Place:
    return PLACES[request.param]


@pytest.fixture
def posting(place: Place, tmp_path: Path) -> Iterator[Posting]:
    with posting_on(tmp_path, place.key, place.make, place.tokens) as made:
        made.follow()
        yield made


@pytest.mark.parametrize("place", IN_FULL, indirect=True)
def test_a_long_post_is_shown_whole(posting: Posting) -> None:
    posting.write(1, LONG)
    posting.visit()
    assert LONG in posting.shown


def test_a_post_is_shown_edited_and_joined_by_others(posting: Posting) -> None:
    posting.write(1, "Open on Monday, with soup.")
    report = posting.visit()
    assert not report.failed, report.error
    assert "Open on Monday, with soup." in posting.shown
    posting.stage.now += HOUR
    posting.edit(1, "Open on Tuesday, with soup.")
    posting.write(2, "Bring a spoon.")
    written = posting.visit(DAY).written
    assert written is not None
    assert (written.new, written.edited) == (1, 1)
    assert "Open on Monday, with soup." not in posting.shown
    assert posting.shown.index("Bring a spoon.") < posting.shown.index("Open on Tuesday, with")


def test_what_is_deleted_leaves_the_page_once_it_is_looked_up(posting: Posting) -> None:
    """Not before: what is missing from a list may have rolled off it, and be as alive as ever."""
    for number, text in enumerate(("To be deleted.", "The second.", "The third."), 1):
        posting.write(number, text)
    posting.visit()
    posting.delete(1)
    posting.stage.refresh(HOUR, force=True)
    assert "To be deleted." in posting.shown
    posting.stage.look_up(DAY)
    assert "To be deleted." not in posting.shown
    assert "The second." in posting.shown


def test_an_outage_takes_nothing_from_the_page(posting: Posting) -> None:
    posting.write(1, "Before the outage.")
    posting.visit()
    posting.platform.is_down = True
    posting.write(2, "During the outage.")
    posting.stage.look_up(DAY)
    assert posting.visit(HOUR).failed
    assert "Before the outage." in posting.shown
    posting.platform.is_down = False
    posting.visit(DAY)
    assert "During the outage." in posting.shown


@pytest.mark.parametrize("place", WITH_TOKEN, indirect=True)
def test_a_token_that_is_not_taken_takes_nothing_from_the_page(
    place: Place, posting: Posting
) -> None:
    """Staff are told its variable, and a good one brings what is new."""
    posting.write(1, "Before the end.")
    posting.visit()
    (variable, *_) = place.tokens
    posting.restart({variable: "not-a-good-one"})
    posting.write(2, "After the end.")
    posting.visit(HOUR)
    condition = posting.health.condition
    assert variable in f"{condition.words} {condition.next_step}"
    assert "Before the end." in posting.shown
    posting.restart(place.tokens)
    posting.visit(DAY)
    assert "After the end." in posting.shown
