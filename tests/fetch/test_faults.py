"""Everything that a server may do to us, over real sockets, plain and through TLS.

Of each fault: the kind of error, how much was read, how much memory it took, and that a good feed
that was asked beside it never noticed. The limits are those that are shipped; deadlines pass on a
clock of our own.
"""

import asyncio
import gzip
import socket
import ssl
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

import brotli
import pytest

from aggregator.errors import (
    BlockedAddress,
    Denied,
    FetchError,
    RateLimited,
    ServerFault,
    TimedOut,
    TooLarge,
    Unreachable,
    Unreadable,
)
from aggregator.fetch.address import IPAddress
from aggregator.fetch.guard import Guard
from aggregator.fetch.limits import Limits
from aggregator.fetch.pace import SILENCES
from aggregator.model import Pace
from tests.fetch.conftest import (
    FEED,
    Got,
    Origin,
    Play,
    Visitor,
    attempt,
    chunked,
    drip,
    redirect,
    reply,
    reset,
)

KB, MB = 1 << 10, 1 << 20
MOST_MEMORY = 64 * MB
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKS = OK + b"Transfer-Encoding: chunked\r\n\r\n"
WALL = b"HTTP/1.1 403 No\r\nContent-Type: text/html\r\n"


@dataclass(frozen=True)
class Fault:
    """What a server does, and what is to come of it."""

    name: str
    kind: type[FetchError]
    answer: bytes | Play
    most: int = 256 * KB
    """Bytes that may be read of it."""
    hangs: bool = False
    """Whether only a deadline ends it."""


# --- what servers do -------------------------------------------------------------------------------


def then_reset(start: bytes) -> Play:
    """Send ``start``, and break off without a goodbye."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        await reset(reader, writer)

    return play


def coded(coding: str, body: bytes) -> bytes:
    """A whole answer that says that it is packed."""
    return reply(fields={"Content-Encoding": coding}, body=body)


def zlib_bomb(window: int) -> tuple[bytes, bytes]:
    """How a megabyte of nothing begins, and goes on for ever: a thousand times what is sent."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    blocks = [packer.compress(bytes(MB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2)]
    return blocks[0], blocks[1]


def brotli_bomb() -> tuple[bytes, bytes]:
    """The same: eighty thousand times what is sent."""
    packer = brotli.Compressor(quality=5)
    blocks = [packer.process(bytes(MB)) + packer.flush() for _ in range(2)]
    return blocks[0], blocks[1]


