"""What ends on a day, and when staff are reminded of it; pure.

Each reminder has a key of its own, made of the day and how long before it is: it is told once, and
of those that were missed only the last. In: feeds.yaml and what is known. Out: facts to be told.
Not here: a token that has ended (``trouble.py``); in peace, nobody is reminded of anything.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aggregator.actions.budget_words import Budget, budget_words
from aggregator.model import Consent, Source
from aggregator.model.days import day_of, days_before
from aggregator.store.alerts import Fact

CONSENT_DAYS = (7, 30, 60)
"""So long before a consent ends, staff are reminded."""
TOKEN_DAYS = (1, 7, 30)
ENDED_TOLD = 14
"""For so many days after its end a consent that has ended is news; later, only digests tell."""


@dataclass(frozen=True, slots=True)
class TokenCountdown:
    """Sources that one token reads."""

    source_ids: tuple[str, ...]
    ends: datetime
    at_latest: bool = False


def reminders(
    sources: Iterable[Source],
    countdowns: Iterable[TokenCountdown],
    budgets: Iterable[tuple[str, Budget]],
    now: datetime,
    timezone: str,
) -> Iterator[Fact]:
    """All that is to be told by now, told already or not."""
    today = day_of(now, timezone)
    for source in sources:
        if (days := consent_days(source.consent, today)) is not None:
            yield from _about_consent(source.id, source.consent, days)
    for countdown in countdowns:
        yield from _about_token(countdown, today, now, timezone)
    for source_id, budget in budgets:
        yield from _about_reads(source_id, budget, now, timezone)


def consent_days(consent: Consent | None, today: date) -> int | None:
    """For how many days more it holds; 0 or less: it has ended.

    None: it has no end, or its family took it back, and needs no reminder of that.
    """
    if consent is None or consent.withdrawn is not None:
        return None
    return consent.days_left(today)


def _about_consent(source_id: str, consent: Consent | None, days: int) -> Iterator[Fact]:
    ends = consent.expires if consent else None
    if -ENDED_TOLD < days <= 0:
        yield Fact(
            f"{source_id}:consent:{ends}:ended",
            f"{source_id}: its consent has ended",
            f"It ended on {ends}, and what needs a consent is not shown any more. Ask the family "
            "whether they agree again, and write the new day into feeds.yaml, or take the entry "
            "out.",
        )
    stage = next((stage for stage in CONSENT_DAYS if 0 < days <= stage), None)
    if stage is not None:
        yield Fact(
            f"{source_id}:consent:{ends}:{stage}",
            f"{source_id}: its consent ends on {ends}",
            "From that day on it is not shown. Ask the family whether they agree for longer, and "
            "write the new day into feeds.yaml.",
        )


def _about_token(
    countdown: TokenCountdown, today: date, now: datetime, timezone: str
) -> Iterator[Fact]:
    days = days_before(countdown.ends, today, timezone)
    stage = next((stage for stage in TOKEN_DAYS if days <= stage), None)
    if stage is None or countdown.ends <= now:
        return
    first, *others = countdown.source_ids
    ends = day_of(countdown.ends, timezone)
    latest = " at the latest" if countdown.at_latest else ""
    also = f" It also reads {', '.join(others)}." if others else ""
    yield Fact(
        f"{first}:token:{ends}:{stage}",
        f"{first}: its access token ends on {ends}{latest}",
        f"Make a new one before: `status {first}` says where.{also}",
    )


def _about_reads(source_id: str, budget: Budget, now: datetime, timezone: str) -> Iterator[Fact]:
    words, step = budget_words(budget, now, timezone)
    if not step:
        return
    stage, short = "low", "its reads of this month will not last"
    if budget.read >= budget.allowed:
        stage, short = "spent", "its reads of this month are spent"
    month = f"{now.astimezone(UTC):%Y-%m}"
    yield Fact(f"{source_id}:reads:{month}:{stage}", f"{source_id}: {short}", f"{words} {step}")


def in_days(days: int) -> str:
    """``today``, ``tomorrow``, ``in 12 days``."""
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")
