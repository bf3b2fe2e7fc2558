"""The gallery: every layout there is against posts that make trouble, for whoever adds a layout.

Layouts are found where the renderer finds them, and drawn anew at each request, so that a template
can be watched while it is written. Templates: ``site/gallery.html`` and ``site/gallery.css``.
Not here: the cases (``cases.py``).
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from aggregator.demo.cases import Case, pictures, read_cases
from aggregator.errors import RenderError
from aggregator.model import OutputFile
from aggregator.widgets.render import Renderer

PREFIX = "/gallery"
"""Where the gallery and the other shapes of its widgets are."""
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/feed+json",
    ".opml": "text/x-opml",
    ".rss": "application/rss+xml",
    ".webp": "image/webp",
}


class Gallery:
    """Draws the gallery. ``template_folders``: searched in order, for widgets and page alike."""

    def __init__(self, template_folders: Sequence[Path], templates: Environment) -> None:
        self._renderer = Renderer(template_folders, PREFIX)
        self._templates = templates
        self._cases = {case.id: case for case in read_cases()}

    def routes(self, headers: dict[str, str]) -> list[Route]:
        """For Starlette; ``headers`` go with every answer."""

        def page(_: Request) -> Response:
            return HTMLResponse(self.page(), headers=headers)

        def output(request: Request) -> Response:
            file = self.output(request.path_params["path"])
            if file is None:
                return Response(status_code=404)
            kind = _TYPES.get(PurePosixPath(file.path).suffix, "application/octet-stream")
            return Response(file.body, media_type=kind, headers=headers)

        return [Route(f"{PREFIX}/", page), Route(f"{PREFIX}/{{path:path}}", output)]

    def page(self) -> str:
        """The page as HTML."""
        layouts = [
            {"name": name, "shown": [self._shown(case, name) for case in self._cases.values()]}
            for name in sorted(self._renderer.layouts())
        ]
        assets = (file.path for file in self._renderer.assets())
        stylesheet = next(path for path in assets if path.endswith(".css"))
        page = self._templates.get_template("site/gallery.html")
        return page.render(layouts=layouts, stylesheet=f"{PREFIX}/{stylesheet}")

    def output(self, path: str) -> OutputFile | None:
        """A file that it links to, by its path below ``PREFIX``; None where there is none."""
        wanted = f"{path}index.html" if path.endswith("/") else path
        files = [*self._renderer.assets(), *pictures()]
        widget_id = PurePosixPath(path).name.partition(".")[0]
        for layout in self._renderer.layouts():
            case = self._cases.get(widget_id.removeprefix(f"{layout}-"))
            if case is not None and widget_id.startswith(f"{layout}-"):
                files += self._renderer.render(case.widget(layout))
        return next((file for file in files if file.path == wanted), None)

    def _shown(self, case: Case, layout: str) -> dict[str, Any]:
        """A case in a layout; where its template is broken, what is wrong with it."""
        shown: dict[str, Any] = {"case": case, "id": f"{layout}-{case.id}"}
        try:
            files = self._renderer.render(case.widget(layout))
        except RenderError as error:
            return {**shown, "fragment": None, "trouble": str(error)}
        fragment = next(file for file in files if file.path == f"w/{shown['id']}.html")
        return {**shown, "fragment": fragment.body.decode(), "trouble": None}
