"""What the parser's own process costs for each feed, beside reading in the program itself.

    .venv/bin/python -m benchmarks.isolation [--feeds 400]

The same documents are read in both ways, one after the other; nothing is known of them before.
"""

import argparse
import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from aggregator.connectors._reader import SyndicationReader
from aggregator.connectors._syndication import read_syndication
from aggregator.errors import AggregatorError
from aggregator.model import Document
from benchmarks.measure import ROOT, cpu_of, own_cpu, table

FEEDS = ROOT.parent / "shared" / "corpus" / "feeds" / "real"
SAMPLES = ROOT / "tests" / "connectors" / "feed"
_LARGEST = 2 << 20


def _documents(folder: Path, most: int) -> list[Document]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())[:most]
    bodies = (path.read_bytes() for path in paths)
    return [Document("https://feeds.example/feed", body) for body in bodies if len(body) < _LARGEST]


def _alone(documents: Sequence[Document]) -> tuple[float, list[float]]:
    """CPU-seconds of all, and seconds of each."""
    took = []
    before = own_cpu()
    for document in documents:
        began = time.perf_counter()
        with suppress(AggregatorError):
            read_syndication(document, frozenset())
        took.append(time.perf_counter() - began)
    return own_cpu() - before, took


async def _apart(documents: Sequence[Document]) -> tuple[float, list[float], float]:
    """The same by the child, whose CPU counts, too; last, the seconds of its start."""
    reader = SyndicationReader(idle=600)
    began = time.perf_counter()
    await reader.read(Document("https://feeds.example/", b"<rss><channel/></rss>"), frozenset())
    start = time.perf_counter() - began
    for document in documents:  # what is imported late is imported
        await _read(reader, document)
    took = []
    child = _only_child()
    before = own_cpu() + cpu_of(child)
    for document in documents:
        began = time.perf_counter()
        await _read(reader, document)
        took.append(time.perf_counter() - began)
    used = own_cpu() + cpu_of(child) - before
    await reader.aclose()
    return used, took, start


def _only_child() -> int:
    own = os.getpid()
    (child,) = Path(f"/proc/{own}/task/{own}/children").read_text("ascii").split()
    return int(child)


async def _read(reader: SyndicationReader, document: Document) -> None:
    with suppress(AggregatorError):
        await reader.read(document, frozenset())


def main() -> None:
    """Print both, and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.isolation", description=__doc__)
    parser.add_argument("--feeds", type=int, default=400)
    most = parser.parse_args().feeds
    documents = _documents(FEEDS if FEEDS.is_dir() else SAMPLES, most)
    _alone(documents)
    alone_cpu, alone = _alone(documents)
    apart_cpu, apart, start = asyncio.run(_apart(documents))
    count = len(documents)
    median, apart_median = statistics.median(alone), statistics.median(apart)
    table(
        [f"{count} feeds", "in the program", "in a process of its own", "ratio"],
        [
            [
                "CPU ms per feed",
                1e3 * alone_cpu / count,
                1e3 * apart_cpu / count,
                apart_cpu / alone_cpu,
            ],
            ["median ms per feed", 1e3 * median, 1e3 * apart_median, apart_median / median],
            ["ms to start, once", 0.0, 1e3 * start, "-"],
        ],
    )


if __name__ == "__main__":
    main()
