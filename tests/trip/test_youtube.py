"""The way of a video to the page where staff have set a key, and what becomes of it without one."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from aggregator.actions.condition import Known, condition_of
from aggregator.demo.notes import Account
from aggregator.demo.youtube import YouTube
from aggregator.model import ConditionKind, Outcome
from aggregator.store.visits import states
from tests.trip.platforms import PostingOn, posting_on

HOUR = timedelta(hours=1)
VARIABLE = "YOUTUBE_API_KEY"
KEY = "a-key-that-nobody-may-see"
ACCOUNT = Account("institute", "Example Institute", 123456789)


@pytest.fixture
def posting(tmp_path: Path) -> Iterator[PostingOn[YouTube]]:
    make = partial(YouTube, ACCOUNT, key=KEY)
    with posting_on(tmp_path, 'youtube: "@institute"', make, {VARIABLE: KEY}) as made:
        made.follow()
        yield made


def condition(posting: PostingOn[YouTube]) -> tuple[ConditionKind, str, str]:
    (source,) = posting.stage.app.catalogue().sources
    state = states(posting.stage.app.database, [source.id])[source.id]
    found = condition_of(source, state, Known(), posting.stage.now)
    return found.kind, found.words, found.next_step


def test_the_key_stands_in_no_address(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    assert [target.partition("?")[0] for target in posting.platform.asked] == [
        "/youtube/v3/channels",
        "/youtube/v3/playlistItems",
        "/youtube/v3/videos",
    ]
    assert KEY not in "".join(posting.platform.asked)


def test_an_unchanged_list_costs_one_question(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    posting.platform.asked.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED
    assert len(posting.platform.asked) == 1


def test_length_and_captions_are_known(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    (film,) = posting.stored["A video."].media
    assert (film.type, film.seconds, film.captions) == ("video/*", 243, True)


def test_what_is_private_or_to_come_is_not_shown_until_it_is_public(
    posting: PostingOn[YouTube],
) -> None:
    posting.write(1, "For the family only.")
    posting.write(2, "A premiere on Friday.")
    posting.write(3, "For everybody.")
    posting.platform.private = {1}
    posting.platform.to_come = {2}
    posting.stage.refresh()
    assert set(posting.stored) == {"For everybody."}
    posting.platform.private = set()
    posting.platform.to_come = set()
    posting.stage.refresh(HOUR)
    assert len(posting.stored) == 3


def test_a_premiere_is_shown_when_it_begins(posting: PostingOn[YouTube]) -> None:
    """The list of videos says nothing of it."""
    posting.write(1, "A premiere on Friday.")
    posting.platform.to_come = {1}
    posting.stage.refresh()
    posting.stage.refresh(HOUR)
    posting.platform.to_come = set()
    posting.stage.refresh(HOUR)
    assert "A premiere on Friday." in posting.shown


@pytest.mark.parametrize("known", [False, True])
def test_with_a_wrong_key_the_feed_is_read_and_staff_are_told(
    posting: PostingOn[YouTube], known: bool
) -> None:
    posting.write(1, "By the key.")
    if known:
        posting.stage.refresh()
    posting.restart({VARIABLE: "another-key"})
    posting.write(2, "By the feed.")
    (report,) = posting.stage.refresh(HOUR)
    assert not report.failed
    assert "By the feed." in posting.shown
    kind, words, step = condition(posting)
    assert kind is ConditionKind.REFUSED
    assert "its feed is read instead" in words
    assert VARIABLE in step


def test_a_wrong_key_is_still_told_where_the_feed_is_unchanged(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "By the feed.")
    posting.restart({VARIABLE: "another-key"})
    posting.stage.refresh()
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED
    assert condition(posting)[0] is ConditionKind.REFUSED


def test_once_the_key_is_right_nothing_is_told_any_more(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "A video.")
    posting.restart({VARIABLE: "another-key"})
    posting.stage.refresh()
    posting.restart({VARIABLE: KEY})
    posting.stage.refresh(HOUR)
    assert condition(posting)[0] is ConditionKind.WORKING


NIGHT = timedelta(hours=20, minutes=15)
"""From the beginning until YouTube has begun to count anew: midnight in California, and a bit."""


def api_calls(posting: PostingOn[YouTube]) -> int:
    """Questions to the interface since this was asked last."""
    asked = sum(target.startswith("/youtube/v3/") for target in posting.platform.asked)
    posting.platform.asked.clear()
    return asked


def test_what_is_known_by_the_key_is_not_forgotten_when_the_quota_is_spent(
    posting: PostingOn[YouTube],
) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    posting.platform.units = 0
    posting.write(2, "Another one.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 0)
    (film,) = posting.stored["A video."].media
    assert film.seconds == 243
    posting.platform.units = 100
    posting.stage.refresh(NIGHT)
    (film,) = posting.stored["Another one."].media
    assert film.seconds == 243


def test_once_the_quota_is_spent_nothing_is_asked_before_midnight_in_california(
    posting: PostingOn[YouTube],
) -> None:
    """The feed is read meanwhile, and a start of the program changes nothing."""
    posting.platform.units = 4
    posting.write(1, "In the morning.")
    posting.stage.refresh()  # three questions
    posting.write(2, "At noon.")
    api_calls(posting)
    posting.stage.refresh(HOUR)  # the fourth, and one that is refused
    assert api_calls(posting) == 2
    posting.write(3, "In the evening.")
    for hours in (1, 10, 7):
        posting.restart({VARIABLE: KEY})
        (report,) = posting.stage.refresh(hours * HOUR)
        assert not report.failed
    assert api_calls(posting) == 0
    assert "In the evening." in posting.shown
    posting.stage.refresh(2 * HOUR)
    assert api_calls(posting) == 2
    assert condition(posting)[1] == "Working; no posts of it are stored."


def test_a_spent_quota_is_every_channels_that_shares_the_key(posting: PostingOn[YouTube]) -> None:
    server = f"'http://127.0.0.1:{posting.stage.origin.port}'"
    posting.stage.follow(
        *(
            f"{{id: {name}, youtube: '{account}', in: latest-posts, options: {{server: {server}}}}}"
            for name, account in (("one", "@institute"), ("other", posting.platform.channel))
        )
    )
    posting.write(1, "A video.")
    posting.platform.units = 0
    posting.stage.refresh()
    # They may ask at the same moment, and then both are refused.
    assert api_calls(posting) in {1, 2}
    assert not any(report.failed for report in posting.stage.refresh(HOUR))
    assert api_calls(posting) == 0


def test_status_tells_until_when_the_key_rests(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "A video.")
    posting.platform.units = 0
    posting.stage.refresh()
    told = posting.health
    assert told.condition.kind is ConditionKind.WORKING
    assert told.words.endswith(
        "its feed is read instead. What may be asked with YOUTUBE_API_KEY in a day is used up; it "
        "is asked again from 03:15 on 24 November."
    )


def test_a_look_up_leaves_a_resting_key_alone_as_well(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "A video.")
    posting.platform.units = 0
    posting.stage.refresh()
    api_calls(posting)
    assert len(posting.look_up().present) == 1
    assert api_calls(posting) == 0


def test_where_neither_answers_the_key_is_what_is_told(posting: PostingOn[YouTube]) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    posting.restart({VARIABLE: "another-key"})
    posting.key = "youtube: UC" + "x" * 22  # no such channel
    posting.follow()
    (report,) = posting.stage.refresh(HOUR)
    assert report.failed
    assert condition(posting)[0] is ConditionKind.REFUSED


def test_a_look_up_tells_what_was_deleted_and_what_became_private(
    posting: PostingOn[YouTube],
) -> None:
    for number, text in enumerate(("Deleted.", "Private.", "There."), 1):
        posting.write(number, text)
    posting.stage.refresh()
    guids = {text: post.guid for text, post in posting.stored.items()}
    posting.delete(1)
    posting.platform.private = {2}
    posting.edit(3, "There, and edited.")
    seen = posting.look_up()
    assert seen.gone == {guids["Deleted."], guids["Private."]}
    assert seen.present == {guids["There."]}
    assert [post.body.value for post in seen.posts if post.body] == ["There, and edited."]


def test_without_a_key_what_became_private_is_not_told(posting: PostingOn[YouTube]) -> None:
    """What is said of it is said to those who ask too often, too."""
    posting.write(1, "Private.")
    posting.write(2, "Deleted.")
    posting.stage.refresh()
    guids = {text: post.guid for text, post in posting.stored.items()}
    posting.platform.private = {1}
    posting.delete(2)
    posting.restart({VARIABLE: "another-key"})
    seen = posting.look_up()
    assert not seen.present
    assert seen.gone == {guids["Deleted."]}
