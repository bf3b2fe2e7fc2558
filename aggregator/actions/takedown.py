"""Removal for good, out of the database and every output: a post, a source, an author, an address.

In: what people give. Out: receipts with times. There is no undo: what is gone is gone, and
tombstones without content keep it from coming back by a later fetch or an older backup. Said again,
it changes nothing and gives the first receipt.
Not here: takedowns that wait for their day (``planned.py``).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.actions.copies import same_posts
from aggregator.actions.find import Found, NotFoundHere, TakenDownBefore, find, taken_down
from aggregator.actions.publish import Published, Publisher
from aggregator.catalogue.lines import one_entry
from aggregator.connectors import platforms
from aggregator.errors import AggregatorError
from aggregator.model import Source, StoredPost
from aggregator.store import digests, first_ids, places, receipts, tombstones, undos, visits
from aggregator.store.receipts import Past
from aggregator.store.tombstones import Receipt

_NAMES_TOLD = 8


@dataclass(frozen=True, slots=True)
class TakenDown:
    """What a takedown did."""

    receipts: tuple[Receipt, ...]
    published: tuple[Published, ...]
    traces_erased: bool
    """Whether the text is out of unused parts of the database file as well; where another program
    was reading just then, the clock or the next start does it."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What a takedown of an author or an address would remove, to be told before it does."""

    posts: Counter[str]
    """By source id, how many stored posts are theirs."""
    sources: tuple[str, ...]
    """Ids of the sources that are theirs, and go as a whole."""
    marked: bool
    """Whether it was taken down before."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would be removed."""
        return not (self.posts or self.sources)


def take_down(publisher: Publisher, key: str, *, by: str, now: datetime) -> TakenDown:
    """Erase a post with its copies in other sources, or all of a source; then publish all widgets.

    Copies are also those of like words that a widget shows as one card with it (``copies.py``).

    Raises NotFoundHere for an unknown key.
    """
    try:
        found = find(publisher.database, publisher.catalogue(), key)
    except TakenDownBefore as before:
        return _after(publisher, (_receipt_again(key.strip(), before.past),), now)
    return _after(publisher, _erase(publisher, found, by, now), now)


def take_down_source(publisher: Publisher, source_id: str, by: str, now: datetime) -> Receipt:
    """Erase all of a source, also of one that left feeds.yaml. Publish afterwards."""
    source = publisher.catalogue().source(source_id) or source_id
    return tombstones.take_down_source(publisher.database, source, by, now, _account_of)


def down(publisher: Publisher, source: Source) -> Past | None:
    """The takedown for which a source is never visited; None: there is none."""
    at = down_at(publisher, source.platform, source.address)
    return at or taken_down(publisher.database, source.id)


def down_at(publisher: Publisher, platform: str, address: str) -> Past | None:
    """The takedown for which what is at an address is never visited; None: there is none."""
    secret, name = publisher.database.secret, f"{platform}:{address}"
    marks: set[bytes] = set()
    for one in filter(None, (name, _account_of(name))):
        marks |= {digests.of_source(secret, "", one)[digests.ADDRESS]}
        marks |= digests.of_address(secret, one)
    return receipts.of_digests(publisher.database, marks)


def reach_of_author(publisher: Publisher, said: str, source_id: str | None) -> Reach:
    """What is an author's. ``source_id`` None: by the address of a profile, or a full handle.

    Raises NotFoundHere where nothing is known by that name, and for a name alone, which strangers
    may share; the message then lists the sources where it occurs.
    """
    own = _sources_of_author(publisher, said, source_id)
    fits = tombstones.by_author(said, source_id)
    found = tombstones.counted(publisher.database, fits, source_id)
    return Reach(found, own, _is_marked(publisher, said, source_id))


def reach_of_address(publisher: Publisher, address: str) -> Reach:
    """What lies at or below an address: posts, and sources whose feed or home is there.

    Raises AggregatorError for what is no address of the web.
    """
    own = _sources_below(publisher, address)
    found = tombstones.counted(publisher.database, tombstones.at_or_below(address))
    _, mark = digests.of_place(publisher.database.secret, address)
    return Reach(found, own, receipts.of_digests(publisher.database, [mark]) is not None)


def take_down_author(
    publisher: Publisher, said: str, source_id: str | None, *, by: str, now: datetime
) -> TakenDown:
    """Erase all that is an author's, and publish; raises what ``reach_of_author`` does."""
    own = _sources_of_author(publisher, said, source_id)
    receipt = tombstones.take_down_author(
        publisher.database,
        said,
        by,
        now,
        source_id=source_id,
        sources=_named(publisher, own),
        account_of=_account_of,
    )
    return _after(publisher, (receipt,), now)


def take_down_address(publisher: Publisher, address: str, *, by: str, now: datetime) -> TakenDown:
    """Erase all that lies at or below an address, and publish.

    Raises what ``reach_of_address`` does.
    """
    own = _sources_below(publisher, address)
    receipt = tombstones.take_down_below(
        publisher.database,
        address,
        by,
        now,
        sources=_named(publisher, own),
        account_of=_account_of,
    )
    return _after(publisher, (receipt,), now)


def _after(publisher: Publisher, given: tuple[Receipt, ...], now: datetime) -> TakenDown:
    """First the files that visitors see, then what nobody sees.

    Its traces are erased even where another program just did so: what is remembered of the outputs
    names links of what they showed, until they are published.
    """
    try:
        # All widgets: a copy of the post may have stood in a source of any of them.
        published = tuple(publisher.publish_all(now))
    finally:
        database = publisher.database
        known = all(one.again for one in given)
        erased = database.erase_expected_traces() if known else database.erase_traces()
    return TakenDown(given, published, erased)


