"""Connections: rebinding, TLS, proxies."""

import asyncio
import errno
import socket
import ssl
import warnings
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from aggregator.errors import BadCertificate, BlockedAddress, NoSuchName, TimedOut, Unreachable
from aggregator.fetch.address import IPAddress
from aggregator.fetch.limits import Limits
from tests.fetch.conftest import FEED, Origin, Visitor, drip, redirect, reply


class StubResolver:
    """Gives one list of addresses after another; the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[IPAddress]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ip_address(text) for text in answer]


def test_F4_the_checked_address_is_dialled(origin: Origin, visitor: Visitor) -> None:
    """A name that changes its address after the check: there is no second look-up to trick."""
    origin.play(reply())
    resolver = StubResolver(["127.1.2.3"], ["127.9.9.9"])
    got = visitor.get(
        origin.url(host="feed.example"), resolver=resolver, guard=visitor.guard("127.1.0.0/16")
    )
    assert got.document.body == FEED
    assert origin.knocks == ["127.1.2.3"]
    assert resolver.asked == ["feed.example"]
    assert origin.asked[0].fields["host"] == f"feed.example:{origin.port}"


def test_F4_each_hop_is_resolved_and_checked_anew(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/again"), reply())
    resolver = StubResolver(["127.1.2.3"], ["127.9.9.9"])
    got = visitor.get(
        origin.url(host="feed.example"), resolver=resolver, guard=visitor.guard("127.1.0.0/16")
    )
    assert isinstance(got.error, BlockedAddress)
    assert origin.knocks == ["127.1.2.3"]


def test_F4_the_peer_is_checked_once_more(
    origin: Origin, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = ("10.0.0.1", origin.port)
    monkeypatch.setattr(socket.socket, "getpeername", lambda _: peer)
    assert isinstance(visitor.get(origin.url()).error, BlockedAddress)
    assert origin.asked == []


@pytest.mark.parametrize("bad", ["10.0.0.1", "::1", "169.254.169.254"])
def test_F3_one_refused_address_refuses_the_name(
    origin: Origin, visitor: Visitor, bad: str
) -> None:
    resolver = StubResolver(["127.0.0.1", bad])
    got = visitor.get(origin.url(host="feed.example"), resolver=resolver)
    assert isinstance(got.error, BlockedAddress)
    assert origin.knocks == []


def test_the_next_address_is_tried(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply())
    resolver = StubResolver(["::1", "127.0.0.1"])  # the origin does not listen on ::1
    got = visitor.get(
        origin.url(host="feed.example"),
        resolver=resolver,
        guard=visitor.guard("127.0.0.0/8", "::1/128"),
    )
    assert got.document.body == FEED


def test_F9_a_look_up_that_hangs_is_given_up(origin: Origin, visitor: Visitor) -> None:
    async def hang(_: str) -> Sequence[IPAddress]:
        await asyncio.Event().wait()
        return ()

    got = visitor.get(origin.url(host="feed.example"), resolver=hang, limits=Limits(lookup=0.01))
    assert isinstance(got.error, Unreachable)
    assert "feed.example could not be looked up" in str(got.error)


def test_F9_a_name_that_nobody_has_is_told(origin: Origin, visitor: Visitor) -> None:
    async def nobody(_: str) -> Sequence[IPAddress]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    error = visitor.get(origin.url(host="gone.example"), resolver=nobody).error
    assert isinstance(error, NoSuchName)
    assert "no server by the name of gone.example" in str(error)


def test_a_name_without_addresses_is_unreachable(origin: Origin, visitor: Visitor) -> None:
    got = visitor.get(origin.url(host="gone.example"), resolver=StubResolver([]))
    assert isinstance(got.error, NoSuchName)


@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL, errno.EMFILE])
def test_F9_trouble_of_our_own_says_nothing_of_the_name(
    origin: Origin, visitor: Visitor, code: int
) -> None:
    async def ill(_: str) -> Sequence[IPAddress]:
        raise OSError(code, "trouble")

    error = visitor.get(origin.url(host="feed.example"), resolver=ill).error
    assert isinstance(error, Unreachable)
    assert not isinstance(error, NoSuchName)
    assert "this machine's network" in error.advice


def test_a_proxy_that_nobody_knows_says_nothing_of_the_name(
    origin: Origin, visitor: Visitor
) -> None:
    async def nobody(_: str) -> Sequence[IPAddress]:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    url, proxy = origin.url(host="feed.example"), "http://proxy.example:3128"
    error = visitor.get(url, resolver=nobody, proxy=proxy).error
    assert isinstance(error, Unreachable)
    assert not isinstance(error, NoSuchName)


# --- TLS ---------------------------------------------------------------------------------------


def test_F6_tls_names_the_urls_host(
    open_origin: Callable[..., Origin],
    visitor: Visitor,
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
) -> None:
    origin = open_origin(tls)
    origin.play(reply())
    got = visitor.get(origin.url(host="feed.localhost"), ca_file=certificate[0])
    assert got.document.body == FEED


def test_I9_who_issued_the_certificate_is_told_with_the_document(
    open_origin: Callable[..., Origin],
    visitor: Visitor,
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
) -> None:
    origin = open_origin(tls)
    origin.play(reply())
    got = visitor.get(origin.url(host="feed.localhost"), ca_file=certificate[0])
    assert got.web.issuer == "Example Trust"


def test_I9_a_certificate_whose_issuer_is_no_organisation_is_of_nobody_known(
    open_origin: Callable[..., Origin], visitor: Visitor, nameless: tuple[Path, Path]
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*nameless)
    origin = open_origin(context)
    origin.play(reply())
    got = visitor.get(origin.url(host="feed.localhost"), ca_file=nameless[0])
    assert got.document.body == FEED
    assert got.web.issuer is None


def test_I9_without_tls_there_is_no_issuer(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply())
    got = visitor.get(origin.url())
    assert got.document.body == FEED
    assert got.web.issuer is None


def test_F6_a_self_signed_certificate_is_refused(
    open_origin: Callable[..., Origin], visitor: Visitor, tls: ssl.SSLContext
) -> None:
    origin = open_origin(tls)
    error = visitor.get(origin.url(host="feed.localhost")).error
    assert isinstance(error, BadCertificate)
    assert "certificate of feed.localhost is not valid: self-signed" in str(error)
    assert "certificate" in error.advice
    assert origin.asked == []


@pytest.mark.parametrize("host", ["other.localhost", "127.0.0.1"])
def test_F6_a_certificate_of_another_name_is_refused(
    open_origin: Callable[..., Origin],
    visitor: Visitor,
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
    host: str,
) -> None:
    origin = open_origin(tls)
    error = visitor.get(origin.url(host=host), ca_file=certificate[0]).error
    assert isinstance(error, BadCertificate)
    assert "not valid for" in str(error)
    assert origin.asked == []


def test_F6_a_certificate_of_the_past_is_refused(
    open_origin: Callable[..., Origin], visitor: Visitor, expired: tuple[Path, Path]
) -> None:
    """It is known and trusted, and was right once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*expired)
    origin = open_origin(context)
    error = visitor.get(origin.url(host="feed.localhost"), ca_file=expired[0]).error
    assert isinstance(error, BadCertificate)
    assert "certificate has expired" in str(error)
    assert origin.asked == []


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x03\xff\xff" + bytes(65_535), bytes(70_000)],
    ids=["nothing", "an alert", "an endless record", "zeros"],
)
def test_F6_what_is_no_handshake_is_told(origin: Origin, visitor: Visitor, answer: bytes) -> None:
    origin.listens = False
    origin.play(answer)
    error = visitor.get(origin.url(host="feed.localhost").replace("http:", "https:")).error
    assert type(error) is Unreachable
    assert "secure connection" in str(error)


