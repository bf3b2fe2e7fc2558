"""A connection that serves one fetch: bytes out, bytes in, plain or through TLS.

It works on the socket itself. asyncio's own streams read ahead and add layers that a fetch of
three steps has no use for; with TLS they cost several times as much.
Not here: where it may lead (``dial.py``), what is said on it (``transport.py``).
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from itertools import chain
from typing import TypeVar, cast

_T = TypeVar("_T")

_RECORDS = 64 * 1024
"""Bytes taken off the socket at a time for TLS to unpack."""


class Connection:
    """A connected socket, which is its own from then on. Use it in one task."""

    def __init__(self, sock: socket.socket) -> None:
        """``sock`` must not block."""
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    async def secure(self, context: ssl.SSLContext, host: str) -> None:
        """Agree on TLS with ``host``. Raises ssl.SSLError and OSError."""
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        await self._through_tls(self._tls.do_handshake)

    @property
    def issuer(self) -> str | None:
        """The organisation that issued the server's certificate; None: none is named, or no TLS."""
        certificate = self._tls.getpeercert() if self._tls is not None else None
        parts = cast("tuple[tuple[tuple[str, str], ...], ...]", (certificate or {}).get("issuer"))
        named = chain.from_iterable(parts or ())
        return next((said for name, said in named if name == "organizationName"), None)

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        if self._tls is None:
            await self._loop.sock_sendall(self._sock, data)
        else:
            tls = self._tls
            await self._through_tls(lambda: tls.write(data))

    async def receive(self, most: int) -> bytes:
        """What has come, at most so many bytes, or the next to come; empty at the end.

        Raises OSError.
        """
        if self._tls is None:
            return await self._loop.sock_recv(self._sock, most)
        tls = self._tls
        try:
            return await self._through_tls(lambda: tls.read(most))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            # Many servers end without TLS's own goodbye; whether all has come, HTTP knows.
            return b""

    def close(self) -> None:
        """Drop the connection at once, whatever is still under way; a second time does nothing."""
        number = self._sock.fileno()
        if number < 0:
            return
        # Whoever was cancelled while waiting may still be registered, and the number of the
        # socket may belong to another one a moment later.
        self._loop.remove_reader(number)
        self._loop.remove_writer(number)
        self._sock.close()

    async def _through_tls(self, act: Callable[[], _T]) -> _T:
        """Let TLS act, and carry what it has to say and wants to hear until it is done."""
        while True:
            try:
                result = act()
            except ssl.SSLWantReadError:
                await self._say()
                if data := await self._loop.sock_recv(self._sock, _RECORDS):
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._say()
                return result

    async def _say(self) -> None:
        if self._outgoing.pending:
            await self._loop.sock_sendall(self._sock, self._outgoing.read())
