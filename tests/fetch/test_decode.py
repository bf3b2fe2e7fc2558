"""Content codings, and the bombs in them."""

import gzip
import random
import zlib
from collections.abc import Callable, Sequence

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.fetch.decode import (
    STEP,
    BadCodingError,
    OverCapError,
    UnknownCodingError,
    Unpacked,
)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("x-gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
    ("identity", bytes),
    ("", bytes),
]
CODED = [pair for pair in PACKERS if pair[0] not in {"", "identity"}]


def unpack(coding: str, packed: bytes, *, cap: int = 10_000_000, piece: int = STEP) -> bytes:
    unpacked = Unpacked(coding, cap=cap)
    for start in range(0, len(packed), piece):
        unpacked.feed(packed[start : start + piece])
    return unpacked.whole()


@pytest.mark.parametrize(("coding", "pack"), PACKERS)
@pytest.mark.parametrize("piece", [1, 7, STEP])
def test_G1_what_was_packed_comes_out(
    coding: str, pack: Callable[[bytes], bytes], piece: int
) -> None:
    data = random.Random(1).randbytes(3_000) + b"a" * 200_000
    assert unpack(coding, pack(data), piece=piece) == data


@given(st.binary(max_size=2_000), st.integers(1, 100), st.sampled_from(PACKERS))
def test_G1_any_bytes_in_any_pieces_come_out(
    data: bytes, piece: int, packer: tuple[str, Callable[[bytes], bytes]]
) -> None:
    coding, pack = packer
    assert unpack(coding, pack(data), piece=piece) == data


@pytest.mark.parametrize("size", [STEP - 1, STEP, STEP + 1, 4 * STEP])
@pytest.mark.parametrize(("coding", "pack"), CODED)
def test_G1_nothing_is_left_inside_at_the_edge_of_a_step(
    coding: str, pack: Callable[[bytes], bytes], size: int
) -> None:
    assert len(unpack(coding, pack(bytes(size)))) == size


@pytest.mark.parametrize(("coding", "pack"), CODED)
def test_G1_a_bomb_never_grows_past_the_cap(coding: str, pack: Callable[[bytes], bytes]) -> None:
    unpacked = Unpacked(coding, cap=100_000)
    with pytest.raises(OverCapError):
        unpacked.feed(pack(bytes(5_000_000)))
    assert len(unpacked.so_far) <= 100_000 + 2 * STEP


@pytest.mark.parametrize(("coding", "pack"), PACKERS)
def test_G1_the_cap_itself_is_allowed(coding: str, pack: Callable[[bytes], bytes]) -> None:
    assert len(unpack(coding, pack(bytes(100_000)), cap=100_000)) == 100_000


def test_G1_gzip_members_follow_each_other() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two") + bytes(512)
    assert unpack("gzip", packed) == b"one two"
    assert unpack("gzip", packed, piece=1) == b"one two"


def test_G1_gzip_of_endless_members_is_refused() -> None:
    with pytest.raises(BadCodingError):
        unpack("gzip", gzip.compress(b"") * 2_000)


@pytest.mark.parametrize(("coding", "pack"), CODED)
@pytest.mark.parametrize("missing", [1, 4, 8])
def test_G6_a_cut_stream_is_an_error(
    coding: str, pack: Callable[[bytes], bytes], missing: int
) -> None:
    packed = pack(random.Random(2).randbytes(1_000))
    with pytest.raises(BadCodingError):
        unpack(coding, packed[:-missing])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("packed", [b"", b"x", b"<rss version='2.0'></rss>"])
def test_G6_plain_text_said_to_be_packed_is_an_error(coding: str, packed: bytes) -> None:
    with pytest.raises(BadCodingError):
        unpack(coding, packed)


