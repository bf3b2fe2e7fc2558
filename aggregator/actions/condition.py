"""How a source is, in one word and a plain sentence, and what a person should do: a pure function.

The first line that is true counts:

=============  ===========================================================  ======================
kind           when                                                         asks for a person
=============  ===========================================================  ======================
taken down     a person erased it                                           yes
withdrawn      its family took its consent back                             yes
memorial       feeds.yaml says so                                           never
resting        feeds.yaml says so                                           never
paused         feeds.yaml says so                                           no
rejected       a person said that it is somebody else's                     yes
changed owner  it may be somebody else's                                    yes
never ended    its visits stopped the program three times                   yes
gone           its address said for 14 days that it is gone for good        yes
token ending   its token has ended, or was taken back                       yes
not found      404, or 410 for less than 14 days                            yes
refused        401, 403, a puzzle for robots, or our own guard              yes
unreadable     what came is no feed, or too large                           yes
failing        three visits in a row failed in a way that may pass          yes; see ``PATIENCE``
moved          it is read at another address than that of feeds.yaml        yes
new            it was not visited yet, or not reached yet                   no
token ending   its token ends soon                                          yes
quiet          no new post for 90 days, where we visit: a fact, no fault    no
working        all else                                                     no
=============  ===========================================================  ======================

In: what feeds.yaml says, what visits left, what else is known, now. Out: a ``Condition``.
Not here: what an answer means for the next visits (``decide.py``), consent that ends and posts
that wait (``health.py``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.errors import Transient
from aggregator.model import ConditionKind, Outcome, Source, SourceState, VisitState
from aggregator.model.days import day_of, days_before

QUIET_AFTER = timedelta(days=90)
FAILURES_OVERLOOKED = 2
"""In a row: a server that stumbles for so long is tried again before anybody is told."""
PATIENCE = timedelta(days=7)
"""A server that asks us to come less often is obeyed for so long before anybody is told."""
TOKEN_NOTICES = {
    timedelta(days=1): "today",
    timedelta(days=7): "this week",
    timedelta(days=30): "before that day",
}
"""So long before a token ends, by when staff should make a new one; before the last, nothing."""

_ASKS_FOR_PATIENCE = "rate limited"
_LOOK = "Open the address in a browser; if it stays away, ask its author."
_FAILURES = {
    "not found": (ConditionKind.NOT_FOUND, "Not found"),
    "gone": (ConditionKind.NOT_FOUND, "Said to be gone for good"),
    "denied": (ConditionKind.REFUSED, "Refused to us"),
    "token missing": (ConditionKind.REFUSED, "Without an access token"),
    "token wrong": (ConditionKind.REFUSED, "Refused: its access token is not a right one"),
    "token expired": (ConditionKind.TOKEN_ENDING, "Refused: its access token has ended"),
    "token revoked": (ConditionKind.TOKEN_ENDING, "Refused: its access token was taken back"),
    "permission missing": (ConditionKind.REFUSED, "Refused: its access token may not read this"),
    "credit spent": (ConditionKind.REFUSED, "Not read: there is no credit left"),
    "challenge": (ConditionKind.REFUSED, "Behind a puzzle against robots"),
    "blocked address": (ConditionKind.REFUSED, "At an address that may not be visited"),
    "refused": (ConditionKind.REFUSED, "Refused to us"),
    "too large": (ConditionKind.UNREADABLE, "Too large to be read"),
    "not a feed": (ConditionKind.UNREADABLE, "No feed at its address"),
    "unexpected shape": (ConditionKind.UNREADABLE, "Not what its platform promises"),
    "unreadable": (ConditionKind.UNREADABLE, "Not readable"),
    "unreachable": (ConditionKind.FAILING, "Not reached"),
    "no such name": (ConditionKind.FAILING, "Without a site of that name"),
    "bad certificate": (ConditionKind.FAILING, "Without a valid certificate"),
    "timed out": (ConditionKind.FAILING, "Too slow to be read"),
    _ASKS_FOR_PATIENCE: (ConditionKind.FAILING, "Asking us to come less often"),
    "server fault": (ConditionKind.FAILING, "Its server fails"),
}
"""By the kind of error: what it makes of a source, and how its sentence begins."""
_FAILED = (ConditionKind.FAILING, "Not readable")
"""For kinds of errors that an earlier version remembered."""
_CALM = {ConditionKind.NEW, ConditionKind.QUIET, ConditionKind.WORKING}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a source besides feeds.yaml and its visits."""

    newest: datetime | None = None
    """``sort_at`` of its newest stored post; None: it has none."""
    stored: int = 0
    """How many posts of it are stored."""
    held: int = 0
    """Posts that came while it was under suspicion, or before its id was given to others."""
    taken_down: bool = False
    same_as: str | None = None
    """The other source that is followed at the address that it moved to; None: nobody is."""
    token_ends: datetime | None = None
    """When a person must have made a new one; None: it needs none, or one without an end."""
    token_ends_at_latest: bool = False
    """It may well end before: nobody tells when."""
    token_page: str = ""
    """Where new ones are made."""
    timezone: str = "UTC"
    """The site's: by its days consent ends, and in them staff read."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How a source is."""

    kind: ConditionKind
    words: str
    next_step: str = ""
    """What a person should do; empty: nothing."""
    since: datetime | None = None
    """None: not known, or it has no beginning."""

    @property
    def needs_person(self) -> bool:
        """Whether somebody should look."""
        return bool(self.next_step)


