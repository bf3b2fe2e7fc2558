"""The built-in server beside nginx: one widget of 7.6 KB, gzipped, over kept connections.

One process of each server is asked by this one, and only the server's own CPU is counted, so the
figures hold on a busy machine. Each server is stopped while 64 visitors ask, and let go again: it
always finds all of them waiting, as under full load, however slowly they are asked. nginx is
measured as it comes and with its files kept open, and in turn with ours.
"""

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from aggregator.app import App, Pulse
from aggregator.model import OutputFile
from aggregator.settings import load_settings
from aggregator.web.server import listen, serve
from aggregator.web.site import site
from benchmarks import nginx
from benchmarks.feeds import START, Entry
from benchmarks.measure import ROOT, cpu_of, table

SIZE = 7_600
VISITORS = 64
_REQUEST = (
    "GET /w/sample.html HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
    "User-Agent: benchmark\r\nAccept: */*\r\n{more}\r\n"
)
_KEPT_OPEN = "open_file_cache max=100; sendfile off;"

Process = subprocess.Popen[bytes]


def _write_widget(app: App) -> None:
    card = Entry("blog.example.org", 1, 1, 0)
    text = f'<section class="fw"><h2>{card.title}</h2>{card.body(SIZE)}'
    app.output.write([OutputFile("w/sample.html", text.encode()[: SIZE - 10] + b"</section>")])


def _app(folder: Path) -> App:
    return App(load_settings(sealed=True, data=folder))


def _run_ours(folder: Path, port: int) -> None:
    """The child: the built-in server alone, without the clock."""
    app = _app(folder)
    pulse = Pulse(started=START)
    with listen("127.0.0.1", port) as listening:
        asyncio.run(serve(site(app, lambda: pulse), listening))


def _start_ours(folder: Path) -> tuple[Process, int]:
    port = nginx.free_port()
    words = [sys.executable, "-m", "benchmarks.serve", "--ours", str(folder), str(port)]
    process = subprocess.Popen(words, cwd=ROOT)
    nginx.wait_for(port)
    return process, port


def _start_nginx(program: str, folder: Path, more: str) -> tuple[Process, int]:
    port = nginx.free_port()
    own = folder / f"nginx-{port}"
    own.mkdir()
    return nginx.start(program, own, port, f"root {folder / 'public'}; {more}"), port


def _request(tag: str | None) -> bytes:
    more = f"If-None-Match: {tag}\r\n" if tag else ""
    return _REQUEST.format(more=more).encode("ascii")


def _read(sock: socket.socket, length: int) -> None:
    while length > 0:
        length -= len(sock.recv(min(length, 65536)))


def _look(port: int, request: bytes, status: int) -> tuple[int, str]:
    """Bytes of one whole answer, and its tag. All others are as long.

    Raises SystemExit where it is not what was meant.
    """
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += sock.recv(65536)
    head = answer.partition(b"\r\n\r\n")[0].decode("ascii")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
    whole = head.startswith(f"HTTP/1.1 {status}")
    if not whole or (status == 200 and fields.get("content-encoding") != "gzip"):  # noqa: PLR2004
        raise SystemExit(f"not a gzipped {status}: {head}")
    length = int(fields["content-length"]) if status == 200 else 0  # noqa: PLR2004
    return len(head) + 4 + length, fields["etag"]


def _cost(process: Process, port: int, rounds: int, *, unchanged: bool) -> float:
    """CPU microseconds that a request costs the server."""
    whole, tag = _look(port, _request(None), 200)
    request = _request(tag if unchanged else None)
    if unchanged:
        whole, _ = _look(port, request, 304)
    visitors = [socket.create_connection(("127.0.0.1", port)) for _ in range(VISITORS)]

    def ask_all(times: int) -> None:
        for _ in range(times):
            os.kill(process.pid, signal.SIGSTOP)
            for visitor in visitors:
                visitor.sendall(request)
            os.kill(process.pid, signal.SIGCONT)
            for visitor in visitors:
                _read(visitor, whole)

    ask_all(50)
    before = cpu_of(process.pid)
    ask_all(rounds)
    spent = cpu_of(process.pid) - before
    for visitor in visitors:
        visitor.close()
    return spent / (rounds * VISITORS) * 1e6


def _compare(rounds: int, times: int) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        _write_widget(_app(folder))
        servers = {"built-in server": _start_ours(folder)}
        if program := nginx.program():
            servers["nginx"] = _start_nginx(program, folder, "")
            servers["nginx, files kept open"] = _start_nginx(program, folder, _KEPT_OPEN)
        else:
            print("nginx was not found, so there is nothing to compare with.")
        costs: dict[tuple[str, bool], list[float]] = {}
        for _ in range(times):
            for name, (process, port) in servers.items():
                for unchanged in (False, True):
                    cost = _cost(process, port, rounds, unchanged=unchanged)
                    costs.setdefault((name, unchanged), []).append(cost)
        for process, _ in servers.values():
            process.terminate()
            process.wait()
    rows: list[list[object]] = []
    for name in servers:
        full, same = (statistics.median(costs[name, unchanged]) for unchanged in (False, True))
        ours = statistics.median(costs["built-in server", False])
        rows.append([name, full, same, ours / full])
    print(f"A widget of {SIZE} bytes, gzipped; ours / nginx: must 4, aim 2.6\n")
    table(["server", "CPU µs a 200", "CPU µs a 304", "ours / it, 200"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500, help=f"of {VISITORS} requests each")
    parser.add_argument("--times", type=int, default=5, help="medians of so many")
    parser.add_argument("--ours", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ours:
        _run_ours(Path(asked.ours[0]), int(asked.ours[1]))
    else:
        _compare(asked.rounds, asked.times)


if __name__ == "__main__":
    main()
