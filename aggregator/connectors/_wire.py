"""What goes over the pipe between the parser's process and ours.

A request is two lengths, a head in JSON (``url``, ``content_type``, ``known``) and the body as it
came. An answer is a letter, a length and that many bytes of JSON: a ``ReadFeed``, or ``message``
and ``advice`` of an error. Once, at the start, the answer ``READY`` without bytes.

JSON and not pickle: what comes out of a parser of hostile texts must not be able to run anything
here (rule H1). A dataclass is a list of its parts, in their order.
"""

import json
import struct
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from aggregator.connectors._contract import ReadFeed
from aggregator.model import (
    Author,
    Hints,
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

_NAMES = tuple(part.name for part in fields(RawPost))
_PARTS: dict[type, Callable[[Any], Any]] = {
    kind: attrgetter(*(part.name for part in fields(kind)))
    for kind in (ReadFeed, RawPost, RawText, RawDate, Author, Media, Span, Profile, Hints)
}
_PARTS |= {datetime: datetime.isoformat, bytes: bytes.hex}
_PARTS |= {timedelta: timedelta.total_seconds, frozenset: sorted}


def to_json(read: ReadFeed) -> bytes:
    """Pack what was read."""
    return json.dumps(read, default=_packed, separators=(",", ":")).encode()


def from_json(packed: bytes) -> ReadFeed:
    """Unpack what ``to_json`` made."""
    posts, profile, pieces, hints = json.loads(packed)
    return ReadFeed(
        tuple(_post(*post) for post in posts),
        _profile(*profile),
        tuple(bytes.fromhex(piece) for piece in pieces),
        _hints(*hints),
    )


def _packed(value: Any) -> Any:
    """What json does not know: dataclasses, times, digests and sets."""
    return _PARTS[type(value)](value)


def _post(*packed: Any) -> RawPost:
    post = dict(zip(_NAMES, packed, strict=True))
    for name in ("title", "body", "summary"):
        post[name] = post[name] and RawText(*post[name])
    for name in ("published", "updated"):
        post[name] = post[name] and _date(*post[name])
    post["author"] = post["author"] and Author(*post["author"])
    post["tags"] = tuple(post["tags"])
    post["media"] = tuple(Media(*one) for one in post["media"])
    post["spans"] = tuple(Span(SpanKind(kind), *rest) for kind, *rest in post["spans"])
    post["kind"] = PostKind(post["kind"])
    return RawPost(**post)


def _profile(*packed: Any) -> Profile:
    profile = Profile(*packed)
    return replace(profile, hubs=tuple(profile.hubs))


def _hints(seconds: float | None, hours: list[int], days: list[int]) -> Hints:
    interval = None if seconds is None else timedelta(seconds=seconds)
    return Hints(interval, frozenset(hours), frozenset(days))


def _date(said: str, parsed: str | None) -> RawDate:
    return RawDate(said, datetime.fromisoformat(parsed) if parsed else None)
