"""Acts of people on rules: what each would hold, apply one to what is stored, let go, undo.

A rule looks at what comes from the day on which it is written. What was stored before is held by an
act of its own, which says first how many posts it is about; nothing is deleted by any of them.
Not here: what a rule finds (``review/``), which rules there are (``holding.py``).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.actions.holding import Aimed, Inspector
from aggregator.actions.publish import Published, Publisher
from aggregator.catalogue.nearest import did_you_mean
from aggregator.errors import AggregatorError
from aggregator.model import Catalogue, Source, StoredPost
from aggregator.model.audit_acts import AuditAct
from aggregator.review.reading import Reading
from aggregator.store import holds, posts

_PAGE = 200
NEARLY_ALL = 0.8
"""A rule that finds something in so many of a widget's posts is likely a slip."""
_FEWEST = 2
"""Of a widget that shows fewer posts nothing can be told."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule, and what it makes of the stored posts."""

    id: str
    within: tuple[str, ...]
    """Ids of sources and widgets; empty: all."""
    shipped: bool = False
    left: bool = False
    """It is not in feeds.yaml any more, and what it held goes on waiting."""
    waiting: int = 0
    """Posts that wait by it now."""
    would_hold: int = 0
    """Stored posts that it does not hold yet and that nobody approved."""
    approved: int = 0
    """The same, of those that a person approved."""
    without_language: int = 0
    """Of a rule for languages: posts that it passes over, for nobody says their language."""


@dataclass(slots=True)
class _Found:
    """What a rule finds in stored posts that it does not hold yet."""

    open: list[int] = field(default_factory=list)
    approved: list[int] = field(default_factory=list)
    without_language: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """An act on rules that stands."""

    rules: tuple[str, ...]
    posts: tuple[str, ...]
    """Public ids of the posts that stand otherwise by it; empty: nothing was to be done."""
    published: tuple[Published, ...]


