"""The sample of YouTube: it answers as the documents of its interface say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from aggregator.demo.notes import Account, Note
from aggregator.demo.youtube import Video, YouTube

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("institute", "Example & Institute", 77)
KEY = {"x-goog-api-key": "good"}
CHANNEL = "UC" + "0" * 20 + "77"
LIST = f"/youtube/v3/playlistItems?playlistId=UU{CHANNEL[2:]}&part=snippet"
RECORDED = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/youtube"


def note(number: int) -> Note:
    return Note(number, f"<Film> {number} & more. #Tag", NOW - timedelta(days=100 - number))


def site(count: int = 3) -> YouTube:
    return YouTube(ACCOUNT, lambda: [note(n + 1) for n in range(count)], lambda: NOW, key="good")


def ids(*numbers: int) -> str:
    return ",".join(Video(note(number)).id for number in numbers)


def test_pages_follow_each_other_until_the_end() -> None:
    platform, found, token = site(12), [], ""
    while token is not None:
        said = platform.answer(f"{LIST}&maxResults=5&pageToken={token or 0}", KEY).said
        found += [item["snippet"]["resourceId"]["videoId"] for item in said["items"]]
        token = said.get("nextPageToken")
    assert (len(found), len(set(found))) == (12, 12)


@pytest.mark.parametrize("fields", [{}, {"x-goog-api-key": "bad"}])
def test_without_the_key_nothing_is_told(fields: dict[str, str]) -> None:
    reply = site().answer(LIST, fields)
    assert reply.status == 400
    assert reply.said["error"]["errors"][0]["reason"] == "keyInvalid"


def test_questions_are_counted() -> None:
    platform = site()
    platform.units = 1
    assert [platform.answer(LIST, KEY).status for _ in range(2)] == [200, 403]


def test_the_questions_of_a_day_are_counted_anew_at_midnight_in_california() -> None:
    platform, now = site(), datetime(2026, 11, 24, 7, 59, tzinfo=UTC)
    platform.clock, platform.units = lambda: now, 1
    assert [platform.answer(LIST, KEY).status for _ in range(2)] == [200, 403]
    now += timedelta(minutes=1)
    assert platform.answer(LIST, KEY).status == 200


def test_videos_that_are_private_or_deleted_are_left_out() -> None:
    platform = site()
    platform.private = {2}
    said = platform.answer(f"/youtube/v3/videos?id={ids(1, 2, 9)}", KEY).said
    assert [item["id"] for item in said["items"]] == [ids(1)]
    titles = [item["snippet"]["title"] for item in platform.answer(LIST, KEY).said["items"]]
    assert titles.count("Private video") == 1


@pytest.mark.parametrize(
    ("number", "status"), [(1, 200), (2, 403), (9, 404)], ids=["public", "private", "deleted"]
)
def test_who_embeds_is_told(number: int, status: int) -> None:
    platform = site()
    platform.private = {2}
    url = f"https://www.youtube.com/watch%3Fv%3D{ids(number)}"
    assert platform.answer(f"/oembed?url={url}&format=json", {}).status == status


def test_the_page_of_a_video_is_there_even_for_deleted_ones() -> None:
    assert site().answer(f"/watch?v={ids(9)}", {}).status == 200


@pytest.mark.parametrize(
    "asked", [f"channel_id={CHANNEL}", f"playlist_id=UU{CHANNEL[2:]}", "user=institute"]
)
def test_the_feed_holds_fifteen_public_videos(asked: str) -> None:
    platform = site(20)
    platform.private = {20}
    reply = platform.answer(f"/feeds/videos.xml?{asked}", {})
    feed = ET.fromstring(reply.body)
    found = [one.text for one in feed.iter() if one.tag.endswith("}videoId")]
    assert (len(found), found[0]) == (15, ids(19))


def test_another_channel_is_not_found() -> None:
    assert site().answer("/feeds/videos.xml?channel_id=UCother", {}).status == 404
    assert site().answer("/@nobody", {}).status == 404
    assert site().answer("/youtube/v3/channels?forHandle=@nobody", KEY).said["items"] == []


def keys(said: Any, where: str = "$") -> set[str]:
    """Every name that occurs, with the names above it."""
    if isinstance(said, list):
        return set().union(*(keys(one, f"{where}[]") for one in said))
    if not isinstance(said, dict):
        return set()
    inner = set().union(*(keys(value, f"{where}.{name}") for name, value in said.items()))
    return inner | {f"{where}.{name}" for name in said}


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("asked", "file"),
    [
        (LIST, "playlist_items_p1.json"),
        (f"/youtube/v3/videos?id={ids(1)}", "videos_two.json"),
        ("/youtube/v3/channels?forHandle=@institute", "channel_info.json"),
    ],
)
def test_names_are_those_of_recorded_answers(asked: str, file: str) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    known = keys(json.loads((RECORDED / file).read_text("utf-8")))
    unrecorded = ("$.items[].contentDetails", "$.items[].status")  # parts that nobody asked for
    said = {
        name for name in keys(site().answer(asked, KEY).said) if not name.startswith(unrecorded)
    }
    assert said <= known
