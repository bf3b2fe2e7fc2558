"""Names to addresses; names that need no network."""

import asyncio
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
