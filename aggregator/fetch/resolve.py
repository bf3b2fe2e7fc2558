"""Names to IP addresses, without holding up anything else.

Not here: which addresses are visited (``guard.py``). Specification: rule F9 of the fetching rules.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Protocol

from aggregator.fetch.address import IPAddress

_THREADS = 32


class Resolver(Protocol):
    """Looks a name up."""

    async def __call__(self, host: str) -> Sequence[IPAddress]:
        """All addresses of ``host``, the best first.

        Raises OSError where there are none.
        """
        ...


class SystemResolver:
    """Asks the operating system.

    ``getaddrinfo`` blocks and cannot be cancelled, so it has threads of its own: names that hang
    use those up and nothing else.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve")

    async def __call__(self, host: str) -> Sequence[IPAddress]:
        """All addresses of ``host``, in the order of RFC 6724. Raises OSError."""
        found = await asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host)
        return tuple(dict.fromkeys(ip_address(text) for text in found))

    def close(self) -> None:
        """Let the threads go; those that still wait for an answer end with it."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str) -> list[str]:
    # As bytes, since Python would otherwise apply its own, older rules for international names.
    answers = socket.getaddrinfo(host.encode("ascii"), None, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in answers]