def condition_of(
    source: Source, state: VisitState | None, known: Known, now: datetime
) -> Condition:
    """How a source is now. ``state`` None: nothing is remembered of it."""
    view = _View(source, state or VisitState(source.id, ""), known, now)
    for rule in _RULES:
        if (condition := rule(view)) is not None:
            return condition
    return _working(view)


def changed(before: Condition, after: Condition) -> bool:
    """Whether a source has become what people may want to hear of.

    To begin, to fall silent and to speak again is what blogs do.
    """
    return before.kind is not after.kind and not {before.kind, after.kind} <= _CALM


@dataclass(frozen=True, slots=True)
class _View:
    """All that the rules look at."""

    source: Source
    state: VisitState
    known: Known
    now: datetime

    def day(self, moment: datetime) -> str:
        """A day as people write it; the year only where it is another one."""
        local = moment.astimezone(ZoneInfo(self.known.timezone))
        year = "" if local.year == self.today.year else f" {local.year}"
        return f"{local.day} {local:%B}{year}"

    def past(self, moment: datetime | None) -> datetime | None:
        """A moment that was; what a wrong clock wrote is now."""
        return None if moment is None else min(moment, self.now)

    @property
    def today(self) -> date:
        """The site's day."""
        return day_of(self.now, self.known.timezone)

    def make_token(self, when: str) -> str:
        """What a person should do by then."""
        page, variable = self.known.token_page, self.source.token
        where = f"at {page}" if page else "on the platform"
        then = f", and set {variable} to it" if variable else ""
        return f"Make a new one {when} {where}{then}."

    @property
    def is_read_otherwise(self) -> bool:
        """Whether its last visit was a good one in spite of an error: by its feed."""
        outcome = self.state.outcome
        return bool(self.state.error_kind) and outcome not in {None, Outcome.FAILED}

    @property
    def saved(self) -> str:
        """What visitors see meanwhile."""
        if self.is_read_otherwise:
            return "; its feed is read instead"
        return "" if self.known.newest is None else "; the saved posts are shown"

    @property
    def stumbled(self) -> str:
        """A failure that is no news yet."""
        if not self.state.error_kind:
            return ""
        if self.is_read_otherwise:
            return " Its platform's interface refused us for now; its feed is read instead."
        return " Its last visit failed, and is tried again by itself."


