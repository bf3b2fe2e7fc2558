"""Where the entries of a well-formed feed lie, and the same document without the known ones.

Most new bodies bring one new entry among many known ones, and feedparser is slow: what did not
change is not parsed again. One pass of expat finds each entry's bytes, and their digest together
with all that stands above it (URL, start tags, namespaces, ``xml:base``, ``xml:lang``): where
the digest is known, so is the outcome.

The pass also notes what feedparser loses or mixes up, for well-formed documents only:

- the guid as it is written: feedparser resolves it against the feed's URL, so that it would
  change whenever the feed moves;
- ``xml:base`` and ``xml:lang``: feedparser's leak from an entry into the next after a stray
  ``<div>``;
- Media RSS: feedparser takes the description of a picture for the text of the entry.

Out: an ``Outline``, or None where the document is ill-formed or its entries are nested.
Follows XML 1.0, Namespaces in XML 1.0, XML Base and Media RSS 1.5.1.
"""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from xml.parsers import expat

from aggregator.connectors import _limits
from aggregator.connectors._intake import LONGEST_AUTHOR
from aggregator.errors import NotAFeed
from aggregator.model import Media, RawText

DIGEST = 8
"""Bytes of a piece's digest."""
MOST_ATTRIBUTES = 500
"""On one element. feedparser needs 22 seconds for 50,000 (rule H3)."""

