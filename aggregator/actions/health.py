"""How each source is doing, as staff see it: its condition, and all that belongs beside it.

In: what feeds.yaml says, and what the database remembers. Out: one ``Health`` for each source.
Not here: which condition a source is in (``condition.py``), when its next visit is (``timing.py``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from aggregator.actions import letters
from aggregator.actions.budget_words import Budget, budget_words
from aggregator.actions.condition import Condition, Known, condition_of
from aggregator.actions.explain import Shown, what_is_shown
from aggregator.actions.hub_words import subscription_words
from aggregator.actions.moves import met
from aggregator.actions.publish import Publisher
from aggregator.actions.token_words import rest_words
from aggregator.connectors import platforms
from aggregator.connectors._contract import Budgeted
from aggregator.model import Catalogue, ConditionKind, LoggedVisit, Source, TokenEnd, VisitState
from aggregator.model.days import day_of
from aggregator.store import (
    posts,
    reads,
    reused,
    subscriptions,
    tokens,
    verdicts,
    visit_log,
    visits,
)
from aggregator.store.database import Database
from aggregator.store.subscriptions import Subscription

_ENDED = {ConditionKind.TAKEN_DOWN, ConditionKind.WITHDRAWN}
"""Nothing else of these matters."""
_IN_PEACE = {ConditionKind.MEMORIAL, ConditionKind.RESTING}
"""Nobody is asked to do anything about these."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the database knows of one source."""

    state: VisitState | None
    known: Known
    shown: Shown
    last: LoggedVisit | None = None
    """Its last visit, as logged."""
    hubs: Sequence[Subscription] = ()
    """Oldest first."""
    budget: Budget | None = None
    """None: reading it costs nothing."""
    rests_until: datetime | None = None
    """While its token is handed out to nobody; None: it is."""


@dataclass(frozen=True, slots=True)
class Health:
    """How a source is doing."""

    source: Source
    name: str | None
    """As staff call it, else as it calls itself; None: nobody has said."""
    condition: Condition
    words: str
    """The condition's, and what else staff should know."""
    next_step: str
    """What staff should do; empty: nothing."""
    last_ok: datetime | None
    next_visit: datetime | None
    """None: there will be none."""
    why: str
    """Why the next visit is then; empty: not known."""
    hub: str
    """How its hub does; empty: it has none."""
    held: int
    """Posts that wait until a person has said whether it is still theirs."""
    waiting: int
    """Posts that wait for a review."""
    state: VisitState | None
    budget: Budget | None = None
    """None: reading it costs nothing."""
    token_ends: datetime | None = None
    token_ends_at_latest: bool = False
    """When a person must have made a new token; None: never, or nobody knows."""

    @property
    def asked(self) -> str | None:
        """Where it is asked instead of its address in feeds.yaml."""
        return self.state.adopted if self.state else None


def healths(
    publisher: Publisher,
    catalogue: Catalogue,
    now: datetime,
    *,
    token_ends: Mapping[str, TokenEnd],
) -> list[Health]:
    """How all sources of feeds.yaml are doing, in its order.

    ``token_ends``: as ``KeyRing.ends`` tells it.
    """
    database = publisher.database
    shown = what_is_shown(publisher, catalogue, now)
    last = visit_log.latest(database)
    hubs = subscriptions.by_source(database)
    read = reads.of_all(database, now)
    at_rest = tokens.at_rest(database, now)
    return [
        health_of(
            source,
            Remembered(
                state,
                known,
                shown[source.id],
                last.get(source.id),
                hubs.get(source.id, ()),
                budget_of(source, read.get(source.id, 0)),
                at_rest.get(source.token or ""),
            ),
            now,
        )
        for source, state, known in look_up(database, catalogue, now, token_ends)
    ]


def look_up(
    database: Database, catalogue: Catalogue, now: datetime, token_ends: Mapping[str, TokenEnd]
) -> list[tuple[Source, VisitState | None, Known]]:
    """What decides about the conditions of all sources of feeds.yaml, in its order."""
    states = visits.states(database)
    facts = verdicts.facts(database, catalogue.sources, now)
    counts = posts.counts(database)
    doubted = [state.source_id for state in states.values() if state.suspicion is not None]
    held = posts.held_counts(database, {*doubted, *reused.ids(database)})
    same = met(catalogue, states, now)
    return [
        (
            source,
            states.get(source.id),
            Known(
                newest=counts.get(source.id, (0, None))[1],
                stored=counts.get(source.id, (0, None))[0],
                held=held.get(source.id, 0),
                taken_down=facts[source.id].taken_down,
                same_as=same.get(source.id),
                token_ends=end.at if (end := token_ends.get(source.id)) else None,
                token_ends_at_latest=end is not None and end.at_latest,
                token_page=_token_page(source),
                timezone=catalogue.site.timezone,
            ),
        )
        for source in catalogue.sources
    ]


