"""A machine's clock that is set back or forward: nobody is forgotten, nobody is stormed."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from itertools import pairwise

import pytest
from apscheduler.schedulers import base as scheduler

from aggregator import clock as clock_module
from aggregator.actions import curate
from aggregator.app import utc_now
from aggregator.clock import Clock
from aggregator.model import VerdictKind, public_id_of
from aggregator.store import visits
from tests.trip.sqlite import stage as stage  # noqa: PLC0414 - a fixture, used by name
from tests.trip.stage import Origin, Stage, item, rss

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LOOKS = 4_000
"""After so many looks, 5 ms apart, a test gives up; never what it measures."""


@pytest.fixture
def blog(stage: Stage, origin: Origin) -> Stage:
    """A stage with a feed that was just read, and that offers validators."""
    origin.bodies["/feed"] = rss(2, 1)
    origin.headers["/feed"] = {"ETag": '"1"'}
    stage.follow(stage.source("blog"))
    stage.refresh()
    return stage


def asked_during(stage: Stage, whole: timedelta, step: timedelta = 10 * MINUTE) -> list[datetime]:
    """When the feed was asked, looking at what is due every ``step`` for so long."""
    moments = []
    end = stage.now + whole
    while stage.now < end:
        moments += [stage.now for _ in stage.visit(step)]
    return moments


@pytest.mark.parametrize("jump", [-HOUR, HOUR, -DAY, DAY])
def test_after_a_jump_a_feed_is_asked_as_often_as_ever(blog: Stage, jump: timedelta) -> None:
    """Once the jump itself is over, at its usual pace: no burst makes up for it."""
    usual = len(asked_during(blog, 2 * DAY))
    blog.now += jump
    moments = asked_during(blog, abs(jump) + 2 * DAY)
    gaps = [after - before for before, after in pairwise(moments)]
    assert min(gaps) >= 30 * MINUTE
    settled = [moment for moment in moments if moment > blog.now - 2 * DAY]
    assert abs(len(settled) - usual) <= 2


@pytest.mark.parametrize("jump", [-HOUR, -DAY])
def test_set_back_a_feed_waits_no_longer_than_the_jump(blog: Stage, jump: timedelta) -> None:
    usual = asked_during(blog, DAY)[0] - (blog.now - DAY)
    blog.now += jump
    began = blog.now
    assert asked_during(blog, 3 * DAY)[0] - began <= usual + abs(jump) + HOUR


def test_a_clock_that_was_years_ahead_silences_nobody(blog: Stage) -> None:
    """Rule J5: what was written by then is due within the hour, each source at a time of its own."""
    blog.now += 5000 * DAY
    assert len(blog.refresh()) == 1
    blog.now -= 5000 * DAY
    blog.refresh()
    assert len(blog.refresh(HOUR)) == 1


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_the_newest_post_stands_first_whatever_the_clock_did(
    blog: Stage, origin: Origin, jump: timedelta
) -> None:
    blog.now += jump
    origin.headers["/feed"] = {"ETag": '"2"'}
    newest = item(4, day=23).replace("04:00:00", "11:30:00")
    origin.bodies["/feed"] = rss(newest, 2, 1)
    blog.refresh(2 * DAY)
    page = blog.output("latest-posts.html")
    assert page.index("post 4") < page.index("post 2") < page.index("post 1")


def test_a_pin_ends_at_its_moment_also_after_a_jump(blog: Stage) -> None:
    """And where the clock is set back, the moment comes again."""
    one = public_id_of("blog", "id-1")
    until = blog.now + 30 * MINUTE
    curate.decide(
        blog.app.publisher, [one], VerdictKind.PINNED, by="ann", now=blog.now, until=until
    )
    for jump, first in ((HOUR, "post 2"), (-HOUR, "post 1"), (HOUR, "post 2")):
        blog.now += jump
        (published, _) = blog.publish()
        page = blog.output("latest-posts.html")
        assert page.index(first) == min(page.index("post 1"), page.index("post 2"))
        assert published.selection is not None
        still = published.selection.valid_until
        assert still is None or still > blog.now


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_a_claim_lapses_once_and_no_earlier_than_it_may(blog: Stage, jump: timedelta) -> None:
    blog.now += DAY
    catalogue = blog.app.catalogue()
    assert blog.app.claims.among(catalogue.sources).states  # and then the process is killed
    lease_ends = blog.now + blog.app.pace.lease
    blog.now += jump
    assert asked_during(blog, 3 * HOUR)[0] >= lease_ends
    (state,) = visits.states(blog.app.database).values()
    assert state.lapses == 0


def test_a_release_after_a_jump_gives_the_claim_back(blog: Stage) -> None:
    blog.now += DAY
    claim = blog.app.claims.among(blog.app.catalogue().sources)
    blog.now -= HOUR
    visits.release(blog.app.database, claim.states)
    blog.now += HOUR
    assert len(blog.app.claims.among(blog.app.catalogue().sources).states) == 1


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_all_widgets_are_looked_at_again_soon_after_a_jump(blog: Stage, jump: timedelta) -> None:
    """What heals by that, such as a lost file, must not wait until the old hour comes again."""
    blog.app.clock = lambda: blog.now
    clock = Clock(blog.app)
    asyncio.run(clock.look())
    before = blog.output("latest-posts.html")
    (blog.app.settings.public / "w" / "latest-posts.html").unlink()
    blog.now += jump
    asyncio.run(clock.look())
    assert blog.output("latest-posts.html") == before


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_the_running_program_goes_on_looking_after_a_jump(
    blog: Stage, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    """apscheduler waits for moments of the wall clock; set back an hour, it would wait for one."""
    shift = timedelta(0)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Shifted":
            moment = datetime.now(tz) + shift
            return cls.fromtimestamp(moment.timestamp(), tz)

    monkeypatch.setattr(scheduler, "datetime", Shifted)
    monkeypatch.setattr(clock_module, "LOOK_EVERY", timedelta(seconds=0.02))
    blog.app.clock = lambda: utc_now() + shift

    async def until(holds: Callable[[], bool]) -> None:
        for _ in range(LOOKS):
            if holds():
                return
            await asyncio.sleep(0.005)
        pytest.fail("the program stopped looking")

    async def serve() -> None:
        nonlocal shift
        async with Clock(blog.app) as clock:
            looked = clock.pulse.looked
            await until(lambda: clock.pulse.looked != looked)
            shift = jump
            blog.write(blog.config.read_text("utf-8").replace("Latest posts", "What is new"))
            await until(lambda: "What is new" in blog.output("latest-posts.html"))

    asyncio.run(serve())
    assert "post 2" in blog.output("latest-posts.html")
