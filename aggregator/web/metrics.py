"""The door for the operators' monitoring: ``/metrics``.

There is no such page unless AGGREGATOR_METRICS_TOKEN is set, and then only for those who know the
token. Where a request comes from would be no proof: behind a proxy on the same machine, all the
world comes from there.
Not here: the numbers (``actions/metrics.py``).
"""

import asyncio
import secrets

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.app import App
from aggregator.errors import AggregatorError

_QUIET = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


class Metrics:
    """The route for monitoring."""

    def __init__(self, app: App) -> None:
        self._app = app

    def routes(self) -> list[Route]:
        """For Starlette; none where nobody may look."""
        if self._app.settings.metrics_token is None:
            return []
        return [Route("/metrics", self.shown)]

    async def shown(self, request: Request) -> Response:
        """All numbers, for those who send the token."""
        if not self._may_look(request):
            return Response(status_code=401, headers=_QUIET | {"www-authenticate": "Bearer"})
        from aggregator.actions.metrics import CONTENT_TYPE  # noqa: PLC0415 - slow to import

        try:
            body = await asyncio.to_thread(self._page)
        except AggregatorError:
            return Response(status_code=503, headers=_QUIET)
        return Response(body, headers=_QUIET | {"content-type": CONTENT_TYPE})

    def _may_look(self, request: Request) -> bool:
        token = self._app.settings.metrics_token
        if token is None:
            return False
        sent = request.headers.get("authorization", "").encode("latin-1")
        return secrets.compare_digest(sent, f"Bearer {token.get_secret_value()}".encode())

    def _page(self) -> bytes:
        from aggregator.actions.metrics import measure, page  # noqa: PLC0415 - slow to import

        app = self._app
        gauges = measure(
            app.database,
            app.catalogue(),
            app.clock(),
            token_ends=app.token_ends(),
            hold_bytes=app.hold_bytes,
            parser_kills=app.parser_kills,
        )
        return page(app.tally, gauges)
