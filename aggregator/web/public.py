"""The public outputs over HTTP: files of the output folder, answered from memory.

A small ASGI app of its own in front of everything else. It sends ready bytes (plain, gzip,
brotli), a strong ETag and the cache times of the contract, never a cookie, and never a body with
an error: a server-side include would print it into the page.

In: requests below ``/w/`` and ``/media/``. Not here: how the files come about
(``widgets/output.py``).
"""

import gzip
import hashlib
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import brotli

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LOOK_EVERY = 0.5
"""Seconds: a withdrawn post is out of every answer within a second of its file's change."""
MOST_KEPT = 4096
"""Files remembered; more than a site has widgets, fewer than a scan of made-up paths needs."""

_DOCUMENT = "public, max-age=60, stale-while-revalidate=60, stale-if-error=180"
_MEDIA = "max-age=240"
_FOREVER = "public, max-age=31536000, immutable"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/feed+json; charset=utf-8",
    ".rss": "application/rss+xml; charset=utf-8",
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


@dataclass(slots=True)
class _Kept:
    """A file as it was when last looked at; ``bodies`` empty: there is none."""

    looked: float
    stamps: tuple[tuple[int, int] | None, ...]
    etag: bytes
    bodies: dict[bytes, bytes]
    """By content coding; the plain one under ``b""``."""


class PublicFiles:
    """ASGI: the output folder under its own paths."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    async def __call__(self, scope: Scope, receive: object, send: Send) -> None:
        """Answer one request. GET and HEAD only."""
        if scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, 405, [(b"allow", b"GET, HEAD")])
            return
        name = _file_of(scope["path"])
        kept = self._look(name) if name else None
        if name is None or kept is None or not kept.bodies:
            await _answer(send, 404, [(b"cache-control", b"public, max-age=60"), *_COMMON])
            return
        wanted = dict(scope["headers"])
        coding, body = _negotiated(kept, wanted.get(b"accept-encoding", b""))
        etag = kept.etag if not coding else kept.etag[:-1] + b"-" + coding + b'"'
        headers = [*_headers(name), (b"etag", etag), *_COMMON]
        if _matches(wanted.get(b"if-none-match", b""), kept.etag):
            await _answer(send, 304, headers)
            return
        if coding:
            headers.append((b"content-encoding", coding))
        headers.append((b"content-length", str(len(body)).encode()))
        await _answer(send, 200, headers, body if scope["method"] == "GET" else b"")

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
        if stamps[0] is None:
            self._kept.pop(name, None)  # made-up paths cost no memory
            return None
        fresh = _read(paths, stamps, now)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[name] = fresh
        return fresh


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


def _read(paths: list[Path], stamps: tuple[tuple[int, int] | None, ...], now: float) -> _Kept:
    """A file and its compressed neighbours, where these are really its own.

    A writer may be between replacing one and the next, and what was withdrawn must not come back
    in another coding.
    """
    try:
        plain = paths[0].read_bytes()
    except OSError:
        return _Kept(now, stamps, b"", {})
    bodies = {b"": plain}
    for (coding, _), path, stamp in zip(_ENCODINGS, paths[1:], stamps[1:], strict=True):
        if stamp is not None and _unpacked(coding, path) == plain:
            bodies[coding] = path.read_bytes()
    etag = b'"' + hashlib.sha256(plain).hexdigest()[:24].encode() + b'"'
    return _Kept(now, stamps, etag, bodies)


def _unpacked(coding: bytes, path: Path) -> bytes | None:
    """Our own file, unpacked; None where it cannot be."""
    try:
        packed = path.read_bytes()
        unpack: Callable[[bytes], bytes] = brotli.decompress if coding == b"br" else gzip.decompress
        return unpack(packed)
    except (OSError, EOFError, zlib.error, brotli.error):
        return None


def _negotiated(kept: _Kept, accepted: bytes) -> tuple[bytes, bytes]:
    """The smallest coding that the client takes (RFC 9110 12.5.3); ``q=0`` refuses one."""
    offers = {}
    for part in accepted.lower().split(b","):
        name, _, parameters = part.strip().partition(b";")
        offers[name.strip()] = parameters.replace(b" ", b"") not in {b"q=0", b"q=0.0", b"q=0.00"}
    for coding, _ in _ENCODINGS:
        if offers.get(coding) and coding in kept.bodies:
            return coding, kept.bodies[coding]
    return b"", kept.bodies[b""]


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    """Weak comparison (RFC 9110 13.1.2) against our plain tag and its per-coding forms."""
    if not if_none_match:
        return False
    stem = etag[:-1]
    tags = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    forms = {etag, *(stem + b"-" + coding + b'"' for coding, _ in _ENCODINGS)}
    return b"*" in tags or not tags.isdisjoint(forms)


def _headers(name: str) -> list[tuple[bytes, bytes]]:
    path = PurePosixPath(name)
    if path.suffix == ".webp":
        cache = _MEDIA
    elif path.suffix in {".css", ".js"} and len(path.stem.split(".")) > 1:
        cache = _FOREVER
    else:
        cache = _DOCUMENT
    return [
        (b"content-type", _TYPES[path.suffix].encode()),
        (b"cache-control", cache.encode()),
        (b"vary", b"accept-encoding"),
    ]


async def _answer(
    send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> None:
    if status not in {200, 304}:
        headers = [*headers, (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
