"""One request on one connection, every byte of the answer counted where it arrives.

In: an address and header fields. Out: an ``httpx.Response`` whose stream is the body as it
travelled, still packed. A connection serves once: with a shared pool, a fetch that is cancelled at
the wrong moment may leak a place for good.
Not here: redirects, conditions, unpacking. Specification: RFC 9112; rules A5, F4, G2, G4, G6, G9.
"""

import asyncio

import h11
import httpx

from aggregator.errors import FetchError, ServerFault, TimedOut, TooLarge, Unreachable
from aggregator.fetch.address import Address, read_address
from aggregator.fetch.connection import Connection
from aggregator.fetch.dial import Dialler, proxy_fields
from aggregator.fetch.limits import Limits

_READ = 64 * 1024

_FRAMING = 256 * 1024
"""Bytes of an answer that may be other than its body. Chunks of one byte each would cost us far
more work than they cost the sender."""

_HEADERS_TOO_LARGE = 431
"""h11's hint that a line does not end."""


class Transport(httpx.AsyncBaseTransport):
    """A single-use connection. Raises our own FetchErrors, in words for people."""

    def __init__(self, dialler: Dialler, limits: Limits) -> None:
        self._dialler = dialler
        self._limits = limits
        self._exchange: _Exchange | None = None

    @property
    def received(self) -> int:
        """Bytes read so far, head and all."""
        return self._exchange.received if self._exchange is not None else 0

    @property
    def issuer(self) -> str | None:
        """Who issued the server's certificate; None: not known."""
        return self._exchange.issuer if self._exchange is not None else None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """``ask`` for an httpx client. Raises httpx.UnsupportedProtocol for all but GET."""
        if request.method != "GET":
            raise httpx.UnsupportedProtocol(f"{request.method} is not sent, only GET")
        return await self.ask(read_address(str(request.url)), request.headers.raw)

    async def ask(
        self, address: Address, fields: list[tuple[bytes, bytes]], form: bytes | None = None
    ) -> httpx.Response:
        """Connect, ask by GET or hand in a form by POST, and read the head of the final answer.

        The address is sent as it was written, which ``httpx.URL`` would not do (rule A5).
        """
        target = address.sent.encode("ascii")
        proxy = self._dialler.proxy
        if proxy is not None and address.scheme == "http":
            target = address.origin.encode() + target  # RFC 9112, section 3.2.2
            fields = [
                *fields,
                *((name.encode(), text.encode()) for name, text in proxy_fields(proxy)),
            ]
        connection = await self._dialler.open(address)
        self._exchange = _Exchange(address, connection, self._limits)
        method = b"GET" if form is None else b"POST"
        request = h11.Request(method=method, target=target, headers=fields)
        head = await self._exchange.ask(request, form or b"")
        return httpx.Response(
            head.status_code, headers=head.headers.raw_items(), stream=self._exchange
        )

    async def aclose(self) -> None:
        """Drop the connection at once, whatever is still under way."""
        if self._exchange is not None:
            await self._exchange.aclose()


class _Exchange(httpx.AsyncByteStream):
    """A request, its answer's head, and then its body, a piece at a time."""

    def __init__(
        self,
        address: Address,
        connection: Connection,
        limits: Limits,
    ) -> None:
        self._address = address
        self._connection = connection
        self._limits = limits
        self._ended = False
        self._h11 = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.head)
        self._status: int | None = None
        self._promised = 0
        self._delivered = 0
        self.received = 0

    @property
    def issuer(self) -> str | None:
        """Who issued the server's certificate; None: not known."""
        return self._connection.issuer

    async def ask(self, request: h11.Request, body: bytes) -> h11.Response:
        """Send the request and read the final head; all that comes before it counts (rule G4)."""
        parts = [request, *([h11.Data(data=body)] if body else []), h11.EndOfMessage()]
        try:
            await self._connection.send(b"".join(self._h11.send(part) or b"" for part in parts))
        except OSError as error:
            raise self._error(Unreachable, "broke the connection.") from error
        while True:
            event = self._next_event()
            if event is h11.NEED_DATA:
                if self.received >= self._limits.head:
                    raise self._error(TooLarge, "sends headers without end.")
                await self._receive(self._limits.head - self.received)
            elif isinstance(event, h11.Response | h11.InformationalResponse):
                if len(event.headers) > self._limits.fields:
                    raise self._error(
                        TooLarge, f"sends more than {self._limits.fields} header fields."
                    )
                if isinstance(event, h11.Response):
                    self._status = event.status_code
                    self._promised = _content_length(event)
                    return event

    def __aiter__(self) -> "_Exchange":
        return self

    async def __anext__(self) -> bytes:
        """The next piece of the body.

        Raises TooLarge over the cap, and ServerFault where it breaks off (rule G6).
        """
        if self._promised > self._limits.wire:
            raise self._too_large()
        while True:
            event = self._next_event()
            if event is h11.NEED_DATA:
                if self.received - self._delivered > _FRAMING:
                    raise self._error(TooLarge, "sends its answer in too small pieces.")
                await self._receive(_READ)
            elif isinstance(event, h11.Data):
                self._delivered += len(event.data)
                if self._delivered > self._limits.wire:
                    raise self._too_large()
                return bytes(event.data)
            else:
                raise StopAsyncIteration

    async def aclose(self) -> None:
        """Drop the connection at once."""
        self._connection.close()

    def _next_event(self) -> object:
        try:
            return self._h11.next_event()
        except h11.RemoteProtocolError as error:
            if error.error_status_hint == _HEADERS_TOO_LARGE:
                raise self._error(TooLarge, "sends headers without end.") from error
            if self._ended:
                raise self._error(ServerFault, "broke off before its answer was whole.") from error
            raise self._error(ServerFault, "sent an answer that is not proper HTTP.") from error

    async def _receive(self, most: int) -> None:
        try:
            async with asyncio.timeout(self._limits.read):
                data = await self._connection.receive(most)
        except TimeoutError as error:
            raise self._error(
                TimedOut, f"sent nothing for {self._limits.read:g} seconds."
            ) from error
        except OSError as error:
            raise self._error(Unreachable, "broke the connection.") from error
        self.received += len(data)
        self._ended = not data
        self._h11.receive_data(data)

    def _too_large(self) -> FetchError:
        return self._error(TooLarge, f"sends more than {in_words(self._limits.wire)}.")

    def _error(self, kind: type[FetchError], what: str) -> FetchError:
        return kind(f"{self._address.host} {what}", url=self._address.url, status=self._status)


def in_words(size: int) -> str:
    """A number of bytes as people say it."""
    return f"{size / (1024 * 1024):g} MB" if size >= 1024 * 1024 else f"{size} bytes"


def _content_length(head: h11.Response) -> int:
    """What the head promises; 0 where it promises nothing."""
    return next((int(text) for name, text in head.headers if name == b"content-length"), 0)
