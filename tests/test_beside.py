"""Trouble with a round is told, and never again and again without a pause."""

import asyncio
import contextlib
import logging

import pytest

from aggregator.beside import for_ever
from aggregator.errors import StoreError

TURNS = 200
"""Turns of the loop, in which a round without a pause would come that often, too."""


def tries(error: Exception) -> int:
    """How often a round is begun that fails at once."""
    begun = 0

    async def fail() -> None:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0)
        raise error

    async def watch() -> None:
        task = asyncio.create_task(for_ever("plans", fail))
        for _ in range(TURNS):
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(watch())
    return begun


@pytest.mark.parametrize("error", [StoreError("The server did not answer."), KeyError("x")])
def test_a_round_that_fails_at_once_is_not_begun_again_at_once(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert tries(error) < 5
    assert "plans outcome=" in caplog.text
