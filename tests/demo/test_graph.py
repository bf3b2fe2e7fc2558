"""The samples of Facebook, Instagram and Threads: they answer as the recorded ones did."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aggregator.connectors._facebook_post import FIELDS as OF_FACEBOOK
from aggregator.connectors._instagram_post import FIELDS as OF_INSTAGRAM
from aggregator.connectors._threads_post import FIELDS as OF_THREADS
from aggregator.demo.facebook import Facebook
from aggregator.demo.graph import LASTS, TOKEN, Graph, Life, choose, fields_of
from aggregator.demo.instagram import Instagram
from aggregator.demo.interface import WINDOW
from aggregator.demo.notes import Account, Note
from aggregator.demo.threads import Threads

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("institute", "Example Institute", 77)
FRIEND = Account("friend", "A friend", 88)
RECORDED = Path(__file__).resolve().parents[2] / "../shared/fixtures/social"
SHOWN = {"host": "graph.example", "authorization": f"Bearer {TOKEN}"}
KINDS: dict[str, tuple[type[Graph], str, str]] = {
    "facebook": (Facebook, "/v25.0/77/posts", OF_FACEBOOK),
    "instagram": (Instagram, "/v25.0/me/media", OF_INSTAGRAM),
    "threads": (Threads, "/v1.0/me/threads", OF_THREADS),
}


def notes(count: int = 5) -> list[Note]:
    return [
        Note(
            number,
            f"Ünlocked {number}: https://institute.example/{number} #Tag",
            NOW - timedelta(days=9) + timedelta(hours=number),
            picture="A boat" if number == 1 else None,
            is_reply=number == 2,
            by=FRIEND if number == 3 else None,
        )
        for number in range(1, count + 1)
    ]


class Sample:
    """One of them, and how it is asked."""

    def __init__(self, name: str, count: int = 5) -> None:
        make, self.path, self.fields = KINDS[name]
        self.now = NOW
        self.undescribed = False
        self.platform = make(ACCOUNT, lambda: self.notes(count), lambda: self.now)

    def notes(self, count: int) -> list[Note]:
        """Their pictures described, or not."""
        if not self.undescribed:
            return notes(count)
        return [replace(note, picture=note.picture and "") for note in notes(count)]

    def ask(self, path: str, **shown: str) -> Any:
        return self.platform.answer(path, SHOWN | shown).said

    def posts(self, query: str = "") -> Any:
        return self.ask(f"{self.path}?fields={self.fields}{query}")


@pytest.fixture(params=KINDS)
def sample(request: pytest.FixtureRequest) -> Sample:
    return Sample(request.param)


def test_fields_are_taken_apart() -> None:
    assert fields_of("id,a{b,c{d}},e") == {"id": {}, "a": {"b": {}, "c": {"d": {}}}, "e": {}}


def test_only_what_is_asked_for_is_told() -> None:
    said = {"id": "1", "a": {"data": [{"b": 1, "x": 2}]}, "y": 3, "z": {"w": 1}}
    asked = fields_of("a{b},z")
    assert choose(said, asked) == {"id": "1", "a": {"data": [{"b": 1}]}, "z": {"w": 1}}


def test_without_fields_it_tells_ids(sample: Sample) -> None:
    assert all(set(one) == {"id"} for one in sample.ask(sample.path)["data"])


@pytest.mark.parametrize("name", ["facebook", "instagram"])
def test_pages_follow_each_other_by_addresses_that_hold_the_token(name: str) -> None:
    sample = Sample(name, 40)
    said, found = sample.posts("&limit=7"), []
    while True:
        found += [one["id"] for one in said["data"]]
        if "next" not in said["paging"]:
            break
        further = urlsplit(said["paging"]["next"])
        assert parse_qs(further.query)["access_token"] == [TOKEN]
        said = sample.ask(f"{further.path}?{further.query}")
    assert len(found) == len(set(found)) == (39 if name == "facebook" else 38)


def test_pages_of_threads_have_cursors_alone() -> None:
    sample = Sample("threads", 40)
    said = sample.posts("&limit=30")
    assert set(said["paging"]) == {"cursors"}
    assert len(sample.posts(f"&after={said['paging']['cursors']['after']}")["data"]) == 9


def test_photos_of_facebook_tell_words_and_guesses_apart() -> None:
    sample = Sample("facebook")
    asked = "fields=alt_text,alt_text_custom"
    assert sample.ask(f"/v25.0/1000001?{asked}") == {
        "id": "1000001",
        "alt_text": "A boat",
        "alt_text_custom": "A boat",
    }
    sample.undescribed = True
    (photo,) = sample.ask(f"/v25.0/?ids=1000001&{asked}").values()
    assert photo == {"id": "1000001", "alt_text": "May be an image of outdoors"}


@pytest.mark.parametrize("path", ["1000001?fields=words", "?ids=1000001&fields=message"])
def test_photos_of_facebook_refuse_fields_that_they_have_not(path: str) -> None:
    assert Sample("facebook").ask(f"/v25.0/{path}")["error"]["code"] == 100


def test_photos_of_facebook_may_be_withheld_from_a_token() -> None:
    sample = Sample("facebook")
    assert isinstance(sample.platform, Facebook)
    sample.platform.withholds_photos = True
    assert sample.ask("/v25.0/?ids=1000001&fields=alt_text")["error"]["code"] == 10
    assert "data" in sample.posts()


def test_pictures_of_facebook_want_no_token() -> None:
    sample = Sample("facebook")
    url = sample.platform.signed("graph.example", 1)
    reply = sample.platform.answer(url.removeprefix("http://graph.example"), {})
    assert (reply.status, reply.fields["content-type"]) == (200, "image/webp")
    assert reply.body.startswith(b"RIFF")


@pytest.mark.parametrize("name", ["facebook", "instagram"])
def test_one_id_that_is_not_there_spoils_the_answer(name: str) -> None:
    sample = Sample(name)
    ids = ["77_4", "77_5"] if name == "facebook" else ["4", "5"]
    assert set(sample.ask(f"/v25.0/?ids={','.join(ids)}")) == set(ids)
    error = sample.ask(f"/v25.0/?ids={ids[0]},6")["error"]
    assert (error["code"], error["error_subcode"]) == (100, 33)


def test_a_picture_is_signed_anew_at_every_answer(sample: Sample) -> None:
    one, other = (json.dumps(sample.posts()) for _ in range(2))
    assert one != other
    assert one.split("oh=")[0] == other.split("oh=")[0]


@pytest.mark.parametrize(
    ("authorization", "reason"), [("", None), ("Bearer other", None), (f"Bearer {TOKEN}", 463)]
)
def test_who_shows_no_good_token_is_told_why(
    sample: Sample, authorization: str, reason: int | None
) -> None:
    sample.platform.tokens[TOKEN] = Life(NOW - LASTS, NOW)
    error = sample.ask(sample.path, authorization=authorization)["error"]
    assert (error["code"], error.get("error_subcode")) == (190, reason)


@pytest.mark.parametrize("name", ["instagram", "threads"])
def test_a_token_is_renewed_when_it_is_a_day_old(name: str) -> None:
    sample = Sample(name)
    grant = sample.platform.grant
    path = f"/refresh_access_token?grant_type={grant}&access_token={TOKEN}"
    assert "error" in sample.ask(path)
    sample.now += timedelta(days=1)
    fresh = sample.ask(path)
    assert fresh["expires_in"] == LASTS.total_seconds()
    assert "data" in sample.ask(sample.path, authorization=f"Bearer {fresh['access_token']}")


def test_there_are_only_so_many_answers_and_it_tells_for_how_long(sample: Sample) -> None:
    sample.platform.allowance = 1
    replies = [sample.platform.answer(sample.path, SHOWN) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 400]
    assert replies[1].said["error"]["code"] == 80001
    usage = json.loads(replies[1].fields["x-business-use-case-usage"])
    assert usage["77"][0]["estimated_time_to_regain_access"] == WINDOW.total_seconds() // 60


def kinds_of(said: Any, where: str = "$") -> Iterator[tuple[str, str]]:
    """Where which kind of thing stands, the same for all items of a list."""
    yield where, type(said).__name__
    if isinstance(said, dict):
        for name, inner in said.items():
            yield from kinds_of(inner, f"{where}.{name}")
    elif isinstance(said, list):
        for inner in said:
            yield from kinds_of(inner, f"{where}[]")


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "files", "unseen"),
    [
        (
            "facebook",
            ["page_posts_p1.json", "page_posts_p2.json", "post_album_subattachments.json"],
            # Not asked for when those were recorded.
            {"is_published", "is_hidden", "is_expired", "from", "privacy", "parent_id"},
        ),
        (
            "instagram",
            ["media_p1.json", "media_p2.json"],
            {"media_product_type", "username", "alt_text"},
        ),
        ("threads", ["CONSTRUCTED_user_threads.json"], set()),
    ],
)
def test_it_answers_in_the_shape_of_recorded_answers(
    name: str, files: list[str], unseen: set[str]
) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    recorded: set[tuple[str, str]] = set()
    for file in files:
        said = json.loads((RECORDED / name / file).read_text("utf-8"))
        recorded |= set(kinds_of(said if "data" in said else {"data": [said]}))
    answered = {
        (where, kind)
        for where, kind in kinds_of(Sample(name, 30).posts("&limit=20"))
        if not unseen.intersection(where.replace("[]", "").split("."))
    }
    assert answered - recorded == set()
