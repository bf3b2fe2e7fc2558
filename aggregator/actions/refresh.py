"""One source's visit, from due to stored; never raises past its own source.

::

    claimed state ─► connector.fetch ─► normalise ─► timing ─► written with the visits beside it
                        │ NotModified, FetchError, anything else: an outcome, not an exception

In: sources and their claimed states. Out: one ``Report`` each; posts, validators, cursor and
next due stand in the database together or not at all.
Not here: what is due (``store/visits.py``), when next (``timing.py``), widgets (``publish.py``).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from aggregator.actions import timing
from aggregator.connectors import connector
from aggregator.connectors._contract import Errand, Reader
from aggregator.errors import AggregatorError, FetchError, NotModified, StoreError, UnexpectedShape
from aggregator.fetch.client import Client, VisitWeb
from aggregator.model import (
    Dropped,
    FetchResult,
    Outcome,
    Pace,
    Post,
    Profile,
    RawPost,
    Source,
    Visit,
    VisitState,
    Written,
)
from aggregator.normalise.post import post_from, profile_from
from aggregator.store import visits
from aggregator.store.database import Database

log = logging.getLogger(__name__)

BATCH = 50
"""Visits written in one transaction, at most."""


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
    _waiting: deque[tuple[Visit, asyncio.Future[Written | StoreError]]] = field(
        default_factory=deque, init=False
    )
    _writer: asyncio.Task[None] | None = field(default=None, init=False)

    async def refresh(
        self,
        source: Source,
        state: VisitState,
        *,
        on_written: Callable[[Report], None] | None = None,
    ) -> Report:
        """Visit a claimed source and store what came."""
        visit, error = await self._visit(source, state)
        written = await self._write(visit)
        visit = replace(visit, posts=())  # stored by now; a long pass must not hold them all
        if isinstance(written, StoreError):
            report = Report(source, visit, None, written)
        else:
            report = Report(source, visit, written, error)
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
        if self._writer is not None:
            await self._writer

    async def look(self, source: Source) -> tuple[Profile | None, list[Post]] | FetchError:
        """Visit a source as if for the first time and store nothing: for ``check --online``."""
        web = self.client.visit(None)
        try:
            result = await connector(source.platform).fetch(source, Errand(web, self.reader, None))
        except FetchError as error:
            return error
        except NotModified:
            return UnexpectedShape("the server answered 304 to a first request", url=source.address)
        except Exception as caught:
            log.exception("look source=%s outcome=bug", source.id)
            return _stumbled(caught)
        profile = profile_from(result.profile) if result.profile else None
        posts, _ = _normalise(result.posts, source, profile, self.clock())
        return profile, posts

    async def _visit(
        self, source: Source, state: VisitState
    ) -> tuple[Visit, AggregatorError | None]:
        started = self.clock()
        web = self.client.visit(state.validators)
        error: FetchError | None = None
        posts: list[Post] = []
        dropped: list[Dropped] = []
        try:
            errand = Errand(web, self.reader, state.cursor)
            result = await connector(source.platform).fetch(source, errand)
            profile = profile_from(result.profile) if result.profile else None
            posts, dropped = await asyncio.to_thread(
                _normalise, result.posts, source, profile or state.profile, started
            )
            answer = _answer(web, result, profile, state)
        except NotModified:
            answer = _answer(web, None, None, state)
        except FetchError as caught:
            error = caught
        except Exception as caught:
            log.exception("visit source=%s outcome=bug", source.id)
            error = _stumbled(caught)
        now = self.clock()
        if error is not None:
            after = timing.after_failure(state, error, now, self.pace)
        else:
            after = timing.after_answer(state, source, answer, now, self.pace)
        visit = Visit(
            source_id=source.id,
            started=started,
            outcome=after.outcome or Outcome.FAILED,
            state=after,
            posts=tuple(posts),
            dropped=tuple(dropped),
            seconds=(now - started).total_seconds(),
        )
        return visit, error

    async def _write(self, visit: Visit) -> Written | StoreError:
        """Hand a visit to the one writer and wait until it is stored, or not."""
        done: asyncio.Future[Written | StoreError] = asyncio.get_running_loop().create_future()
        self._waiting.append((visit, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        return await done

    async def _write_waiting(self) -> None:
        """Write what waits, a batch at a time: while one is written, the next one gathers."""
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            results: list[Written | StoreError]
            try:
                results = await asyncio.to_thread(
                    visits.save, self.database, [visit for visit, _ in batch], self.clock()
                )
            except StoreError as error:
                results = [error] * len(batch)
            except Exception:
                log.exception("write outcome=bug visits=%d", len(batch))
                results = [StoreError("Aggregator itself stumbled over what was fetched.")] * len(
                    batch
                )
            for (_, done), result in zip(batch, results, strict=True):
                if not done.cancelled():
                    done.set_result(result)


def _stumbled(caught: Exception) -> UnexpectedShape:
    """A bug of ours, as an outcome of this one visit: it must not hurt another."""
    error = UnexpectedShape(f"Aggregator itself stumbled ({type(caught).__name__})")
    error.__cause__ = caught
    return error


def _answer(
    web: VisitWeb, result: FetchResult | None, profile: Profile | None, state: VisitState
) -> timing.Answer:
    """``result`` None: the server said 304."""
    return timing.Answer(
        validators=web.validators,
        cursor=result.cursor if result else state.cursor,
        profile=profile,
        fresh_for=web.fresh_for,
        changed=bool(result and not result.unchanged),
        same_body=bool(result and result.unchanged),
    )


def _normalise(
    raws: tuple[RawPost, ...], source: Source, profile: Profile | None, now: datetime
) -> tuple[list[Post], list[Dropped]]:
    """Each entry through the door; one that breaks it is lost alone (H8).

    Of equal ids, the last in the document wins (I4), at the place of the first.
    """
    posts: dict[str, Post] = {}
    dropped: list[Dropped] = []
    for raw in raws:
        try:
            post = post_from(raw, source, profile, now)
        except Exception as error:
            log.exception("entry source=%s outcome=bug", source.id)
            post = Dropped(raw.guid, f"could not be read ({type(error).__name__})")
        if isinstance(post, Dropped):
            dropped.append(post)
        else:
            posts[post.guid] = post
    return list(posts.values()), dropped


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
