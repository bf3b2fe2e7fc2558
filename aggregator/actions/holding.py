"""Which rules look at which posts, and what they find: the catalogue joined with ``review/``.

In: a source and its posts, on their way into the store or out of it. Out: the posts with the ids of
what holds them, or the findings as sentences.
Not here: what a rule is and finds (``review/rules.py``), acts of people on rules (``rules.py``).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from aggregator.model import Catalogue, Finding, Post, Source, WidgetSpec
from aggregator.review.rules import Rule, inspect, rule_of


@dataclass(frozen=True, slots=True)
class Aimed:
    """A rule, and whose posts it looks at."""

    rule: Rule
    sources: frozenset[str] = frozenset()
    widgets: frozenset[str] = frozenset()
    """As sources name them in ``in:``."""
    everywhere: bool = False
    within: tuple[str, ...] = ()
    """As staff wrote it; of the shipped holds, the widgets that require consent."""
    shipped: bool = False

    def looks_at(self, source: Source) -> bool:
        """Whether it looks at the posts of a source."""
        if self.everywhere or source.id in self.sources:
            return True
        return not self.widgets.isdisjoint(source.widgets)


class Inspector:
    """Looks at posts by the rules of the catalogue in use and by the health-specific holds."""

    def __init__(
        self, holds: Callable[[], tuple[Rule, ...]], catalogue: Callable[[], Catalogue]
    ) -> None:
        """``holds`` is asked only where a widget requires consent: they take a while to make."""
        self._holds = holds
        self._catalogue = catalogue
        self._known: tuple[Catalogue | None, tuple[Aimed, ...]] = (None, ())

    def mark(self, source: Source, posts: tuple[Post, ...]) -> tuple[Post, ...]:
        """The posts, each with the ids of the rules that found something in it, or nothing."""
        rules = self.looking_at(source) if posts else ()
        if not rules:
            return posts
        ids = frozenset(rule.id for rule in rules)
        return tuple(_marked(post, inspect(post, rules), ids) for post in posts)

    def findings(self, source: Source, post: Post) -> tuple[Finding, ...]:
        """What the rules that look at a source find in a post now."""
        return inspect(post, self.looking_at(source))

    def looking_at(self, source: Source) -> tuple[Rule, ...]:
        """The rules that look at the posts of a source."""
        return tuple(aimed.rule for aimed in self.aimed() if aimed.looks_at(source))

    def aimed(self) -> tuple[Aimed, ...]:
        """All rules in force: the holds first, then those of feeds.yaml, in the file's order."""
        catalogue = self._catalogue()
        known, aimed = self._known
        if known is not catalogue:
            wanting = [spec for spec in catalogue.widgets if spec.require_consent]
            holds = self._holds() if wanting else ()
            aimed = (*_shipped(holds, catalogue, wanting), *_of_file(catalogue))
            self._known = (catalogue, aimed)
        return aimed

    def why_held(self, post: Post) -> list[str]:
        """Why a stored post is held, a sentence for each of the rules that hold it."""
        rules = {aimed.rule.id: aimed.rule for aimed in self.aimed()}
        return [_why(post, rule_id, rules.get(rule_id)) for rule_id in post.holds]


def _why(post: Post, rule_id: str, rule: Rule | None) -> str:
    if rule is None:
        return f"Held by the rule {rule_id} that is not in feeds.yaml any more."
    found = inspect(post, [rule])
    if not found:
        return f"Held by the rule {rule_id}, which has changed and would not hold it any more."
    return found[0].words


def _marked(post: Post, found: Iterable[Finding], looking: frozenset[str]) -> Post:
    holds = tuple(finding.rule for finding in found)
    return replace(post, holds=holds, passed_by=looking.difference(holds))


def _shipped(
    holds: tuple[Rule, ...], catalogue: Catalogue, wanting: Sequence[WidgetSpec]
) -> Iterable[Aimed]:
    """The holds, for the sources of widgets that require consent."""
    widgets = frozenset(name for spec in wanting for name in (spec.id, spec.feeds_from))
    ours = _ours(catalogue)
    within = tuple(spec.id for spec in wanting)
    for hold in holds:
        rule = replace(hold, unless=(*hold.unless, ours))
        yield Aimed(rule, widgets=widgets, within=within, shipped=True)


def _ours(catalogue: Catalogue) -> re.Pattern[str]:
    """Mail addresses of the institute itself are nobody's secret."""
    host = (urlsplit(catalogue.site.url).hostname or "").removeprefix("www.")
    contact = re.escape((catalogue.site.contact or "").removeprefix("mailto:"))
    named = rf"|{contact}" if contact else ""
    return re.compile(rf".*[@.]{re.escape(host)}{named}" if host else "(?!)", re.IGNORECASE)


def _of_file(catalogue: Catalogue) -> Iterable[Aimed]:
    for said in catalogue.rules:
        specs = [spec for spec in catalogue.widgets if spec.id in said.within]
        yield Aimed(
            rule_of(said),
            sources=frozenset(said.within),
            widgets=frozenset(name for spec in specs for name in (spec.id, spec.feeds_from)),
            everywhere=not said.within,
            within=said.within,
        )
