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
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, cast

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.app import App, Pulse
from aggregator.beside import (
    Alarming,
    Beating,
    Bookkeeping,
    Hubs,
    Mirroring,
    Picturing,
    Pruning,
    for_ever,
)
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, VisitState
from aggregator.store import audit, publishes, visits
from aggregator.store.database import Database

if TYPE_CHECKING:  # slow to import, and not needed before the first visit
    from aggregator.actions.refresh import Refresher, Report

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)
"""Hand edits of feeds.yaml are promised to be noticed within 5 s."""
QUEUE = 4
"""Claimed visits for each that may be under way: a slow host's queue must not starve the others."""
WHOLE_EVERY = timedelta(minutes=1)
"""All widgets are looked at this often, whatever we know: it costs little and mends all."""
GRACE = timedelta(seconds=5)
"""How long visits under way may take to finish when the program is stopped."""


class Clock:
    """Runs an ``App``. ``async with Clock(app) as clock``: leaving ends or abandons all visits."""

    def __init__(self, app: App, *, on_written: "Callable[[Report], None] | None" = None) -> None:
        """``on_written`` hears of every visit once it is stored."""
        self._app = app
        self._on_written = on_written
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._ticking: set[asyncio.Task[None]] = set()
        self._running: dict[asyncio.Task[Report], VisitState] = {}
        self._catalogue: Catalogue | None = None
        self._heard = -1
        """The newest act of a person that the files follow."""
        self._touched: set[str] = set()
        self._publishing: asyncio.Task[None] | None = None
        self._hubs = Hubs(app, self._fetching, lambda: self._catalogue, self._written)
        self._mirroring = Mirroring(app, self._fetching, lambda: self._catalogue, self._touch)
        self._pruning = Pruning(app, lambda: self._catalogue, self._touch)
        self._picturing = Picturing(app, self._fetching, self._touch)
        _ = app.inspector  # now, as what follows: a setting that is wrong is told at the start
        self._alarm = app.alarm()
        self._first_fetch = asyncio.Lock()
        self.pulse = Pulse(started=app.clock())

    async def __aenter__(self) -> "Clock":
        """Look once, so that the last good widgets stand before the first request, then tick."""
        await self.look()
        tick = timedelta(seconds=self._app.pace.tick)
        for job, every in ((self.look, LOOK_EVERY), (self.visit_due, tick)):
            self._scheduler.add_job(
                self._tick,
                "interval",
                args=(job,),
                seconds=every.total_seconds(),
                coalesce=True,
                misfire_grace_time=None,  # a late tick is still a tick
                next_run_time=self._app.clock(),
            )
        self._scheduler.start()
        self._step_watch = asyncio.create_task(self._watch_steps())
        self._hubs.start()
        beside = {
            "look-up": self._mirroring.round,
            "pruning": self._pruning.round,
            "pictures": self._picturing.round,
            "plans": Bookkeeping(self._app).round,
            "heartbeat": Beating(self._app, lambda: self.pulse).round,
        }
        if self._alarm is not None:
            beside["alerts"] = Alarming(self._alarm).round
        self._beside = [asyncio.create_task(for_ever(*work)) for work in beside.items()]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop claiming, wait for what is under way up to the grace, give the rest back."""
        self._step_watch.cancel()
        self._scheduler.remove_all_jobs()
        await asyncio.gather(*self._ticking)
        await self._hubs.stop()
        for work in self._beside:  # what they drop is due, or wanted, again
            work.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
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
        try:
            await asyncio.to_thread(self._app.heart.end, self._app.database)
        except AggregatorError as trouble:
            log.warning("heartbeat outcome=not-ended error=%s", trouble)

    async def look(self) -> None:
        """Take a changed feeds.yaml, publish what changed behind our back or expires, beat."""
        current = await asyncio.to_thread(self._app.current)
        problem = str(current.problem) if current.problem else None
        if problem and problem != self.pulse.problem:
            log.error("catalogue outcome=broken %s", problem)
        self.pulse = replace(self.pulse, problem=problem)
        await asyncio.to_thread(self._bring_up_to_date, current.catalogue)
        self.pulse = replace(self.pulse, looked=self._app.clock())
        await asyncio.to_thread(self._beat)

    async def visit_due(self) -> None:
        """Claim what is due, as far as there are free places, and start the visits."""
        catalogue = self._catalogue
        free = QUEUE * self._app.pace.at_once - len(self._running)
        if catalogue is None or free <= 0:
            return
        states = await asyncio.to_thread(self._app.claims.due, free)
        if not states:
            return
        refresher = await self._fetching()
        for state in states:
            source = catalogue.source(state.source_id)
            if source is None:  # it left the file a moment ago; the store hears of it next look
                await asyncio.to_thread(visits.release, self._app.database, [state])
                continue
            visit = refresher.refresh(source, state, on_written=self._written)
            task = asyncio.create_task(visit)
            self._running[task] = state
            task.add_done_callback(self._ended)

    async def _fetching(self) -> "Refresher":
        """The first call is slow: it imports and builds what visits need."""
        async with self._first_fetch:
            return await asyncio.to_thread(lambda: self._app.refresher)

    def _ended(self, task: "asyncio.Task[Report]") -> None:
        del self._running[task]
        if not task.cancelled() and (error := task.exception()):
            log.error("visit outcome=bug", exc_info=error)

    def _written(self, report: "Report") -> None:
        """Publish what a visit touched, soon; touches that come meanwhile go together."""
        if self._on_written is not None:
            self._on_written(report)
        self._hubs.visited(report)
        if report.touched:
            self._touch(report.source.id)

    def _touch(self, source_id: str) -> None:
        if self._catalogue is None:
            return
        self._touched.update(spec.id for spec in self._catalogue.widgets_of(source_id))
        if self._publishing is None or self._publishing.done():
            self._publishing = asyncio.create_task(self._publish_touched())

    async def _publish_touched(self) -> None:
        while self._touched:
            touched, self._touched = self._touched, set()
            await asyncio.to_thread(self._publish, touched)

    def _bring_up_to_date(self, catalogue: Catalogue) -> None:
        """Everything after a change of the list, an act of a person, or a while; else what expires.

        Acts may come from another process, whose own publish may have failed or been killed.
        """
        now, database = self._app.clock(), self._app.database
        if catalogue != self._catalogue:
            self._take(catalogue)
        heard = audit.newest(database)
        whole = self.pulse.published_all
        if heard != self._heard or whole is None or abs(now - whole) >= WHOLE_EVERY:
            self._app.sync(catalogue)  # consent may have been withdrawn by a new day
            published = self._app.publisher.publish_all(now)
            self._picturing.want(published)
            self._heard = heard
            trouble = next((str(one.error) for one in published if one.error), None)
            self.pulse = replace(self.pulse, trouble=trouble)
            self.pulse = replace(self.pulse, published=now, published_all=now)
        else:
            self._publish(_expired(database, now))
        database.erase_expected_traces()

    def _take(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._heard = -1
        log.info(
            "catalogue outcome=taken sources=%d widgets=%d",
            len(catalogue.sources),
            len(catalogue.widgets),
        )

    def _publish(self, widget_ids: set[str]) -> None:
        """Publish these; those that fail are tried again with the next whole round."""
        if widget_ids:
            now, catalogue = self._app.clock(), self._app.catalogue()
            if catalogue != self._catalogue:  # what was hidden may have another id in it
                self._app.sync(catalogue)
            self._picturing.want(self._app.publisher.publish(widget_ids, now))
            self.pulse = replace(self.pulse, published=now)

    def _beat(self) -> None:
        """A file whose time shows from outside that the clock runs.

        A full disk is no reason to stop it.
        """
        beat = {"looked": self.pulse.looked, "published": self.pulse.published}
        with contextlib.suppress(OSError):
            (self._app.settings.data / "heartbeat").write_text(json.dumps(beat, default=str))

    async def _watch_steps(self) -> None:
        """Tick at once where the machine's clock was set back.

        apscheduler waits for a moment by that clock: set back an hour, it would wait for an hour.
        """
        while True:
            before = self._app.clock()
            await asyncio.sleep(LOOK_EVERY.total_seconds())
            now = self._app.clock()
            if now < before:
                log.warning("clock outcome=stepped-back by=%s", before - now)
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=now)

    async def _tick(self, job: Callable[[], Awaitable[None]]) -> None:
        """A tick that fails is logged; the next one comes all the same."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._ticking.add(task)
        try:
            await job()
        except AggregatorError as error:
            log.error("tick outcome=failed error=%s", error)
        except Exception:
            log.exception("tick outcome=bug")
        finally:
            self._ticking.discard(task)


def _expired(database: Database, now: datetime) -> set[str]:
    """Widgets whose answer may have changed by itself."""
    return {
        widget_id
        for widget_id, state in publishes.states(database).items()
        if state.valid_until is not None and state.valid_until <= now
    }
