"""A fake origin on loopback, and a visitor that asks it: real sockets, no network."""

import asyncio
import shlex
import socket
import ssl
import struct
import subprocess
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import FetchError, NotModified
from aggregator.fetch.client import Client, VisitWeb
from aggregator.fetch.guard import Guard
from aggregator.fetch.limits import Limits
from aggregator.fetch.resolve import Resolver
from aggregator.model import Document, Pace, Validators
from tests.certificates import self_signed

FEED = b"<?xml version='1.0'?><rss version='2.0'><channel><title>A year</title></channel></rss>"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

Play = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""An answer that is more than bytes: it does with the connection what it likes."""


def reply(
    status: int = 200,
    fields: Mapping[str, str] | None = None,
    body: bytes = FEED,
    *,
    length: int | None = None,
) -> bytes:
    """A response; ``length`` overrides the true Content-Length."""
    head = [f"HTTP/1.1 {status} Said"]
    head += [f"{name}: {value}" for name, value in (fields or {}).items()]
    if status not in {204, 304}:
        head.append(f"Content-Length: {len(body) if length is None else length}")
    else:
        body = b""
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def redirect(location: str, status: int = 302, fields: Mapping[str, str] | None = None) -> bytes:
    """A response that sends elsewhere."""
    return reply(status, {"Location": location, **(fields or {})}, b"elsewhere")


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """A 200 in chunks."""
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + end


def drip(*pieces: bytes, again: bytes = b"") -> Play:
    """Send ``pieces``, then ``again`` every few milliseconds (silence when empty), for ever."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
        while again:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0.002 if len(again) < 100 else 0)
        await reader.read()  # until the other side goes

    return play


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection off without a goodbye."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    raw: bytes

    @property
    def line(self) -> str:
        """Method, target and version."""
        return self.raw.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def target(self) -> str:
        """The target, byte for byte."""
        return self.line.split(" ")[1]

    @property
    def fields(self) -> dict[str, str]:
        """Lower-case names."""
        lines = self.raw.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