# --- set by people ---------------------------------------------------------------------------


def _taken_down(view: _View) -> Condition | None:
    if not view.known.taken_down:
        return None
    words = "Taken down for good; nothing of it is shown or fetched."
    name = view.source.id
    step = f"`letter {name}` tells the family so; then `remove {name}` takes its entry out."
    return Condition(ConditionKind.TAKEN_DOWN, words, step)


def _withdrawn(view: _View) -> Condition | None:
    day, name = view.source.withdrawn_by(view.today), view.source.id
    if day is None:
        return None
    return Condition(
        ConditionKind.WITHDRAWN,
        f"Its consent was withdrawn on {day}; it is neither shown nor visited.",
        f"Erase what is stored: `takedown {name}`. Then `letter {name}` tells the family so, and "
        f"`remove {name}` takes its entry out.",
        datetime.combine(day, time(), ZoneInfo(view.known.timezone)),
    )


def _left_in_peace(view: _View) -> Condition | None:
    """What people set with feeling ends all nagging; what is held all the same is only told."""
    match view.source.state:
        case SourceState.MEMORIAL:
            words = "In memoriam: kept as it is, not visited."
            return Condition(ConditionKind.MEMORIAL, words)
        case SourceState.RESTING:
            words = "Resting: its author has stopped for now."
            doubted = view.state.suspicion
            if doubted is not None:
                day = view.day(doubted.since)
                words += f" What came since {day} is held, for it may have changed hands."
            return Condition(ConditionKind.RESTING, words)
        case SourceState.PAUSED:
            words = "Paused in feeds.yaml: not visited; the saved posts stay."
            return Condition(ConditionKind.PAUSED, words)
        case _:
            return None


def _rejected(view: _View) -> Condition | None:
    state = view.state
    stopped, doubted = state.stopped_at, state.suspicion
    if stopped is None or doubted is None:
        return None
    if stopped < doubted.since or state.error_kind == "gone":
        return None  # it stopped by itself
    return Condition(
        ConditionKind.REJECTED,
        f"Rejected on {view.day(stopped)} as somebody else's: not visited; what was shown before "
        "stays.",
        "Mend its address in feeds.yaml, or take its entry out.",
        view.past(stopped),
    )


# --- seen by visits --------------------------------------------------------------------------


def _changed_owner(view: _View) -> Condition | None:
    doubted, count, name = view.state.suspicion, view.known.held, view.source.id
    if doubted is None and not count:
        return None
    held = f"{count} posts are held" if count else "nothing of it is held"
    held = "1 post is held" if count == 1 else held
    said = "Its address and its consent are others than before"
    return Condition(
        ConditionKind.CHANGED_OWNER,
        f"It may have changed hands on {view.day(doubted.since)}; {held}."
        if doubted
        else f"{said}; what came before waits: {held}.",
        f"Is it still theirs? `release {name}` shows what is held, `reject {name}` erases it.",
        view.past(doubted.since) if doubted else None,
    )


def _never_ended(view: _View) -> Condition | None:
    state = view.state
    if state.error_kind != "never ended":
        return None
    words = state.error_text or "Its last visits never ended."
    return Condition(ConditionKind.NEVER_ENDED, words, state.error_advice or _LOOK)


def _gone(view: _View) -> Condition | None:
    stopped = view.state.stopped_at
    if stopped is None:
        return None
    return Condition(
        ConditionKind.GONE,
        f"Gone for good, as its address says; not visited since {view.day(stopped)}{view.saved}.",
        "Ask its author where it went, then mend its address in feeds.yaml or take its entry out. "
        f"`refresh {view.source.id}` asks once more.",
        view.past(stopped),
    )


def _token_ended(view: _View) -> Condition | None:
    ends = view.known.token_ends
    if ends is None or ends > view.now:
        return None
    return Condition(
        ConditionKind.TOKEN_ENDING,
        f"Its access token ended on {view.day(ends)}{view.saved}.",
        view.make_token("now"),
        ends,
    )


