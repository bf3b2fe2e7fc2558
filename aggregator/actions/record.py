"""What visits brought, made into posts and written down, many visits at a time.

::

    brought ─► waits a moment for others ─► normalise ─► decide ─► one transaction for all

In: what a visit brought, an error included. Out: the visit as it stands in the database now: posts,
validators, cursor and next due together, or nothing of it.
Not here: the visit itself (``refresh.py``), how it is stored (``store/visits.py``).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from aggregator.actions import decide, identity
from aggregator.actions.moves import another_at
from aggregator.actions.traits import Seen
from aggregator.errors import AggregatorError, FetchError, StoreError, UnexpectedShape
from aggregator.model import (
    Dropped,
    FetchResult,
    Outcome,
    Pace,
    Post,
    Profile,
    RawPost,
    Source,
    Validators,
    Visit,
    VisitState,
    Written,
)
from aggregator.normalise.post import post_from, profile_from
from aggregator.normalise.text import one_line
from aggregator.store import addresses, digests, visits
from aggregator.store.database import Database
from aggregator.store.latecomers import Alike, unlike

log = logging.getLogger(__name__)

BATCH = 50
"""Visits written in one transaction, at most."""
GATHER = 0.2
"""Seconds that a visit waits for others to be written with. A transaction costs more than what it
writes of most visits."""

_LONGEST_ISSUER = 64
"""Code points: certificates may not name longer organisations (X.520)."""


Mark = Callable[[Source, tuple[Post, ...]], tuple[Post, ...]]


def unmarked(source: Source, posts: tuple[Post, ...]) -> tuple[Post, ...]:
    """Posts that no rule looks at."""
    del source
    return posts


@dataclass(frozen=True, slots=True)
class Brought:
    """What one visit came home with."""

    source: Source
    before: VisitState
    started: datetime
    ended: datetime
    result: FetchResult | None
    """None: the server said 304, or there is an ``error``."""
    error: FetchError | None
    validators: Validators | None
    fresh_for: timedelta | None
    moved_to: str | None = None
    """Where unbroken permanent redirects from the asked address led."""
    is_taken: bool = False
    """Whether another source is followed there."""
    issuer: str | None = None
    """Who issued the certificate of the server that it came from; None: not known."""
    wait: timedelta | None = None
    """How long a redirect on the way asked us to stay away."""
    pushed: bool = False
    """A hub brought it."""
    status: int | None = None
    """HTTP's, of the last answer; None: no answer came."""
    requests: int = 0
    received: int = 0
    """Bytes, as they came over the wire."""
    reads: int = 0
    """Posts and accounts that are billed."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it."""

    visit: Visit
    """Without its posts: they are stored by now, and a long pass must not hold them all."""
    written: Written | None
    """None: the store refused (``error`` says why); the visit left no trace."""
    error: AggregatorError | None


