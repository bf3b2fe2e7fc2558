"""The sample of Mastodon: it answers as the published interface says."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aggregator.demo.interface import WINDOW
from aggregator.demo.mastodon import Mastodon
from aggregator.demo.notes import Account, Note

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("institute", "Example Institute", 77)
FRIEND = Account("friend", "A friend", 88)
STATUSES = "/api/v1/accounts/77/statuses"
HOST = {"host": "social.example"}
SCHEMA = (
    Path(__file__).resolve().parents[2] / "../shared/fixtures/social/schemas/mastodon-openapi.json"
)


def notes(count: int = 5) -> list[Note]:
    return [
        Note(
            number,
            f"Ünlocked {number}: https://institute.example/a-very-long-address/{number} #Tag",
            NOW - timedelta(days=9) + timedelta(hours=number),
            edited=NOW if number == 4 else None,
            picture="A boat" if number == 1 else None,
            warning="Surgery" if number == 1 else None,
            is_reply=number == 2,
            poll=("Mornings", "Evenings") if number == 5 else (),
            by=FRIEND if number == 3 else None,
        )
        for number in range(1, count + 1)
    ]


@pytest.fixture
def platform() -> Mastodon:
    return Mastodon(ACCOUNT, "social.example", notes, lambda: NOW)


def ids(said: Any) -> list[int]:
    return [int(status["id"]) for status in said]


def test_pages_follow_each_other_by_their_links() -> None:
    platform = Mastodon(ACCOUNT, "social.example", lambda: notes(12), lambda: NOW)
    found: list[int] = []
    target: str | None = f"{STATUSES}?limit=5"
    while target:
        reply = platform.answer(target, HOST)
        found += ids(reply.said)
        link = re.search(
            r'<http://social\.example([^>]*)>; rel="next"', reply.fields.get("link", "")
        )
        target = link[1] if link else None
    assert found == list(range(12, 0, -1))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("exclude_reblogs=true", [5, 4, 2, 1]),
        ("exclude_replies=true", [5, 4, 3, 1]),
        ("since_id=3", [5, 4]),
        ("max_id=3", [2, 1]),
        ("since_id=1&max_id=4&limit=1", [3]),
    ],
)
def test_it_gives_what_is_asked_for(platform: Mastodon, query: str, found: list[int]) -> None:
    assert ids(platform.answer(f"{STATUSES}?{query}", HOST).said) == found


@pytest.mark.parametrize("name", ["institute", "institute%40social.example"])
def test_the_account_is_found_by_its_names(platform: Mastodon, name: str) -> None:
    assert platform.answer(f"/api/v1/accounts/lookup?acct={name}", HOST).said["id"] == "77"


@pytest.mark.parametrize(
    "path", ["/api/v1/accounts/lookup?acct=nobody", "/api/v1/accounts/78/statuses", "/else"]
)
def test_errors_are_told_in_words(platform: Mastodon, path: str) -> None:
    reply = platform.answer(path, HOST)
    assert (reply.status, set(reply.said)) == (404, {"error"})


def test_posts_that_are_not_there_are_left_out(platform: Mastodon) -> None:
    said = platform.answer("/api/v1/statuses?id[]=1&id[]=99&id[]=2", HOST).said
    assert ids(said) == [1, 2]


def test_one_post_is_there_or_not(platform: Mastodon) -> None:
    assert platform.answer("/api/v1/statuses/1", HOST).said["id"] == "1"
    assert platform.answer("/api/v1/statuses/99", HOST).status == 404


def test_an_old_server_tells_of_one_post_at_a_time(platform: Mastodon) -> None:
    platform.is_old = True
    assert platform.answer("/api/v1/statuses?id[]=1", HOST).status == 404
    assert platform.answer("/api/v1/statuses/1", HOST).status == 200


def test_of_a_suspended_account_nothing_is_there(platform: Mastodon) -> None:
    platform.is_suspended = True
    found = [
        platform.answer(path, HOST).status
        for path in ("/api/v1/accounts/77", STATUSES, "/api/v1/statuses/1")
    ]
    assert found == [410, 410, 404]


def test_there_are_only_so_many_answers_until_the_reset() -> None:
    platform = Mastodon(ACCOUNT, "social.example", notes, lambda: NOW, allowance=1)
    replies = [platform.answer(STATUSES, HOST) for _ in range(2)]
    assert [reply.status for reply in replies] == [200, 429]
    assert datetime.fromisoformat(replies[-1].fields["x-ratelimit-reset"]) == NOW + WINDOW


@cache
def schemas() -> Any:
    if not SCHEMA.is_file():
        pytest.skip("the published schemas are not beside the project")
    return json.loads(SCHEMA.read_text("utf-8"))["components"]["schemas"]


def broken(schema: Any, value: Any, where: str = "$") -> Iterator[str]:
    """Where a value is not what a schema of OpenAPI 3.1 says."""
    if "$ref" in schema:
        yield from broken(schemas()[schema["$ref"].rpartition("/")[2]], value, where)
        return
    if "oneOf" in schema:
        tries = [list(broken(one, value, where)) for one in schema["oneOf"]]
        yield from [] if [] in tries else min(tries, key=len)
        return
    kinds = schema.get("type", [])
    names = {
        type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string",
        list: "array", dict: "object",
    }  # fmt: skip
    allowed = {kinds} if isinstance(kinds, str) else set(kinds)
    if allowed and names[type(value)] not in allowed | (
        {"integer"} if "number" in allowed else set()
    ):
        yield f"{where}: {names[type(value)]} is none of {allowed}"
    elif isinstance(value, dict):
        yield from (
            f"{where}: no {name}" for name in schema.get("required", ()) if name not in value
        )
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from broken(inner, value[name], f"{where}.{name}")
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from broken(schema.get("items", {}), one, f"{where}[{place}]")


@pytest.mark.corpus
def test_posts_follow_the_schema(platform: Mastodon) -> None:
    statuses = platform.answer(STATUSES, HOST).said
    assert [found for said in statuses for found in broken(schemas()["Status"], said)] == []


@pytest.mark.corpus
def test_the_account_follows_the_schema(platform: Mastodon) -> None:
    said = platform.answer("/api/v1/accounts/lookup?acct=institute", HOST).said
    assert list(broken(schemas()["Account"], said)) == []
