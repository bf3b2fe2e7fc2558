"""What the one public port shows: files under the public paths, pages under all others.

In: a built ``App`` and the clock's pulse. Out: an ASGI application. Not here: the server
(``server.py``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from aggregator.app import App, Pulse
from aggregator.web.pages import Pages, below
from aggregator.web.public import FOLDERS, Asgi, Message, PublicFiles, Receive, Send


@dataclass(frozen=True, slots=True)
class Site:
    """One ASGI application of two: files do without the layers that Starlette has for pages."""

    files: PublicFiles
    pages: Asgi
    below: str = ""
    """The path of the public address, ``/feeds``; what a proxy asks for may still begin with it."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path: str = scope["path"]
        if path.startswith(f"{self.below}/") and not path.startswith(FOLDERS):
            path = path.removeprefix(self.below)
            scope = {**scope, "path": path}
        wanted = self.files if path.startswith(FOLDERS) else self.pages
        await wanted(scope, receive, send)


def site(app: App, pulse: Callable[[], Pulse], extra: Sequence[BaseRoute] = ()) -> Site:
    """The site of an ``App``.

    ``extra`` routes come before our own: the sample world puts its article page on ``/``.
    """
    pages = Starlette(routes=[*extra, *Pages(app, pulse).routes()])
    files = PublicFiles(app.settings.public, frame_sites=app.settings.frame_sites)
    return Site(files, pages, below=below(app))
