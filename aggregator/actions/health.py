"""How each source and widget is doing, in plain words; pure.

Not here: what is remembered of visits (``store/visits.py``), when the next one is
(``timing.py``).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from aggregator.model import Outcome, Source, SourceFacts, SourceState, VisitState

QUIET_AFTER = timedelta(days=90)
"""A source without a new post for so long is called quiet: a fact, not a fault."""


class Condition(StrEnum):
    """One word for a source's health, stable for ``--json``."""

    NEW = "new"
    WORKING = "working"
    QUIET = "quiet"
    FAILING = "failing"
    HELD = "held"
    PAUSED = "paused"
    RESTING = "resting"
    MEMORIAL = "memorial"
    TAKEN_DOWN = "taken down"


_Words = tuple[Condition, str, str]
"""Condition, sentence, next step."""


@dataclass(frozen=True, slots=True)
class Health:
    """A source's health in words."""

    source_id: str
    condition: Condition
    words: str
    next_step: str = ""
    """What staff should do; empty: nothing."""

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look."""
        return bool(self.next_step)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the widgets make of a source, as far as staff should know."""

    waiting: int = 0
    """Posts that wait for a person."""
    without_consent: tuple[str, ...] = ()
    """Widgets that want a consent and find none recorded."""


def health_of(
    source: Source,
    state: VisitState | None,
    facts: SourceFacts,
    newest: datetime | None,
    now: datetime,
    *,
    timezone: str = "UTC",
    shown: Shown | None = None,
) -> Health:
    """``newest``: when the source's newest stored post was published; None: it has none.

    ``timezone``: the site's, by whose days consent begins and ends.
    """
    known = _set_by_people(source, facts) or _told_by_visits(source, state, newest, now)
    condition, words, step = known
    if condition is not Condition.TAKEN_DOWN:
        shown = shown or Shown()
        today = now.astimezone(ZoneInfo(timezone)).date()
        told = (_about_consent(source, today, shown), _about_review(shown))
        words = " ".join([words, *(about for about, _ in told if about)])
        step = " ".join(one for one in (*(what for _, what in told), step) if one)
    return Health(source.id, condition, words, step)


def _set_by_people(source: Source, facts: SourceFacts) -> _Words | None:
    """What needs no visit to be known; None: ask the visits."""
    if facts.taken_down:
        return (
            Condition.TAKEN_DOWN,
            "Taken down for good; nothing of it is shown or fetched.",
            "Remove its entry from feeds.yaml.",
        )
    if source.state is SourceState.PAUSED:
        return Condition.PAUSED, "Paused in feeds.yaml: not visited; saved posts stay.", ""
    if source.state is SourceState.MEMORIAL:
        return Condition.MEMORIAL, "In memoriam: kept as it is, not visited.", ""
    return None


def _told_by_visits(
    source: Source, state: VisitState | None, newest: datetime | None, now: datetime
) -> _Words:
    if state is None or state.last_visit is None:
        return Condition.NEW, "Not visited yet.", ""
    if state.outcome is Outcome.HELD:
        return Condition.HELD, state.error_text or "Held.", state.error_advice or ""
    if state.error_kind:
        return Condition.FAILING, _failing(state), _failing_step(state)
    if source.state is SourceState.RESTING:
        return Condition.RESTING, "Resting: its author has stopped for now.", ""
    if newest is None:
        return Condition.WORKING, "Working; it has no posts yet.", ""
    silent = now - newest
    if silent >= QUIET_AFTER:
        return Condition.QUIET, f"Quiet for {silent.days} days; otherwise working.", ""
    return Condition.WORKING, f"Working; newest post {_ago(silent)}.", ""


def _failing(state: VisitState) -> str:
    since = state.last_ok
    saved = f"; showing the posts saved by {since:%Y-%m-%d}" if since else ""
    return f"{state.error_text}{saved}"


def _failing_step(state: VisitState) -> str:
    """A first stumble of a server is no news: it is tried again before a person is asked."""
    transient = state.error_kind in {"unreachable", "timed out", "rate limited", "server fault"}
    if transient and state.error_streak < 3:  # noqa: PLR2004 - a working day of backing off
        return ""
    return state.error_advice or ""


def _about_consent(source: Source, today: date, shown: Shown) -> tuple[str, str]:
    """A sentence, and what staff should do; both empty where all is well."""
    consent = source.consent
    if consent is None:
        if not shown.without_consent:
            return "", ""
        return (
            f"No consent is recorded, so {', '.join(shown.without_consent)} does not show it.",
            "Record the consent in feeds.yaml, or take the source out of that widget.",
        )
    if consent.holds_on(today):
        return "", ""
    if consent.withdrawn is not None and consent.withdrawn <= today:
        return (
            f"Its consent was withdrawn on {consent.withdrawn}; it is neither shown nor visited.",
            f"Erase what is stored: `takedown {source.id}`. Then remove the entry.",
        )
    if today < consent.given:
        return f"Its consent begins on {consent.given}; until then it is not shown.", ""
    return (
        f"Its consent ended on {consent.ends}; it is not shown.",
        "Ask the family whether they agree again, or remove the entry.",
    )


def _about_review(shown: Shown) -> tuple[str, str]:
    if shown.waiting == 0:
        return "", ""
    posts = "1 post waits" if shown.waiting == 1 else f"{shown.waiting} posts wait"
    return f"{posts} for review.", "Read `posts --waiting`, then `approve`."


def _ago(span: timedelta) -> str:
    if span < timedelta(hours=1):
        return "within the hour"
    if span < timedelta(days=1):
        hours = span // timedelta(hours=1)
        return f"{hours} hour{'s' if hours > 1 else ''} ago"
    return f"{span.days} day{'s' if span.days > 1 else ''} ago"
