"""The few pages that the server makes itself: health, about the bot, and the door mat.

Not here: the widgets and their full pages, which are files (``public.py``).
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from aggregator import __version__
from aggregator.app import App, Pulse
from aggregator.errors import AggregatorError
from aggregator.web.hooks import Hooks
from aggregator.web.metrics import Metrics
from aggregator.widgets.assets import integrity


def below(app: App) -> str:
    """The path of the public address, such as ``/feeds``, or nothing."""
    return urlsplit(app.settings.public_url).path


class Pages:
    """Routes for ``/``, ``/healthz``, ``/about-bot`` and an icon that is none."""

    def __init__(self, app: App, pulse: Callable[[], Pulse]) -> None:
        self._app = app
        self._pulse = pulse
        folders = [FileSystemLoader(folder) for folder in app.settings.template_folders]
        self._templates = Environment(
            loader=ChoiceLoader(folders), autoescape=True, undefined=StrictUndefined
        )

    def routes(self) -> list[Route]:
        """For Starlette."""
        return [
            Route("/", self.index),
            Route("/healthz", self.health),
            Route("/about-bot", self.about_bot),
            Route("/favicon.ico", self.no_icon),
            *Hooks(self._app).routes(),
            *Metrics(self._app).routes(),
        ]

    def health(self, _: Request) -> Response:
        """200 while the clock looks and widgets are brought up to date; else 503 and one line.

        The widgets are files, and are served all the same.
        """
        pulse, heart = self._pulse(), self._app.heart
        heart.notice(pulse.looked, pulse.published_well)
        if trouble := heart.trouble():
            return PlainTextResponse(f"{trouble}\n", status_code=503, headers=_UNKEPT)
        return JSONResponse(
            {
                "status": "ok",
                "version": __version__,
                "started": pulse.started.isoformat(),
                "looked": pulse.looked.isoformat() if pulse.looked else None,
                "published": pulse.published.isoformat() if pulse.published else None,
                "feeds.yaml": "broken; the last good one is in use" if pulse.problem else "ok",
                "publishing": "failing; the last good files are in use" if pulse.trouble else "ok",
            },
            headers=_UNKEPT,
        )

    def about_bot(self, _: Request) -> Response:
        """What owners of feeds find when they follow our User-Agent (rule A1)."""
        return self._page("embed/about-bot.html")

    def no_icon(self, _: Request) -> Response:
        """Nothing, for a day: a 404 would stand as an error in the console of every page."""
        return Response(status_code=204, headers={"cache-control": "public, max-age=86400"})

    def index(self, _: Request) -> Response:
        """Which widgets there are and how each is embedded."""
        return self._page("embed/index.html")

    def _page(self, template: str) -> Response:
        try:
            catalogue = self._app.catalogue()
        except AggregatorError:
            return Response(status_code=503)
        assets = self._app.renderer.assets(catalogue.site.looks)
        body = self._templates.get_template(template).render(
            site=catalogue.site,
            widgets=catalogue.widgets,
            contact=self._app.settings.contact or catalogue.site.contact or catalogue.site.url,
            floor=self._app.pace.floor,
            prefix=self._app.settings.public_url,
            below=below(self._app),
            assets=assets,
            integrity=integrity(assets.loader),
        )
        return HTMLResponse(body, headers=_QUIET)


_UNKEPT = {"cache-control": "no-store"}
_QUIET = {
    "cache-control": "public, max-age=60",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}
