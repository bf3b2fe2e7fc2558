"""The example site: an article page with widgets in its sidebar, and the gallery of layouts.

The widgets are included at the server, the first of the ways to embed: their files are read from
the folder of outputs when the page is asked for. Where a file is missing, a link stands instead.
Templates: ``site/article.html``, ``site/site.css`` and ``site/icon.svg``.
Not here: the gallery itself (``gallery.py``).
"""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from aggregator.demo.gallery import Gallery

WIDGETS = {
    "appointments": "Make an appointment",
    "latest-posts": "Latest posts",
    "patient-blogs": "Patient and family blogs",
}
"""The widgets of the sidebar, with the words of the link that stands in for them."""
FILES = {
    "site.css": "text/css",
    "gallery.css": "text/css",
    "icon.svg": "image/svg+xml",
}
"""What the pages ask for besides the widgets' own style, and of what type it is."""


_HEADERS = {"content-security-policy": "default-src 'self'", "cache-control": "no-store"}
"""The pages must work under the strictest usual policy, widgets included."""


def example_site(
    template_folders: Sequence[Path], public_folder: Path, stylesheet: str
) -> list[Route]:
    """Routes for the example page on ``/``, the gallery, and their files.

    Parameters as for ``article_page``.
    """

    def article(_: Request) -> Response:
        page = article_page(template_folders, public_folder, stylesheet)
        return HTMLResponse(page, headers=_HEADERS)

    def file(request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        body = site_file(template_folders, name)
        return Response(body, media_type=FILES[name], headers=_HEADERS)

    gallery = Gallery(template_folders, _templates(template_folders))
    files = [Route(f"/{name}", file) for name in FILES]
    return [Route("/", article), *files, *gallery.routes(_HEADERS)]


def article_page(template_folders: Sequence[Path], public_folder: Path, stylesheet: str) -> str:
    """The page as HTML; ``stylesheet`` is the address of the widgets' own style.

    ``template_folders``: searched in order. ``public_folder``: holds ``w/NAME.html``. The page
    links its own style as ``/site.css`` and asks no other host for anything.
    """
    widgets = [
        {"id": name, "title": title, "fragment": _fragment(public_folder, name)}
        for name, title in WIDGETS.items()
    ]
    page = _templates(template_folders).get_template("site/article.html")
    return page.render(stylesheet=stylesheet, widgets=widgets)


def site_file(template_folders: Sequence[Path], name: str) -> str:
    """One of ``FILES``, from the first folder that has it."""
    files = (folder / "site" / name for folder in template_folders)
    return next(file for file in files if file.is_file()).read_text("utf-8")


def _templates(template_folders: Sequence[Path]) -> Environment:
    return Environment(
        loader=FileSystemLoader(list(template_folders)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _fragment(public_folder: Path, name: str) -> str | None:
    """The published fragment, our own rendering and therefore safe; None where it is missing."""
    try:
        return (public_folder / "w" / f"{name}.html").read_text("utf-8")
    except FileNotFoundError:
        return None
