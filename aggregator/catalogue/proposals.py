"""What an imported list would bring: which of its feeds are new, and which are followed already.

In: the list, and the catalogue as it is. Out: one ``Proposal`` for each feed of the list, in its
order. Nothing is fetched and nothing is written here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from aggregator.catalogue.checks import sameness
from aggregator.catalogue.edit import NewSource, awaiting_consent
from aggregator.catalogue.ids import id_for
from aggregator.catalogue.leaks import looks_secret
from aggregator.catalogue.opml import MAX_URL, OpmlFeed
from aggregator.model import Catalogue, Platform

Gone = Callable[[str, str], str | None]
"""Of a platform and an address, a sentence on the takedown for which it is never visited; None:
there is none."""
Account = Callable[[str, str], tuple[str, str]]
"""Of a platform and an address: the same, or for the feed of an account the account itself."""
_Key = tuple[str, str]
"""Platform and address of what is followed; equal where the same is followed."""


class Fate(StrEnum):
    """What becomes of a feed of the list."""

    NEW = "new"
    SIMILAR = "similar"
    """Perhaps the same as another one; a person should say."""
    FOLLOWED = "followed"
    """In feeds.yaml already."""
    REPEATED = "repeated"
    """In the list twice."""
    TAKEN_DOWN = "taken down"
    """For good, and therefore never visited again."""
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One feed of the list, and what is to be done with it."""

    feed: OpmlFeed
    fate: Fate
    new: NewSource | None = None
    """As it would be written; None where it cannot be, or need not."""
    why: str | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """A feed that is followed, or was proposed before."""

    where: str
    in_file: bool
    address: str


def propose(
    feeds: Sequence[OpmlFeed],
    catalogue: Catalogue,
    platform: Platform,
    widgets: Sequence[str],
    *,
    account: Account,
    gone: Gone,
    is_gone: Callable[[str], bool],
) -> tuple[Proposal, ...]:
    """What to do with each feed; ``widgets`` are those in which the new ones are to appear.

    ``is_gone``: whether an id is one of a source that was taken down, and is not used again.
    """

    def key_of(name: str, address: str) -> _Key:
        of, written = account(name, address)
        return of, sameness(written)

    taken = {source.id for source in catalogue.sources}

    def is_taken(made: str) -> bool:
        return made in taken or is_gone(made)

    same: dict[_Key, _Known] = {}
    alike: dict[str, _Known] = {}
    for source in catalogue.sources:
        known = _Known(f'"{source.id}"', True, source.address)
        same[key_of(source.platform, source.address)] = known
        if source.platform == platform.name:
            alike.update(dict.fromkeys(_likeness(source.address, source.name), known))
    proposals = []
    for feed in feeds:
        proposal = _proposal(feed, platform, is_taken, same, alike, key_of=key_of, gone=gone)
        if proposal.new is not None:
            new = awaiting_consent(_in(proposal.new, widgets), catalogue)
            proposal = Proposal(feed, proposal.fate, new, proposal.why)
            taken.add(new.id)
            known = _Known(f"line {feed.line} of the list", False, new.address)
            same[key_of(new.platform, new.address)] = known
            for key in _likeness(new.address, new.name):
                alike.setdefault(key, known)
        proposals.append(proposal)
    return tuple(proposals)


def _in(new: NewSource, widgets: Sequence[str]) -> NewSource:
    return NewSource(new.id, new.platform, new.address, new.name, tuple(widgets))


def _proposal(
    feed: OpmlFeed,
    platform: Platform,
    is_taken: Callable[[str], bool],
    same: Mapping[_Key, _Known],
    alike: Mapping[str, _Known],
    *,
    key_of: Callable[[str, str], _Key],
    gone: Gone,
) -> Proposal:
    try:
        if len(feed.address) > MAX_URL:
            raise ValueError(f"Its address has more than {MAX_URL} characters.")
        address = platform.read_address(feed.address)
    except ValueError as error:
        return Proposal(feed, Fate.UNUSABLE, why=str(error))
    if looks_secret(address):
        return Proposal(feed, Fate.UNUSABLE, why=_LEAK)
    known = same.get(key_of(platform.name, address))
    if known is not None:
        spelt = "" if known.address == address else f", there written {known.address}"
        fate = Fate.FOLLOWED if known.in_file else Fate.REPEATED
        return Proposal(feed, fate, why=f"The same as {known.where}{spelt}.")
    if why := gone(platform.name, address):
        return Proposal(feed, Fate.TAKEN_DOWN, why=why)
    title = feed.title if feed.title and "://" not in feed.title else None
    host = urlsplit(address).hostname or ""
    made = id_for(title or host, is_taken, otherwise=host)
    new = NewSource(made, platform.name, address, title)
    for key in _likeness(address, title):
        if key in alike:
            what = "Of the same page as" if key.startswith("page ") else "Called the same as"
            return Proposal(feed, Fate.SIMILAR, new, f"{what} {alike[key].where}.")
    return Proposal(feed, Fate.NEW, new)


_LEAK = (
    "Its address holds what looks like a key or a password, and such a thing may not stand in "
    "feeds.yaml."
)

# What the addresses of several feeds of one page differ in: /feed/, /rss.xml, /comments/feed, …
_FEED_WORDS = re.compile(
    r"(?:/(?:comments|feeds?|rss2?|atom|index|posts|default|main|summary|full|blog)"
    r"|[./-](?:xml|rss|rdf|atom|json|php))+/?$"
)


def _likeness(address: str, title: str | None) -> list[str]:
    """What a second feed of the same page would share, and one of the same name."""
    page = _FEED_WORDS.sub("", sameness(address.lower()).partition("?")[0])
    keys = [f"page {page}"] if page else []
    words = " ".join((title or "").casefold().split())
    return [*keys, f"title {words}"] if words else keys
