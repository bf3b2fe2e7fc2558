"""The public outputs over HTTP: files of the output folder, answered from memory.

Each answer is plain, gzip or brotli, with a strong ETag and the cache times of the contract, never
with a cookie, and an error never has a body: a server-side include would print it into the page.

In: requests below ``/w/`` and ``/media/``. Not here: how the files come about
(``widgets/output.py``), and the connection (``connection.py``).
"""

import gzip
import hashlib
import time
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import brotli

LOOK_EVERY = 0.5
"""Seconds: a withdrawn post is out of every answer within a second of its file's change."""
MOST_KEPT = 4096
"""Files remembered; more than a site has widgets, fewer than a scan of made-up paths needs."""
_LONGEST = 255
"""Characters of a path that may be a file's; what is longer is not even remembered."""
FOLDERS = ("/w/", "/media/")
"""How public paths begin."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Message, Receive, Send], Awaitable[None]]
"""An application of the ASGI standard."""

_DOCUMENT = "public, max-age=60, stale-while-revalidate=60, stale-if-error=180"
_MEDIA = "max-age=240"
_PLAIN = "public, max-age=3600"
"""Style and script under the names that never change, though what is in them may."""
_FOREVER = "public, max-age=31536000, immutable"
_FRAMED = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)
"""What the page for iframes may load, and whose pages may show it; other sites follow."""
_INERT = b"default-src 'none'; sandbox"
"""Of a picture that somebody opens by itself (rule I13): whatever it were, it would do nothing."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
    ".opml": "text/x-opml; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".webp": "image/webp",
}
_COMMON = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"x-robots-tag", b"noindex"),
]
_ENCODINGS = ((b"br", ".br"), (b"gzip", ".gz"))


@dataclass(frozen=True)
class Answer:
    """What one request is answered. The body is that of a GET, also where HEAD was asked."""

    status: int
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""

    @cached_property
    def head(self) -> bytes:
        """The fields and the blank line, as HTTP/1.1 writes them (RFC 9112 2.1)."""
        return b"".join(b"%b: %b\r\n" % field for field in self.fields) + b"\r\n"


_NOTHING = (b"content-length", b"0")
_NOT_THERE = Answer(404, [(b"cache-control", b"public, max-age=60"), *_COMMON, _NOTHING])
_ONLY_READING = Answer(405, [(b"allow", b"GET, HEAD"), _NOTHING])


@dataclass(frozen=True, slots=True)
class _Form:
    """All that is ever said about a file in one content coding."""

    whole: Answer
    unchanged: Answer


@dataclass(slots=True)
class _Kept:
    """A file as it was when last looked at."""

    looked: float
    stamps: tuple[tuple[int, int] | None, ...]
    tags: frozenset[bytes]
    """All its ETags, one for each content coding."""
    forms: dict[bytes, _Form]
    """By content coding; the plain one under ``b""``."""