def health_of(source: Source, remembered: Remembered, now: datetime) -> Health:
    """How one source is doing."""
    state, known, shown = remembered.state, remembered.known, remembered.shown
    condition = condition_of(source, state, known, now)
    words, step = condition.words, condition.next_step
    if condition.kind not in _ENDED:
        today = day_of(now, known.timezone)
        told = (
            _about_consent(source, today, shown),
            _about_review(source, shown),
            _about_rest(source, remembered),
            *([budget_words(remembered.budget, now, known.timezone)] if remembered.budget else []),
        )
        words = " ".join([words, *(about for about, _ in told if about)])
        if condition.kind not in _IN_PEACE:
            step = " ".join(one for one in (*(what for _, what in told), step) if one)
    of_letter = condition.kind not in _ENDED  # these name it themselves, in its order
    if step and of_letter and _letter_helps(source, state, condition, known, shown, now):
        step += f" `letter {source.id}` drafts a message to its author."
    next_visit = None if condition.kind in _ENDED else _next_visit(source, state)
    last = remembered.last
    profile = state.profile if state else None
    return Health(
        source=source,
        name=source.name or (profile.title if profile else None),
        condition=condition,
        words=words,
        next_step=step,
        last_ok=state.last_ok if state else None,
        next_visit=next_visit,
        why=last.why if last and next_visit and last.next_due == next_visit else "",
        hub=subscription_words(remembered.hubs, now),
        held=known.held,
        waiting=shown.waiting,
        state=state,
        budget=remembered.budget,
        token_ends=known.token_ends,
        token_ends_at_latest=known.token_ends_at_latest,
    )


def budget_of(source: Source, read: int) -> Budget | None:
    """What may be read of it a month, and how much was; None: reading it costs nothing."""
    options = source.options
    return Budget(read, options.reads_per_month) if isinstance(options, Budgeted) else None


def _letter_helps(
    source: Source,
    state: VisitState | None,
    condition: Condition,
    known: Known,
    shown: Shown,
    now: datetime,
) -> bool:
    today = day_of(now, known.timezone)
    needed = bool(shown.without_consent)
    return letters.helpful(source, state, condition, today, needs_consent=needed) is not None


def _token_page(source: Source) -> str:
    """Where a new token is made."""
    platform = platforms().get(source.platform)
    return platform.token.page if platform and platform.token else ""


def _next_visit(source: Source, state: VisitState | None) -> datetime | None:
    if state is None or not source.visited or state.stopped_at is not None:
        return None
    return state.next_due if state.lapses < visits.LAPSES_ALLOWED else None


def _about_consent(source: Source, today: date, shown: Shown) -> tuple[str, str]:
    """A sentence, and what staff should do; both empty where all is well."""
    consent = source.consent
    if consent is None:
        if not shown.without_consent:
            return "", ""
        return (
            f"No consent is recorded, so {', '.join(shown.without_consent)} does not show it.",
            f"Write the consent down: `consent record {source.id}`; or take the source out of that "
            "widget.",
        )
    if consent.holds_on(today):
        if consent.ends is None or (left := (consent.ends - today).days) > letters.SOON:
            return "", ""
        days = "tomorrow" if left == 1 else f"in {left} days"
        return (
            f"Its consent ends {days}, on {consent.ends}.",
            "Ask the family whether they agree for longer.",
        )
    if today < consent.given:
        return f"Its consent begins on {consent.given}; until then it is not shown.", ""
    return (
        f"Its consent ended on {consent.ends}; it is not shown.",
        f"Ask the family whether they agree again; if not, `remove {source.id}`.",
    )


def _about_rest(source: Source, remembered: Remembered) -> tuple[str, str]:
    until = remembered.rests_until
    if until is None or source.token is None or not source.visited:
        return "", ""
    return rest_words(source.token, until, remembered.known.timezone), ""


def _about_review(source: Source, shown: Shown) -> tuple[str, str]:
    if shown.waiting == 0:
        return "", ""
    waiting = "1 post waits" if shown.waiting == 1 else f"{shown.waiting} posts wait"
    step = (
        f"Read with `posts {source.id} --waiting`; then `approve ID` each that may be shown, or "
        "`hide ID`."
    )
    return f"{waiting} for review.", step
