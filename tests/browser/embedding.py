"""A site that embeds widgets, on loopback: its own pages, and the service's files beside them."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aggregator.demo.cases import Case, pictures, read_cases
from aggregator.model import Look
from aggregator.web.public import PublicFiles
from aggregator.widgets.assets import integrity
from aggregator.widgets.output import OutputFolder
from aggregator.widgets.render import Renderer
from tests.browser.chromium import Visit

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
POSTS, BLOGS = "posts-latest", "blogs-latest"
"""The widgets of the service, five cards each."""
WAYS = ("included", "declarative", "loader", "frame", "page")
"""The ways to embed a widget, the page for iframes opened by itself, and the full page."""
HEIGHT_LINE = (
    "@media (scripting: enabled){feed-widget:not([data-state=ready],[data-state=error])"
    "{display:block;min-height:1500px}}"
)
"""As the snippet has it."""


@dataclass
class Reply:
    """What a path is answered."""

    body: bytes = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None
    """Waited for before the answer is sent."""


class Embedding:
    """A running site. Paths in ``replies`` are answered so; else those of the service are."""

    def __init__(
        self, public: Path, frame_sites: tuple[str, ...] = (), looks: tuple[Look, ...] = ()
    ) -> None:
        self.replies: dict[str, Reply] = {}
        self.sent: list[tuple[str, int]] = []
        """Each path that was answered, with the bytes of its body on the wire."""
        self.public = public
        self.frame_sites = frame_sites
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self.renderer = Renderer([TEMPLATES], self.address)
        folder = OutputFolder(public)
        self._looks = looks
        folder.write([*self.renderer.assets(looks), *pictures()])
        for layout in ("posts", "blogs"):
            widget = _five().widget(layout)
            spec, told = replace(widget.spec, heading=2), replace(widget.site, looks=looks)
            folder.write(self.renderer.render(replace(widget, spec=spec, site=told)))

    @property
    def stylesheet(self) -> str:
        """The tag that included fragments want once in their page."""
        path = self.renderer.assets(self._looks).stylesheet.path
        return f'<link rel="stylesheet" href="{self.address}/{path}">'

    def included(self, *names: str) -> str:
        """Widgets as a server-side include has them, with their style."""
        return self.stylesheet + "".join(self.file(f"w/{name}.html") for name in names)

    @property
    def loader(self) -> str:
        """The snippet's tag for the script."""
        file = self.renderer.assets().loader
        return (
            f'<script async src="{self.address}/{file.path}" integrity="{integrity(file)}" '
            'crossorigin="anonymous"></script>'
        )

    def widget(self, name: str = POSTS) -> str:
        """The snippet's tag for a widget, with its link."""
        return (
            f'<feed-widget src="{self.address}/w/{name}.shadow.html">'
            f'<a href="{self.address}/w/{name}/">Latest posts</a></feed-widget>'
        )

    def file(self, name: str) -> str:
        """A file of the service, as a server-side include has it."""
        return (self.public / name).read_text("utf-8")

    def page(self, body: str, *, policy: str | None = None, style: str = "") -> str:
        """Put a page on ``/``; its address."""
        html = (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="stylesheet" href="/site.css"></head>'
            f"<body><main><h1>A page</h1>\n{body}\n<p id=below>Below.</p></main></body></html>"
        )
        said = {} if policy is None else {"content-security-policy": policy}
        self.replies["/"] = Reply(html.encode(), headers=said)
        self.replies["/site.css"] = Reply(style.encode(), "text/css")
        return f"{self.address}/"

    def shape(self, way: str, style: str = "body { margin: 1rem }") -> str:
        """The address of a page with widgets in one of ``WAYS``; ``style`` is the site's own."""
        if way == "frame":
            return f"{self.address}/w/{POSTS}.frame.html"
        if way == "page":
            return f"{self.address}/w/{BLOGS}/"
        bodies = {
            "included": self.included(POSTS, BLOGS),
            "declarative": self.file(f"w/{POSTS}.dsd.html") + self.file(f"w/{BLOGS}.dsd.html"),
            "loader": self.widget() + self.widget(BLOGS) + self.loader,
        }
        return self.page(bodies[way], style=style)

    def serve(self) -> None:
        """Until ``close``."""
        self._server.serve_forever(poll_interval=0.01)

    def close(self) -> None:
        """End it; nobody waits at a gate any more."""
        for reply in self.replies.values():
            if reply.gate is not None:
                reply.gate.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def embedding(
    public: Path, frame_sites: tuple[str, ...] = (), looks: tuple[Look, ...] = ()
) -> Iterator[Embedding]:
    """A site that runs meanwhile."""
    site = Embedding(public, frame_sites, looks)
    thread = threading.Thread(target=site.serve, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.close()
        thread.join()


def settle(visit: Visit) -> None:
    """Wait until the loader has shown what it was asked to show."""
    visit.value(
        """Promise.all([...document.querySelectorAll("feed-widget[src]")].map(one =>
          one.dataset.state === "ready"
          || new Promise(done => one.addEventListener("feed-widget", () => done(1))))).then(() => 1)"""
    )


def _five() -> Case:
    """Two articles with pictures, a note, and two notes in other languages."""
    cases = {case.id: case for case in read_cases()}
    entries = cases["usual"].entries + cases["tongues"].entries[:2]
    return replace(cases["usual"], id="latest", title="Latest posts", entries=entries)


def _handler(site: Embedding) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply = site.replies.get(self.path)
            if self.path == "/favicon.ico":  # browsers ask by themselves
                reply = Reply(kind="image/x-icon")
            sent = site.sent  # of this test, however long the answer waits
            if reply is None:
                fields = {
                    name.lower().encode(): said.encode() for name, said in self.headers.items()
                }
                files = PublicFiles(site.public, frame_sites=site.frame_sites)
                answer = files.answer("GET", self.path, fields)
                status, body = answer.status, answer.body
                headers = {name.decode(): said.decode() for name, said in answer.fields}
            else:
                if reply.gate is not None:
                    reply.gate.wait(60)
                status, body = reply.status, reply.body
                headers = {"content-type": reply.kind, "content-length": str(len(body))}
                headers |= reply.headers
            sent.append((self.path, len(body)))
            with contextlib.suppress(ConnectionError):  # the page is gone
                self.send_response(status)
                for name, said in headers.items():
                    self.send_header(name, said)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing is said."""

    return Handler
