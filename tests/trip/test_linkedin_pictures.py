"""The way of a picture from LinkedIn to the widget, though its address ends after some hours."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator.cli.stream import copy_pictures
from aggregator.demo.linkedin import SIGNED, LinkedIn
from aggregator.store.posts import listing
from tests.trip.accounts import PLAIN
from tests.trip.platforms import PostingOn, posting_on

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WORDS = "A blue bowl of soup."


Page = PostingOn[LinkedIn]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """The institute's page."""
    make = partial(LinkedIn, PLAIN, token="a-token")
    tokens = {"LINKEDIN_TOKEN": "a-token"}
    with posting_on(tmp_path, "linkedin: institute", make, tokens) as made:
        made.follow()
        yield made


def copy(page: Page) -> None:
    """Get the pictures of its posts, as the command does after publishing."""
    asyncio.run(copy_pictures(page.stage.app, page.stage.publish()))


def address(page: Page) -> str:
    """Where the picture of the only post is, as far as we know."""
    (stored,) = listing(page.stage.app.database)
    (medium,) = stored.post.media
    return medium.url


def test_a_picture_is_shown_as_a_copy_of_ours_with_its_words(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    copy(page)
    assert f'alt="{WORDS}"' in page.shown
    assert "/dms/image/" not in page.stage.outputs()


def test_a_picture_without_words_is_not_shown(page: Page) -> None:
    """Where it is, is known all the same: staff may describe it."""
    page.write(1, "The kitchen cooks at night.", picture="")
    page.stage.refresh()
    copy(page)
    assert "<img" not in page.shown
    assert "/dms/image/1?" in address(page)


def test_once_the_address_has_ended_the_look_up_brings_another(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    ended = address(page)
    page.stage.now += SIGNED
    copy(page)
    assert WORDS not in page.shown
    (told,) = page.stage.look_up(SIGNED)
    assert told.edited == 0
    assert address(page) != ended
    copy(page)
    assert f'alt="{WORDS}"' in page.shown


def test_a_page_that_is_as_it_was_costs_no_question_about_pictures(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    page.write(2, "It has no picture.")
    page.stage.refresh(HOUR)
    page.platform.asked.clear()
    page.stage.refresh(HOUR)
    page.stage.refresh(DAY)
    assert [target.partition("?")[0] for target in page.platform.asked] == ["/rest/posts"] * 2


def test_while_it_does_not_tell_where_pictures_are_posts_come_and_pictures_follow(
    page: Page,
) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.platform.images_are_down = True
    (report,) = page.stage.refresh()
    assert not report.failed
    assert "The kitchen cooks at night." in page.shown
    page.platform.images_are_down = False
    page.stage.look_up(DAY)
    copy(page)
    assert f'alt="{WORDS}"' in page.shown


def test_a_look_up_that_tells_no_address_takes_no_picture_away(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    copy(page)
    page.platform.images_are_down = True
    page.stage.look_up(DAY)
    copy(page)
    assert f'alt="{WORDS}"' in page.shown


def test_a_token_that_may_not_see_pictures_shows_posts_and_is_not_asked_again(page: Page) -> None:
    page.platform.may_see_pictures = False
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    (report,) = page.stage.refresh()
    assert not report.failed
    page.platform.asked.clear()
    page.write(2, "It also bakes.", picture="Bread.")
    page.stage.refresh(HOUR)
    page.stage.look_up(DAY)
    assert "The kitchen cooks at night." in page.shown
    assert "It also bakes." in page.shown
    assert [target for target in page.platform.asked if "/rest/images" in target] == []
