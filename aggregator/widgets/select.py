"""Which posts a widget shows, in which order, why each other is not there, and until when.

In: a widget's rules, its sources, candidate posts, what is known of the sources, the moment and
the site's time zone. Out: a ``Selection``. Pure: the same arguments give the same answer.
Not here: the reasons in words (``reasons.py``), copies (``duplicates.py``), the layout ``blogs``
(``blogs.py``), the end of an answer (``horizon.py``).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from aggregator.model import (
    BLOGS,
    Candidate,
    Card,
    LeftOut,
    Selection,
    Source,
    SourceFacts,
    StopKind,
    StoredPost,
    WidgetSpec,
    WidgetStop,
)
from aggregator.widgets.blogs import list_blogs, list_frozen_blogs
from aggregator.widgets.cards import card_of
from aggregator.widgets.horizon import holds_until
from aggregator.widgets.posts import Listing, list_frozen_posts, list_posts
from aggregator.widgets.reasons import Rules, against_stopped


def select(
    spec: WidgetSpec,
    sources: Sequence[Source],
    posts: Sequence[StoredPost],
    facts: Mapping[str, SourceFacts],
    now: datetime,
    timezone: str,
    *,
    stop: WidgetStop | None = None,
) -> Selection:
    """What ``spec`` shows at ``now``.

    ``posts`` are candidates in any order; those of other sources are ignored. Each candidate
    is in ``cards`` or ``more`` or, once, in ``left_out``; a copy that is merged into another's
    card is left out as a duplicate, while its link stands in ``also_on``. ``timezone`` is an
    IANA name: days of consent and of rotation begin at its midnight. ``stop``: by a person; then
    nothing enters, while all that stands against a source or post still counts, but for its age.
    """
    if stop is not None:
        spec = replace(spec, max_age=None)
    rules = Rules.at(spec, facts, now, timezone)
    candidates = _by_source(posts)
    left_out: list[LeftOut] = []
    fit: dict[str, list[Candidate]] = {}
    for source in sources:
        mine = candidates.get(source.id, [])
        against = rules.against_source(source)
        if against is None:
            fit[source.id] = _fit_posts(rules, source, mine, left_out)
            continue
        if spec.layout == BLOGS:
            left_out.append(LeftOut(source, None, *against))
        left_out += [LeftOut(source, stored, *against) for stored in mine]
    listing = _listing(rules, stop, [source for source in sources if source.id in fit], fit)
    return Selection(
        listing.cards,
        (*left_out, *listing.left_out),
        holds_until(rules, sources, fit, ZoneInfo(timezone), rotates=listing.rotates),
        listing.more,
        () if listing.cards else _follow(rules, _may_be_followed(sources, stop)),
        tuple(dict.fromkeys(source.group for source in sources if source.group)),
    )


def _listing(
    rules: Rules,
    stop: WidgetStop | None,
    sources: Sequence[Source],
    fit: Mapping[str, Sequence[Candidate]],
) -> Listing:
    """Who has which place, among sources and posts that nothing stands against."""
    lists_blogs = rules.spec.layout == BLOGS
    posts = list(chain.from_iterable(fit.values()))
    if stop is None:
        return list_blogs(rules, sources, fit) if lists_blogs else list_posts(rules, posts)
    if stop.kind is StopKind.FROZEN:
        if lists_blogs:
            return list_frozen_blogs(rules, stop, sources, fit)
        return list_frozen_posts(rules, stop, posts)
    against = against_stopped(stop)
    blogs = [LeftOut(source, None, *against) for source in sources] if lists_blogs else []
    return Listing((), (), (*blogs, *(LeftOut(one.source, one.stored, *against) for one in posts)))


def _may_be_followed(sources: Sequence[Source], stop: WidgetStop | None) -> Sequence[Source]:
    """Of a stopped widget, only those that it named when it was frozen."""
    if stop is None:
        return sources
    named = {source_id for source_id, _ in (*stop.shown, *stop.more)}
    return [source for source in sources if source.id in named]


def _follow(rules: Rules, sources: Sequence[Source]) -> tuple[Card, ...]:
    """The sources that have a page of their own, in the file's order.

    Not those that a person has yet to look at, nor any that nothing may be shown of.
    """
    cards = (
        card_of(source, rules.facts_of(source).profile, None)
        for source in sources
        if rules.against_source(source) is None and not rules.awaits_review(source)
    )
    return tuple(card for card in cards if card.link is not None)


def _by_source(posts: Sequence[StoredPost]) -> dict[str, list[StoredPost]]:
    """Each post once, by its source."""
    by_source: dict[str, dict[str, StoredPost]] = defaultdict(dict)
    for stored in posts:
        by_source[stored.post.source_id][stored.post.guid] = stored
    return {source_id: list(found.values()) for source_id, found in by_source.items()}


def _fit_posts(
    rules: Rules, source: Source, posts: Sequence[StoredPost], left_out: list[LeftOut]
) -> list[Candidate]:
    """The posts that nothing stands against; the others go to ``left_out``."""
    fit = []
    for stored in posts:
        against = rules.against_post(source, stored)
        if against is None:
            fit.append(Candidate(stored, source))
        else:
            left_out.append(LeftOut(source, stored, *against))
    return fit
