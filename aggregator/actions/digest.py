"""The day's digest: what needs a person, what ends soon, what happened, how old each widget is.

In: what is known at one moment. Out: a subject and plain text, or nothing where all is well and
staff heard so within the week. Pure. Nothing personal: see ``alarm_words.py``.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from textwrap import fill

from aggregator.actions.alarm_words import day, words
from aggregator.actions.budget_words import budget_words
from aggregator.actions.deadlines import (
    CONSENT_DAYS,
    TOKEN_DAYS,
    consent_days,
    in_days,
)
from aggregator.actions.health import Health
from aggregator.actions.outbox import FOOT
from aggregator.actions.trouble import NOT_PUBLISHED, STALE, TROUBLE, WELL, kind_to_follow
from aggregator.model import ConditionKind, SourceState, StopKind, VerdictKind, WidgetStop
from aggregator.model.audit_acts import AuditAct
from aggregator.model.days import day_of, days_before
from aggregator.store.audit import Entry

ALL_WELL_ON = 0
"""The weekday of a digest that only says that all is well: Monday."""
STOPPED_FOR = timedelta(days=7)
"""A widget that is frozen or blank for longer may have been forgotten."""
_LISTED = 30
"""Lines of one section; the rest are counted."""
_IN_PEACE = {SourceState.RESTING, SourceState.MEMORIAL}
_MOST_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Today:
    """All that a digest is made of."""

    healths: Sequence[Health]
    ages: Mapping[str, datetime | None]
    """By widget id, in the order of feeds.yaml: when it was last brought up to date."""
    stops: Mapping[str, WidgetStop]
    recovered: Sequence[str]
    """Ids of sources that work again since the last digest."""
    acts: Sequence[Entry]
    """What people did since then."""
    broken: bool
    """Whether feeds.yaml cannot be used as it is."""
    now: datetime
    timezone: str

    @property
    def day(self) -> date:
        """The site's."""
        return day_of(self.now, self.timezone)


def digest(today: Today) -> tuple[str, str] | None:
    """Subject and text. None: there is nothing to tell today."""
    wanted, soon = list(_wanted(today)), list(_ends_soon(today))
    waits, happened = list(_waits(today)), list(_happened(today))
    if not (wanted or soon or waits or happened) and today.day.weekday() != ALL_WELL_ON:
        return None
    sections = [
        ("Needs a person", wanted),
        ("Waits for a person", waits),
        ("Ends soon", soon),
        ("Since the last digest", happened),
        ("Widgets", list(_ages(today))),
    ]
    open_ones = len(wanted) + len(waits)
    match open_ones:
        case 0:
            subject = "nothing needs a person" if soon or happened else "all is well"
        case 1:
            subject = "1 thing for a person"
        case _:
            subject = f"{open_ones} things for a person"
    blocks = [_block(title, lines) for title, lines in sections if lines]
    if open_ones == 0:
        count = len(today.healths)
        followed = "1 source is followed" if count == 1 else f"{count} sources are followed"
        blocks.insert(0, f"{followed}; nothing needs a person.")
    return f"{today.day}: {subject}", "\n\n".join([*blocks, FOOT]) + "\n"


def _wanted(today: Today) -> Iterator[str]:
    """What is wrong, and what to type."""
    if today.broken:
        yield "feeds.yaml cannot be used as it is; the last good list is in use. `check`"
    for one in today.healths:
        kind = kind_to_follow(one.condition)
        if kind in TROUBLE:
            since = one.condition.since
            short, what = words(kind, one.source.id, since or today.now, today.timezone)
            if since is None:  # a sentence with a day would be wrong
                what = f"`status {one.source.id}` tells more."
            yield f"{one.source.id}: {short}. {what}"
        if one.source.state in _IN_PEACE or kind == ConditionKind.TAKEN_DOWN:
            continue
        days = consent_days(one.source.consent, today.day)
        if days is not None and days <= 0:
            yield f"{one.source.id}: its consent has ended. Ask the family, or take the entry out."
        if one.budget and (told := budget_words(one.budget, today.now, today.timezone))[1]:
            yield f"{one.source.id}: {' '.join(told)}"
    for widget_id, checked in today.ages.items():
        if checked is not None and today.now - checked > STALE:
            name = f"widget {widget_id}"
            yield f"{name}: {' '.join(words(NOT_PUBLISHED, name, checked, today.timezone)[1:])}"


