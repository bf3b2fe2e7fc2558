"""The way of a video to the page where staff have set a key, and what becomes of it without one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions.condition import Known, condition_of
from aggregator.actions.health import healths
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Account
from aggregator.demo.youtube import YouTube
from aggregator.model import ConditionKind, Outcome
from aggregator.store.visits import states
from tests.trip.platforms import Posting, served
from tests.trip.stage import Stage

HOUR = timedelta(hours=1)
KEY = "a-key-that-nobody-may-see"
ACCOUNT = Account("institute", "Example Institute", 123456789)


def use_key(posting: Posting, key: str) -> None:
    posting.stage.app.close()
    posting.stage.app = posting.stage.open(tokens={"YOUTUBE_API_KEY": key})


@pytest.fixture
def posting(tmp_path: Path) -> Iterator[Posting]:
    answering: list[Posting] = []

    def answer(target: str, fields: dict[str, str]) -> Reply:
        return answering[0].platform.answer(target, fields)

    with served(answer) as origin:
        stage = Stage(tmp_path, origin)
        platform = YouTube(ACCOUNT, lambda: answering[0].notes, lambda: stage.now, key=KEY)
        made = Posting(stage, platform, 'youtube: "@institute"')
        answering.append(made)
        use_key(made, KEY)
        made.follow()
        yield made
        stage.app.close()


def platform_of(posting: Posting) -> YouTube:
    assert isinstance(posting.platform, YouTube)
    return posting.platform


def condition(posting: Posting) -> tuple[ConditionKind, str, str]:
    (source,) = posting.stage.app.catalogue().sources
    state = states(posting.stage.app.database, [source.id])[source.id]
    found = condition_of(source, state, Known(), posting.stage.now)
    return found.kind, found.words, found.next_step


def test_a_video_is_shown_edited_and_joined_by_others(posting: Posting) -> None:
    posting.write(1, "Open on Monday, with soup.")
    posting.stage.refresh()
    assert "Open on Monday, with soup." in posting.shown
    posting.edit(1, "Open on Tuesday, with soup.")
    posting.write(2, "Bring a spoon.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 1)
    assert "Open on Monday, with soup." not in posting.shown


def test_the_key_stands_in_no_address(posting: Posting) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    assert [target.partition("?")[0] for target in posting.platform.asked] == [
        "/youtube/v3/channels",
        "/youtube/v3/playlistItems",
        "/youtube/v3/videos",
    ]
    assert KEY not in "".join(posting.platform.asked)


def test_an_unchanged_list_costs_one_question(posting: Posting) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    posting.platform.asked.clear()
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED
    assert len(posting.platform.asked) == 1


def test_length_and_captions_are_known(posting: Posting) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    (film,) = posting.stored["A video."].media
    assert (film.type, film.seconds, film.captions) == ("video/*", 243, True)


def test_what_is_private_or_to_come_is_not_shown_until_it_is_public(posting: Posting) -> None:
    posting.write(1, "For the family only.")
    posting.write(2, "A premiere on Friday.")
    posting.write(3, "For everybody.")
    platform_of(posting).private = {1}
    platform_of(posting).to_come = {2}
    posting.stage.refresh()
    assert set(posting.stored) == {"For everybody."}
    platform_of(posting).private = set()
    platform_of(posting).to_come = set()
    posting.stage.refresh(HOUR)
    assert len(posting.stored) == 3


def test_a_premiere_is_shown_when_it_begins(posting: Posting) -> None:
    """The list of videos says nothing of it."""
    posting.write(1, "A premiere on Friday.")
    platform_of(posting).to_come = {1}
    posting.stage.refresh()
    posting.stage.refresh(HOUR)
    platform_of(posting).to_come = set()
    posting.stage.refresh(HOUR)
    assert "A premiere on Friday." in posting.shown


@pytest.mark.parametrize("known", [False, True])
def test_with_a_wrong_key_the_feed_is_read_and_staff_are_told(
    posting: Posting, known: bool
) -> None:
    posting.write(1, "By the key.")
    if known:
        posting.stage.refresh()
    use_key(posting, "another-key")
    posting.write(2, "By the feed.")
    (report,) = posting.stage.refresh(HOUR)
    assert not report.failed
    assert "By the feed." in posting.shown
    kind, words, step = condition(posting)
    assert kind is ConditionKind.REFUSED
    assert "its feed is read instead" in words
    assert "YOUTUBE_API_KEY" in step


def test_a_wrong_key_is_still_told_where_the_feed_is_unchanged(posting: Posting) -> None:
    posting.write(1, "By the feed.")
    use_key(posting, "another-key")
    posting.stage.refresh()
    (report,) = posting.stage.refresh(HOUR)
    assert report.visit.outcome is Outcome.UNCHANGED
    assert condition(posting)[0] is ConditionKind.REFUSED


def test_once_the_key_is_right_nothing_is_told_any_more(posting: Posting) -> None:
    posting.write(1, "A video.")
    use_key(posting, "another-key")
    posting.stage.refresh()
    use_key(posting, KEY)
    posting.stage.refresh(HOUR)
    assert condition(posting)[0] is ConditionKind.WORKING


NIGHT = timedelta(hours=20, minutes=15)
"""From the beginning until YouTube has begun to count anew: midnight in California, and a bit."""


def api_calls(posting: Posting) -> int:
    """Questions to the interface since this was asked last."""
    asked = sum(target.startswith("/youtube/v3/") for target in posting.platform.asked)
    posting.platform.asked.clear()
    return asked


def test_what_is_known_by_the_key_is_not_forgotten_when_the_quota_is_spent(
    posting: Posting,
) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    platform_of(posting).units = 0
    posting.write(2, "Another one.")
    (report,) = posting.stage.refresh(HOUR)
    assert report.written is not None
    assert (report.written.new, report.written.edited) == (1, 0)
    (film,) = posting.stored["A video."].media
    assert film.seconds == 243
    platform_of(posting).units = 100
    posting.stage.refresh(NIGHT)
    (film,) = posting.stored["Another one."].media
    assert film.seconds == 243


def test_once_the_quota_is_spent_nothing_is_asked_before_midnight_in_california(
    posting: Posting,
) -> None:
    """The feed is read meanwhile, and a start of the program changes nothing."""
    platform_of(posting).units = 4
    posting.write(1, "In the morning.")
    posting.stage.refresh()  # three questions
    posting.write(2, "At noon.")
    api_calls(posting)
    posting.stage.refresh(HOUR)  # the fourth, and one that is refused
    assert api_calls(posting) == 2
    posting.write(3, "In the evening.")
    for hours in (1, 10, 7):
        use_key(posting, KEY)
        (report,) = posting.stage.refresh(hours * HOUR)
        assert not report.failed
    assert api_calls(posting) == 0
    assert "In the evening." in posting.shown
    posting.stage.refresh(2 * HOUR)
    assert api_calls(posting) == 2
    assert condition(posting)[1] == "Working; no posts of it are stored."


def test_a_spent_quota_is_every_channels_that_shares_the_key(posting: Posting) -> None:
    server = f"'http://127.0.0.1:{posting.stage.origin.port}'"
    posting.stage.follow(
        *(
            f"{{id: {name}, youtube: '{account}', in: latest-posts, options: {{server: {server}}}}}"
            for name, account in (("one", "@institute"), ("other", platform_of(posting).channel))
        )
    )
    posting.write(1, "A video.")
    platform_of(posting).units = 0
    posting.stage.refresh()
    # They may ask at the same moment, and then both are refused.
    assert api_calls(posting) in {1, 2}
    assert not any(report.failed for report in posting.stage.refresh(HOUR))
    assert api_calls(posting) == 0


def test_status_tells_until_when_the_key_rests(posting: Posting) -> None:
    posting.write(1, "A video.")
    platform_of(posting).units = 0
    posting.stage.refresh()
    app = posting.stage.app
    (told,) = healths(app.publisher, app.catalogue(), posting.stage.now, token_ends={})
    assert told.condition.kind is ConditionKind.WORKING
    assert told.words.endswith(
        "its feed is read instead. What may be asked with YOUTUBE_API_KEY in a day is used up; it "
        "is asked again from 03:15 on 24 November."
    )


def test_a_look_up_leaves_a_resting_key_alone_as_well(posting: Posting) -> None:
    posting.write(1, "A video.")
    platform_of(posting).units = 0
    posting.stage.refresh()
    api_calls(posting)
    assert len(posting.look_up().present) == 1
    assert api_calls(posting) == 0


def test_where_neither_answers_the_key_is_what_is_told(posting: Posting) -> None:
    posting.write(1, "A video.")
    posting.stage.refresh()
    use_key(posting, "another-key")
    posting.key = "youtube: UC" + "x" * 22  # no such channel
    posting.follow()
    (report,) = posting.stage.refresh(HOUR)
    assert report.failed
    assert condition(posting)[0] is ConditionKind.REFUSED


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


def test_a_look_up_tells_what_was_deleted_and_what_became_private(posting: Posting) -> None:
    for number, text in enumerate(("Deleted.", "Private.", "There."), 1):
        posting.write(number, text)
    posting.stage.refresh()
    guids = {text: post.guid for text, post in posting.stored.items()}
    posting.delete(1)
    platform_of(posting).private = {2}
    posting.edit(3, "There, and edited.")
    seen = posting.look_up()
    assert seen.gone == {guids["Deleted."], guids["Private."]}
    assert seen.present == {guids["There."]}
    assert [post.body.value for post in seen.posts if post.body] == ["There, and edited."]


def test_without_a_key_what_became_private_is_not_told(posting: Posting) -> None:
    """What is said of it is said to those who ask too often, too."""
    posting.write(1, "Private.")
    posting.write(2, "Deleted.")
    posting.stage.refresh()
    guids = {text: post.guid for text, post in posting.stored.items()}
    platform_of(posting).private = {1}
    posting.delete(2)
    use_key(posting, "another-key")
    seen = posting.look_up()
    assert not seen.present
    assert seen.gone == {guids["Deleted."]}
