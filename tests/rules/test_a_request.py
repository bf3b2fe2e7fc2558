"""Rules A, as far as they are not of a single request (``tests/fetch/test_client.py``)."""

import pytest

from aggregator.errors import CatalogueError
from tests.rules.neighbour import Neighbour
from tests.rules.origin import DAY, Origin, Say, feed, polite


@pytest.mark.parametrize("status", [200, 403, 406, 429, 500])
def test_A1_the_name_stays_the_same_whatever_is_answered(
    neighbour: Neighbour, origin: Origin, status: int
) -> None:
    origin.play("/feed", feed() if status == 200 else Say(status))
    neighbour.run(4 * DAY)
    (name,) = {asked.fields["user-agent"] for asked in origin.log}
    assert name.endswith(" (+https://www.example.org)")


def test_A3_cookies_of_last_time_are_not_brought_back(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", polite(feed().but(Set_Cookie="seen=1; Path=/")))
    neighbour.run(3 * DAY)
    assert not [asked for asked in origin.log if "cookie" in asked.fields]


def test_A6_a_look_at_a_feed_is_one_request(neighbour: Neighbour, origin: Origin) -> None:
    """Also at the very first one."""
    origin.play("/feed", polite(feed()))
    neighbour.run(3 * DAY)
    assert {asked.method for asked in origin.log} == {"GET"}
    assert len(set(origin.moments())) == len(origin.log)


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
@pytest.mark.parametrize("host", ["family.test", "Family.TEST"])
@pytest.mark.parametrize("fragment", ["", "#newest"])
def test_A7_an_address_is_followed_once_however_it_is_spelled(
    neighbour: Neighbour, origin: Origin, scheme: str, host: str, fragment: str
) -> None:
    """The list of sources is refused with both: staff see at once what they wrote twice."""
    again = f"{scheme}://{host}:{origin.port}/feed{fragment}"
    neighbour.follow(family=origin.url(), again=again)
    with pytest.raises(CatalogueError):
        neighbour.app.catalogue()
