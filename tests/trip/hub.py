"""A WebSub hub of the tests' own, over https: it asks back, keeps leases, and signs what it pushes.

What it does is what the W3C Recommendation WebSub says of hubs (sections 5 to 7); tests make it
deny, forget and forge.
"""

import hashlib
import hmac
import http.client
import secrets
import ssl
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

PUBLIC = "https://feeds.example.org"
"""Where hubs believe Aggregator to be; what they send there goes to it on loopback."""
HOST = "hub.localhost"
PATIENCE = 20.0
"""Seconds after which a test gives up; never what a test measures."""


def certify(folder: Path) -> tuple[Path, Path]:
    """A certificate for the hub, signed by itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    naming = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run([*command.split(), *naming, *files], check=True, capture_output=True)
    return cert, key


@dataclass
class Hub:
    """What it was asked, whom it pushes to, and how it behaves."""

    cert: Path
    key: Path
    lease: str | None = "864000"
    """What it grants; None: it does not say."""
    status: int = 202
    """What it answers to requests."""
    silent: bool = False
    """It takes requests and never asks back."""
    denies: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    """Fields of its answers."""
    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    subscribed: dict[str, dict[str, str]] = field(default_factory=dict)
    """Callback → the request that was confirmed."""
    replies: list[int] = field(default_factory=list)
    """What it was answered when it asked back."""
    door: int = 0
    """The port on which Aggregator listens."""
    _asking: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/"

    def start(self) -> None:
        """Listen."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self.settle()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def settle(self) -> None:
        """Wait until it has asked back for everything."""
        for thread in self._asking:
            thread.join(PATIENCE)

    def take(self, form: dict[str, str]) -> int:
        """A request came: what to answer; it asks back on its own."""
        self.asked.append(form)
        if self.status == 202 and not self.silent:
            thread = threading.Thread(target=self.ask_back, args=(form,))
            self._asking.append(thread)
            thread.start()
        return self.status

    def ask_back(self, form: Mapping[str, str], **changes: str) -> int:
        """Does the subscriber want what was asked? ``changes`` to the question are lies."""
        if self.denies:
            fields = {"hub.mode": "denied", "hub.topic": form["hub.topic"]}
            return self._ask_back(form["hub.callback"], fields)[0]
        challenge = secrets.token_hex(16)
        fields = {name: form[name] for name in ("hub.mode", "hub.topic")}
        fields |= {"hub.challenge": challenge}
        if form["hub.mode"] == "subscribe" and self.lease is not None:
            fields |= {"hub.lease_seconds": self.lease}
        fields |= {f"hub.{name}": value for name, value in changes.items()}
        status, body = self._ask_back(form["hub.callback"], fields)
        if status // 100 == 2 and body == challenge.encode():
            if form["hub.mode"] == "subscribe":
                self.subscribed[form["hub.callback"]] = dict(form)
            else:
                self.subscribed.pop(form["hub.callback"], None)
        return status

    def _ask_back(self, callback: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        status, body = self.call("GET", f"{callback}?{urlencode(fields)}")
        self.replies.append(status)
        return status, body

    def push(self, body: bytes, method: str = "sha256", **changes: str) -> list[int]:
        """Push to all who are subscribed, signed; ``changes`` to the header are lies."""
        statuses = []
        for callback, form in list(self.subscribed.items()):
            digest = hmac.new(form["hub.secret"].encode(), body, getattr(hashlib, method))
            fields = {
                "Content-Type": "application/rss+xml",
                "Link": f'<{self.url}>; rel="hub", <{form["hub.topic"]}>; rel="self"',
                "X-Hub-Signature": f"{method}={digest.hexdigest()}",
            }
            fields |= {name.replace("_", "-"): value for name, value in changes.items()}
            statuses.append(self.call("POST", callback, body, fields)[0])
        return statuses

    def call(
        self, method: str, url: str, body: bytes = b"", fields: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Call Aggregator at its public address."""
        assert url.startswith(PUBLIC)
        parts = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", self.door, timeout=PATIENCE)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body or None, dict(fields or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
            form = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
            self.send_response(hub.take(dict(parse_qsl(form, strict_parsing=True))))
            for name, value in hub.answers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler
