"""Makers of pictures: honest ones, and some that nobody should make."""

import io
import random
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw

Encode = Callable[..., bytes]
MakePng = Callable[..., bytes]


def encode(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def decode(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def noise(width: int, height: int, mode: str = "RGB", *, seed: int = 1) -> Image.Image:
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(seed).randbytes(size))


def scene(width: int, height: int, seed: int = 1) -> Image.Image:
    """Something like a photograph: soft light, shapes, a little grain."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    draw, chance = ImageDraw.Draw(image), random.Random(seed)
    for _ in range(40):
        x, y = chance.randrange(width), chance.randrange(height)
        side = chance.randrange(4, max(5, width // 4))
        colour = (chance.randrange(256), chance.randrange(256), chance.randrange(256))
        draw.ellipse((x, y, x + side, y + side), fill=colour)
    return Image.blend(image, noise(width, height, seed=seed), 0.04)


def quarters(width: int = 400, height: int = 200) -> Image.Image:
    """Red, green, blue and white, from the top left, row by row."""
    image = Image.new("RGB", (width, height), "white")
    for place, colour in (((0, 0), "red"), ((width // 2, 0), "lime"), ((0, height // 2), "blue")):
        image.paste(colour, (*place, place[0] + width // 2, place[1] + height // 2))
    return image


def png(width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that says what it likes of itself (RFC 2083)."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def bomb(side: int = 50_000) -> bytes:
    """One bit a pixel, all black: 300 MB of pixels in 300 KB."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    packed = b"".join(packer.compress(row * 1000) for _ in range(side // 1000)) + packer.flush()
    made = png(side, side, b"", depth=1, colour=0)
    start = made.index(b"IDAT") - 4
    named = b"IDAT" + packed
    idat = struct.pack(">I", len(packed)) + named + struct.pack(">I", zlib.crc32(named))
    return made[:start] + idat + made[made.index(b"IEND") - 4 :]


def gif(frames: int, side: int = 64) -> bytes:
    """A GIF of so many frames, each another colour; the first is red (GIF89a)."""
    first = encode(Image.new("P", (side, side), 0), "GIF")
    palette_at = 13
    size = 3 * 2 ** ((first[10] & 7) + 1)
    colours = bytearray(first[palette_at : palette_at + size])
    colours[:3] = b"\xff\x00\x00"
    frame = first[palette_at + size : -1]
    return first[:palette_at] + bytes(colours) + frame * frames + b";"


@pytest.fixture(scope="session")
def bomb_body() -> bytes:
    return bomb()
