"""Which picture a post has, when it is fetched, and what becomes of it."""

import asyncio
import io
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image

from aggregator.actions.curate import decide, undo
from aggregator.actions.pictures import (
    AGAIN,
    MOST_FAILURES,
    UNKEPT_AGAIN,
    Copier,
    Wanted,
    key_of,
    picture_of,
)
from aggregator.actions.publish import Published
from aggregator.actions.takedown import take_down
from aggregator.app import App
from aggregator.errors import NotFound, SettingsError
from aggregator.model import (
    Media,
    OutputFile,
    Picture,
    Post,
    RawPost,
    RawText,
    Source,
    VerdictKind,
)
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import pictures, posts

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LIST = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets:
  - {id: latest, title: Latest posts, layout: posts, show: SHOW}
sources:
  - {id: blog, feed: "https://blog.example/feed", in: latest}
"""


def picture(colour: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (640, 400), colour).save(written, "PNG")
    return written.getvalue()


GARDEN = Media("https://blog.example/garden.png", "image/png", "A garden")
POND = Media("https://blog.example/pond.png", "image/png", "A pond")


@dataclass
class House:
    """An Aggregator whose posts come by hand, and whose pictures from a dictionary."""

    folder: Path
    now: datetime = NOW
    web: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.web |= {GARDEN.url: picture("green"), POND.url: picture("blue")}
        self.config = self.folder / "feeds.yaml"
        self.show(3)
        settings = load_settings(sealed=True, config=self.config, data=self.folder / "data")
        self.app = App(settings, clock=lambda: self.now)
        self.app.sync(self.app.catalogue())
        self.copier = Copier(self.app.database, self.app.output, self.get, lambda: self.now)

    def show(self, count: int) -> None:
        self.config.write_text(LIST.replace("SHOW", str(count)), "utf-8")

    async def get(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.web:
            raise NotFound(f"There is nothing at {url}.", url=url)
        return self.web[url]

    def post(self, guid: str, *media: Media, title: str | None = None) -> Post:
        source = Source("blog", "feed", "https://blog.example/feed")
        words = RawText(title or f"The text of {guid}, told at length.", is_html=False)
        raw = RawPost(guid=guid, body=words, media=media)
        made = post_from(raw, source, None, self.now)
        assert isinstance(made, Post)
        return made

    def bring(self, *found: Post) -> list[Published]:
        database = self.app.database
        with database.writing() as connection:
            posts.upsert(connection, found, self.now, secret=database.secret)
        return self.publish()

    def publish(self) -> list[Published]:
        return self.app.publisher.publish_all(self.now)

    def fetch(self) -> list[Wanted]:
        """What the clock does: publish, copy what is wanted, publish again."""
        wanted = [one for published in self.publish() for one in published.wanted]
        copied = asyncio.run(self.copier.copy(wanted))
        self.publish()
        return copied

    def shown(self) -> dict[str, Picture]:
        """By guid of the post, the pictures that its card has."""
        published, *rest = self.publish()
        assert not rest
        assert published.selection is not None
        cards = (*published.selection.cards, *published.selection.more)
        return {one.stored.post.guid: one.picture for one in cards if one.stored and one.picture}

    def files(self) -> list[Path]:
        return sorted((self.app.settings.public / "media").glob("*"))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


# --- which picture ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("media", "wanted"),
    [
        ([], None),
        ([GARDEN, POND], GARDEN),
        ([replace(GARDEN, alt=None), POND], POND),
        ([replace(GARDEN, alt="  "), POND], POND),
        ([replace(GARDEN, alt="")], None),
        ([replace(GARDEN, type="video/mp4"), POND], POND),
        ([replace(GARDEN, type="image/svg+xml"), POND], POND),
        ([replace(GARDEN, type=None)], replace(GARDEN, type=None)),
        ([replace(GARDEN, type="IMAGE/JPEG; q=1")], replace(GARDEN, type="IMAGE/JPEG; q=1")),
    ],
)
def test_the_first_picture_with_words(
    house: House, media: list[Media], wanted: Media | None
) -> None:
    assert picture_of(replace(house.post("1"), media=tuple(media))) == wanted


def test_a_platforms_own_id_names_a_picture_whose_address_changes() -> None:
    one = replace(GARDEN, id="42", url="https://cdn.example/42?signature=1")
    other = replace(GARDEN, id="42", url="https://cdn.example/42?signature=2")
    assert key_of("blog", one) == key_of("blog", other)
    assert key_of("blog", one) != key_of("another", one)


SIGNED = replace(GARDEN, id="42", url="https://cdn.example/42?signature=1")
SIGNED_ANEW = replace(SIGNED, url="https://cdn.example/42?signature=2")


def test_an_address_that_is_signed_anew_is_no_edit_and_counts_from_now_on(house: House) -> None:
    """As where a post waited for review for longer than its picture's address held."""
    house.bring(house.post("1", SIGNED))
    assert house.fetch() == []
    house.web[SIGNED_ANEW.url] = picture("green")
    (before,) = posts.listing(house.app.database)
    house.bring(house.post("1", SIGNED_ANEW))
    (after,) = posts.listing(house.app.database)
    assert after == replace(before, post=replace(before.post, media=(SIGNED_ANEW,)))
    house.fetch()
    assert set(house.shown()) == {"1"}
    assert house.asked == [SIGNED.url, SIGNED_ANEW.url]


