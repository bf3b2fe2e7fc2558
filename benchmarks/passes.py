"""How ``refresh.py`` and the programs that it compares talk: a line in, a pass, a line out.

Each program is a module that is started with a port, a number of feeds and a folder for its data.
It says that it is ready by a line of JSON, makes one pass over all feeds for each line that it is
given, and answers with its CPU-seconds, wall seconds and how many entries it stored.
"""

import json
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measure import own_cpu


def told() -> tuple[list[str], Path]:
    """The addresses of the feeds, and the folder for data."""
    port, count, folder = sys.argv[1:]
    return [f"http://f{feed}.localhost:{port}/feed.xml" for feed in range(int(count))], Path(folder)


def answer_passes(one_pass: Callable[[], int], **costs: float) -> None:
    """Make passes until standard input ends. ``costs``: what the start took, for the report."""
    _say(costs)
    for _ in sys.stdin:
        cpu, began = own_cpu(), time.perf_counter()
        stored = one_pass()
        _say({"cpu": own_cpu() - cpu, "wall": time.perf_counter() - began, "stored": stored})


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def names_are_loopback() -> None:
    """Let this process look up names under ``.localhost``, as RFC 6761 asks and glibc does not."""
    ask = socket.getaddrinfo

    def asked(host: Any, *rest: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        return ask("127.0.0.1" if name and name.endswith(".localhost") else host, *rest, **named)

    socket.getaddrinfo = asked