def _erase(publisher: Publisher, found: Found, by: str, now: datetime) -> tuple[Receipt, ...]:
    if not found.posts:
        return (take_down_source(publisher, found.source_id, by, now),)
    return tuple(_erase_post(publisher, stored, by, now) for stored in found.posts)


def _erase_post(publisher: Publisher, stored: StoredPost, by: str, now: datetime) -> Receipt:
    same = same_posts(publisher.database, publisher.catalogue(), [stored])
    told = [copy.post for copy in same]
    return tombstones.take_down_post(publisher.database, stored, by, now, told)


def _receipt_again(key: str, past: Past) -> Receipt:
    """Of what is not here any more."""
    what = "source" if key in past.sources else "post"
    source_id = key if what == "source" else ""
    return Receipt(past.receipt, what, source_id, past.public_ids, 0, past.at, again=True)


def _sources_of_author(publisher: Publisher, said: str, source_id: str | None) -> tuple[str, ...]:
    """Ids of sources that are an author's own; raises what ``reach_of_author`` does."""
    if source_id is not None:
        _check_name(publisher, said, source_id)
        return ()
    profile = places.bare(said)
    if profile is None:
        if not digests.is_full_handle(said):
            raise _only_a_name(publisher, said)
        return ()
    return tuple(sorted(one for one, known in _places_of(publisher).items() if profile in known))


def _sources_below(publisher: Publisher, address: str) -> tuple[str, ...]:
    """Ids of sources at or below an address; raises what ``reach_of_address`` does."""
    place = places.bare(address)
    if place is None:
        raise AggregatorError(
            f"{address} is no address of the web.",
            advice="Write it as https://family.example.org/.",
        )
    if places.is_too_deep(address):
        raise AggregatorError(
            f"{address} lies too deep for all below it to be known.",
            advice="Name a folder above it, or take the posts down one by one.",
        )
    below = (f"{place}/", f"{place}?")
    own = (
        source_id
        for source_id, known in _places_of(publisher).items()
        if any(one == place or one.startswith(below) for one in known)
    )
    return tuple(sorted(own))


def _check_name(publisher: Publisher, said: str, source_id: str) -> None:
    """Raises NotFoundHere where nobody in the source has that name, or ever had."""
    fits = tombstones.by_name(said)
    found = tombstones.counted(publisher.database, fits, source_id)
    if found or _is_marked(publisher, said, source_id):
        return
    names = tombstones.names_in(publisher.database, source_id)
    listed = ", ".join(sorted(names)[:_NAMES_TOLD])
    raise NotFoundHere(
        f"No stored post of {source_id} names {said} as its author.",
        advice=f"Its posts name: {listed}." if listed else "Its posts name nobody.",
    )


def _is_marked(publisher: Publisher, said: str, source_id: str | None) -> bool:
    """Whether an author was taken down before."""
    database = publisher.database
    first_id = None if source_id is None else first_ids.of(database, source_id)
    _, mark = digests.of_author(database.secret, said, first_id)
    return receipts.of_digests(database, [mark]) is not None


def _only_a_name(publisher: Publisher, said: str) -> NotFoundHere:
    found = tombstones.counted(publisher.database, tombstones.by_name(said))
    if not found:
        return NotFoundHere(
            f"No stored post names {said} as its author.",
            advice="Give the address of their profile, or the name with --source ID.",
        )
    listed = ", ".join(f"{one} ({count})" for one, count in sorted(found.items()))
    return NotFoundHere(
        f"{said} is a name, and strangers may share it. Posts by that name: {listed}.",
        advice="Say in which source with --source ID, or give the address of their profile.",
    )


def _places_of(publisher: Publisher) -> dict[str, set[str]]:
    """By source id, where its feed and home are, as far as known; also of those that left.

    Of one that left before any visit, what undo keeps of its entry tells.
    """
    known: dict[str, list[str | None]] = {}
    for source in publisher.catalogue().sources:
        known[source.id] = [source.address, source.home, source.link]
    for source_id, state in visits.states(publisher.database).items():
        platform, _, address = state.address.partition(":")
        said = [
            address,
            _page_of(platform, address),
            state.adopted,
            state.profile.link if state.profile else None,
        ]
        known.setdefault(source_id, []).extend(said)
    never_visited = [one for one in undos.entries_said(publisher.database) if one[0] not in known]
    for source_id, lines in never_visited:
        known.setdefault(source_id, []).extend(_addresses_in(lines))
    return {
        source_id: set(filter(None, (places.bare(one) for one in addresses if one)))
        for source_id, addresses in known.items()
    }


def _addresses_in(lines: str) -> Iterator[str | None]:
    """Those that an entry of feeds.yaml names, and the pages of accounts."""
    for key, value in one_entry(lines).items():
        if isinstance(value, str):
            yield value
            yield _page_of(key, value)


def _page_of(name: str, address: str) -> str | None:
    """Where people see an account; None: it is no account, or nobody can tell."""
    platform = platforms().get(name)
    if platform is None:
        return None
    try:
        return platform.home_of(platform.read_address(address))
    except ValueError:
        return None


def _named(publisher: Publisher, source_ids: Sequence[str]) -> list[Source | str]:
    catalogue = publisher.catalogue()
    return [catalogue.source(one) or one for one in source_ids]


def _account_of(address: str) -> str | None:
    """The account that the feed at an address is of, both as ``platform:address``."""
    name, _, place = address.partition(":")
    platform = platforms().get(name)
    return platform.account_of(place) if platform is not None else None
