"""A process for one picture: its bytes come by a pipe, the copy goes by another, and it ends.

A hostile picture may want more memory or time than there is; then only this process suffers. Only
``workroom.py`` starts it. It is given nothing but the picture: no environment, no open file.
"""

import contextlib
import resource
import signal
import sys

from aggregator.errors import PictureRefused
from aggregator.media._wire import COPY, REFUSED, TOLD
from aggregator.media.shrink import shrink


def main(memory: int, seconds: int) -> None:
    """Read a picture, answer, end.

    ``memory`` is the limit of our address space in bytes, ``seconds`` that of our time on a
    processor.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our parent to answer
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # without a parent, end without a word
    with contextlib.suppress(ValueError, OSError):  # macOS may refuse; the deadline remains
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # pipes are no files
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read()))


def _answer(body: bytes) -> bytes:
    try:
        copy = shrink(body)
    except PictureRefused as error:
        return TOLD.pack(REFUSED, 0, 0) + str(error).encode()
    except MemoryError:
        return TOLD.pack(REFUSED, 0, 0) + b"it takes more memory than one picture may"
    return TOLD.pack(COPY, copy.width, copy.height) + copy.body


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
