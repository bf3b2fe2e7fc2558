"""Keyed digests of what was taken down, and the look-ups by them.

A digest tells whether something is the same as what was taken down, to those who have the
secret key, and nothing to others.
"""

import hmac
import re
from collections.abc import Iterable

from sqlalchemy import Connection, select

from aggregator.errors import StoreError
from aggregator.model import Post
from aggregator.store import meta
from aggregator.store.statements import in_parts
from aggregator.store.tables import tombstones

GUID = "guid"
LINK = "link"
CONTENT = "content"
SOURCE = "source"
ADDRESS = "address"
_STAMP = "secret"
_SEPARATOR = "\0"
_ANY = select(tombstones.c.digest).limit(1)
_PREFIX = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)


def digest(secret: bytes, kind: str, *parts: str) -> bytes:
    """HMAC-SHA256 over kind and parts. Half a surrogate pair, which feeds may hold, is no error."""
    message = _SEPARATOR.join((kind, *parts)).encode(errors="surrogatepass")
    return hmac.digest(secret, message, "sha256")


def of_post(secret: bytes, post: Post) -> dict[str, bytes]:
    """By kind, what marks a post: its guid within its source, its link and content anywhere."""
    marks = {GUID: digest(secret, GUID, post.source_id, post.guid)}
    if post.link_key is not None:
        marks[LINK] = digest(secret, LINK, post.link_key)
    if post.content_key is not None:
        marks[CONTENT] = digest(secret, CONTENT, post.content_key)
    return marks


def of_source(secret: bytes, source_id: str, address: str | None) -> dict[str, bytes]:
    """By kind, what marks a source; ``address`` as ``platform:address``, None where unknown.

    Of an address its scheme, a ``www.`` and a slash at the end do not count: they change without
    anything else changing.
    """
    marks = {SOURCE: digest(secret, SOURCE, source_id)}
    if address is not None:
        platform, _, place = address.partition(":")
        bare = _PREFIX.sub("", place).rstrip("/")
        marks[ADDRESS] = digest(secret, ADDRESS, platform, bare)
    return marks


def sources_down(
    connection: Connection, secret: bytes, sources: Iterable[tuple[str, str]]
) -> set[str]:
    """Of (source id, address) pairs, the ids that were taken down by either."""
    if connection.execute(_ANY).first() is None:
        return set()
    marks = [(one, set(of_source(secret, one, address).values())) for one, address in sources]
    down: set[bytes] = set()
    for part in in_parts(set().union(*(digests for _, digests in marks))):
        known = select(tombstones.c.digest).where(tombstones.c.digest.in_(part))
        down.update(connection.execute(known).scalars())
    return {source_id for source_id, digests in marks if not down.isdisjoint(digests)}


def check_secret(connection: Connection, secret: bytes) -> bool:
    """Whether the secret key is the one that the database knows.

    Raises StoreError where it is another and there are tombstones made with the old one.
    """
    stamp = meta.read(connection, _STAMP)
    if stamp is not None and hmac.compare_digest(stamp, digest(secret, _STAMP)):
        return True
    if connection.execute(_ANY).first() is not None:
        raise StoreError(
            "The secret key is not the one with which posts were taken down, so they could come "
            "back.",
            advice="Bring back the old key: AGGREGATOR_SECRET_KEY, or the file secret.key in the "
            "data folder as it was when the database was last used.",
        )
    return False


def stamp_secret(connection: Connection, secret: bytes) -> None:
    """Remember by which secret key digests are made from now on."""
    meta.write(connection, _STAMP, digest(secret, _STAMP))
