"""The sample world on the wire: every blog and platform on a host of its own, all on one port.

It answers as well-kept origins do (RFC 9110): validators, 304, gzip for those who ask, redirects.
Browsers resolve ``*.localhost`` by themselves; our own client does too.
"""

import asyncio
import gzip
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import md5
from html import escape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from uvicorn import Config, Server

from aggregator.demo.accounts import SAMPLES
from aggregator.demo.blogs import Blog
from aggregator.demo.engines import ENGINES, HERE, Engine, Press
from aggregator.demo.interface import Interface
from aggregator.demo.notes import Written
from aggregator.demo.world import World

_PAGE_HEADERS = {
    # The pages of a blog that was broken into are served too: nothing in them may run or call.
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
}


_NOTE = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><title>A post</title>'
    "<p>{text}</p></html>"
)
_BOAT = "/images/boat.svg"
"""The one picture of the sample world."""


class SampleWorld:
    """A running sample world: ``port = await world.start()``, later ``await world.stop()``.

    It lives in a thread with a loop of its own, so that it is as far away as another machine.
    """

    def __init__(
        self, began: datetime, clock: Callable[[], datetime], *, slow_seconds: float = 2.5
    ) -> None:
        """``began``: see ``World``. ``clock`` tells now, in UTC.

        ``slow_seconds``: how long the reader of the slow blog's feed waits.
        """
        self.world = World(began)
        self._clock = clock
        self._slow_seconds = slow_seconds
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    async def start(self, port: int = 0) -> int:
        """Answer on 127.0.0.1 and return the port; 0 takes a free one.

        Raises OSError where the port is taken.
        """
        listener = socket.create_server(("127.0.0.1", port))  # from here on, visitors may queue
        bound: int = listener.getsockname()[1]
        app = _Site(self.world, bound, self._clock, self._slow_seconds).app()
        config = Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
        self._server = Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="sample world", daemon=True
        )
        self._thread.start()
        return bound

    async def stop(self) -> None:
        """Stop answering; a second time is harmless."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            await asyncio.to_thread(self._thread.join)
            self._server = self._thread = None


class _Site:
    """All hosts behind the port."""

    def __init__(
        self, world: World, port: int, clock: Callable[[], datetime], slow_seconds: float
    ) -> None:
        self._world = world
        self._clock = clock
        self._slow_seconds = slow_seconds
        self._press = Press(world, port)
        self._platforms: dict[str, Interface] = {
            name: sample.make(sample.account, self._written(name), clock)
            for name, sample in SAMPLES.items()
        }

    def app(self) -> Starlette:
        route = Route("/{path:path}", self._answer, methods=["GET", "POST"])
        return Starlette(routes=[route])

    async def _answer(self, request: Request) -> Response:
        host = request.headers.get("host", "").partition(":")[0].lower().removesuffix(".localhost")
        path = request.url.path
        if host in self._world.moved:
            there = self._press.origin(self._world.moved[host].host)
            return RedirectResponse(there + path, status_code=301)
        if host in self._platforms:
            return await self._asked(request, host)
        blog = self._world.blogs.get(host)
        if blog is None:
            return _nothing_here()
        if path == ENGINES[blog.engine].feed_path:
            if blog.slow:
                await asyncio.sleep(self._slow_seconds)
            return self._feed(request, blog)
        return self._page(blog, path)

    def _feed(self, request: Request, blog: Blog) -> Response:
        engine = ENGINES[blog.engine]
        body, updated = self._press.feed(blog, self._clock())
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        headers = {"vary": "Accept-Encoding", "content-type": engine.content_type}
        tag = _entity_tag(engine, body, zipped=zipped)
        if tag:
            headers["etag"] = tag
        if engine.last_modified:
            headers["last-modified"] = format_datetime(updated, usegmt=True)
        if _known(request, headers, updated):
            del headers["content-type"]
            return Response(status_code=304, headers=headers)
        if zipped:
            headers["content-encoding"] = "gzip"
            body = gzip.compress(body, mtime=0)
        return Response(body, headers=headers)

    def _written(self, platform: str) -> Written:
        """What the institute has posted there, whenever that is asked."""
        return lambda: self._world.notes(platform, self._clock())

    async def _asked(self, request: Request, host: str) -> Response:
        """A platform, asked by a program."""
        path = request.url.path
        if path == _BOAT:
            return _boat()
        if host == "mastodon" and path.startswith("/@"):
            return self._note(path.rpartition("/")[2])
        target = f"{path}?{request.url.query}"
        content = await request.body() if request.method == "POST" else None
        reply = self._platforms[host].answer(target, dict(request.headers), content)
        return Response(reply.body, status_code=reply.status, headers=dict(reply.fields))

    def _note(self, number: str) -> Response:
        """The page of a post on the sample Mastodon server, for people."""
        notes = self._world.notes("mastodon", self._clock())
        note = next((note for note in notes if str(note.number) == number), None)
        if note is None:
            return _nothing_here()
        page = _NOTE.format(language=note.language, text=escape(note.text))
        return Response(page, media_type="text/html", headers=_PAGE_HEADERS)

    def _page(self, blog: Blog, path: str) -> Response:
        if path == "/style.css":
            style = (HERE / "pages" / "style.css").read_text("utf-8")
            return Response(style.replace("HUE", str(blog.hue)), media_type="text/css")
        if path == _BOAT:
            return _boat()
        now = self._clock()
        page = self._press.home(blog, now) if path == "/" else self._press.post(blog, path, now)
        if page is None:
            return _nothing_here()
        return Response(page, media_type="text/html", headers=_PAGE_HEADERS)


def _boat() -> Response:
    return Response((HERE / "pages" / "boat.svg").read_bytes(), media_type="image/svg+xml")


def _nothing_here() -> Response:
    return Response("Nothing here.\n", status_code=404, media_type="text/plain")


def _entity_tag(engine: Engine, body: bytes, *, zipped: bool) -> str:
    """The validator in the style of the engine's server; empty where it sends none."""
    digest = md5(body, usedforsecurity=False).hexdigest()
    match engine.etag:
        case "md5":  # a proxy that compresses makes a strong tag weak
            return f'W/"{digest}"' if zipped else f'"{digest}"'
        case "weak":
            return f'W/"{len(body):x}-{digest[:27]}"'
        case "apache":  # mod_deflate marks what it has compressed
            return f'"{len(body):x}-{digest[:13]}{"-gzip" if zipped else ""}"'
        case _:
            return ""


def _known(request: Request, headers: dict[str, str], updated: datetime) -> bool:
    """Whether the visitor has this very version (RFC 9110, section 13.2.2)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        offered = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return headers.get("etag", "").removeprefix("W/") in offered
    since = request.headers.get("if-modified-since")
    if since is not None and "last-modified" in headers:
        with suppress(ValueError):
            return updated <= parsedate_to_datetime(since)
    return False
