"""What runs beside the visits, each in a task of its own: hubs, look-ups, pruning, pictures.

In: the running ``App``, and how to reach what the clock holds. Each ``round`` waits a while, then
does what is due; ``for_ever`` repeats it and keeps trouble with one round away from the next.
Not here: when visits and publishing happen (``clock.py``).
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import TYPE_CHECKING

from aggregator.actions.pictures import Copier, Wanted
from aggregator.actions.publish import Published
from aggregator.app import App, Pulse
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, Source

if TYPE_CHECKING:  # slow to import, and not needed before the first visit
    from aggregator.actions.alarm import Alarm
    from aggregator.actions.mirror import Told
    from aggregator.actions.refresh import Refresher, Report

log = logging.getLogger(__name__)

PICTURES_EVERY = timedelta(seconds=1)
"""How often it is asked whether publishing left pictures to be fetched."""
HUBS_EVERY = timedelta(minutes=1)
"""How often hubs are thought of where nothing happens."""
HUBS_WAIT = timedelta(seconds=1)
"""After a visit found a hub, others may find theirs."""
PRUNE_EVERY = timedelta(days=1)
ACT_EVERY = timedelta(seconds=2)
"""How often it is asked what people planned, and what somebody wrote into feeds.yaml."""
ALARM_EVERY = timedelta(minutes=1)
LISTEN_EVERY = timedelta(seconds=2)
"""How often it is asked whether the clock still looks."""
TROUBLE_PAUSE = timedelta(seconds=2)
"""After a round that failed; it may have failed before it waited."""


class Hubs:
    """Beside the visits: asks hubs in time, and reads what they push."""

    def __init__(
        self,
        app: App,
        fetching: "Callable[[], Awaitable[Refresher]]",
        catalogue: Callable[[], Catalogue | None],
        written: "Callable[[Report], None]",
    ) -> None:
        self._app = app
        self._fetching = fetching
        self._catalogue = catalogue
        self._written = written
        self._visited: set[str] = set()
        """Sources with a hub that were read well and not thought of since."""
        self._found = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, where hubs can reach us."""
        if self._app.pushable:
            for work in (self._ask, self._read):
                self._tasks.append(asyncio.create_task(for_ever("hubs", work)))

    async def stop(self) -> None:
        """Drop what is under way: hubs bring it again, or the next visit finds it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def visited(self, report: "Report") -> None:
        """A visit is over."""
        profile = report.visit.state.profile
        if not report.failed and not report.visit.pushed and profile and profile.hubs:
            self._visited.add(report.source.id)
            self._found.set()

    async def _ask(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HUBS_EVERY.total_seconds()):
                await self._found.wait()
        await asyncio.sleep(HUBS_WAIT.total_seconds())
        self._found.clear()
        visited, self._visited = self._visited, set()
        await self._fetching()
        self._visited |= await self._app.subscriber().round(self._followed(), visited)

    async def _read(self) -> None:
        from aggregator.actions.pushed import receive  # noqa: PLC0415 - slow to import

        delivery = await self._app.inbox.take()
        report = await receive(await self._fetching(), self._followed(), delivery)
        if report is not None:
            self._written(report)

    def _followed(self) -> dict[str, Source]:
        catalogue = self._catalogue()
        return {} if catalogue is None else self._app.followed(catalogue)


class Mirroring:
    """Beside the visits: looks up what is shown."""

    def __init__(
        self,
        app: App,
        fetching: "Callable[[], Awaitable[Refresher]]",
        catalogue: Callable[[], Catalogue | None],
        touch: Callable[[str], None],
    ) -> None:
        self._app = app
        self._fetching = fetching
        self._catalogue = catalogue
        self._touch = touch
        """Hears of each source whose widgets may look different now."""

    async def round(self) -> None:
        """Ask once, and erase what is gone there."""
        await asyncio.sleep(self._app.pace.tick)
        catalogue = self._catalogue()
        if catalogue is None:
            return
        mirror = await asyncio.to_thread(lambda: self._app.mirror)  # slow to import
        followed = self._app.followed(catalogue)
        if due := await asyncio.to_thread(mirror.due, catalogue, followed):
            await mirror.look_up(await self._fetching(), due, self._told)

    def _told(self, told: "Told") -> None:
        if told.touched:
            self._touch(told.source.id)


class Pruning:
    """Beside the visits: erases what may not be kept any longer, whatever else fails."""

    def __init__(
        self,
        app: App,
        catalogue: Callable[[], Catalogue | None],
        touch: Callable[[str], None],
    ) -> None:
        self._app = app
        self._catalogue = catalogue
        self._touch = touch
        """Hears of each source whose widgets may look different now."""
        self._pruned: datetime | None = None

    async def round(self) -> None:
        """Erase, once a day."""
        await asyncio.sleep(self._app.pace.tick)
        if self._catalogue() is not None:
            await self._prune()

    async def _prune(self) -> None:
        from aggregator.actions.prune import Pruner  # noqa: PLC0415 - slow to import

        app, now = self._app, self._app.clock()
        if self._pruned is None or abs(now - self._pruned) >= PRUNE_EVERY:
            current = await asyncio.to_thread(app.current)
            pruner = Pruner(app.database, app.settings, current, now)
            erased = await asyncio.to_thread(pruner.prune, cautious=True)
            self._pruned = now
            for one in erased:
                self._touch(one.name)


class Picturing:
    """Beside the visits: fetches the pictures of what was published."""

    def __init__(
        self,
        app: App,
        fetching: "Callable[[], Awaitable[Refresher]]",
        touched: Callable[[str], None],
    ) -> None:
        self._app = app
        self._fetching = fetching
        self._touched = touched
        self._wanted: SimpleQueue[Wanted] = SimpleQueue()
        self._copier: Copier | None = None

    def want(self, published: Iterable[Published]) -> None:
        """Something was published; may be told from any thread."""
        for one in published:
            for wanted in one.wanted:
                self._wanted.put(wanted)

    async def round(self) -> None:
        """Copy what is wanted by now."""
        await asyncio.sleep(PICTURES_EVERY.total_seconds())
        if wanted := [self._wanted.get() for _ in range(self._wanted.qsize())]:
            await self._fetching()
            self._copier = self._copier or self._app.copier()
            for one in await self._copier.copy(wanted):
                self._touched(one.source_id)


class Bookkeeping:
    """Beside the visits: does what people planned for this moment, and notes what they wrote."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def round(self) -> None:
        """Do and note once."""
        await asyncio.sleep(ACT_EVERY.total_seconds())
        await asyncio.to_thread(self._work)

    def _work(self) -> None:
        from aggregator.actions import history  # noqa: PLC0415 - slow to import
        from aggregator.actions.planned import carry_out  # noqa: PLC0415

        app = self._app
        try:
            history.note(app.database, app.current, app.clock())
        finally:  # what people planned does not wait for that
            carry_out(app.publisher, app.clock())


