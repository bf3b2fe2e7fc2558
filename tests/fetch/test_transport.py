"""What servers do to HTTP, over real sockets."""

import asyncio

import httpx
import pytest

from aggregator.errors import FetchError, ServerFault, TimedOut, TooLarge, Unreachable
from aggregator.fetch.dial import Dialler
from aggregator.fetch.limits import Limits
from aggregator.fetch.resolve import SystemResolver
from aggregator.fetch.transport import Transport
from tests.fetch.conftest import FEED, Origin, Play, Visitor, chunked, drip, reply, reset

HEAD = b"HTTP/1.1 200 OK\r\n"


def test_G2_a_promise_over_the_cap_ends_before_the_body(origin: Origin, visitor: Visitor) -> None:
    origin.play(drip(reply(body=b"", length=1_001)))
    got = visitor.get(origin.url(), limits=Limits(wire=1_000, read=5))
    assert isinstance(got.error, TooLarge)
    assert got.web.bytes_read < 100


@pytest.mark.parametrize(
    "answer",
    [
        chunked(*[b"x" * 100] * 11),
        HEAD + b"\r\n" + b"x" * 1_001,
        drip(HEAD + b"\r\n", again=b"x" * 500),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", again=b"1\r\nx\r\n" * 50),
    ],
    ids=["chunks", "until close", "endless", "endless chunks"],
)
def test_G2_more_than_the_cap_is_too_large(
    origin: Origin, visitor: Visitor, answer: bytes | Play
) -> None:
    origin.play(answer)
    got = visitor.get(origin.url(), limits=Limits(wire=1_000))
    assert isinstance(got.error, TooLarge)
    assert got.error.status == 200
    assert got.web.bytes_read < 400_000


@pytest.mark.parametrize(
    "answer", [reply(body=b"x" * 1_000), chunked(b"x" * 999, b"x"), HEAD + b"\r\n" + b"x" * 1_000]
)
def test_G2_the_cap_itself_is_allowed(origin: Origin, visitor: Visitor, answer: bytes) -> None:
    origin.play(answer)
    assert len(visitor.get(origin.url(), limits=Limits(wire=1_000)).document.body) == 1_000


def test_G2_dust_costs_no_more_than_it_is_worth(origin: Origin, visitor: Visitor) -> None:
    """Chunks of one byte: the framing has a cap of its own, far below that of the body."""
    origin.play(drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", again=b"1\r\nx\r\n" * 5_000))
    got = visitor.get(origin.url())
    assert isinstance(got.error, TooLarge)
    assert got.web.bytes_read < 500_000


@pytest.mark.parametrize(
    "answer",
    [
        drip(HEAD, again=b"X-Many: " + b"x" * 1_000 + b"\r\n"),
        drip(HEAD + b"X-Long: ", again=b"x" * 1_000),
        drip(again=b"x" * 1_000),
        drip(again=b"HTTP/1.1 100 Go on\r\n\r\n" * 50),
        drip(again=b"HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n" * 50),
        HEAD + b"X: 1\r\n" * 101 + b"\r\n" + FEED,
        b"HTTP/1.1 103 Hints\r\n" + b"X: 1\r\n" * 101 + b"\r\n" + reply(),
    ],
    ids=["fields", "field", "first line", "100", "103", "101 fields", "101 fields of a 103"],
)
def test_G4_endless_heads_are_cut_off(
    origin: Origin, visitor: Visitor, answer: bytes | Play
) -> None:
    origin.play(answer)
    got = visitor.get(origin.url())
    assert isinstance(got.error, TooLarge)
    assert got.web.bytes_read <= 64 * 1024


def test_G4_a_large_head_within_the_cap_is_read(origin: Origin, visitor: Visitor) -> None:
    origin.play(HEAD + b"X: y\r\n" * 99 + b"Z: " + b"z" * 60_000 + b"\r\n\r\n" + FEED)
    assert visitor.get(origin.url()).document.body == FEED


def test_G4_a_few_interim_answers_are_fine(origin: Origin, visitor: Visitor) -> None:
    interim = b"HTTP/1.1 103 Hints\r\nETag: hint\r\n\r\n"
    origin.play(interim * 3 + reply())
    got = visitor.get(origin.url())
    assert got.document.body == FEED
    assert got.web.validators is None


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        HEAD,
        reply(length=len(FEED) + 1),
        chunked(FEED, end=b""),
        chunked(FEED, end=b"0\r\n"),
        chunked(FEED, end=b"zz\r\n"),
        chunked(FEED, end=b"-1\r\n"),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdefgh\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        HEAD + b"Content-Length: -1\r\n\r\nx",
        HEAD + b"Content-Length: x\r\n\r\nx",
        b"ICY 200 OK\r\n\r\n" + FEED,
        FEED,
        b"HTTP/2 200\r\n\r\n" + FEED,
        b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n",
        HEAD + b"no colon\r\n\r\n" + FEED,
        HEAD + b"X: a\x00b\r\n\r\n" + FEED,
    ],
)
def test_G6_whole_or_nothing(origin: Origin, visitor: Visitor, answer: bytes) -> None:
    origin.play(answer)
    assert isinstance(visitor.get(origin.url()).error, ServerFault)


