"""The visits of a search: bounded, and remembered for the first real one."""

import asyncio
from datetime import datetime
from ipaddress import ip_network

import pytest

from aggregator.actions.discovery import Found, Handed, Watched
from aggregator.errors import RateLimited
from aggregator.fetch.client import Client
from aggregator.fetch.guard import Guard
from aggregator.model import Document, Pace
from tests.trip.conftest import origin as origin  # noqa: PLC0414 - a fixture, used by name
from tests.trip.stage import Origin


@pytest.fixture
def client(origin: Origin, now: datetime) -> Client:
    return Client(
        user_agent="Aggregator/0 (+https://www.example.org)",
        guard=Guard([ip_network("127.0.0.0/8")], [origin.port]),
        pace=Pace(host_gap=0.0),
        clock=lambda: now,
    )


def test_no_more_is_asked_than_a_look_is_worth(origin: Origin, client: Client) -> None:
    """However many pages an account has."""
    origin.bodies |= {"/1": b"one", "/2": b"two", "/3": b"three"}

    async def look() -> Watched:
        web = Watched(client, 2)
        with web:
            await web.get(origin.url("/1"))
            await web.get(origin.url("/2"))
            with pytest.raises(RateLimited):
                await web.get(origin.url("/3"))
            with pytest.raises(RateLimited):
                await web.post(origin.url("/3"), b"{}", content_type="application/json")
        return web

    web = asyncio.run(look())
    assert [path for path, _ in origin.asked] == ["/1", "/2"]
    assert set(web.documents) == {origin.url("/1"), origin.url("/2")}


def test_A6_what_the_search_brought_is_not_asked_for_again(origin: Origin, client: Client) -> None:
    origin.bodies["/2"] = b"two"
    at_hand = {origin.url("/1"): Document(origin.url("/1"), b"one")}
    found = Found("institute", None, 0, (), at_hand, platform="mastodon")

    async def visit() -> list[bytes]:
        with Handed(client, found) as web:
            return [(await web.get(origin.url(path))).body for path in ("/1", "/2")]

    assert asyncio.run(visit()) == [b"one", b"two"]
    assert [path for path, _ in origin.asked] == ["/2"]
