"""Why is this post shown, or not? Every step that decides, in order, each with its answer.

In: what a person calls a post. Out: an ``Answer`` for each post meant; also for posts of sources
that left feeds.yaml, and for what was taken down: of that only day and receipt are known.
Not here: the reason in a sentence, for lists of posts (``explain.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aggregator.actions.contents import Contents, contents
from aggregator.actions.find import NotFoundHere, id_of_today, taken_down
from aggregator.actions.holding import Inspector
from aggregator.actions.planned import words as plan_words
from aggregator.actions.publish import Publisher
from aggregator.actions.quotes import withheld
from aggregator.model import (
    Catalogue,
    Consent,
    Post,
    Review,
    Selection,
    Source,
    SourceFacts,
    SourceState,
    Standing,
    StoredPost,
    Verdict,
    WidgetSpec,
)
from aggregator.normalise.urls import pasted
from aggregator.store import plans, posts, publishes, verdicts, visits
from aggregator.store.receipts import Past
from aggregator.widgets.reasons import GONE_WORDS, HELD_WORDS, hidden_words


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that decides, and what it says."""

    name: str
    passes: bool | None
    """None: it decides nothing here."""
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole chain for one post."""

    key: str
    """As it was asked for."""
    id: str | None
    """None: it is not stored."""
    source: str | None
    title: str | None
    shown: tuple[str, ...]
    """Ids of the widgets that show it."""
    steps: tuple[Step, ...]
    contents: Contents | None = None
    """What it says; None: that is not stored any more."""


class WhyShown:
    """Answers for any number of posts at one moment."""

    def __init__(
        self, publisher: Publisher, catalogue: Catalogue, inspector: Inspector, now: datetime
    ) -> None:
        self._publisher = publisher
        self._database = publisher.database
        self._catalogue = catalogue
        self._inspector = inspector
        self._now = now
        self._zone = ZoneInfo(catalogue.site.timezone)

    def asked(self, key: str) -> list[Answer]:
        """The chain of each post that goes by a public id or link.

        Raises NotFoundHere for what is neither stored nor was taken down.
        """
        key = key.strip()
        today = id_of_today(self._database, self._catalogue, key)
        if found := posts.find(self._database, today, pasted(key)):
            return [self._of(key, stored) for stored in found]
        past = taken_down(self._database, key)
        if past is None:
            raise NotFoundHere(
                f"There is no stored post named “{key}”, and none was taken down.",
                advice="`posts` lists stored posts with their ids.",
            )
        source_id = key if key in past.sources else None
        return [Answer(key, None, source_id, None, (), (self._buried(past),))]

    def _of(self, key: str, stored: StoredPost) -> Answer:
        post = stored.post
        source = self._catalogue.source(post.source_id)
        steps = [Step("stored", True, f"Since {self._day(stored.first_seen)}.")]
        shown: tuple[str, ...] = ()
        if source is None:
            words = f"{post.source_id} is not in feeds.yaml any more: no widget shows it."
            steps += [Step("source", False, words), *self._of_post(stored, None, SourceFacts())]
        else:
            facts = verdicts.facts(self._database, [source], self._now)[source.id]
            steps += self._of_source(source, facts)
            steps += self._of_post(stored, source, facts)
            of_widgets, shown = self._of_widgets(source, stored)
            steps += of_widgets
            steps += self._quote(post)
        title = (post.title or post.excerpt)[:100]
        says = contents(post)
        return Answer(key, post.public_id, post.source_id, title, shown, tuple(steps), says)

    # --- the source --------------------------------------------------------------------------

    def _of_source(self, source: Source, facts: SourceFacts) -> Iterator[Step]:
        specs = self._catalogue.widgets_of(source.id)
        named = ", ".join(spec.id for spec in specs)
        where = f"in {named}" if specs else "in no widget, so nothing of it is shown"
        yield Step("source", bool(specs), f"{source.id} is in feeds.yaml, {where}.")
        if facts.taken_down:
            yield Step("taken down", False, f"{source.id} was taken down for good.")
        state = f"Its state is {source.state.value}."
        visited = source.state in {SourceState.ACTIVE, SourceState.RESTING}
        yield Step("state", None, state if visited else f"{state} What is stored stays shown.")
        yield self._consent(source, specs)
        if facts.verdict is not None:
            yield self._decision_on_source(source, facts.verdict)

    def _decision_on_source(self, source: Source, verdict: Verdict) -> Step:
        name = "decision on the source"
        words = f"{verdict.kind.value.capitalize()} by {verdict.by} on {self._day(verdict.at)}"
        if verdict.kind.hides:
            return Step(name, False, f"{words}: nothing of it is shown.")
        if source.review is Review.ALWAYS:
            return Step(name, None, f"{words}; each of its posts is approved by itself.")
        return Step(name, True, f"{words}: its posts need no review; what a rule holds waits.")

    def _consent(self, source: Source, specs: tuple[WidgetSpec, ...]) -> Step:
        wanting = [spec.id for spec in specs if spec.require_consent]
        consent, today = source.consent, self._catalogue.site.day(self._now)
        if consent is None:
            if wanting:
                words = f"None is recorded, and {', '.join(wanting)} requires one."
                return Step("consent", False, words)
            return Step("consent", None, "None is required.")
        return Step("consent", consent.holds_on(today), _consent_words(consent))

    # --- the post ----------------------------------------------------------------------------

    def _of_post(
        self, stored: StoredPost, source: Source | None, facts: SourceFacts
    ) -> Iterator[Step]:
        if stored.standing is Standing.GONE:
            yield Step("at its platform", False, GONE_WORDS)
        yield self._decision(stored)
        if stored.standing is Standing.HELD:
            state = visits.states(self._database, [stored.post.source_id])
            doubted = state[stored.post.source_id].suspicion if state else None
            signals = " ".join(doubted.signals) if doubted else ""
            words = f"{HELD_WORDS} {signals}".strip()
            yield Step("suspicion", False, words)
        yield self._rules(stored)
        if source is not None:
            yield _review(source, stored, facts)
        for guid in (stored.post.guid, None):
            for plan in plans.of(self._database, stored.post.source_id, guid):
                yield Step("planned", None, plan_words(plan, self._catalogue.site.timezone))

    def _decision(self, stored: StoredPost) -> Step:
        verdict = stored.verdict
        if verdict is None:
            return Step("decision on the post", None, "Nobody decided anything.")
        if verdict.kind.hides:
            words = hidden_words(verdict)
            return Step("decision on the post", False, f"{words[0].upper()}{words[1:]}")
        until = f", until {self._day(verdict.until)}" if verdict.until else ""
        words = f"{verdict.kind.value.capitalize()} by {verdict.by} on {self._day(verdict.at)}"
        return Step("decision on the post", True, f"{words}{until}.")

    def _rules(self, stored: StoredPost) -> Step:
        found = self._inspector.why_held(stored.post)
        if not found:
            return Step("rules", True, "No rule holds it.")
        words = " ".join(found)
        if stored.standing is not Standing.WAITING:
            words = f"{words} It does not wait for that: see the decision on the post."
        return Step("rules", stored.standing is not Standing.WAITING, words)

    # --- the widgets -------------------------------------------------------------------------

    def _of_widgets(self, source: Source, stored: StoredPost) -> tuple[list[Step], tuple[str, ...]]:
        steps: list[Step] = []
        shown: list[str] = []
        for spec in self._catalogue.widgets_of(source.id):
            chosen = self._publisher.select(self._catalogue, spec, self._now)
            passes, words = _place(chosen, stored)
            if passes:
                shown.append(spec.id)
            steps.append(Step(f"widget {spec.id}", passes, f"{words} {self._files(spec, stored)}"))
        return steps, tuple(shown)

    def _quote(self, post: Post) -> Iterator[Step]:
        """What it quotes is left out where that may not be shown itself."""
        quotes = [post.quote] if post.quote else []
        for words in withheld(self._database, self._catalogue, quotes, self._now).values():
            yield Step(
                "quote", None, f"What it quotes is left out, as it may not be shown: {words}"
            )

    def _files(self, spec: WidgetSpec, stored: StoredPost) -> str:
        state = publishes.state(self._database, spec.id)
        if state is None:
            return "Its files were never made."
        named = stored.post.public_id in publishes.shown(self._database, spec.id)
        does = "name it" if named else "do not name it"
        return f"Its files of {self._moment(state.checked)} {does}."

    def _buried(self, past: Past) -> Step:
        when = f"{self._moment(past.at)} ({self._zone.key})"
        words = f"On {when}, for good; receipt {past.receipt}."
        return Step("taken down", False, words)

    def _day(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d}"

    def _moment(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M}"


def _consent_words(consent: Consent) -> str:
    until = f" until {consent.ends}" if consent.ends else ", with no end"
    return f"{consent.reference}, from {consent.given}{until}."


def _review(source: Source, stored: StoredPost, facts: SourceFacts) -> Step:
    name = f"review: {source.review.value}"
    if source.review is Review.NEVER:
        return Step(name, None, "Posts of this source appear by themselves.")
    verdict = stored.verdict
    approved = stored.was_approved
    if source.review is Review.ALWAYS:
        if not approved or verdict is None:
            return Step(name, False, "Each post of this source is approved by itself.")
        if verdict.fingerprint not in {None, stored.post.fingerprint}:
            return Step(name, False, "It was edited since it was approved.")
        return Step(name, True, "It was approved as it stands.")
    trusted = facts.is_trusted
    words = "A post of this source was approved." if trusted else "None was approved so far."
    return Step(name, approved or trusted, words)


def _place(chosen: Selection, stored: StoredPost) -> tuple[bool, str]:
    """Whether a widget shows a post, and the reason."""
    for card in chosen.cards:
        if card.stored is not None and card.stored.id == stored.id:
            return True, "It shows it."
    for left in chosen.left_out:
        if left.stored is not None and left.stored.id == stored.id:
            return False, left.words
    for card in chosen.more:
        if card.stored is not None and card.stored.id == stored.id:
            return False, "No room; it stands on the widget's full page."
    if stored.standing in {Standing.OPEN, Standing.APPROVED}:
        return False, "Too far down: a widget looks at the newest posts of each source only."
    return False, "Not shown, as said above."