def test_G6_a_reset_is_an_error(origin: Origin, visitor: Visitor) -> None:
    async def half_then_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply(length=10_000))
        await writer.drain()
        await asyncio.sleep(0.02)
        await reset(reader, writer)

    origin.play(reset, half_then_reset)
    for _ in range(2):
        assert isinstance(visitor.get(origin.url()).error, Unreachable | ServerFault)


@pytest.mark.parametrize(
    "answer",
    [
        chunked(FEED[:10], FEED[10:]),
        chunked(FEED, end=b"0\r\nX-Trailer: 1\r\n\r\n"),
        HEAD + b"\r\n" + FEED,
        b"HTTP/1.0 200 OK\r\n\r\n" + FEED,
        b"HTTP/1.1 200 \r\nContent-Length: %d\r\n\r\n" % len(FEED) + FEED + b"trailing",
        HEAD.replace(b"\r\n", b"\n") + b"X: y\n\n" + FEED,
    ],
    ids=["chunks", "trailer", "until close", "HTTP/1.0", "no reason", "bare LF"],
)
def test_every_proper_framing_is_read(origin: Origin, visitor: Visitor, answer: bytes) -> None:
    origin.play(answer)
    assert visitor.get(origin.url()).document.body == FEED


@pytest.mark.parametrize("start", [b"", HEAD, reply(length=10_000)])
def test_G3_silence_is_given_up(origin: Origin, visitor: Visitor, start: bytes) -> None:
    origin.play(drip(start))
    error = visitor.get(origin.url(), limits=Limits(read=0.03)).error
    assert isinstance(error, TimedOut)
    assert "sent nothing for 0.03 seconds" in str(error)


@pytest.mark.parametrize("answer", [reply(404, length=10**9), reply(302, {"Location": "/"})])
def test_bodies_of_other_answers_are_not_read(
    origin: Origin, visitor: Visitor, answer: bytes
) -> None:
    origin.play(drip(answer), reply())
    got = visitor.get(origin.url(), limits=Limits(read=5))
    assert got.web.bytes_read < 2_000


def test_the_transport_serves_an_httpx_client_too(origin: Origin, visitor: Visitor) -> None:
    """The types at its edge are httpx's own, and so is the way of closing it."""
    origin.play(reply())

    async def ask() -> bytes:
        resolver = SystemResolver()
        dialler = Dialler(visitor.guard("127.0.0.0/8"), resolver, Limits())
        async with httpx.AsyncClient(transport=Transport(dialler, Limits())) as client:
            answer = await client.get(origin.url("/a%2Fb"))
        resolver.close()
        return answer.content

    assert asyncio.run(ask()) == FEED
    assert origin.asked[0].target == "/a%2Fb"


def test_errors_say_where_and_what(origin: Origin, visitor: Visitor) -> None:
    origin.play(b"")
    error: FetchError = visitor.get(origin.url(host="blog.localhost")).error
    assert str(error) == "blog.localhost broke off before its answer was whole."
    assert error.url == origin.url(host="blog.localhost")
