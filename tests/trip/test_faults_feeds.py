"""Servers that answer with anything but a feed: the visit fails in words, and nobody else suffers.

Each stands beside a good feed in the same pass. What was stored before stays on the page.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import pytest

from aggregator.connectors import _reader as reader
from aggregator.fetch import client
from aggregator.fetch.guard import Guard
from aggregator.fetch.limits import Limits
from aggregator.model import Outcome
from aggregator.store import posts, visits
from tests.fetch.conftest import Origin as RawOrigin
from tests.fetch.conftest import open_origin as open_origin  # noqa: PLC0414 - fixtures, by name
from tests.fetch.conftest import origin_loop as origin_loop  # noqa: PLC0414
from tests.fetch.conftest import origins as origins  # noqa: PLC0414
from tests.fetch.conftest import reply
from tests.trip.hostile import ANSWERS, UNCLOSED_COMMENTS
from tests.trip.sqlite import stage as stage  # noqa: PLC0414
from tests.trip.stage import Origin, Stage, rss

DAY = timedelta(days=1)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def hostile(open_origin: Callable[..., RawOrigin]) -> RawOrigin:
    return open_origin()


@pytest.fixture
def neighbours(
    stage: Stage, origin: Origin, hostile: RawOrigin, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """Two feeds on the page: one is about to turn bad, the other stays good."""
    monkeypatch.setattr(client, "Client", partial(client.Client, limits=Limits(whole=1.0)))
    quick = partial(reader.SyndicationReader, deadline=2.0)
    monkeypatch.setattr(reader, "SyndicationReader", quick)
    stage.app.guard = Guard((ip_network("127.0.0.0/8"),), (hostile.port, origin.port))
    hostile.play(reply(fields={"ETag": '"sound"'}, body=rss(2, 1, title="Turning bad")))
    origin.bodies["/good"] = rss(7)
    bad = f"{{id: bad, feed: '{hostile.url()}', in: latest-posts}}"
    stage.follow(bad, stage.source("good", "/good"))
    stage.refresh()
    assert "post 2" in stage.output("latest-posts.html")
    origin.bodies["/good"] = rss(8, 7)
    return stage


@pytest.mark.parametrize("name", ANSWERS)
def test_a_bad_answer_fails_alone_and_in_words(
    neighbours: Stage, hostile: RawOrigin, name: str
) -> None:
    answer, words = ANSWERS[name]
    hostile.play(answer)
    reports = {report.source.id: report for report in neighbours.refresh(2 * DAY)}
    assert reports["bad"].visit.outcome is Outcome.FAILED
    assert words in str(reports["bad"].error)
    assert "stumbled" not in str(reports["bad"].error)
    assert reports["bad"].error is not None
    assert reports["bad"].error.advice
    assert reports["good"].written is not None
    assert reports["good"].written.new == 1
    page = neighbours.output("latest-posts.html")
    assert "post 8" in page
    assert "post 2" in page


@pytest.mark.parametrize("name", ANSWERS)
def test_after_a_bad_answer_the_next_good_one_is_read(
    neighbours: Stage, hostile: RawOrigin, name: str
) -> None:
    hostile.play(ANSWERS[name][0], reply(body=rss(3, 2, 1, title="Turning bad")))
    neighbours.refresh(2 * DAY)
    (state,) = visits.states(neighbours.app.database, ["bad"]).values()
    assert state.validators is not None
    assert state.validators.etag == '"sound"'
    neighbours.refresh(20 * DAY)
    assert len(posts.listing(neighbours.app.database, ["bad"])) == 3


def test_a_hostile_feed_without_entries_takes_nothing_away(
    neighbours: Stage, hostile: RawOrigin
) -> None:
    hostile.play(UNCLOSED_COMMENTS)
    neighbours.refresh(2 * DAY)
    page = neighbours.output("latest-posts.html")
    assert "post 8" in page
    assert "post 2" in page


SOUND = {
    "utf-8 said to be latin-1": ("text/xml; charset=iso-8859-1", "utf-8"),
    "latin-1 said to be utf-8": ("text/xml; charset=utf-8", "latin-1"),
    "latin-1 said to be nothing": ("text/xml", "latin-1"),
    "a charset that nobody knows": ("text/xml; charset=klingon", "utf-8"),
    "said to be a web page": ("text/html", "utf-8"),
    "utf-16 without a word": ("application/octet-stream", "utf-16"),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_wrong_charset_or_type_is_seen_through(
    neighbours: Stage, hostile: RawOrigin, name: str
) -> None:
    said, charset = SOUND[name]
    body = rss(3).decode().replace("post 3", "café 3").encode(charset)
    hostile.play(reply(fields={"Content-Type": said}, body=body))
    neighbours.refresh(2 * DAY)
    assert "café 3" in neighbours.output("latest-posts.html")


def test_a_feed_that_breaks_off_keeps_its_complete_entries(
    neighbours: Stage, hostile: RawOrigin
) -> None:
    whole = rss(4, 3)
    hostile.play(reply(body=whole[: whole.index(b"post 3")]))
    (report, _) = neighbours.refresh(2 * DAY)
    assert report.written is not None
    assert report.written.new == 1
    assert "post 4" in neighbours.output("latest-posts.html")


@pytest.mark.parametrize("dated", [True, False])
def test_ids_that_change_at_every_visit_do_not_flood_the_page(
    neighbours: Stage, hostile: RawOrigin, dated: bool
) -> None:
    """Rule I4: an entry with another id and the same link is the same post."""
    for visit in range(4):
        body = rss(2, 1, title="Turning bad").replace(b">id-", b">visit%d-" % visit)
        if not dated:
            body = re.sub(b"<pubDate>.*?</pubDate>", b"", body)
        hostile.play(reply(body=body))
        neighbours.refresh(2 * DAY)
    page = neighbours.output("latest-posts.html")
    shown = [page.count(f"What happened in post {number},") for number in (1, 2, 7, 8)]
    # Of the three places, posts without a date take those of when they were first seen.
    assert shown == ([0, 1, 1, 1] if dated else [1, 1, 0, 1])


_MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, used.ru_maxrss)
"""
"""Linux counts the memory of the process that started a program as the program's own, up to its
start; so the one that measures is small, unlike pytest."""
BOMBS = ("50 MB", "no end", "no end of a head", "a gzip bomb", "deep XML", "unclosed entries")


def test_bombs_side_by_side_take_little_memory(
    stage: Stage, origin: Origin, open_origin: Callable[..., RawOrigin]
) -> None:
    """In a process of its own, whose memory can be measured."""
    origin.bodies["/good"] = rss(8, 7)
    lines, ports = [stage.source("good", "/good")], [str(origin.port)]
    for number, name in enumerate(BOMBS):
        bomb = open_origin()
        bomb.play(ANSWERS[name][0])
        lines.append(f"{{id: bomb-{number}, feed: '{bomb.url()}', in: latest-posts}}")
        ports.append(str(bomb.port))
    stage.follow(*lines)
    words = ("--config", str(stage.config), "--data", str(stage.folder / "data"), "refresh")
    allowed = {
        "AGGREGATOR_ALLOW_NETWORKS": "127.0.0.0/8",
        "AGGREGATOR_ALLOW_PORTS": ",".join(ports),
    }
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURED, sys.executable, str(ROOT / "run.py"), *words],
        env=os.environ | allowed,
        capture_output=True,
        text=True,
        check=True,
    )
    status, kilobytes = map(int, measured.stdout.split())
    assert status == 1
    assert "post 8" in stage.output("latest-posts.html")
    assert kilobytes < 200_000  # a bomb alone would make a million of them
