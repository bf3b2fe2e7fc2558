"""The same post wherever it is stored: by its link, by its text, or by words that are like it.

In: posts. Out: these with their copies, as widgets make one card of them
(``widgets/duplicates.py``). So a widget knows all that may be one card, and an act on one post
knows what goes with it: else a copy would stand in its place at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from aggregator.model import BLOGS, Candidate, Catalogue, Source, StoredPost
from aggregator.store import posts
from aggregator.store.candidates import Look, Stretch, look
from aggregator.store.database import Database
from aggregator.store.latecomers import hidden_since
from aggregator.widgets.duplicates import SAME_TEXT_WITHIN, alike, merge, to_compare


class Copies:
    """Posts of some sources that were read, each with its copies."""

    def __init__(
        self, looking: Look, sources: Mapping[str, Source], *, merging: bool = True
    ) -> None:
        """``merging``: whether anything is put into one card; else no copy is looked for."""
        self.sources = sources
        self.found: dict[int, StoredPost] = {}
        self._passed: dict[int, StoredPost] = {}
        """Posts that were read since they might be copies of one that was found, and are none."""
        self._to_compare = to_compare(sources.values())
        self._looking = looking
        self._merging = merging

    def take(self, ids: Collection[int]) -> None:
        """Read these posts and their copies, the copies of those, and so on."""
        fresh = set(ids) - self.found.keys()
        while fresh:
            known = [self._passed.pop(number) for number in fresh & self._passed.keys()]
            read = known + self._looking.read(fresh - {stored.id for stored in known})
            self.found |= {stored.id: stored for stored in read}
            if not self._merging:
                return
            copies = self._looking.copies((stored.post for stored in read), self.sources)
            fresh = (copies | self._alike(read)) - self.found.keys()

    def merged_with(self, ids: Collection[int]) -> Iterator[list[StoredPost]]:
        """Of what was found, what would be one card with one of these, card by card."""
        for one in merge([*map(self._candidate, self.found.values())], lambda _: False):
            group = [one.shown.stored, *(copy.stored for copy in one.copies)]
            if any(stored.id in ids for stored in group):
                yield group

    def _alike(self, read: Sequence[StoredPost]) -> set[int]:
        """Ids of posts not found so far that are copies of one of these by their words."""
        near = self._looking.near(self._around(read)) - self.found.keys()
        unknown = self._looking.read(near - self._passed.keys())
        self._passed |= {stored.id: stored for stored in unknown}
        others = [self._candidate(self._passed[number]) for number in near]
        copies = alike([self._candidate(stored) for stored in read], others)
        return {copy.stored.id for copy in copies}

    def _candidate(self, stored: StoredPost) -> Candidate:
        return Candidate(stored, self.sources[stored.post.source_id])

    def _around(self, read: Sequence[StoredPost]) -> list[Stretch]:
        """Where copies of these posts may stand, in the order of time; no stretch meets another."""
        stretches: dict[str, list[Stretch]] = defaultdict(list)
        for stored in sorted(read, key=lambda stored: stored.sort_at):
            first = stored.sort_at - SAME_TEXT_WITHIN
            last = stored.sort_at + SAME_TEXT_WITHIN
            for source_id in self._to_compare[stored.post.source_id]:
                own = stretches[source_id]
                if own and own[-1].last >= first:
                    own[-1] = own[-1]._replace(last=last)
                else:
                    own.append(Stretch(source_id, first, last))
        return list(chain.from_iterable(stretches.values()))


def same_posts(
    database: Database, catalogue: Catalogue, told: Sequence[StoredPost]
) -> list[StoredPost]:
    """These posts and the same ones elsewhere, wherever they stand, the given ones first.

    The same are those that any widget puts into one card with one of these, those that would be
    one card if nothing were hidden or held and one widget showed all sources, and whatever has
    the link or text of any of these. Raises StoreError.
    """
    same = {stored.id: stored for stored in told}
    ids = set(same)
    for sources, anywhere in _worlds(catalogue, told):
        with look(database, anywhere=anywhere) as looking:
            copies = Copies(looking, sources)
            copies.take({one.id for one in told if one.post.source_id in sources})
            cards = chain.from_iterable(copies.merged_with(ids))
            same |= {stored.id: stored for stored in cards}
    for stored in list(same.values()):
        same |= {copy.id: copy for copy in posts.copies_of(database, stored.post)}
    return list(same.values())


def like_hidden(
    catalogue: Catalogue, looking: Look, fresh: Sequence[StoredPost]
) -> Iterator[tuple[StoredPost, StoredPost]]:
    """Posts that came just now and would be one card with a hidden one by their words, with it.

    So each is hidden that ``same_posts`` would have found, had it been there. ``looking`` looks
    anywhere; where nothing of those days is hidden, nothing else is read.
    """
    sources = {source.id: source for source in catalogue.sources}

    def candidates(posts: Iterable[StoredPost]) -> list[Candidate]:
        known = (stored for stored in posts if stored.post.source_id in sources)
        return [Candidate(stored, sources[stored.post.source_id]) for stored in known]

    moments = [stored.sort_at for stored in fresh]
    hidden = looking.hidden(min(moments) - SAME_TEXT_WITHIN, max(moments) + SAME_TEXT_WITHIN)
    late = {one.stored.id for one in alike(candidates(hidden), candidates(fresh))}
    copies = Copies(looking, sources)
    copies.take(late)
    for card in copies.merged_with(late):
        first = min((one for one in card if one in hidden), key=hidden_since, default=None)
        if first is not None:
            yield from ((one, first) for one in card if one.id in late)


def related(
    database: Database, catalogue: Catalogue, told: Sequence[StoredPost]
) -> list[StoredPost]:
    """All that ``same_posts`` may ever have found for these, and more: copies of copies, too."""
    sources = {source.id: source for source in catalogue.sources}
    with look(database, anywhere=True) as looking:
        copies = Copies(looking, sources)
        copies.take({one.id for one in told if one.post.source_id in sources})
    found = copies.found | {stored.id: stored for stored in told}
    for stored in list(found.values()):
        found |= {copy.id: copy for copy in posts.copies_of(database, stored.post)}
    return list(found.values())


def _worlds(
    catalogue: Catalogue, told: Sequence[StoredPost]
) -> Iterator[tuple[dict[str, Source], bool]]:
    """Sources among which copies are looked for, and whether also among what is not shown."""
    yield {source.id: source for source in catalogue.sources}, True
    specs = {spec.id: spec for one in told for spec in catalogue.widgets_of(one.post.source_id)}
    for spec in specs.values():
        if spec.layout != BLOGS:  # nothing is merged there
            yield {source.id: source for source in catalogue.sources_of(spec)}, False
