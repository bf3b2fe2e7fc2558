"""Content codings, unpacked in small steps and never beyond a cap.

In: a Content-Encoding field and the bytes as they travelled. Out: the bytes that were meant.
Specification: RFC 9110, section 8.4.1; rules G1, G5 and G6 of the fetching rules.
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

STEP = 64 * 1024
"""Bytes that a decoder gives out at a time (brotli: up to twice that)."""

_MOST_MEMBERS = 1_000
"""A gzip file may be several; beyond this it is an attack on our processor."""


class BadCodingError(ValueError):
    """The body cannot be unpacked; the message is the end of a sentence that says why."""


class UnknownCodingError(BadCodingError):
    """It is packed in a way that we never offered to read."""


class OverCapError(ValueError):
    """The body is larger than the cap."""


class _Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` unpacks to, in steps."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the coding's own end has been seen."""
        ...


class _Identity:
    whole = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data


def _inflate(inflater: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Unpack ``data`` as far as this stream goes; what follows it is in ``unused_data``."""
    while True:
        out = inflater.decompress(data, STEP)
        data = inflater.unconsumed_tail
        yield out
        if inflater.eof or (not data and len(out) < STEP):
            return


class _Gzip:
    """RFC 1952; a file may have several members, and be padded with zeros."""

    def __init__(self) -> None:
        self._members = 0
        self._begin()

    def _begin(self) -> None:
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise BadCodingError("its gzip data is in too many pieces")
        self._inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def whole(self) -> bool:
        return self._inflater.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inflater.eof:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._begin()
            yield from _inflate(self._inflater, data)
            data = self._inflater.unused_data


class _Deflate:
    """RFC 9110 means the zlib format; some servers send the raw one, and browsers read both."""

    def __init__(self) -> None:
        self._start = b""
        self._inflater: zlib._Decompress | None = None

    @property
    def whole(self) -> bool:
        return self._inflater is not None and self._inflater.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            self._start += data
            if len(self._start) < 2:  # noqa: PLR2004 - the zlib header is two bytes
                return
            data = self._start
            # RFC 1950, section 2.2: method 8, and both bytes together a multiple of 31.
            zlib_header = data[0] & 0x0F == zlib.DEFLATED and int.from_bytes(data[:2]) % 31 == 0
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        if not self._inflater.eof:
            yield from _inflate(self._inflater, data)
            data = self._inflater.unused_data
        if self._inflater.eof and data:
            raise BadCodingError("its deflate data goes on after its end")


class _Brotli:
    """RFC 7932."""

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    @property
    def whole(self) -> bool:
        return bool(self._decompressor.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        out = self._decompressor.process(data, output_buffer_limit=STEP)
        while out or not self._decompressor.can_accept_more_data():
            yield out
            out = self._decompressor.process(b"", output_buffer_limit=STEP)


_DECODERS: dict[str, type[_Decoder]] = {
    "": _Identity,
    "identity": _Identity,
    "gzip": _Gzip,
    "x-gzip": _Gzip,  # the same by RFC 9110, section 8.4.1.3
    "deflate": _Deflate,
    "br": _Brotli,
}


class Unpacked:
    """A body on its way from packed to plain."""

    def __init__(self, content_encoding: str, *, cap: int) -> None:
        """Choose the decoder.

        Raises UnknownCodingError for one that we do not read, and for more than one (rule G5).
        """
        coding = content_encoding.strip().lower()
        decoder = _DECODERS.get(coding)
        if decoder is None:
            raise UnknownCodingError(f"it is packed as {coding[:40]!r}, which we do not read")
        self._decoder = decoder()
        self._coding = coding
        self._cap = cap
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what arrived. Raises BadCodingError and OverCapError."""
        try:
            for out in self._decoder.feed(data):
                self._body += out
                if len(self._body) > self._cap:
                    raise OverCapError
        except (zlib.error, brotli.error) as error:
            raise BadCodingError(f"its {self._coding} data is damaged") from error

    @property
    def so_far(self) -> bytes:
        """What has been unpacked so far."""
        return bytes(self._body)

    def whole(self) -> bytes:
        """All of it. Raises BadCodingError where the packed data broke off (rule G6)."""
        if not self._decoder.whole:
            raise BadCodingError(f"its {self._coding} data breaks off before its end")
        return bytes(self._body)
