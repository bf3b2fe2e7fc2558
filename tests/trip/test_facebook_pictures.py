"""Pictures of a Facebook Page, from the photo's own words to the widget."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator.cli.stream import copy_pictures
from aggregator.demo.facebook import Facebook
from aggregator.demo.graph import TOKEN
from tests.trip.accounts import PLAIN
from tests.trip.platforms import PostingOn, posting_on

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


Page = PostingOn[Facebook]


@pytest.fixture
def posting(tmp_path: Path) -> Iterator[Page]:
    make = partial(Facebook, PLAIN)
    with posting_on(tmp_path, "facebook: institute", make, {"FACEBOOK_PAGE_TOKEN": TOKEN}) as made:
        made.follow()
        yield made


def shown(posting: Page) -> str:
    """The widget, once the pictures that it wants are fetched."""
    asyncio.run(copy_pictures(posting.stage.app, posting.stage.publish()))
    return posting.shown


def describe(posting: Page, words: str) -> None:
    """Somebody writes down on Facebook what the pictures show."""
    posting.notes = [replace(note, picture=words) for note in posting.notes]


def test_a_picture_is_shown_with_the_words_of_a_person(posting: Page) -> None:
    posting.write(1, "Soup day.", picture="A blue bowl of “red” soup")
    posting.stage.refresh()
    assert 'alt="A blue bowl of “red” soup"' in shown(posting)


def test_a_picture_of_which_only_facebook_said_something_is_not_shown(posting: Page) -> None:
    posting.write(1, "Soup day.", picture="")
    posting.stage.refresh()
    posting.stage.look_up(DAY)
    assert "Soup day." in shown(posting)
    assert "<img" not in posting.shown
    assert "May be an image" not in posting.stage.outputs()


def test_words_that_are_written_later_bring_the_picture_within_a_day(posting: Page) -> None:
    posting.write(1, "Soup day.", picture="")
    posting.stage.refresh()
    describe(posting, "A blue bowl")
    (told,) = posting.stage.look_up(DAY)
    assert told.edited == 1
    assert 'alt="A blue bowl"' in shown(posting)


def test_words_that_are_taken_back_take_the_picture_along(posting: Page) -> None:
    posting.write(1, "Soup day.", picture="A blue bowl")
    posting.stage.refresh()
    assert "<img" in shown(posting)
    describe(posting, "")
    posting.stage.look_up(DAY)
    assert "<img" not in shown(posting)


def test_posts_come_without_words_that_are_withheld_which_are_asked_for_later(
    posting: Page,
) -> None:
    posting.platform.withholds_photos = True
    posting.write(1, "Soup day.", picture="A blue bowl")
    (report,) = posting.stage.refresh()
    assert not report.failed
    assert "Soup day." in shown(posting)
    posting.platform.withholds_photos = False
    posting.stage.look_up(DAY)
    assert 'alt="A blue bowl"' in shown(posting)


def test_a_look_up_that_is_told_no_words_leaves_those_that_are_known(posting: Page) -> None:
    posting.write(1, "Soup day.", picture="A blue bowl")
    posting.stage.refresh()
    posting.platform.withholds_photos = True
    (told,) = posting.stage.look_up(DAY)
    assert (told.error, told.edited) == (None, 0)
    assert 'alt="A blue bowl"' in shown(posting)


def test_a_page_on_which_nothing_is_new_costs_one_request(posting: Page) -> None:
    posting.write(1, "Soup day.", picture="A blue bowl")
    posting.stage.refresh()
    posting.platform.asked.clear()
    posting.stage.refresh(HOUR)
    assert len(posting.platform.asked) == 1
