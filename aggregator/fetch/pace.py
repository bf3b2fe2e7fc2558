"""Turns: how many servers are asked at once, how soon one is asked again, and who is left alone.

In: an address. Out: a turn to hold while asking, or a refusal without asking.
Specification: ``model.Pace``, rules C10 and G8.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from aggregator.errors import RateLimited, TimedOut
from aggregator.fetch.address import Address
from aggregator.fetch.domain import registered_domain
from aggregator.model import Pace

LONGEST_REST = timedelta(hours=1)
"""A host's other feeds are kept back no longer, whatever it told one of them (rule C10)."""
SILENCES = 4
"""After so many deadlines missed in a row, a domain is taken to be out of order."""
SILENT_REST = timedelta(minutes=5)
"""So long those who queue at such a domain are sent away, for they would fill every queue."""


class _Domain:
    """One registered domain: its places, and how it fared of late."""

    def __init__(self, name: str, places: int) -> None:
        self.name = name
        self.places = asyncio.Semaphore(places)
        self.silences = 0
        """Deadlines missed since it last answered."""


class _Host:
    """One host: its places, and when the next fetch may start."""

    def __init__(self, places: int, domain: _Domain) -> None:
        self.places = asyncio.Semaphore(places)
        self.domain = domain
        self.start = asyncio.Lock()
        self.next_start = float("-inf")
        self.holders = 0
        """Those who fetch and those who queue."""


class HostPace:
    """Hands out turns, first come, first served: for each host, each domain, and all together."""

    def __init__(
        self,
        pace: Pace,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """``clock`` times the rests that servers are given; the other two time the gaps."""
        self._pace = pace
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._all = asyncio.Semaphore(pace.at_once)
        self._hosts: dict[str, _Host] = {}
        """Ordered by the last start, so that the idle are found at the front."""
        self._domains: WeakValueDictionary[str, _Domain] = WeakValueDictionary()
        """Each lives as long as one of its hosts."""
        self._patience: dict[str, datetime] = {}
        """Hosts that asked for it, and until when."""
        self._out_of_order: dict[str, datetime] = {}
        """Domains, and until when they are left alone."""

    @contextlib.asynccontextmanager
    async def turn(self, address: Address) -> AsyncIterator[None]:
        """Wait for a turn at the host of ``address`` and hold it.

        Who holds one must hand it back before asking for another: that is what rules out deadlock.
        Raises RateLimited and TimedOut where the host is to be left alone.
        """
        self._forget_idle()
        host = self._hosts.get(address.host) or self._meet(address)
        host.holders += 1
        try:
            async with host.places, host.domain.places:
                self._refuse_in_rest(address, host.domain.name)
                await self._start(address.host, host)
                try:
                    yield
                finally:
                    self._all.release()
        finally:
            host.holders -= 1

    def heard(self, address: Address, wait: timedelta | None) -> None:
        """It answered; ``wait``: how long it asked us to stay away from the feed, if it did."""
        if host := self._hosts.get(address.host):
            host.domain.silences = 0
        if wait:
            span = min(wait, LONGEST_REST, self._pace.longest_wait)
            self._rest(self._patience, address.host, span)

    def heard_nothing(self, address: Address) -> None:
        """It let a deadline pass."""
        if host := self._hosts.get(address.host):
            host.domain.silences += 1
            if host.domain.silences >= SILENCES:
                self._rest(self._out_of_order, host.domain.name, SILENT_REST)

    def _meet(self, address: Address) -> _Host:
        """A host that has not been asked of late."""
        name = registered_domain(address)
        domain = self._domains.get(name)
        if domain is None:
            domain = self._domains[name] = _Domain(name, self._pace.at_once_per_domain)
        host = self._hosts[address.host] = _Host(self._pace.at_once_per_host, domain)
        return host

    async def _start(self, name: str, host: _Host) -> None:
        """Wait for the gap, and only then for one of the places that all hosts share."""
        async with host.start:
            wait = host.next_start - self._monotonic()
            if wait > 0:
                await self._sleep(wait)
            await self._all.acquire()
            host.next_start = self._monotonic() + self._pace.host_gap
            self._hosts[name] = self._hosts.pop(name)

    def _rest(self, rests: dict[str, datetime], name: str, span: timedelta) -> None:
        now = self._clock()
        for over in [known for known, until in rests.items() if until <= now]:
            del rests[over]
        rests[name] = now + span

    def _refuse_in_rest(self, address: Address, domain: str) -> None:
        now = self._clock()
        left = _left(self._patience.get(address.host), now)
        if left is not None:
            words = "when another of its feeds was asked for, it told us to come back later."
            said = f"{address.host} was left alone: {words}"
            raise RateLimited(said, url=address.url, retry_after=left)
        if _left(self._out_of_order.get(domain), now) is not None:
            words = f"the last {SILENCES} answers of {domain} never came."
            raise TimedOut(f"{address.host} was left alone: {words}", url=address.url)

    def _forget_idle(self) -> None:
        now = self._monotonic()
        while self._hosts:
            name, host = next(iter(self._hosts.items()))
            if host.holders or host.next_start > now:
                return
            del self._hosts[name]


def _left(until: datetime | None, now: datetime) -> timedelta | None:
    """What is left of a rest; where the clock was set back, it may be over sooner."""
    if until is None or not now < until <= now + LONGEST_REST:
        return None
    return until - now
