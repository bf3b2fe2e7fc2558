"""The sample of Bluesky: it answers as the published lexicons say."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from aggregator.demo.bluesky import Bluesky, did, uri
from aggregator.demo.interface import WINDOW
from aggregator.demo.notes import Account, Note

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("institute.example", "Example Institute", 77)
FRIEND = Account("friend.example", "A friend", 88)
ACTOR = "/xrpc/app.bsky.feed.getAuthorFeed?actor=institute.example"
LEXICONS = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/schemas/lexicons"


def notes(count: int = 5) -> list[Note]:
    return [
        Note(
            number,
            f"Ünlocked 👩‍⚕️ {number}: https://institute.example/a-very-long-address/{number} #Tag",
            NOW - timedelta(days=9) + timedelta(hours=number),
            picture="A boat" if number == 1 else None,
            is_reply=number == 2,
            by=FRIEND if number == 3 else None,
        )
        for number in range(1, count + 1)
    ]


@pytest.fixture
def platform() -> Bluesky:
    return Bluesky(ACCOUNT, notes, lambda: NOW)


def test_pages_follow_each_other_until_the_end() -> None:
    platform = Bluesky(ACCOUNT, lambda: notes(12), lambda: NOW)
    found: list[str] = []
    cursor = ""
    for _ in range(3):
        said = platform.answer(f"{ACTOR}&limit=5{cursor}", {}).said
        found += [item["post"]["uri"] for item in said["feed"]]
        cursor = f"&cursor={said.get('cursor')}"
    assert (len(found), len(set(found)), cursor) == (12, 12, "&cursor=None")


def test_the_filter_makes_pages_short_and_not_the_end(platform: Bluesky) -> None:
    said = platform.answer(f"{ACTOR}&limit=4&filter=posts_no_replies", {}).said
    assert len(said["feed"]) == 3
    assert said["cursor"]


@pytest.mark.parametrize("path", [ACTOR.replace("institute", "nobody"), "/xrpc/any.other.method"])
def test_errors_have_a_name_and_a_message(platform: Bluesky, path: str) -> None:
    reply = platform.answer(path, {})
    assert reply.status >= 400
    assert set(reply.said) == {"error", "message"}


def test_posts_that_are_not_there_are_left_out(platform: Bluesky) -> None:
    asked = [uri(note, ACCOUNT) for note in (*notes()[:2], Note(99, "Never written.", NOW))]
    target = "/xrpc/app.bsky.feed.getPosts?" + urlencode([("uris", one) for one in asked])
    found = [post["uri"] for post in platform.answer(target, {}).said["posts"]]
    assert found == asked[:2]


def test_of_an_account_that_is_switched_off_nothing_is_there(platform: Bluesky) -> None:
    platform.is_deactivated = True
    target = f"/xrpc/app.bsky.feed.getPosts?uris={uri(notes()[0], ACCOUNT)}"
    assert platform.answer(target, {}).said == {"posts": []}
    for path in (ACTOR, "/xrpc/app.bsky.actor.getProfile?actor=institute.example"):
        assert platform.answer(path, {}).said["error"] == "AccountDeactivated"


RECORD = "/xrpc/com.atproto.repo.getRecord?collection=app.bsky.feed.repost"


def test_what_was_never_passed_on_is_no_record(platform: Bluesky) -> None:
    reply = platform.answer(f"{RECORD}&repo={did(ACCOUNT)}&rkey=none", {})
    assert (reply.status, reply.said["error"]) == (400, "RecordNotFound")


def test_an_account_that_is_away_has_no_repo(platform: Bluesky) -> None:
    platform.is_deactivated = True
    reply = platform.answer(f"{RECORD}&repo={did(ACCOUNT)}&rkey=none", {})
    assert (reply.status, reply.said["error"]) == (400, "InvalidRequest")
    assert reply.said["message"].startswith("Could not find repo: ")


def test_who_has_left_has_neither_posts_nor_a_profile(platform: Bluesky) -> None:
    platform.left.add(FRIEND.handle)
    assert platform.answer(f"/xrpc/app.bsky.actor.getProfile?actor={did(FRIEND)}", {}).said == {
        "error": "InvalidRequest",
        "message": "Profile not found",
    }
    target = f"/xrpc/app.bsky.feed.getPosts?uris={uri(notes()[2], FRIEND)}"
    assert platform.answer(target, {}).said == {"posts": []}


def test_an_unchanged_page_is_not_sent_again(platform: Bluesky) -> None:
    tag = platform.answer(ACTOR, {}).fields["etag"]
    reply = platform.answer(ACTOR, {"if-none-match": tag})
    assert (reply.status, reply.body) == (304, b"")


def test_there_are_only_so_many_answers_until_the_reset() -> None:
    now = NOW
    platform = Bluesky(ACCOUNT, notes, lambda: now, allowance=2)
    replies = [platform.answer(ACTOR, {}) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert int(replies[-1].fields["ratelimit-reset"]) == int((NOW + WINDOW).timestamp())
    now = NOW + WINDOW
    assert platform.answer(ACTOR, {}).status == 200


@cache
def lexicon(name: str) -> Any:
    return json.loads((LEXICONS / f"{name.replace('.', '/')}.json").read_text("utf-8"))["defs"]


KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


def broken(schema: Any, value: Any, home: str, where: str = "$") -> Iterator[str]:
    """Where a value is not what a lexicon says (https://atproto.com/specs/lexicon)."""
    kind = schema["type"]
    if kind == "ref":
        name, _, part = schema["ref"].partition("#")
        yield from broken(lexicon(name or home)[part or "main"], value, name or home, where)
    elif kind == "union":
        said = value.get("$type", "")
        if said not in {(home + ref if ref[0] == "#" else ref) for ref in schema["refs"]}:
            yield f"{where}: no {said}"
        else:
            name, _, part = said.partition("#")
            yield from broken(lexicon(name)[part or "main"], value, name, where)
    elif kind in KINDS and not isinstance(value, KINDS[kind]):
        yield f"{where}: no {kind}"
    elif kind == "array":
        for place, one in enumerate(value):
            yield from broken(schema["items"], one, home, f"{where}[{place}]")
    elif kind == "object":
        missing = set(schema.get("required", ())) - set(value)
        yield from (f"{where}: no {name}" for name in missing)
        for name in schema.get("properties", {}).keys() & value.keys():
            yield from broken(schema["properties"][name], value[name], home, f"{where}.{name}")


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("app.bsky.feed.getAuthorFeed", "actor=institute.example"),
        ("com.atproto.identity.resolveHandle", "handle=institute.example"),
        ("app.bsky.actor.getProfile", "actor=institute.example"),
        ("app.bsky.feed.getPosts", f"uris={uri(notes()[0], ACCOUNT)}&uris=at://else"),
    ],
)
def test_answers_follow_the_lexicons(platform: Bluesky, method: str, query: str) -> None:
    if not LEXICONS.is_dir():
        pytest.skip("the published schemas are not beside the project")
    reply = platform.answer(f"/xrpc/{method}?{query}", {})
    schema = lexicon(method)["main"]["output"]["schema"]
    assert list(broken(schema, reply.said, method)) == []
    post = lexicon("app.bsky.feed.post")["main"]["record"]
    posts = [item["post"] for item in reply.said.get("feed", ())] + reply.said.get("posts", [])
    records = [post["record"] for post in posts]
    assert [found for said in records for found in broken(post, said, "app.bsky.feed.post")] == []
