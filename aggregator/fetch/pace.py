"""Turns: how many servers are asked at once, and how soon one is asked again.

In: a host's name. Out: a turn to hold while asking. Specification: ``model.Pace``, rule C10.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from aggregator.model import Pace


class _Host:
    """One host: its places, and when the next fetch may start."""

    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)
        self.start = asyncio.Lock()
        self.next_start = float("-inf")
        self.holders = 0
        """Those who fetch and those who queue."""


class HostPace:
    """Hands out turns, first come, first served, for each host and for all together."""

    def __init__(
        self,
        pace: Pace,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._pace = pace
        self._monotonic = monotonic
        self._sleep = sleep
        self._all = asyncio.Semaphore(pace.at_once)
        self._hosts: dict[str, _Host] = {}
        """Ordered by the last start, so that the idle are found at the front."""

    @contextlib.asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at ``host`` and hold it.

        Who holds one must hand it back before asking for another: that is what rules out deadlock.
        """
        self._forget_idle()
        here = self._hosts.setdefault(host, _Host(self._pace.at_once_per_host))
        here.holders += 1
        try:
            async with here.places:
                await self._start(host, here)
                try:
                    yield
                finally:
                    self._all.release()
        finally:
            here.holders -= 1

    async def _start(self, host: str, here: _Host) -> None:
        """Wait for the gap, and only then for one of the places that all hosts share."""
        async with here.start:
            wait = here.next_start - self._monotonic()
            if wait > 0:
                await self._sleep(wait)
            await self._all.acquire()
            here.next_start = self._monotonic() + self._pace.host_gap
            self._hosts[host] = self._hosts.pop(host)

    def _forget_idle(self) -> None:
        now = self._monotonic()
        while self._hosts:
            name, host = next(iter(self._hosts.items()))
            if host.holders or host.next_start > now:
                return
            del self._hosts[name]
