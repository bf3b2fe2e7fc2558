"""Questions to interfaces: what a refusal says, secrets in a query, and questions by POST."""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from aggregator.errors import (
    BlockedAddress,
    Denied,
    FetchError,
    RateLimited,
    ServerFault,
    Unreadable,
)
from aggregator.fetch.client import VisitWeb
from aggregator.fetch.limits import Limits
from aggregator.model import Document, Validators
from tests.fetch.conftest import Origin, Play, Visitor, redirect, reply

SECRET = "AAAAsecret-of-a-platform"
SAID = b'{"error": {"message": "Session has expired", "code": 190}}'
JSON = {"Content-Type": "application/json"}
Ask = Callable[[VisitWeb], Awaitable[Document]]


def visited(visitor: Visitor, ask: Ask, **client: Any) -> tuple[VisitWeb, Document | FetchError]:
    """What comes of a question, and the visit that asked it."""

    async def visit() -> tuple[VisitWeb, Document | FetchError]:
        made = visitor.client(**client)
        with made.visit(None) as web:
            try:
                return web, await ask(web)
            except FetchError as error:
                return web, error
            finally:
                await made.aclose()

    return asyncio.run(visit())


def refused(visitor: Visitor, ask: Ask, **client: Any) -> FetchError:
    _, outcome = visited(visitor, ask, **client)
    assert isinstance(outcome, FetchError), repr(outcome)
    return outcome


# --- what a refusal says ---------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_refusal_tells_what_is_wrong_to_those_who_ask(
    origin: Origin, visitor: Visitor, status: int
) -> None:
    origin.play(reply(status, JSON | {"X-Limit-Reset": "1795435200"}, SAID))
    error = refused(visitor, lambda web: web.get(origin.url(), telling=True))
    assert (error.status, error.body) == (status, SAID)
    assert error.headers["x-limit-reset"] == "1795435200"


def test_the_class_of_a_refusal_is_that_of_its_status(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(429, {"Retry-After": "60"}, SAID), reply(401, body=SAID))
    ask: Ask = lambda web: web.get(origin.url(), telling=True)  # noqa: E731 - asked twice
    first, second = refused(visitor, ask), refused(visitor, ask)
    assert (type(first), type(second)) == (RateLimited, Denied)
    assert first.retry_after is not None


def test_to_others_a_refusal_says_nothing(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(403, JSON, SAID))
    error = visitor.get(origin.url()).error
    assert (error.body, dict(error.headers)) == (b"", {})


def test_what_a_refusal_says_is_unpacked(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(403, {"Content-Encoding": "gzip"}, gzip.compress(SAID)))
    error = refused(visitor, lambda web: web.get(origin.url(), telling=True))
    assert error.body == SAID


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, body=b"x" * 5_000),
        reply(400, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 5_000_000)),
    ],
    ids=["long", "bomb"],
)
def test_only_the_beginning_of_a_refusal_is_read(
    origin: Origin, visitor: Visitor, answer: bytes
) -> None:
    limits = Limits(page=1_000)
    origin.play(answer)
    error = refused(visitor, lambda web: web.get(origin.url(), telling=True), limits=limits)
    assert error.status == 400
    assert set(error.body) <= set(b"x")
    assert len(error.body) <= 1_000


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, {"Content-Encoding": "gzip"}, b"no gzip at all"),
        reply(400, {"Content-Encoding": "unheard-of"}, SAID),
        reply(400, body=SAID, length=10_000),
    ],
    ids=["damaged", "unknown coding", "broken off"],
)
def test_a_refusal_that_cannot_be_read_is_one_all_the_same(
    origin: Origin, visitor: Visitor, answer: bytes
) -> None:
    origin.play(answer)
    error = refused(visitor, lambda web: web.get(origin.url(), telling=True))
    assert (type(error), error.status) == (Denied, 400)


# --- secrets in a query ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "target"),
    [("/list", "/list?key="), ("/list?id=7", "/list?id=7&key=")],
)
def test_a_secret_is_sent_behind_the_query(
    origin: Origin, visitor: Visitor, path: str, target: str
) -> None:
    origin.play(reply())
    visitor.get(origin.url(path), how={"secrets": {"key": f"{SECRET}/+"}})
    assert origin.asked[0].target == f"{target}{SECRET}%2F%2B"


