"""A service in the place of ours, which answers as a test tells it."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

WIDGET = (
    '<section class="fw fw-layout-posts" aria-labelledby="fw-latest-posts-h" lang="en" dir="ltr">\n'
    '<h2 class="fw-h" id="fw-latest-posts-h">Latest posts</h2>\n<p class="fw-text">{words}</p>\n</section>'
)
PATH = "/w/latest-posts.html"


def widget(words: str = "We are well.") -> str:
    """A fragment that says so."""
    return WIDGET.format(words=words)


@dataclass
class Said:
    """One answer."""

    body: str | bytes = field(default_factory=widget)
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    also: dict[str, str] = field(default_factory=dict)
    length: bool = True
    """Whether the answer tells its length; otherwise its end is that of the connection."""


class Service:
    """Answers each path with what ``says`` holds for it, else with 404 and a body."""

    def __init__(self) -> None:
        self.says: dict[str, Said] = {PATH: Said()}
        self.asked: list[dict[str, str]] = []
        """The header of each request, names in small letters."""
        self.sent: list[tuple[str, bytes]] = []
        """Where something was sent, and what."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                service.sent.append(
                    (self.path, self.rfile.read(int(self.headers["content-length"])))
                )
                self.do_GET()

            def do_GET(self) -> None:
                service.asked.append({name.lower(): value for name, value in self.headers.items()})
                said = service.says.get(self.path, Said("<h1>Not found</h1>", 404))
                body = said.body.encode() if isinstance(said.body, str) else said.body
                self.send_response(said.status)
                self.send_header("Content-Type", said.kind)
                if said.length:
                    self.send_header("Content-Length", str(len(body)))
                else:
                    self.send_header("Connection", "close")
                for name, value in said.also.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A web server that ends resets the connections it had kept."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        it: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let nobody listen there any more. Harmless twice."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
