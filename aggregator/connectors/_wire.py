"""What goes over the pipe between the parser's process and ours.

A request is two lengths, a head in JSON (``url``, ``content_type``, ``known``) and the body as it
came. An answer is a letter, a length and that many bytes of JSON: a ``ReadFeed``, or ``message``
and ``advice`` of an error. Once, at the start, the answer ``READY`` without bytes.

JSON and not pickle: what comes out of a parser of hostile texts must not be able to run anything
here (rule H1). Parts that are None are left out.
"""

import json
import struct
from dataclasses import fields
from datetime import datetime
from typing import Any

from aggregator.connectors._contract import ReadFeed
from aggregator.model import (
    Author,
    Media,
    PostKind,
    Profile,
    RawDate,
    RawPost,
    RawText,
    Span,
    SpanKind,
)

REQUEST = struct.Struct(">II")
"""Bytes of head and body."""
ANSWER = struct.Struct(">cI")
"""What it is, and bytes of it."""
READY, FEED, NOT_A_FEED, TOO_LARGE = b"R", b"F", b"N", b"L"

_NAMES = {
    kind: tuple(part.name for part in fields(kind))
    for kind in (ReadFeed, RawPost, RawText, RawDate, Author, Media, Span, Profile)
}


def to_json(read: ReadFeed) -> bytes:
    """Pack what was read."""
    return json.dumps(read, default=_packed, separators=(",", ":")).encode()


def from_json(packed: bytes) -> ReadFeed:
    """Unpack what ``to_json`` made."""
    read = json.loads(packed)
    return ReadFeed(
        posts=tuple(_post(post) for post in read["posts"]),
        profile=Profile(**read["profile"]),
        pieces=tuple(bytes.fromhex(piece) for piece in read["pieces"]),
    )


def _packed(value: Any) -> Any:
    """What json does not know: dataclasses, moments and digests."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    parts = ((name, getattr(value, name)) for name in _NAMES[type(value)])
    return {name: part for name, part in parts if part is not None}


def _post(packed: dict[str, Any]) -> RawPost:
    for name in ("title", "body", "summary"):
        if name in packed:
            packed[name] = RawText(**packed[name])
    for name in ("published", "updated"):
        if name in packed:
            packed[name] = _date(packed[name])
    if "author" in packed:
        packed["author"] = Author(**packed["author"])
    packed["tags"] = tuple(packed["tags"])
    packed["media"] = tuple(Media(**one) for one in packed["media"])
    packed["spans"] = tuple(_span(one) for one in packed["spans"])
    packed["kind"] = PostKind(packed["kind"])
    return RawPost(**packed)


def _date(packed: dict[str, Any]) -> RawDate:
    parsed = packed.get("parsed")
    return RawDate(packed["said"], datetime.fromisoformat(parsed) if parsed else None)


def _span(packed: dict[str, Any]) -> Span:
    return Span(SpanKind(packed["kind"]), packed["start"], packed["end"], packed.get("target"))