@pytest.mark.parametrize(("coding", "pack"), CODED)
def test_G6_what_follows_the_end_is_an_error(coding: str, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(BadCodingError):
        unpack(coding, pack(b"data") + b"<html>")


def test_G6_a_wrong_checksum_is_an_error() -> None:
    packed = bytearray(gzip.compress(b"data"))
    packed[-8] ^= 1
    with pytest.raises(BadCodingError):
        unpack("gzip", bytes(packed))


@pytest.mark.parametrize("coding", ["zstd", "gzip, gzip", "br,gzip", "identity, gzip", "UTF-8"])
def test_G5_unknown_and_several_codings_are_refused(coding: str) -> None:
    with pytest.raises(UnknownCodingError):
        Unpacked(coding, cap=1)


@given(st.binary(), st.sampled_from(["gzip", "deflate", "br"]))
def test_G7_any_bytes_unpack_or_are_refused(data: bytes, coding: str) -> None:
    try:
        out = unpack(coding, data)
    except BadCodingError:
        return
    assert isinstance(out, bytes)


# --- beside other decoders -------------------------------------------------------------------------


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    """What packs well, badly, and beyond a step."""
    pieces = st.tuples(st.binary(max_size=40), st.integers(1, 5_000))
    return b"".join(piece * times for piece, times in draw(st.lists(pieces, max_size=6)))


@st.composite
def zlib_streams(draw: st.DrawFn, *windows: int) -> tuple[bytes, bytes]:
    """Plain, and packed in any of the ways that zlib knows, with any kind of flush within."""
    packer = zlib.compressobj(
        level=draw(st.integers(0, 9)),
        wbits=draw(st.sampled_from(windows)),
        memLevel=draw(st.integers(1, 9)),
        strategy=draw(st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_RLE])),
    )
    flushes = st.sampled_from([zlib.Z_NO_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH])
    plain, packed = b"", b""
    for text, flush in draw(st.lists(st.tuples(texts(), flushes), max_size=4)):
        plain += text
        packed += packer.compress(text) + packer.flush(flush)
    return plain, packed + packer.flush()


PIECES = st.sampled_from([1, 2, 3, 17, 1_000, STEP])


@settings(max_examples=60)
@given(zlib_streams(*range(9, 16)), PIECES)
def test_G1_all_that_zlib_packs_comes_out(stream: tuple[bytes, bytes], piece: int) -> None:
    plain, packed = stream
    assert unpack("deflate", packed, piece=piece) == plain == zlib.decompress(packed)


@settings(max_examples=60)
@given(zlib_streams(*range(-15, -8)), PIECES)
def test_G1_all_that_is_raw_comes_out(stream: tuple[bytes, bytes], piece: int) -> None:
    plain, packed = stream
    assert unpack("deflate", packed, piece=piece) == plain == zlib.decompress(packed, -15)


@settings(max_examples=40)
@given(
    st.lists(zlib_streams(*range(25, 32)), min_size=1, max_size=3),
    st.lists(st.integers(0, 20), min_size=3, max_size=3),
    PIECES,
)
def test_G1_gzip_in_several_members_and_with_padding_comes_out(
    streams: Sequence[tuple[bytes, bytes]], zeros: list[int], piece: int
) -> None:
    plain = b"".join(one for one, _ in streams)
    packed = b"".join(one + bytes(pad) for (_, one), pad in zip(streams, zeros, strict=False))
    assert unpack("gzip", packed, piece=piece) == plain == gzip.decompress(packed)


@given(
    texts(),
    st.integers(0, 9),
    st.integers(10, 24),
    st.sampled_from([brotli.MODE_GENERIC, brotli.MODE_TEXT, brotli.MODE_FONT]),
    PIECES,
)
def test_G1_all_that_brotli_packs_comes_out(
    plain: bytes, quality: int, window: int, mode: int, piece: int
) -> None:
    packer = brotli.Compressor(mode=mode, quality=quality, lgwin=window)
    half = len(plain) // 2
    packed = packer.process(plain[:half]) + packer.flush()
    packed += packer.process(plain[half:]) + packer.finish()
    assert unpack("br", packed, piece=piece) == plain == brotli.decompress(packed)


OTHERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "br": brotli.decompress,
}


@given(st.sampled_from(sorted(OTHERS)), texts(), st.integers(0), st.integers(0, 255), st.booleans())
def test_G6_what_was_damaged_on_the_way_is_read_as_others_read_it_or_refused(
    coding: str, plain: bytes, place: int, byte: int, cut: bool
) -> None:
    """One byte is another, or the rest is missing."""
    packed = bytearray(dict(CODED)[coding](plain) if coding != "deflate" else zlib.compress(plain))
    packed[place % len(packed)] = byte
    if cut:
        del packed[place % len(packed) :]
    try:
        out = unpack(coding, bytes(packed))
    except BadCodingError:
        return
    assert out == OTHERS[coding](bytes(packed))


@given(st.sampled_from(sorted(OTHERS)), st.binary(max_size=300), st.integers(0, 5_000), PIECES)
def test_G1_no_bytes_grow_past_the_cap(coding: str, data: bytes, cap: int, piece: int) -> None:
    unpacked = Unpacked(coding, cap=cap)
    try:
        for start in range(0, len(data), piece):
            unpacked.feed(data[start : start + piece])
    except (BadCodingError, OverCapError):
        pass
    assert len(unpacked.so_far) <= cap + 2 * STEP
