"""Entries that come back under another id (rule I4): which stored post each of them is.

Some feeds give all of their entries new ids at every visit, others once, when a blog moves.
In: what visits brought, and which of it is stored under its id. Out: for entries that are stored
under another id, that id. Not here: writing them (``posts.py``).

Link and title tell one entry from another only where the link is the entry's own. Nobody's own are
links to a home page, and links that several entries of a source share, as the episodes of a
podcast may. To lose an entry is worse than to store it twice: where the link does not tell, all
of the content and the date must be the same. An id that is an address tells whatever else changed:
it is the same in another spelling, as after a blog moved to https.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import urldefrag, urlsplit

from sqlalchemy import BindParameter, Connection, Select, bindparam, func, select

from aggregator.model import Post, public_id_of
from aggregator.model.addresses import Address, read_address
from aggregator.store.statements import in_parts
from aggregator.store.tables import posts

Key: TypeAlias = tuple[str, str]
"""A source's id and a guid."""


class Known(NamedTuple):
    """What is compared of a stored post."""

    source_id: str
    guid: str
    fingerprint: bytes
    permalink: str | None
    link_key: str | None
    content_key: str | None
    title: str | None
    text: str
    published: datetime | None


_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_COMPARED = select(*(posts.c[name] for name in Known._fields))
_BY_LINK = _COMPARED.where(
    posts.c.id.in_(
        select(func.max(posts.c.id))
        .where(posts.c.link_key.in_(_KEYS))
        .group_by(posts.c.source_id, posts.c.link_key)
        .having(func.count() == 1)
    )
)
"""Posts whose link no other post of their source has."""
_BY_NAME = _COMPARED.where(posts.c.public_id.in_(_KEYS))
_BY_CONTENT = _COMPARED.where(posts.c.content_key.in_(_KEYS)).order_by(posts.c.id.desc())


def renamed(
    connection: Connection, brought: Mapping[Key, Post], known: Collection[Key]
) -> dict[Key, Known]:
    """By source id and new guid, the stored post that each renamed entry is.

    ``known``: what of ``brought`` is stored under its id. A stored post that was brought itself is
    no other entry, and none is two entries.
    """
    fresh = [post for key, post in brought.items() if key not in known]
    stored = _with_posts(connection, {post.source_id for post in fresh}, known)
    fresh = [post for post in fresh if post.source_id in stored]
    if not fresh:
        return {}
    taken = set(known)
    offered = [post for post in brought.values() if post.source_id in stored]
    found = dict(_by_address(connection, offered, taken))
    fresh = [post for post in fresh if (post.source_id, post.guid) not in found]
    links = Counter((post.source_id, post.link_key) for post in brought.values())
    own = [post for post in fresh if links[post.source_id, post.link_key] == 1 and _tells(post)]
    found |= _by_link(connection, own, taken)
    rest = (post for post in fresh if (post.source_id, post.guid) not in found)
    return found | dict(_by_content(connection, rest, taken))


def _with_posts(connection: Connection, source_ids: set[str], known: Collection[Key]) -> set[str]:
    """Those of these sources of which anything is stored: at a first visit nothing is renamed."""
    found = {source_id for source_id, _ in known}
    for source_id in source_ids - found:
        any_of_it = select(posts.c.id).where(posts.c.source_id == source_id).limit(1)
        if connection.execute(any_of_it).first() is not None:
            found.add(source_id)
    return found


def is_home(link_key: str) -> bool:
    """Whether a link leads to a whole site, and not to one of its pages."""
    return urlsplit(link_key).path in {"", "/"} and "?" not in link_key


def _tells(post: Post) -> bool:
    return post.link_key is not None and not is_home(post.link_key)


def _by_address(
    connection: Connection, brought: Iterable[Post], taken: set[Key]
) -> Iterator[tuple[Key, Known]]:
    """Where one entry came and one is stored that compare equal by the addresses in their ids."""
    came: dict[_Place, list[Post]] = defaultdict(list)
    for post in brought:
        if (place := _place(post)) is not None:
            came[place].append(post)
    wanted = {place: found[0] for place, found in came.items() if len(found) == 1}
    names = {
        public_id_of(place.source_id, guid)
        for place, post in wanted.items()
        if (post.source_id, post.guid) not in taken
        for guid in place.spellings()
    }
    stored: dict[_Place | None, list[Known]] = defaultdict(list)
    for known in _ask(connection, _BY_NAME, names):
        stored[_place(known)].append(known)
    for place, post in wanted.items():
        if len(stored[place]) == 1 and _take(stored[place][0], taken):
            yield (post.source_id, post.guid), stored[place][0]


class _Place(NamedTuple):
    """What counts of an id that is the address of a page, or of a place on it."""

    source_id: str
    address: Address
    fragment: str

    def spellings(self) -> Iterator[str]:
        """The usual ones; what is written otherwise still, is another entry."""
        host, path, query = self.address
        end = f"{query and '?'}{query}{self.fragment and '#'}{self.fragment}"
        for start in ("https://", "https://www.", "http://", "http://www."):
            yield from (f"{start}{host}{path}{slash}{end}" for slash in ("", "/"))


def _place(one: Post | Known) -> _Place | None:
    """None: its id is no address, or that of a whole site."""
    if not one.guid.startswith("http"):
        return None
    page, fragment = urldefrag(one.guid)
    address = read_address(page)
    if address is None or is_home(address.form):
        return None
    return _Place(one.source_id, address, fragment)


def _by_link(
    connection: Connection, own: Iterable[Post], taken: set[Key]
) -> Iterator[tuple[Key, Known]]:
    wanted = {(post.source_id, post.link_key): post for post in own}
    keys = {link_key for _, link_key in wanted if link_key is not None}
    for known in _ask(connection, _BY_LINK, keys):
        post = wanted.get((known.source_id, known.link_key))
        if post is not None and _is_same_page(post, known) and _take(known, taken):
            yield (post.source_id, post.guid), known


def _is_same_page(post: Post, known: Known) -> bool:
    """Whether what stands behind one link is one entry, which may have been edited.

    A page of notices is not: with each new one, both its text and its date are others.
    """
    if (post.title or post.text) != (known.title or known.text):
        return False
    undated = post.published is None or known.published is None
    return undated or post.published == known.published or post.text == known.text != ""


def _by_content(
    connection: Connection, fresh: Iterable[Post], taken: set[Key]
) -> Iterator[tuple[Key, Known]]:
    wanted: dict[Any, list[Post]] = defaultdict(list)
    for post in fresh:
        if post.content_key is not None:
            wanted[_whole(post)].append(post)
    keys = {content_key for _, content_key, *_ in wanted}
    for known in _ask(connection, _BY_CONTENT, keys):
        same = wanted.get(_whole(known))
        if same and _take(known, taken):
            post = same.pop(0)
            yield (post.source_id, post.guid), known


def _whole(one: Post | Known) -> tuple[Any, ...]:
    return one.source_id, one.content_key, one.link_key, one.published


def _take(known: Known, taken: set[Key]) -> bool:
    key = (known.source_id, known.guid)
    is_free = key not in taken
    taken.add(key)
    return is_free


def _ask(
    connection: Connection, question: Select[*tuple[Any, ...]], keys: Iterable[str]
) -> Iterator[Known]:
    for part in in_parts(sorted(keys)):
        for row in connection.execute(question, {"keys": part}):
            yield Known(*row)
