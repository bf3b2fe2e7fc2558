"""Any blog or news site that offers RSS, Atom or JSON Feed.

The address is that of the feed itself, not of the page that people read. What was read at the
last visit is remembered by digests, so that an unchanged feed is not parsed at all, and of a
changed one only the entries that are new or were edited.

Specifications: https://www.rssboard.org/rss-specification, RFC 4287 (Atom),
https://www.jsonfeed.org/version/1.1/.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from aggregator.connectors import _permalinks
from aggregator.connectors._by_feed import ACCEPT, read_feed
from aggregator.connectors._contract import Errand
from aggregator.model import NO_TERMS, FetchResult, Sightings, Sought, Source

ABOUT = "The posts of a feed in RSS, Atom or JSON Feed."
EXAMPLE = "https://www.example.org/feed/"
HOSTS: tuple[str, ...] = ()
TERMS = NO_TERMS
TOKEN = None


@dataclass(frozen=True, slots=True)
class Options:
    """None so far."""


def read_address(text: str) -> str:
    """Check and tidy the address of a feed; its fragment is dropped, spaces inside are escaped.

    ``feed:https://…`` and ``feed://…``, the latter short for ``http://…``, are links that some
    sites offer for feed readers. Raises ValueError with a sentence that says what to write.
    """
    address = text.strip().partition("#")[0].rstrip()
    if address.lower().startswith("feed:"):
        rest = address[len("feed:") :]
        address = f"http:{rest}" if rest.startswith("//") else rest
    if address.startswith("@"):
        raise ValueError(
            f"{address} names an account, and not on which platform. Name it in front, "
            f'as in x: "{address}" or youtube: "{address}"'
        )
    if "://" not in address:
        whole = f"https://{address}" if address else EXAMPLE
        raise ValueError(f"The address of a feed is written in full, for example {whole}")
    try:
        parts = urlsplit(address)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not match
        is_web = False
    if not is_web:
        raise ValueError(
            f"The address of a feed starts with https:// or http://, as {EXAMPLE} does"
        )
    if "@" in parts.netloc:
        raise ValueError(
            "An address must not hold a name or password, for this file is no place for secrets. "
            f"Write it without, as https://{parts.netloc.rpartition('@')[2]}/…, and ask the "
            "owner of the site for a feed that is open to all"
        )
    return re.sub(r"\s", "%20", address)


def home_of(address: str) -> str | None:
    """None: a feed does not tell by its address where its site is."""
    del address
    return None


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed and read what is new in it."""
    return await read_feed(source.address, errand)


async def look_up(source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
    """Ask for the page of each.

    Where one is missing, the feed is read, too: what it still offers was not taken back, and where
    it is no feed any more, the site is not what it was.
    """
    told = await _permalinks.look_up(source, sought, errand)
    if not told.gone:
        return told
    document = await errand.web.get(source.address, accept=ACCEPT, unconditional=True)
    read = await errand.reader.read(document, frozenset())
    offered = {name for post in read.posts for name in (post.guid, post.permalink)}
    kept = {
        one.guid for one in sought if not offered.isdisjoint({one.guid, one.permalink} - {None})
    }
    return replace(told, gone=told.gone - kept)
