"""Rules B: conditional requests, as far as they show over days. The rest is in ``tests/fetch``."""

import pytest

from aggregator.connectors import _by_feed
from tests.rules.neighbour import Neighbour, source
from tests.rules.origin import DAY, HOUR, Asked, Origin, Say, blog, feed, polite


def conditional(asked: Asked) -> bool:
    return bool({"if-none-match", "if-modified-since"} & asked.fields.keys())


def test_B1_an_unchanged_feed_is_sent_once(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", polite(feed()))
    neighbour.run(5 * DAY)
    assert [conditional(asked) for asked in origin.log] == [False] + [True] * (len(origin.log) - 1)


def test_B5_an_etag_that_moves_daily_is_followed(neighbour: Neighbour, origin: Origin) -> None:
    """The same bytes under a new ETag: each is sent back, though nothing else changed."""
    days = [feed(etag=f'"{day}"') for day in range(5)]
    origin.play("/feed", *days)
    neighbour.run(5 * DAY)
    sent = [asked.fields.get("if-none-match") for asked in origin.log[:6]]
    assert sent == [None, '"0"', '"1"', '"2"', '"3"', '"4"']


BAD = {
    "an error": Say(500),
    "too many requests": Say(429),
    "no content": Say(204),
    "a part": feed(7),
    "a page": Say(200, b"<!doctype html><title>Hello</title><p>Nothing here."),
    "an empty feed document": Say(200),
    "text": Say(200, b"moved, see elsewhere"),
}


@pytest.mark.parametrize("bad", BAD)
def test_B7_validators_of_a_bad_answer_never_come_back(
    neighbour: Neighbour, origin: Origin, bad: str
) -> None:
    status = 206 if bad == "a part" else BAD[bad].status
    answer = Say(status, BAD[bad].body).but(ETag='"bad"', Last_Modified="bad")
    origin.play("/feed", feed(), answer, feed())
    neighbour.run(4 * DAY)
    assert [asked.fields.get("if-none-match") for asked in origin.log[:4]] == [
        None,
        '"1"',
        '"1"',
        '"1"',
    ]


def test_B8_validators_behind_a_redirect_stay_there(neighbour: Neighbour, origin: Origin) -> None:
    origin.play("/feed", Say(302).but(Location="/real", ETag='"bad"'))
    origin.play("/real", polite(feed(etag='"real"')))
    neighbour.run(2 * DAY)
    assert not any(conditional(asked) for asked in origin.asked("/feed"))
    assert origin.asked("/real")[1].fields["if-none-match"] == '"real"'


def test_B9_without_validators_it_is_asked_once_a_day(neighbour: Neighbour, origin: Origin) -> None:
    """However often it posts."""

    def bare(asked: Asked) -> Say:
        return Say(200, blog(HOUR)(asked).body)

    origin.play("/feed", bare)
    neighbour.run(2 * DAY)
    assert len(origin.log) == 2
    assert min(origin.gaps()) >= DAY


def test_B10_a_new_parser_reads_everything_once(
    neighbour: Neighbour, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.play("/feed", polite(feed()))
    neighbour.run(2 * DAY)
    origin.log.clear()
    monkeypatch.setattr(_by_feed, "_VERSION", b"\xfe")
    neighbour.restart()
    neighbour.run(3 * DAY)
    assert [conditional(asked) for asked in origin.log[:4]] == [False, True, True, True]


def test_B11_who_ignores_conditions_is_asked_half_as_often(
    neighbour: Neighbour, origin: Origin
) -> None:
    neighbour.follow(source("family", origin.url(), ", every: 4h"))
    origin.play("/feed", feed())
    neighbour.run(3 * DAY)
    gaps = [round(gap / HOUR) for gap in origin.gaps()]
    assert (gaps[1:5], set(gaps[5:])) == ([4, 4, 4, 4], {8})
