"""Content codings, and the bombs in them."""

import gzip
import random
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
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
    assert unpacked.produced <= 100_000 + 2 * STEP


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