def _waits(today: Today) -> Iterator[str]:
    """What stands still until somebody decides; counts."""
    for one in today.healths:
        if one.waiting:
            posts = "1 post waits" if one.waiting == 1 else f"{one.waiting} posts wait"
            yield f"{one.source.id}: {posts} for review. `posts {one.source.id} --waiting`"
    for widget_id, stop in sorted(today.stops.items()):
        if today.now - stop.at > STOPPED_FOR:
            how = "frozen" if stop.kind is StopKind.FROZEN else "blank"
            since = day(stop.at, today.timezone)
            yield f"widget {widget_id}: {how} since {since}. `resume {widget_id}`"


def _ends_soon(today: Today) -> Iterator[str]:
    """Also of sources at rest, of which nobody is asked anything."""
    for one in today.healths:
        name = one.source.id
        days = consent_days(one.source.consent, today.day)
        if days is not None and 0 < days <= max(CONSENT_DAYS):
            yield f"{name}: its consent ends {in_days(days)}, on {_expires(one)}."
        ends = one.token_ends
        if ends is not None and ends > today.now and one.source.state not in _IN_PEACE:
            left = days_before(ends, today.day, today.timezone)
            if left <= max(TOKEN_DAYS):
                yield f"{name}: its access token ends {in_days(left)}. `status {name}`"


def _expires(one: Health) -> date | None:
    return one.source.consent.expires if one.source.consent else None


def _happened(today: Today) -> Iterator[str]:
    """What is good to know, and asks nobody for anything."""
    for name in today.recovered:
        yield f"{name}: works again."
    acts = Counter(_act_of(entry) for entry in today.acts)
    for what in ("taken down", "hidden", "approved"):
        if acts[what]:
            yield f"{what}: {acts[what]}"


def _act_of(entry: Entry) -> str:
    if entry.act == AuditAct.TAKE_DOWN:
        return "taken down"
    hides = entry.act == AuditAct.DECIDE and entry.after == VerdictKind.HIDDEN.value
    if hides or entry.act == AuditAct.HIDE_AS_IT_CAME:
        return "hidden"
    if entry.act == AuditAct.DECIDE and entry.after == VerdictKind.APPROVED.value:
        return "approved"
    return ""


def _ages(today: Today) -> Iterator[str]:
    for widget_id, checked in today.ages.items():
        if checked is None:
            yield f"{widget_id}: never published. `publish`"
        else:
            yield f"{widget_id}: brought up to date {_ago(today.now - checked)}."


def _ago(age: timedelta) -> str:
    minutes = max(age, timedelta()) // timedelta(minutes=1)
    if minutes < 2:  # noqa: PLR2004 - one minute, or none
        return "a moment ago"
    if age < timedelta(hours=2):
        return f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago" if age < timedelta(days=2) else f"{age.days} days ago"


def _block(title: str, lines: Iterable[str]) -> str:
    lines = list(lines)
    shown = [
        fill(
            line,
            _MOST_WIDTH,
            initial_indent="- ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in lines[:_LISTED]
    ]
    if len(lines) > _LISTED:
        shown.append(f"- … and {len(lines) - _LISTED} more: `status` lists all.")
    return "\n".join([title.upper(), *shown])


def recovered(keys: Iterable[str]) -> list[str]:
    """Of the keys of facts, the names of things that work again; each once."""
    named = (key.partition(":")[0] for key in keys if f":{WELL}:" in key)
    return list(dict.fromkeys(named))
