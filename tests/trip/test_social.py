"""The way of a short post from the account where the institute writes it to the page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.demo.bluesky import Bluesky
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account
from aggregator.model import Outcome
from tests.trip.platforms import Make, Posting, posting_on

HOUR = timedelta(hours=1)
FRIEND = Account("friend.example", "A friend", 88)
LONG = "A long post that must be shown whole. " * 12 + "The very end."


def _bluesky() -> tuple[str, Make]:
    account = Account("institute.example", "Example Institute", 77)
    return "bluesky: institute.example", lambda notes, clock: Bluesky(account, notes, clock)


def _mastodon() -> tuple[str, Make]:
    account = Account("institute", "Example Institute", 77)
    key = "mastodon: institute@social.example"
    return key, lambda notes, clock: Mastodon(account, "social.example", notes, clock)


@pytest.fixture(params=[_bluesky, _mastodon], ids=["bluesky", "mastodon"])
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posting]:
    key, make = request.param()
    with posting_on(tmp_path, key, make) as made:
        made.follow()
        yield made


def test_a_post_travels_to_the_page_with_its_whole_link(posting: Posting) -> None:
    address = "https://institute.example/news/a-rather-long-address"
    posting.write(1, f"Naïve? Read on 👩‍⚕️ {address} #AskUs")
    posting.stage.refresh()
    assert "Naïve? Read on 👩‍⚕️" in posting.shown
    assert f'href="{address}"' in posting.shown
    assert "#AskUs" in posting.shown


def test_a_long_post_is_shown_whole(posting: Posting) -> None:
    posting.write(1, LONG)
    posting.stage.refresh()
    assert LONG in posting.shown


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


@pytest.mark.parametrize("posting", [_mastodon], ids=["mastodon"], indirect=True)
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


def test_an_edit_reaches_the_page(posting: Posting) -> None:
    posting.write(1, "Open on Monday.")
    posting.write(2, "Another one.")
    posting.stage.refresh()
    posting.edit(1, "Open on Tuesday.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (0, 1)
    assert "Open on Tuesday." in posting.shown
    assert "Open on Monday." not in posting.shown


def test_what_is_missing_from_the_timeline_stays(posting: Posting) -> None:
    """Fetch never deletes: that takes a look-up of the post itself."""
    posting.write(1, "Still to be seen.")
    posting.write(2, "Another one.")
    posting.stage.refresh()
    posting.delete(1)
    posting.stage.refresh(HOUR)
    assert "Still to be seen." in posting.shown


def test_an_unchanged_timeline_changes_nothing(posting: Posting) -> None:
    posting.write(1, "The only one.")
    posting.stage.refresh()
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED


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


def test_a_restart_forgets_nothing(posting: Posting) -> None:
    posting.write(1, "Before the restart.")
    posting.stage.refresh()
    posting.stage.app.close()
    posting.stage.app = posting.stage.open()
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
