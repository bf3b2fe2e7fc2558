"""A stage for whole journeys: a real origin on loopback, a real database, real files."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from aggregator.actions.mirror import Told
from aggregator.actions.publish import Published
from aggregator.actions.refresh import Report
from aggregator.app import App
from aggregator.cli.stream import look_up_shown, visit_claimed
from aggregator.model import Pace
from aggregator.settings import load_settings

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PACE = Pace(
    host_gap=0.0,
    shortest=timedelta(minutes=50),
    slowest=timedelta(minutes=50),
    interval_without_validators=timedelta(hours=20),
)
"""After an hour all is due that offers validators, after a day the rest."""


@dataclass
class Origin:
    """A web server whose answers tests set by path, and which remembers who asked for what."""

    port: int
    bodies: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


def handler(origin: Origin) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            origin.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            body = origin.bodies.get(self.path, b"")
            status = origin.statuses.get(self.path, 200 if body else 404)
            tag = origin.headers.get(self.path, {}).get("ETag")
            if status == 200 and tag and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            self.send_response(status)
            for name, value in origin.headers.get(self.path, {}).items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


HEAD = """\
site: {name: Example Institute, url: "https://www.example.org", timezone: America/New_York,
       contact: web@example.org}
widgets:
  - {id: latest-posts, title: Latest posts, layout: posts, show: 3, per_source: 3}
  - {id: patient-blogs, title: Family blogs, layout: blogs, show: 8, require: consent}
sources:
"""


class Stage:
    """One Aggregator with its folder, its clock and its feeds.yaml."""

    def __init__(self, folder: Path, origin: Origin, database_url: str | None = None) -> None:
        """``database_url`` None: a file in the data folder, as by default."""
        self.folder = folder
        self.origin = origin
        self.database_url = database_url
        self.now = START
        self.config = folder / "feeds.yaml"
        self.write(HEAD.replace("sources:\n", "sources: []\n"))
        self.app = self.open()

    def open(self, **settings: Any) -> App:
        made = load_settings(
            sealed=True,
            config=self.config,
            data=self.folder / "data",
            allow_networks="127.0.0.0/8",
            allow_ports=str(self.origin.port),
            database_url=self.database_url,
            **settings,
        )
        return App(made, pace=PACE, clock=lambda: self.now)

    def write(self, text: str) -> None:
        self.config.write_text(text, "utf-8")

    def follow(self, *sources: str) -> None:
        """Put sources, one YAML flow mapping each, under the usual head."""
        self.write(HEAD + "".join(f"  - {source}\n" for source in sources))

    def source(self, name: str, path: str = "/feed", more: str = "in: latest-posts") -> str:
        """An entry for ``follow``."""
        return f"{{id: {name}, feed: '{self.origin.url(path)}', {more}}}"

    def refresh(self, after: timedelta = timedelta(0), *, force: bool = False) -> list[Report]:
        """One pass, as the command makes it, ``after`` the last one."""
        reports = self.visit(after, force=force)
        self.app.publisher.publish_all(self.now)
        return reports

    def visit(self, after: timedelta, *, force: bool = False) -> list[Report]:
        """The first half of a pass: what is read is stored, and not published yet."""
        self.now += after
        catalogue = self.app.catalogue()
        self.app.sync(catalogue)
        claim = self.app.claims.among(catalogue.sources, force=force)
        return asyncio.run(visit_claimed(self.app, catalogue, claim, say=None))

    def look_up(self, after: timedelta = timedelta(0)) -> list[Told]:
        """Ask what is due of what is shown, as the command does, ``after`` the last act."""
        self.now += after
        catalogue = self.app.catalogue()
        told = asyncio.run(look_up_shown(self.app, catalogue, catalogue.sources))
        self.app.publisher.publish_all(self.now)
        return told

    def publish(self) -> list[Published]:
        catalogue = self.app.catalogue()
        self.app.sync(catalogue)
        return self.app.publisher.publish_all(self.now)

    def output(self, name: str) -> str:
        return (self.app.settings.public / "w" / name).read_text("utf-8")

    def outputs(self) -> str:
        """Everything but pictures that stands in the output folder, unpacked, as one text."""
        files = (path for path in self.app.settings.public.rglob("*") if path.is_file())
        return "".join(
            p.read_text("utf-8") for p in files if p.suffix not in {".gz", ".br", ".webp"}
        )


def item(number: int, *, title: str | None = None, text: str | None = None, day: int = 20) -> str:
    return (
        f"<item><title>{title or f'Post {number}'}</title>"
        f"<link>https://family.example.org/{number}</link>"
        f'<guid isPermaLink="false">id-{number}</guid>'
        f"<pubDate>Fri, {day:02} Nov 2026 0{number % 10}:00:00 GMT</pubDate>"
        f"<description>{text or f'What happened in post {number}, told at some length.'}"
        "</description></item>"
    )


def rss(*items: str | int, title: str = "One family's year") -> bytes:
    """RSS from items made by ``item`` or given as text."""
    written = "".join(one if isinstance(one, str) else item(one) for one in items)
    head = f"<title>{title}</title><link>https://family.example.org/</link>"
    return f'<rss version="2.0"><channel>{head}{written}</channel></rss>'.encode()
