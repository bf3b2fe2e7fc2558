"""Kill the program at any moment, look at what it leaves behind, go on; again and again.

    .venv/bin/python -m tests.trip.kills --kills 200
    .venv/bin/python -m tests.trip.kills --kills 200 --database-url postgresql+psycopg://…

A small feed server makes up a new version of each feed at every request, and a picture for each
entry. The commands ``refresh``, ``publish``, ``takedown`` and ``serve`` run for real, each in a
process forked from one that has imported everything, so that the moments lie in the work and not
in Python's start. After each kill:

- the database is sound, holds no post twice, and has lost none but what was to be taken down;
- validators are never ahead of posts: all entries of the version whose ETag is stored are stored;
- every output file is whole, a compressed one equals the plain one, no draft is among them;
- every picture is whole and called by its digest, and none that a page shows is missing;
- no process is left over;
- the next refresh works at once, and its outputs are complete and show the newest post, each post
  with its picture. There is no other picture, least of all that of a post that was taken down.

Linux only. Prints a summary, and exits with 1 if anything was found.
"""

import argparse
import ctypes
import hashlib
import io
import itertools
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from PIL import Image

from aggregator.app import App
from aggregator.cli.main import commands, main
from aggregator.settings import load_settings
from tests.trip.remains import PUBLIC_URL, Remains

SOURCES = 4
WINDOW = 10
"""Entries in each version of a feed; version X holds those up to X."""
PATIENCE = 60.0
"""Seconds after which a process that should have ended counts as hanging."""
MODES = ("refresh", "refresh", "publish", "serve", "takedown")
ADDRESSES = 0.5
"""The share of takedowns by address."""
TERMINATED = 0.25
"""The share of kills by SIGTERM; the others are SIGKILL."""


def guids(source: str, version: int) -> list[str]:
    """The entries of a version of a feed, newest first."""
    return [f"{source}-{n}" for n in range(version, max(0, version - WINDOW), -1)]


def feed(source: str, version: int, host: str) -> bytes:
    """A version of a feed, as RSS. ``host``: where its pictures are."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{guid}</guid><title>Post {guid}</title>"
        f"<link>https://{source}.example.org/{guid}</link>"
        f"<description>{f'What {guid} tells, at some length. ' * 20}</description>"
        f"<media:content url='http://{host}/{guid}.png' type='image/png'>"
        f"<media:description>A pattern for {guid}</media:description></media:content></item>"
        for guid in guids(source, version)
    )
    head = f"<title>{source}</title><link>https://{source}.example.org/</link>"
    named = 'version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
    return f"<rss {named}><channel>{head}{items}</channel></rss>".encode()


def pattern(guid: str) -> bytes:
    """A picture that no other entry has."""
    squares = Image.frombytes("RGB", (8, 6), hashlib.shake_128(guid.encode()).digest(8 * 6 * 3))
    written = io.BytesIO()
    squares.resize((160, 120), Image.Resampling.NEAREST).save(written, "PNG")
    return written.getvalue()


class Feeds(BaseHTTPRequestHandler):
    """``/NAME``: a new version at each request, but for every fourth, which is unchanged.

    ``/GUID.png``: the picture of an entry.
    """

    protocol_version = "HTTP/1.1"
    asked: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        source, is_picture, _ = self.path[1:].partition(".png")
        if is_picture:
            self.reply(pattern(source))
            return
        self.asked[source] += 1
        known = self.headers.get("If-None-Match")
        if known and self.asked[source] % 4 == 0:
            self.send_response(304)
            self.end_headers()
            return
        version = self.asked[source]
        self.reply(feed(source, version, self.headers["Host"]), ETag=f'"{source}:{version}"')

    def reply(self, body: bytes, **fields: str) -> None:
        self.send_response(200)
        for name, value in {**fields, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def feed_server() -> Iterator[int]:
    """The feeds in a process of their own, so that ours may fork; yields the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feeds)
    pid = os.fork()
    if pid == 0:
        server.serve_forever()
    port = server.server_address[1]
    server.socket.close()
    try:
        yield port
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


