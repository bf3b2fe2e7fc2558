"""One source's visit, from due to stored; never raises past its own source.

::

    claimed state ─► connector.fetch ─► recorded with the visits beside it ─► a report
                        │ NotModified, FetchError, anything else: an outcome, not an exception

In: sources and their claimed states. Out: one ``Report`` each.
Not here: what is due (``store/visits.py``), when next (``decide.py``), how what came becomes posts
that stand in the database (``record.py``), widgets (``publish.py``).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.actions.condition import Known, changed, condition_of
from aggregator.actions.keys import KeyRing
from aggregator.actions.record import Brought, Mark, Recorder, normalise, stumbled, unmarked
from aggregator.actions.tally import Tally
from aggregator.connectors import connector
from aggregator.connectors._contract import Budgeted, Errand, Reader, Reads, Web
from aggregator.errors import (
    AggregatorError,
    FetchError,
    NotModified,
    StoreError,
    Transient,
    UnexpectedShape,
)
from aggregator.fetch.client import Client, VisitWeb
from aggregator.model import (
    Document,
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
from aggregator.store import reads
from aggregator.store.database import Database
from aggregator.store.latecomers import Alike, unlike

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


@dataclass(frozen=True, slots=True)
class Delivered:
    """A document that a hub brought, in the place of the client: whatever is asked, it is this."""

    document: Document

    async def get(self, url: str, **_: object) -> Document:
        """The document, whichever address the source has today."""
        del url
        return self.document

    async def post(self, url: str, content: bytes, **_: object) -> Document:
        """The document: hubs bring feeds, and nobody asks for these by POST."""
        del url, content
        return self.document


@dataclass
class Refresher:
    """What visits need, for the life of the process; all of them in one event loop."""

    database: Database
    client: Client
    reader: Reader
    pace: Pace
    clock: Callable[[], datetime]
    keys: KeyRing
    tally: Tally = field(default_factory=Tally)
    """Counts what becomes of visits."""
    mark: Mark = unmarked
    """Says of posts which rules hold them."""
    alike: Alike = unlike
    """Says of posts which are like a hidden one."""
    _recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self._recorder = Recorder(self.database, self.pace, self.clock, self.mark, self.alike)

    async def refresh(
        self,
        source: Source,
        state: VisitState,
        *,
        on_written: Callable[[Report], None] | None = None,
        web: VisitWeb | None = None,
    ) -> Report:
        """Visit a claimed source and store what came; by ``web``, where something is at hand."""
        web = web or self.client.visit(state.validators)
        with self._recorder.expecting(), web:
            brought = await self._visit(web, source, state)
            recorded = await self._recorder.record(brought)
        report = Report(source, recorded.visit, recorded.written, recorded.error)
        self._tell(report, state)
        if on_written is not None:
            on_written(report)
        return report

    async def receive(self, source: Source, state: VisitState, web: Delivered) -> Report:
        """Store what a hub brought, as a visit that changes posts only (rule E4)."""
        started = self.clock()
        with self._recorder.expecting():
            result, error = await self._fetch(web, source, state, Reads())
            brought = Brought(
                source=source,
                before=state,
                started=started,
                ended=self.clock(),
                result=result,
                error=error,
                validators=None,
                fresh_for=None,
                pushed=True,
            )
            recorded = await self._recorder.record(brought)
        report = Report(source, recorded.visit, recorded.written, recorded.error)
        self._tell(report, state)
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

    async def look(
        self, source: Source, *, web: VisitWeb | None = None
    ) -> tuple[Profile | None, list[Post]] | FetchError:
        """Visit a source as if for the first time and store nothing: for ``check --online``."""
        state = VisitState(source.id, "")
        web = web or self.client.visit(None)
        with web:
            brought = await self._visit(web, source, state)
        if brought.error is not None:
            return brought.error
        if brought.result is None:
            return UnexpectedShape("the server answered 304 to a first request", url=source.address)
        result = brought.result
        profile = profile_from(result.profile) if result.profile else None
        posts, _ = normalise(result.posts, source, profile, brought.started)
        return profile, list(posts)

    def _tell(self, report: Report, before: VisitState) -> None:
        """Count it, and log it."""
        self.tally.visited(report.visit, report.written)
        _log(report)
        if report.written is not None:
            _log_change(report, before, self.clock())

    async def _visit(self, web: VisitWeb, source: Source, state: VisitState) -> Brought:
        started = self.clock()
        read = Reads()
        result, error = await self._fetch(web, source, state, read)
        if error is not None and error.retry_after is None:
            error.retry_after = web.wait  # a redirect on the way asked for it (rule C4)
        web.still_holds(0 if result is None else _size(result))
        return Brought(
            source=source,
            before=state,
            started=started,
            ended=self.clock(),
            result=result,
            error=error,
            validators=web.validators,
            fresh_for=web.fresh_for,
            moved_to=web.moved_to,
            issuer=web.issuer,
            wait=web.wait,
            status=web.status,
            requests=web.requests,
            received=web.bytes_read,
            reads=read.now,
        )

    async def read_this_month(self, source: Source) -> int:
        """Posts and accounts, where that is billed; else 0. Raises StoreError."""
        if not isinstance(source.options, Budgeted):
            return 0
        return await asyncio.to_thread(reads.of_source, self.database, source.id, self.clock())

    async def _fetch(
        self, web: Web, source: Source, state: VisitState, read: Reads
    ) -> tuple[FetchResult | None, FetchError | None]:
        """What the connector brings, or why not; both None: nothing has changed."""
        error: FetchError
        try:
            module = connector(source.platform)
            read.before = await self.read_this_month(source)
            keys = self.keys.of(source, module.TOKEN)
            errand = Errand(web, self.reader, state.cursor, keys, read)
            # Where it moved to, once that is believed (rule D3).
            asked = replace(source, address=state.adopted) if state.adopted else source
            result = await module.fetch(asked, errand)
            if result.trouble is not None:
                self._make_harmless(result.trouble)
            return result, None
        except NotModified:
            return None, None
        except FetchError as caught:
            error = caught
        except StoreError as caught:
            error = Transient(f"What was read this month could not be looked up: {caught}")
        except Exception as caught:
            log.exception("visit source=%s outcome=bug", source.id)
            error = stumbled(caught)
        self._make_harmless(error)
        return None, error

    def _make_harmless(self, error: FetchError) -> None:
        """It is kept for a while, logged and shown."""
        self.keys.hide(error)
        _let_frames_go(error)


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


def _log_change(report: Report, before: VisitState, now: datetime) -> None:
    """A line where a source has become what people may want to hear of."""
    known = Known(newest=before.newest_post)
    was = condition_of(report.source, before, known, now)
    is_now = condition_of(report.source, report.visit.state, known, now)
    if changed(was, is_now):
        words = (report.source.id, is_now.kind.value, was.kind.value)
        log.info("source=%s condition=%r was=%r", *words)
