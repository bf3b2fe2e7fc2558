"""Servers that take alerts: one for mail, in a process of its own, and one for webhooks."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from aggregator.alerts.message import Message
from tests.certificates import self_signed

SERVER = Path(__file__).with_name("mail_server.py")


@dataclass
class MailServer:
    """A running one."""

    process: "subprocess.Popen[str]"
    port: int

    def taken(self) -> dict[str, Any]:
        """The next mail that it took."""
        assert self.process.stdout is not None
        mail: dict[str, Any] = json.loads(self.process.stdout.readline())
        return mail


StartMail = Callable[..., MailServer]


@pytest.fixture
def mail_server() -> Iterator[StartMail]:
    """Starts servers with the orders given."""
    running: list[subprocess.Popen[str]] = []

    def start(**orders: Any) -> MailServer:
        command = [sys.executable, "-W", "ignore", str(SERVER), json.dumps(orders, default=str)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        return MailServer(process, int(process.stdout.readline()))

    yield start
    for process in running:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


@dataclass
class Certificate:
    """Good for ``localhost``, for those who trust it."""

    cert: Path
    key: Path

    @property
    def orders(self) -> dict[str, Path]:
        """What a server must know of it."""
        return {"cert": self.cert, "key": self.key}


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return Certificate(*self_signed(tmp_path_factory.mktemp("certificate"), "localhost"))


@dataclass
class Hooks:
    """A server of webhooks: what it was sent, and what it answers."""

    port: int = 0
    status: int = 200
    location: str = ""
    waits: bool = False
    """Never answers."""
    got: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    """Path, header fields and object of each."""


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    """On 127.0.0.1."""
    hooks = Hooks()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hooks.got.append((self.path, dict(self.headers), json.loads(body)))
            if hooks.waits:
                self.rfile.read(1)  # until the other side has had enough
                return
            self.send_response(hooks.status)
            if hooks.location:
                self.send_header("Location", hooks.location)
            self.send_header("Set-Cookie", "known=1")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    hooks.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield hooks
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def message() -> Message:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    return Message("family-example: not found", "Its address leads to nothing.\nÜber.\n", at, "k1")
