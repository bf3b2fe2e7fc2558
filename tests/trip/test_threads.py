"""The way of answers, quotes and polls on Threads to the page."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator.demo.graph import TOKEN
from aggregator.demo.notes import Account, Note
from aggregator.demo.threads import Threads
from tests.trip.accounts import PLAIN
from tests.trip.platforms import PostingOn, posting_on
from tests.trip.stage import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FRIEND = Account("friend", "A friend", 88)
THEIRS = Note(900, "Nurses answer every day.", START - DAY, by=FRIEND)


@pytest.fixture
def posting(tmp_path: Path) -> Iterator[PostingOn[Threads]]:
    """The institute on Threads, with its answers and what it quotes."""
    make = partial(Threads, PLAIN)
    with posting_on(tmp_path, "threads: institute", make, {"THREADS_TOKEN": TOKEN}) as made:
        made.follow("include_replies: true", "include_quotes: true")
        yield made


def refresh(posting: PostingOn[Threads]) -> list[str]:
    """Visit the account an hour later; tells which paths were asked."""
    posting.platform.asked.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert not report.failed
    return [target.partition("?")[0].removeprefix("/v1.0/") for target in posting.platform.asked]


def test_an_answer_is_shown_as_one(posting: PostingOn[Threads]) -> None:
    posting.write(1, "Every day at nine.", is_reply=True)
    refresh(posting)
    assert "Every day at nine." in posting.shown
    assert ">reply</span>" in posting.shown


def test_a_new_answer_comes_though_the_posts_are_not_modified(posting: PostingOn[Threads]) -> None:
    posting.write(1, "The first of all.")
    posting.write(2, "Ask us at any time.", is_reply=True)
    refresh(posting)
    posting.write(3, "Every day at nine.", is_reply=True)
    assert refresh(posting) == ["me/replies", "me/threads"]
    assert "Every day at nine." in posting.shown
    assert "The first of all." in posting.shown


def test_nothing_new_is_found_at_the_cost_of_two_questions(posting: PostingOn[Threads]) -> None:
    posting.write(1, "The first of all.")
    posting.write(2, "Every day at nine.", is_reply=True)
    refresh(posting)
    before = posting.shown
    assert refresh(posting) == ["me/replies", "me/threads"]
    assert posting.shown == before


def test_without_the_permission_staff_are_told_and_the_posts_go_on(
    posting: PostingOn[Threads],
) -> None:
    posting.platform.tells_answers = False
    posting.write(1, "The first of all.")
    refresh(posting)
    refresh(posting)
    assert "threads_read_replies" in posting.health.condition.next_step, (
        "though nothing else is new"
    )
    posting.write(2, "The second one.")
    refresh(posting)
    assert "The second one." in posting.shown


def test_a_deleted_answer_leaves_the_page_within_a_day(posting: PostingOn[Threads]) -> None:
    posting.write(1, "Taken back.", is_reply=True)
    posting.write(2, "Still there.")
    refresh(posting)
    posting.delete(1)
    posting.stage.look_up(DAY)
    assert "Taken back." not in posting.shown
    assert "Still there." in posting.shown


def test_a_quote_of_its_own_is_shown_with_its_words(posting: PostingOn[Threads]) -> None:
    posting.write(1, "Visits begin at nine.")
    posting.write(2, "Once more:", quotes=1)
    assert "1" not in refresh(posting)
    quote = posting.shown[posting.shown.index("<blockquote") :]
    assert "Quoted post by @institute" in quote
    assert "Visits begin at nine." in quote


def test_the_words_of_others_are_shown_until_they_take_them_back(
    posting: PostingOn[Threads],
) -> None:
    posting.platform.is_approved, posting.platform.elsewhere = True, [THEIRS]
    posting.write(1, "We agree.", quotes=900)
    refresh(posting)
    assert "Nurses answer every day." in posting.shown
    posting.stage.look_up(DAY)
    assert "Nurses answer every day." in posting.shown, "a look-up is no edit"
    posting.platform.elsewhere = []
    posting.stage.look_up(DAY)
    assert "Nurses answer every day." not in posting.shown
    assert "We agree." in posting.shown


def test_without_metas_approval_a_quoting_post_stands_alone(posting: PostingOn[Threads]) -> None:
    posting.platform.elsewhere = [THEIRS]
    posting.write(1, "We agree.", quotes=900)
    refresh(posting)
    assert "We agree." in posting.shown
    assert "<blockquote" not in posting.shown


def test_what_its_author_covered_is_quoted_by_its_link_alone(posting: PostingOn[Threads]) -> None:
    posting.write(1, "The end of the film.", warning="The end")
    posting.write(2, "Once more:", quotes=1)
    refresh(posting)
    quote = posting.shown[posting.shown.index("<blockquote") :].partition("</blockquote>")[0]
    assert "/@institute/post/" in quote
    assert "The end of the film." not in quote


def test_a_post_that_gains_a_poll_says_so(posting: PostingOn[Threads]) -> None:
    posting.write(1, "Which is better?")
    refresh(posting)
    assert "See the poll" not in posting.shown
    posting.notes = [replace(note, poll=("Mornings", "Evenings")) for note in posting.notes]
    refresh(posting)
    assert "See the poll on Threads" in posting.shown