class Alarming:
    """Beside the visits: tells staff that something is wrong, or ends soon."""

    def __init__(self, alarm: "Alarm") -> None:
        self._alarm = alarm

    async def round(self) -> None:
        """Look and tell once."""
        await asyncio.sleep(ALARM_EVERY.total_seconds())
        await self._alarm.round()


class Beating:
    """Beside the visits: watches the clock, and gives other processes a sign that it runs."""

    def __init__(self, app: App, pulse: Callable[[], Pulse]) -> None:
        self._app = app
        self._pulse = pulse

    async def round(self) -> None:
        """Listen once."""
        await asyncio.sleep(LISTEN_EVERY.total_seconds())
        pulse, heart = self._pulse(), self._app.heart
        heart.notice(pulse.looked, pulse.published_well)
        await asyncio.to_thread(heart.tell, self._app.database)


async def for_ever(what: str, work: Callable[[], Awaitable[None]]) -> None:
    """Trouble with one of many is logged; the next one comes all the same, after a pause."""
    while True:
        try:
            await work()
            continue
        except AggregatorError as error:
            log.error("%s outcome=failed error=%s", what, error)
        except Exception:
            log.exception("%s outcome=bug", what)
        await asyncio.sleep(TROUBLE_PAUSE.total_seconds())