def test_F6_old_tls_is_refused(
    open_origin: Callable[..., Origin],
    visitor: Visitor,
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        tls.minimum_version = ssl.TLSVersion.TLSv1
        tls.maximum_version = ssl.TLSVersion.TLSv1_1
    origin = open_origin(tls)
    error = visitor.get(origin.url(host="feed.localhost"), ca_file=certificate[0]).error
    assert isinstance(error, Unreachable)
    assert "secure connection" in str(error)


def test_F6_plain_http_behind_https_is_told(origin: Origin, visitor: Visitor) -> None:
    url = origin.url(host="feed.localhost").replace("http:", "https:")
    assert isinstance(visitor.get(url, limits=Limits(connect=0.1)).error, Unreachable | TimedOut)


def test_G3_a_silent_handshake_times_out(visitor: Visitor, origins: list[Origin]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        guard = visitor.guard("127.0.0.0/8")
        guard.ports |= {port}
        url = f"https://feed.localhost:{port}/"
        error = visitor.get(url, guard=guard, limits=Limits(connect=0.05)).error
    assert isinstance(error, TimedOut)
    assert "feed.localhost did not accept" in str(error)


# --- proxies -----------------------------------------------------------------------------------


def test_a_proxy_is_given_the_whole_address(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply())
    got = visitor.get("http://feed.example/a%2Fb?", proxy=origin.url("", host="ann:pw@127.0.0.1"))
    assert got.document.url == "http://feed.example/a%2Fb?"
    assert origin.asked[0].line == "GET http://feed.example/a%2Fb? HTTP/1.1"
    assert origin.asked[0].fields["host"] == "feed.example"
    assert origin.asked[0].fields["proxy-authorization"] == "Basic YW5uOnB3"


def test_a_proxy_connects_us_through_for_https(
    origin: Origin,
    open_origin: Callable[..., Origin],
    visitor: Visitor,
    tls: ssl.SSLContext,
    certificate: tuple[Path, Path],
) -> None:
    target = open_origin(tls)
    target.play(reply())

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", target.port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                sink.write(data)
            sink.close()

        try:
            await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))
        finally:
            there[1].transport.abort()

    origin.play(tunnel)
    got = visitor.get(
        target.url(host="feed.localhost"), proxy=origin.url(""), ca_file=certificate[0]
    )
    assert got.document.body == FEED
    assert got.web.issuer == "Example Trust"
    assert origin.asked[0].line == f"CONNECT feed.localhost:{target.port} HTTP/1.1"
    assert "proxy-authorization" not in target.asked[0].fields