class HoldRules:
    """What commands ask and do about rules."""

    def __init__(self, publisher: Publisher, inspector: Inspector) -> None:
        self._publisher = publisher
        self._database = publisher.database
        self._inspector = inspector

    def in_force(self) -> list[InForce]:
        """Every rule, and those that left feeds.yaml while posts wait by them. Reads all posts."""
        aimed = self._inspector.aimed()
        found = self._sweep(aimed)
        waiting = holds.waiting_by_rule(self._database)
        listed = [
            InForce(
                one.rule.id,
                one.within,
                shipped=one.shipped,
                waiting=waiting[one.rule.id],
                would_hold=len(found[one.rule.id].open),
                approved=len(found[one.rule.id].approved),
                without_language=found[one.rule.id].without_language,
            )
            for one in aimed
        ]
        known = {one.id for one in listed}
        gone = sorted(waiting.keys() - known)
        return [*listed, *(InForce(one, (), left=True, waiting=waiting[one]) for one in gone)]

    def named(self, rule_ids: Sequence[str]) -> list[Aimed]:
        """The rules of these ids, all where none is named. Raises AggregatorError for others."""
        aimed = {one.rule.id: one for one in self._inspector.aimed()}
        for rule_id in rule_ids:
            if rule_id not in aimed:
                raise _unknown(rule_id, aimed)
        return [aimed[one] for one in dict.fromkeys(rule_ids)] or list(aimed.values())

    def apply(
        self,
        rules: Sequence[Aimed],
        *,
        by: str,
        now: datetime,
        approved_too: bool = False,
        may: Callable[[dict[str, int]], bool] = lambda _: True,
    ) -> Done:
        """Hold what these rules find in stored posts, then publish.

        ``may`` is asked first, with the number of posts by rule; where it says no, nothing is done.
        """
        found = self._sweep(rules)
        ids = {
            rule_id: [*one.open, *(one.approved if approved_too else ())]
            for rule_id, one in found.items()
        }
        if not any(ids.values()) or not may({rule_id: len(some) for rule_id, some in ids.items()}):
            return Done(tuple(ids), (), ())
        held: list[str] = []
        for rule_id, some in ids.items():
            act = holds.Act(by, now, rule_id)
            held += holds.hold(self._database, act, some, approved_too=approved_too)
        return self._done(tuple(ids), held, now)

    def release(self, rule_id: str, *, by: str, now: datetime) -> Done:
        """Let go of what waits by a rule, then publish. Raises AggregatorError for unknown ones."""
        self._known(rule_id)
        let_go = holds.let_go(self._database, holds.Act(by, now, rule_id))
        return self._done((rule_id,), let_go, now)

    def undo(self, rule_id: str, kind: AuditAct, *, by: str, now: datetime) -> Done:
        """Take the newest act of a kind (``HOLD_BY_RULE`` or ``LET_GO_OF_RULE``) on a rule back.

        Raises AggregatorError where there is none of the last 30 days.
        """
        changed = holds.undo(self._database, holds.Act(by, now, rule_id), kind)
        if changed is None:
            raise AggregatorError(
                f"There is nothing to undo about the rule {rule_id}.",
                advice="Acts on rules can be undone for 30 days.",
            )
        return self._done((rule_id,), changed, now)

    def overwhelming(self, catalogue: Catalogue, now: datetime) -> list[str]:
        """A sentence for each rule that finds something in nearly all that a widget shows."""
        said = []
        for spec in catalogue.widgets:
            cards = self._publisher.select(catalogue, spec, now).cards
            shown = [(card.source, card.stored) for card in cards if card.stored is not None]
            for one in self._inspector.aimed() if len(shown) >= _FEWEST else ():
                hits = sum(
                    one.looks_at(source) and one.rule.look(Reading(stored.post)) is not None
                    for source, stored in shown
                )
                if hits >= NEARLY_ALL * len(shown):
                    said.append(
                        f"The rule {one.rule.id} finds something in {hits} of the {len(shown)} "
                        f"posts that {spec.id} shows: from now on nearly everything would wait."
                    )
        return said

    def _sweep(self, rules: Iterable[Aimed]) -> dict[str, _Found]:
        """By rule, what it finds in all stored posts that it looks at."""
        rules = list(rules)
        found = {one.rule.id: _Found() for one in rules}
        for source in self._publisher.catalogue().sources:
            looking = [one for one in rules if one.looks_at(source)]
            for stored in self._stored(source) if looking else ():
                reading = Reading(stored.post)
                for one in looking:
                    _note(found[one.rule.id], one, stored, reading)
        return found

    def _stored(self, source: Source) -> Iterator[StoredPost]:
        before = None
        while page := posts.listing(self._database, [source.id], before, _PAGE):
            yield from page
            before = (page[-1].sort_at, page[-1].id)

    def _known(self, rule_id: str) -> None:
        known = {one.rule.id for one in self._inspector.aimed()}
        known |= holds.waiting_by_rule(self._database).keys()
        if rule_id not in known:
            raise _unknown(rule_id, known)

    def _done(self, rules: tuple[str, ...], changed: Sequence[str], now: datetime) -> Done:
        published = self._publisher.publish_all(now) if changed else ()
        return Done(rules, tuple(dict.fromkeys(changed)), tuple(published))


def _note(found: _Found, one: Aimed, stored: StoredPost, reading: Reading) -> None:
    if one.rule.languages and stored.post.language is None:
        found.without_language += 1
    if one.rule.id in stored.post.holds or one.rule.look(reading) is None:
        return
    (found.approved if stored.was_approved else found.open).append(stored.id)


def _unknown(rule_id: str, known: Iterable[str]) -> AggregatorError:
    return AggregatorError(
        f"There is no rule named {rule_id}.",
        advice=did_you_mean(rule_id, known) or "`rules` lists the rules with their ids.",
    )
