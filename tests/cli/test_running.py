import asyncio
import os
import signal

import pytest

from aggregator.cli.running import run


def test_what_the_work_returns_is_returned() -> None:
    async def work() -> str:
        return "done"

    assert run(work()) == "done"


def test_sigterm_ends_the_work_between_two_steps_and_lets_it_tidy_up() -> None:
    """Another task waits for what the step that is interrupted was about to do."""
    steps: list[str] = []
    told = asyncio.Event()

    async def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        steps.append("the step is finished")
        told.set()

    async def waiting() -> None:
        try:
            await told.wait()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            steps.append("tidied up")

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(waiting())
            group.create_task(interrupted())

    with pytest.raises(SystemExit) as ended:
        run(work())
    assert ended.value.code == 143
    assert steps == ["the step is finished", "tidied up"]


def test_the_handler_that_was_there_is_there_again() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def work() -> None:
        assert signal.getsignal(signal.SIGTERM) != before

    run(work())
    assert signal.getsignal(signal.SIGTERM) == before
