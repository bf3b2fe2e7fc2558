"""A real server on loopback, and visitors who write their requests by hand."""

import asyncio
import shutil
import socket
import threading
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from aggregator.web.connection import Limits, Server
from aggregator.web.public import LOOK_EVERY, PublicFiles
from aggregator.web.server import listen
from aggregator.web.site import Site

BODY = b"<section class=fw>" + b"posts " * 50 + b"</section>"
PATIENCE = 20.0
"""Seconds after which a test gives up; never what a test measures."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Visit:
    """One connection, spoken by hand."""

    def __init__(self, port: int) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self.sock.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self.sock.close()

    def send(self, raw: bytes) -> None:
        self.sock.sendall(raw)

    def ask(self, path: str, method: str = "GET", **headers: str) -> None:
        lines = [f"{method} {path} HTTP/1.1", "Host: example.org"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def answer(self, method: str = "GET") -> Answer:
        """The next answer, taken apart; its body ends where its length says."""
        status = int(self._file.readline().split()[1])
        fields = {}
        while (line := self._file.readline()) not in {b"\r\n", b""}:
            name, _, value = line.decode("latin-1").partition(":")
            assert name not in fields, f"{name} twice"
            fields[name] = value.strip()
        without = method == "HEAD" or status in {100, 304}
        length = 0 if without else int(fields["content-length"])
        return Answer(status, fields, self._file.read(length))

    def rest(self) -> bytes:
        """All that still comes until the server ends the connection."""
        try:
            return self._file.read()
        except ConnectionResetError:
            return b""


class Host:
    """A running server over a folder, in a thread with a loop of its own.

    Its pages: ``/hello``; ``/slow``, which waits until ``go_on`` is set; ``/echo`` for bodies;
    ``/broken`` raises; ``/split`` has a line break in a field.
    """

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.time = 0.0
        """Of the files: what was looked at a moment ago is not looked at again."""
        self.begun, self.go_on = threading.Event(), threading.Event()
        self._visits = ExitStack()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        files = PublicFiles(folder, clock=lambda: self.time)
        pages = Starlette(routes=self._routes())
        self.server = Server(Site(files, pages), limits, self._started.set)
        self.port = 0

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(PATIENCE)

    def stop(self) -> None:
        """Ask the server to end, and wait until it has."""
        self.go_on.set()
        self.end()
        self._thread.join()
        self._visits.close()

    def end(self) -> None:
        """Ask the server to end."""
        self.server.should_exit = True

    def hurry(self) -> None:
        """Ask it to wait for nobody."""
        self.server.force_exit = True

    def begin_anew(self) -> None:
        """One widget in the folder, nobody connected, nothing remembered."""
        self.go_on.set()
        self._visits.close()
        self.begun.clear()
        self.go_on.clear()
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.put("w/latest.html")
        self.time += LOOK_EVERY

    async def _run(self) -> None:
        with listen("127.0.0.1", 0) as listening:
            self.port = listening.getsockname()[1]
            await self.server.serve(sockets=[listening])

    def _routes(self) -> list[Route]:
        async def hello(_: Request) -> Response:
            return PlainTextResponse("hello")

        def slow(_: Request) -> Response:
            self.begun.set()
            assert self.go_on.wait(PATIENCE)
            return PlainTextResponse("at last")

        async def echo(request: Request) -> Response:
            return Response(await request.body(), 201)

        async def broken(_: Request) -> Response:
            raise RuntimeError("a bug")

        async def split(_: Request) -> Response:
            return Response(headers={"x-name": "a\r\nset-cookie: b=c"})

        return [
            Route("/hello", hello),
            Route("/slow", slow),
            Route("/echo", echo, methods=["POST"]),
            Route("/broken", broken),
            Route("/split", split),
        ]

    def put(self, name: str, body: bytes = BODY) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name("draft")
        draft.write_bytes(body)
        draft.replace(path)

    def visit(self) -> Visit:
        """A connection; the host closes it when it stops."""
        return self._visits.enter_context(closing(Visit(self.port)))

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request on a connection of its own."""
        with closing(Visit(self.port)) as visit:
            visit.ask(path, method, **headers)
            return visit.answer(method)
