"""What the database says: decisions of people, and what is remembered of each source."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.post import Dropped, Post
from aggregator.model.raw import Hints, Profile, Validators

LATELY = timedelta(days=28)
"""How far back posts count when the next visit is chosen (rule J1)."""


class VerdictKind(StrEnum):
    """What a person decided about a post, or about all of a source."""

    APPROVED = "approved"
    HIDDEN = "hidden"
    PINNED = "pinned"

    @property
    def approves(self) -> bool:
        """Whether it lets a post be shown: what is pinned was approved, too."""
        return self is not VerdictKind.HIDDEN

    @property
    def hides(self) -> bool:
        """Whether it takes a post off the website."""
        return self is VerdictKind.HIDDEN


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
    """Its source may have changed hands before it came, or since; waits for a person."""
    WAITING = "waiting"
    """A rule found something in it that a person must look at first."""
    GONE = "gone"
    """Its platform said that it is not there any more; not shown, and soon erased."""


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

    @property
    def was_approved(self) -> bool:
        """Whether a person let it be shown, be it as it was before."""
        return self.verdict is not None and self.verdict.kind.approves


class Outcome(StrEnum):
    """How a visit ended."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    HELD = "held back"


@dataclass(frozen=True, slots=True)
class Move:
    """A permanent redirect that was seen and is not yet trusted (rule D3)."""

    address: str
    since: datetime
    seen: int = 1
    """Visits in a row that were led there."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a source was like while nobody doubted it (rule I9); all of it tidied.

    Digests stand for what would be content: only their sameness is ever asked. They are keyed with
    the secret of the database.
    """

    title: str | None = None
    language: str | None = None
    domain: str | None = None
    """The registrable domain that the feed came from."""
    link_domain: str | None = None
    """Short digest of the registrable domain of most permalinks."""
    id_style: str | None = None
    """The shape of its entries' ids, such as ``tag:`` or ``https:?p``."""
    issuer: str | None = None
    """The organisation that issued the certificate of its server; None: not known."""
    authors: tuple[str, ...] = ()
    """Short digests of the words in its authors' names."""
    ids: tuple[str, ...] = ()
    """Short digests of its posts' ids, the newest first, as in all that follow."""
    texts: tuple[str, ...] = ()
    """Short digests of its posts' titles and texts, by which they are known under other ids."""
    words: tuple[str, ...] = ()
    """Short digests of its most usual words."""
    outbound: tuple[str, ...] = ()
    """Short digests of the registrable domains that its posts link to."""
    length: int = 0
    """How many entries its feed had."""
    newest: datetime | None = None
    """When its newest post was published."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a source may have changed hands; what it brings waits for a person."""

    since: datetime
    signals: tuple[str, ...]
    """One plain sentence each."""
    seen: Identity
    """What it is like now; ``release`` makes it the trusted one."""


@dataclass(frozen=True, slots=True)
class Released:
    """A suspicion that a person found unfounded, and what was trusted before: for undo."""

    at: datetime
    suspicion: Suspicion
    identity: Identity | None
    profile: Profile | None


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
    look_up_after: datetime | None = None
    """Before that, its posts are not looked up again: an hour after the last look-up, or later."""
    failing_since: datetime | None = None
    """When the first of the failures in a row came that were of the present kind."""
    gone_answers: int = 0
    """410s in a row (rule D1)."""
    stopped_at: datetime | None = None
    """The clock asks no more, since the address is gone for good; a person may still ask."""
    adopted: str | None = None
    """Where the source moved to, asked instead of its address in feeds.yaml (rule D3)."""
    move: Move | None = None
    given_up: str | None = None
    """An adopted address that failed and is not adopted again (rule D7)."""
    hints: Hints | None = None
    unstable_ids: bool = False
    """Its entries change their ids; what is told apart by link and title instead (rule I4)."""
    identity: Identity | None = None
    suspicion: Suspicion | None = None
    released: Released | None = None
    """Never together with a suspicion: a new one makes an old release past undoing."""
    visits: int = 0
    """Visits so far, failed ones included."""
    posts_lately: int = 0
    """Stored posts of the last ``LATELY``. Counted by a claim; this and what follows is not stored
    itself."""
    oldest_post: datetime | None = None
    """``sort_at`` of the oldest post stored: how far back its rhythm is known."""
    newest_post: datetime | None = None
    """``sort_at`` of the newest one: since when it is silent."""
    pushed: bool = False
    """Whether a hub brings what is new, so that visits are a safety net (rule E6)."""


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
    entries: int = 0
    """How many there were to read, those included that were known."""
    dropped: tuple[Dropped, ...] = ()
    seconds: float = 0.0
    pushed: bool = False
    """It came from a hub: its posts are written, and of the state only when they came."""
    status: int | None = None
    """This and what follows is for the log of visits; see ``LoggedVisit``."""
    requests: int = 0
    received: int = 0
    why: str = ""
    reads: int = 0
    """How many posts and accounts it read of a platform that bills them."""


@dataclass(frozen=True, slots=True)
class LoggedVisit:
    """One line of a source's log of visits (rule J6)."""

    source_id: str
    at: datetime
    """When it ended."""
    outcome: Outcome
    kind: str | None
    """Of the error; None: there was none."""
    status: int | None
    """HTTP's, of the last answer; None: no answer came."""
    requests: int
    received: int
    """Bytes, as they came over the wire."""
    seconds: float
    new: int
    edited: int
    next_due: datetime | None
    why: str
    """Why it is due then, in plain words."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the store made of a visit."""

    source_id: str
    new: int = 0
    edited: int = 0
    refused: int = 0
    """Taken down before, and therefore not stored again."""
    renamed: int = 0
    """Stored before under other ids, whether edited or not (rule I4)."""
