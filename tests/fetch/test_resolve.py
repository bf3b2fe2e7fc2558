"""Names to addresses; names that need no network."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from aggregator.fetch.address import IPAddress
from aggregator.fetch.resolve import SystemResolver


def resolve(host: str) -> Sequence[IPAddress]:
    async def ask() -> Sequence[IPAddress]:
        resolver = SystemResolver()
        try:
            return await resolver(host)
        finally:
            resolver.close()

    return asyncio.run(ask())


def test_a_name_has_each_address_once() -> None:
    assert resolve("127.0.0.1") == (ip_address("127.0.0.1"),)


@pytest.mark.parametrize("host", ["", "a" * 64, "a.." + "b"])
def test_what_no_name_can_be_is_an_os_error(host: str) -> None:
    with pytest.raises(OSError, match=r".*"):
        resolve(host)


def test_F9_names_that_hang_hold_up_nothing_but_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty look-ups hang, more than there are threads; those that are given up leave the queue."""
    answer, asking = threading.Event(), threading.Semaphore(0)
    asked: list[bytes] = []

    def hang(host: bytes, *_: object, **__: object) -> list[object]:
        asked.append(host)
        asking.release()
        answer.wait(10)
        return []

    async def look_ups() -> tuple[str, int]:
        resolver = SystemResolver()
        waiting = [asyncio.create_task(resolver(f"n{n}.example")) for n in range(40)]
        await asyncio.sleep(0)
        for _ in range(32):
            assert await asyncio.to_thread(asking.acquire, timeout=10)
        done = await asyncio.to_thread(str, "other work")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        answer.set()
        await resolver("last.example")
        resolver.close()
        return done, len(asked)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    assert asyncio.run(look_ups()) == ("other work", 32 + 1)
