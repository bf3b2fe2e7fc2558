"""One source's visit, from due to stored; never raises past its own source.

::

    claimed state ─► connector.fetch ─► recorded with the visits beside it ─► a report
                        │ NotModified, FetchError, anything else: an outcome, not an exception

In: sources and their claimed states. Out: one ``Report`` each.
Not here: what is due (``store/visits.py``), when next (``timing.py``), how what came becomes posts
that stand in the database (``record.py``), widgets (``publish.py``).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.actions.record import Brought, Recorder, normalise, stumbled
from aggregator.connectors import connector
from aggregator.connectors._contract import Errand, Reader
from aggregator.errors import AggregatorError, FetchError, NotModified, UnexpectedShape
from aggregator.fetch.client import Client, VisitWeb
from aggregator.model import (
    FetchResult,
    Outcome,
    Pace,
    Post,
    Profile,
    Source,
    Visit,
    VisitState,
    Written,
)
from aggregator.normalise.post import profile_from
from aggregator.store.database import Database

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one visit."""

    source: Source
    visit: Visit
    written: Written | None
    """None: the store refused (``error`` says why); the visit left no trace."""
    error: AggregatorError | None = None

    @property
    def failed(self) -> bool:
        """Whether a person would call it a failure."""
        return self.written is None or self.visit.outcome is Outcome.FAILED

    @property
    def touched(self) -> bool:
        """Whether a widget may look different now."""
        return self.visit.outcome is Outcome.CHANGED and self.written is not None


@dataclass
class Refresher:
    """What visits need, for the life of the process. Build it inside the running event loop."""

    database: Database
    client: Client
    reader: Reader
    pace: Pace
    clock: Callable[[], datetime]
    _recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self._recorder = Recorder(self.database, self.pace, self.clock)

    async def refresh(
        self,
        source: Source,
        state: VisitState,
        *,
        on_written: Callable[[Report], None] | None = None,
    ) -> Report:
        """Visit a claimed source and store what came."""
        with self._recorder.expecting(), self.client.visit(state.validators) as web:
            brought = await self._visit(web, source, state)
            recorded = await self._recorder.record(brought)
        report = Report(source, recorded.visit, recorded.written, recorded.error)
        _log(report)
        if on_written is not None:
            on_written(report)
        return report

    async def refresh_all(
        self,
        sources: Mapping[str, Source],
        states: list[VisitState],
        *,
        on_written: Callable[[Report], None] | None = None,
    ) -> list[Report]:
        """Visit all claimed sources; how many at once, and per host, is the client's to pace."""
        under_way = (
            self.refresh(sources[state.source_id], state, on_written=on_written) for state in states
        )
        return list(await asyncio.gather(*under_way))

    async def finish(self) -> None:
        """Wait until everything that ended visits handed over is stored."""
        await self._recorder.finish()

    async def look(self, source: Source) -> tuple[Profile | None, list[Post]] | FetchError:
        """Visit a source as if for the first time and store nothing: for ``check --online``."""
        state = VisitState(source.id, "")
        with self.client.visit(None) as web:
            brought = await self._visit(web, source, state)
        if brought.error is not None:
            return brought.error
        if brought.result is None:
            return UnexpectedShape("the server answered 304 to a first request", url=source.address)
        result = brought.result
        profile = profile_from(result.profile) if result.profile else None
        posts, _ = normalise(result.posts, source, profile, brought.started)
        return profile, list(posts)

    async def _visit(self, web: VisitWeb, source: Source, state: VisitState) -> Brought:
        started = self.clock()
        result: FetchResult | None = None
        error: FetchError | None = None
        try:
            errand = Errand(web, self.reader, state.cursor)
            result = await connector(source.platform).fetch(source, errand)
            web.still_holds(_size(result))
        except NotModified:
            pass
        except FetchError as caught:
            error = caught
        except Exception as caught:
            log.exception("visit source=%s outcome=bug", source.id)
            error = stumbled(caught)
        if error is not None:
            web.still_holds(0)
            _let_frames_go(error)
        return Brought(
            source=source,
            before=state,
            started=started,
            ended=self.clock(),
            result=result,
            error=error,
            validators=web.validators,
            fresh_for=web.fresh_for,
        )


def _size(result: FetchResult) -> int:
    """About how many bytes of text wait to be stored: of most visits a part of their document."""
    texts = (text for raw in result.posts for text in (raw.title, raw.body, raw.summary))
    return sum(len(text.value) for text in texts if text is not None)


def _let_frames_go(error: FetchError) -> None:
    """What is kept of an error must not keep alive what was at hand when it was raised."""
    kept: BaseException | None = error
    while kept is not None:
        kept.__traceback__ = None
        kept = kept.__cause__ or kept.__context__


def _log(report: Report) -> None:
    """One line per visit, key=value."""
    visit, written = report.visit, report.written
    log.info(
        "visit source=%s outcome=%s new=%d edited=%d dropped=%d took=%.2fs due=%s%s",
        visit.source_id,
        "unwritten" if written is None else visit.outcome.value.replace(" ", "-"),
        written.new if written else 0,
        written.edited if written else 0,
        len(visit.dropped),
        visit.seconds,
        visit.state.next_due.isoformat(timespec="seconds") if visit.state.next_due else "soon",
        f" error={visit.state.error_kind!r}" if visit.state.error_kind else "",
    )
