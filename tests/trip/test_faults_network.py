"""No network, no names, and a parser that dies: each visit fails in words, the page stays."""

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from aggregator.actions.refresh import Report
from aggregator.connectors import _reader as reader
from aggregator.model import Outcome
from tests.cli.conftest import Run
from tests.cli.conftest import follow as follow  # noqa: PLC0414 - a fixture, used by name
from tests.cli.conftest import run as run  # noqa: PLC0414
from tests.trip.sqlite import stage as stage  # noqa: PLC0414
from tests.trip.stage import Origin, Stage, rss

DAY = timedelta(days=1)


@pytest.fixture
def ran(run: Run, origin: Origin, follow: Callable[..., None], tmp_path: Path) -> Run:
    """The command line, where a blog's posts are on the page; two more sources are on the net."""
    origin.bodies["/feed"] = rss(2, 1)
    follow()
    assert run("refresh").code == 0
    blog = (tmp_path / "feeds.yaml").read_text("utf-8")
    more = [
        f"  - {{id: net-{n}, feed: 'https://net{n}.example.org/feed', in: latest-posts}}\n"
        for n in (1, 2)
    ]
    (tmp_path / "feeds.yaml").write_text(blog + "".join(more), "utf-8")
    return run


def without_names(code: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise socket.gaierror(code, "no answer")

    return fail


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (socket.EAI_NONAME, "There is no server by the name of net1.example.org."),
        (socket.EAI_AGAIN, "The name net1.example.org could not be looked up just now."),
        (socket.EAI_FAIL, "The name net1.example.org could not be looked up just now."),
    ],
)
def test_without_names_each_visit_says_so_and_the_page_stays(
    ran: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, words: str
) -> None:
    page = (tmp_path / "data/public/w/latest-posts.html").read_bytes()
    monkeypatch.setattr(socket, "getaddrinfo", without_names(code))
    said = ran("refresh")
    assert said.code == 1
    assert f"✗ net-1: {words}" in said.out
    assert "2 visited, 2 failed, 0 new posts" in said.out
    assert (tmp_path / "data/public/w/latest-posts.html").read_bytes() == page


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENETUNREACH, "There is no way to net1.example.org (Network is unreachable)"),
        (errno.EHOSTUNREACH, "There is no way to net1.example.org (No route to host)"),
        (errno.ECONNREFUSED, "net1.example.org does not accept connections"),
    ],
)
def test_without_a_network_each_visit_says_so_and_the_page_stays(
    ran: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    page = (tmp_path / "data/public/w/latest-posts.html").read_bytes()
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]

    def connect(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(socket.socket, "connect", connect)
    said = ran("refresh")
    assert said.code == 1
    assert words in said.out
    assert "2 visited, 2 failed, 0 new posts" in said.out
    assert (tmp_path / "data/public/w/latest-posts.html").read_bytes() == page


def test_an_address_of_another_machine_is_named(run: Run) -> None:
    said = run("serve", "--host", "203.0.113.7", "--port", "0")
    assert said.code == 2
    assert "AGGREGATOR_HOST: 203.0.113.7 is no address of this machine" in said.err


# --- the parser's process --------------------------------------------------------------------


@pytest.fixture
def blog(stage: Stage, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage with two feeds, both read once, and a parser that is soon given up."""
    quick = partial(reader.SyndicationReader, deadline=0.5)
    monkeypatch.setattr(reader, "SyndicationReader", quick)
    origin.bodies["/feed"] = origin.bodies["/other"] = rss(2, 1)
    stage.follow(stage.source("blog"), stage.source("other", "/other"))
    stage.refresh()
    origin.bodies["/feed"] = origin.bodies["/other"] = rss(3, 2, 1)
    return stage


def parser_of(stage: Stage) -> int:
    process = stage.app._reader._process
    assert process is not None
    return process.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def visit_in_turn(
    stage: Stage, before: Callable[[int, int], None], after: timedelta = 2 * DAY
) -> tuple[list[Report], list[int]]:
    """Visit one source after the other, in one loop; ``before`` is given the parser each time.

    Also the ids of all parsers there were.
    """
    stage.now += after
    catalogue = stage.app.catalogue()
    states = {state.source_id: state for state in stage.app.claims.among(catalogue.sources).states}
    reports, parsers = [], []

    async def work() -> None:
        refresher = stage.app.refresher
        try:
            for number, source in enumerate(catalogue.sources):
                if number:
                    parsers.append(parser_of(stage))
                    before(number, parsers[-1])
                reports.append(await refresher.refresh(source, states[source.id]))
                if stage.app._reader._process is not None:
                    parsers.append(parser_of(stage))
        finally:
            await stage.app.close_fetching()

    asyncio.run(work())
    return reports, parsers


def test_a_parser_that_hangs_costs_one_visit_and_is_ended(blog: Stage) -> None:
    reports, parsers = visit_in_turn(blog, lambda _, pid: os.kill(pid, signal.SIGSTOP))
    assert [report.visit.outcome for report in reports] == [Outcome.CHANGED, Outcome.FAILED]
    assert "took too long to read" in str(reports[1].error)
    assert not any(is_alive(pid) for pid in parsers)
    (again,) = [report for report in blog.refresh(2 * DAY) if report.source.id == "other"]
    assert again.written is not None
    assert again.written.new == 1


def test_a_parser_that_is_killed_costs_nothing(blog: Stage) -> None:
    """It may have been killed for no fault of the feed's, so the feed is read once more."""
    reports, parsers = visit_in_turn(blog, lambda _, pid: os.kill(pid, signal.SIGKILL))
    assert [report.visit.outcome for report in reports] == [Outcome.CHANGED] * 2
    assert len(set(parsers)) == 2
    assert not any(is_alive(pid) for pid in parsers)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists a process's children")
def test_a_feed_on_which_the_parser_dies_twice_fails_in_words(blog: Stage) -> None:
    killed: set[int] = set()
    end = asyncio.Event()

    async def kill_parsers() -> None:
        while not end.is_set():
            process = blog.app._reader._process
            if process is not None and process.pid not in killed:
                killed.add(process.pid)
                os.kill(process.pid, signal.SIGKILL)
            await asyncio.sleep(0.001)

    blog.now += 2 * DAY
    catalogue = blog.app.catalogue()
    (state, *_) = blog.app.claims.among([catalogue.sources[0]]).states

    async def work() -> Report:
        killer = asyncio.create_task(kill_parsers())
        try:
            return await blog.app.refresher.refresh(catalogue.sources[0], state)
        finally:
            end.set()
            await killer
            await blog.app.close_fetching()

    report = asyncio.run(work())
    assert "The parser failed on the feed twice." in str(report.error)
    assert not any(is_alive(pid) for pid in killed)
    blog.publish()
    assert "post 2" in blog.output("latest-posts.html")
