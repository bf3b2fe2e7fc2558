"""Connections: what goes out and comes in, plain and through TLS, and their end."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aggregator.fetch.connection import Connection
from tests.fetch.conftest import Origin, Play

LONG = bytes(range(256)) * 2_000
"""Longer than TLS packs into one record and than one read takes."""

Ask = Callable[[Connection], Awaitable[bytes]]


def answer(data: bytes) -> Play:
    """Send ``data`` and end."""

    async def play(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return play


async def read_all(connection: Connection) -> bytes:
    """Ask, and read until the other side ends."""
    await connection.send(b"GET /feed HTTP/1.1\r\n\r\n")
    read = bytearray()
    while data := await connection.receive(5_000):
        assert len(data) <= 5_000
        read += data
    return bytes(read)


def ask(port: int, how: Ask, ca_file: Path | None = None) -> bytes:
    async def run() -> bytes:
        sock = socket.socket()
        sock.setblocking(False)
        connection = Connection(sock)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
            if ca_file is not None:
                context = ssl.create_default_context(cafile=ca_file)
                await connection.secure(context, "feed.localhost")
            return await asyncio.wait_for(how(connection), 10)
        finally:
            connection.close()

    return asyncio.run(run())


def test_all_bytes_come_through(origin: Origin) -> None:
    origin.play(answer(LONG))
    assert ask(origin.port, read_all) == LONG


def test_all_bytes_come_through_tls(
    open_origin: Callable[..., Origin], tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    origin = open_origin(tls)
    origin.play(answer(LONG))
    assert ask(origin.port, read_all, certificate[0]) == LONG
    assert origin.asked[0].line == "GET /feed HTTP/1.1"


def test_an_end_without_goodbye_is_an_end(
    tls: ssl.SSLContext, certificate: tuple[Path, Path]
) -> None:
    """Many servers drop the connection when all is said."""

    def serve(server: socket.socket) -> None:
        there, _ = server.accept()
        with tls.wrap_socket(there, server_side=True) as secured:
            secured.recv(1_000)
            secured.sendall(b"all")

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
        serving = thread.submit(serve, server)
        assert ask(server.getsockname()[1], read_all, certificate[0]) == b"all"
        serving.result(10)


def test_a_plain_server_is_no_tls_server(certificate: tuple[Path, Path]) -> None:
    def serve(server: socket.socket) -> None:
        there, _ = server.accept()
        with there:
            there.recv(1_000)
            there.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as thread:
        thread.submit(serve, server)
        with pytest.raises(ssl.SSLError):
            ask(server.getsockname()[1], read_all, certificate[0])


def test_a_connection_may_be_closed_twice(origin: Origin) -> None:
    origin.play(answer(b"all"))

    async def close_early(connection: Connection) -> bytes:
        await connection.send(b"GET / HTTP/1.1\r\n\r\n")
        connection.close()
        return b"closed"

    assert ask(origin.port, close_early) == b"closed"


def test_who_is_cancelled_while_reading_leaves_nothing_behind() -> None:
    """The next socket gets the same number, and must be heard."""

    async def run() -> bytes:
        here, there = socket.socketpair()
        here.setblocking(False)
        first = Connection(here)
        reading = asyncio.create_task(first.receive(10))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.sleep(0)
        number = here.fileno()
        first.close()
        there.close()
        here, there = socket.socketpair()
        if here.fileno() != number:
            here, there = there, here
        assert here.fileno() == number
        here.setblocking(False)
        second = Connection(here)
        hearing = asyncio.create_task(second.receive(10))
        await asyncio.sleep(0)
        there.sendall(b"heard")
        try:
            return await asyncio.wait_for(hearing, 10)
        finally:
            second.close()
            there.close()

    assert asyncio.run(run()) == b"heard"
