"""Keyed digests of what was taken down and of what sources are like, and look-ups by them.

A digest tells whether something is the same as what it was made of, to those who have the secret
key, and nothing to others.
"""

import hmac
import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection, select

from aggregator.errors import StoreError
from aggregator.model import Author, Post, Quote
from aggregator.store import meta
from aggregator.store.places import MOST_LEVELS, account, bare, levels
from aggregator.store.statements import in_parts
from aggregator.store.tables import tombstones

GUID = "guid"
LINK = "link"
CONTENT = "content"
SOURCE = "source"
ADDRESS = "address"
QUOTED = "quoted"
AUTHOR = "author"
BELOW = "below"
WIDE = "wide"
"""Kinds of tombstones. The last marks none of these: it is there once any author or place is."""
MOST_WIDE = MOST_LEVELS + 4
"""Marks of one post that only tombstones of authors and places can fit."""
_STAMP = "secret"
_TRAIT = "trait"
_TRAIT_BYTES = 4
"""Two texts in four thousand million share a digest of so many."""
_SEPARATOR = "\0"
_ANY = select(tombstones.c.digest).limit(1)


def digest(secret: bytes, kind: str, *parts: str) -> bytes:
    """HMAC-SHA256 over kind and parts. Half a surrogate pair, which feeds may hold, is no error."""
    message = _SEPARATOR.join((kind, *parts)).encode(errors="surrogatepass")
    return hmac.digest(secret, message, "sha256")


def of_guid(secret: bytes, first_id: str, guid: str) -> tuple[str, bytes]:
    """Kind and digest of a post by its guid within its source (``first_ids.py``)."""
    return GUID, digest(secret, GUID, first_id, guid)


def of_post(secret: bytes, post: Post, first_id: str) -> dict[str, bytes]:
    """By kind, what marks a post: its guid within its source, its link and content anywhere."""
    marks = dict([of_guid(secret, first_id, post.guid)])
    if post.link_key is not None:
        marks[LINK] = of_link(secret, post.link_key)
    if post.content_key is not None:
        marks[CONTENT] = digest(secret, CONTENT, post.content_key)
    return marks


def of_source(secret: bytes, source_id: str, address: str | None) -> dict[str, bytes]:
    """By kind, what marks a source; ``address`` as ``platform:address``, None where unknown."""
    marks = {SOURCE: digest(secret, SOURCE, source_id)}
    if address is not None:
        platform, _, place = address.partition(":")
        marks[ADDRESS] = digest(secret, ADDRESS, platform, account(place))
    return marks


def to_bury(secret: bytes, post: Post, first_id: str) -> list[tuple[str, bytes]]:
    """Kinds and digests that keep a post out, and its text out of posts that quote it.

    Words too few to tell posts apart do not count.
    """
    marks = list(of_post(secret, post, first_id).items())
    if post.content_key is not None and post.excerpt:
        marks.append((QUOTED, _of_words(secret, post.excerpt)))
    return marks


def of_quote(secret: bytes, quote: Quote) -> list[bytes]:
    """What marks the post that is quoted: its link, and its words as far as they are quoted."""
    marks = [_of_words(secret, quote.text)] if quote.text else []
    if quote.permalink is not None:
        marks.append(of_link(secret, quote.permalink))
    return marks


def of_link(secret: bytes, link: str) -> bytes:
    """What marks a post by its link, in any spelling; an address that is none, as it stands."""
    return digest(secret, LINK, bare(link) or link)


def wide_of_post(secret: bytes, post: Post, first_id: str) -> list[bytes]:
    """What marks its author, and all places that it lies below; at most ``MOST_WIDE``."""
    marks = [digest(secret, BELOW, place) for place in levels(post.permalink or "")]
    return marks + _of_author(secret, post.author, first_id)


def wide_of_quote(secret: bytes, quote: Quote) -> list[bytes]:
    """The same of a quoted post; names alone do not count, for its source is not known."""
    marks = [digest(secret, BELOW, place) for place in levels(quote.permalink or "")]
    return marks + _of_author(secret, quote.author, None)


def of_author(secret: bytes, said: str, first_id: str | None) -> tuple[str, bytes]:
    """Kind and digest of an author: by name within a source, else by profile or full handle."""
    if first_id is not None:
        return AUTHOR, digest(secret, AUTHOR, first_id, folded_name(said))
    return AUTHOR, digest(secret, AUTHOR, bare(said) or folded_name(said))


