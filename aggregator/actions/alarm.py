"""What notices that something is wrong, or ends soon, and tells staff; and the day's digest.

In: the catalogue, the store and the settings, asked about once a minute. Out: facts written down
in the store, and messages that channels took. Where no channel is set, nothing is followed.
Not here: what is worth telling (``trouble.py``, ``deadlines.py``), the digest's words
(``digest.py``), sending (``outbox.py``).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.actions.alarm_words import fact_of
from aggregator.actions.budget_words import Budget
from aggregator.actions.channels import channels_of
from aggregator.actions.condition import condition_of
from aggregator.actions.deadlines import TokenCountdown, reminders
from aggregator.actions.digest import Today, digest, recovered
from aggregator.actions.health import budget_of, healths, look_up
from aggregator.actions.outbox import DIGEST, Handed, send_due
from aggregator.actions.publish import Publisher
from aggregator.actions.quiet import digest_day, read_quiet_hours, read_time
from aggregator.actions.trouble import BROKEN, NOT_PUBLISHED, STALE, WELL, follow, kind_to_follow
from aggregator.alerts.message import Channel
from aggregator.catalogue.keep import Current
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, ConditionKind, Source, SourceState, TokenEnd
from aggregator.settings import Settings
from aggregator.store import alerts, audit, conditions, publishes, reads, widget_stops
from aggregator.store.alerts import Fact
from aggregator.store.conditions import Change, Followed

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=5)
"""What lasts for an hour is seen in time; to look costs a few questions to the database."""
FEEDS = "feeds.yaml"
"""Followed like a source."""
_ACTS = 1000
"""The newest acts that a digest counts."""
_NO_REMINDERS = {
    ConditionKind.TAKEN_DOWN,
    ConditionKind.WITHDRAWN,
    ConditionKind.RESTING,
    ConditionKind.MEMORIAL,
}


class Alarm:
    """Looks and tells; one for the life of the process."""

    def __init__(
        self,
        settings: Settings,
        publisher: Publisher,
        current: Callable[[], Current],
        token_ends: Callable[[], Mapping[str, TokenEnd]],
        clock: Callable[[], datetime],
        channels: Sequence[Channel] | None = None,
    ) -> None:
        """Look at nothing yet. ``channels`` None: those of the settings.

        Raises SettingsError where they are set wrongly.
        """
        self.channels = channels_of(settings) if channels is None else channels
        self._names = [channel.name for channel in self.channels]
        self._quiet = read_quiet_hours(settings.quiet_hours)
        self._digest_at = read_time(settings.digest_at) if settings.digest_at else None
        self._publisher = publisher
        self._database = publisher.database
        self._current = current
        self._token_ends = token_ends
        self._clock = clock
        self._looked: datetime | None = None
        self._timezone = "UTC"

    async def round(self) -> None:
        """Look where it is time to, and send what is due. Never raises for what cannot be sent."""
        await self.tell()

    async def tell(self) -> list[Handed]:
        """The same; what became of each message."""
        now = self._clock()
        if self._looked is None or abs(now - self._looked) >= LOOK_EVERY:
            try:
                await asyncio.to_thread(self._look, now)
            except AggregatorError as error:  # what is written down is sent all the same
                log.error("alarm outcome=failed error=%s", error)
            self._looked = now
        sending = [
            send_due(self._database, channel, now, self._not_before) for channel in self.channels
        ]
        return [handed for some in await asyncio.gather(*sending) for handed in some]

    def _not_before(self, moment: datetime) -> datetime:
        """When people may be told of something that is known at a moment."""
        return moment if self._quiet is None else self._quiet.over(moment, self._timezone)

    def _look(self, now: datetime) -> None:
        alerts.leave(self._database, self._names, now)
        if not self.channels:
            return
        current = self._current()
        catalogue = current.catalogue
        self._timezone = catalogue.site.timezone
        ends = self._token_ends()
        kinds, reminded = self._kinds(current, now, ends)
        due = self._not_before(now)
        conditions.change(
            self._database,
            lambda before: _followed(before, kinds, now, self._timezone),
            self._names,
            now,
            due,
        )
        facts = reminders(
            reminded,
            _countdowns(reminded, ends),
            self._budgets(reminded, now),
            now,
            self._timezone,
        )
        alerts.tell(self._database, facts, self._names, now, due)
        self._digest(current, ends, now)

    def _kinds(
        self, current: Current, now: datetime, ends: Mapping[str, TokenEnd]
    ) -> tuple[dict[str, str | None], list[Source]]:
        """By name, how each thing is; and the sources whose people want to be reminded."""
        catalogue = current.catalogue
        kinds: dict[str, str | None] = {FEEDS: BROKEN if current.problem else WELL}
        reminded = []
        for source, state, known in look_up(self._database, catalogue, now, ends):
            condition = condition_of(source, state, known, now)
            kinds[source.id] = kind_to_follow(condition)
            if condition.kind not in _NO_REMINDERS:
                reminded.append(source)
        for widget_id, checked in self._ages(catalogue).items():
            if checked is not None:
                late = now - checked > STALE
                kinds[f"widget {widget_id}"] = NOT_PUBLISHED if late else WELL
        return kinds, reminded

    def _ages(self, catalogue: Catalogue) -> dict[str, datetime | None]:
        states = publishes.states(self._database)
        return {
            spec.id: states[spec.id].checked if spec.id in states else None
            for spec in catalogue.widgets
        }

    def _budgets(self, sources: Iterable[Source], now: datetime) -> Iterator[tuple[str, Budget]]:
        read = reads.of_all(self._database, now)
        for source in sources:
            if budget := budget_of(source, read.get(source.id, 0)):
                yield source.id, budget

    # --- the digest --------------------------------------------------------------------------

    def _digest(self, current: Current, ends: Mapping[str, TokenEnd], now: datetime) -> None:
        """Once a day; that it was looked at is remembered where there was nothing to tell, too."""
        day = digest_day(now, self._digest_at, self._timezone) if self._digest_at else None
        last = conditions.all_of(self._database).get(DIGEST)
        if day is None or (last is not None and last.kind == str(day)):
            return
        since = min(last.since, now) if last else now - timedelta(days=1)
        told = digest(self._today(current, ends, since, now))
        facts = [Fact(f"{DIGEST}:{day}", *told)] if told else []

        def decide(before: Mapping[str, Followed]) -> Change:
            known = before.get(DIGEST)
            if known is not None and known.kind == str(day):
                return Change(before)
            return Change({**before, DIGEST: Followed(DIGEST, str(day), now)}, facts)

        due = self._not_before(now)
        conditions.change(self._database, decide, self._names, now, due)

    def _today(
        self, current: Current, ends: Mapping[str, TokenEnd], since: datetime, now: datetime
    ) -> Today:
        catalogue = current.catalogue
        return Today(
            healths(self._publisher, catalogue, now, token_ends=ends),
            self._ages(catalogue),
            widget_stops.all_stops(self._database),
            recovered(alert.key for alert in alerts.made_since(self._database, since)),
            [entry for entry in audit.rows(self._database, _ACTS) if entry.at > since],
            current.problem is not None,
            now,
            self._timezone,
        )


def _followed(
    before: Mapping[str, Followed], kinds: Mapping[str, str | None], now: datetime, timezone: str
) -> Change:
    """What is in feeds.yaml no more is followed no more."""
    after = {DIGEST: before[DIGEST]} if DIGEST in before else {}
    facts = []
    for name, kind in kinds.items():
        after[name], news = follow(before.get(name), name, kind, now)
        if news is not None:
            facts.append(fact_of(news, timezone))
    return Change(after, facts)


def _countdowns(
    sources: Iterable[Source], ends: Mapping[str, TokenEnd]
) -> Iterator[TokenCountdown]:
    """One for each token, whoever is read with it; nothing of those that are not visited."""
    read_with: dict[tuple[str | None, datetime, bool], list[str]] = {}
    for source in sources:
        end = ends.get(source.id)
        if end is not None and source.state is not SourceState.PAUSED:
            held = (source.token, end.at, end.at_latest)
            read_with.setdefault(held, []).append(source.id)
    for (_, at, at_latest), names in read_with.items():
        yield TokenCountdown(tuple(names), at, at_latest)
