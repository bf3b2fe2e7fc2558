"""What staff are told, in words: a kind of trouble, since when, and a command to type.

Nothing personal: ids, days and commands. No name of a blog, no address, no title, no reason that
somebody wrote; ``status`` has those.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.actions.trouble import BROKEN, NOT_PUBLISHED, WELL, News
from aggregator.model import ConditionKind
from aggregator.store.alerts import Fact

_ABOUT = "`status {id}` tells more."
_WORDS = {
    ConditionKind.CHANGED_OWNER.value: (
        "may have changed hands",
        "What came since {day} is held. Is it still theirs? `release {id}` shows what is held, "
        "`reject {id}` erases it.",
    ),
    ConditionKind.FAILING.value: (
        "fails",
        f"It cannot be read since {{day}}; what is saved stays. {_ABOUT}",
    ),
    ConditionKind.GONE.value: (
        "gone for good",
        "Its address says so, and is not asked any more; what is saved stays. Ask its author where "
        f"it went. {_ABOUT}",
    ),
    ConditionKind.MOVED.value: (
        "moved",
        f"It is read at its new address. Write that one into feeds.yaml: {_ABOUT}",
    ),
    ConditionKind.NEVER_ENDED.value: (
        "its visits never end",
        f"Three in a row had to be broken off, so it is held. {_ABOUT}",
    ),
    ConditionKind.NOT_FOUND.value: (
        "not found",
        "Its address leads to nothing since {day}; what is saved stays. Open the address in a "
        f"browser. {_ABOUT}",
    ),
    ConditionKind.REFUSED.value: (
        "refuses us",
        f"We may not read it since {{day}}; what is saved stays. {_ABOUT}",
    ),
    ConditionKind.TOKEN_ENDING.value: (
        "its access token has ended",
        f"It was not accepted any more on {{day}}. Make a new one. {_ABOUT}",
    ),
    ConditionKind.UNREADABLE.value: (
        "not readable",
        f"What its address answers since {{day}} is no feed; what is saved stays. {_ABOUT}",
    ),
    BROKEN: (
        "cannot be used as it is",
        "The last good list is in use since {day}. `check` says what to mend.",
    ),
    NOT_PUBLISHED: (
        "not brought up to date",
        "Visitors see it as it was on {day}. `publish` tries it and says what is wrong; "
        "`doctor` looks at the rest.",
    ),
    WELL: ("works again", "All is well since {day}; there is nothing to do."),
}


def fact_of(news: News, timezone: str) -> Fact:
    """As it is written down."""
    short, what = words(news.kind, news.subject, news.since, timezone)
    key = f"{news.subject}:{news.kind}:{news.since.isoformat()}"
    return Fact(key, f"{news.subject}: {short}", what)


def words(kind: str, subject: str, since: datetime, timezone: str) -> tuple[str, str]:
    """In short, and what it means with what to do."""
    short, what = _WORDS[kind]
    return short, what.format(id=subject, day=day(since, timezone))


def day(moment: datetime, timezone: str) -> str:
    """As people write it, in the site's time zone."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local.day} {local:%B %Y}"
