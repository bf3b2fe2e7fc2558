"""The one guarded HTTP client: visits, redirects, conditions.

In: addresses that people or feeds supply. Out: whole, decoded documents, NotModified, FetchErrors.
Not here: sockets (``dial.py``), HTTP's own syntax (``transport.py``), how often (``actions/``).
Specification: rules A1 to A6, B1 to B8, C10, D8, D9, F7, F8 and G3 of the fetching rules.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx

from aggregator.errors import (
    BlockedAddress,
    FetchError,
    NotModified,
    ServerFault,
    Unreadable,
)
from aggregator.fetch.address import Address, MalformedAddressError, read_address
from aggregator.fetch.answer import Answer
from aggregator.fetch.dial import Dialler
from aggregator.fetch.guard import Guard
from aggregator.fetch.hold import Hold
from aggregator.fetch.limits import Limits
from aggregator.fetch.pace import HostPace
from aggregator.fetch.resolve import Resolver, SystemResolver
from aggregator.fetch.robots import Memory
from aggregator.fetch.trip import Trip
from aggregator.model import Document, Pace, Validators

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)


class Client:
    """What all visits share: guard, turns, certificates, resolver. Use it in one event loop."""

    def __init__(
        self,
        *,
        user_agent: str,
        guard: Guard,
        pace: Pace,
        clock: Callable[[], datetime],
        limits: Limits | None = None,
        ca_file: Path | None = None,
        proxy: str | None = None,
        resolver: Resolver | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Make a client.

        ``clock`` tells the time in UTC, for dates in answers; ``monotonic`` and ``sleep`` time the
        turns. ``proxy`` is an ``http:`` address; raises ValueError where it is not.
        """
        self.user_agent = user_agent
        self.limits = limits or Limits()
        self.clock = clock
        self.pace = HostPace(pace, clock=clock, monotonic=monotonic, sleep=sleep)
        self.hold = Hold(self.limits.hold)
        self.robots = Memory(clock)
        self._system_resolver = SystemResolver()
        self.dialler = Dialler(
            guard,
            resolver or self._system_resolver,
            self.limits,
            ca_file=ca_file,
            proxy=_read_proxy(proxy) if proxy else None,
        )

    def visit(self, validators: Validators | None) -> "VisitWeb":
        """The client for the length of one visit; ``validators`` are those of the last one.

        Use it as a context manager: leaving says that its document is done with.
        """
        return VisitWeb(self, validators)

    async def hand_in(self, address: Address, form: bytes) -> Answer:
        """One POST of a form (URL-encoded), whatever is answered; redirects are not followed.

        Raises FetchError where no answer comes.
        """
        fields = {
            "Host": address.netloc,
            "User-Agent": self.user_agent,
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(form)),
            "Connection": "close",
        }
        async with contextlib.aclosing(self.trip()) as trip:
            answer, _ = await trip.ask(address, fields, form)
        return answer

    def trip(self) -> Trip:
        """One fetch, not begun yet."""
        return Trip(
            dialler=self.dialler,
            limits=self.limits,
            pace=self.pace,
            hold=self.hold,
            clock=self.clock,
        )

    async def aclose(self) -> None:
        """Let the resolver's threads go."""
        self._system_resolver.close()


