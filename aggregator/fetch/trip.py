"""One fetch over all its redirects: turns, the deadline, an answer's head and body.

In: addresses, and what is sent to them. Out: answers, each with as much of its body as is wanted.
Not here: which address is next, and what an answer means (``client.py``).
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

import httpx

from aggregator.errors import FetchError, ServerFault, TimedOut, TooLarge, Unreadable
from aggregator.fetch.address import Address
from aggregator.fetch.answer import Answer
from aggregator.fetch.decode import BadCodingError, OverCapError, UnknownCodingError, Unpacked
from aggregator.fetch.dial import Dialler
from aggregator.fetch.hold import Hold
from aggregator.fetch.limits import Limits
from aggregator.fetch.pace import HostPace
from aggregator.fetch.transport import Transport, in_words


class Trip:
    """One fetch over all its redirects: the turn that it holds and the time that it has left."""

    def __init__(
        self,
        *,
        dialler: Dialler,
        limits: Limits,
        pace: HostPace,
        hold: Hold,
        clock: Callable[[], datetime],
    ) -> None:
        self._limits = limits
        self._pace = pace
        self._hold = hold
        self._dialler = dialler
        self._clock = clock
        self._turn = contextlib.AsyncExitStack()
        self._host: str | None = None
        self._left = limits.whole
        self.tried = False
        """Whether the latest request got beyond its queue."""
        self.received = 0
        """Bytes of the latest request's answer."""
        self.status: int | None = None
        """Of the latest request's answer; None: none came."""

    async def ask(
        self,
        address: Address,
        fields: Mapping[str, str],
        form: bytes | None = None,
        *,
        telling: bool = False,
    ) -> tuple[Answer, bytes]:
        """Ask once, or hand in a form.

        Of most answers but a 200, and of all to a form, the body is left unless it is ``telling``.
        """
        self.tried = False
        self.status = None
        await self._take_turn(address)
        self.tried = True
        pace = self._pace
        try:
            answer, body = await self._ask_in_time(address, fields, form, telling=telling)
        except TimedOut:
            pace.heard_nothing(address)
            raise
        pace.heard(address, answer.wait() if answer.is_busy else None)
        return answer, body

    async def _ask_in_time(
        self, address: Address, fields: Mapping[str, str], form: bytes | None, *, telling: bool
    ) -> tuple[Answer, bytes]:
        transport = Transport(self._dialler, self._limits)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._left):
                return await self._exchange(transport, address, fields, form, telling=telling)
        except TimeoutError as error:
            raise TimedOut(
                f"{address.host} did not finish its answer within {self._limits.whole:g} seconds.",
                url=address.url,
            ) from error
        finally:
            await transport.aclose()
            self._left -= loop.time() - began
            self.received = transport.received

    async def aclose(self) -> None:
        """Hand the turn back."""
        await self._turn.aclose()

    async def _take_turn(self, address: Address) -> None:
        """Queue at another host only with empty hands, and never at the same one again.

        The queue does not count towards the deadline.
        """
        if address.host != self._host:
            self.received = 0
            await self._turn.aclose()
            await self._turn.enter_async_context(self._pace.turn(address))
            await self._hold.room()
            self._host = address.host

    async def _exchange(
        self,
        transport: Transport,
        address: Address,
        fields: Mapping[str, str],
        form: bytes | None,
        *,
        telling: bool,
    ) -> tuple[Answer, bytes]:
        # As Latin-1, so that validators go back byte for byte as they came (rule B1).
        sent = [(name.encode(), text.encode("latin-1")) for name, text in fields.items()]
        response = await transport.ask(address, sent, form)
        self.status = response.status_code
        answer = Answer(address, response, self._clock(), transport.issuer)
        if form is not None and not telling:
            return answer, b""
        if answer.status != httpx.codes.OK:
            looked_at = telling or answer.may_be_a_challenge
            return answer, await self._page(answer, response) if looked_at else b""
        return answer, await self._body(answer, response)

    async def _page(self, answer: Answer, response: httpx.Response) -> bytes:
        """The beginning of an error's page, as far as it can be had soon: it is only looked at."""
        limits = self._limits
        try:
            unpacked = Unpacked(answer.fields.get("content-encoding", ""), cap=limits.page)
        except UnknownCodingError:
            return b""
        # Whatever becomes of the page, the status stands.
        with contextlib.suppress(BadCodingError, OverCapError, FetchError, TimeoutError):
            async with asyncio.timeout(limits.page_wait):
                async for piece in cast("httpx.AsyncByteStream", response.stream):
                    unpacked.feed(piece)
        return unpacked.so_far[: limits.page]

    async def _body(self, answer: Answer, response: httpx.Response) -> bytes:
        """All of the body, unpacked, or an error (rule G6)."""
        cap = self._limits.decoded
        try:
            unpacked = Unpacked(answer.fields.get("content-encoding", ""), cap=cap)
            async for piece in cast("httpx.AsyncByteStream", response.stream):
                unpacked.feed(piece)
            return unpacked.whole()
        except OverCapError as error:
            raise answer.error(TooLarge, f"sends more than {in_words(cap)}.") from error
        except UnknownCodingError as error:
            raise answer.error(Unreadable, f"sent an unusable answer: {error}.") from error
        except BadCodingError as error:
            raise answer.error(ServerFault, f"sent a damaged answer: {error}.") from error
