"""Many feeds on loopback, each on a host of its own, behind a server that is never the bottleneck.

nginx where it is installed, else a small server in a process of its own. Both send gzipped files
of one folder. Where answers are to come late, as over a network, it is always the small server.
"""

import asyncio
import contextlib
import gzip
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from enum import StrEnum
from pathlib import Path

from benchmarks import nginx
from benchmarks.feeds import document, entries_in
from benchmarks.measure import ROOT


class Phase(StrEnum):
    """What a pass meets, in the order in which they follow each other."""

    COLD = "cold"
    """All is new."""
    WARM = "warm"
    """Every answer is a 304."""
    SAME = "same"
    """Every answer is a 200 with the bytes of last time and no validators."""
    CHURN = "churn"
    """One new entry in each feed."""


class Farm:
    """The feeds' folder and the server over it."""

    def __init__(self, folder: Path, count: int, *, late: bool = False) -> None:
        """``late``: each answer takes its feed's ``delay``."""
        self.folder = folder
        self.late = late
        self.count = count
        self.port = nginx.free_port()
        self.plain = self.packed = 0
        """Bytes of all feeds together."""
        self._server: subprocess.Popen[bytes] | None = None

    def host(self, feed: int) -> str:
        """A host for each feed, as in real life. Names under ``.localhost`` are loopback."""
        return f"f{feed}.localhost:{self.port}"

    def new_entries(self, phase: Phase) -> int:
        """How many entries a reader must find that it did not know."""
        if phase is Phase.COLD:
            return sum(map(entries_in, range(self.count)))
        return self.count if phase is Phase.CHURN else 0

    def enter(self, phase: Phase) -> None:
        """Let the feeds be as this phase wants them."""
        if phase in {Phase.COLD, Phase.CHURN}:
            self._write(newer=int(phase is Phase.CHURN))
        self.close()
        self._server = self._start(validators=phase is not Phase.SAME)

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait()
            self._server = None

    def _write(self, newer: int) -> None:
        feeds = range(self.count)
        with ProcessPoolExecutor() as pool:
            sizes = pool.map(
                _write_one,
                [self.folder / f"f{feed}" for feed in feeds],
                feeds,
                map(self.host, feeds),
                [newer] * self.count,
                chunksize=10,
            )
            self.plain, self.packed = map(sum, zip(*sizes, strict=True))

    def _start(self, *, validators: bool) -> "subprocess.Popen[bytes]":
        program = nginx.program()
        if program and not self.late:
            server = f"server_name ~^(?<feed>f[0-9]+)\\.localhost$; root {self.folder}/$feed;"
            if not validators:
                server += ' etag off; if_modified_since off; add_header Last-Modified "";'
            return nginx.start(program, self.folder, self.port, server)
        if not self.late:
            print("nginx was not found; the farm's own server takes its place.")
        words = [str(self.folder), str(self.port), str(int(validators)), str(int(self.late))]
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.farm", *words], cwd=ROOT)
        nginx.wait_for(self.port)
        return process


def delay(feed: int) -> float:
    """Seconds that a late answer takes: from 0.05 to 0.2, always the same for a feed."""
    return 0.05 + 0.15 * (feed * 0.618034 % 1)


@contextlib.contextmanager
def farm(folder: Path, count: int, *, late: bool = False) -> Iterator[Farm]:
    """A farm for the length of a benchmark."""
    folder.mkdir(parents=True)
    made = Farm(folder, count, late=late)
    try:
        yield made
    finally:
        made.close()


def _write_one(folder: Path, feed: int, host: str, newer: int) -> tuple[int, int]:
    folder.mkdir(exist_ok=True)
    plain = document(feed, host, newer)
    packed = gzip.compress(plain, 6, mtime=0)
    (folder / "feed.xml.gz").write_bytes(packed)
    return len(plain), len(packed)


# --- the small server --------------------------------------------------------------------------


async def _serve(folder: Path, port: int, *, validators: bool, late: bool) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            head = await reader.readuntil(b"\r\n\r\n")
            fields = _fields(head)
            feed = fields[b"host"].partition(b".")[0].decode()
            if late:
                await asyncio.sleep(delay(int(feed.removeprefix("f"))))
            writer.write(_answer(folder / feed / "feed.xml.gz", fields, validators=validators))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=512)
    await server.serve_forever()


def _fields(head: bytes) -> dict[bytes, bytes]:
    lines = head.split(b"\r\n")[1:]
    return dict(line.lower().split(b": ", 1) for line in lines if b": " in line)


def _answer(file: Path, asked: dict[bytes, bytes], *, validators: bool) -> bytes:
    etag = f'"{file.stat().st_mtime_ns:x}"'.encode()
    tag = b"ETag: " + etag + b"\r\n" if validators else b""
    if validators and asked.get(b"if-none-match") == etag:
        return b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n" + tag + b"\r\n"
    body = file.read_bytes()
    fields = b"Content-Type: application/rss+xml\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    return b"HTTP/1.1 200 OK\r\n" + fields + tag + length + body


if __name__ == "__main__":
    where, on, conditional, slow = sys.argv[1:]
    asyncio.run(_serve(Path(where), int(on), validators=conditional == "1", late=slow == "1"))