def test_every_new_address_of_a_picture_that_cannot_be_had_is_tried(house: House) -> None:
    for number in range(2 * MOST_FAILURES):
        house.bring(house.post("1", replace(SIGNED, url=f"https://cdn.example/{number}")))
        house.fetch()
        house.fetch()
    assert len(house.asked) == 2 * MOST_FAILURES


def test_what_is_no_picture_is_none_at_another_address(house: House) -> None:
    house.web |= dict.fromkeys((SIGNED.url, SIGNED_ANEW.url), b"<svg/>")
    house.bring(house.post("1", SIGNED))
    house.fetch()
    house.bring(house.post("1", SIGNED_ANEW))
    house.fetch()
    assert house.asked == [SIGNED.url]


def test_a_copy_outlives_the_address_that_it_was_made_from(house: House) -> None:
    house.web[SIGNED.url] = picture("green")
    house.bring(house.post("1", SIGNED))
    house.fetch()
    house.bring(house.post("1", SIGNED_ANEW))
    house.fetch()
    assert set(house.shown()) == {"1"}
    assert house.asked == [SIGNED.url]


# --- from post to file -----------------------------------------------------------------------


def test_a_post_that_is_shown_gets_its_picture(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    assert house.shown() == {}
    [copied] = house.fetch()
    assert (copied.source_id, copied.url) == ("blog", GARDEN.url)
    shown = house.shown()["1"]
    assert (shown.alt, shown.width, shown.height) == ("A garden", 480, 300)
    [file] = house.files()
    assert file == house.app.settings.public / shown.path
    assert file.stat().st_mode & 0o777 == 0o644


def test_it_is_fetched_once(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    assert house.fetch() == []
    assert house.asked == [GARDEN.url]


def test_nothing_is_asked_of_a_picture_without_words(house: House) -> None:
    house.bring(house.post("1", replace(GARDEN, alt=None)))
    assert house.fetch() == []
    assert house.asked == []


def test_only_what_the_widget_itself_shows_is_fetched(house: House) -> None:
    house.show(1)
    house.bring(house.post("older", POND))
    house.now += timedelta(minutes=1)
    house.bring(house.post("newer", GARDEN))
    house.fetch()
    assert house.asked == [GARDEN.url]


def test_a_post_on_the_full_page_keeps_the_picture_that_it_has(house: House) -> None:
    house.show(1)
    house.bring(house.post("older", POND))
    house.fetch()
    house.now += timedelta(minutes=1)
    house.bring(house.post("newer", GARDEN))
    house.fetch()
    assert set(house.shown()) == {"older", "newer"}


def test_two_posts_may_have_one_file(house: House) -> None:
    """Under another address, and under the same one, which is asked once."""
    house.web[POND.url] = house.web[GARDEN.url]
    house.bring(house.post("1", GARDEN), house.post("2", POND), house.post("3", GARDEN))
    house.fetch()
    house.fetch()
    assert len(house.shown()) == 3
    assert len(house.files()) == 1


def test_a_copy_of_the_same_original_is_used_again(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    house.bring(house.post("2", GARDEN))
    house.fetch()
    assert set(house.shown()) == {"1", "2"}
    assert house.asked == [GARDEN.url]


def test_other_words_for_the_same_picture_count_at_once(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    house.bring(house.post("1", replace(GARDEN, alt="A garden in May")))
    assert house.shown()["1"].alt == "A garden in May"
    assert house.asked == [GARDEN.url]


def test_an_edited_post_gets_its_other_picture_and_loses_the_first(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    before = house.files()
    house.bring(house.post("1", POND))
    assert house.files() == []
    house.fetch()
    assert len(house.files()) == 1
    assert house.files() != before


def test_a_picture_whose_words_are_taken_back_goes(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    house.bring(house.post("1", replace(GARDEN, alt=None)))
    assert (house.shown(), house.files()) == ({}, [])


# --- failures --------------------------------------------------------------------------------


def test_a_failure_is_tried_again_a_day_later_three_times(house: House) -> None:
    del house.web[GARDEN.url]
    house.bring(house.post("1", GARDEN))
    for _ in range(MOST_FAILURES + 2):
        assert house.fetch() == []
        house.now += AGAIN - timedelta(seconds=1)
        assert house.fetch() == []
        house.now += timedelta(seconds=1)
    assert house.asked == [GARDEN.url] * MOST_FAILURES


def test_a_failure_may_be_mended(house: House) -> None:
    body = house.web.pop(GARDEN.url)
    house.bring(house.post("1", GARDEN))
    house.fetch()
    house.web[GARDEN.url] = body
    house.now += AGAIN
    house.fetch()
    assert set(house.shown()) == {"1"}


def test_what_is_no_picture_is_a_failure_and_no_error_of_the_widget(house: House) -> None:
    house.web[GARDEN.url] = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    house.bring(house.post("1", GARDEN), house.post("2", POND))
    house.fetch()
    assert set(house.shown()) == {"2"}
    assert [one.error for one in house.publish()] == [None]


def test_a_bug_in_fetching_hurts_no_other_picture(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def get(url: str) -> bytes:
        if url == GARDEN.url:
            raise ZeroDivisionError
        return house.web[url]

    house.copier.get = get
    house.bring(house.post("1", GARDEN), house.post("2", POND))
    house.fetch()
    assert set(house.shown()) == {"2"}
    assert "outcome=bug" in caplog.text


def test_a_full_disk_is_no_reason_to_ask_a_server_every_minute(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(files: list[OutputFile]) -> tuple[str, ...]:
        raise SettingsError("AGGREGATOR_DATA", f"{files[0].path} cannot be written")

    house.bring(house.post("1", GARDEN))
    wanted = [one for published in house.publish() for one in published.wanted]
    with monkeypatch.context() as patched:
        patched.setattr(house.app.output, "write", refuse)
        for _ in range(3):
            assert asyncio.run(house.copier.copy(wanted)) == []
            house.now += timedelta(minutes=1)
    assert house.asked == [GARDEN.url]
    house.now += UNKEPT_AGAIN
    house.fetch()
    assert set(house.shown()) == {"1"}


# --- and back --------------------------------------------------------------------------------


def test_a_hidden_post_takes_its_picture_with_it_and_brings_it_back(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    key = house.post("1").public_id
    decide(house.app.publisher, [key], VerdictKind.HIDDEN, by="Ada", now=house.now)
    assert house.files() == []
    undo(house.app.publisher, [key], VerdictKind.HIDDEN, by="Ada", now=house.now)
    house.fetch()
    assert set(house.shown()) == {"1"}


def test_a_hidden_source_takes_all_its_pictures_with_it(house: House) -> None:
    house.bring(house.post("1", GARDEN), house.post("2", POND))
    house.fetch()
    decide(house.app.publisher, ["blog"], VerdictKind.HIDDEN, by="Ada", now=house.now)
    assert house.files() == []


def test_a_takedown_takes_the_file_in_the_same_act(house: House) -> None:
    house.bring(house.post("1", GARDEN), house.post("2", POND))
    house.fetch()
    take_down(house.app.publisher, house.post("1").public_id, by="Ada", now=house.now)
    assert [file.stem for file in house.files()] == [house.shown()["2"].digest]


def test_a_takedown_takes_the_file_even_where_no_page_can_be_made(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()

    def broken(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(house.app.renderer, "stamp", broken)
    take_down(house.app.publisher, house.post("1").public_id, by="Ada", now=house.now)
    assert house.files() == []


def test_a_file_that_another_post_has_as_well_stays(house: House) -> None:
    house.bring(house.post("1", GARDEN), house.post("2", GARDEN))
    house.fetch()
    house.fetch()
    take_down(house.app.publisher, house.post("1").public_id, by="Ada", now=house.now)
    assert len(house.files()) == 1


def test_a_post_that_is_taken_down_while_its_picture_is_fetched_gets_none(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    wanted = [one for published in house.publish() for one in published.wanted]

    async def get(url: str) -> bytes:
        key = house.post("1").public_id
        await asyncio.to_thread(take_down, house.app.publisher, key, by="Ada", now=house.now)
        return house.web[url]

    house.copier.get = get
    assert asyncio.run(house.copier.copy(wanted)) == []
    assert house.files() == []


def test_a_widget_that_leaves_the_list_takes_its_pictures_with_it(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    house.config.write_text(LIST.replace("SHOW", "3").replace("latest", "other"), "utf-8")
    house.app.sync(house.app.catalogue())
    house.publish()
    assert len(house.files()) == 1  # the other one shows it now
    house.config.write_text(LIST.replace("SHOW", "3").replace("in: latest", "in: []"), "utf-8")
    house.publish()
    assert house.files() == []


# --- restarts --------------------------------------------------------------------------------


def test_after_a_restart_nothing_is_fetched_again(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    house.app.close()
    again = House(house.folder)
    again.fetch()
    assert (set(again.shown()), again.asked) == ({"1"}, [])


def test_a_lost_file_is_fetched_again(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    [file] = house.files()
    file.unlink()
    house.publish()
    house.fetch()
    assert house.files() == [file]


def test_files_that_nobody_names_are_swept_and_others_people_s_stay(house: House) -> None:
    """As a killed process leaves them, or a database from a backup."""
    house.bring(house.post("1", GARDEN))
    house.fetch()
    [file] = house.files()
    (file.parent / f"{'0' * 64}.webp").write_bytes(b"an orphan")
    (file.parent / "readme.txt").write_bytes(b"not ours")
    house.publish()
    assert house.files() == [file, file.parent / "readme.txt"]


def test_a_row_without_its_post_is_dropped(house: House) -> None:
    house.bring(house.post("1", GARDEN))
    house.fetch()
    public_id = house.post("1").public_id
    with house.app.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM posts")
    house.publish()
    assert pictures.attempts(house.app.database, [public_id]) == {}
    assert house.files() == []
