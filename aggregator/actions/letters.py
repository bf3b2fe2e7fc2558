"""Draft letters to those who write the blogs: which one would help now, and its text.

In: how a source is. Out: a subject and a text that a person reads, changes and sends; nothing is
sent from here, and nothing is drafted that is not so. The texts lie in
``templates/letters/LANGUAGE/NAME.txt``: the subject in the first line, then a blank one, then
paragraphs. They name no illness and nobody's state of health.
"""

import string
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aggregator.actions.condition import Condition
from aggregator.actions.letter_facts import OF_ERRORS, VALUES, About, untrue, values
from aggregator.errors import AggregatorError
from aggregator.model import ConditionKind, Source, VisitState

LETTERS = {
    "welcome": "asks a family whether its blog may be shown",
    "consent-ends": "the consent ends soon: may it be shown for longer?",
    "consent-ended": "the consent has ended: may it be shown again?",
    "withdrawn": "confirms that a withdrawn blog is not shown any more",
    "erased": "confirms that all that was stored of a blog is erased, with the receipt",
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
    ConditionKind.TAKEN_DOWN: "erased",
    ConditionKind.WITHDRAWN: "withdrawn",
    ConditionKind.MEMORIAL: "memorial",
    ConditionKind.RESTING: "resting",
    ConditionKind.CHANGED_OWNER: "changed-owner",
    ConditionKind.GONE: "gone",
    ConditionKind.NOT_FOUND: "not-found",
    ConditionKind.MOVED: "moved",
}
_ALWAYS = {
    ConditionKind.TAKEN_DOWN,
    ConditionKind.WITHDRAWN,
    ConditionKind.MEMORIAL,
    ConditionKind.RESTING,
}
_OF_ERRORS = {ConditionKind.REFUSED, ConditionKind.UNREADABLE, ConditionKind.FAILING}


@dataclass(frozen=True, slots=True)
class Letter:
    """A draft."""

    name: str
    language: str
    subject: str
    text: str


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
    if kind in _ALWAYS:
        return _BY_CONDITION[kind]
    of_consent = _of_consent(source, today, needs_consent=needs_consent)
    if kind is ConditionKind.PAUSED:
        return of_consent
    theirs = source.platform == "feed" or source.consent is not None or needs_consent
    if (
        kind is ConditionKind.REJECTED or not theirs
    ):  # nobody else writes on an account of the institute
        return None
    if kind in _BY_CONDITION:
        moved_nowhere = kind is ConditionKind.MOVED and (state is None or state.adopted is None)
        if kind is ConditionKind.CHANGED_OWNER and (state is None or state.suspicion is None):
            return of_consent  # who has the address by now was asked before
        return None if moved_nowhere else _BY_CONDITION[kind]
    if kind in _OF_ERRORS and state is not None and condition.needs_person:
        return OF_ERRORS.get(state.error_kind or "")
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


def helpful_after_all(about: About) -> str | None:
    """The same of a source that left feeds.yaml."""
    if about.erased is not None:
        return "erased"
    return "withdrawn" if about.is_withdrawn else None


def wanted_language(about: About) -> str:
    """The source's, or the site's, without a region."""
    said = (about.source.language if about.source else None) or about.site.language
    return _plain(said)


def draft(folders: Sequence[Path], name: str, about: About, language: str | None = None) -> Letter:
    """The letter of this name. ``folders``: of templates, the first that has it wins.

    ``language`` None: ``wanted_language``, or English where there is no letter in it.
    Raises AggregatorError where there is no such letter, where it would say what is not so, or
    where its template asks for what is unknown.
    """
    if name not in LETTERS:
        raise AggregatorError(
            f"There is no letter named {name}.", advice=f"There are: {', '.join(LETTERS)}."
        )
    if doubt := untrue(name, about):
        raise AggregatorError(
            f"The letter “{name}” would not be true. {doubt}",
            advice=f"`letter {about.source_id}` drafts what fits now, if anything does.",
        )
    for code in (_plain(language),) if language else (wanted_language(about), ENGLISH):
        for folder in folders:
            path = folder / "letters" / code / f"{name}.txt"
            if path.is_file():
                return _filled(path, name, code, about)
    known = sorted({path.parent.name for one in folders for path in one.glob("letters/*/*.txt")})
    raise AggregatorError(
        f"There is no letter “{name}” in the language “{language}”.",
        advice=f"There are letters in: {', '.join(known)}. One of your own goes into "
        f"letters/{_plain(language or ENGLISH)}/{name}.txt in your folder of templates.",
    )


def _plain(language: str) -> str:
    """Its code without a region."""
    return language.strip().partition("-")[0].lower()


def _filled(path: Path, name: str, language: str, about: About) -> Letter:
    try:
        template = string.Template(path.read_text("utf-8"))
        text = template.substitute(values(about, language))
    except (OSError, UnicodeDecodeError, KeyError, ValueError) as error:
        raise AggregatorError(
            f"The letter {path} cannot be used ({error}).",
            advice=f"It may hold these: {', '.join(sorted(VALUES))}; a dollar sign is $$.",
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
