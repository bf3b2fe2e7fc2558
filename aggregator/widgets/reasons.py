"""Why a source or a post may not be shown in a widget, in a word and in a sentence for staff.

In: one widget's rules, what is known of its sources, the moment. Out: a ``Reason``, or None where
nothing stands against showing it. Pure.
Not here: what is left out for want of room (``select.py``) or as a copy (``duplicates.py``).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from aggregator.model import (
    Consent,
    PostKind,
    Review,
    Source,
    SourceFacts,
    Standing,
    StopKind,
    StoredPost,
    Verdict,
    VerdictKind,
    Why,
    WidgetSpec,
    WidgetStop,
)
from aggregator.model.days import day_of
from aggregator.widgets.text import LONGEST

_UNKNOWN = SourceFacts()
GONE_WORDS = "Its platform says that it is not there any more; if it stays so, it is erased."
HELD_WORDS = (
    "It may not be theirs whose the source is: it came while that was doubted, or before another "
    "address and consent were written down. A person says."
)
_FOREIGN_KINDS = {
    PostKind.REPOST: ("a repost", "include_reposts"),
    PostKind.REPLY: ("a reply", "include_replies"),
    PostKind.QUOTE: ("a quote of another post", "include_quotes"),
}
"""Kinds that are not a source's own posts, and the option of a connector that asks for them."""


class Reason(NamedTuple):
    """Why something is not shown."""

    why: Why
    words: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What one widget asks of sources and posts at one moment."""

    spec: WidgetSpec
    facts: Mapping[str, SourceFacts]
    now: datetime
    today: date
    """The day in the site's time zone."""

    @classmethod
    def at(
        cls, spec: WidgetSpec, facts: Mapping[str, SourceFacts], now: datetime, timezone: str
    ) -> "Rules":
        """The rules at a moment; ``timezone`` is the site's, an IANA name."""
        return cls(spec, facts, now, day_of(now, timezone))

    def facts_of(self, source: Source) -> SourceFacts:
        """What is known of a source besides feeds.yaml; nothing, before its first visit."""
        return self.facts.get(source.id, _UNKNOWN)

    def pin(self, verdict: Verdict | None) -> Verdict | None:
        """The verdict, if it is a pin that has not ended."""
        if verdict is None or verdict.kind is not VerdictKind.PINNED:
            return None
        return verdict if verdict.until is None or verdict.until > self.now else None

    def rank(self, stored: StoredPost) -> tuple[bool, datetime, datetime, int]:
        """The place of a post in the order of a widget: the greater, the further up."""
        pin = self.pin(stored.verdict)
        decided = pin.at if pin is not None else stored.sort_at
        return (pin is not None, decided, stored.sort_at, stored.id)

    def against_source(self, source: Source) -> Reason | None:
        """Why nothing of a source may be shown."""
        facts = self.facts_of(source)
        if facts.taken_down:
            return Reason(Why.TAKEN_DOWN, "This source was taken down for good.")
        if facts.verdict is not None and facts.verdict.kind.hides:
            return Reason(Why.SOURCE_HIDDEN, f"All of this source is {hidden_words(facts.verdict)}")
        if source.consent is not None:
            return _against_consent(source.consent, self.today)
        if self.spec.require_consent:
            return Reason(
                Why.NO_CONSENT,
                "This widget shows nothing without recorded consent, and none is recorded.",
            )
        return None

    def against_post(self, source: Source, stored: StoredPost) -> Reason | None:
        """Why a post of an admissible source may not be shown.

        A pin is a person's word that this very post is wanted: its age and kind do not matter.
        """
        pinned = self.pin(stored.verdict) is not None
        return (
            self._against_verdict(stored)
            or self._against_review(source, stored)
            or (None if pinned else self._against_kind(source, stored))
            or (None if pinned else self._against_age(stored))
            or _against_length(source, stored)
            or self._against_filter(source, stored)
        )

    def withdrawn(self, source: Source, stored: StoredPost) -> Reason | None:
        """Why nobody may read a post, wherever it stands: a decision, a doubt, or no consent."""
        return (
            self.against_source(source)
            or self._against_verdict(stored)
            or self._against_review(source, stored)
        )

    def approved(self, stored: StoredPost) -> bool:
        """Whether a person approved a post; a pin that has ended was an approval, too."""
        return stored.standing is Standing.APPROVED or stored.was_approved

    def trusted(self, source: Source) -> bool:
        """Whether a person has ever approved the source or a post of it."""
        return self.facts_of(source).is_trusted

    def awaits_review(self, source: Source) -> bool:
        """Whether a source is reviewed, and nothing of it has been approved so far."""
        return source.review is not Review.NEVER and not self.trusted(source)

    def _against_verdict(self, stored: StoredPost) -> Reason | None:
        if stored.verdict is not None and stored.verdict.kind.hides:
            return Reason(Why.HIDDEN, f"This post is {hidden_words(stored.verdict)}")
        if stored.standing is Standing.HIDDEN:
            return Reason(Why.HIDDEN, "This post is hidden.")
        if stored.standing is Standing.GONE:
            return Reason(Why.GONE, GONE_WORDS)
        if stored.standing is Standing.WAITING:
            return Reason(
                Why.RULE, f"Held by {rules_words(stored.post.holds)}: a person looks at it first."
            )
        if stored.standing is Standing.HELD:
            return Reason(Why.HELD, HELD_WORDS)
        return None

    def _against_review(self, source: Source, stored: StoredPost) -> Reason | None:
        if source.review is Review.NEVER:
            return None
        if source.review is Review.ALWAYS and self._edited_since(stored):
            return Reason(Why.WAITING, "It waits for review: it was edited after it was approved.")
        if self.approved(stored):
            return None
        if source.review is Review.ALWAYS:
            return Reason(
                Why.WAITING, "It waits for review: each post of this source is approved by itself."
            )
        if self.trusted(source):
            return None
        return Reason(
            Why.WAITING, "It waits for review: no post of this source has been approved so far."
        )

    def _edited_since(self, stored: StoredPost) -> bool:
        """Whether a person saw another version of the post than the one that is stored."""
        seen = stored.verdict.fingerprint if stored.verdict is not None else None
        return seen is not None and seen != stored.post.fingerprint

    def _against_kind(self, source: Source, stored: StoredPost) -> Reason | None:
        what, option = _FOREIGN_KINDS.get(stored.post.kind, ("", ""))
        if not option or getattr(source.options, option, False):
            return None
        return Reason(Why.KIND, f"It is {what}; only the source's own posts are shown.")

    def _against_age(self, stored: StoredPost) -> Reason | None:
        oldest = self.spec.max_age
        if oldest is None or self.now - stored.sort_at < oldest:
            return None
        return Reason(Why.TOO_OLD, f"It is older than the {_span(oldest)} that this widget shows.")

    def _against_filter(self, source: Source, stored: StoredPost) -> Reason | None:
        only = self.spec.only
        if only.tags:
            borne = _folded_tags((*stored.post.tags, *source.tags))
            if borne.isdisjoint(_folded_tags(only.tags)):
                return Reason(Why.FILTERED, f"It bears none of the tags {', '.join(only.tags)}.")
        if only.words:
            text = _folded(f"{stored.post.title or ''}\n{stored.post.text}")
            if not _any_word(only.words).search(text):
                return Reason(Why.FILTERED, f"It has none of the words {', '.join(only.words)}.")
        return None


