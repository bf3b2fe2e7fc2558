"""The sample of LinkedIn: it answers as its documents say."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

from aggregator.connectors._little_text import read
from aggregator.demo.interface import Reply
from aggregator.demo.linkedin import SIGNED, LinkedIn, image, little_text, urn
from aggregator.demo.notes import Account, Note

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAGE = Account("example-institute", "Example Institute", 77)
FRIEND = Account("friend", "A friend", 88)
POSTS = "/rest/posts?author=urn%3Ali%3Aorganization%3A77&q=author"
FIELDS = {"authorization": "Bearer good", "linkedin-version": "202608"}
FORM = {"grant_type": "refresh_token", "client_id": "app", "client_secret": "app secret"}
RECORDED = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/linkedin"


def notes(count: int = 5) -> list[Note]:
    return [
        Note(
            number,
            f"Number {number} (of 5): https://institute.example/a_long_address/{number} #Tag",
            NOW - timedelta(days=9) + timedelta(hours=number),
            edited=NOW if number == 1 else None,
            picture="A boat" if number == 4 else None,
            is_reply=number == 2,
            by=FRIEND if number == 3 else None,
        )
        for number in range(1, count + 1)
    ]


@pytest.fixture
def platform() -> LinkedIn:
    return LinkedIn(PAGE, notes, lambda: NOW, token="good", refresh="again")


def ids(said: Any) -> list[int]:
    return [int(element["id"][-3:]) for element in said["elements"]]


def test_pages_follow_each_other_by_relative_links() -> None:
    platform = LinkedIn(PAGE, lambda: notes(12), lambda: NOW, token="good")
    found: list[int] = []
    target = f"{POSTS}&count=5"
    while target:
        said = platform.answer(target, FIELDS).said
        found += ids(said)
        links = said["paging"]["links"]
        target = links[0]["href"] if links else ""
    assert found == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 1]


@pytest.mark.parametrize(
    ("order", "found"), [("CREATED", [5, 4, 3, 1]), ("LAST_MODIFIED", [1, 5, 4, 3])]
)
def test_posts_come_in_the_order_that_is_asked_for(
    platform: LinkedIn, order: str, found: list[int]
) -> None:
    assert ids(platform.answer(f"{POSTS}&sortBy={order}", FIELDS).said) == found


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"authorization": "Bearer bad"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"linkedin-version": "202501"}, 426, "NONEXISTENT_VERSION"),
    ],
)
def test_it_answers_those_only_who_ask_rightly(
    platform: LinkedIn, changes: dict[str, str], status: int, code: str
) -> None:
    reply = platform.answer(POSTS, FIELDS | changes)
    assert (reply.status, reply.said["code"]) == (status, code)


def test_a_version_is_wanted(platform: LinkedIn) -> None:
    reply = platform.answer(POSTS, {"authorization": "Bearer good"})
    assert (reply.status, reply.said["code"]) == (400, "VERSION_MISSING")


def test_the_posts_of_other_pages_are_not_shown(platform: LinkedIn) -> None:
    assert platform.answer(POSTS.replace("77", "78"), FIELDS).status == 403


def test_a_post_is_found_by_its_id(platform: LinkedIn) -> None:
    there, gone = (quote(urn(note), safe="") for note in (notes()[0], notes(9)[8]))
    assert platform.answer(f"/rest/posts/{there}", FIELDS).said["id"] == urn(notes()[0])
    assert platform.answer(f"/rest/posts/{gone}", FIELDS).status == 404
    said = platform.answer(f"/rest/posts?ids=List({there},{gone})", FIELDS).said
    assert [len(said[name]) for name in ("results", "statuses", "errors")] == [1, 2, 1]


def test_where_a_picture_is_is_told_apart_from_its_post(platform: LinkedIn) -> None:
    name = image(notes()[3])
    (element,) = (
        one for one in platform.answer(POSTS, FIELDS).said["elements"] if "content" in one
    )
    assert element["content"] == {"media": {"id": name, "altText": "A boat"}}
    asked = quote(name, safe="")
    one = platform.answer(f"/rest/images/{asked}", FIELDS).said
    several = platform.answer(f"/rest/images?ids=List({asked},urn%3Ali%3Aimage%3AX)", FIELDS).said
    assert several["results"] == {name: one}
    assert several["errors"].keys() == {"urn:li:image:X"}
    assert {place: type(value) for place, value in one.items()} == {
        "id": str,
        "owner": str,
        "status": str,
        "downloadUrl": str,
        "downloadUrlExpiresAt": int,
    }


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"authorization": "Bearer bad"}, 401), ({"linkedin-version": "202501"}, 426)],
)
def test_of_pictures_it_tells_those_only_who_ask_rightly(
    platform: LinkedIn, changes: dict[str, str], status: int
) -> None:
    assert platform.answer("/rest/images?ids=List()", FIELDS | changes).status == status


def test_the_address_of_a_picture_holds_for_a_while() -> None:
    now = [NOW]
    platform = LinkedIn(PAGE, notes, lambda: now[0], token="good")
    told = platform.answer(f"/rest/images/{quote(image(notes()[3]), safe='')}", FIELDS).said
    parts = urlsplit(told["downloadUrl"])
    target = f"{parts.path}?{parts.query}"
    assert told["downloadUrlExpiresAt"] == (NOW + SIGNED).timestamp() * 1000
    assert platform.answer(target, {}).fields["content-type"] == "image/webp"
    assert platform.answer(target.replace("e=1", "e=2"), {}).status == 403
    now[0] += SIGNED
    assert platform.answer(target, {}).status == 403


def renewal(platform: LinkedIn, **changes: str) -> Reply:
    form = urlencode(FORM | {"refresh_token": "again"} | changes).encode()
    return platform.answer("/oauth/v2/accessToken", {}, form)


def test_a_token_is_renewed_beside_a_refresh_token_that_is_not_prolonged() -> None:
    now = [NOW]
    platform = LinkedIn(PAGE, notes, lambda: now[0], token="good", refresh="again")
    now[0] += timedelta(days=61)
    assert platform.answer(POSTS, FIELDS).status == 401
    said = renewal(platform).said
    assert said["refresh_token_expires_in"] == timedelta(days=304).total_seconds()
    renewed = FIELDS | {"authorization": f"Bearer {said['access_token']}"}
    assert platform.answer(POSTS, renewed).status == 200
    now[0] += timedelta(days=305)
    assert renewal(platform).said == {"error": "invalid_grant"}


@pytest.mark.parametrize(
    ("change", "error"),
    [({"refresh_token": "other"}, "invalid_grant"), ({"client_secret": ""}, "invalid_client")],
)
def test_a_renewal_needs_all_its_parts(
    platform: LinkedIn, change: dict[str, str], error: str
) -> None:
    assert renewal(platform, **change).said == {"error": error}


def test_texts_are_written_so_that_they_can_be_read_again() -> None:
    text = r"A (small) #Tag_1 and 5 * 5 @ home \ https://institute.example/a_b#c {x}"
    assert read(little_text(text)).text == text


def shape(said: Any) -> Any:
    """Names and kinds, as far as both tell."""
    if isinstance(said, dict):
        return {name: shape(value) for name, value in said.items()}
    return [shape(one) for one in said[:1]] if isinstance(said, list) else type(said).__name__


@pytest.mark.corpus
def test_posts_have_the_shape_of_recorded_ones(platform: LinkedIn) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    recorded = json.loads((RECORDED / "CONSTRUCTED_posts_by_author_p1.json").read_bytes())
    said = platform.answer(POSTS, FIELDS).said
    ours, theirs = (
        {name: shape(value) for one in page["elements"] for name, value in one.items()}
        for page in (said, recorded)
    )
    del ours["content"], theirs["content"]
    assert ours == theirs
    assert set(said["paging"]) == set(recorded["paging"])


@pytest.mark.corpus
def test_errors_are_those_that_were_seen(platform: LinkedIn) -> None:
    if not RECORDED.is_dir():
        pytest.skip("the recorded answers of platforms are not beside the project")
    seen = json.loads((RECORDED / "errors_attested.json").read_bytes())
    ours = [platform.refusal(404), platform.refusal(429)]
    ours += [platform.answer(POSTS, {}), platform.answer(POSTS.replace("77", "78"), FIELDS)]
    told = [(reply.status, reply.said["code"], set(reply.said)) for reply in ours]
    known = [(one["status"], one["body"]["code"], set(one["body"])) for one in seen]
    assert [one for one in told if one not in known] == []
