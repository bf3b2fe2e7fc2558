"""Turns, on a clock of our own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

import pytest

from aggregator.fetch.pace import HostPace
from aggregator.model import Pace


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


@dataclass
class Crowd:
    """Counts who holds a turn."""

    turns: HostPace
    now: int = 0
    most: int = 0
    order: list[str] = field(default_factory=list)

    async def go(self, host: str, name: str = "") -> None:
        async with self.turns.turn(host):
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(name or host)
            await asyncio.sleep(0.001)
            self.now -= 1


def make(pace: Pace, clock: Clock | None = None) -> Crowd:
    clock = clock or Clock()
    return Crowd(HostPace(pace, monotonic=clock.monotonic, sleep=clock.sleep))


def together(*tasks: Coroutine[None, None, None]) -> None:
    async def gather() -> None:
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks)

    asyncio.run(gather())


def test_C10_one_host_is_asked_by_one_at_a_time() -> None:
    crowd = make(Pace(host_gap=0))
    together(*(crowd.go("a.example") for _ in range(12)))
    assert crowd.most == 1


def test_C10_a_host_may_be_given_more_places() -> None:
    crowd = make(Pace(host_gap=0, at_once_per_host=2))
    together(*(crowd.go("a.example") for _ in range(12)))
    assert crowd.most == 2


def test_C10_all_hosts_share_a_limit() -> None:
    crowd = make(Pace(host_gap=0, at_once=5))
    together(*(crowd.go(f"{n}.example") for n in range(40)))
    assert crowd.most == 5


@pytest.mark.parametrize("places", [1, 3])
def test_C10_starts_on_one_host_keep_their_gap(places: int) -> None:
    clock = Clock()
    crowd = make(Pace(host_gap=1, at_once_per_host=places), clock)
    together(*(crowd.go("a.example") for _ in range(4)))
    assert clock.slept == [1, 1, 1]


def test_C10_the_first_start_and_other_hosts_do_not_wait() -> None:
    clock = Clock()
    crowd = make(Pace(host_gap=1), clock)
    together(crowd.go("a.example"), crowd.go("b.example"))
    assert clock.slept == []


def test_turns_go_to_who_came_first() -> None:
    crowd = make(Pace(host_gap=0))
    together(*(crowd.go("a.example", str(n)) for n in range(5)))
    assert crowd.order == ["0", "1", "2", "3", "4"]


def test_G8_a_queue_at_one_host_keeps_nobody_from_another() -> None:
    """Thirty wait at one host; they hold no place in the limit of all."""
    crowd = make(Pace(host_gap=0, at_once=2))
    together(*(crowd.go("slow.example", "slow") for _ in range(30)), crowd.go("b.example", "other"))
    assert crowd.order.index("other") <= 1


def test_hosts_are_forgotten() -> None:
    clock = Clock()
    turns = HostPace(Pace(host_gap=1), monotonic=clock.monotonic, sleep=clock.sleep)

    async def many() -> None:
        for n in range(500):
            clock.time += 0.5
            async with turns.turn(f"{n}.example"):
                pass

    asyncio.run(many())
    assert len(turns._hosts) < 5


def test_G9_who_is_cancelled_in_the_queue_leaves_no_trace() -> None:
    async def scenario(cancel: Callable[[asyncio.Task[None]], object]) -> int:
        crowd = make(Pace(host_gap=0, at_once=1))
        tasks = [asyncio.create_task(crowd.go("a.example")) for _ in range(3)]
        await asyncio.sleep(0)
        cancel(tasks[1])
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(5):
            await crowd.go("a.example")
            await crowd.go("b.example")
        return len(crowd.order)

    assert asyncio.run(scenario(lambda task: task.cancel())) == 4
