"""What feeds say about when to ask for them (rule C9)."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._hints import Asks
from aggregator.connectors._lenient import read_leniently
from aggregator.connectors._syndication import read_syndication
from aggregator.model import Document, Hints

URL = "https://feeds.example/blog/feed"
HOUR = timedelta(hours=1)


def feed(said: str) -> bytes:
    return (
        '<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" '
        'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd">'
        f"<channel><title>A year</title>{said}<item><title>a</title></item></channel></rss>"
    ).encode()


SAID = {
    "<ttl>720</ttl>": Hints(12 * HOUR),
    "<ttl> 60 </ttl>": Hints(HOUR),
    "<ttl>0</ttl>": Hints(),
    "<ttl>-5</ttl>": Hints(),
    "<ttl>soon</ttl>": Hints(),
    "<ttl>1.5</ttl>": Hints(),
    "<ttl>999999999</ttl>": Hints(timedelta(days=365)),
    "<sy:updatePeriod>daily</sy:updatePeriod>": Hints(24 * HOUR),
    "<sy:updatePeriod> Hourly </sy:updatePeriod><sy:updateFrequency> 1 </sy:updateFrequency>": Hints(
        HOUR
    ),
    "<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>7</sy:updateFrequency>": Hints(
        24 * HOUR
    ),
    "<sy:updateFrequency>4</sy:updateFrequency>": Hints(6 * HOUR),
    "<sy:updatePeriod>often</sy:updatePeriod>": Hints(),
    "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>": Hints(),
    "<ttl>60</ttl><sy:updatePeriod>daily</sy:updatePeriod>": Hints(24 * HOUR),
    "<skipHours><hour>0</hour><hour>13</hour><hour>24</hour></skipHours>": Hints(
        skip_hours=frozenset({0, 13})
    ),
    "<skipHours><hour>25</hour><hour>noon</hour></skipHours>": Hints(),
    "<skipDays><day>Sunday</day><day> monday </day><day>Someday</day></skipDays>": Hints(
        skip_days=frozenset({0, 6})
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_c9_both_readers_read_them_alike(said: str) -> None:
    read = read_syndication(Document(URL, feed(said)), ())
    assert read.hints == SAID[said]
    assert read_leniently(feed(said), URL).hints == SAID[said]


def test_c9_they_are_read_though_all_entries_are_known() -> None:
    first = read_syndication(Document(URL, feed("<ttl>720</ttl>")), ())
    again = read_syndication(Document(URL, feed("<ttl>720</ttl>")), first.pieces)
    assert (again.posts, again.hints) == ((), Hints(12 * HOUR))


def test_c9_those_of_an_entry_are_not_the_feeds() -> None:
    whole = feed("").replace(b"<title>a</title>", b"<title>a</title><ttl>720</ttl>")
    assert read_syndication(Document(URL, whole), ()).hints == Hints()


def test_d10_a_new_address_is_kept_for_staff_by_both_readers() -> None:
    said = "<itunes:new-feed-url>https://new.example/feed</itunes:new-feed-url>"
    read = read_syndication(Document(URL, feed(said)), ())
    assert read.profile.new_address == "https://new.example/feed"
    assert read_leniently(feed(said), URL).profile.new_address == "https://new.example/feed"


texts = st.none() | st.text() | st.integers().map(str)


@given(texts, texts, texts, st.lists(st.text() | st.integers().map(str)), st.lists(st.text()))
def test_whatever_is_said_something_sensible_is_heard(
    ttl: str | None, period: str | None, frequency: str | None, hours: list[str], days: list[str]
) -> None:
    hints = Asks(ttl, period, frequency, hours, days).hints()
    assert hints.interval is None or timedelta(0) < hints.interval <= timedelta(days=365)
    assert hints.skip_hours <= set(range(24))
    assert hints.skip_days <= set(range(7))
