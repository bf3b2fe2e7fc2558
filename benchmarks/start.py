"""Seconds from the start of ``run.py serve`` to the first widget served, database present.

All sources are paused, so that nothing is visited: the time is the program's own.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks import nginx
from benchmarks.measure import ROOT, cpu_of, table
from benchmarks.product import catalogue_text


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
        time.sleep(0.005)
    taken = time.perf_counter() - began, cpu_of(process.pid)
    process.send_signal(signal.SIGTERM)
    process.communicate()
    return taken


def _widget_is_there(port: int) -> bool:
    url = f"http://127.0.0.1:{port}/w/latest-posts.html"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--times", type=int, default=5, help="medians of so many")
    asked = parser.parse_args()
    rows = []
    for count in asked.sources:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            urls = [f"https://blog{number}.example.org/feed" for number in range(count)]
            (folder / "feeds.yaml").write_text(catalogue_text(urls, ", state: paused"), "utf-8")
            first, _ = _start(folder)
            starts = [_start(folder) for _ in range(asked.times)]
            walls, cpus = zip(*starts, strict=True)
            rows.append([count, first, statistics.median(walls), statistics.median(cpus)])
    print("Seconds to the first widget; must 1.5, aim 0.7 with the database present\n")
    table(["sources", "first start ever", "database present", "of it CPU"], rows)


if __name__ == "__main__":
    main()
