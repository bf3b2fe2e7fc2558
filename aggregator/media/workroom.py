"""Where copies of pictures are made: in a process for each, with a deadline and little memory.

In: bytes from anywhere. Out: a ``Made``, or PictureRefused.
Not here: how a copy is drawn (``shrink.py``), where the bytes come from and where the copy goes
(``actions/pictures.py``).
"""

import asyncio
import contextlib
import hashlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path

from aggregator.errors import PictureRefused
from aggregator.media._wire import COPY, REFUSED, TALLEST, TOLD, WIDEST

MEMORY = 208 << 20
"""Bytes of address space that a process may take; of these it starts with about 30 million."""
DEADLINE = 20.0
"""Seconds for one picture, the start of its process included."""
_BUSY = 10
"""Seconds on a processor; the largest picture that is taken needs about one."""
_LARGEST = 1024 * 1024
"""Bytes of an answer: ours are smaller, and what has taken our process over may send more."""

_PACKAGES = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Made:
    """A copy, ready to be kept."""

    digest: str
    """SHA-256 of its bytes, in hex; what it is called by."""
    body: bytes
    """WebP, without metadata."""
    width: int
    height: int


async def make_copy(body: bytes, *, deadline: float = DEADLINE, memory: int = MEMORY) -> Made:
    """A small copy of a picture, or PictureRefused, whatever the bytes are.

    ``deadline`` is in seconds, ``memory`` in bytes of address space.
    """
    process = await _start(memory)
    try:
        async with asyncio.timeout(deadline):
            answer = await _ask(process, body)
    except TimeoutError as error:
        raise PictureRefused("it takes too long to decode") from error
    finally:
        await _bury(process)
    return _read(answer)


async def _start(memory: int) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # the current folder is no place to import from
        "-m",
        "aggregator.media._child",
        str(memory),
        str(_BUSY),
        stdin=PIPE,
        stdout=PIPE,
        env={"PYTHONPATH": os.pathsep.join([str(_PACKAGES), *filter(None, sys.path)])},
        start_new_session=True,
    )


async def _ask(process: Process, body: bytes) -> bytes:
    stdin, stdout = _pipes(process)
    with contextlib.suppress(ConnectionError):  # it died; what it said before tells
        stdin.write(body)
        await stdin.drain()
        stdin.close()
    answer = b""
    while len(answer) <= _LARGEST and (piece := await stdout.read(_LARGEST)):
        answer += piece
    if len(answer) <= _LARGEST:
        await process.wait()
    return answer


def _read(answer: bytes) -> Made:
    """What an answer says. It is not believed more than it must be."""
    if len(answer) < TOLD.size:
        raise PictureRefused("its decoder failed on it")
    kind, width, height = TOLD.unpack_from(answer)
    rest = answer[TOLD.size :]
    if kind == REFUSED:
        raise PictureRefused(rest.decode(errors="replace")[:200])
    is_webp = rest[:4] == b"RIFF" and rest[8:12] == b"WEBP"
    is_small = len(answer) <= _LARGEST and 0 < width <= WIDEST and 0 < height <= TALLEST
    if kind != COPY or not is_webp or not is_small:
        raise PictureRefused("its decoder was led astray by it")
    return Made(hashlib.sha256(rest).hexdigest(), rest, width, height)


async def _bury(process: Process) -> None:
    """Whatever became of it, it is gone when this returns."""
    _pipes(process)[0].close()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise TypeError("the process was started without pipes")
    return stdin, stdout
