"""Turns, on a clock of our own."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from aggregator.errors import RateLimited, TimedOut
from aggregator.fetch.address import Address, read_address
from aggregator.fetch.pace import LONGEST_REST, SILENCES, SILENT_REST, HostPace
from aggregator.model import Pace
from tests.fetch.conftest import NOW


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    time: float = 1000.0
    now: datetime = NOW
    """By the calendar, which people set."""
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


def at(host: str) -> Address:
    return read_address(f"https://{host}/feed")


@dataclass
class Crowd:
    """Counts who holds a turn."""

    turns: HostPace
    now: int = 0
    most: int = 0
    order: list[str] = field(default_factory=list)

    async def go(self, host: str, name: str = "") -> None:
        async with self.turns.turn(at(host)):
            self.now += 1
            self.most = max(self.most, self.now)
            self.order.append(name or host)
            await asyncio.sleep(0.001)
            self.now -= 1


def make(pace: Pace, clock: Clock | None = None) -> Crowd:
    return Crowd(make_turns(pace, clock or Clock()))


def make_turns(pace: Pace, clock: Clock) -> HostPace:
    return HostPace(pace, clock=lambda: clock.now, monotonic=clock.monotonic, sleep=clock.sleep)


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
    together(*(crowd.go(f"n{n}.example") for n in range(40)))
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
    turns = make_turns(Pace(host_gap=1), clock)

    async def many() -> None:
        for n in range(500):
            clock.time += 0.5
            async with turns.turn(at(f"n{n}.example")):
                pass

    asyncio.run(many())
    assert len(turns._hosts) < 5
    assert len(turns._domains) < 5


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


# --- registered domains --------------------------------------------------------------------------


def test_C10_one_domain_is_asked_by_two_at_a_time() -> None:
    crowd = make(Pace(host_gap=0))
    together(*(crowd.go(f"blog{n}.example.co.uk") for n in range(12)))
    assert crowd.most == 2


def test_C10_a_company_with_many_blogs_is_one_domain() -> None:
    """Each blog is somebody's own, but all of them are served by the same machines."""
    crowd = make(Pace(host_gap=0))
    blogs = [f"blog{n}.{host}" for n in range(6) for host in ("wordpress.com", "blogspot.com")]
    together(*map(crowd.go, blogs))
    assert crowd.most == 4


@pytest.mark.parametrize("hosts", ["127.0.0.{}", "[2001:db8::{}]", "f{}.localhost", "f{}.co.uk"])
def test_C10_what_nobody_registered_together_is_apart(hosts: str) -> None:
    """Neither IP addresses nor what stands directly below a registry's suffix."""
    crowd = make(Pace(host_gap=0))
    together(*(crowd.go(hosts.format(n)) for n in range(1, 7)))
    assert crowd.most == 6


def test_C10_a_queue_at_one_domain_keeps_nobody_from_another() -> None:
    crowd = make(Pace(host_gap=0, at_once=3))
    slow = (crowd.go(f"blog{n}.slow.example", "slow") for n in range(30))
    together(*slow, crowd.go("b.example", "other"))
    assert crowd.order.index("other") <= 2


def test_G9_who_is_cancelled_in_a_domains_queue_leaves_no_trace() -> None:
    async def scenario() -> int:
        crowd = make(Pace(host_gap=0, at_once=2))
        tasks = [asyncio.create_task(crowd.go(f"blog{n}.example.org")) for n in range(6)]
        await asyncio.sleep(0)
        for task in tasks[2:5]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        async with asyncio.timeout(5):
            await asyncio.gather(*(crowd.go(f"blog{n}.example.org") for n in range(4)))
        return crowd.most

    assert asyncio.run(scenario()) == 2


# --- rests -----------------------------------------------------------------------------------------


@dataclass
class Servers:
    """Asks one thing after another, as a client would, and says of each how it went."""

    clock: Clock = field(default_factory=Clock)
    turns: HostPace = field(init=False)

    def __post_init__(self) -> None:
        self.turns = make_turns(Pace(host_gap=1), self.clock)

    async def visit(self, host: str, wait: timedelta | None = None) -> None:
        async with self.turns.turn(at(host)):
            self.turns.heard(at(host), wait)

    async def visit_in_vain(self, host: str) -> None:
        async with self.turns.turn(at(host)):
            self.turns.heard_nothing(at(host))

    def ask(self, host: str, wait: timedelta | None = None) -> None:
        """Raises what the turn does."""
        asyncio.run(self.visit(host, wait))

    def ask_all(self, *visits: Coroutine[None, None, None]) -> list[type]:
        """What was raised, of visits that queue together."""

        async def gather() -> list[BaseException | None]:
            return await asyncio.gather(*visits, return_exceptions=True)

        return [type(one) for one in asyncio.run(gather())]

    def pass_by(self, span: timedelta) -> None:
        self.clock.now += span


