"""A sample platform on a port of its own, and an institute that posts there."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Generic, TypeVar

from aggregator.actions.health import Health, healths
from aggregator.actions.refresh import Report
from aggregator.connectors import connector
from aggregator.connectors._contract import Errand
from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import Note
from aggregator.model import Post, Sightings, Sought
from aggregator.store.posts import listing
from tests.trip.stage import START, Origin, Stage

Platform = TypeVar("Platform", bound=Interface)
Make = Callable[[Callable[[], list[Note]], Callable[[], datetime]], Platform]
"""Makes a platform of what is posted there and a clock."""


@dataclass
class PostingOn(Generic[Platform]):
    """The institute's account, and the Aggregator that follows it."""

    stage: Stage
    platform: Platform
    key: str
    """Of feeds.yaml, with the account."""
    notes: list[Note] = field(default_factory=list)

    def follow(self, *options: str) -> None:
        said = ", ".join((f"server: 'http://127.0.0.1:{self.stage.origin.port}'", *options))
        self.stage.follow(f"{{id: account, {self.key}, in: latest-posts, options: {{{said}}}}}")

    def restart(self, tokens: Mapping[str, str] | None = None) -> None:
        """With these variables in the environment."""
        self.stage.app.close()
        self.stage.app = self.stage.open(tokens=tokens)

    def visit(self, after: timedelta = timedelta(0)) -> Report:
        (report,) = self.stage.refresh(after)
        return report

    def write(self, number: int, text: str, **more: Any) -> None:
        at = START - timedelta(days=20) + timedelta(hours=number)
        self.notes.append(Note(number, text, at, **more))

    def edit(self, number: int, text: str) -> None:
        self.notes = [
            replace(note, text=text, edited=self.stage.now) if note.number == number else note
            for note in self.notes
        ]

    def delete(self, number: int) -> None:
        self.notes = [note for note in self.notes if note.number != number]

    @property
    def shown(self) -> str:
        return self.stage.output("latest-posts.html")

    @property
    def health(self) -> Health:
        """What ``status`` says of the account."""
        app = self.stage.app
        ends = app.token_ends()
        (found,) = healths(app.publisher, app.catalogue(), self.stage.now, token_ends=ends)
        return found

    @property
    def stored(self) -> dict[str, Post]:
        """All posts that are stored, by their text."""
        found = (stored.post for stored in listing(self.stage.app.database))
        return {post.text: post for post in found}

    def look_up(self) -> Sightings:
        """Ask for all posts that are stored whether they are still there."""
        (source,) = self.stage.app.catalogue().sources
        sought = [Sought(post.guid, post.permalink) for post in self.stored.values()]

        async def ask() -> Sightings:
            app, module = self.stage.app, connector(source.platform)
            refresher = app.refresher
            try:
                with refresher.client.visit(None) as web:
                    keys = refresher.keys.of(source, module.TOKEN)
                    errand = Errand(web, refresher.reader, None, keys)
                    return await module.look_up(source, sought, errand)
            finally:
                await app.close_fetching()

        return asyncio.run(ask())


Posting = PostingOn[Interface]
"""On whichever platform."""


def handler(answer: Callable[..., Any]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.reply()

        def do_POST(self) -> None:
            self.reply(self.rfile.read(int(self.headers["Content-Length"])))

        def reply(self, *content: bytes) -> None:
            fields = {name.lower(): value for name, value in self.headers.items()}
            reply = answer(self.path, fields, *content)
            self.send_response(reply.status)
            for name, value in reply.fields.items():
                self.send_header(name, value)
            if reply.status != 304:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def served(answer: Callable[..., Any]) -> Iterator[Origin]:
    """An origin that answers so, on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(answer))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Origin(server.server_address[1])
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def posting_on(
    folder: Path, key: str, make: Make[Platform], tokens: Mapping[str, str] | None = None
) -> Iterator[PostingOn[Platform]]:
    """An account on a platform of its own; nobody follows it yet."""
    answering: list[PostingOn[Platform]] = []

    def answer(target: str, fields: dict[str, str], content: bytes | None = None) -> Reply:
        return answering[0].platform.answer(target, fields, content)

    with served(answer) as origin:
        stage = Stage(folder, origin)
        platform = make(lambda: answering[0].notes, lambda: stage.now)
        answering.append(PostingOn(stage, platform, key))
        answering[0].restart(tokens)
        yield answering[0]
        stage.app.close()
