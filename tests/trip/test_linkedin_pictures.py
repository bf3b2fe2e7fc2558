"""The way of a picture from LinkedIn to the widget, though its address ends after some hours."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.cli.stream import copy_pictures
from aggregator.demo.interface import Reply
from aggregator.demo.linkedin import SIGNED, LinkedIn
from aggregator.demo.notes import Account
from aggregator.store.posts import listing
from tests.trip.platforms import Posting, served
from tests.trip.stage import Stage

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WORDS = "A blue bowl of soup."


class Page(Posting):
    """The institute's page, and the pictures that its posts get on ours."""

    @property
    def linkedin(self) -> LinkedIn:
        assert isinstance(self.platform, LinkedIn)
        return self.platform

    def copy(self) -> None:
        """As the command does after publishing."""
        asyncio.run(copy_pictures(self.stage.app, self.stage.publish()))

    def address(self) -> str:
        """Where the picture of the only post is, as far as we know."""
        (stored,) = listing(self.stage.app.database)
        (medium,) = stored.post.media
        return medium.url


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    made: list[Page] = []

    def answer(target: str, fields: dict[str, str], content: bytes | None = None) -> Reply:
        return made[0].platform.answer(target, fields, content)

    with served(answer) as origin:
        stage = Stage(tmp_path, origin)
        account = Account("example-institute", "Example Institute", 77)
        platform = LinkedIn(account, lambda: made[0].notes, lambda: stage.now, token="a-token")
        made.append(Page(stage, platform, "linkedin: example-institute"))
        made[0].follow()
        stage.app.close()
        stage.app = stage.open(tokens={"LINKEDIN_TOKEN": "a-token"})
        yield made[0]
        stage.app.close()


def test_a_picture_is_shown_as_a_copy_of_ours_with_its_words(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    page.copy()
    assert f'alt="{WORDS}"' in page.shown
    assert "/dms/image/" not in page.stage.outputs()


def test_a_picture_without_words_is_not_shown(page: Page) -> None:
    """Where it is, is known all the same: staff may describe it."""
    page.write(1, "The kitchen cooks at night.", picture="")
    page.stage.refresh()
    page.copy()
    assert "<img" not in page.shown
    assert "/dms/image/1?" in page.address()


def test_once_the_address_has_ended_the_look_up_brings_another(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    ended = page.address()
    page.stage.now += SIGNED
    page.copy()
    assert WORDS not in page.shown
    (told,) = page.stage.look_up(SIGNED)
    assert told.edited == 0
    assert page.address() != ended
    page.copy()
    assert f'alt="{WORDS}"' in page.shown


def test_a_page_that_is_as_it_was_costs_no_question_about_pictures(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    page.write(2, "It has no picture.")
    page.stage.refresh(HOUR)
    page.linkedin.asked.clear()
    page.stage.refresh(HOUR)
    page.stage.refresh(DAY)
    assert [target.partition("?")[0] for target in page.linkedin.asked] == ["/rest/posts"] * 2


def test_while_it_does_not_tell_where_pictures_are_posts_come_and_pictures_follow(
    page: Page,
) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.linkedin.images_are_down = True
    (report,) = page.stage.refresh()
    assert not report.failed
    assert "The kitchen cooks at night." in page.shown
    page.linkedin.images_are_down = False
    page.stage.look_up(DAY)
    page.copy()
    assert f'alt="{WORDS}"' in page.shown


def test_a_look_up_that_tells_no_address_takes_no_picture_away(page: Page) -> None:
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    page.stage.refresh()
    page.copy()
    page.linkedin.images_are_down = True
    page.stage.look_up(DAY)
    page.copy()
    assert f'alt="{WORDS}"' in page.shown


def test_a_token_that_may_not_see_pictures_shows_posts_and_is_not_asked_again(page: Page) -> None:
    page.linkedin.may_see_pictures = False
    page.write(1, "The kitchen cooks at night.", picture=WORDS)
    (report,) = page.stage.refresh()
    assert not report.failed
    page.linkedin.asked.clear()
    page.write(2, "It also bakes.", picture="Bread.")
    page.stage.refresh(HOUR)
    page.stage.look_up(DAY)
    assert "The kitchen cooks at night." in page.shown
    assert "It also bakes." in page.shown
    assert [target for target in page.linkedin.asked if "/rest/images" in target] == []
