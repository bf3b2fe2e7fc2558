"""Which changes of a condition staff are told of; a pure function.

- Only trouble that wants a person is told, and only once it has lasted for an hour.
- That all is well again is told only where trouble was told, and only after an hour, too.
- Between the two, each kind of trouble is told once, however often it comes back.
- What people set (paused, resting, memorial, withdrawn, rejected, taken down) is told never, and
  ends all that was told before: they know. Silence alone is no trouble.
- What shows neither is left as it was: a source that is new, or a server that asks for patience.

In: how a thing was, how it is, now. Out: how it is followed, and what is to be told.
Not here: in which words (``alarm_words.py``), what has a date (``deadlines.py``).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.actions.condition import Condition
from aggregator.model import ConditionKind
from aggregator.store.conditions import Followed

LASTS = timedelta(hours=1)
"""What ends sooner is not worth a message."""
STALE = timedelta(hours=2)
"""A widget whose last publishing is longer ago is not up to date; who has no clock that runs may
well look once an hour."""
WELL = ConditionKind.WORKING.value
BROKEN = "broken"
"""Of feeds.yaml: the last good list is in use."""
NOT_PUBLISHED = "not published"
"""Of a widget: its files were not brought up to date."""

TROUBLE = frozenset(
    {
        ConditionKind.CHANGED_OWNER.value,
        ConditionKind.FAILING.value,
        ConditionKind.GONE.value,
        ConditionKind.MOVED.value,
        ConditionKind.NEVER_ENDED.value,
        ConditionKind.NOT_FOUND.value,
        ConditionKind.REFUSED.value,
        ConditionKind.TOKEN_ENDING.value,
        ConditionKind.UNREADABLE.value,
        BROKEN,
        NOT_PUBLISHED,
    }
)
"""Wants a person."""
SETTLED = frozenset(
    {
        ConditionKind.MEMORIAL.value,
        ConditionKind.PAUSED.value,
        ConditionKind.REJECTED.value,
        ConditionKind.RESTING.value,
        ConditionKind.TAKEN_DOWN.value,
        ConditionKind.WITHDRAWN.value,
    }
)
"""A person decided it."""


@dataclass(frozen=True, slots=True)
class News:
    """What is to be told of one thing."""

    subject: str
    kind: str
    """A kind of trouble, or ``WELL``."""
    since: datetime


def kind_to_follow(condition: Condition) -> str | None:
    """What counts of a source's condition; None: it shows neither trouble nor that all is well."""
    match condition.kind:
        case ConditionKind.NEW:
            return None
        case ConditionKind.FAILING if not condition.needs_person:
            return None
        case ConditionKind.TOKEN_ENDING if condition.since is None:
            return WELL  # it has not ended yet: reminders count the days
        case ConditionKind.QUIET:
            return WELL
        case kind:
            return kind.value


def follow(
    before: Followed | None, subject: str, kind: str | None, now: datetime
) -> tuple[Followed, News | None]:
    """How a thing is followed from now on, and what is to be told of it, if anything."""
    was = before or Followed(subject, kind or WELL, now)
    kind = kind or was.kind
    since = _since(was, kind, now)
    if kind in SETTLED:
        return Followed(subject, kind, since), None
    if now - since < LASTS:
        return Followed(subject, kind, since, was.told), None
    if kind in TROUBLE and kind not in was.told:
        told = (*was.told, kind)
        return Followed(subject, kind, since, told), News(subject, kind, since)
    if kind == WELL and was.told:
        return Followed(subject, kind, since), News(subject, kind, since)
    return Followed(subject, kind, since, was.told), None


def _since(was: Followed, kind: str, now: datetime) -> datetime:
    """A clock that was set back must not keep anything waiting."""
    same_trouble = {was.kind, kind} <= TROUBLE and not was.told
    return min(was.since, now) if was.kind == kind or same_trouble else now
