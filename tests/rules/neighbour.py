"""The whole program as its neighbours meet it: days and weeks of its clock, without waiting."""

import asyncio
import shutil
from collections.abc import Collection, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aggregator.actions.check import Checked, check_online
from aggregator.actions.claims import Claim
from aggregator.actions.health import Health, healths
from aggregator.actions.publish import Published, Publisher
from aggregator.app import App
from aggregator.clock import Clock
from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._syndication import read_syndication
from aggregator.model import Document, Pace, VisitState
from aggregator.settings import load_settings
from aggregator.store import posts, visits
from tests.rules.origin import START, Origin

PACE = Pace(host_gap=0.0)
"""As shipped but for the gap, which would be waited for in real seconds."""
MOST_ROUNDS = 20_000
"""A program that turns in circles fails its test."""

HEAD = """\
site: {name: Example Institute, url: "https://www.example.org", timezone: America/New_York,
       contact: web@example.org}
widgets:
  - {id: latest-posts, title: Latest posts, layout: posts, show: 3, per_source: 3}
sources:
"""


def source(name: str, address: str, more: str = "") -> str:
    """An entry of feeds.yaml."""
    return f"{{id: {name}, feed: '{address}', in: latest-posts{more}}}"


class QuickReader:
    """The parser without its process: these tests are about asking, not about reading."""

    async def read(self, document: Document, known: frozenset[bytes]) -> ReadFeed:
        return read_syndication(document, known)

    async def aclose(self) -> None:
        """There is nothing to end."""


class NoWidgets:
    """The publisher's place, left empty: these tests are not about showing either."""

    def publish_all(self, _: datetime) -> list[Published]:
        return []

    def publish(self, _: Collection[str], __: datetime) -> list[Published]:
        return []


class Neighbour:
    """One Aggregator with a database of its own, its clock in our hands."""

    def __init__(
        self,
        folder: Path,
        origin: Origin,
        runner: asyncio.Runner,
        *,
        data: Path,
        pace: Pace = PACE,
        ca_file: Path | None = None,
    ) -> None:
        """``data``: what ``folder`` begins with, unless somebody lives there already.

        ``ca_file``: certificates that are trusted instead of the shipped ones.
        """
        self.now = START
        self.origin = origin
        self._runner = runner
        self._pace = pace
        self._ca_file = ca_file
        self._folder = folder
        self.config = folder / "feeds.yaml"
        if not folder.exists():
            folder.mkdir()
            self.config.write_text(HEAD.replace("sources:\n", "sources: []\n"), "utf-8")
            shutil.copytree(data, folder / "data")
        self._open()

    def _open(self) -> None:
        made = load_settings(
            sealed=True,
            config=self.config,
            data=self._folder / "data",
            allow_networks="127.0.0.0/8",
            allow_ports=str(self.origin.port),
            ca_file=self._ca_file,
        )
        self.app = App(made, pace=self._pace, clock=lambda: self.now)
        self.app.__dict__.update(_reader=QuickReader(), publisher=NoWidgets())
        self._clock = Clock(self.app)

    def close(self) -> None:
        """Stop, as a signal would."""
        self._do(self.app.close_fetching())
        self.app.close()

    def restart(self) -> None:
        """Stop and start again, on the same files."""
        self.close()
        self._open()

    def _do(self, act: Coroutine[Any, Any, None]) -> None:
        self._runner.run(act)

    def follow(self, *sources: str, **named: str) -> None:
        """Follow these sources: YAML flow mappings, or ``id=address``."""
        whole = [*sources, *(source(name, address) for name, address in named.items())]
        entries = "".join(f"  - {one}\n" for one in whole)
        self.config.write_text(HEAD + entries, "utf-8")

    def run(self, span: timedelta) -> None:
        """Let so much time pass; whatever is due is visited at the moment it is."""
        self._do(self._run(self.now + span))

    async def _run(self, until: datetime) -> None:
        await self._clock.look()
        for _ in range(MOST_ROUNDS):
            await self._tick()
            due = await asyncio.to_thread(visits.next_due, self.app.database)
            if due is None or due > until:
                self.now = until
                return
            self.now = max(self.now, due)
        raise AssertionError("the program went on and on without time passing")

    async def _tick(self) -> None:
        """Look at what is due, and see all of it through."""
        await self._clock.visit_due()
        await asyncio.gather(*self._clock._running)
        if self._clock._publishing is not None:
            await self._clock._publishing

    def insist(self, *names: str) -> Claim:
        """A person says ``refresh NAME --force``."""
        wanted = [one for one in self.app.catalogue().sources if one.id in names]
        claim = self.app.claims.among(wanted, force=True, named=True)
        by_id = {one.id: one for one in wanted}

        async def visit() -> None:
            await self.app.refresher.refresh_all(by_id, claim.states)

        self._do(visit())
        return claim

    def crash(self, span: timedelta) -> None:
        """Claim what is due after ``span``, and die before anything is visited."""
        self.now += span
        visits.claim(self.app.database, self.now, self.app.pace.lease, 100)
        self.restart()

    def published(self, name: str) -> str:
        """A file of the widget as it is published now."""
        del self.app.__dict__["publisher"]
        self.app.publisher.publish_all(self.now)
        return (self.app.settings.public / "w" / name).read_text("utf-8")

    def state(self, name: str = "family") -> VisitState:
        """What is remembered of a source."""
        return visits.states(self.app.database, [name])[name]

    def fetch_pictures(self) -> list[Path]:
        """Publish, fetch the pictures that are wanted, publish again: the files of all copies."""
        del self.app.__dict__["publisher"]
        published = self.app.publisher.publish_all(self.now)
        wanted = [picture for one in published for picture in one.wanted]

        async def copy() -> None:
            await self.app.copier().copy(wanted)

        self._do(copy())
        self.app.publisher.publish_all(self.now)
        return sorted((self.app.settings.public / "media").glob("*"))

    def check(self) -> dict[str, Checked]:
        """What ``check --online`` says of each source."""
        found: list[Checked] = []

        async def look() -> None:
            found.extend(await check_online(self.app.refresher, list(self.app.catalogue().sources)))

        self._do(look())
        return {one.source_id: one for one in found}

    def health(self, name: str) -> Health:
        """What ``status`` says of a source."""
        catalogue = self.app.catalogue()
        publisher = Publisher(
            self.app.database, self.app.renderer, self.app.output, self.app.catalogue
        )
        found = healths(publisher, catalogue, self.now, token_ends={})
        return next(one for one in found if one.source.id == name)

    def due_in(self, name: str = "family") -> timedelta:
        """How long until it is asked again."""
        due = self.state(name).next_due
        assert due is not None
        return due - self.now

    def posts(self) -> list[str]:
        """The titles of all stored posts."""
        return sorted(one.post.title or "" for one in posts.listing(self.app.database))
