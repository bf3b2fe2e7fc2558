"""One visitor's connection, from its first byte to its last, and what all of them share.

The parser is llhttp (``httptools``). Public paths are answered at once with ready bytes, all
others by the pages through ASGI, always in the order of asking. Every visitor may take only so
much time, memory and room, so that slow, huge or countless ones cost the others nothing.

Not here: listening and ending (``server.py``).
"""

import asyncio
import contextlib
import heapq
import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import cast

import httptools

from aggregator.web.public import FOLDERS, Answer, PublicFiles, ready
from aggregator.web.request import Asgi, Request, ask, target_of

log = logging.getLogger(__name__)

_READ = 16 * 1024
"""Bytes taken from a socket at a time; asyncio's own 256 KB would be memory for each visitor."""

_VERSIONS = {"1.0", "1.1"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a visitor may take. Seconds and bytes."""

    head_seconds: float = 10.0
    """For a whole head: from connecting, and from each answer, so also how long one may idle."""
    body_seconds: float = 60.0
    """For the body of a request."""
    taking_seconds: float = 60.0
    """For taking what was sent."""
    head: int = 16 * 1024
    """Of a head that did not come in one piece."""
    body: int = 64 * 1024
    """Of a request."""
    visitors: int = 1000
    """At a time."""


class Reception:
    """What all visitors of one server share."""

    def __init__(
        self, files: PublicFiles, pages: Asgi, limits: Limits, clock: Callable[[], datetime]
    ) -> None:
        """Make it inside the loop that serves. ``clock`` tells now, in UTC."""
        self.files = files
        self.pages = pages
        self.limits = limits
        self._clock = clock
        self.loop = asyncio.get_running_loop()
        self.buffer = memoryview(bytearray(_READ))
        """For all of them: it is read and parsed without a pause between."""
        self.visitors: set[Visitor] = set()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self.under_way: set[asyncio.Task[None]] = set()
        """Pages that are being made."""
        self._closing = False
        self._openings: dict[tuple[int, bool], bytes] = {}

    def opening(self, status: int, *, last: bool) -> bytes:
        """The first lines of an answer: status, date, and whether it is the last."""
        known = self._openings.get((status, last))
        if known is None:
            now = format_datetime(self._clock(), usegmt=True)
            lines = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ndate: {now}\r\n"
            known = (lines + ("connection: close\r\n" if last else "")).encode("ascii")
            self._openings[status, last] = known
        return known

    def look_after(self) -> None:
        """To be called at least each second: the date is told anew, who is too slow leaves."""
        self._openings.clear()
        late = self.loop.time()
        for visitor in [one for one in self.visitors if one.until < late]:
            visitor.see_off()

    def visitor(self) -> "Visitor":
        """For asyncio: a protocol for a new connection."""
        return Visitor(self)

    def take_in(self, visitor: "Visitor") -> bool:
        """Give a place; where all are taken, those who would be seen off next leave now.

        False: nobody can leave, each waits for us; or it is the end.
        """
        most = self.limits.visitors
        if len(self.visitors) >= most:
            next_to_go = heapq.nsmallest(1 + most // 20, self.visitors, key=lambda one: one.until)
            for one in next_to_go:
                if one.until < math.inf:
                    one.leave()
        if self._closing or len(self.visitors) >= most:
            return False
        self.visitors.add(visitor)
        self._nobody.clear()
        return True

    def let_go(self, visitor: "Visitor") -> None:
        """The place is free."""
        self.visitors.discard(visitor)
        if not self.visitors:
            self._nobody.set()

    async def farewell(self, grace: float) -> None:
        """Let everybody finish; after ``grace`` seconds, or ``dismiss``, nobody is left."""
        self._closing = True
        for visitor in list(self.visitors):
            visitor.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._nobody.wait()
        self.dismiss()
        for task in self.under_way:
            task.cancel()

    def dismiss(self) -> None:
        """End with everybody at once."""
        for visitor in list(self.visitors):
            visitor.leave()


class Visitor(asyncio.BufferedProtocol):
    """One connection. asyncio calls the first half of its methods, llhttp those named ``on_``."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._limits = reception.limits
        self._parser: httptools.HttpRequestParser | None = httptools.HttpRequestParser(self)
        self._gone = asyncio.Event()
        self._asked: deque[Request] = deque()
        self._refusal = 0
        """A status that ends the connection, once all that was asked before is answered."""
        self._making = False
        """A page is being made; what was asked after it waits."""
        self._clogged = False
        """What was sent is not yet taken."""
        self._leaving = False
        """All is said. What still comes is thrown away until the visitor, too, is at its end."""
        self._last = False
        """The next answer is the last: the server stops."""
        self._in_head = self._in_body = False
        self._head_size = 0
        self.until = math.inf
        """When the visitor must have done its part, by the loop's clock; never: it is our turn."""

    # --- the connection ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place, if there is one."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=0)  # one answer waits here, and no second
        self._wait(self._limits.head_seconds)
        if not self._reception.take_in(self):
            self.leave()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        del exc
        self._reception.let_go(self)
        self._gone.set()
        self._asked.clear()
        self._leaving = True
        self._parser = None  # each holds the other

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where to put what comes."""
        del sizehint
        return self._reception.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Parse what came, and answer what is complete."""
        if self._leaving or self._parser is None:
            return
        if self._in_head:
            self._head_size += nbytes
        try:
            self._parser.feed_data(self._reception.buffer[:nbytes])
        except httptools.HttpParserUpgrade:
            pass  # the request is answered as if nothing else had been offered, and is the last
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)
        if self._in_head and self._head_size > self._limits.head:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if self._in_body:
            self._encourage()
        self._go_on()

    def pause_writing(self) -> None:
        """The visitor takes its answers slowly."""
        self._clogged = True
        self._wait(self._limits.taking_seconds)

    def resume_writing(self) -> None:
        """All is taken."""
        self._clogged = False
        self._wait(self._limits.head_seconds)
        self._go_on()

    def see_off(self) -> None:
        """End with a visitor that took too long: with 408 if it was in the midst of a request."""
        if (self._in_head or self._in_body) and not (self._leaving or self._clogged):
            self._refuse(HTTPStatus.REQUEST_TIMEOUT)
            self._go_on()
        else:
            self.leave()

    def leave(self) -> None:
        """End at once."""
        self._reception.let_go(self)
        self._transport.abort()

    def finish(self) -> None:
        """The server stops: end after the answer that is under way, if any."""
        self._last = True
        if not (self._making or self._clogged or self._asked):
            self._transport.close()

    # --- the parser ----------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._in_head = True
        self._head_size = 0
        self._target = b""
        self._fields: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    def on_url(self, part: bytes) -> None:
        """A part of the target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """One whole field."""
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """The head is whole; a body may follow."""
        self._in_head = False
        self._in_body = True
        if not self._making:
            self._wait(self._limits.body_seconds)

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        self._body += part
        if len(self._body) > self._limits.body:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_message_complete(self) -> None:
        """A request is complete, unless one before it was refused."""
        self._in_body = False
        parser = self._parser
        if self._refusal or parser is None:
            return
        version = parser.get_http_version()
        if version not in _VERSIONS:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        goes_on = version == "1.1" and parser.should_keep_alive() and not parser.should_upgrade()
        method = parser.get_method().decode("ascii")
        self._asked.append(
            Request(method, self._target, version, self._fields, self._body, last=not goes_on)
        )

    def _encourage(self) -> None:
        """Some wait for a word before they send a body (RFC 9110 10.1.1)."""
        waits = [one for one in self._fields if one[0] == b"expect"]
        if waits and not (self._body or self._asked or self._making or self._refusal):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    # --- the answers ---------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        self.until = self._reception.loop.time() + seconds

    def _refuse(self, status: int) -> None:
        self._refusal = self._refusal or status

    def _go_on(self) -> None:
        """Answer what was asked, until an answer takes time or the visitor is slow to take one."""
        while self._asked and not (self._making or self._clogged or self._leaving):
            self._answer(self._asked.popleft())
        if self._leaving:
            return
        if self._making or self._clogged:
            if self._asked:
                self._transport.pause_reading()
        elif self._refusal:
            self._send(Answer(self._refusal, ready(())), last=True)
        elif self._last:
            self._transport.close()
        else:
            self._transport.resume_reading()

    def _answer(self, request: Request) -> None:
        try:
            target = target_of(request.target)
        except ValueError:
            self._send(Answer(HTTPStatus.BAD_REQUEST, ready(())), last=True)
            return
        reception = self._reception
        if target.path.startswith(FOLDERS):
            answer = reception.files.answer(request.method, target.path, dict(request.fields))
            self._send(answer, last=request.last)
        elif len(reception.under_way) >= self._limits.visitors:
            self._send(Answer(HTTPStatus.SERVICE_UNAVAILABLE, ready(())), last=True)
        else:
            self._making = True
            self.until = math.inf
            task = reception.loop.create_task(self._make(request))
            reception.under_way.add(task)
            task.add_done_callback(reception.under_way.discard)

    async def _make(self, request: Request) -> None:
        try:
            answer = await ask(self._reception.pages, request, self._gone)
        except Exception:
            log.exception("page outcome=bug path=%s", request.target.decode("latin-1"))
            answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR, ready(()))
        self._making = False
        if not self._leaving:
            self._send(answer, last=request.last)
            self._go_on()

    def _send(self, answer: Answer, *, last: bool) -> None:
        self._leaving = last = last or self._last
        self._wait(self._limits.head_seconds)  # first: the transport may say that it is slow
        self._transport.write(self._reception.opening(answer.status, last=last) + answer.rest)
        if self._last:
            self._transport.close()
        elif last:
            # An end at once would reset the connection under what the visitor is still sending,
            # and the answer would be lost (RFC 9112 9.6).
            self._asked.clear()
            with contextlib.suppress(OSError):  # it is gone already
                self._transport.write_eof()
            self._transport.resume_reading()
