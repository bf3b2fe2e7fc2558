"""The same post on several sources becomes one card that names the others. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from aggregator.model import AlsoOn, Candidate

SAME_TEXT_WITHIN = timedelta(days=3)
"""The same words later than this are a new post: holiday greetings return every year."""

_APART = {"x"}
"""Networks whose terms forbid to show their posts as one with copies from elsewhere."""


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


def merge(candidates: Sequence[Candidate], pinned: Callable[[Candidate], bool]) -> list[Merged]:
    """Candidates with the same link, or the same text within three days, put together.

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


def _groups(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Candidates that are joined, directly or by way of others (union-find)."""
    root = list(range(len(candidates)))

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for one, other in _joints(candidates):
        root[find(one)] = find(other)
    groups: dict[int, list[Candidate]] = defaultdict(list)
    for index, candidate in enumerate(candidates):
        groups[find(index)].append(candidate)
    return list(groups.values())


def _joints(candidates: Sequence[Candidate]) -> Iterator[tuple[int, int]]:
    """Pairs of positions whose candidates are the same post."""
    by_link: dict[tuple[str, str], list[int]] = defaultdict(list)
    by_text: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, candidate in enumerate(candidates):
        world = candidate.source.platform if candidate.source.platform in _APART else ""
        post = candidate.stored.post
        if post.link_key is not None:
            by_link[world, post.link_key].append(index)
        if post.content_key is not None:
            by_text[world, post.content_key].append(index)
    for positions in by_link.values():
        if _telling(candidates[index] for index in positions):
            yield from pairwise(positions)
    for positions in by_text.values():
        positions.sort(key=lambda index: candidates[index].stored.sort_at)
        for one, other in pairwise(positions):
            apart = candidates[other].stored.sort_at - candidates[one].stored.sort_at
            if apart <= SAME_TEXT_WITHIN:
                yield one, other


def _telling(sharers: Iterable[Candidate]) -> bool:
    """Whether a link tells posts apart: some feeds give all their entries the home page's."""
    sources, entries = set(), set()
    for sharer in sharers:
        sources.add(sharer.source.id)
        entries.add((sharer.source.id, sharer.stored.post.title or sharer.stored.post.text))
    return len(entries) == len(sources)