@pytest.fixture
def servers() -> Servers:
    return Servers()


NOTHING = type(None)
MINUTE = timedelta(minutes=1)


def test_C10_a_host_that_asked_one_feed_to_wait_is_left_alone(servers: Servers) -> None:
    servers.ask("a.example", 10 * MINUTE)
    servers.pass_by(4 * MINUTE)
    with pytest.raises(RateLimited) as caught:
        servers.ask("a.example")
    assert caught.value.retry_after == 6 * MINUTE
    assert caught.value.url == "https://a.example/feed"
    assert "a.example was left alone" in str(caught.value)


def test_C10_once_the_wait_is_over_it_is_asked_again(servers: Servers) -> None:
    servers.ask("a.example", 10 * MINUTE)
    servers.pass_by(10 * MINUTE)
    servers.ask("a.example")
    assert servers.turns._patience == {"a.example": NOW + 10 * MINUTE}


def test_C10_others_wait_for_an_hour_at_most(servers: Servers) -> None:
    servers.ask("a.example", timedelta(days=10))
    with pytest.raises(RateLimited) as caught:
        servers.ask("a.example")
    assert caught.value.retry_after == LONGEST_REST == timedelta(hours=1)


def test_C10_other_hosts_of_its_domain_do_not_wait(servers: Servers) -> None:
    """The whole domain would be too much: on a host of blogs, one of thousands was meant."""
    servers.ask("a.example.org", 10 * MINUTE)
    servers.ask("b.example.org")
    assert list(servers.turns._patience) == ["a.example.org"]


def test_J5_a_rest_does_not_outlive_a_clock_that_is_set_back(servers: Servers) -> None:
    servers.ask("a.example", 10 * MINUTE)
    servers.pass_by(timedelta(days=-1))
    servers.ask("a.example")
    assert servers.clock.now < NOW


def test_rests_are_forgotten(servers: Servers) -> None:
    for n in range(50):
        servers.ask(f"n{n}.example", MINUTE)
        servers.pass_by(MINUTE)
    assert len(servers.turns._patience) == 1


def test_C10_those_who_queue_meanwhile_are_sent_away_without_asking(servers: Servers) -> None:
    found = servers.ask_all(*(servers.visit("a.example", 10 * MINUTE) for _ in range(5)))
    assert found == [NOTHING, *[RateLimited] * 4]
    assert servers.clock.slept == []


def test_G8_a_domain_that_lets_one_deadline_after_another_pass_is_left_alone(
    servers: Servers,
) -> None:
    """Else each of its two hundred feeds would hold up the queue for a whole deadline."""
    hosts = [f"n{n}.example.org" for n in range(200)]
    found = servers.ask_all(*map(servers.visit_in_vain, hosts))
    assert found.count(NOTHING) in {SILENCES, SILENCES + 1}  # two are asked at once
    assert set(found[SILENCES + 1 :]) == {TimedOut}
    with pytest.raises(TimedOut, match=r"answers of example\.org never came"):
        servers.ask("other.example.org")


def test_G8_other_domains_are_asked_meanwhile(servers: Servers) -> None:
    in_vain = (servers.visit_in_vain(f"n{n}.example.org") for n in range(20))
    found = servers.ask_all(*in_vain, servers.visit("other.example.net"))
    assert found[-1] is NOTHING


def test_G8_one_answer_shows_that_a_domain_is_in_order(servers: Servers) -> None:
    visits = [
        servers.visit("a.example") if n % SILENCES == 0 else servers.visit_in_vain("a.example")
        for n in range(5 * SILENCES)
    ]
    assert set(servers.ask_all(*visits)) == {NOTHING}


def test_G8_after_a_while_it_is_tried_again(servers: Servers) -> None:
    assert TimedOut in servers.ask_all(*(servers.visit_in_vain("a.example") for _ in range(20)))
    servers.pass_by(SILENT_REST)
    assert servers.ask_all(servers.visit("a.example")) == [NOTHING]
