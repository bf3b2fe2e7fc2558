"""The door for hubs: ``/hooks/websub/ID``, where they ask back and bring what is new (WebSub).

A hub is told nothing but whether its message arrived: what it brought is read later.
Not here: what is made of it (``actions/pushed.py``).
"""

import asyncio
import logging
import re

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.app import HOOKS, App
from aggregator.fetch.limits import Limits
from aggregator.store import subscriptions
from aggregator.store.subscriptions import Status

log = logging.getLogger(__name__)

MOST_READ = 4
"""Pushes that are read off the wire at the same time."""
_CALLBACK = re.compile(r"[\w-]{43}", re.ASCII)
"""What we hand out; what is anything else need not be looked up."""
_QUIET = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


class Hooks:
    """Routes for hubs."""

    def __init__(self, app: App, *, largest: int = Limits().wire) -> None:
        """``largest``: bytes of a push."""
        self._app = app
        self._largest = largest
        self._reading = 0

    def routes(self) -> list[Route]:
        """For Starlette."""
        path = HOOKS + "{callback}"
        return [Route(path, self.asked), Route(path, self.brought, methods=["POST"])]

    async def asked(self, request: Request) -> Response:
        """A hub asks whether we want what it is to do, or tells us that it will not (rule E3)."""
        from aggregator.actions.pushed import reply  # noqa: PLC0415 - slow, and few are ever asked
        from aggregator.fetch.websub import read_question  # noqa: PLC0415

        callback = request.path_params["callback"]
        question = read_question(request.scope["query_string"])
        if request.method != "GET" or question is None or not _CALLBACK.fullmatch(callback):
            return _said(404)
        app = self._app
        answer = await asyncio.to_thread(reply, app.database, callback, question, app.clock())
        if answer is None:
            return _said(404)
        return Response(answer, media_type="text/plain", headers=_QUIET)

    async def brought(self, request: Request) -> Response:
        """A hub brings what is new: it is taken in, and looked at later (rule E4)."""
        from aggregator.actions.pushed import Delivery  # noqa: PLC0415 - slow to import

        callback = request.path_params["callback"]
        if not _CALLBACK.fullmatch(callback):
            return _said(404)
        subscription = await asyncio.to_thread(subscriptions.find, self._app.database, callback)
        if subscription is None or subscription.status is Status.ASKED:
            return _said(404)
        if not subscription.holds_at(self._app.clock()):
            return _said(410)
        body = await self._body(request)
        if isinstance(body, Response):
            return body
        fields = request.headers
        delivery = Delivery(
            subscription,
            body,
            fields.get("x-hub-signature", ""),
            fields.get("content-type", ""),
            fields.get("content-encoding", ""),
        )
        if not await asyncio.to_thread(lambda: delivery.is_genuine):
            # Accepted all the same, so that nobody learns anything by trying (section 7.1.2).
            log.warning("push source=%s outcome=unsigned", subscription.source_id)
            return _said(202)
        return _said(202) if self._app.inbox.put(delivery) else _said(503, {"retry-after": "60"})

    async def _body(self, request: Request) -> bytes | Response:
        """All of it, or why not. Its size is looked at before and while it is read."""
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._largest:
            return _said(413)
        if self._reading >= MOST_READ:
            return _said(503, {"retry-after": "60"})
        self._reading += 1
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > self._largest:
                    return _said(413)
        except ClientDisconnect:  # it gave up, or took longer than the server lets anybody
            return _said(408)
        finally:
            self._reading -= 1
        return bytes(body)


def _said(status: int, fields: dict[str, str] | None = None) -> Response:
    return Response(status_code=status, headers=_QUIET | (fields or {}))
