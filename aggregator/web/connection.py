"""uvicorn with bounds, and with a short way for widgets.

uvicorn speaks HTTP. It does not bound how long, how large and how many its visitors may be: bounds
are added here, so that slow, huge or countless ones cost the others nothing. And a plain request
for a public file is answered where it is read, without a task of its own. Not here: what is
answered (``site.py``).
"""

import asyncio
import contextlib
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from socket import socket
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import Server as Uvicorn

from aggregator.web.public import PublicFiles
from aggregator.web.site import Site

GRACE = 3
"""Seconds that visitors have to take their answers when the server stops."""
BACKLOG = 128
"""Connections that are taken in one go, before any of them is counted."""
_PLAIN = re.compile(rb"/(?:w|media)/[a-z0-9.-]+/?")
"""Targets that need no decoding: those of nearly all requests."""
_UNUSUAL = {b"content-length", b"transfer-encoding", b"expect", b"upgrade"}
"""Fields that announce more than a head."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a visitor may take. Seconds and bytes."""

    asking: float = 10.0
    """For a whole request: from connecting, or from its first byte. Also for idling."""
    taking: float = 60.0
    """For an answer that was sent faster than it is taken."""
    head: int = 32 * 1024
    """Of a head that did not come in one piece."""
    visitors: int = 1000
    """At a time."""


class Connection(HttpToolsProtocol):
    """One visitor's connection: uvicorn's own, and the time it has to do its part."""

    def __init__(self, files: PublicFiles, limits: Limits, **uvicorns: Any) -> None:
        super().__init__(**uvicorns)
        self._files = files
        self._limits = limits
        self._in_head = False
        self._head_size = 0
        self._answered = False
        """Whether the request went the short way."""
        self.until = math.inf
        """When the visitor must have done its part, by the loop's clock; never: it is our turn."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Take a place; where all are taken, who would be seen off next leaves now."""
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > self._limits.visitors:
            visitors = cast("set[Connection]", self.connections)
            min(visitors, key=lambda one: one.until).leave()

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless it is a head without end."""
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > self._limits.head and not self.transport.is_closing():
                self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Refuse with an empty body: a server-side include would print it into the page."""
        del msg
        super().send_400_response("")

    def pause_writing(self) -> None:
        """Wait for a visitor who takes its answer slowly."""
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        """Go on: all is taken."""
        super().resume_writing()
        self._wait()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._head_size = True, 0
        self._wait()

    def on_headers_complete(self) -> None:
        """Answer a plain request at once; begin to answer any other, whose body may follow."""
        self._in_head = False
        self._answered = self._is_plain()
        if self._answered:
            answer = self._files.answer("GET", self.url.decode("ascii"), dict(self.headers))
            date = [b"%b: %b\r\n" % field for field in self.server_state.default_headers]
            self.transport.write(
                b"".join([STATUS_LINE[answer.status], *date, answer.head, answer.body])
            )
            self._wait()
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Take the turn, unless this is answered already or an answer is not yet taken."""
        if self._answered:
            return
        super().on_message_complete()
        if not (self.cycle.response_complete or self.flow.write_paused):
            self.until = math.inf

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._wait()

    def leave(self) -> None:
        """End at once; the place is free."""
        self.connections.discard(self)
        self.transport.abort()

    def _is_plain(self) -> bool:
        """Whether the short way serves as well: nothing asked before is still to be answered."""
        before = cast("RequestResponseCycle | None", self.cycle)
        return (
            (before is None or before.response_complete)
            and not (self.flow.write_paused or self.transport.is_closing())
            and self.parser.get_method() == b"GET"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and _PLAIN.fullmatch(self.url) is not None
            and _UNUSUAL.isdisjoint(name for name, _ in self.headers)
        )

    def _wait(self) -> None:
        limits = self._limits
        seconds = limits.taking if self.flow.write_paused else limits.asking
        self.until = self.loop.time() + seconds


class Server(Uvicorn):
    """uvicorn, seeing off who is late. Signals are the caller's: it would raise them again."""

    def __init__(self, served: Site, limits: Limits, ready: Callable[[], None]) -> None:
        """``ready`` is called once visitors are let in."""
        config = Config(
            served,
            http=cast("type[asyncio.Protocol]", partial(Connection, served.files, limits)),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",  # a bug in a page is told; that a visitor talks nonsense is not
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=math.ceil(limits.asking),
            timeout_graceful_shutdown=GRACE,
        )
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Let visitors in."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """See off who is late; uvicorn asks ten times a second whether to end."""
        now = asyncio.get_running_loop().time()
        for visitor in [one for one in self.visitors if one.until < now]:
            visitor.leave()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Let everybody finish; after ``GRACE`` seconds, or ``force_exit``, nobody is left."""
        await super().shutdown(sockets)
        for visitor in list(self.visitors):
            visitor.leave()

    @property
    def visitors(self) -> "set[Connection]":
        """Who is connected."""
        return cast("set[Connection]", self.server_state.connections)