@pytest.mark.parametrize("answer", [reply(200, {"ETag": '"1"'}), reply(400, body=SAID)])
def test_a_secret_stands_in_nothing_that_is_kept(
    origin: Origin, visitor: Visitor, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    origin.play(answer)
    got = visitor.get(origin.url(), how={"secrets": {"key": SECRET}, "telling": True})
    kept: list[object] = [got.outcome, got.web.validators, got.web.moved_to, caplog.text]
    if isinstance(got.outcome, FetchError):
        kept += [got.outcome.url, str(got.outcome), got.outcome.advice, repr(got.outcome)]
    assert SECRET not in repr(kept)


def test_a_secret_goes_to_no_other_address(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect(f"/elsewhere?key={SECRET}", 301), reply())
    got = visitor.get(origin.url(), how={"secrets": {"key": SECRET}})
    assert isinstance(got.error, ServerFault)
    assert len(origin.asked) == 1
    assert got.web.moved_to is None
    assert SECRET not in str(got.error) + got.error.url


def test_the_next_question_is_conditional_by_the_address_without_the_secret(
    origin: Origin, visitor: Visitor
) -> None:
    origin.play(reply(200, {"ETag": '"1"'}))
    known = Validators(origin.url(), '"0"')
    visitor.get(origin.url(), known, how={"secrets": {"key": SECRET}})
    assert origin.asked[0].fields["if-none-match"] == '"0"'


def test_a_token_in_a_field_does_not_follow_a_redirect(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/elsewhere"), reply())
    visitor.get(origin.url(), how={"headers": {"Authorization": f"Bearer {SECRET}"}})
    assert [SECRET in repr(asked.raw) for asked in origin.asked] == [True, False]


# --- questions by POST -----------------------------------------------------------------------


def hears(content: list[bytes], answer: bytes, length: int) -> Play:
    """An answer that first hears so many bytes of the question."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content.append(await reader.readexactly(length))
        writer.write(answer)
        await writer.drain()

    return play


def question(origin: Origin, content: bytes = b'{"max_count": 20}', **how: Any) -> Ask:
    return lambda web: web.post(origin.url(), content, content_type="application/json", **how)


def test_a_question_by_post_is_asked_once_and_whole(origin: Origin, visitor: Visitor) -> None:
    heard: list[bytes] = []
    origin.play(hears(heard, reply(200, JSON | {"ETag": '"1"'}, b'{"data": []}'), 17))
    ask = question(origin, headers={"Authorization": f"Bearer {SECRET}"})
    web, document = visited(visitor, ask)
    assert isinstance(document, Document)
    assert (heard, document.body) == ([b'{"max_count": 20}'], b'{"data": []}')
    (asked,) = origin.asked
    assert asked.line.startswith("POST /feed ")
    assert asked.fields["content-type"] == "application/json"
    assert asked.fields["authorization"] == f"Bearer {SECRET}"
    assert (web.requests, web.status, web.validators) == (1, 200, None)


def test_the_answer_to_a_post_is_not_taken_for_that_of_the_address(
    origin: Origin, visitor: Visitor
) -> None:
    """A visit that gets and then posts remembers what it got."""

    async def both(web: VisitWeb) -> Document:
        await web.get(origin.url())
        return await web.post(origin.url(), b"{}", content_type="application/json")

    origin.play(reply(200, {"ETag": '"got"'}), hears([], reply(200, {"ETag": '"posted"'}), 2))
    web, _ = visited(visitor, both)
    assert web.validators == Validators(origin.url(), '"got"')
    assert web.requests == 2


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_a_refused_question_tells_why(origin: Origin, visitor: Visitor, status: int) -> None:
    origin.play(hears([], reply(status, JSON, SAID), 17))
    error = refused(visitor, question(origin))
    assert (error.status, error.body) == (status, SAID)
    assert error.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_question_is_not_handed_on(origin: Origin, visitor: Visitor, status: int) -> None:
    origin.play(hears([], redirect("/elsewhere", status), 17), reply())
    error = refused(visitor, question(origin))
    assert isinstance(error, ServerFault)
    assert len(origin.asked) == 1


def test_an_empty_answer_is_none(origin: Origin, visitor: Visitor) -> None:
    origin.play(hears([], reply(200, JSON, b""), 17))
    assert isinstance(refused(visitor, question(origin)), Unreadable)


def test_private_addresses_are_no_place_for_questions(visitor: Visitor) -> None:
    def ask(web: VisitWeb) -> Awaitable[Document]:
        return web.post("http://10.0.0.1/", b"{}", content_type="application/json")

    assert isinstance(refused(visitor, ask), BlockedAddress)


def test_the_answer_to_a_question_is_capped(origin: Origin, visitor: Visitor) -> None:
    origin.play(hears([], reply(200, JSON, b"x" * 5_000), 17))
    error = refused(visitor, question(origin), limits=Limits(decoded=1_000))
    assert error.kind == "too large"
