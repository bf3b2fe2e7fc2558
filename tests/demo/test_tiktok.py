"""The sample of TikTok: it answers as its documents say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from aggregator.demo.interface import Reply
from aggregator.demo.notes import Account, Note
from aggregator.demo.tiktok import TikTok, video_id

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("institute", "Example Institute", 77)
FRIEND = Account("friend", "A friend", 88)
FIELDS = {"authorization": "Bearer good"}
NAMES = "id,title,video_description,create_time,cover_image_url,share_url,embed_link,duration"
LIST = f"/v2/video/list/?fields={NAMES},width,height"
FORM = {"grant_type": "refresh_token", "client_key": "app", "client_secret": "app secret"}
RECORDED = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/tiktok"


def notes(count: int = 5) -> list[Note]:
    return [
        Note(
            number,
            f"Ünlocked 👩‍⚕️ {number}: " + "a long caption " * 20,
            NOW - timedelta(days=9) + timedelta(hours=number),
            is_reply=number == 2,
            by=FRIEND if number == 3 else None,
        )
        for number in range(1, count + 1)
    ]


class Running(TikTok):
    """The platform, its clock, and questions to it."""

    def __init__(self, count: int = 5) -> None:
        self.now = NOW
        super().__init__(
            ACCOUNT, lambda: notes(count), lambda: self.now, token="good", refresh="once"
        )

    def ask(self, target: str, asked: Any, token: str = "good") -> Reply:
        fields = {"authorization": f"Bearer {token}"}
        return self.answer(target, fields, json.dumps(asked).encode())

    def renewal(self, refresh: str, **changes: str) -> Any:
        form = urlencode(FORM | {"refresh_token": refresh} | changes).encode()
        return self.answer("/v2/oauth/token/", {}, form).said


@pytest.fixture
def platform() -> Running:
    return Running()


def ids(reply: Reply) -> list[int]:
    return [int(video["id"][-3:]) for video in reply.said["data"]["videos"]]


def test_pages_follow_each_other_by_cursors_in_milliseconds() -> None:
    platform = Running(12)
    found: list[int] = []
    asked: dict[str, int] = {"max_count": 5}
    more = True
    while more:
        reply = platform.ask(LIST, asked)
        found += ids(reply)
        more = reply.said["data"]["has_more"]
        asked["cursor"] = reply.said["data"]["cursor"]
    assert found == [12, 11, 10, 9, 8, 7, 6, 5, 4, 1]


def test_videos_are_found_by_their_ids(platform: Running) -> None:
    asked = [video_id(note) for note in notes(9)[3:]]
    reply = platform.ask("/v2/video/query/?fields=id", {"filters": {"video_ids": asked}})
    assert ids(reply) == [5, 4]


def test_only_so_many_are_asked_for_at_once(platform: Running) -> None:
    asked = [str(number) for number in range(21)]
    reply = platform.ask("/v2/video/query/?fields=id", {"filters": {"video_ids": asked}})
    assert (reply.status, reply.said["error"]["code"]) == (400, "invalid_params")
    assert platform.ask(LIST, {"max_count": 21}).status == 400


def test_only_what_is_asked_for_is_told(platform: Running) -> None:
    (first, *_) = platform.ask("/v2/video/list/?fields=id,title", {}).said["data"]["videos"]
    assert set(first) == {"id", "title"}


def test_captions_are_cut(platform: Running) -> None:
    videos = platform.ask(LIST, {}).said["data"]["videos"]
    assert {len(video["video_description"]) for video in videos} == {150}


def test_covers_are_signed_anew_at_every_answer(platform: Running) -> None:
    first, second = (
        platform.ask(LIST, {}).said["data"]["videos"][0]["cover_image_url"] for _ in range(2)
    )
    assert first != second
    assert first.partition("?")[0] == second.partition("?")[0]


def test_it_tells_whose_token_it_is(platform: Running) -> None:
    reply = platform.answer("/v2/user/info/?fields=open_id,username", FIELDS)
    assert reply.said["data"]["user"] == {"open_id": "-00077", "username": "institute"}


def test_it_answers_good_tokens_only(platform: Running) -> None:
    assert platform.ask(LIST, {}, "bad").said["error"]["code"] == "access_token_invalid"
    platform.now += timedelta(hours=2)
    assert platform.ask(LIST, {}).status == 401


@pytest.mark.parametrize(
    ("scope", "target"),
    [("video.list", LIST), ("user.info.profile", "/v2/user/info/?fields=open_id")],
)
def test_it_answers_what_the_owner_allowed(platform: Running, scope: str, target: str) -> None:
    platform.scopes.remove(scope)
    reply = platform.answer(target, FIELDS, b"{}" if "video" in target else None)
    assert reply.said["error"]["code"] == "scope_not_authorized"


def test_a_refresh_token_is_good_for_one_renewal(platform: Running) -> None:
    said = platform.renewal("once")
    assert (said["expires_in"], said["refresh_expires_in"]) == (7_200, 15_552_000)
    assert platform.ask(LIST, {}, said["access_token"]).status == 200
    assert platform.ask(LIST, {}).status == 401
    assert platform.renewal("once")["error"] == "invalid_grant"
    assert platform.renewal(said["refresh_token"])["refresh_token"] != said["refresh_token"]


def test_a_refresh_token_ends_after_half_a_year(platform: Running) -> None:
    platform.now += timedelta(days=180)
    assert platform.renewal("once")["error"] == "invalid_grant"


def test_a_renewal_needs_the_app(platform: Running) -> None:
    assert platform.renewal("once", client_key="")["error"] == "invalid_client"


def test_there_are_only_so_many_answers(platform: Running) -> None:
    platform.allowance = 0
    reply = platform.ask(LIST, {})
    assert (reply.status, reply.said["error"]["code"]) == (429, "rate_limit_exceeded")


@pytest.mark.corpus
def test_videos_have_the_shape_of_documented_ones(platform: Running) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    documented = json.loads((RECORDED / "CONSTRUCTED_video_list.json").read_bytes())
    said = platform.ask(LIST, {}).said
    ours, theirs = (
        {name: type(value) for name, value in page["data"]["videos"][0].items()}
        for page in (said, documented)
    )
    assert ours == theirs
    assert said["data"].keys() == documented["data"].keys()
    assert said["error"].keys() == documented["error"].keys()