@pytest.mark.parametrize(
    "answer", [reply(407), b"garbage\r\n\r\n", b"", b"HTTP/1.1 100 Go on\r\n\r\n"]
)
def test_a_proxy_that_refuses_is_told(origin: Origin, visitor: Visitor, answer: bytes) -> None:
    origin.play(answer)
    error = visitor.get("https://feed.example/", proxy=origin.url("")).error
    assert isinstance(error, Unreachable)
    assert "proxy" in str(error)


def test_G4_a_proxy_without_end_is_cut_off(origin: Origin, visitor: Visitor) -> None:
    origin.play(drip(again=b"HTTP/1.1 102 Wait\r\n\r\n" * 100))
    limits = Limits(connect=5)
    error = visitor.get("https://feed.example/", proxy=origin.url(""), limits=limits).error
    assert isinstance(error, Unreachable)


@pytest.mark.parametrize("host", ["10.0.0.1", "feed.localhost", "[::1]", "0x7f.1"])
def test_F2_behind_a_proxy_what_can_be_seen_is_checked(
    origin: Origin, visitor: Visitor, host: str
) -> None:
    got = visitor.get(f"http://{host}/", proxy=origin.url(""), guard=visitor.guard())
    assert isinstance(got.error, BlockedAddress)
    assert origin.knocks == []
