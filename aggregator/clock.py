"""What makes time pass: looks at feeds.yaml, at what is due and at widgets whose answer expires.

The only import of apscheduler. It holds no state worth saving: what is due is asked of the store
at each tick, so a restart loses nothing and asks nobody early.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from types import TracebackType

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.actions.refresh import Report
from aggregator.app import App, Pulse
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, VisitState
from aggregator.store import publishes, visits

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)
"""Hand edits of feeds.yaml are promised to be noticed within 5 s."""
QUEUE = 4
"""Claimed visits for each that may be under way: a slow host's queue must not starve the others."""
GRACE = timedelta(seconds=5)
"""How long visits under way may take to finish when the program is stopped."""


class Clock:
    """Runs an ``App``. ``async with Clock(app) as clock``: leaving ends or abandons all visits."""

    def __init__(self, app: App, *, on_written: Callable[[Report], None] | None = None) -> None:
        """``on_written`` hears of every visit once it is stored."""
        self._app = app
        self._on_written = on_written
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: dict[asyncio.Task[Report], VisitState] = {}
        self._catalogue: Catalogue | None = None
        self._touched: set[str] = set()
        self._publishing: asyncio.Task[None] | None = None
        self.pulse = Pulse(started=app.clock())

    async def __aenter__(self) -> "Clock":
        """Look once, so that the last good widgets stand before the first request, then tick."""
        await asyncio.to_thread(self._app.output.sweep)
        await self.look()
        tick = timedelta(seconds=self._app.pace.tick)
        for job, every in ((self.look, LOOK_EVERY), (self.visit_due, tick)):
            self._scheduler.add_job(
                self._safely,
                "interval",
                args=(job,),
                seconds=every.total_seconds(),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,  # a late tick is still a tick
                next_run_time=self._app.clock(),
            )
        self._scheduler.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop claiming, wait for what is under way up to the grace, give the rest back."""
        self._scheduler.shutdown(wait=False)
        late: list[VisitState] = []
        if self._running:
            log.info("stopping visits=%d", len(self._running))
            await asyncio.wait(self._running, timeout=GRACE.total_seconds())
            tasks = dict(self._running)
            late = list(tasks.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._publishing is not None:
            await self._publishing
        await self._app.close_fetching()
        if late:  # after the last write: what was stored is no claim any more
            await asyncio.to_thread(visits.release, self._app.database, late)

    async def look(self) -> None:
        """Take a changed feeds.yaml, publish what expires, leave a heartbeat."""
        current = await asyncio.to_thread(self._app.current)
        problem = str(current.problem) if current.problem else None
        if problem and problem != self.pulse.problem:
            log.error("catalogue outcome=broken %s", problem)
        if current.catalogue != self._catalogue:
            await asyncio.to_thread(self._take, current.catalogue)
        else:
            await asyncio.to_thread(self._publish_expired)
        self.pulse = replace(self.pulse, looked=self._app.clock(), problem=problem)
        await asyncio.to_thread(self._beat)

    async def visit_due(self) -> None:
        """Claim what is due, as far as there are free places, and start the visits."""
        catalogue = self._catalogue
        free = QUEUE * self._app.pace.at_once - len(self._running)
        if catalogue is None or free <= 0:
            return
        now = self._app.clock()
        states = await asyncio.to_thread(
            visits.claim, self._app.database, now, self._app.pace.lease, free
        )
        for state in states:
            source = catalogue.source(state.source_id)
            if source is None:  # it left the file a moment ago; the store hears of it next look
                await asyncio.to_thread(visits.release, self._app.database, [state])
                continue
            visit = self._app.refresher.refresh(source, state, on_written=self._written)
            task = asyncio.create_task(visit)
            self._running[task] = state
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[Report]") -> None:
        del self._running[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("visit outcome=bug", exc_info=error)

    def _written(self, report: Report) -> None:
        """Publish what a visit touched, soon; touches that come meanwhile go together."""
        if self._on_written is not None:
            self._on_written(report)
        if not report.touched or self._catalogue is None:
            return
        widgets = self._catalogue.widgets_of(report.source.id)
        self._touched.update(spec.id for spec in widgets)
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish_touched())

    async def _publish_touched(self) -> None:
        while self._touched and self._catalogue is not None:
            touched, self._touched = self._touched, set()
            try:
                await asyncio.to_thread(self._publish, self._catalogue, touched)
            except AggregatorError as error:
                log.error("publish outcome=failed error=%s", error)

    def _take(self, catalogue: Catalogue) -> None:
        self._app.sync(catalogue)
        self._app.publisher.publish_all(catalogue, self._app.clock())
        self.pulse = replace(self.pulse, published=self._app.clock())
        self._catalogue = catalogue
        log.info(
            "catalogue outcome=taken sources=%d widgets=%d",
            len(catalogue.sources),
            len(catalogue.widgets),
        )

    def _publish_expired(self) -> None:
        if self._catalogue is None:
            return
        now = self._app.clock()
        expired = {
            widget_id
            for widget_id, state in publishes.states(self._app.database).items()
            if state.valid_until is not None and state.valid_until <= now
        }
        if expired:
            self._publish(self._catalogue, expired)

    def _publish(self, catalogue: Catalogue, widget_ids: set[str]) -> None:
        self._app.publisher.publish(catalogue, widget_ids, self._app.clock())
        self.pulse = replace(self.pulse, published=self._app.clock())

    def _beat(self) -> None:
        """A file whose time shows from outside that the clock runs.

        A full disk is no reason to stop it.
        """
        beat = {"looked": self.pulse.looked, "published": self.pulse.published}
        with contextlib.suppress(OSError):
            (self._app.settings.data / "heartbeat").write_text(json.dumps(beat, default=str))

    async def _safely(self, job: Callable[[], Awaitable[None]]) -> None:
        """A tick that fails is logged; the next one comes all the same."""
        try:
            await job()
        except AggregatorError as error:
            log.error("tick outcome=failed error=%s", error)
        except Exception:
            log.exception("tick outcome=bug")