class PublicFiles:
    """The output folder under its own paths.

    ``frame_sites``: origins whose pages may show a widget in an iframe, besides our own.
    """

    def __init__(
        self,
        folder: Path,
        *,
        frame_sites: Iterable[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._policy = f"{_FRAMED} {' '.join(frame_sites)}".strip().encode()
        self._kept: dict[str, _Kept] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it. Its body is never looked at."""
        del receive
        answer = self.answer(scope["method"], scope["path"], dict(scope["headers"]))
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.fields}
        )
        await send({"type": "http.response.body", "body": answer.body})

    def answer(self, method: str, path: str, fields: Mapping[bytes, bytes]) -> Answer:
        """What a request is answered. ``fields``: its header, names in small letters."""
        if method not in {"GET", "HEAD"}:
            return _ONLY_READING
        name = _file_of(path) if len(path) <= _LONGEST else None
        kept = self._look(name) if name else None
        if kept is None:
            return _NOT_THERE
        form = kept.forms[b""]
        for coding in _codings(fields.get(b"accept-encoding", b"")):
            if coding in kept.forms:
                form = kept.forms[coding]
                break
        known = fields.get(b"if-none-match")
        if known and _matches(known, kept.tags):
            return form.unchanged
        return form.whole

    def _look(self, name: str) -> _Kept | None:
        now = self._clock()
        kept = self._kept.get(name)
        if kept is not None and now - kept.looked < LOOK_EVERY:
            return kept
        paths = [self._folder / (name + suffix) for suffix in ("", ".br", ".gz")]
        stamps = tuple(_stamp(path) for path in paths)
        if kept is not None and kept.stamps == stamps:
            kept.looked = now
            return kept
        fresh = _read(self._about(name), paths, stamps, now) if stamps[0] else None
        if fresh is None:
            self._kept.pop(name, None)  # made-up paths cost no memory
            return None
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[name] = fresh
        return fresh

    def _about(self, name: str) -> list[tuple[bytes, bytes]]:
        """The fields that hang on what a file is."""
        path = PurePosixPath(name)
        if path.suffix == ".webp":
            cache = _MEDIA
        elif path.suffix in {".css", ".js"}:
            cache = _FOREVER if path.suffixes[:-1] else _PLAIN
        else:
            cache = _DOCUMENT
        fields = [
            (b"content-type", _TYPES[path.suffix].encode()),
            (b"cache-control", cache.encode()),
            (b"vary", b"accept-encoding"),
        ]
        if name.endswith(".frame.html"):
            fields.append((b"content-security-policy", self._policy))
        elif cache is _MEDIA:
            fields.append((b"content-security-policy", _INERT))
        return fields


@lru_cache(maxsize=1024)
def _file_of(path: str) -> str | None:
    """The file behind a path, relative to the folder; None for what is not ours."""
    parts = PurePosixPath(path).parts[1:]
    if any(part.startswith(".") for part in parts) or "\0" in path or "\\" in path:
        return None
    match parts:
        case ("media", name) if name.endswith(".webp"):
            return f"media/{name}"
        case ("w", name) if path.endswith("/") or "." not in name:
            return f"w/{name}/index.html"
        case ("w", name) if PurePosixPath(name).suffix in _TYPES:
            return f"w/{name}"
        case _:
            return None


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_ino)


def _read(
    about: list[tuple[bytes, bytes]],
    paths: list[Path],
    stamps: tuple[tuple[int, int] | None, ...],
    now: float,
) -> _Kept | None:
    """A file and its compressed neighbours, where these are really its own.

    A writer may be between replacing one and the next, and what was withdrawn must not come back
    in another coding.
    """
    try:
        plain = paths[0].read_bytes()
    except OSError:
        return None
    bodies = {b"": plain}
    for (coding, _), path, stamp in zip(_ENCODINGS, paths[1:], stamps[1:], strict=True):
        if stamp is not None and (packed := _packed(coding, path, plain)):
            bodies[coding] = packed
    stem = b'"' + hashlib.sha256(plain).hexdigest()[:24].encode()
    tags = {b"": stem + b'"'} | {coding: stem + b"-" + coding + b'"' for coding, _ in _ENCODINGS}
    forms = {coding: _form(about, coding, body, tags[coding]) for coding, body in bodies.items()}
    return _Kept(now, stamps, frozenset(tags.values()), forms)


def _packed(coding: bytes, path: Path, plain: bytes) -> bytes | None:
    """Our own compressed file; None where it does not unpack to ``plain``."""
    try:
        packed = path.read_bytes()
        unpack: Callable[[bytes], bytes] = brotli.decompress if coding == b"br" else gzip.decompress
        return packed if unpack(packed) == plain else None
    except (OSError, EOFError, zlib.error, brotli.error):
        return None


def _form(about: list[tuple[bytes, bytes]], coding: bytes, body: bytes, tag: bytes) -> _Form:
    common = [*about, (b"etag", tag), *_COMMON]
    fields = [*common, (b"content-length", b"%d" % len(body))]
    if coding:
        fields.append((b"content-encoding", coding))
    # RFC 9110 15.4.5: the same fields, without those of the body
    return _Form(whole=Answer(200, fields, body), unchanged=Answer(304, common))


@lru_cache(maxsize=64)
def _codings(accepted: bytes) -> tuple[bytes, ...]:
    """The codings that the client takes, the smallest first; ``q=0`` refuses (RFC 9110 12.5.3)."""
    offers = {}
    for part in accepted.lower().split(b","):
        name, _, parameters = part.strip().partition(b";")
        offers[name.strip()] = parameters.replace(b" ", b"") not in {b"q=0", b"q=0.0", b"q=0.00"}
    return tuple(coding for coding, _ in _ENCODINGS if offers.get(coding))


def _matches(if_none_match: bytes, tags: frozenset[bytes]) -> bool:
    """Weak comparison (RFC 9110 13.1.2) against our plain tag and its per-coding forms."""
    theirs = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    return b"*" in theirs or not tags.isdisjoint(theirs)
