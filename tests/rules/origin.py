"""A fake origin on loopback: scripted answers over real HTTP, and a log by the injected clock."""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

START = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    at: datetime
    """By the clock of the program that asked."""
    method: str
    host: str
    """Without the port."""
    path: str
    fields: Mapping[str, str]
    """Lower-case names."""
    body: bytes = b""


@dataclass(frozen=True)
class Say:
    """An answer."""

    status: int = 200
    body: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)

    def but(self, **fields: str) -> "Say":
        """The same with more fields; ``_`` stands for the hyphen in their names."""
        named = {name.replace("_", "-"): value for name, value in fields.items()}
        return replace(self, fields={**self.fields, **named})

    def written(self) -> bytes:
        head = [f"HTTP/1.1 {self.status} Said"]
        head += [f"{name}: {value}" for name, value in self.fields.items()]
        if self.status not in {204, 304}:
            head.append(f"Content-Length: {len(self.body)}")
        body = b"" if self.status in {204, 304} else self.body
        return "\r\n".join([*head, "Connection: close"]).encode("latin-1") + b"\r\n\r\n" + body


Play = Callable[[Asked], Say]
"""An answer that looks at the request, and at the clock by ``Asked.at``."""


def polite(say: Say) -> Play:
    """A server that answers 304 where the ETag of ``say`` comes back; all fields but it are kept."""

    def play(asked: Asked) -> Say:
        if asked.fields.get("if-none-match") == say.fields["ETag"]:
            return replace(say, status=304)
        return say

    return play


def gone_to(path: str, status: int = 301) -> Say:
    """A redirect."""
    return Say(status, b"elsewhere", {"Location": path})


def http_date(moment: datetime) -> str:
    """As HTTP's preferred form writes it."""
    return format_datetime(moment, usegmt=True)


@dataclass
class Origin:
    """A web server for every name under ``.test``; what it does not know is a 404."""

    now: Callable[[], datetime] = lambda: START
    port: int = 0
    tls: ssl.SSLContext | None = None
    scripts: dict[str, list[Say | Play]] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    most_at_once: int = 0
    slowness: float = 0.0
    """Seconds that an answer takes."""
    _at_once: int = 0

    def url(self, path: str = "/feed", host: str = "family.test") -> str:
        """An address here."""
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def play(self, path: str, *answers: Say | Play) -> None:
        """Give these answers one after another, and the last one for ever."""
        self.scripts[path] = list(answers)

    def asked(self, path: str | None = None) -> list[Asked]:
        """What was asked so far, of all or of one path."""
        return [asked for asked in self.log if path in {None, asked.path}]

    def moments(self, path: str | None = None) -> list[datetime]:
        """When that was."""
        return [asked.at for asked in self.asked(path)]

    def gaps(self, path: str | None = None) -> list[timedelta]:
        """What lay between."""
        moments = self.moments(path)
        return [later - earlier for earlier, later in pairwise(moments)]

    def _answer(self, asked: Asked) -> Say:
        script = self.scripts.get(asked.path, [Say(404)])
        answer = script.pop(0) if len(script) > 1 else script[0]
        return answer if isinstance(answer, Say) else answer(asked)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            method, path, _ = lines[0].split(" ")
            split = (line.partition(": ") for line in lines[1:] if line)
            fields = {name.lower(): value for name, _, value in split}
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            host = fields["host"].partition(":")[0]
            asked = Asked(self.now(), method, host, path, fields, body)
            self.log.append(asked)
            answer = self._answer(asked)
            if self.slowness:
                await asyncio.sleep(self.slowness)
            writer.write(answer.written())
            await writer.drain()
        self._at_once -= 1
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


# --- feeds -----------------------------------------------------------------------------------


def item(number: int, published: datetime | None = None, more: str = "") -> str:
    """An entry of RSS."""
    when = published or START - 20 * DAY + number * MINUTE
    return (
        f"<item><title>Post {number}</title><link>https://family.example.org/{number}</link>"
        f'<guid isPermaLink="false">id-{number}</guid><pubDate>{http_date(when)}</pubDate>'
        f"<description>What happened in post {number}, told at some length.</description>"
        f"{more}</item>"
    )


def rss(*items: str, more: str = "", title: str = "One family's year") -> bytes:
    """A feed; ``more`` stands in its channel."""
    namespaces = (
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
        'xmlns:atom="http://www.w3.org/2005/Atom"'
    )
    head = f"<title>{title}</title><link>https://family.example.org/</link>{more}"
    return (
        f'<rss version="2.0" {namespaces}><channel>{head}{"".join(items)}</channel></rss>'.encode()
    )


def feed(*numbers: int, etag: str | None = '"1"', more: str = "") -> Say:
    """A feed with these entries, and with an ETag unless that is None."""
    fields = {"Content-Type": "application/rss+xml"} | ({"ETag": etag} if etag else {})
    return Say(200, rss(*map(item, numbers or (2, 1)), more=more), fields)


def blog(every: timedelta, *, before: timedelta = 60 * DAY, more: str = "") -> Play:
    """A blog that posts on and on, as it has for ``before``; its ETag tells its newest post."""

    def play(asked: Asked) -> Say:
        newest = (asked.at - START + before) // every
        numbers: Iterable[int] = range(newest, max(newest - 50, 0), -1)
        items = [item(number, START - before + number * every) for number in numbers]
        say = Say(200, rss(*items, more=more), {"ETag": f'"{newest}"'})
        return polite(say)(asked)

    return play
