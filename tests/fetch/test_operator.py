"""The client for the operator's own endpoints, against TLS that is right and wrong."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aggregator.errors import NotSent
from aggregator.fetch.operator import OperatorClient
from tests.certificates import self_signed

ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def serving(
    answer: bytes, tls: ssl.SSLContext | None = None, asked: list[bytes] | None = None
) -> AsyncIterator[int]:
    """One that answers every request alike; ``asked`` collects their heads."""
    heads = [] if asked is None else asked

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def tls_of(folder: Path) -> tuple[Path, ssl.SSLContext]:
    cert, key = self_signed(folder, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return cert, context


def test_a_certificate_of_ones_own_is_believed_where_it_is_named(tmp_path: Path) -> None:
    async def post() -> int:
        cert, tls = tls_of(tmp_path)
        client = OperatorClient(user_agent="Aggregator/1", ca_file=cert)
        async with serving(ANSWER, tls) as port:
            return await client.post_json(f"https://localhost:{port}/secret", {"text": "x"})

    assert asyncio.run(post()) == 204


def test_other_certificates_are_not_believed(tmp_path: Path) -> None:
    async def post() -> None:
        _, tls = tls_of(tmp_path)
        async with serving(ANSWER, tls) as port:
            client = OperatorClient(user_agent="Aggregator/1")
            await client.post_json(f"https://localhost:{port}/secret", {"text": "x"})

    with pytest.raises(NotSent, match="The certificate of localhost is not valid"):
        asyncio.run(post())


def test_what_is_no_http_is_told_without_the_address() -> None:
    async def post() -> None:
        async with serving(b"secret\r\n\r\n") as port:
            client = OperatorClient(user_agent="Aggregator/1")
            await client.post_json(f"http://127.0.0.1:{port}/secret", {"text": "x"})

    with pytest.raises(NotSent) as refused:
        asyncio.run(post())
    assert "secret" not in str(refused.value)


def test_a_proxy_is_asked_for_what_lies_outside() -> None:
    """It is named in the settings, and may be the only way out."""
    asked: list[bytes] = []

    async def post() -> None:
        async with serving(b"HTTP/1.1 403 Forbidden\r\n\r\n", asked=asked) as port:
            client = OperatorClient(user_agent="Aggregator/1", proxy=f"http://127.0.0.1:{port}")
            await client.post_json("https://hooks.example.com/secret", {"text": "x"})

    with pytest.raises(NotSent, match=r"hooks\.example\.com could not be reached"):
        asyncio.run(post())
    assert asked[0].startswith(b"CONNECT hooks.example.com:443 ")