class VisitWeb:
    """The client, for the length of one visit: implements the connectors' ``Web``."""

    def __init__(self, client: Client, validators: Validators | None) -> None:
        self._client = client
        self._known = validators
        self.validators = validators
        """The pair to remember: of the last 200, or merged by the last 304. None: it gave none."""
        self.fresh_for: timedelta | None = None
        """What the last 200 or 304 said of its freshness."""
        self.wait: timedelta | None = None
        """The longest wait that a redirect on the way asked for (rule C4)."""
        self.requests = 0
        self.bytes_read = 0
        self.status: int | None = None
        """Of the last answer; None: none came."""
        self.issuer: str | None = None
        """Who issued the certificate under which the last document came; None: not known."""
        self.moved_to: str | None = None
        """Where unbroken permanent redirects from the asked address led (rules D3, D4)."""
        self._held = 0

    def __enter__(self) -> "VisitWeb":
        return self

    def __exit__(self, *_: object) -> None:
        self.still_holds(0)

    def still_holds(self, size: int) -> None:
        """Tell how many bytes of what was handed out wait to be stored."""
        self._client.hold.change(size - self._held)
        self._held = size

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
        telling: bool = False,
        secrets: Mapping[str, str] | None = None,
        redirects: int | None = None,
    ) -> Document:
        """One GET, redirects followed: a final 200, whole and decoded.

        ``headers`` and credentials in ``url`` go to ``url`` itself and not to where it redirects.
        ``telling``: an error of a status carries the beginning of the body, and the fields.
        ``secrets`` are sent as part of the query and stand in no address that anybody sees; then
        no redirect is followed.
        Validators go to the address that issued them, wherever in the chain that is (rule B8).
        ``redirects`` is how many of them are followed, where that is fewer than usual.
        Raises NotModified on a 304 and FetchError on everything else.
        """
        self.still_holds(0)
        address = _read_asked(url)
        extra = dict(headers or {})
        if address.credentials is not None:
            extra["Authorization"] = f"Basic {address.credentials}"
        self.moved_to = None
        for_good = not secrets  # where it leads may repeat them
        usual = self._client.limits.redirects
        most = usual if redirects is None else min(redirects, usual)
        if secrets:
            address, most = replace(address, hidden=urlencode(secrets)), 0
        async with contextlib.aclosing(self._client.trip()) as trip:
            for _ in range(most + 1):
                conditions = {} if unconditional else self._conditions(address)
                fields = self._fields(address, accept) | conditions | extra
                answer, body = await self._ask(trip, address, fields, telling=telling)
                if not answer.moved:
                    return self._conclude(
                        answer, body, conditional=bool(conditions), telling=telling
                    )
                self.wait = max(filter(None, (self.wait, answer.wait())), default=None)
                address, extra = answer.target(), {}
                for_good = for_good and answer.moved_for_good
                if for_good:
                    self.moved_to = address.url
        raise answer.error(ServerFault, f"redirects us more than {most} times.")

    async def post(
        self,
        url: str,
        content: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """One POST to an interface that takes questions in this way; redirects are not followed.

        Raises FetchError on everything but a whole 200, with the beginning of the body.
        """
        self.still_holds(0)
        address = _read_asked(url)
        said = {"Content-Type": content_type, "Content-Length": str(len(content))}
        fields = self._fields(address, "application/json") | said | dict(headers or {})
        async with contextlib.aclosing(self._client.trip()) as trip:
            answer, body = await self._ask(trip, address, fields, content, telling=True)
        if answer.status != httpx.codes.OK:
            raise _telling(answer, body)
        return self._whole(answer, body)

    async def _ask(
        self,
        trip: Trip,
        address: Address,
        fields: Mapping[str, str],
        content: bytes | None = None,
        *,
        telling: bool,
    ) -> tuple[Answer, bytes]:
        try:
            return await trip.ask(address, fields, content, telling=telling)
        finally:
            self.requests += trip.tried
            self.bytes_read += trip.received
            self.status = trip.status

    def _fields(self, address: Address, accept: str | None) -> dict[str, str]:
        """Our own fields, and no others: no cookie, no referrer, no range (rules A1 to A4)."""
        return {
            "Host": address.netloc,
            "User-Agent": self._client.user_agent,
            "Accept": accept or ACCEPT,
            "Accept-Encoding": "gzip, br",
            "Connection": "close",
        }

    def _conditions(self, address: Address) -> dict[str, str]:
        """What makes the request conditional, where the pair is that address's own (B1 to B4)."""
        known = self._known
        if known is None or known.url != address.url:
            return {}
        pair = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        return {name: text for name, text in pair.items() if text is not None}

    def _conclude(
        self, answer: Answer, body: bytes, *, conditional: bool, telling: bool
    ) -> Document:
        """What a final answer means, and what is remembered of it (rules B5 to B7, D9)."""
        if answer.status == httpx.codes.NOT_MODIFIED:
            if not conditional:
                raise answer.error(ServerFault, "answered 304 (not changed) without being asked.")
            self.validators = _merged(self._known, answer.validators())
            self.fresh_for = answer.fresh_for()
            raise NotModified
        if answer.status != httpx.codes.OK:
            raise _telling(answer, body) if telling else answer.failure(body)
        document = self._whole(answer, body)
        self.validators = document.validators
        self.fresh_for = document.fresh_for
        return document

    def _whole(self, answer: Answer, body: bytes) -> Document:
        if not body:
            raise answer.error(Unreadable, "sent an empty answer.")
        self.still_holds(len(body))
        self.issuer = answer.issuer
        return Document(
            url=answer.address.url,
            body=body,
            headers=answer.fields,
            validators=answer.validators(),
            fresh_for=answer.fresh_for(),
            wait=answer.renewed_in(),
        )


def _telling(answer: Answer, body: bytes) -> FetchError:
    """The error that a status is, with what the answer says of it."""
    error = answer.failure(body)
    error.body, error.headers = body, answer.fields
    return error


def _read_asked(url: str) -> Address:
    try:
        return read_address(url)
    except MalformedAddressError as error:
        # Without ``url``: what cannot be taken apart may hold a password (rule F7).
        raise BlockedAddress(
            f"This is not a web address: {error}.",
            advice="Write it in feeds.yaml as a browser shows it, with https:// at its start.",
        ) from error


def _read_proxy(text: str) -> Address:
    try:
        proxy = read_address(text)
    except (MalformedAddressError, BlockedAddress):
        proxy = None
    if proxy is None or proxy.scheme != "http":
        raise ValueError("a proxy's address looks like http://proxy.example.org:3128")
    return proxy


def _merged(known: Validators | None, newer: Validators | None) -> Validators | None:
    """Rule B6: what a 304 brings replaces its like; what it leaves out stays."""
    if known is None or newer is None:
        return known
    return Validators(
        newer.url, newer.etag or known.etag, newer.last_modified or known.last_modified
    )
