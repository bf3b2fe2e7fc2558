"""Feeds are parsed in a process of their own, which is killed when a document takes too long.

One process, started at the first need, retired when idle, replaced when it dies (rules H1, H3).
In: a ``Document``. Out: a ``ReadFeed``, or NotAFeed, TimedOut or TooLarge.
Not here: the parsing (``_syndication.py``) and the process itself (``_child.py``).
"""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._wire import ANSWER, FEED, REQUEST, TOO_LARGE, from_json
from aggregator.errors import NotAFeed, TimedOut, TooLarge
from aggregator.model import Document

MEMORY = 512 << 20
"""Bytes of address space that the process may take."""
START = 30.0
"""Seconds that the process may take to be ready; on a busy machine it needs one."""
GRACE = 5.0
"""Seconds beyond the deadline after which a process without its parent ends itself."""

_PACKAGES = Path(__file__).resolve().parents[2]
_CRASHED = (asyncio.IncompleteReadError, ConnectionError)


class SyndicationReader:
    """The ``Reader`` that connectors are given. Reads one document at a time, in turn."""

    def __init__(self, *, deadline: float = 10.0, idle: float = 30.0, memory: int = MEMORY) -> None:
        """``deadline`` and ``idle`` are seconds: for one document, and until the process ends."""
        self._deadline = deadline
        self._idle = idle
        self._memory = memory
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._retirement: asyncio.TimerHandle | None = None
        self._endings: set[asyncio.Task[tuple[bytes, bytes]]] = set()
        self.kills = 0
        """Times that the process was lost to a document: killed in it, or dead of it."""

    async def read(self, document: Document, known: frozenset[bytes]) -> ReadFeed:
        """Parse a feed; entries whose piece is in ``known`` may be left out.

        Raises NotAFeed, TimedOut (also where the process cannot be started) or TooLarge.
        """
        head = {
            "url": document.url,
            "content_type": document.content_type,
            "known": [piece.hex() for piece in known],
        }
        packed = json.dumps(head).encode()
        lengths = REQUEST.pack(len(packed), len(document.body))
        async with self._turn:
            self._postpone_retirement()
            try:
                kind, answer = await self._ask_again((lengths, packed, document.body))
            except TimeoutError as error:
                raise TimedOut(
                    "The feed took too long to read.",
                    url=document.url,
                    advice="Ask the owner of the site to look at the feed: it is much too "
                    "complicated, or broken.",
                ) from error
            except _CRASHED as error:
                raise NotAFeed("The parser failed on the feed twice.", url=document.url) from error
            finally:
                self._plan_retirement()
        if kind == FEED:
            return from_json(answer)
        told = json.loads(answer)
        failure = TooLarge if kind == TOO_LARGE else NotAFeed
        raise failure(told["message"], url=document.url, advice=told["advice"])

    async def aclose(self) -> None:
        """End the process. Another ``read`` starts a new one."""
        async with self._turn:
            self._postpone_retirement()
            self._discard()
            await asyncio.gather(*self._endings, return_exceptions=True)

    async def _ask_again(self, request: tuple[bytes, ...]) -> tuple[bytes, bytes]:
        """Ask, and once more if the process died: it may have been killed for no fault of ours."""
        try:
            return await self._ask(request)
        except _CRASHED:
            return await self._ask(request)

    async def _ask(self, request: tuple[bytes, ...]) -> tuple[bytes, bytes]:
        """One exchange. Whatever ends it early ends the process: its answer is still to come."""
        try:
            process = self._process or await self._start()
            stdin, stdout = _pipes(process)
            async with asyncio.timeout(self._deadline):
                stdin.writelines(request)
                await stdin.drain()
                return await _answer(stdout)
        except BaseException as error:
            self.kills += not isinstance(error, asyncio.CancelledError)
            self._discard()
            raise

    async def _start(self) -> Process:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # the current folder is no place to import from
            "-m",
            "aggregator.connectors._child",
            str(self._memory),
            str(self._deadline + GRACE),
            stdin=PIPE,
            stdout=PIPE,
            env={"PYTHONPATH": os.pathsep.join([str(_PACKAGES), *filter(None, sys.path)])},
            start_new_session=True,
            limit=1 << 20,
        )
        async with asyncio.timeout(START):
            await _answer(_pipes(process)[1])
        return process

    def _discard(self) -> None:
        """Kill the process. It is buried in the background, so that nothing has to wait."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        _pipes(process)[0].close()
        ending = asyncio.create_task(process.communicate())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    def _plan_retirement(self) -> None:
        if self._process is not None:
            loop = asyncio.get_running_loop()
            self._retirement = loop.call_later(self._idle, self._discard)

    def _postpone_retirement(self) -> None:
        if self._retirement is not None:
            self._retirement.cancel()
            self._retirement = None


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise TypeError("the parser's process was started without pipes")
    return stdin, stdout


async def _answer(stdout: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind, length = ANSWER.unpack(await stdout.readexactly(ANSWER.size))
    return kind, await stdout.readexactly(length)