class World:
    """A folder with a catalogue of ``SOURCES`` feeds, and the program that runs in it."""

    def __init__(self, folder: Path, port: int, database_url: str | None) -> None:
        self.folder = folder
        self.port = port
        os.environ |= {
            "AGGREGATOR_CONFIG": str(folder / "feeds.yaml"),
            "AGGREGATOR_DATA": str(folder / "data"),
            "AGGREGATOR_ALLOW_NETWORKS": "127.0.0.0/8",
            "AGGREGATOR_ALLOW_PORTS": str(port),
            "AGGREGATOR_PUBLIC_URL": PUBLIC_URL,
        }
        if database_url:
            os.environ["AGGREGATOR_DATABASE_URL"] = database_url
        self.retitle(0)

    def retitle(self, number: int) -> None:
        """Another title, so that even a publish alone has every file to write."""
        sources = "".join(
            f"  - {{id: s{n}, feed: 'http://s{n}.localhost:{self.port}/s{n}', in: [all, blogs]}}\n"
            for n in range(SOURCES)
        )
        draft = self.folder / "draft"
        draft.write_text(
            'site: {name: Kills, url: "https://www.example.org"}\nwidgets:\n'
            f"  - {{id: all, title: All {number}, layout: posts, show: 5, per_source: 5}}\n"
            f"  - {{id: blogs, title: Blogs {number}, layout: blogs, show: 5}}\n"
            f"sources:\n{sources}",
            "utf-8",
        )
        draft.replace(self.folder / "feeds.yaml")

    def start(self, mode: str, *more: str) -> int:
        """Run a command in a fork of ourselves; its process id."""
        pid = os.fork()
        if pid:
            return pid
        code = 70
        try:
            log = os.open(self.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            sys.argv = ["aggregator", *words_of(mode), *more]
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:  # noqa: BLE001 - a fork must never come back
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)

    def log(self) -> str:
        """What the last command said."""
        return (self.folder / "log").read_text("utf-8", "replace")[-2000:]


def words_of(mode: str) -> list[str]:
    """The command line of a mode."""
    return {"refresh": ["refresh", "--force"], "serve": ["serve", "--port", "0"]}.get(mode, [mode])


def end_of(pid: int, seconds: float) -> int | None:
    """How a process of ours ended, or None where it runs on after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= end:
            return None
        time.sleep(0.002)


def left_over(patience: float) -> bool:
    """Whether processes that the killed one started are still there; they are ours by now."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                time.sleep(0.01)
                continue
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
    return True


class Round:
    """One kill, and what came of it."""

    def __init__(self, world: World, remains: Remains, chance: random.Random) -> None:
        self._world = world
        self._remains = remains
        self._chance = chance
        self._lasts = dict.fromkeys(MODES, 1.0)
        self.kills: Counter[str] = Counter()

    def calibrate(self) -> list[str]:
        """Run each command once to its end, to know how long it may be killed."""
        return self.complete("refresh") or self.complete("publish") or self.complete("refresh")

    def kill(self, number: int) -> list[str]:
        """Kill a command at a moment of its life; what is wrong then."""
        mode = self._chance.choice(MODES)
        sign = signal.SIGTERM if self._chance.random() < TERMINATED else signal.SIGKILL
        after = self._chance.uniform(0, self._lasts[mode])
        self._remains.age_claims()
        self._world.retitle(number)
        pid = self._world.start(mode, *self._what(mode))
        code = end_of(pid, after)
        if code is None:
            os.kill(pid, sign)
            code = end_of(pid, PATIENCE)
            self.kills[f"{mode} by {sign.name}"] += 1
        where = f"{mode} by {sign.name} after {after:.3f} s"
        if code is None:
            os.kill(pid, signal.SIGKILL)
            return [f"{where}: it did not end"]
        return [f"{where}: {found}" for found in self._remains.findings()]

    def _what(self, mode: str) -> list[str]:
        """What else the command line says: one of the posts that are shown, or its address."""
        if mode != "takedown":
            return []
        public_id = self._chance.choice(self._remains.shown())
        self._remains.withdrawn.add(public_id)
        if self._chance.random() < ADDRESSES:
            return ["--address", self._remains.address_of(public_id)]
        return [public_id]

    def complete(self, mode: str = "refresh") -> list[str]:
        """Run a command to its end; what is wrong then."""
        self._remains.age_claims()
        began = time.monotonic()
        code = end_of(self._world.start(mode), PATIENCE)
        self._lasts[mode] = time.monotonic() - began
        self._lasts["serve"] = 2 * self._lasts["refresh"]
        self._lasts["takedown"] = self._lasts["publish"]
        found = [] if code == 0 else [f"{mode} ended with {code}: {self._world.log()}"]
        return found + self._remains.findings() + self._remains.unfinished()


def run(kills: int, seed: int, database_url: str | None, folder: Path) -> list[str]:
    """All rounds; what was found in the first that found anything, with the folder left as is."""
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: orphans become ours, and are seen
    commands()  # what forks would import, imported once
    with feed_server() as port:
        world = World(folder, port, database_url)
        with App(load_settings()) as app:
            _ = app.database  # its tables are there from now on
        remains = Remains(folder / "data", database_url, guids)
        rounds = Round(world, remains, random.Random(seed))
        found = rounds.calibrate()
        for number in itertools.count(1):
            if found or rounds.kills.total() >= kills:
                break
            found = rounds.kill(number) or rounds.complete()
    if not found and left_over(PATIENCE):
        found = ["a process that the program started is still there"]
    for what, count in sorted(rounds.kills.items()):
        print(f"{count:5} {what}")
    print(f"{remains.posts} posts, {remains.lapsed} claims had lapsed")
    return found


def start() -> None:
    """Read the command line, run, print, exit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--database-url", help="an empty PostgreSQL database; else SQLite")
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        found = run(wanted.kills, wanted.seed, wanted.database_url, Path(folder))
    for one in found:
        print(one)
    print("nothing was found" if not found else f"{len(found)} findings")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    start()
