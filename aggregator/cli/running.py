"""Work in an event loop that a signal may end.

In: a coroutine. Out: what it returns.
Not here: what ends outside of a loop (``main.py``), and how ``serve`` lets its visitors go
(``web/server.py``).
"""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end. SIGTERM cancels the work and exits with 143 once it has tidied up.

    As asyncio does it for Ctrl-C: an exception out of a signal handler would break off a step of
    the loop in its middle, and what waits for that step would wait for ever.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        with asyncio.Runner() as runner, contextlib.suppress(asyncio.CancelledError):
            return runner.run(_until_ended(work))
    finally:
        signal.signal(signal.SIGTERM, before)
    sys.exit(128 + signal.SIGTERM)


async def _until_ended(work: Coroutine[Any, Any, Result]) -> Result:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await work