class Recorder:
    """The one writer of visits, for the life of an event loop."""

    def __init__(
        self,
        database: Database,
        pace: Pace,
        clock: Callable[[], datetime],
        mark: Mark = unmarked,
        alike: Alike = unlike,
    ) -> None:
        """``mark`` says of posts which rules hold them; ``alike``, which are like hidden ones."""
        self._database = database
        self._mark = mark
        self._alike = alike
        self._pace = pace
        self._clock = clock
        self._under_way = 0
        self._waiting: deque[tuple[Brought, asyncio.Future[Recorded]]] = deque()
        self._enough = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    @contextmanager
    def expecting(self) -> Iterator[None]:
        """For the length of a visit: there is somebody to wait for."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._count()

    async def record(self, brought: Brought) -> Recorded:
        """Wait until it is written, or not."""
        done: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._waiting.append((brought, done))
        self._count()
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        return await done

    async def finish(self) -> None:
        """Wait until all that was handed over is written."""
        if self._writer is not None:
            await self._writer

    def _count(self) -> None:
        """Enough is a whole batch, or everybody who is on the way."""
        if len(self._waiting) >= min(BATCH, self._under_way):
            self._enough.set()
        else:
            self._enough.clear()

    async def _write_waiting(self) -> None:
        while self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER):
                    await self._enough.wait()
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            self._count()
            brought = [one for one, _ in batch]
            recorded = await asyncio.to_thread(self._record_all, brought)
            for (_, done), one in zip(batch, recorded, strict=True):
                if not done.cancelled():
                    done.set_result(one)

    def _record_all(self, batch: Sequence[Brought]) -> list[Recorded]:
        """In a thread of its own: cleaning and writing take a while.

        A bug of ours that one visit meets must not hurt the others, nor let any of them wait for
        ever.
        """
        try:
            return self._record_together(batch)
        except Exception:
            if len(batch) == 1:
                log.exception("write source=%s outcome=bug", batch[0].source.id)
                return [_unwritten(batch[0])]
        return [recorded for one in batch for recorded in self._record_all([one])]

    def _record_together(self, batch: Sequence[Brought]) -> list[Recorded]:
        secret = self._database.secret
        found = [visit_of(self._looked_up(one), self._pace, secret, self._mark) for one in batch]
        brought = [visit for visit, _ in found]
        written = visits.save(self._database, brought, self._clock(), self._alike)
        recorded = []
        for (visit, error), result in zip(found, written, strict=True):
            bare = replace(visit, posts=())
            if isinstance(result, StoreError):
                recorded.append(Recorded(bare, None, result))
            else:
                recorded.append(Recorded(bare, result, error))
        return recorded

    def _looked_up(self, brought: Brought) -> Brought:
        """With what the database knows of the address that it moved to, where it moved."""
        if brought.moved_to is None:
            return brought
        try:
            others = addresses.followed(self._database)
        except StoreError:  # told by what is written next; until then nothing is adopted
            return replace(brought, is_taken=True)
        other = another_at(brought.moved_to, brought.source.id, others)
        return replace(brought, is_taken=other is not None)


def _unwritten(brought: Brought) -> Recorded:
    """A visit that left no trace, since we stumbled over it."""
    before = brought.before
    visit = Visit(before.source_id, brought.started, Outcome.FAILED, before)
    return Recorded(visit, None, StoreError("Aggregator itself stumbled over what was fetched."))


def visit_of(
    brought: Brought, pace: Pace, secret: bytes, mark: Mark = unmarked
) -> tuple[Visit, FetchError | None]:
    """The visit, ready to be written, and what went wrong, if anything.

    ``secret``: the key of the database, with which is digested what the source is like.
    """
    posts: tuple[Post, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    error = brought.error
    if error is None:
        try:
            decision, found, dropped = _read(brought, pace, secret)
            posts = mark(brought.source, found)  # none is stored that no rule could look at
        except Exception as caught:
            log.exception("visit source=%s outcome=bug", brought.source.id)
            error = stumbled(caught)
    if error is not None:
        decision = decide.after_failure(brought.before, error, brought.ended, pace)
    if brought.pushed:
        decision, posts = _of_push(brought.before, decision, posts)
    for act in decision.acts:
        log.info("source=%s act=%s", brought.source.id, act.replace(" ", "-"))
    after = decision.state
    visit = Visit(
        source_id=brought.source.id,
        started=brought.started,
        outcome=after.outcome or Outcome.FAILED,
        state=after,
        posts=posts,
        entries=len(posts) + ((brought.result and brought.result.known) or 0),
        dropped=dropped,
        seconds=(brought.ended - brought.started).total_seconds(),
        pushed=brought.pushed,
        status=brought.status,
        requests=brought.requests,
        received=brought.received,
        why=decision.why,
        reads=brought.reads,
    )
    return visit, error


def _of_push(
    before: VisitState, decision: decide.Decision, posts: tuple[Post, ...]
) -> tuple[decide.Decision, tuple[Post, ...]]:
    """What a hub brings are posts: it decides nothing about visits, nor about whose source it is.

    Where it raises a doubt, nothing is taken from it: the next visit sees the whole feed.
    """
    if decision.state.suspicion is not None and before.suspicion is None:
        return decide.Decision(replace(before, outcome=Outcome.UNCHANGED), (), decision.why), ()
    after = replace(before, outcome=decision.state.outcome)
    return decide.Decision(after, (), decision.why), posts


def _read(
    brought: Brought, pace: Pace, secret: bytes
) -> tuple[decide.Decision, tuple[Post, ...], tuple[Dropped, ...]]:
    """What a good visit comes to, and its posts."""
    before, result = brought.before, brought.result
    posts: tuple[Post, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    profile: Profile | None = None
    if result is not None:
        profile = profile_from(result.profile) if result.profile else None
        posts, dropped = normalise(
            result.posts, brought.source, profile or before.profile, brought.started
        )
        if not result.unchanged:
            issuer = one_line(brought.issuer, _LONGEST_ISSUER) if brought.issuer else None
            digest = partial(digests.trait, secret)
            seen = Seen(profile, posts, result.known, result.address, digest, issuer)
            before = identity.look(before, seen, brought.ended)
    answer = decide.Answer(
        validators=brought.validators,
        cursor=result.cursor if result else before.cursor,
        profile=profile,
        fresh_for=brought.fresh_for,
        changed=bool(result and not result.unchanged),
        same_body=bool(result and result.unchanged),
        # Where ids change at every visit, everything seems new.
        posted=() if before.unstable_ids else tuple(post.published for post in posts),
        hints=result.hints if result else None,
        moved_to=brought.moved_to,
        is_taken=brought.is_taken,
        light=bool(result and result.light),
        trouble=result.trouble if result else None,
        wait=max(filter(None, (brought.wait, result.wait if result else None)), default=None),
    )
    decision = decide.after_answer(before, brought.source, answer, brought.ended, pace)
    return decision, posts, dropped


def normalise(
    raws: Sequence[RawPost], source: Source, profile: Profile | None, now: datetime
) -> tuple[tuple[Post, ...], tuple[Dropped, ...]]:
    """Each entry through the door; one that breaks it is lost alone (rule H8).

    Of equal ids, the last in the document wins (rule I4), at the place of the first.
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
    return tuple(posts.values()), tuple(dropped)


def stumbled(caught: Exception) -> UnexpectedShape:
    """A bug of ours, as an outcome of this one visit: it must not hurt another."""
    error = UnexpectedShape(f"Aggregator itself stumbled ({type(caught).__name__})")
    error.__cause__ = caught
    return error
