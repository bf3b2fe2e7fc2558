"""Seconds from the start of ``run.py serve`` to the first widget served.

All sources are paused, so that nothing is visited: the time is the program's own. CPU is that of
the program until then, the door's own start included.
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import nginx
from benchmarks.measure import ROOT, cpu_of, table
from benchmarks.product import catalogue_text

_ASKED = b"GET /w/latest-posts.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
_PAUSE = 0.002


def _start(folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one start."""
    port = nginx.free_port()
    places = ["--config", str(folder / "feeds.yaml"), "--data", str(folder / "data")]
    words = [sys.executable, "run.py", *places, "serve", "--port", str(port)]
    # Some environments forbid Python to keep compiled modules; an installed program has them.
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(
        words, cwd=ROOT, env=kept, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    while not _widget_is_there(port):
        if process.poll() is not None:
            raise SystemExit("The program ended before it served anything.")
        time.sleep(_PAUSE)
    taken = time.perf_counter() - began, cpu_of(process.pid)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    return taken


def _widget_is_there(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as asking:
            asking.sendall(_ASKED)
            return asking.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--times", type=int, default=7, help="medians of so many")
    asked = parser.parse_args()
    rows: list[list[object]] = []
    for count in asked.sources:
        urls = [f"https://blog{number}.example.org/feed" for number in range(count)]
        first, later = [], []
        for _ in range(asked.times):
            with tempfile.TemporaryDirectory() as made:
                folder = Path(made)
                (folder / "feeds.yaml").write_text(catalogue_text(urls, ", state: paused"), "utf-8")
                first.append(_start(folder))
                later.append(_start(folder))
        for name, starts in (("first ever", first), ("database present", later)):
            walls, cpus = zip(*starts, strict=True)
            rows.append([count, name, *map(statistics.median, (walls, cpus)), min(walls)])
    print("Seconds to the first widget; must 1.5, aim 0.7 with the database present\n")
    table(["sources", "start", "wall, median", "CPU, median", "wall, best"], rows)


if __name__ == "__main__":
    main()
