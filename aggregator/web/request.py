"""One request, and the pages' answer to it through ASGI.

Pages are few and small, so an answer is sent when it is complete. Not here: the connection and
the parser (``visitor.py``), and what the pages say (``pages.py``).
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import unquote

import httptools

from aggregator.web.public import Answer, ready

Message = MutableMapping[str, Any]
Asgi = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

_NO_BODY = {204, 304}


class Target(NamedTuple):
    """What stands between the method and the version."""

    path: str
    raw_path: bytes
    query: bytes


@dataclass(slots=True)
class Request:
    """A request as the parser found it; names of fields in small letters."""

    method: str
    target: bytes
    version: str
    fields: list[tuple[bytes, bytes]]
    body: bytearray
    last: bool
    """Whether the connection ends with it."""


@dataclass(slots=True)
class _Exchange:
    """The two ends that ASGI hands to an application."""

    body: bytes
    gone: asyncio.Event
    status: int = 500
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    sent: bytearray = field(default_factory=bytearray)
    asked: bool = False

    async def receive(self) -> Message:
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": self.body, "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.fields = list(message.get("headers", ()))
        else:
            self.sent += message.get("body", b"")


@lru_cache(maxsize=256)
def target_of(target: bytes) -> Target:
    """A request target in its parts (RFC 9112 3.2). Raises ValueError for what is none."""
    try:
        url = httptools.parse_url(target)
    except httptools.HttpParserInvalidURLError as error:
        raise ValueError(str(error)) from None
    raw_path = url.path or b"/"
    if not raw_path.startswith(b"/"):
        raise ValueError("not a path")
    return Target(unquote(raw_path.decode("latin-1")), raw_path, url.query or b"")


async def ask(pages: Asgi, request: Request, gone: asyncio.Event) -> Answer:
    """The pages' answer. ``gone`` is set when the visitor leaves before.

    Raises ValueError for a field that would break the answer in two or an unknown status, and
    what the pages raise.
    """
    path, raw_path, query = target_of(request.target)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": request.version,
        "method": request.method,
        "scheme": "http",
        "path": path,
        "raw_path": raw_path,
        "query_string": query,
        "root_path": "",
        "headers": request.fields,
        "client": None,
        "server": None,
    }
    exchange = _Exchange(bytes(request.body), gone)
    await pages(scope, exchange.receive, exchange.send)
    return _written(exchange, with_body=request.method != "HEAD")


def _written(exchange: _Exchange, *, with_body: bool) -> Answer:
    lengths = [value for name, value in exchange.fields if name.lower() == b"content-length"]
    fields = [one for one in exchange.fields if one[0].lower() != b"content-length"]
    if any(sign in part for one in fields for part in one for sign in (b"\r", b"\n")):
        raise ValueError("a field of the answer holds a line break")
    status, body = HTTPStatus(exchange.status), bytes(exchange.sent)
    if status in _NO_BODY:
        head = b"".join(b"%b: %b\r\n" % one for one in fields)
        return Answer(status, head + b"\r\n")
    if with_body:
        return Answer(status, ready(fields, body))
    return Answer(status, ready(fields, length=int(lengths[0]) if lengths else len(body)))