def _failure(view: _View) -> Condition | None:
    state = view.state
    if not state.error_kind:
        return None
    kind, begins = _FAILURES.get(state.error_kind, _FAILED)
    if kind is ConditionKind.FAILING and state.error_streak <= FAILURES_OVERLOOKED:
        return None
    since = view.past(state.failing_since or state.last_visit) or view.now
    step = state.error_advice or _LOOK
    if step == Transient.default_advice:
        step = _LOOK
    if state.error_kind == _ASKS_FOR_PATIENCE and view.now - since < PATIENCE:
        step = ""
    return Condition(kind, f"{begins} since {view.day(since)}{view.saved}.", step, since)


def _moved(view: _View) -> Condition | None:
    address, other = view.state.adopted, view.known.same_as
    if other is not None:
        return Condition(
            ConditionKind.MOVED,
            f"Moved to the address that {other} already follows.{view.stumbled}",
            f"Remove one of the two from feeds.yaml: {view.source.id} or {other}.",
        )
    if address is None:
        return None
    words = f"Moved: it is read at {address}.{view.stumbled}"
    return Condition(ConditionKind.MOVED, words, "Write that address into feeds.yaml.")


def _new(view: _View) -> Condition | None:
    if view.state.last_visit is None and not view.source.by_hand:
        return Condition(ConditionKind.NEW, "Not visited yet.")
    if view.state.last_ok is None and view.state.error_kind:
        return Condition(ConditionKind.NEW, f"Not reached yet.{view.stumbled}")
    return None


def _token_ends(view: _View) -> Condition | None:
    ends = view.known.token_ends
    if ends is None or ends - view.now > max(TOKEN_NOTICES):
        return None
    match days_before(ends, view.today, view.known.timezone):
        case 0:
            countdown = "today"
        case 1:
            countdown = f"tomorrow, on {view.day(ends)}"
        case days:
            countdown = f"in {days} days, on {view.day(ends)}"
    latest = " at the latest" if view.known.token_ends_at_latest else ""
    when = next(by for left, by in TOKEN_NOTICES.items() if ends - view.now <= left)
    return Condition(
        ConditionKind.TOKEN_ENDING,
        f"Its access token ends {countdown}{latest}.{view.stumbled}",
        view.make_token(when),
    )


def _quiet(view: _View) -> Condition | None:
    newest = view.known.newest
    if newest is None or view.now - newest < QUIET_AFTER or view.source.by_hand:
        return None
    words = f"Quiet for {(view.now - newest).days} days; otherwise working.{view.stumbled}"
    return Condition(ConditionKind.QUIET, words, since=newest)


def _working(view: _View) -> Condition:
    newest = view.known.newest
    found = f"newest post {_ago(view.now - newest)}" if newest else "no posts of it are stored"
    if view.source.by_hand:
        stored = "1 post" if view.known.stored == 1 else f"{view.known.stored} posts"
        words = found if newest is None else f"{stored}, the newest {_ago(view.now - newest)}"
        return Condition(ConditionKind.WORKING, f"Kept by hand: {words}.")
    return Condition(ConditionKind.WORKING, f"Working; {found}.{view.stumbled}")


def _ago(span: timedelta) -> str:
    if span < timedelta(hours=1):
        return "within the hour"
    if span < timedelta(days=1):
        hours = span // timedelta(hours=1)
        return f"{hours} hour{'s' if hours > 1 else ''} ago"
    return f"{span.days} day{'s' if span.days > 1 else ''} ago"


_RULES: tuple[Callable[[_View], Condition | None], ...] = (
    _taken_down,
    _withdrawn,
    _left_in_peace,
    _rejected,
    _changed_owner,
    _never_ended,
    _gone,
    _token_ended,
    _failure,
    _moved,
    _new,
    _token_ends,
    _quiet,
)
"""In the order of the table above."""
