"""The way of a short post from the account where the institute writes it to the page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.demo.notes import Account
from aggregator.model import Outcome
from tests.trip.accounts import PLACES
from tests.trip.platforms import Posting, posting_on

HOUR = timedelta(hours=1)
FRIEND = Account("friend.example", "A friend", 88)


@pytest.fixture(params=["bluesky", "mastodon"])
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posting]:
    place = PLACES[request.param]
    with posting_on(tmp_path, place.key, place.make) as made:
        made.follow()
        yield made


def test_a_post_travels_to_the_page_with_its_whole_link(posting: Posting) -> None:
    address = "https://institute.example/news/a-rather-long-address"
    posting.write(1, f"Naïve? Read on 👩‍⚕️ {address} #AskUs")
    posting.stage.refresh()
    assert "Naïve? Read on 👩‍⚕️" in posting.shown
    assert f'href="{address}"' in posting.shown
    assert "#AskUs" in posting.shown


def test_a_new_post_joins_the_known_ones_at_the_cost_of_one_request(posting: Posting) -> None:
    posting.write(1, "The first of all.")
    posting.stage.refresh()
    posting.write(2, "The second one.")
    posting.platform.asked.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 0)
    assert len(posting.platform.asked) == 1
    assert posting.shown.index("The second one.") < posting.shown.index("The first of all.")


@pytest.mark.parametrize("posting", ["mastodon"], indirect=True)
def test_a_post_that_gains_a_poll_says_so(posting: Posting) -> None:
    posting.write(1, "Which is better?")
    posting.stage.refresh()
    assert "See the poll" not in posting.shown
    posting.notes = [replace(note, poll=("Spring", "Fall")) for note in posting.notes]
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert report.written.edited == 1
    assert "See the poll on Mastodon" in posting.shown
    assert "Spring" not in posting.shown


def test_an_unchanged_timeline_changes_nothing(posting: Posting) -> None:
    posting.write(1, "The only one.")
    posting.stage.refresh()
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED


def test_a_restart_forgets_nothing(posting: Posting) -> None:
    posting.write(1, "Before the restart.")
    posting.stage.refresh()
    posting.restart()
    posting.platform.asked.clear()
    posting.stage.refresh(HOUR)
    assert len(posting.platform.asked) == 1


@pytest.mark.parametrize("allowance", [1, 2])
def test_the_platform_is_left_alone_until_it_gives_more_answers(
    posting: Posting, allowance: int
) -> None:
    """Whether the last answer was a good one, or already a refusal."""
    posting.write(1, "One post.")
    posting.platform.allowance = allowance
    (report,) = posting.stage.refresh()
    assert report.failed == (allowance == 1)
    until = report.visit.state.wait_until
    assert until is not None
    assert until >= posting.stage.now + timedelta(minutes=5)


def test_only_its_own_posts_are_shown(posting: Posting) -> None:
    posting.write(1, "Its own.")
    posting.write(2, "An answer to somebody.", is_reply=True)
    posting.write(3, "Said by a friend.", by=FRIEND)
    posting.stage.refresh()
    assert "Its own." in posting.shown
    assert "An answer to somebody." not in posting.shown
    assert "Said by a friend." not in posting.shown


def test_what_it_passes_on_is_shown_where_staff_ask_for_it_and_named(posting: Posting) -> None:
    posting.write(1, "Said by a friend.", by=FRIEND)
    posting.follow("include_reposts: true")
    posting.stage.refresh()
    assert "Said by a friend." in posting.shown
    assert "A friend" in posting.shown


def test_what_staff_want_no_more_leaves_the_page(posting: Posting) -> None:
    posting.write(1, "Said by a friend.", by=FRIEND)
    posting.follow("include_reposts: true")
    posting.stage.refresh()
    posting.follow()
    posting.stage.publish()
    assert "Said by a friend." not in posting.shown
