"""The bound on what was fetched and waits to be stored."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from aggregator.errors import NotFound, NotModified
from aggregator.fetch.client import Client
from aggregator.fetch.hold import Hold
from aggregator.fetch.limits import Limits
from aggregator.model import Pace, Validators
from tests.fetch.conftest import FEED, Origin, Visitor, redirect, reply

FULL = Limits(hold=len(FEED))
"""One document fills the hold."""


def waits(hold: Hold) -> bool:
    """Whether somebody who wants room would have to wait now."""

    async def ask() -> bool:
        asking = asyncio.ensure_future(hold.room())
        await asyncio.sleep(0)
        waiting = not asking.done()
        asking.cancel()
        return waiting

    return asyncio.run(ask())


def test_an_empty_hold_has_room() -> None:
    assert not waits(Hold(1))


@pytest.mark.parametrize(("held", "expected"), [(9, False), (10, True), (11, True)])
def test_room_ends_at_the_bound(held: int, expected: bool) -> None:
    hold = Hold(10)
    hold.change(held)
    assert waits(hold) is expected


def test_what_is_given_back_is_room() -> None:
    hold = Hold(10)
    for by in (8, 8, -8):
        hold.change(by)
    assert not waits(hold)


class Watched(Hold):
    """Tells when somebody asks for room, and what happened in which order."""

    def __init__(self) -> None:
        super().__init__(FULL.hold)
        self.asked = asyncio.Event()
        self.happened: list[str] = []

    async def room(self) -> None:
        self.asked.set()
        await super().room()
        self.happened.append("room")


Visit = Callable[[Client], Coroutine[Any, Any, None]]


def with_client(origin: Origin, visitor: Visitor, visit: Visit) -> None:
    """Run with a client whose hold one document fills."""

    async def run() -> None:
        client = visitor.client(limits=FULL, pace=Pace(host_gap=0, at_once_per_host=9))
        try:
            await asyncio.wait_for(visit(client), 10)
        finally:
            await client.aclose()

    asyncio.run(run())


def test_no_fetch_starts_while_the_hold_is_full(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(), reply())

    async def visit(client: Client) -> None:
        async def second() -> bytes:
            with client.visit(None) as web:
                return (await web.get(origin.url("/second"))).body

        client.hold = hold = Watched()
        with client.visit(None) as web:
            await web.get(origin.url("/first"))
            hold.asked.clear()
            fetching = asyncio.create_task(second())
            await hold.asked.wait()
            hold.happened.append("first is done with")
            assert [asked.target for asked in origin.asked] == ["/first"]
        assert await fetching == FEED
        assert hold.happened == ["room", "first is done with", "room"]

    with_client(origin, visitor, visit)


def test_a_visit_that_has_a_document_may_ask_again(origin: Origin, visitor: Visitor) -> None:
    """It would wait for itself otherwise."""
    origin.play(reply(), redirect("/moved"), reply())

    async def visit(client: Client) -> None:
        with client.visit(None) as web:
            await web.get(origin.url())
            assert (await web.get(origin.url())).body == FEED

    with_client(origin, visitor, visit)
    assert len(origin.asked) == 3


def test_answers_without_a_document_take_no_room(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(304), reply(404), reply())
    known = Validators(origin.url(), '"1"')

    async def visit(client: Client) -> None:
        with client.visit(known) as web, client.visit(None) as other:
            for asking in (web, other):
                with pytest.raises((NotModified, NotFound)):
                    await asking.get(origin.url())
            with client.visit(None) as third:
                assert (await third.get(origin.url())).body == FEED

    with_client(origin, visitor, visit)


def test_a_turn_is_handed_back_by_who_is_cancelled_for_want_of_room(
    origin: Origin, visitor: Visitor
) -> None:
    origin.play(reply(), reply())

    async def visit(client: Client) -> None:
        client.hold = hold = Watched()
        with client.visit(None) as holder:
            await holder.get(origin.url())
            hold.asked.clear()
            with client.visit(None) as web:
                waiting = asyncio.create_task(web.get(origin.url()))
                await hold.asked.wait()
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
        with client.visit(None) as web:
            assert (await web.get(origin.url())).body == FEED

    with_client(origin, visitor, visit)
