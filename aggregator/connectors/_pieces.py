"""Where the entries of a feed lie in its bytes, and the same document without the known ones.

Most new bodies bring one new entry among many known ones: what did not change is not parsed
again. Nothing is parsed here either: one pass over the bytes finds where entries begin and end,
stepping over CDATA, comments and processing instructions. In well-formed XML every other ``<``
begins a tag, so the pass is exact there; whether the document is well-formed, and whether its
entries stand where they should, is seen when the rest is parsed (``_tree.py``).

A digest is that of an entry's bytes together with all that stands above it: the URL, and the tags
of the root and the channel with their namespaces, ``xml:base`` and ``xml:lang``. Where the digest
is known, so is the outcome. Numbers that only count readers are left out of it.
Follows XML 1.0.
"""

import hashlib
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

DIGEST = 8
"""Bytes of a piece's digest."""
MOST = 20_000
"""Pieces. No feed has more entries, and each costs something before any is left out."""

_REST_OF_TAG = rb"""(?=[\s>])(?:[^<>"']++|"[^<"]*+"|'[^<']*+')*+>"""
_FRAME = re.compile(
    rb"<(?:rss%s(?:\s++|<!--.*?-->)*+<channel%s|(?:feed|rdf:RDF)%s)" % ((_REST_OF_TAG,) * 3),
    re.DOTALL,
)
_ROOT_END = re.compile(rb"</(?:rss|feed|rdf:RDF)\s*>")
_CLOSING = {b"<rss": b"</channel></rss>", b"<feed": b"</feed>", b"<rdf:": b"</rdf:RDF>"}
"""What ends a document behind an entry, by how it begins."""
_TOKEN = re.compile(
    rb"<(?:!\[CDATA\[|!--|\?|item[\s/>]|entry[\s/>]|/item[\s>]|/entry[\s>]"
    rb"|slash:comments>|thr:total>|media:statistics\s|media:starRating\s)"
)
_ENDS = {ord("["): b"]]>", ord("-"): b"-->", ord("?"): b"?>"}
"""What ends a stretch that is no markup, by the last byte of what begins it."""
_IGNORED, _CLOSES, _OPENS = b"!?", ord("/"), b"ie"
"""The byte behind the ``<`` of a token; anything else begins a number that counts readers."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry: the bytes from ``start`` to ``end``."""

    start: int
    end: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """A document and where its entries lie in it."""

    data: bytes
    pieces: tuple[Piece, ...]
    """In document order."""

    def reduced(self, wanted: Container[int]) -> bytes:
        """The same document; entries whose place is not in ``wanted`` become empty tags."""
        stretches: list[bytes] = []
        at = 0
        for place, piece in enumerate(self.pieces):
            if place not in wanted:
                stretches += (self.data[at : piece.start], b"<item/>")
                at = piece.end
        return b"".join((*stretches, self.data[at:]))

    def mended(self) -> bytes | None:
        """Up to its end where something follows it, else up to its last complete entry, if any."""
        last = self.pieces[-1].end if self.pieces else 0
        if end := _ROOT_END.search(self.data, last):
            return self.data[: end.end()]
        closing = next(end for start, end in _CLOSING.items() if self.data.startswith(start))
        return self.data[:last] + closing if last else None


def cut(data: bytes, url: str) -> Cut | None:
    """Find the entries of a document in UTF-8 that came from ``url``.

    None where entries lie within entries, or in any way that is not the usual one, and where
    there are too many.
    """
    frame = _FRAME.match(data)
    if frame is None:
        return None
    pieces = _pieces(data, frame.end(), url.encode("utf-8", "replace") + b"\0" + frame[0])
    if pieces is None:
        return None
    return Cut(data, pieces)


def _pieces(data: bytes, at: int, above: bytes) -> tuple[Piece, ...] | None:
    context, view = hashlib.sha256(above), memoryview(data)
    pieces: list[Piece] = []
    digest, start, hashed, name = context, -1, at, b""
    for kind, found, begins, ends in _tokens(data, at):
        if kind in _OPENS:
            if (start >= 0 and found == name) or len(pieces) == MOST:
                return None
            if start < 0:
                start, hashed, name, digest = begins, begins, found, context.copy()
        elif kind == _CLOSES:
            if start < 0:
                return None
            if found == name:
                digest.update(view[hashed:ends])
                pieces.append(Piece(start, ends, digest.digest()[:DIGEST]))
                start = -1
        elif start >= 0:
            digest.update(view[hashed:begins])
            hashed = ends
    return tuple(pieces)


def _tokens(data: bytes, at: int) -> Iterator[tuple[int, bytes, int, int]]:
    """Tags that begin and end entries, and numbers of readers: kind, name, start and end."""
    while at >= 0 and (token := _TOKEN.search(data, at)):
        start, at = token.start(), token.end()
        kind = data[start + 1]
        if kind in _IGNORED:
            at = data.find(_ENDS[data[at - 1]], at)
        elif kind in _OPENS:
            yield kind, data[start + 1 : at - 1], start, at
        elif kind == _CLOSES:
            name, at = data[start + 2 : at - 1], data.find(b">", at - 1)
            if at >= 0:
                yield kind, name, start, at + 1
        elif (at := data.find(b"<", at)) >= 0:
            yield kind, b"", start, at
