"""A web server of somebody else's, running for one test with a shipped site file."""

import gzip
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

FILES = ("nginx/site-files.conf", "apache/site-files.conf")
PROXIES = ("nginx/site-proxy.conf", "apache/site-proxy.conf")
"""The shipped site files."""
_PROGRAMS = {"nginx": ["nginx"], "apache": ["apache2"]}


def each(*names: str) -> list[ParameterSet]:
    """Parameters of a test: site files and other names, each where the machine has its server."""
    return [
        pytest.param(
            name, marks=[pytest.mark.program(one) for one in _PROGRAMS.get(name.split("/")[0], [])]
        )
        for name in names
    ]


@dataclass(frozen=True)
class Answer:
    """What was answered; names of the header in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body, unpacked where it came by gzip."""
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


def asked(port: int, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
    """One request; ``accept_encoding`` in ``headers`` stands for Accept-Encoding."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        if method in {"POST", "PUT"}:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        fields = [(name.lower(), value) for name, value in answer.getheaders()]
        assert len(fields) == len(dict(fields)), f"a field twice: {fields}"
        return Answer(answer.status, dict(fields), answer.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Face:
    """Where visitors reach the outputs: the port, and the path below which they lie there."""

    port: int
    below: str

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request, as ``asked``; ``path`` is that of the outputs."""
        return asked(self.port, self.below + path, method, b"", **headers)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def until_it_listens(
    port: int, process: "subprocess.Popen[bytes]", errors: Callable[[], str] = str
) -> None:
    """Wait for a program that was just started."""
    for _ in range(2000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, errors()
        time.sleep(0.005)
    raise AssertionError(f"{process.args!r} did not start")


class WebServer:
    """A program that serves a site, in a folder of its own that holds its pages and its errors."""

    link: str
    """What its page shows where there is nothing to include."""

    def __init__(self, home: Path, port: int, command: list[str]) -> None:
        self.home = home
        self.port = port
        self._process = subprocess.Popen(command, cwd=home)
        until_it_listens(port, self._process, self.errors)

    def errors(self) -> str:
        """What it wrote into its log."""
        log = self.home / "error.log"
        return log.read_text("utf-8") if log.exists() else "no log"

    def stop(self) -> None:
        self._process.terminate()
        assert self._process.wait(20) == 0

    def get(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """One request, as ``asked``."""
        return asked(self.port, path, method, body, **headers)


def site_file(shipped: Path, places: dict[str, str]) -> str:
    """A shipped site file with its marked places set to a test's own."""
    text = shipped.read_text("utf-8")
    for theirs, ours in places.items():
        text = text.replace(theirs, ours)
    return text


def runs_as_root() -> bool:
    """Whether a server may, and must, be told which user to become."""
    return os.getuid() == 0