def bomb(coding: str, blocks: tuple[bytes, bytes], head: bytes = OK) -> Play:
    """A body that never ends, of a few bytes for each megabyte."""
    start, again = blocks
    times = max(1, KB // len(again))
    return drip(
        head + b"Content-Encoding: %b\r\n\r\n" % coding.encode() + start, again=again * times
    )


ZIPPED = gzip.compress(FEED)
DAMAGED = ZIPPED[:-8] + bytes([ZIPPED[-8] ^ 1]) + ZIPPED[-7:]
WRONG_SIZE = ZIPPED[:-1] + b"\xff"

BREAKS = [
    Fault("a reset in place of an answer", Unreachable, reset),
    Fault("a reset in the head", Unreachable, then_reset(OK)),
    Fault("a reset in the body", Unreachable, then_reset(reply(length=10_000))),
    Fault("a reset in a chunk", Unreachable, then_reset(CHUNKS + b"fff\r\n<rss>")),
    Fault("a hang-up in place of an answer", ServerFault, b""),
    Fault("a hang-up in the head", ServerFault, OK + b"Content-Len"),
    Fault("a hang-up after an interim answer", ServerFault, b"HTTP/1.1 103 Hints\r\n\r\n"),
    Fault("a body cut short", ServerFault, reply(length=len(FEED) + 1)),
    Fault("a body that never began", ServerFault, reply(body=b"", length=5)),
    Fault("chunks without an end", ServerFault, chunked(FEED, end=b"")),
    Fault("chunks cut in the end", ServerFault, chunked(FEED, end=b"0\r\n")),
    Fault("a chunk cut short", ServerFault, CHUNKS + b"fff\r\n" + FEED),
    Fault("a chunk longer than said", ServerFault, CHUNKS + b"5\r\nabcdefgh\r\n0\r\n\r\n"),
]

WRONG = [
    Fault("two lengths", ServerFault, OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx"),
    Fault("a negative length", ServerFault, OK + b"Content-Length: -1\r\n\r\nx"),
    Fault("a length in letters", ServerFault, OK + b"Content-Length: many\r\n\r\nx"),
    Fault("an endless length", ServerFault, OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\nx"),
    Fault("a chunk of endless length", ServerFault, CHUNKS + b"f" * 5_000 + b"\r\nx"),
    Fault("a chunk of negative length", ServerFault, CHUNKS + b"-1\r\nx"),
    Fault("chunks within gzip", ServerFault, OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n"),
    Fault("no HTTP at all", ServerFault, FEED),
    Fault("mail", ServerFault, b"220 mail.example.org ESMTP\r\n"),
    Fault("noise", ServerFault, bytes(range(256)) * 20),
    Fault("HTTP/2", ServerFault, bytes.fromhex("000012040000000000000300000064")),
    Fault("a radio", ServerFault, b"ICY 200 OK\r\n\r\n" + FEED),
    Fault("a switch to something else", ServerFault, b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n"),
    Fault("zeros in the head", ServerFault, OK + b"X: a\0b\r\n\r\n" + FEED),
    Fault("304 without being asked", ServerFault, reply(304)),
    Fault("an empty body", Unreadable, reply(body=b"")),
    Fault("a part", Unreadable, reply(206)),
    Fault("changes only", Unreadable, reply(226)),
    Fault("a status that nobody knows", ServerFault, reply(999)),
]

ENDLESS = [
    Fault("fields", TooLarge, drip(OK, again=b"Some: thing\r\n" * 100), 64 * KB),
    Fault("one field", TooLarge, drip(OK + b"Some: ", again=b"x" * KB), 64 * KB),
    Fault("a first line", TooLarge, drip(again=b"x" * KB), 64 * KB),
    Fault("100", TooLarge, drip(again=b"HTTP/1.1 100 Go on\r\n\r\n" * 50), 64 * KB),
    Fault("103", TooLarge, drip(again=b"HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n" * 50), 64 * KB),
    Fault("a body", TooLarge, drip(OK + b"\r\n", again=bytes(64 * KB)), 6 * MB),
    Fault("chunks", TooLarge, drip(CHUNKS, again=b"10000\r\n%b\r\n" % bytes(64 * KB)), 6 * MB),
    Fault("dust", TooLarge, drip(CHUNKS, again=b"1\r\nx\r\n" * 5_000), 512 * KB),
    Fault("a chunk's own words", TooLarge, drip(CHUNKS + b"5;", again=b"x" * KB), 512 * KB),
    Fault(
        "fields after the end", TooLarge, drip(CHUNKS + b"0\r\n", again=b"A: b\r\n" * 100), 512 * KB
    ),
    Fault("50 MB that are promised", TooLarge, drip(reply(body=b"", length=50 * MB)), KB),
    Fault("a wall's page", Denied, drip(WALL + b"\r\n", again=b"<p>" * KB), 512 * KB),
]

BOMBS = [
    Fault("gzip", TooLarge, bomb("gzip", zlib_bomb(31)), 512 * KB),
    Fault("zlib", TooLarge, bomb("deflate", zlib_bomb(15)), 512 * KB),
    Fault("raw deflate", TooLarge, bomb("deflate", zlib_bomb(-15)), 512 * KB),
    Fault("brotli", TooLarge, bomb("br", brotli_bomb())),
    Fault("a wall's page", Denied, bomb("br", brotli_bomb(), WALL)),
    Fault(
        "members",
        ServerFault,
        drip(OK + b"Content-Encoding: gzip\r\n\r\n", again=gzip.compress(b"") * 50),
        512 * KB,
    ),
]

PACKED = [
    Fault("gzip without its end", ServerFault, coded("gzip", ZIPPED[:-8])),
    Fault("gzip cut in half", ServerFault, coded("gzip", ZIPPED[: len(ZIPPED) // 2])),
    Fault("gzip of another checksum", ServerFault, coded("gzip", DAMAGED)),
    Fault("gzip of another size", ServerFault, coded("gzip", WRONG_SIZE)),
    Fault("gzip and more", ServerFault, coded("gzip", ZIPPED + b"<html>")),
    Fault("deflate cut", ServerFault, coded("deflate", zlib.compress(FEED)[:-4])),
    Fault("brotli cut", ServerFault, coded("br", brotli.compress(FEED)[:-1])),
    *(Fault(f"no {name}", ServerFault, coded(name, FEED)) for name in ("gzip", "deflate", "br")),
    Fault("zstd", Unreadable, coded("zstd", FEED)),
    Fault("gzip twice", Unreadable, coded("gzip, gzip", gzip.compress(ZIPPED))),
]

SLOW = [
    Fault("silence", TimedOut, drip(), hangs=True),
    Fault(
        "silence after an interim answer", TimedOut, drip(b"HTTP/1.1 100 Go on\r\n\r\n"), hangs=True
    ),
    Fault("silence in the body", TimedOut, drip(reply(length=10_000)), hangs=True),
    Fault("a head, drop by drop", TimedOut, drip(OK, again=b"a"), hangs=True),
    Fault("a body, drop by drop", TimedOut, drip(OK + b"\r\n", again=b"a"), hangs=True),
    Fault("chunks, drop by drop", TimedOut, drip(CHUNKS, again=b"1\r\nx\r\n"), hangs=True),
    Fault("interim answers", TimedOut, drip(again=b"HTTP/1.1 102 Wait\r\n\r\n"), hangs=True),
]

ASTRAY = [
    Fault("to itself", ServerFault, redirect("/feed")),
    Fault("without saying where", ServerFault, reply(302)),
    Fault("to two places", ServerFault, reply(302, {"Location": "/a", "LOCATION": "/b"})),
    Fault("to nonsense", ServerFault, redirect("http://[::1/")),
    Fault("to a file", BlockedAddress, redirect("file:///etc/passwd")),
    Fault("to a private network", BlockedAddress, redirect("http://10.0.0.1/")),
    Fault("to mail", BlockedAddress, redirect("http://feed.localhost:25/")),
    Fault("far away", ServerFault, redirect("/" + "a" * 8_000)),
    Fault(
        "with a bomb behind it", ServerFault, redirect("/feed", fields={"Content-Encoding": "br"})
    ),
]

FAULTS = [
    pytest.param(fault, id=f"{group} {fault.name}")
    for group, faults in {
        "breaks": BREAKS,
        "wrong": WRONG,
        "endless": ENDLESS,
        "bomb": BOMBS,
        "packed": PACKED,
        "slow": SLOW,
        "astray": ASTRAY,
    }.items()
    for fault in faults
]


# --- and what becomes of us ------------------------------------------------------------------------


class OwnTime(asyncio.SelectorEventLoop):
    """An event loop that can be put ahead: every deadline before that moment is over at once."""

    ahead = 0.0

    def time(self) -> float:
        """Seconds."""
        return super().time() + self.ahead


class Peak:
    """How far this process's memory rose above where it stood. Only Linux tells; else 0."""

    _STATUS = Path("/proc/self/status")
    _RESET = Path("/proc/self/clear_refs")

    def __init__(self) -> None:
        self._known = self._RESET.exists()
        self._before = 0
        if self._known:
            self._RESET.write_text("5", "ascii")  # from here on, the highest counts
            self._before = self._read("VmRSS")

    def growth(self) -> int:
        """In bytes."""
        return self._read("VmHWM") - self._before if self._known else 0

    def _read(self, name: str) -> int:
        lines = self._STATUS.read_text("ascii").splitlines()
        return next(KB * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


@dataclass(frozen=True)
class Met:
    """What became of a bad feed and of the good one beside it."""

    bad: Got
    good: Got
    memory: int


@pytest.fixture(params=["plain", "tls"])
def meet(
    request: pytest.FixtureRequest, open_origin: Callable[..., Origin], visitor: Visitor
) -> Callable[[Fault], Met]:
    """Ask a server of this fault, and meanwhile a good one."""
    ca_file: Path | None = None
    context: ssl.SSLContext | None = None
    if request.param == "tls":
        ca_file = request.getfixturevalue("certificate")[0]
        context = request.getfixturevalue("tls")

    def run(fault: Fault) -> Met:
        bad, good = open_origin(context), open_origin()
        bad.play(*[fault.answer] * 6)
        good.play(reply())

        async def visits() -> tuple[Got, Got]:
            client = visitor.client(ca_file=ca_file)
            in_vain = attempt(client.visit(None), bad.url(host="feed.localhost"))
            under_way = asyncio.create_task(in_vain)
            await asyncio.to_thread(bad.wait_asked)
            beside = await attempt(client.visit(None), good.url(host="good.localhost"))
            if fault.hangs:
                loop.ahead = client.limits.whole
            got = await under_way
            await client.aclose()
            return got, beside

        peak = Peak()
        loop = OwnTime()
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            got, beside = runner.run(visits())
        return Met(got, beside, peak.growth())

    return run


@pytest.mark.parametrize("fault", FAULTS)
def test_G7_a_fault_costs_its_own_visit_and_little_else(
    fault: Fault, meet: Callable[[Fault], Met]
) -> None:
    met = meet(fault)
    assert type(met.bad.error) is fault.kind
    assert met.bad.web.validators is None
    assert met.bad.web.bytes_read <= fault.most
    assert met.memory <= MOST_MEMORY
    assert met.good.document.body == FEED


@pytest.mark.parametrize(("status", "kind"), [(403, Denied), (429, RateLimited)])
def test_G3_a_page_that_never_comes_is_not_waited_for(
    origin: Origin, visitor: Visitor, status: int, kind: type[FetchError]
) -> None:
    """The status says enough; neither the silence nor the visit's own deadline has to pass."""
    head = b"HTTP/1.1 %d No\r\nContent-Type: text/html\r\n\r\n" % status
    origin.play(drip(head, again=b"a"))
    loop = OwnTime()

    async def visit() -> Got:
        client = visitor.client(limits=Limits(whole=1e9, read=1e9, connect=1e9))
        under_way = asyncio.create_task(attempt(client.visit(None), origin.url()))
        while not under_way.done():
            loop.ahead += client.limits.page_wait
            await asyncio.sleep(0.001)
        await client.aclose()
        return await under_way

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert type(runner.run(visit()).error) is kind


def test_G8_a_company_whose_servers_hang_holds_up_nobody(
    open_origin: Callable[..., Origin], visitor: Visitor
) -> None:
    """After a few deadlines its other blogs are not even asked; the good feed never waits."""
    bad, good = open_origin(), open_origin()
    bad.play(*[drip()] * 40)
    good.play(reply())
    loop = OwnTime()

    async def visits() -> tuple[list[Got], Got]:
        client = visitor.client(resolver=loopback, pace=Pace(host_gap=0, at_once=3))
        hosts = [f"blog{n}.example.org" for n in range(40)]
        gets = (attempt(client.visit(None), bad.url(host=host)) for host in hosts)
        under_way = asyncio.gather(*gets)
        beside = await attempt(client.visit(None), good.url(host="good.example"))
        while not under_way.done():
            loop.ahead += client.limits.whole
            await asyncio.sleep(0.001)
        await client.aclose()
        return await under_way, beside

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        in_vain, beside = runner.run(visits())
    assert {type(got.error) for got in in_vain} == {TimedOut}
    assert sum(got.web.requests for got in in_vain) in {SILENCES, SILENCES + 1}
    assert beside.document.body == FEED


async def loopback(host: str) -> list[IPAddress]:
    """Every name is ours."""
    del host
    return [ip_address("127.0.0.1")]


# --- ways to write an address that leads inside ----------------------------------------------------

SPELLINGS = [
    # one number, octal, hexadecimal, short
    "2130706433", "017700000001", "0x7f000001", "0X7F000001", "0x7f.1", "0x7f.0x0.0x0.0x1",
    "0177.0.0.1", "0177.1", "127.1", "127.0.1", "127.0.0.01", "127.0.0.0x1", "127.00000000.1",
    "0", "0.0.0.0", "00.0x0.0", "127.255.255.254", "4294967295", "340282366920938463463374607431768211455",
    # dots and digits that only look so
    "127\u30020\u30020\u30021", "127\uff0e0\uff0e0\uff0e1", "127\uff610\uff610\uff611",
    "\uff11\uff12\uff17.\uff10.\uff10.\uff11", "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "\U0001d7cf\U0001d7d0\U0001d7d5.0.0.1", "\u00b9\u00b2\u2077.\u2070.\u2070.\u00b9", "127.0.0.1\u00ad",
    # dots at the end, ports, names of people in front
    "127.0.0.1.", "127.0.0.1..", "2130706433.", "example.org@127.0.0.1", "example.org:80@127.0.0.1",
    "127.0.0.1@127.1.1.1", "a@b@127.0.0.1", "example.org%40@127.0.0.1", "example.org\\@127.0.0.1",
    "127.0.0.1\\.example.org", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "127.0.0.1%00.example.org",
    "127.0.0.1%23.example.org", " 127.0.0.1", "127.0.0.1 ", "127.0.0.1\t", "127.0.0.1\u3000",
    # names
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.LocalHost.", "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
    "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54", "local\u00adhost", "local\u200bhost", "loca\u2113host",
    "%6c%6f%63%61%6c%68%6f%73%74", "localhost%00", "127.0.0.1.nip.example", "spoofed.example",
    # IPv6: loopback, and all that wraps IPv4
    "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]", "[::127.0.0.1]",
    "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:1::1]",
    "[2001:0:7f00:1::]", "[2001:0:0:0:0:0:80ff:fffe]", "[::1%25lo]", "[::1%lo]", "[fe80::1%1]", "[::ffff:127.0.0.1%1]",
    # other networks of the house
    "10.0.0.1", "0xa.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "2852039166",
    "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "[fe80::1]", "[fc00::1]", "[fec0::1]", "[ff02::1]",
    "198.18.0.1", "224.0.0.1", "255.255.255.255", "[2001:db8::1]", "192.0.0.1", "[100::1]", "[5f00::1]",
]  # fmt: skip


@dataclass
class Canary:
    """Knows who knocked."""

    sock: socket.socket
    tried: list[str] = field(default_factory=list)
    """Every IP address that anybody tried to reach, by this process."""

    @property
    def port(self) -> int:
        port: int = self.sock.getsockname()[1]
        return port

    @property
    def knocked(self) -> bool:
        try:
            self.sock.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Canary]:
    """Listens on every address of this machine, and hears of every attempt to leave it."""
    with socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET) as sock:
        if sock.family is socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("", 0))
        sock.listen()
        sock.setblocking(False)
        made = Canary(sock)
        connect = socket.socket.connect

        def note(self: socket.socket, place: tuple[str, int]) -> None:
            made.tried.append(place[0])
            connect(self, place)

        monkeypatch.setattr(socket.socket, "connect", note)
        yield made


async def inside(_: str) -> list[IPAddress]:
    """A name server that whoever owns the name has told to say so."""
    return [ip_address("93.184.216.34"), ip_address("127.0.0.1")]


@pytest.mark.parametrize("written", SPELLINGS, ids=ascii)
def test_F2_no_spelling_leads_inside(visitor: Visitor, canary: Canary, written: str) -> None:
    url = f"http://{written}:{canary.port}/"
    got = visitor.get(url, guard=Guard(allow_ports=[canary.port]), resolver=inside)
    assert isinstance(got.error, BlockedAddress)
    assert not canary.knocked
    assert canary.tried == []


@pytest.mark.parametrize("written", SPELLINGS, ids=ascii)
def test_F2_no_spelling_leads_inside_by_a_redirect(
    origin: Origin, visitor: Visitor, canary: Canary, written: str
) -> None:
    """Only 127.9.0.1 may be asked, and it sends elsewhere."""
    origin.play(redirect(f"http://{written}:{canary.port}/".encode().decode("latin-1")))
    allowed = Guard([ip_network("127.9.0.1/32")], [origin.port, canary.port])
    got = visitor.get(origin.url(host="127.9.0.1"), guard=allowed, resolver=inside)
    assert isinstance(got.error, BlockedAddress | ServerFault)
    assert not canary.knocked
    assert canary.tried == ["127.9.0.1"]


@pytest.mark.parametrize("spelling", ["127.0.0.1", "[::1]", "localhost"])
def test_the_canary_hears_who_knocks(visitor: Visitor, canary: Canary, spelling: str) -> None:
    """Without this, the silence above would prove nothing."""
    if spelling == "[::1]" and canary.sock.family is not socket.AF_INET6:
        pytest.skip("this machine has no IPv6")
    allowed = Guard([ip_network("127.0.0.0/8"), ip_network("::1/128")], [canary.port])
    visitor.get(f"http://{spelling}:{canary.port}/", guard=allowed, limits=Limits(whole=0.05))
    assert canary.knocked
    assert len(canary.tried) == 1


def test_there_are_many_spellings() -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 30
