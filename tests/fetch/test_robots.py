"""robots.txt as RFC 9309 has it (rule E7)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.fetch.robots import EVERYTHING, NOTHING, Memory, read_robots

OURS = "Aggregator"


def allows(text: str, target: str) -> bool:
    return read_robots(text.encode(), OURS).allow(target)


@pytest.mark.parametrize(
    ("rules", "target", "allowed"),
    [
        ("Disallow: /", "/feed/", False),
        ("Disallow:", "/feed/", True),
        ("Disallow: /private", "/feed/", True),
        ("Disallow: /fe", "/feed/", False),
        ("Disallow: /\nAllow: /feed", "/feed/", True),
        ("Allow: /feed\nDisallow: /", "/feed/", True),
        ("Allow: /feed\nDisallow: /feed", "/feed", True),
        ("Disallow: /*.xml", "/rss.xml", False),
        ("Disallow: /*.xml$", "/rss.xml?a=1", True),
        ("Disallow: /*.xml$", "/rss.xml", False),
        ("Disallow: /*a*b$", "/ab/ab", False),
        ("Disallow: /*ab*ab$", "/ab", True),
        ("Disallow: /feed$", "/feed/", True),
        ("Disallow: /*?", "/?format=rss", False),
        ("Disallow: /%7Eann/", "/~ann/feed", False),
        ("Disallow: /caf\u00e9", "/caf%C3%A9/feed", False),
        ("Disallow: /a%2fb", "/a/b", True),
        ("disallow : /feed # not for robots", "/feed/", False),
        ("Disallow: /feed\r\nCrawl-delay: 3", "/feed/", False),
    ],
)
def test_E7_the_longest_rule_that_fits_decides(rules: str, target: str, allowed: bool) -> None:
    assert allows(f"User-agent: *\n{rules}\n", target) is allowed


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: other\nDisallow: /", True),
        ("User-agent: *\nDisallow: /\n\nUser-agent: aggregator\nDisallow: /x", True),
        ("User-agent: AGGREGATOR/1.0\nDisallow: /\nUser-agent: *\nDisallow:", False),
        ("User-agent: other\nUser-agent: Aggregator\nDisallow: /", False),
        ("User-agent: Aggregator\nAllow: /a\n\nUser-agent: Aggregator\nDisallow: /f", False),
        ("User-agent: Aggregator\n\nUser-agent: *\nDisallow: /", False),
        ("Disallow: /", True),
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("", True),
        ("<!doctype html><p>User-agent: not a robots file", True),
    ],
)
def test_E7_our_own_group_beats_the_one_for_all(text: str, allowed: bool) -> None:
    assert allows(text, "/feed/") is allowed


def test_E7_no_file_allows_and_a_fault_forbids() -> None:
    assert EVERYTHING.allow("/feed/")
    assert not NOTHING.allow("/feed/")


@given(st.binary(max_size=400), st.text(max_size=60))
def test_any_bytes_are_read(body: bytes, target: str) -> None:
    assert read_robots(b"User-agent: *\n" + body, OURS).allow(target) in {True, False}


def test_E7_of_very_many_sites_the_oldest_are_forgotten() -> None:
    memory = Memory(lambda: datetime(2026, 11, 23, tzinfo=UTC))
    for number in range(1_001):
        memory.keep(f"https://{number}.example", EVERYTHING)
    assert memory.of("https://0.example") is None
    assert memory.of("https://1.example") is EVERYTHING
    assert memory.of("https://1000.example") is EVERYTHING


def test_stars_without_end_are_no_trap() -> None:
    body = "User-agent: *\n" + "Disallow: " + "/*a" * 20_000 + "b$\n"
    assert allows(body * 2, "/" + "a" * 2_000)
