"""The way of a post on X to the page, what it costs, and what staff are told when X refuses."""

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aggregator.demo.notes import Account
from aggregator.demo.x import POSTS, TOKEN, TWEETS, X, newest_id
from aggregator.model import ConditionKind
from aggregator.store import posts
from tests.trip.platforms import PostingOn, posting_on

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF_A_DAY = timedelta(hours=12)
ACCOUNT = Account("Institute", "Example Institute", 77)
TOKENS = {"X_BEARER_TOKEN": TOKEN}


@pytest.fixture(params=[POSTS, TWEETS], ids=["posts", "tweets"])
def posting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PostingOn[X]]:
    """The institute on X, which speaks either of its vocabularies."""
    make = partial(X, ACCOUNT, words=request.param)
    with posting_on(tmp_path, "x: '@Institute'", make, TOKENS) as made:
        made.follow()
        yield made


def status(posting: PostingOn[X]) -> tuple[ConditionKind, str]:
    """What ``status`` says of the account: the kind, and all of its words."""
    condition = posting.health.condition
    return condition.kind, f"{condition.words} {condition.next_step}"


def test_a_post_travels_to_the_page_with_the_link_that_x_asks_for(posting: PostingOn[X]) -> None:
    posting.write(1, "Naïve? Soup & bread 👩‍⚕️ https://institute.example/news/a-long-address #AskUs")
    posting.stage.refresh()
    assert "Naïve? Soup &amp; bread 👩‍⚕️" in posting.shown
    assert re.search(r'href="https://t\.co/[0-9a-f]{10}"', posting.shown)
    assert "institute.example/news/a-l…" in posting.shown
    assert 'href="https://x.com/search?q=%23AskUs"' in posting.shown
    assert f"https://x.com/Institute/status/{newest_id(posting.notes[0])}" in posting.shown


def test_a_poll_is_told_below_the_post_and_costs_nothing(posting: PostingOn[X]) -> None:
    posting.write(1, "Which is better?", poll=("Spring", "Fall"))
    posting.stage.refresh()
    assert ">Which is better?</p>" in posting.shown
    assert "See the poll on X" in posting.shown
    assert "Spring" not in posting.shown
    assert posting.platform.sent == 3, "the account by its handle, the post, and its author"


def test_a_new_post_joins_the_known_ones_and_is_all_that_is_paid_for(posting: PostingOn[X]) -> None:
    posting.write(1, "The first of all.")
    posting.stage.refresh()
    posting.write(2, "The second one.")
    posting.platform.asked.clear()
    before = posting.platform.sent
    posting.stage.refresh(DAY)
    assert len(posting.platform.asked) == 1
    assert posting.platform.sent - before == 2, "the post, and the account with it"
    assert posting.shown.index("The second one.") < posting.shown.index("The first of all.")


def test_what_is_deleted_leaves_the_page_within_a_day_and_then_the_database(
    posting: PostingOn[X],
) -> None:
    posting.write(1, "Taken back.")
    posting.write(2, "Still there.")
    posting.stage.refresh()
    posting.delete(1)
    posting.stage.look_up(HALF_A_DAY)
    assert "Taken back." not in posting.shown
    assert "Still there." in posting.shown
    posting.stage.look_up(HALF_A_DAY)
    assert len(posts.listing(posting.stage.app.database)) == 1


@pytest.mark.parametrize("standing", ["protected", "suspended"])
def test_what_is_not_for_everybody_any_more_leaves_the_page_within_a_day(
    posting: PostingOn[X], standing: Any
) -> None:
    """An answer that leaves nothing is doubted once."""
    posting.write(1, "The first of all.")
    posting.write(2, "The second one.")
    posting.stage.refresh()
    posting.platform.standing = standing
    posting.stage.look_up(HALF_A_DAY)
    posting.stage.look_up(2 * HOUR)
    assert "The first of all." not in posting.shown


def test_a_locked_account_keeps_what_is_known(posting: PostingOn[X]) -> None:
    posting.write(1, "Known and good.")
    posting.stage.refresh()
    posting.platform.standing = "locked"
    posting.write(2, "During the lock.")
    posting.stage.look_up(HALF_A_DAY)
    posting.stage.refresh(DAY)
    assert "Known and good." in posting.shown
    posting.platform.standing = "open"
    posting.stage.refresh(30 * DAY)
    assert "During the lock." in posting.shown


def test_x_is_left_alone_until_it_gives_more_answers(posting: PostingOn[X]) -> None:
    posting.write(1, "One post.")
    posting.platform.allowance = 1
    (report,) = posting.stage.refresh()
    assert report.failed
    until = report.visit.state.wait_until
    assert until is not None
    assert until >= posting.stage.now + timedelta(minutes=5)


def test_without_a_token_staff_are_told_where_to_make_one(posting: PostingOn[X]) -> None:
    posting.restart()
    posting.stage.refresh()
    kind, words = status(posting)
    assert kind is ConditionKind.REFUSED
    assert "Without an access token" in words
    assert "X_BEARER_TOKEN" in words
    assert "https://console.x.com" in words
    assert posting.platform.asked == []


def test_a_wrong_token_is_told_from_a_revoked_one(posting: PostingOn[X]) -> None:
    posting.write(1, "One post.")
    posting.restart({"X_BEARER_TOKEN": "mistyped"})
    posting.stage.refresh()
    assert "its access token is not a right one" in status(posting)[1]
    posting.restart(TOKENS)
    posting.stage.refresh(30 * DAY)
    assert "One post." in posting.shown
    posting.platform.tokens.clear()
    posting.stage.refresh(30 * DAY)
    kind, words = status(posting)
    assert kind is ConditionKind.TOKEN_ENDING
    assert "was taken back" in words
    assert "One post." in posting.shown


def test_spent_credit_is_told(posting: PostingOn[X]) -> None:
    posting.write(1, "One post.")
    posting.platform.credit = 0
    posting.stage.refresh()
    kind, words = status(posting)
    assert kind is ConditionKind.REFUSED
    assert "no credit left" in words
    assert "Buy credit" in words


def test_a_budget_of_our_own_is_kept_until_the_next_month(posting: PostingOn[X]) -> None:
    posting.follow("reads_per_month: 60")
    posting.write(1, "Within the budget.")
    posting.stage.refresh()
    for number in range(2, 12):
        posting.write(number, f"Number {number}.")
    posting.stage.refresh(DAY)
    posting.write(20, "Over the budget.")
    for _ in range(3):
        posting.stage.refresh(DAY)
    assert posting.platform.sent <= 60
    assert "Over the budget." not in posting.shown
    assert "reads_per_month" in status(posting)[1]
    posting.stage.refresh(30 * DAY)
    assert "Over the budget." in posting.shown


def test_no_token_stands_in_what_is_kept_or_shown(posting: PostingOn[X]) -> None:
    posting.write(1, "One post.")
    posting.stage.refresh()
    folder = posting.stage.folder
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept
    assert TOKEN not in "".join(posting.platform.asked)
