"""RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, and JSON Feed: bytes to raw posts.

In: a ``Document`` and the pieces that are known. Out: a ``ReadFeed``. Raises NotAFeed.
Well-formed feeds are cut at their entries (``_pieces.py``); what is new in them is parsed
(``_tree.py``) and read (``_elements.py``) here. feedparser reads the rest (``_lenient.py``): what
is ill-formed, and what has something in it that we do not know to read as it does. That is
decided once for a document.
Not here: the process in which this runs (``_child.py``), what a document is (``_intake.py``).
Specifications: https://www.rssboard.org/rss-specification, RFC 4287,
https://web.resource.org/rss/1.0/spec, https://www.rssboard.org/media-rss.
"""

import contextlib
from collections.abc import Collection, Iterable, Iterator
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import errors

from aggregator.connectors import _limits
from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._elements import feed_of, post_of
from aggregator.connectors._intake import Json, scrubbed, take_in
from aggregator.connectors._jsonfeed import read_json_feed
from aggregator.connectors._pieces import Cut, cut
from aggregator.connectors._tree import NotOurs, Placed, Tree, parse
from aggregator.errors import NotAFeed
from aggregator.model import Document, RawPost

_ENDS_WRONGLY = {
    errors.codes[message]
    for message in (
        errors.XML_ERROR_NO_ELEMENTS,
        errors.XML_ERROR_UNCLOSED_TOKEN,
        errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        errors.XML_ERROR_PARTIAL_CHAR,
        errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
    )
}
_NO_CHARACTER = {
    errors.codes[errors.XML_ERROR_INVALID_TOKEN],
    errors.codes[errors.XML_ERROR_BAD_CHAR_REF],
}


def read_syndication(document: Document, known: Collection[bytes]) -> ReadFeed:
    """Read a feed; entries whose piece is in ``known`` are left out. Raises NotAFeed."""
    taken = take_in(document.body, document.content_type)
    if isinstance(taken, Json):
        return read_json_feed(taken.text, document.url)
    data: bytes | None = taken.data
    while data:
        found = cut(data, document.url)
        try:
            return _read(data, found, document.url, known)
        except ParseError as error:
            data = _mended(data, found, error.code)
        except NotOurs:
            break
    return _read_leniently(data or scrubbed(taken.data), document.url)


def _read_leniently(data: bytes, url: str) -> ReadFeed:
    from aggregator.connectors._lenient import read_leniently  # noqa: PLC0415 - slow to import

    try:
        return read_leniently(data, url)
    except NotAFeed:
        # Rule H8: it may have stumbled over one entry of many, so that one only is left out.
        with contextlib.suppress(ParseError, NotOurs):
            return _read_whole(data, url, without_odd=True)
        raise


def _mended(data: bytes, found: Cut | None, code: int) -> bytes | None:
    """The document without what is wrong with it; None where that is beyond us."""
    mended = None
    if code in _NO_CHARACTER:
        mended = scrubbed(data)
    elif code in _ENDS_WRONGLY and found:
        mended = found.mended()
    return mended if mended and len(mended) != len(data) else None


def _read(data: bytes, found: Cut | None, url: str, known: Collection[bytes]) -> ReadFeed:
    """Read a well-formed document. Raises ParseError or NotOurs."""
    if found is not None:
        read = _read_new(found, url, known)
        if read is not None:
            return read
    return _read_whole(data, url)


def _read_whole(data: bytes, url: str, *, without_odd: bool = False) -> ReadFeed:
    tree = parse(data, url)
    kept = _newest(tree)
    posts = _posts((tree.entries[place] for place in kept), tree, without_odd=without_odd)
    profile, hints = feed_of(tree)
    return ReadFeed(tuple(posts), profile, pieces=(), hints=hints)


def _read_new(found: Cut, url: str, known: Collection[bytes]) -> ReadFeed | None:
    """Read the new entries; None where the tree has entries elsewhere than the bytes."""
    count = len(found.pieces)
    kept = range(count)
    if count > _limits.ENTRIES:
        ends = parse(found.reduced({0, count - 1}), url)
        if len(ends.entries) != count:
            return None
        kept = _newest(ends)
    wanted = [place for place in kept if found.pieces[place].digest not in known]
    tree = parse(found.reduced(set(wanted)), url)
    if len(tree.entries) != count:
        return None
    profile, hints = feed_of(tree)
    return ReadFeed(
        posts=tuple(_posts((tree.entries[place] for place in wanted), tree)),
        profile=profile,
        pieces=tuple(found.pieces[place].digest for place in kept),
        hints=hints,
    )


def _newest(tree: Tree) -> range:
    """The places of the entries that are kept: some feeds are archives of thousands."""
    count = len(tree.entries)
    if count <= _limits.ENTRIES:
        return range(count)
    ends = list(_posts((tree.entries[0], tree.entries[-1]), tree))
    if len(ends) > 1 and _limits.oldest_first(*ends):
        return range(count - _limits.ENTRIES, count)
    return range(_limits.ENTRIES)


def _posts(
    entries: Iterable[Placed], tree: Tree, *, without_odd: bool = False
) -> Iterator[RawPost]:
    for entry in entries:
        try:
            yield post_of(entry, tree)
        except MemoryError:
            raise
        except NotOurs:
            if not without_odd:
                raise
        except Exception:  # noqa: BLE001, S112 - rule H8: an odd entry costs itself only
            continue
