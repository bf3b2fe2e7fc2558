"""What staff do for families: rules that hold posts, planned acts, stopped widgets."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class HoldRule:
    """What makes a post wait for a person: an entry under ``rules:`` in feeds.yaml.

    A post is held if any one of the things named here is found in it.
    """

    id: str
    within: tuple[str, ...] = ()
    """Ids of sources and widgets whose posts it looks at; empty: all."""
    words: tuple[str, ...] = ()
    """Words and phrases, whole, capitals or not."""
    patterns: tuple[str, ...] = ()
    """Regular expressions that were checked when the file was read."""
    languages: tuple[str, ...] = ()
    """Posts in one of these languages (BCP 47, by the primary subtag)."""
    links: tuple[str, ...] = ()
    """Domains; a link to one or to a name below it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found in a post."""

    rule: str
    """The rule's id; those of the shipped holds begin with ``health-``."""
    words: str
    """A sentence for staff that says what was found and why it waits."""


class PlannedAct(StrEnum):
    """What is to happen to a post or source on a later day."""

    HIDE = "hide"
    TAKEDOWN = "takedown"


@dataclass(frozen=True, slots=True)
class Plan:
    """An act of a person that waits for its day."""

    act: PlannedAct
    source_id: str
    guid: str | None
    """None: the whole source."""
    at: datetime
    by: str
    decided_at: datetime
    reason: str | None = None


class StopKind(StrEnum):
    """How a person stopped a widget."""

    FROZEN = "frozen"
    """Nothing new enters it; what is withdrawn, or edited where it came from, still follows."""
    BLANK = "blank"
    """It shows its heading, its intro and a link, and no posts."""


@dataclass(frozen=True, slots=True)
class WidgetStop:
    """A widget that is frozen or blank until a person resumes it."""

    widget_id: str
    kind: StopKind
    by: str
    at: datetime
    shown: tuple[tuple[str, str | None], ...] = ()
    """Of a frozen one, what it showed, in order: source ids with the posts' public ids; None in
    their place: a blog without a post, or a link to a source that had none."""
    more: tuple[tuple[str, str | None], ...] = ()
    """The same of what followed on its full page."""