@dataclass
class Origin:
    """A server that plays one answer after another and remembers what it was asked."""

    loop: asyncio.AbstractEventLoop
    tls: ssl.SSLContext | None = None
    port: int = 0
    listens: bool = True
    """Whether it hears the question out before it answers."""
    answers: deque[bytes | Play] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    knocks: list[str] = field(default_factory=list)
    """The local address of each connection, also of those that never asked."""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set once a played connection is over."""
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def play(self, *answers: bytes | Play) -> None:
        """Queue answers. When they run out, a 500 says so."""
        self.answers.extend(answers)

    def url(self, path: str = "/feed", host: str = "127.0.0.1") -> str:
        """An address here."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def wait_asked(self, count: int = 1) -> None:
        """Block until so many requests have come."""
        ticks = threading.Event()
        for _ in range(2_000):
            if len(self.asked) >= count:
                return
            ticks.wait(0.002)
        raise AssertionError(f"{count} requests were expected, {len(self.asked)} came")

    async def start(self) -> None:
        """Listen on every address of loopback."""
        self._server = await asyncio.start_server(self._serve, "0.0.0.0", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close, and end whatever still plays, also what was accepted only a moment ago."""
        assert self._server is not None
        # One turn of the loop to accept what knocked a moment ago, two to take it on: a connection
        # that Python 3.11 meets while its server closes is dropped half made.
        for _ in range(4):
            await asyncio.sleep(0)
        self._server.close()
        for _ in range(400):
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            # Python 3.11's wait_closed does not wait for connections, so they are counted here.
            if not getattr(self._server, "_active_count", 0):
                break
            await asyncio.sleep(0.005)
        await asyncio.wait_for(self._server.wait_closed(), 5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.knocks.append(writer.get_extra_info("sockname")[0])
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            if self.listens:
                self.asked.append(Asked(await reader.readuntil(b"\r\n\r\n")))
            answer = self.answers.popleft() if self.answers else reply(500)
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(reader, writer)
            writer.close()
            await writer.wait_closed()
        writer.transport.abort()
        self.hung_up.set()
        self._tasks.discard(task)


@pytest.fixture(scope="session")
def origin_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own, for all origins."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def origins(origin_loop: asyncio.AbstractEventLoop) -> Iterator[list[Origin]]:
    """All origins of this test, closed at its end."""

    def wait_for(task: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(task, origin_loop).result(10)

    started: list[Origin] = []
    yield started
    for origin in started:
        wait_for(origin.stop())


@pytest.fixture
def open_origin(
    origin_loop: asyncio.AbstractEventLoop, origins: list[Origin]
) -> Callable[..., Origin]:
    """Start an origin; ``tls`` makes it an https one."""

    def start(tls: ssl.SSLContext | None = None) -> Origin:
        origin = Origin(origin_loop, tls)
        asyncio.run_coroutine_threadsafe(origin.start(), origin_loop).result(10)
        origins.append(origin)
        return origin

    return start


@pytest.fixture
def origin(open_origin: Callable[..., Origin]) -> Origin:
    """One plain origin."""
    return open_origin()


@dataclass(frozen=True)
class Got:
    """What became of a get."""

    web: VisitWeb
    outcome: Document | FetchError | NotModified

    @property
    def document(self) -> Document:
        """The document; the test fails where there is none."""
        assert isinstance(self.outcome, Document), repr(self.outcome)
        return self.outcome

    @property
    def error(self) -> FetchError:
        """The error; the test fails where there is none."""
        assert isinstance(self.outcome, FetchError), repr(self.outcome)
        return self.outcome


async def attempt(web: VisitWeb, url: str, **how: Any) -> Got:
    """Get, with errors as values."""
    try:
        return Got(web, await web.get(url, **how))
    except (FetchError, NotModified) as outcome:
        return Got(web, outcome)


@dataclass
class Visitor:
    """Makes visits, each with a client of its own, that may go to loopback."""

    origins: list[Origin]

    def client(
        self,
        *,
        guard: Guard | None = None,
        limits: Limits | None = None,
        resolver: Resolver | None = None,
        pace: Pace | None = None,
        ca_file: Path | None = None,
        proxy: str | None = None,
        user_agent: str = "Aggregator/1.0 (+https://example.org/about-bot)",
    ) -> Client:
        """A client; use it in one event loop."""
        return Client(
            user_agent=user_agent,
            guard=guard or self.guard("127.0.0.0/8"),
            pace=pace or Pace(host_gap=0),
            clock=lambda: NOW,
            limits=limits,
            resolver=resolver,
            ca_file=ca_file,
            proxy=proxy,
        )

    def guard(self, *networks: str) -> Guard:
        """A guard that admits ``networks`` and the ports of the origins."""
        ports = [origin.port for origin in self.origins]
        return Guard([ip_network(network) for network in networks], ports)

    def get(
        self,
        url: str,
        validators: Validators | None = None,
        *,
        how: Mapping[str, Any] | None = None,
        **client: Any,
    ) -> Got:
        """One visit with one get; ``how`` goes to the get, the rest to the client."""

        async def visit() -> Got:
            made = self.client(**client)
            try:
                return await attempt(made.visit(validators), url, **(how or {}))
            finally:
                await made.aclose()

        return asyncio.run(visit())


@pytest.fixture
def visitor(origins: list[Origin]) -> Visitor:
    """Asks the origins of this test."""
    return Visitor(origins)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for ``feed.localhost`` by an organisation, and its key."""
    return self_signed(tmp_path_factory.mktemp("tls"), "feed.localhost", "Example Trust")


@pytest.fixture(scope="session")
def nameless(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One whose issuer is no organisation."""
    return self_signed(tmp_path_factory.mktemp("nameless"), "feed.localhost")


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    """A server's side of TLS, with that certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


_AUTHORITY = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = named
x509_extensions = extensions
[named]
commonName = supplied
[extensions]
subjectAltName = DNS:feed.localhost
"""


@pytest.fixture(scope="session")
def expired(
    certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """A certificate for ``feed.localhost`` that was valid in 2020, and its key."""
    folder = tmp_path_factory.mktemp("authority")
    config, request, cert = folder / "ca.cnf", folder / "request.pem", folder / "cert.pem"
    config.write_text(_AUTHORITY.format(folder=folder), "ascii")
    (folder / "index.txt").touch()
    key = certificate[1]
    asking = f"openssl req -new -key {key} -subj /CN=feed.localhost -out {request}"
    signing = (
        f"openssl ca -batch -selfsign -notext -config {config} -keyfile {key} -in {request} "
        f"-out {cert} -startdate 200101000000Z -enddate 210101000000Z"
    )
    for command in (asking, signing):
        subprocess.run(shlex.split(command), check=True, capture_output=True)
    return cert, certificate[1]
