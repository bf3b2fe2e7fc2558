"""The sample of X: it answers as the published descriptions of the interface say."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from aggregator.demo.interface import WINDOW, Reply
from aggregator.demo.notes import Account, Note
from aggregator.demo.x import POSTS, TOKEN, TWEETS, Words, X, newest_id

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ACCOUNT = Account("Institute", "Example Institute", 77)
FRIEND = Account("friend", "A friend", 88)
TIMELINE = "/2/users/77/tweets?max_results=10"
SCHEMAS = Path(__file__).resolve().parents[2] / "../shared/fixtures/social/schemas"
SPOKEN = pytest.mark.parametrize("words", [POSTS, TWEETS], ids=["posts", "tweets"])


def notes(count: int = 5) -> list[Note]:
    return [
        Note(
            number,
            f"Ünlocked & 👩‍⚕️ {number}: https://institute.example/a-very-long-address/{number} #Tag"
            + " and more" * (60 if number == 4 else 0),
            NOW - timedelta(days=9) + timedelta(hours=number),
            edited=NOW - timedelta(days=8) if number == 5 else None,
            picture="A boat" if number == 1 else None,
            is_reply=number == 2,
            poll=("Mornings", "Evenings") if number in {3, 5} else (),
            by=FRIEND if number == 3 else None,
        )
        for number in range(1, count + 1)
    ]


def made(words: Words = POSTS, count: int = 5) -> X:
    written = notes(count)
    return X(ACCOUNT, lambda: written, lambda: NOW, words=words)


def ask(platform: X, target: str, token: str = TOKEN) -> Reply:
    return platform.answer(target, {"authorization": f"Bearer {token}"})


def test_without_a_good_token_nothing_is_told() -> None:
    assert made().answer(TIMELINE, {}).status == 401
    assert ask(made(), TIMELINE, "another").status == 401


def test_pages_follow_each_other_until_the_end() -> None:
    platform, found, token = made(count=12), list[str](), ""
    for _ in range(3):
        said = ask(platform, f"/2/users/77/tweets?max_results=5{token}").said
        found += [post["id"] for post in said["data"]]
        token = f"&pagination_token={said['meta'].get('next_token')}"
    assert (len(found), len(set(found)), token) == (12, 12, "&pagination_token=None")


def test_only_newer_posts_than_one_are_sent() -> None:
    written = notes()
    said = ask(made(), f"{TIMELINE}&since_id={newest_id(written[1])}").said
    assert [post["id"] for post in said["data"]] == list(map(newest_id, reversed(written[2:])))


def test_an_empty_page_has_no_posts_at_all() -> None:
    said = ask(made(), f"{TIMELINE}&since_id={newest_id(notes()[-1])}").said
    assert said == {"meta": {"result_count": 0}}


def test_what_is_left_out_makes_pages_short_and_not_the_end() -> None:
    said = ask(made(count=6), "/2/users/77/tweets?max_results=5&exclude=replies,retweets").said
    assert len(said["data"]) == 3
    assert said["meta"]["next_token"]


@pytest.mark.parametrize("query", ["max_results=4", "max_results=101", "tweet.fields=id", "any=1"])
def test_what_it_does_not_understand_it_names(query: str) -> None:
    reply = ask(made(), f"/2/users/77/tweets?{query}")
    assert reply.status == 400
    assert query.partition("=")[0] in reply.said["errors"][0]["message"]


def test_there_are_only_so_many_answers_until_the_reset() -> None:
    platform = made()
    platform.allowance = 2
    replies = [ask(platform, TIMELINE) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert int(replies[-1].fields["x-rate-limit-reset"]) == int((NOW + WINDOW).timestamp())


def test_it_answers_until_the_credit_is_used_up() -> None:
    platform = made()
    platform.credit = 5
    assert [ask(platform, TIMELINE).status for _ in range(2)] == [200, 402]
    platform.credit = 500
    assert ask(platform, TIMELINE).status == 200


def test_a_post_that_is_not_there_is_told_beside_those_that_are() -> None:
    there, gone = newest_id(notes()[0]), newest_id(replace(notes()[0], number=9))
    said = ask(made(), f"/2/tweets?ids={gone},{there}").said
    assert [post["id"] for post in said["data"]] == [there]
    assert [problem["resource_id"] for problem in said["errors"]] == [gone]


def test_an_old_version_is_still_there_and_names_the_new_one() -> None:
    edited = notes()[-1]
    old = newest_id(replace(edited, edited=None))
    said = ask(made(), f"/2/tweets?ids={old}").said
    assert said["data"][0]["id"] == old
    assert said["data"][0]["edit_history_post_ids"] == [old, newest_id(edited)]


@cache
def described(version: str) -> Any:
    file = SCHEMAS / f"x-openapi-{version}.json"
    if not file.is_file():
        pytest.skip("the published schemas are not beside the project")
    return json.loads(file.read_text("utf-8"))


def broken(words: Words, path: str, said: Any) -> list[str]:
    """Where an answer is not what the description promises."""
    whole = described("2.167" if words is POSTS else "2.166")
    answers = whole["paths"][path]["get"]["responses"]
    schema = answers["200"]["content"]["application/json"]["schema"]
    validator = Draft7Validator({**schema, "components": whole["components"]})
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(said)]


@pytest.mark.corpus
@SPOKEN
@pytest.mark.parametrize(
    ("target", "path"),
    [
        (TIMELINE, "/2/users/{id}/tweets"),
        (f"{TIMELINE}&since_id=9000000000000000000", "/2/users/{id}/tweets"),
        (f"/2/tweets?ids={newest_id(notes()[0])},12", "/2/tweets"),
        ("/2/users/by/username/institute", "/2/users/by/username/{username}"),
        ("/2/users/by/username/nobody", "/2/users/by/username/{username}"),
        ("/2/users/77", "/2/users/{id}"),
    ],
)
@pytest.mark.parametrize("standing", ["open", "protected", "suspended", "locked"])
def test_answers_follow_the_descriptions(
    words: Words, target: str, path: str, standing: Any
) -> None:
    platform = made(words)
    platform.standing = standing
    reply = ask(platform, target)
    assert reply.status == 200
    assert broken(words, path, reply.said) == []


@pytest.mark.corpus
@SPOKEN
def test_its_words_are_those_of_the_description(words: Words) -> None:
    """Which the answers alone would not show: the description allows any others beside them."""
    posts = described("2.167" if words is POSTS else "2.166")["components"]["schemas"]
    parts = posts["Post" if words is POSTS else "Tweet"]["properties"]
    includes = posts["Expansions"]["properties"]
    assert {words.note, words.references, words.versions} <= set(parts)
    assert words.posts in includes
    said = ask(made(words), TIMELINE).said
    assert set().union(*said["data"]) <= set(parts)
    assert set(said["includes"]) <= set(includes)
