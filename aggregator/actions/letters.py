"""Draft letters to those who write the blogs: which one would help now, and its text.

In: how a source is. Out: a subject and a text that a person reads, changes and sends; nothing is
sent from here. The texts lie in ``templates/letters/LANGUAGE/NAME.txt``: the subject in the first
line, then a blank one, then paragraphs. They name no illness and nobody's state of health.
"""

import string
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from aggregator.actions.condition import Condition
from aggregator.errors import AggregatorError
from aggregator.model import ConditionKind, Site, Source, VisitState

LETTERS = {
    "welcome": "asks a family whether its blog may be shown",
    "consent-ends": "the consent ends soon: may it be shown for longer?",
    "consent-ended": "the consent has ended: may it be shown again?",
    "withdrawn": "confirms that a withdrawn blog is not shown any more",
    "moved": "the blog has moved: please confirm the new address",
    "changed-owner": "is the blog still theirs?",
    "not-found": "the blog's feed is not where it was",
    "gone": "the blog says that it is gone for good",
    "refused": "the blog's server refuses us",
    "not-reached": "the blog's server cannot be reached",
    "unreadable": "the blog's feed cannot be read",
    "resting": "the blog rests, and stays listed",
    "memorial": "to the family of an author who died",
}
"""By the name of its file, what each letter is about."""
SOON = 60
"""Days before the end of a consent in which a family is asked."""
ENGLISH = "en"

_WIDTH = 72
_BY_CONDITION = {
    ConditionKind.WITHDRAWN: "withdrawn",
    ConditionKind.MEMORIAL: "memorial",
    ConditionKind.RESTING: "resting",
    ConditionKind.CHANGED_OWNER: "changed-owner",
    ConditionKind.GONE: "gone",
    ConditionKind.NOT_FOUND: "not-found",
    ConditionKind.MOVED: "moved",
}
_BY_ERROR = {
    "denied": "refused",
    "challenge": "refused",
    "refused": "refused",
    "not a feed": "unreadable",
    "unreadable": "unreadable",
    "too large": "unreadable",
    "unreachable": "not-reached",
    "no such name": "not-reached",
    "bad certificate": "not-reached",
    "timed out": "not-reached",
    "server fault": "not-reached",
}
"""Errors that the owner of a site can mend; the others are ours, or a platform's."""
_OF_ERRORS = {ConditionKind.REFUSED, ConditionKind.UNREADABLE, ConditionKind.FAILING}
_LEFT_ALONE = {ConditionKind.TAKEN_DOWN, ConditionKind.REJECTED}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
        "octubre", "noviembre", "diciembre",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """A draft."""

    name: str
    language: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class About:
    """What a letter may speak of."""

    source: Source
    name: str | None
    """As staff or the blog itself call it."""
    condition: Condition
    state: VisitState | None
    site: Site
    now: datetime

    @property
    def today(self) -> date:
        """The site's day."""
        return self.now.astimezone(ZoneInfo(self.site.timezone)).date()


def helpful(
    source: Source,
    state: VisitState | None,
    condition: Condition,
    today: date,
    *,
    needs_consent: bool,
) -> str | None:
    """The name of the letter that would help now; None: none would.

    ``today``: the site's day. ``needs_consent``: one of its widgets shows nothing without one.
    """
    kind = condition.kind
    if kind in {ConditionKind.WITHDRAWN, ConditionKind.MEMORIAL, ConditionKind.RESTING}:
        return _BY_CONDITION[kind]
    of_consent = _of_consent(source, today, needs_consent=needs_consent)
    if kind is ConditionKind.PAUSED:
        return of_consent
    theirs = source.platform == "feed" or source.consent is not None or needs_consent
    if kind in _LEFT_ALONE or not theirs:  # nobody else writes on an account of the institute
        return None
    if kind in _BY_CONDITION:
        moved_nowhere = kind is ConditionKind.MOVED and (state is None or state.adopted is None)
        return None if moved_nowhere else _BY_CONDITION[kind]
    if kind in _OF_ERRORS and state is not None and condition.needs_person:
        return _BY_ERROR.get(state.error_kind or "")
    return of_consent


def _of_consent(source: Source, today: date, *, needs_consent: bool) -> str | None:
    consent = source.consent
    if consent is None:
        return "welcome" if needs_consent else None
    if consent.ends is None or today < consent.given:
        return None
    if consent.ends <= today:
        return "consent-ended"
    return "consent-ends" if (consent.ends - today).days <= SOON else None


def draft(folders: Sequence[Path], name: str, about: About, language: str | None = None) -> Letter:
    """The letter of this name. ``folders``: of templates, the first that has it wins.

    ``language`` None: the source's, or the site's; English where there is none in it.
    Raises AggregatorError where there is no such letter, or its template asks for what is unknown.
    """
    wanted = (language or about.source.language or about.site.language).partition("-")[0].lower()
    for code in dict.fromkeys((wanted, ENGLISH)):
        for folder in folders:
            path = folder / "letters" / code / f"{name}.txt"
            if path.is_file():
                return _filled(path, name, code, about)
    raise AggregatorError(
        f"There is no letter named {name}.", advice=f"There are: {', '.join(LETTERS)}."
    )


def _filled(path: Path, name: str, language: str, about: About) -> Letter:
    try:
        template = string.Template(path.read_text("utf-8"))
        text = template.substitute(_values(about, language))
    except (OSError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise AggregatorError(
            f"The letter {path} cannot be used ({error}).",
            advice=f"It may hold these: {', '.join(sorted(_VALUES))}; a dollar sign is $$.",
        ) from error
    subject, _, body = text.strip().partition("\n")
    paragraphs = [
        "\n".join(
            textwrap.fill(line, _WIDTH, break_long_words=False, break_on_hyphens=False)
            for line in paragraph.splitlines()
        )
        for paragraph in body.strip().split("\n\n")
    ]
    return Letter(name, language, " ".join(subject.split()), "\n\n".join(paragraphs))


def _values(about: About, language: str) -> Mapping[str, str]:
    return {name: value(about, language) for name, value in _VALUES.items()}


def _day(day: date, language: str) -> str:
    month = _MONTHS.get(language, _MONTHS[ENGLISH])[day.month - 1]
    between = " de " if language == "es" else " "
    return f"{day.day}{between}{month}{between}{day.year}"


def _since(about: About, language: str) -> str:
    since = about.condition.since or about.now
    return _day(since.astimezone(ZoneInfo(about.site.timezone)).date(), language)


def _ends(about: About, language: str) -> str:
    consent = about.source.consent
    return _day((consent.ends if consent else None) or about.today, language)


def _address(about: About, _: str) -> str:
    """Where it is read, as feeds.yaml has it: what a blog says of itself may be a stranger's."""
    return about.source.home or about.source.address


def _new_address(about: About, language: str) -> str:
    return (about.state.adopted if about.state else None) or _address(about, language)


_VALUES: Mapping[str, Callable[[About, str], str]] = {
    "institute": lambda about, _: about.site.name,
    "site": lambda about, _: about.site.url,
    "contact": lambda about, _: (about.site.contact or about.site.url).removeprefix("mailto:"),
    "blog": lambda about, _: about.name or about.source.id,
    "address": _address,
    "new_address": _new_address,
    "since": _since,
    "ends": _ends,
}
"""What templates may name."""