_ENTRIES = {"item", "entry"}
_ABOVE = {"rss", "channel", "feed", "rdf"}
_GUIDS = {"guid", "id"}
_IS_LINK = {"true": True, "false": False}
_TEXTS = {
    "title": "title",
    "summary": "summary",
    "description": "summary",
    "content": "content",
    "encoded": "content",
}
"""Elements that carry texts, and the names that feedparser gives to what they carry."""
_AUTHORS = {
    "author", "creator", "managingeditor", "webmaster", "publisher", "owner", "name", "email",
    "contributor",
}  # fmt: skip
_XML = "http://www.w3.org/XML/1998/namespace"
_MEDIA = "http://search.yahoo.com/mrss"
_CUT_SHORT = {
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
}
_START_TAG = re.compile(rb"""<(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_TAG_NAME = re.compile(rb"<([^\s/>]+)")


@dataclass(slots=True)
class Piece:
    """One entry, and what was noted of it."""

    start: int
    base: str
    """Absolute: what ``xml:base`` and the document's URL make of it."""
    text_base: str | None
    """The same for its texts, where the document says so itself; None where it does not."""
    language: str | None
    marks: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """Base and language of single texts that say so: ``title``, ``summary``, ``content``."""
    end: int = 0
    digest: bytes = b""
    guid: str | None = None
    guid_is_link: bool | None = None
    """What it says itself, by ``isPermaLink``; None where it says nothing."""
    media: list[Media] = field(default_factory=list)
    media_title: RawText | None = None
    """What Media RSS says of the entry as a whole, not of a picture in it."""
    media_text: RawText | None = None
    """On YouTube the only text."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A well-formed document and where its entries lie in it."""

    data: bytes
    pieces: tuple[Piece, ...]
    """In document order."""
    omitted: tuple[tuple[int, int], ...]
    """Stretches kept from feedparser: what is noted here already, and endless author names."""

    def only(self, pieces: Collection[Piece]) -> bytes:
        """The same document with no entries but these."""
        kept = {piece.start for piece in pieces}
        cuts = [(piece.start, piece.end) for piece in self.pieces if piece.start not in kept]
        stretches, at = [], 0
        for start, end in sorted([*cuts, *self.omitted]):
            stretches.append(self.data[at:start])
            at = max(at, end)
        return b"".join([*stretches, self.data[at:]])


def outline_of(data: bytes, url: str) -> Outline | None:
    """Find the entries of a document in UTF-8 that came from ``url``.

    A document that breaks off keeps its complete entries, and one that goes on after its end
    loses the rest. None where it is ill-formed otherwise, or its entries are nested.
    Raises NotAFeed for what feedparser must not be given (rule H3).
    """
    scan = _Scan(data, url)
    try:
        scan.parser.Parse(data, True)
    except expat.ExpatError as error:
        mended = scan.mended(error.code)
        return outline_of(mended, url) if mended else None
    except _NestedError:
        return None
    return Outline(data, tuple(scan.pieces), tuple(scan.omitted))


def _declared_base(outer: str, attributes: dict[str, str]) -> str | None:
    """What an element's ``xml:base`` makes of the base around it; None where it has no good one."""
    base = _limits.absolute(outer, attributes.get(f"{_XML} base"))
    return base if base and _limits.is_http(base) else None


class _NestedError(Exception):
    """An entry lies within an entry."""


@dataclass(frozen=True, slots=True)
class _Above:
    """An element that is open and not within an entry."""

    local: str
    start: int
    context: bytes
    """All that stands above the entries inside, in a form of its own."""
    base: str
    text_base: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class _Capture:
    """An element whose text is being read."""

    local: str
    start: int
    depth: int
    is_html: bool
    chunks: list[str] = field(default_factory=list)


class _Scan:
    """The handlers of one pass of expat."""

    def __init__(self, data: bytes, url: str) -> None:
        self.data = data
        self.pieces: list[Piece] = []
        self.omitted: list[tuple[int, int]] = []
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartNamespaceDeclHandler = self._declare
        self._above = [_Above("", 0, url.encode("utf-8", "replace"), url, None, None)]
        self._declared: list[tuple[str, str]] = []
        self._names: dict[str, tuple[str, str]] = {}
        self._depth = 0
        self._root_end = 0
        self._piece: Piece | None = None
        self._piece_depth = 0
        self._entry_name = ""
        self._capture: _Capture | None = None
        self._picture: tuple[int, int | None] | None = None
        """Depth of the open media:content, and its place in ``Piece.media``."""
        self._authors: list[tuple[int, int]] = []
        """Depth and start of the open elements that feedparser looks for a mail address in."""

    def mended(self, code: int) -> bytes | None:
        """The document up to where it still made sense; None where there is nothing to save."""
        if code == expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]:
            return self.data[: self._root_end]
        if code not in _CUT_SHORT or not self.pieces:
            return None
        end = self.pieces[-1].end
        starts = [above.start for above in self._above[1:] if above.start < end]
        names = [match[1] for start in starts if (match := _TAG_NAME.match(self.data, start))]
        return self.data[:end] + b"".join(b"</%s>" % name for name in reversed(names))

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if self._piece is None:
            self._declared.append((prefix or "", uri or ""))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if len(attributes) > MOST_ATTRIBUTES:
            raise NotAFeed(f"The feed is broken: one of its tags has {len(attributes)} attributes.")
        uri, local = self._names.get(name) or self._split(name)
        if self._piece is not None:
            if name == self._entry_name:
                raise _NestedError
            self._start_inside(self._piece, uri, local, attributes)
        elif local in _ENTRIES and self._above[-1].local in _ABOVE:
            self._entry_name = name
            self._start_entry(attributes)
        else:
            self._start_above(name, local, attributes)
        if local in _AUTHORS:
            self._authors.append((self._depth, self.parser.CurrentByteIndex))

    def _split(self, name: str) -> tuple[str, str]:
        """Namespace and local name, the latter in lower case, as feedparser compares them."""
        uri, _, local = name.rpartition(" ")
        self._names[name] = split = (uri, local.lower())
        return split

    def _start_above(self, name: str, local: str, attributes: dict[str, str]) -> None:
        above = self._above[-1]
        context = b""
        if local in _ABOVE:
            tag = repr((name, sorted(attributes.items()), sorted(self._declared)))
            context = above.context + tag.encode("utf-8", "replace")
        self._declared.clear()
        base = _declared_base(above.base, attributes)
        self._above.append(
            _Above(
                local,
                self.parser.CurrentByteIndex,
                context,
                base or above.base,
                base or above.text_base,
                attributes.get(f"{_XML} lang", above.language),
            )
        )

    def _start_entry(self, attributes: dict[str, str]) -> None:
        above = self._above[-1]
        base = _declared_base(above.base, attributes)
        self._piece_depth = self._depth
        self._declared.clear()
        self._piece = Piece(
            start=self.parser.CurrentByteIndex,
            base=base or above.base,
            text_base=base or above.text_base,
            language=attributes.get(f"{_XML} lang", above.language) or None,
        )

    def _start_inside(self, piece: Piece, uri: str, local: str, attributes: dict[str, str]) -> None:
        if uri.startswith(_MEDIA):
            self._start_media(piece, local, attributes)
        elif self._depth == self._piece_depth + 1:
            if local in _GUIDS:
                piece.guid_is_link = _IS_LINK.get(attributes.get("isPermaLink", ""))
                self._read_text(local)
            elif attributes and local in _TEXTS:
                piece.marks[_TEXTS[local]] = (
                    _declared_base(piece.base, attributes) or piece.text_base,
                    attributes.get(f"{_XML} lang", piece.language) or None,
                )

    def _start_media(self, piece: Piece, local: str, attributes: dict[str, str]) -> None:
        if local in {"content", "thumbnail"}:
            url = _limits.absolute(piece.base, attributes.get("url"))
            if local == "content":
                self._picture = (self._depth, len(piece.media) if url else None)
            if url:
                medium = "image" if local == "thumbnail" else attributes.get("medium")
                piece.media.append(_limits.medium(url, medium, attributes))
        elif local in {"description", "title"} and self._capture is None:
            self._read_text(local, is_html=attributes.get("type") == "html")

    def _read_text(self, local: str, *, is_html: bool = False) -> None:
        self._capture = _Capture(local, self.parser.CurrentByteIndex, self._depth, is_html)
        self.parser.CharacterDataHandler = self._capture.chunks.append

    def _end(self, _name: str) -> None:
        if self._authors and self._authors[-1][0] == self._depth:
            start = self._authors.pop()[1]
            if self.parser.CurrentByteIndex - start > LONGEST_AUTHOR:
                self.omitted.append((start, self._end_of(start)))
        if self._capture and self._capture.depth == self._depth:
            self._end_text(self._capture)
        if self._piece is None:
            above = self._above.pop()
            self._root_end = self._end_of(above.start) if len(self._above) == 1 else 0
        elif self._depth == self._piece_depth:
            self._end_entry(self._piece)
        elif self._picture and self._picture[0] == self._depth:
            self._picture = None
        self._depth -= 1

    def _end_text(self, capture: _Capture) -> None:
        self._capture = None
        self.parser.CharacterDataHandler = None
        value = "".join(capture.chunks).strip()
        piece = self._piece
        if piece is None:
            return
        if capture.local in _GUIDS:
            piece.guid = value or None
            return
        self.omitted.append((capture.start, self._end_of(capture.start)))
        if self._picture is None:
            text = _limits.text(value, is_html=capture.is_html)
            if capture.local == "description":
                piece.media_text = text
            else:
                piece.media_title = text
        elif (place := self._picture[1]) is not None:
            picture = piece.media[place]
            if capture.local == "description" or picture.alt is None:
                alt = _limits.line(value, _limits.ALT) or picture.alt
                piece.media[place] = replace(picture, alt=alt)

    def _end_entry(self, piece: Piece) -> None:
        piece.end = self._end_of(piece.start)
        content = self._above[-1].context + self.data[piece.start : piece.end]
        piece.digest = hashlib.blake2b(content, digest_size=DIGEST).digest()
        self.pieces.append(piece)
        self._piece = None

    def _end_of(self, start: int) -> int:
        """Behind the element that started there and is ending now.

        For ``<a/>`` expat names the place behind it, for ``<a></a>`` that of the end tag.
        """
        tag = _START_TAG.match(self.data, start)
        if tag and tag[0].endswith(b"/>"):
            return tag.end()
        return self.data.index(b">", self.parser.CurrentByteIndex) + 1
