"""The process for one picture: bounded in time and memory, and gone afterwards."""

import asyncio
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from aggregator.errors import PictureRefused
from aggregator.media import workroom as room
from aggregator.media._wire import COPY, REFUSED, TOLD
from aggregator.media.workroom import DEADLINE, MEMORY, make_copy
from tests.media.conftest import decode, encode, scene

ROOT = Path(__file__).resolve().parents[2]


def copy(body: bytes, *, deadline: float = DEADLINE, memory: int = MEMORY) -> room.Made:
    return asyncio.run(make_copy(body, deadline=deadline, memory=memory))


def test_a_copy_is_called_by_its_own_bytes() -> None:
    made = copy(encode(scene(640, 400), "JPEG"))
    assert made.digest == hashlib.sha256(made.body).hexdigest()
    assert decode(made.body).size == (made.width, made.height) == (480, 300)


def test_a_refusal_says_why() -> None:
    with pytest.raises(PictureRefused, match="no JPEG, PNG, WebP or GIF"):
        copy(b"<svg/>")


def test_a_picture_that_wants_too_much_memory_is_refused() -> None:
    """A WebP is decoded with its whole canvas three times in memory."""
    body = encode(Image.new("RGB", (4800, 4800)), "WEBP", method=0, quality=1)
    with pytest.raises(PictureRefused):
        copy(body)


def test_a_picture_that_takes_too_long_is_refused() -> None:
    with pytest.raises(PictureRefused, match="too long"):
        copy(encode(scene(64, 64)), deadline=0.0)


def test_a_process_without_memory_for_anything_is_a_refusal() -> None:
    with pytest.raises(PictureRefused):
        copy(encode(scene(64, 64)), memory=1 << 20)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"c",
        TOLD.pack(COPY, 10, 10) + b"<script>",
        TOLD.pack(COPY, 9999, 10) + b"RIFF....WEBP",
        TOLD.pack(COPY, 0, 0) + b"RIFF....WEBP",
        TOLD.pack(COPY, 10, 10) + b"RIFF....WEBP" + bytes(1 << 20),
        TOLD.pack(b"x", 10, 10) + b"RIFF....WEBP",
        TOLD.pack(REFUSED, 0, 0) + b"\xff" * 9000,
    ],
)
def test_a_process_that_was_taken_over_is_not_believed(answer: bytes) -> None:
    with pytest.raises(PictureRefused) as caught:
        room._read(answer)
    assert len(str(caught.value)) <= 200


def test_the_largest_pictures_stay_within_the_memory(tmp_path: Path) -> None:
    """Measured by a process that starts it small: what it took at most, all pictures together."""
    pictures = {
        "bomb.png": encode(Image.new("RGBA", (6000, 4000), (9, 9, 9, 90)), compress_level=1),
        "large.jpg": encode(
            Image.new("CMYK", (6000, 4000)), "JPEG", progressive=True, subsampling=0
        ),
        "large.webp": encode(Image.new("RGB", (3000, 2500)), "WEBP", method=0, quality=1),
        "large.gif": encode(Image.new("P", (6000, 4000)), "GIF"),
    }
    for name, body in pictures.items():
        (tmp_path / name).write_bytes(body)
    script = (
        "import resource, subprocess, sys\n"
        "for path in sys.argv[2:]:\n"
        "    with open(path, 'rb') as picture:\n"
        "        subprocess.run([sys.executable, '-m', 'aggregator.media._child', sys.argv[1], '10'],"
        " stdin=picture, stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )
    command = [sys.executable, "-c", script, str(MEMORY), *map(str, sorted(tmp_path.glob("*")))]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(told.stdout) * unit < 200 * 1024 * 1024