def _against_length(source: Source, stored: StoredPost) -> Reason | None:
    """What must not be cut is shown whole or not at all."""
    if not source.terms.apart or len(stored.post.text) <= LONGEST:
        return None
    return Reason(
        Why.TOO_LONG,
        f"It is longer than the {LONGEST:,} characters that a widget shows, and "
        f"{source.terms.network or 'its platform'} does not allow to show a part of it.",
    )


def _against_consent(consent: Consent, today: date) -> Reason | None:
    if consent.holds_on(today):
        return None
    if today < consent.given:
        words = f"Its consent ({consent.reference}) begins on {consent.given} only."
    elif consent.withdrawn is not None and consent.withdrawn <= today:
        words = f"Its consent ({consent.reference}) was withdrawn on {consent.withdrawn}."
    else:
        words = f"Its consent ({consent.reference}) ended on {consent.expires}."
    return Reason(Why.NO_CONSENT, words)


def rules_words(ids: Sequence[str]) -> str:
    """The rules that hold a post, by name."""
    return f"the rule {ids[0]}" if len(ids) == 1 else f"the rules {', '.join(ids)}"


def hidden_words(verdict: Verdict) -> str:
    """By whom something is hidden, since when and why: the end of a sentence for staff."""
    said = f": {verdict.reason}" if verdict.reason else "."
    return f"hidden by {verdict.by} since {verdict.at:%Y-%m-%d}{said}"


def against_stopped(stop: WidgetStop) -> Reason:
    """Why nothing enters a widget that a person stopped."""
    by_whom = f"by {stop.by} since {stop.at:%Y-%m-%d}"
    if stop.kind is StopKind.BLANK:
        return Reason(Why.BLANK, f"This widget is blanked {by_whom}: it shows no posts.")
    return Reason(Why.FROZEN, f"This widget is frozen {by_whom}: nothing new enters it.")


def _span(length: timedelta) -> str:
    count, unit = (
        (length.days, "day")
        if length >= timedelta(days=1)
        else (int(length.total_seconds() // 3600), "hour")
    )
    return unit if count == 1 else f"{count} {unit}s"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _folded_tags(tags: Iterable[str]) -> set[str]:
    return {_folded(tag).strip().lstrip("#") for tag in tags}


@lru_cache(maxsize=256)
def _any_word(words: tuple[str, ...]) -> re.Pattern[str]:
    """Any of these, as whole words; a phrase may be broken over lines in the text."""
    phrases = (r"\s+".join(map(re.escape, _folded(phrase).split())) for phrase in words)
    return re.compile(rf"(?<!\w)(?:{'|'.join(filter(None, phrases))})(?!\w)")
