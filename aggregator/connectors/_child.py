"""The parser's own process: it reads feeds from a pipe until the pipe ends.

A hostile document may hang it or eat its memory; then it is killed, and nothing else suffers
(rule H1). Only ``_reader.py`` starts it. When its parent dies, the pipe ends and so does it; one
that was stopped by a signal (SIGSTOP) at that moment ends as soon as it is continued.
"""

import contextlib
import json
import resource
import signal
import sys
from typing import BinaryIO

from aggregator.connectors._syndication import read_syndication
from aggregator.connectors._wire import (
    ANSWER,
    FEED,
    NOT_A_FEED,
    READY,
    REQUEST,
    TOO_LARGE,
    to_json,
)
from aggregator.errors import NotAFeed, TooLarge
from aggregator.model import Document


def main(memory: int, patience: float) -> None:
    """Serve until standard input ends.

    ``memory`` is the limit of our address space in bytes. ``patience`` is how many seconds one
    document may take: our parent would have killed us before, so it is gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for our parent to answer
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # without a parent, end without a word
    with contextlib.suppress(ValueError, OSError):  # macOS may refuse; the deadline remains
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _answer(answers, READY, b"")
    while len(lengths := requests.read(REQUEST.size)) == REQUEST.size:
        signal.setitimer(signal.ITIMER_REAL, patience)
        head_length, body_length = REQUEST.unpack(lengths)
        head, body = requests.read(head_length), requests.read(body_length)
        kind, payload = _read(head, body)
        _answer(answers, kind, payload)
        signal.setitimer(signal.ITIMER_REAL, 0)
        if kind == TOO_LARGE:
            return  # a heap that was full once stays in pieces


def _read(head: bytes, body: bytes) -> tuple[bytes, bytes]:
    try:
        said = json.loads(head)
        known = frozenset(bytes.fromhex(piece) for piece in said["known"])
        headers = {"content-type": said["content_type"]}
        return FEED, to_json(read_syndication(Document(said["url"], body, headers), known))
    except NotAFeed as error:
        return NOT_A_FEED, _told(error)
    except MemoryError:
        return TOO_LARGE, _told(TooLarge("The feed needs more memory than one feed may take."))
    except Exception as error:  # noqa: BLE001 - whatever the bytes are, there is an answer
        what = f"The feed is so broken that the parser failed on it ({type(error).__name__})."
        return NOT_A_FEED, _told(NotAFeed(what))


def _told(error: NotAFeed | TooLarge) -> bytes:
    return json.dumps({"message": str(error), "advice": error.advice}).encode()


def _answer(answers: BinaryIO, kind: bytes, payload: bytes) -> None:
    answers.write(ANSWER.pack(kind, len(payload)))
    answers.write(payload)
    answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
