"""What becomes of a post on every platform that can be followed, as visitors see it.

Steps that are told apart there have tests of their own: ``test_social.py``, ``test_x.py``,
``test_meta.py``, ``test_linkedin.py``, ``test_tiktok.py``, ``test_youtube.py`` and
``test_by_feed.py``; ``test_cross_posts.py`` puts two platforms together. None of them can edit a
post but by writing it anew under its id, which is what the samples do. TikTok hands out the
beginning of a long caption only; of articles and videos, the widget shows an excerpt. What is
followed by its feed needs no token, nor do Bluesky, Mastodon, and YouTube without a key.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions.health import healths
from aggregator.demo.interface import Reply
from tests.trip.accounts import PLACES, Place
from tests.trip.platforms import Posting, served
from tests.trip.stage import Stage

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WITH_TOKEN = [name for name, place in PLACES.items() if place.tokens]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Place:
    return PLACES[request.param]


@pytest.fixture
def posting(place: Place, tmp_path: Path) -> Iterator[Posting]:
    answering: list[Posting] = []

    def answer(target: str, fields: dict[str, str], content: bytes | None = None) -> Reply:
        return answering[0].platform.answer(target, fields, content)

    with served(answer) as origin:
        stage = Stage(tmp_path, origin)
        made = place.make(lambda: answering[0].notes, lambda: stage.now)
        answering.append(Posting(stage, made, place.key))
        restart(answering[0], place.tokens)
        answering[0].follow()
        yield answering[0]
        stage.app.close()


def restart(posting: Posting, tokens: dict[str, str]) -> None:
    """With these variables in the environment."""
    posting.stage.app.close()
    posting.stage.app = posting.stage.open(tokens=tokens)


def test_what_is_deleted_leaves_the_page(posting: Posting) -> None:
    for number, text in enumerate(("To be deleted.", "The second.", "The third."), 1):
        posting.write(number, text)
    posting.stage.refresh()
    assert "To be deleted." in posting.shown
    posting.delete(1)
    posting.stage.look_up(DAY)
    assert "To be deleted." not in posting.shown
    assert "The second." in posting.shown


def test_an_outage_takes_nothing_from_the_page(posting: Posting) -> None:
    posting.write(1, "Before the outage.")
    posting.stage.refresh()
    posting.platform.is_down = True
    posting.write(2, "During the outage.")
    posting.stage.look_up(DAY)
    posting.stage.refresh(HOUR)
    assert "Before the outage." in posting.shown
    posting.platform.is_down = False
    posting.stage.refresh(DAY)
    assert "During the outage." in posting.shown


@pytest.mark.parametrize("place", WITH_TOKEN, indirect=True)
def test_a_token_that_is_not_taken_takes_nothing_from_the_page(
    place: Place, posting: Posting
) -> None:
    """Staff are told its variable, and a good one brings what is new."""
    posting.write(1, "Before the end.")
    posting.stage.refresh()
    (variable, *_) = place.tokens
    restart(posting, {variable: "not-a-good-one"})
    posting.write(2, "After the end.")
    posting.stage.refresh(HOUR)
    app = posting.stage.app
    (found,) = healths(app.publisher, app.catalogue(), posting.stage.now, token_ends={})
    assert variable in f"{found.condition.words} {found.condition.next_step}"
    assert "Before the end." in posting.shown
    restart(posting, place.tokens)
    posting.stage.refresh(DAY)
    assert "After the end." in posting.shown
