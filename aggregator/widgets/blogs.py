"""The layout ``blogs``: each source once, with its newest post, or as a link alone. Pure.

Pinned blogs always have a place. Where the others are more than the places left, these change
hands at midnight (``rotation.py``). Those with a place stand in order: pins, then by newest post.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aggregator.model import Candidate, Card, LeftOut, Source, Verdict, Why, WidgetStop
from aggregator.widgets.cards import MOST_MORE, card_of
from aggregator.widgets.posts import Listing
from aggregator.widgets.reasons import Rules, against_stopped
from aggregator.widgets.rotation import on_stage

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Blog:
    source: Source
    posts: tuple[Candidate, ...]
    """Those that may be shown, best first."""
    pin: Verdict | None
    """The pin of the blog, or of its foremost post."""

    @property
    def rank(self) -> tuple[bool, datetime, datetime]:
        """The greater, the further up."""
        newest = self.posts[0].stored.sort_at if self.posts else _LONG_AGO
        return (self.pin is not None, self.pin.at if self.pin else _LONG_AGO, newest)


def list_blogs(
    rules: Rules, sources: Sequence[Source], fit: Mapping[str, Sequence[Candidate]]
) -> Listing:
    """Give the widget's places to sources that nothing stands against, in the file's order.

    A blog under review is not even listed until a person has approved something of it.
    """
    listed, left_out = _reviewed(rules, sources, fit)
    blogs = [_blog(rules, source, fit[source.id]) for source in listed]
    pinned = sorted((blog for blog in blogs if blog.pin), key=lambda blog: blog.rank, reverse=True)
    others = [blog for blog in blogs if not blog.pin]
    free = max(0, rules.spec.show - len(pinned))
    placed = [*pinned[: rules.spec.show], *on_stage(others, free, rules.today)]
    on_show = {blog.source.id for blog in placed}
    following = [blog for blog in blogs if blog.source.id not in on_show]
    for group in (placed, following):
        group.sort(key=lambda blog: blog.rank, reverse=True)
    for blog in (*placed, *following[:MOST_MORE]):
        left_out += _left_out(blog.source, blog.posts[1:], Why.SOURCE_CAP)
    for blog in following[MOST_MORE:]:
        words = "Other blogs fill the places of this widget and its full page."
        left_out.append(LeftOut(blog.source, None, Why.NO_ROOM, words))
        left_out += _left_out(blog.source, blog.posts, Why.NO_ROOM)
    return Listing(
        tuple(_card(rules, blog) for blog in placed),
        tuple(_card(rules, blog) for blog in following[:MOST_MORE]),
        tuple(left_out),
        rotates=0 < free < len(others),
    )


def list_frozen_blogs(
    rules: Rules,
    stop: WidgetStop,
    sources: Sequence[Source],
    fit: Mapping[str, Sequence[Candidate]],
) -> Listing:
    """The blogs that a frozen widget listed, as far as nothing stands against them.

    In the order they had, each with the post it had; one whose post was withdrawn has none.
    """
    listed, left_out = _reviewed(rules, sources, fit)
    by_id = {source.id: source for source in listed}
    against = against_stopped(stop)
    placed: list[list[Card]] = []
    for places in (stop.shown, stop.more):
        placed.append([])
        for source_id, public_id in places:
            if (source := by_id.pop(source_id, None)) is None:
                continue
            posts = [one for one in fit[source_id] if one.stored.post.public_id == public_id]
            placed[-1].append(_card(rules, _Blog(source, tuple(posts), None)))
            others = (one for one in fit[source_id] if one not in posts)
            left_out += [LeftOut(source, one.stored, *against) for one in others]
    for source in by_id.values():
        left_out.append(LeftOut(source, None, *against))
        left_out += [LeftOut(source, one.stored, *against) for one in fit[source.id]]
    cards, more = map(tuple, placed)
    return Listing(cards, more, tuple(left_out))


def _reviewed(
    rules: Rules, sources: Sequence[Source], fit: Mapping[str, Sequence[Candidate]]
) -> tuple[list[Source], list[LeftOut]]:
    """The blogs that may be listed, and those of which nothing was approved so far."""
    listed: list[Source] = []
    waiting: list[LeftOut] = []
    for source in sources:
        if rules.awaits_review(source) and not fit[source.id]:
            words = "This blog waits for review: nothing of it has been approved so far."
            waiting.append(LeftOut(source, None, Why.WAITING, words))
        else:
            listed.append(source)
    return listed, waiting


def _blog(rules: Rules, source: Source, posts: Sequence[Candidate]) -> _Blog:
    ranked = sorted(posts, key=lambda post: rules.rank(post.stored), reverse=True)
    verdicts = [rules.facts_of(source).verdict, *(post.stored.verdict for post in ranked[:1])]
    pins = [pin for verdict in verdicts if (pin := rules.pin(verdict))]
    return _Blog(source, tuple(ranked), max(pins, key=lambda pin: pin.at, default=None))


def _card(rules: Rules, blog: _Blog) -> Card:
    stored = blog.posts[0].stored if blog.posts else None
    return card_of(blog.source, rules.facts_of(blog.source).profile, stored)


def _left_out(source: Source, posts: Sequence[Candidate], why: Why) -> list[LeftOut]:
    words = (
        "This widget lists each blog once, with its newest post."
        if why is Why.SOURCE_CAP
        else "Other blogs fill the places of this widget and its full page."
    )
    return [LeftOut(source, post.stored, why, words) for post in posts]
