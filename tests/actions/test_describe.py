"""Which words a picture has, and whom they are about."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from aggregator.actions.describe import (
    TOLD_FOR,
    Undescribed,
    describe,
    pictures_of,
    undescribe,
    undescribed,
)
from aggregator.actions.pictures import hang
from aggregator.errors import AggregatorError
from aggregator.model import Post
from aggregator.normalise.text import LONGEST_LINE
from aggregator.store import alt_texts, audit, pictures, posts
from tests.actions.test_pictures import GARDEN, POND, SIGNED, SIGNED_ANEW, House, picture

WORDS = "Two nurses at the entrance"
MUTE = replace(GARDEN, alt=None)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def say(house: House, post: Post, alt: str = WORDS, number: int = 1) -> bool:
    done = describe(
        house.app.publisher, post.public_id, alt, number=number, by="ann", now=house.now
    )
    return done.changed


def take_back(house: House, post: Post) -> bool:
    return undescribe(house.app.publisher, post.public_id, by="ann", now=house.now).changed


def lacking(house: House) -> list[Undescribed]:
    return undescribed(house.app.publisher, house.app.catalogue(), house.now)


def seen(house: House) -> dict[str, str]:
    """By guid, the words of the pictures that are shown, once all are fetched."""
    house.fetch()
    return {guid: one.alt for guid, one in house.shown().items()}


def test_a_picture_without_words_is_shown_with_those_of_staff(house: House) -> None:
    post = house.post("1", MUTE)
    house.bring(post)
    assert seen(house) == {}
    assert say(house, post)
    assert seen(house) == {"1": WORDS}


def test_words_of_staff_count_before_those_that_came_along(house: House) -> None:
    post = house.post("1", replace(GARDEN, alt="IMG_2034.jpg"))
    house.bring(post)
    assert seen(house) == {"1": "IMG_2034.jpg"}
    say(house, post)
    assert seen(house) == {"1": WORDS}
    assert take_back(house, post)
    assert seen(house) == {"1": "IMG_2034.jpg"}
    assert house.asked == [GARDEN.url]


def test_the_same_said_again_changes_nothing(house: House) -> None:
    post = house.post("1", MUTE)
    house.bring(post)
    assert say(house, post)
    house.now += timedelta(days=1)
    assert not say(house, post, f"  {WORDS}\n")
    assert len(audit.rows(house.app.database)) == 1
    assert take_back(house, post)
    assert not take_back(house, post)
    assert (seen(house), house.files()) == ({}, [])


def test_the_picture_that_staff_chose_is_shown(house: House) -> None:
    post = house.post("1", GARDEN, replace(POND, alt=None))
    house.bring(post)
    say(house, post, number=2)
    assert seen(house) == {"1": WORDS}
    assert house.asked == [POND.url]
    found = pictures_of(house.app.publisher, post.public_id, house.now)
    assert [(one.came, one.staff, one.is_chosen) for one in found.pictures] == [
        ("A garden", None, False),
        (None, WORDS, True),
    ]
    assert found.has_copy


def test_words_are_about_one_picture_and_none_that_takes_its_place(house: House) -> None:
    house.bring(house.post("1", MUTE))
    say(house, house.post("1"))
    assert seen(house) == {"1": WORDS}
    house.bring(house.post("1", replace(POND, alt=None)))
    assert seen(house) == {}
    assert pictures.known(house.app.database, [house.post("1").public_id]) == ({}, {})


def test_staff_are_told_that_their_words_count_no_more(house: House) -> None:
    house.bring(house.post("1", MUTE))
    say(house, house.post("1"))
    house.bring(house.post("1", POND))
    assert [(one.lacks_words, one.is_outdated) for one in lacking(house)] == [(False, True)]
    assert pictures_of(house.app.publisher, house.post("1").public_id, house.now).is_outdated
    house.now += TOLD_FOR + timedelta(seconds=1)
    assert lacking(house) == []


def test_staff_are_told_so_before_the_widgets_know(house: House) -> None:
    """A visit of another process has stored the edit."""
    house.bring(house.post("1", MUTE))
    say(house, house.post("1"))
    database = house.app.database
    with database.writing() as connection:
        edited = [house.post("1", replace(POND, alt=None))]
        posts.upsert(connection, edited, house.now, secret=database.secret)
    assert [(one.lacks_words, one.is_outdated) for one in lacking(house)] == [(True, True)]


def test_staff_who_wrote_anew_are_told_no_more(house: House) -> None:
    house.bring(house.post("1", MUTE))
    say(house, house.post("1"))
    house.bring(house.post("1", replace(POND, alt=None)))
    say(house, house.post("1"), "A pond in the rain")
    assert lacking(house) == []
    assert seen(house) == {"1": "A pond in the rain"}


def test_a_picture_whose_address_is_signed_anew_keeps_its_words(house: House) -> None:
    house.web[SIGNED_ANEW.url] = picture("green")
    house.bring(house.post("1", replace(SIGNED, alt=None)))
    say(house, house.post("1"))
    house.bring(house.post("1", replace(SIGNED_ANEW, alt=None)))
    assert seen(house) == {"1": WORDS}


def test_an_edit_of_the_text_leaves_the_words(house: House) -> None:
    house.bring(house.post("1", MUTE))
    say(house, house.post("1"))
    house.bring(house.post("1", MUTE, title="Something else by now"))
    assert seen(house) == {"1": WORDS}


def test_what_is_shown_and_lacks_words_is_listed(house: House) -> None:
    film = replace(MUTE, type="video/mp4", url="https://blog.example/film.mp4")
    mute = house.post("mute", MUTE, replace(POND, alt=None))
    told = house.post("told", replace(MUTE, id="2"))
    house.bring(mute, told, house.post("film", film))
    say(house, told)
    (one,) = lacking(house)
    assert (one.stored.post.guid, one.widgets, one.pictures) == ("mute", ("latest",), 2)
    assert one.lacks_words
    assert not one.is_outdated


def test_what_no_widget_shows_is_not_listed(house: House) -> None:
    house.show(1)
    house.bring(house.post("older", MUTE))
    house.now += timedelta(minutes=1)
    house.bring(house.post("newer", GARDEN))
    assert lacking(house) == []


def test_words_may_be_written_before_a_post_is_shown(house: House) -> None:
    house.show(1)
    house.bring(house.post("older", MUTE))
    house.now += timedelta(minutes=1)
    house.bring(house.post("newer"))
    say(house, house.post("older"))
    house.show(2)
    assert seen(house) == {"older": WORDS}


@pytest.mark.parametrize(
    ("alt", "stored"),
    [
        ("  Two\nnurses \x00 at\u202e the entrance ", "Two nurses at the entrance"),
        ("<b>Two</b> nurses & a dog", "<b>Two</b> nurses & a dog"),
    ],
)
def test_words_go_through_the_door(house: House, alt: str, stored: str) -> None:
    """They are plain text: what looks like markup is what it looks like."""
    post = house.post("1", MUTE)
    house.bring(post)
    say(house, post, alt)
    assert seen(house) == {"1": stored}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"alt": " \n"}, "There are no words"),
        ({"alt": "\u200b"}, "There are no words"),
        ({"alt": "a" * (LONGEST_LINE + 1)}, "too long"),
        ({"number": 2}, "has 1 picture, and none of number 2"),
    ],
)
def test_what_cannot_be_written_is_said(house: House, said: dict[str, Any], words: str) -> None:
    post = house.post("1", MUTE)
    house.bring(post)
    with pytest.raises(AggregatorError, match=words):
        say(house, post, **said)
    assert audit.rows(house.app.database) == []


def test_a_post_without_a_picture_cannot_be_described(house: House) -> None:
    house.bring(house.post("1"))
    with pytest.raises(AggregatorError, match="has no picture"):
        say(house, house.post("1"))


def test_a_source_has_no_pictures(house: House) -> None:
    with pytest.raises(AggregatorError, match="is a source"):
        pictures_of(house.app.publisher, "blog", house.now)


def test_a_post_that_is_taken_down_meanwhile_is_not_described(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.bring(house.post("1", MUTE))
    monkeypatch.setattr(alt_texts, "write", lambda *_: False)
    with pytest.raises(AggregatorError, match="taken away just now"):
        say(house, house.post("1"))


def test_words_cost_no_question_to_the_database(house: House) -> None:
    """What is known of pictures is asked for every widget at every look."""
    house.bring(house.post("1", MUTE), house.post("2", GARDEN))
    say(house, house.post("1"))
    (published,) = house.publish()
    assert published.selection is not None
    asked: list[str] = []

    def note(*said: Any) -> None:
        asked.append(said[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        hang(house.app.database, published.selection, house.now)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len([one for one in asked if one.startswith("SELECT")]) == 1
