"""The same post on several sources becomes one card that names the others. Pure.

In: candidates. Out: groups of copies, each with the one that is shown. Two are copies by an equal
link, an equal text or a like one (``likeness.py``), the latter two within three days. A group has
no two posts of one source, but for those that it put out twice: a weekly series stays a series.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from aggregator.model import AlsoOn, Candidate, PostKind, Source
from aggregator.widgets.likeness import likeness
from aggregator.widgets.sketch import Sketch, sketch_of

SAME_TEXT_WITHIN = timedelta(days=3)
"""The same words later than this are a new post: holiday greetings return every year."""

_OWN = {PostKind.ORIGINAL, PostKind.QUOTE}
"""Kinds that are announced on several networks."""


@dataclass(frozen=True, slots=True)
class Merged:
    """One post, and its copies elsewhere."""

    shown: Candidate
    copies: tuple[Candidate, ...] = ()

    @property
    def also_on(self) -> tuple[AlsoOn, ...]:
        """The other sources that carry it, each once, where there is a link to point at."""
        places: dict[str, AlsoOn] = {}
        for copy in self.copies:
            link = copy.stored.post.permalink
            if link is not None and copy.source.id != self.shown.source.id:
                places.setdefault(copy.source.id, AlsoOn(copy.source, link))
        return tuple(places.values())


class _Joint(NamedTuple):
    """Two positions whose candidates are the same post. Lesser ones are surer."""

    doubt: tuple[int, float, timedelta, int, int]
    one: int
    other: int


_TWICE, _EQUAL, _LIKE = range(3)
"""How sure a joint is: put out twice by one source, equal on two, like on two."""


def merge(candidates: Sequence[Candidate], pinned: Callable[[Candidate], bool]) -> list[Merged]:
    """Candidates that are copies of one another, put together.

    Of copies, the pinned one is shown; else one whose pictures are described; else the one with
    the longer text; else the older one. The answer does not depend on the order given.
    """

    def worth(candidate: Candidate) -> tuple[bool, bool, int, float, int]:
        stored = candidate.stored
        described = any(picture.alt for picture in stored.post.media)
        age = -stored.sort_at.timestamp()
        return (pinned(candidate), described, len(stored.post.text), age, -stored.id)

    merged = []
    for group in _groups(candidates):
        best, *copies = sorted(group, key=worth, reverse=True)
        merged.append(Merged(best, tuple(copies)))
    return merged


def may_be_like(one: Source, other: Source) -> bool:
    """Whether posts of two sources are compared word by word.

    One of them stands on a network: two blogs that say nearly the same are two blogs. None of them
    forbids to be shown as one with others.
    """
    return (
        one.id != other.id
        and not (one.terms.apart or other.terms.apart)
        and bool(one.terms.network or other.terms.network)
    )


def to_compare(sources: Collection[Source]) -> dict[str, list[str]]:
    """By id, the ids of the other sources with which ``may_be_like`` has posts compared.

    Quick for any number of sites' own feeds: only accounts on networks are gone through for each.
    """
    free = [source for source in sources if not source.terms.apart]
    everyone = [source.id for source in free]
    networks = [source.id for source in free if source.terms.network]
    found: dict[str, list[str]] = {source.id: [] for source in sources}
    for source in free:
        others = everyone if source.terms.network else networks
        found[source.id] = [one for one in others if one != source.id]
    return found


def alike(candidates: Sequence[Candidate], others: Sequence[Candidate]) -> list[Candidate]:
    """Those of ``others`` that are copies of a candidate by their words."""
    sketches = _Sketches()
    return [
        other
        for other in others
        if any(_like(one, other, sketches) > 0 for one in candidates if _near(one, other))
    ]


def _near(one: Candidate, other: Candidate) -> bool:
    return abs(one.stored.sort_at - other.stored.sort_at) <= SAME_TEXT_WITHIN


class _Sketches:
    """Of candidates; each is made when its words are first compared, for most never are."""

    def __init__(self) -> None:
        self._made: dict[int, Sketch] = {}

    def of(self, candidate: Candidate) -> Sketch:
        """The sketch of its post."""
        number = candidate.stored.id
        if number not in self._made:
            self._made[number] = sketch_of(candidate.stored.post)
        return self._made[number]


def _like(one: Candidate, other: Candidate, sketches: _Sketches) -> float:
    if not may_be_like(one.source, other.source):
        return 0.0
    if not {one.stored.post.kind, other.stored.post.kind} <= _OWN:
        return 0.0
    return likeness(sketches.of(one), sketches.of(other))


def _groups(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """The surest joints first; those that would make one of what is two are passed over."""
    ordered = sorted(candidates, key=_place)
    joints = sorted((*_equals(ordered), *_likes(ordered)))
    joined = {joint[1:] for joint in joints}
    group_of = [[index] for index in range(len(ordered))]
    for joint in joints:
        one, other = group_of[joint.one], group_of[joint.other]
        if one is other:
            continue
        how = joint.doubt[0]
        if how != _TWICE and not _sources(ordered, one).isdisjoint(_sources(ordered, other)):
            continue
        pairs = ((min(pair), max(pair)) for pair in ((a, b) for a in one for b in other))
        if how == _LIKE and not joined.issuperset(pairs):
            continue  # a third one is like both, and they are not like each other
        one += other
        for index in other:
            group_of[index] = one
    groups = {id(group): group for group in group_of}
    return [[ordered[index] for index in group] for group in groups.values()]


def _sources(candidates: Sequence[Candidate], group: Iterable[int]) -> set[str]:
    return {candidates[index].source.id for index in group}


def _place(candidate: Candidate) -> tuple[float, int]:
    return candidate.stored.sort_at.timestamp(), candidate.stored.id


def _joint(
    candidates: Sequence[Candidate], how: int, one: int, other: int, common: float = 1.0
) -> _Joint:
    """Of positions in the order of time, whose posts have so much in common."""
    first, last = candidates[one].stored, candidates[other].stored
    return _Joint((how, -common, last.sort_at - first.sort_at, one, other), one, other)


def _equals(candidates: Sequence[Candidate]) -> Iterator[_Joint]:
    """Those with the same link, or the same text within three days."""
    by_link: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_text: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, candidate in enumerate(candidates):
        terms, post = candidate.source.terms, candidate.stored.post
        world = terms.network if terms.apart else ""
        if post.link_key is not None:
            by_link[world, post.link_key].append(index)
        if post.content_key is not None:
            by_text[world, post.content_key].append(index)
    for positions in by_link.values():
        if _telling(candidates[index] for index in positions):
            yield from _chained(candidates, positions)
    for positions in by_text.values():
        for joint in _chained(candidates, positions):
            if _near(candidates[joint.one], candidates[joint.other]):
                yield joint


def _chained(candidates: Sequence[Candidate], positions: Sequence[int]) -> Iterator[_Joint]:
    """Each with the next one, and with the next one of its own source."""
    last: dict[str, int] = {}
    for index in positions:
        source_id = candidates[index].source.id
        if source_id in last:
            yield _joint(candidates, _TWICE, last[source_id], index)
        last[source_id] = index
    for one, other in pairwise(positions):
        if candidates[one].source.id != candidates[other].source.id:
            yield _joint(candidates, _EQUAL, one, other)


def _likes(candidates: Sequence[Candidate]) -> Iterator[_Joint]:
    """Those that say the same in like words, within three days."""
    sources = {candidate.source.id: candidate.source for candidate in candidates}
    if not any(to_compare(sources.values()).values()):
        return
    sketches = _Sketches()
    first = 0
    for index, candidate in enumerate(candidates):
        while not _near(candidates[first], candidate):
            first += 1
        for earlier in range(first, index):
            found = _like(candidates[earlier], candidate, sketches)
            if found > 0:
                yield _joint(candidates, _LIKE, earlier, index, found)


def _telling(sharers: Iterable[Candidate]) -> bool:
    """Whether a link tells posts apart: some feeds give all their entries the home page's."""
    sources, entries = set(), set()
    for sharer in sharers:
        sources.add(sharer.source.id)
        entries.add((sharer.source.id, sharer.stored.post.title or sharer.stored.post.text))
    return len(entries) == len(sources)
