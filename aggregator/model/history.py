"""What the database says: decisions of people, and what is remembered of each source."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.post import Dropped, Post
from aggregator.model.raw import Profile, Validators

LATELY = timedelta(days=28)
"""How far back posts count when the next visit is chosen (rule J1)."""


class VerdictKind(StrEnum):
    """What a person decided about a post, or about all of a source."""

    APPROVED = "approved"
    HIDDEN = "hidden"
    PINNED = "pinned"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's decision. ``guid`` None: about the whole source."""

    source_id: str
    guid: str | None
    kind: VerdictKind
    by: str
    at: datetime
    reason: str | None = None
    until: datetime | None = None
    """End of a pin; None: until it is undone."""
    fingerprint: bytes | None = None
    """Of the post as the person saw it; None: not about one post."""


class Standing(StrEnum):
    """Where a stored post stands; what the indexes of the newest-posts question know."""

    OPEN = "open"
    """Nobody decided anything."""
    APPROVED = "approved"
    """Approved or pinned by a person."""
    HIDDEN = "hidden"
    HELD = "held"
    """Came while its source was under suspicion; waits for a person."""


@dataclass(frozen=True, slots=True)
class StoredPost:
    """A post with what the database adds to it."""

    post: Post
    id: int
    """Grows with every post stored; the tie-breaker of the order."""
    first_seen: datetime
    sort_at: datetime
    """min(published, first_seen): decides the order."""
    standing: Standing = Standing.OPEN
    verdict: Verdict | None = None
    """The verdict on the post itself, where there is one."""


class Outcome(StrEnum):
    """How a visit ended."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    HELD = "held back"


@dataclass(frozen=True, slots=True)
class VisitState:
    """What is remembered of a source between visits: one row, replaced as a whole by a visit."""

    source_id: str
    address: str
    """The platform and address that all of this belongs to, as ``platform:address``."""
    validators: Validators | None = None
    cursor: bytes | None = None
    profile: Profile | None = None
    next_due: datetime | None = None
    """None: as soon as possible."""
    lapses: int = 0
    """Claims in a row that were never given back: at three, the source is held."""
    last_visit: datetime | None = None
    last_ok: datetime | None = None
    last_new: datetime | None = None
    """When a visit last brought a new post."""
    outcome: Outcome | None = None
    error_kind: str | None = None
    error_text: str | None = None
    error_advice: str | None = None
    error_streak: int = 0
    same_body_streak: int = 0
    """200s in a row whose body was the same (rule B11)."""
    wait_until: datetime | None = None
    """The server asked us not to come before."""
    posts_lately: int = 0
    """Stored posts of the last ``LATELY``. Counted by a claim; like the next, not itself stored."""
    oldest_post: datetime | None = None
    """``sort_at`` of the oldest post stored: how far back its rhythm is known."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit, ready to be written in one go: posts, validators, cursor and next due together."""

    source_id: str
    started: datetime
    outcome: Outcome
    state: VisitState
    """The state after the visit, complete."""
    posts: tuple[Post, ...] = ()
    """New and edited ones, newest first; let go once they are stored."""
    dropped: tuple[Dropped, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Written:
    """What the store made of a visit."""

    source_id: str
    new: int = 0
    edited: int = 0
    refused: int = 0
    """Taken down before, and therefore not stored again."""