def of_place(secret: bytes, address: str) -> tuple[str, bytes]:
    """Kind and digest of all that lies at or below an address. Raises ValueError for no address."""
    place = bare(address)
    if place is None:
        raise ValueError(address)
    return BELOW, digest(secret, BELOW, place)


def wide_mark(secret: bytes) -> tuple[str, bytes]:
    """Kind and digest of the tombstone that says that authors or places were taken down."""
    return WIDE, digest(secret, WIDE)


def is_wide(connection: Connection, secret: bytes) -> bool:
    """Whether any author or place was taken down."""
    _, mark = wide_mark(secret)
    known = select(tombstones.c.digest).where(tombstones.c.digest == mark)
    return connection.execute(known).first() is not None


def folded_name(said: str) -> str:
    """A name or handle as it is compared: no case, no ``@`` before it, white space folded."""
    return _folded(said).removeprefix("@")


def is_full_handle(said: str) -> bool:
    """Whether a handle is one person's everywhere: it names a server or is a domain."""
    name = folded_name(said)
    return " " not in name and "." in name.rpartition("@")[2].strip(".")


def _of_author(secret: bytes, author: Author | None, first_id: str | None) -> list[bytes]:
    if author is None:
        return []
    names = {folded_name(name) for name in (author.name, author.handle) if name}
    marks = [digest(secret, AUTHOR, first_id, name) for name in names] if first_id else []
    if author.handle and is_full_handle(author.handle):
        marks.append(digest(secret, AUTHOR, folded_name(author.handle)))
    if author.url and (profile := bare(author.url)):
        marks.append(digest(secret, AUTHOR, profile))
    return marks


def _of_words(secret: bytes, text: str) -> bytes:
    return digest(secret, QUOTED, _folded(text).rstrip("… "))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def of_address(secret: bytes, address: str) -> set[bytes]:
    """What marks an address, given as ``platform:address``, as a place or below one."""
    return {digest(secret, BELOW, place) for place in levels(address.partition(":")[2])}


def sources_down(
    connection: Connection, secret: bytes, sources: Iterable[tuple[str, str]]
) -> set[str]:
    """Of (source id, address) pairs, the ids that were taken down by either.

    An address that lies below a place that was taken down counts as well.
    """
    if connection.execute(_ANY).first() is None:
        return set()
    wide = is_wide(connection, secret)
    marks = [
        (
            one,
            {
                *of_source(secret, one, address).values(),
                *(of_address(secret, address) if wide else ()),
            },
        )
        for one, address in sources
    ]
    down: set[bytes] = set()
    for part in in_parts(set().union(*(digests for _, digests in marks))):
        known = select(tombstones.c.digest).where(tombstones.c.digest.in_(part))
        down.update(connection.execute(known).scalars())
    return {source_id for source_id, digests in marks if not down.isdisjoint(digests)}


def trait(secret: bytes, text: str) -> str:
    """Short, in hex: by which a source is known again (``VisitState.identity``)."""
    return digest(secret, _TRAIT, text)[:_TRAIT_BYTES].hex()


def name_of_key(secret: bytes) -> bytes:
    """What tells secret keys apart, and nothing else."""
    return digest(secret, _STAMP)


def is_stamped(connection: Connection) -> bool:
    """Whether the database has its secret key already."""
    return meta.read(connection, _STAMP) is not None


def check_secret(connection: Connection, secret: bytes, key_from: str) -> None:
    """Compare the secret key with the one of the database, which it has for good.

    ``key_from``: a sentence on where the key comes from. Raises StoreError where it is another:
    what is taken down with one key does not stay away with another. One without a stamp is of
    before, and has its key only if something was taken down.
    """
    stamp = meta.read(connection, _STAMP)
    if stamp is None and connection.execute(_ANY).first() is None:
        return
    if stamp is None or not hmac.compare_digest(stamp, name_of_key(secret)):
        raise StoreError(
            "The secret key is not the one with which this database was made, so what was taken "
            "down could come back.",
            advice=f"{key_from} Use the key that this database was made with, and the same for "
            "`serve` and for every command.",
        )


def stamp_secret(connection: Connection, secret: bytes) -> None:
    """Let this be the key of a database that has none."""
    meta.write(connection, _STAMP, name_of_key(secret))
