"""From stored posts to files: candidates, the selection among them, the view model."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.history import StoredPost, Verdict
from aggregator.model.intent import Site, Source, WidgetSpec
from aggregator.model.raw import Profile


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What selection must know of a source besides feeds.yaml."""

    profile: Profile | None = None
    verdict: Verdict | None = None
    """The verdict on the source as a whole."""
    has_approved: bool = False
    """A post of it, or the source itself, was approved; asked only where it is reviewed."""
    taken_down: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether a person has ever approved the source or a post of it."""
        return self.has_approved or (self.verdict is not None and self.verdict.kind.approves)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored post on its way into a widget."""

    stored: StoredPost
    source: Source


@dataclass(frozen=True, slots=True)
class AlsoOn:
    """Another place where the same post stands."""

    source: Source
    permalink: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Our own copy of a picture."""

    digest: str
    """SHA-256 of its bytes, in hex."""
    width: int
    """Pixels, of the copy."""
    height: int
    alt: str
    """What it shows, in words; never empty."""

    @property
    def path(self) -> str:
        """Relative to the output folder."""
        return picture_path(self.digest)


def picture_path(digest: str) -> str:
    """Where the website finds a copy of a picture, relative to the output folder."""
    return f"media/{digest}.webp"


@dataclass(frozen=True, slots=True)
class Card:
    """One place in a widget.

    In the layout ``blogs`` a card is a blog: ``stored`` is its newest post, or None.
    """

    source: Source
    name: str
    """How the source is called: by staff, else by itself, else by its host."""
    link: str | None
    """The source's own page."""
    stored: StoredPost | None
    also_on: tuple[AlsoOn, ...] = ()
    picture: Picture | None = None
    """The post's, once there is a copy of it."""


class Why(StrEnum):
    """Why a post is not in a widget."""

    HIDDEN = "hidden"
    SOURCE_HIDDEN = "source hidden"
    TAKEN_DOWN = "taken down"
    NO_CONSENT = "no consent"
    WAITING = "waiting for review"
    HELD = "held"
    RULE = "held by a rule"
    FROZEN = "widget frozen"
    BLANK = "widget blank"
    GONE = "gone at its source"
    KIND = "kind"
    TOO_OLD = "too old"
    TOO_LONG = "too long"
    FILTERED = "filtered"
    DUPLICATE = "duplicate"
    SOURCE_CAP = "source cap"
    NO_ROOM = "no room"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A post, or a whole blog (``stored`` None), that is not shown, and why."""

    source: Source
    stored: StoredPost | None
    why: Why
    words: str
    """The reason as a sentence for staff."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What a widget shows now, what it does not show and why, and until when that holds."""

    cards: tuple[Card, ...]
    left_out: tuple[LeftOut, ...]
    valid_until: datetime | None
    """The first moment at which the answer may change by itself; None: not before new facts."""
    more: tuple[Card, ...] = ()
    """For the full page: what would follow if there were more room, at most the page's length."""
    follow: tuple[Card, ...] = ()
    """The sources themselves, where no post of any of them can be shown; for layouts of posts."""
    groups: tuple[str, ...] = ()
    """The headings under which layouts of blogs list them, in the file's order."""


@dataclass(frozen=True, slots=True)
class Widget:
    """The one view model behind every shape of a widget."""

    spec: WidgetSpec
    site: Site
    cards: tuple[Card, ...]
    more: tuple[Card, ...] = ()
    follow: tuple[Card, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file for the website: a path relative to the output folder, and its bytes."""

    path: str
    body: bytes
