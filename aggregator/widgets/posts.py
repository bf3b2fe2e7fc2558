"""Layouts whose cards are posts: order, copies, the share of one source, room. Pure.

Order: pins first, the newest decision foremost; then time, by ``sort_at``, then by id.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.model import Candidate, Card, LeftOut, Why, WidgetStop
from aggregator.widgets.cards import MOST_MORE, card_of, name_of
from aggregator.widgets.duplicates import Merged, merge
from aggregator.widgets.reasons import Rules, against_stopped


@dataclass(frozen=True, slots=True)
class Listing:
    """What has a place, what follows on the full page, and what has none."""

    cards: tuple[Card, ...]
    more: tuple[Card, ...]
    left_out: tuple[LeftOut, ...]
    rotates: bool = False
    """Whether the places change hands at midnight."""


def list_posts(rules: Rules, fit: Sequence[Candidate]) -> Listing:
    """Give the widget's places to posts that nothing stands against.

    ``per_source`` of the widget is a firm bound, for the full page as well; pins count, but are
    never refused. Without it no source has more than half of the places (rounded up), unless
    places would stay empty.
    """
    merged = merge(fit, lambda candidate: rules.pin(candidate.stored.verdict) is not None)
    merged.sort(key=lambda one: rules.rank(one.shown.stored), reverse=True)
    left_out = [_duplicate(rules, one, copy) for one in merged for copy in one.copies]
    if rules.spec.per_source is not None:
        merged, over = _within_cap(rules, merged, rules.spec.per_source)
        words = f"This widget shows no more than {rules.spec.per_source} posts of one source."
        left_out += [_left_out(one.shown, Why.SOURCE_CAP, words) for one in over]
        placed = merged[: rules.spec.show]
    else:
        placed = _shared_out(rules, merged)
    chosen = {id(one) for one in placed}
    following = [one for one in merged if id(one) not in chosen]
    words = f"Newer or pinned posts fill the {rules.spec.show} places and the full page."
    left_out += [_left_out(one.shown, Why.NO_ROOM, words) for one in following[MOST_MORE:]]
    return Listing(
        tuple(_card(rules, one) for one in placed),
        tuple(_card(rules, one) for one in following[:MOST_MORE]),
        tuple(left_out),
    )


def list_frozen_posts(rules: Rules, stop: WidgetStop, fit: Sequence[Candidate]) -> Listing:
    """What a frozen widget showed, as far as nothing stands against it, in the order it had.

    A place that falls empty stays so. Copies elsewhere are named if they were stored by then.
    """
    places = {*stop.shown, *stop.more}
    known = [one for one in fit if _place(one) in places or one.stored.first_seen <= stop.at]
    merged = merge(known, lambda candidate: _place(candidate) in places)
    standing = {_place(one.shown): one for one in merged if _place(one.shown) in places}
    left_out = [_duplicate(rules, one, copy) for one in standing.values() for copy in one.copies]
    met = {id(one.shown) for one in standing.values()}
    met |= {id(copy) for one in standing.values() for copy in one.copies}
    against = against_stopped(stop)
    left_out += [_left_out(one, *against) for one in fit if id(one) not in met]
    cards, more = (
        tuple(_card(rules, standing[place]) for place in listed if place in standing)
        for listed in (stop.shown, stop.more)
    )
    return Listing(cards, more, tuple(left_out))


def _place(candidate: Candidate) -> tuple[str, str]:
    return (candidate.source.id, candidate.stored.post.public_id)


def _within_cap(
    rules: Rules, merged: Sequence[Merged], most: int
) -> tuple[list[Merged], list[Merged]]:
    """Those within the bound of their source, and those beyond it; both in order."""
    taken: Counter[str] = Counter()
    within, over = [], []
    for one in merged:
        source_id = one.shown.source.id
        if taken[source_id] < most or rules.pin(one.shown.stored.verdict):
            taken[source_id] += 1
            within.append(one)
        else:
            over.append(one)
    return within, over


def _shared_out(rules: Rules, merged: Sequence[Merged]) -> list[Merged]:
    """The widget's places, half of them at most to one source while others want them."""
    show = rules.spec.show
    within, over = _within_cap(rules, merged, (show + 1) // 2)
    placed = [*within[:show], *over[: max(0, show - len(within))]]
    return sorted(placed, key=lambda one: rules.rank(one.shown.stored), reverse=True)


def _card(rules: Rules, one: Merged) -> Card:
    source = one.shown.source
    return card_of(source, rules.facts_of(source).profile, one.shown.stored, one.also_on)


def _left_out(candidate: Candidate, why: Why, words: str) -> LeftOut:
    return LeftOut(candidate.source, candidate.stored, why, words)


def _duplicate(rules: Rules, one: Merged, copy: Candidate) -> LeftOut:
    source = one.shown.source
    name = name_of(source, rules.facts_of(source).profile)
    return _left_out(
        copy, Why.DUPLICATE, f"It is the same as a post of {name}, which stands for both."
    )
