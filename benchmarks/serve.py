"""The built-in server beside nginx: one widget of 7.6 KB, gzipped, over kept connections.

One process of each server answers a load generator in a process of its own. CPU of the server
alone is counted, so that the figures hold on a busy machine; requests per second do not. The
generator cannot ask as fast as nginx can answer, which makes nginx look dearer than it is.
"""

import argparse
import asyncio
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aggregator.app import App, Pulse
from aggregator.model import OutputFile
from aggregator.settings import load_settings
from aggregator.web import server
from benchmarks import nginx
from benchmarks.feeds import START, Entry
from benchmarks.measure import ROOT, cpu_of, table

SIZE = 7_600
CONNECTIONS = 64
_REQUEST = (
    b"GET /w/sample.html HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n"
    b"User-Agent: benchmark\r\nAccept: */*\r\n\r\n"
)


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
    with server.listen("127.0.0.1", port) as listening:
        asyncio.run(server.serve(server.asgi(app, lambda: pulse), listening))


def _first_answer(port: int) -> int:
    """Bytes of one whole answer; all others are as long. Raises SystemExit where it is wrong."""
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(_REQUEST)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += sock.recv(65536)
    head, _, _ = answer.lower().partition(b"\r\n\r\n")
    if not head.startswith(b"http/1.1 200") or b"content-encoding: gzip" not in head:
        raise SystemExit(f"not a gzipped 200: {head.decode('ascii', 'replace')}")
    length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
    return len(head) + 4 + length


def _load(port: int, seconds: float) -> None:
    """The other child: ask on some connections, each again as soon as it was answered."""
    whole = _first_answer(port)
    ready = selectors.DefaultSelector()
    received = dict.fromkeys(
        (socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)), 0
    )
    by_number = {sock.fileno(): sock for sock in received}
    for sock in received:
        ready.register(sock, selectors.EVENT_READ)
        sock.sendall(_REQUEST)
    answered, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        for key, _ in ready.select(1.0):
            sock = by_number[key.fd]
            received[sock] += len(sock.recv(65536))
            if received[sock] >= whole:
                received[sock] = 0
                answered += 1
                sock.send(_REQUEST)
    print(answered)


def _measure(process: "subprocess.Popen[bytes]", port: int, seconds: float) -> tuple[float, float]:
    """CPU microseconds a request, and requests per second."""

    def load(duration: float) -> int:
        words = [sys.executable, "-m", "benchmarks.serve", "--load", str(port), str(duration)]
        return int(subprocess.check_output(words, cwd=ROOT))

    load(0.5)
    before = cpu_of(process.pid)
    answered = load(seconds)
    return (cpu_of(process.pid) - before) / answered * 1e6, answered / seconds


def _compare(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as made:
        app = _app(Path(made))
        _write_widget(app)
        port = nginx.free_port()
        words = [sys.executable, "-m", "benchmarks.serve", "--ours", made, str(port)]
        ours = subprocess.Popen(words, cwd=ROOT)
        nginx.wait_for(port)
        mine = _measure(ours, port, seconds)
        ours.send_signal(signal.SIGTERM)
        ours.wait()
        rows: list[list[object]] = [["built-in server", *mine]]
        if program := nginx.program():
            port = nginx.free_port()
            directives = f"root {app.settings.public};"
            theirs = nginx.start(program, Path(made), port, directives)
            beside = _measure(theirs, port, seconds)
            theirs.terminate()
            theirs.wait()
            rows += [["nginx", *beside], ["ratio", mine[0] / beside[0], mine[1] / beside[1]]]
        else:
            print("nginx was not found, so there is nothing to compare with.")
    print(f"A widget of {SIZE} bytes, gzipped; ratio of CPU: must 4, aim 2.6\n")
    table(["server", "CPU µs a request", "requests/s"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of load for each server")
    parser.add_argument("--ours", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--load", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ours:
        _run_ours(Path(asked.ours[0]), int(asked.ours[1]))
    elif asked.load:
        _load(int(asked.load[0]), float(asked.load[1]))
    else:
        _compare(asked.seconds)


if __name__ == "__main__":
    main()
