"""The parser's own process, for real: hostile documents, sudden death, idleness (rules H1-H3)."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._reader import SyndicationReader
from aggregator.errors import FetchError, NotAFeed, TimedOut, TooLarge
from aggregator.model import Document

T = TypeVar("T")
MakeDocument = Callable[..., Document]

GOOD = '<rss version="2.0"><channel><title>Good</title><item><guid>1</guid></item></channel></rss>'
SLOW = "<rss><channel>&nbsp;" + "<skiphours>" * 400_000 + "</channel></rss>"
"""Ill-formed, so it goes to the lenient parser, which needs half a minute for it."""


def run(
    work: Callable[[SyndicationReader], Awaitable[T]],
    *,
    deadline: float = 20.0,
    idle: float = 30.0,
    memory: int = 512 << 20,
) -> T:
    """Do something with a reader in a loop of its own, and close it."""

    async def whole() -> T:
        reader = SyndicationReader(deadline=deadline, idle=idle, memory=memory)
        try:
            return await work(reader)
        finally:
            await reader.aclose()

    return asyncio.run(whole())


async def outcome_of(reader: SyndicationReader, document: Document) -> ReadFeed | FetchError:
    try:
        return await reader.read(document, frozenset())
    except FetchError as error:
        return error


def pid_of(reader: SyndicationReader) -> int:
    assert reader._process is not None
    return reader._process.pid


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_feed_is_read_in_another_process(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> tuple[ReadFeed, int]:
        return await reader.read(document(GOOD), frozenset()), pid_of(reader)

    read, pid = run(work)
    assert [post.guid for post in read.posts] == ["1"]
    assert pid != os.getpid()
    assert not is_alive(pid)


def test_known_pieces_are_left_out(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> ReadFeed:
        first = await reader.read(document(GOOD), frozenset())
        return await reader.read(document(GOOD), frozenset(first.pieces))

    read = run(work)
    assert (read.posts, len(read.pieces), read.profile.title) == ((), 1, "Good")


def test_errors_come_back_with_words_advice_and_url(document: MakeDocument) -> None:
    error = run(lambda reader: outcome_of(reader, document("<html></html>")))
    assert isinstance(error, NotAFeed)
    assert "web page" in str(error)
    assert "RSS" in error.advice
    assert error.url == "https://feeds.example/blog/feed"


HOSTILE = {
    "author": "<rss><channel><item>&nbsp;<author>"
    + "a" * 120_000
    + "</author></item></channel></rss>",
    "attributes": "<rss " + " ".join(f'a{number}="b"' for number in range(50_000)) + "/>",
    "ill-formed attributes": "<rss><item " + "a='b' " * 50_000 + "></item></rss>",
    "unclosed items": "<rss><channel>" + "<item><title>a</title>" * 100_000,
    "entities": '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss>&b;</rss>',
    "nested JSON": '{"version":"https://jsonfeed.org/version/1","items":' + "[" * 1_000_000,
    "punycode": '<?xml version="1.0" encoding="punycode"?>' + "a-b9" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_H3_a_hostile_document_is_refused_and_the_next_one_read(
    document: MakeDocument, name: str
) -> None:
    async def work(reader: SyndicationReader) -> tuple[ReadFeed | FetchError, ReadFeed, bool]:
        await reader.read(document(GOOD), frozenset())
        pid = pid_of(reader)
        outcome = await outcome_of(reader, document(HOSTILE[name]))
        return outcome, await reader.read(document(GOOD), frozenset()), pid == pid_of(reader)

    outcome, good, same_process = run(work)
    assert isinstance(outcome, NotAFeed)
    assert good.posts
    assert same_process


def test_H1_what_takes_too_long_is_killed(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> tuple[ReadFeed | FetchError, int, ReadFeed]:
        await reader.read(document(GOOD), frozenset())
        pid = pid_of(reader)
        outcome = await outcome_of(reader, document(SLOW))
        return outcome, pid, await reader.read(document(GOOD), frozenset())

    outcome, pid, good = run(work, deadline=0.5)
    assert isinstance(outcome, TimedOut)
    assert not is_alive(pid)
    assert good.posts


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to a limit of address space")
def test_H1_what_takes_too_much_memory_is_too_large(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> tuple[ReadFeed | FetchError, ReadFeed]:
        big = document(
            "<rss><channel><item><title>" + "a" * 30_000_000 + "</title></item></channel></rss>"
        )
        return await outcome_of(reader, big), await reader.read(document(GOOD), frozenset())

    outcome, good = run(work, memory=100 << 20)
    assert isinstance(outcome, TooLarge)
    assert good.posts


def test_a_process_that_died_while_idle_is_replaced(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> ReadFeed:
        await reader.read(document(GOOD), frozenset())
        os.kill(pid_of(reader), signal.SIGKILL)
        return await reader.read(document(GOOD), frozenset())

    assert run(work).posts


def test_a_process_that_dies_while_reading_is_asked_again(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> ReadFeed:
        await reader.read(document(GOOD), frozenset())
        os.kill(pid_of(reader), signal.SIGSTOP)
        reading = asyncio.create_task(reader.read(document(GOOD), frozenset()))
        await asyncio.sleep(0)
        os.kill(pid_of(reader), signal.SIGKILL)
        return await reading

    assert run(work).posts


def test_a_document_that_kills_the_process_twice_is_no_feed(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(reader: SyndicationReader) -> ReadFeed | FetchError:
        start = reader._start

        async def start_and_die() -> asyncio.subprocess.Process:
            process = await start()
            process.kill()
            return process

        monkeypatch.setattr(reader, "_start", start_and_die)
        return await outcome_of(reader, document(GOOD))

    assert isinstance(run(work), NotAFeed)


def test_J6_processes_that_are_lost_to_documents_are_counted(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> list[int]:
        counted = []
        for deadline in (20.0, 0.0):
            reader._deadline = deadline
            await outcome_of(reader, document(GOOD))
            counted.append(reader.kills)
        return counted

    assert run(work) == [0, 1]


def test_a_cancelled_read_leaves_no_answer_to_the_next(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> tuple[int, int, ReadFeed]:
        await reader.read(document(GOOD), frozenset())
        first = pid_of(reader)
        os.kill(first, signal.SIGSTOP)
        reading = asyncio.create_task(reader.read(document("<html/>"), frozenset()))
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        good = await reader.read(document(GOOD), frozenset())
        return first, pid_of(reader), good

    first, second, good = run(work)
    assert first != second
    assert good.posts


def test_reads_take_turns(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> list[str | None]:
        feeds = [document(GOOD.replace("Good", f"Feed {number}")) for number in range(20)]
        reads = await asyncio.gather(*(reader.read(feed, frozenset()) for feed in feeds))
        return [read.profile.title for read in reads]

    assert run(work) == [f"Feed {number}" for number in range(20)]


def test_an_idle_process_is_retired_and_started_anew(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> tuple[bool, bool]:
        await reader.read(document(GOOD), frozenset())
        assert reader._process is not None
        await asyncio.wait_for(reader._process.wait(), 10)
        retired = reader._process is None
        return retired, bool((await reader.read(document(GOOD), frozenset())).posts)

    assert run(work, idle=0.001) == (True, True)


def test_a_closed_reader_may_be_used_again(document: MakeDocument) -> None:
    async def work(reader: SyndicationReader) -> ReadFeed:
        await reader.read(document(GOOD), frozenset())
        await reader.aclose()
        await reader.aclose()
        return await reader.read(document(GOOD), frozenset())

    assert run(work).posts


def test_the_process_ends_with_its_pipe(document: MakeDocument) -> None:
    """So it does not outlive us, however we die."""

    async def work(reader: SyndicationReader) -> int | None:
        await reader.read(document(GOOD), frozenset())
        assert reader._process is not None
        assert reader._process.stdin is not None
        reader._process.stdin.close()
        return await asyncio.wait_for(reader._process.wait(), 10)

    assert run(work) == 0


def test_the_current_folder_is_not_imported_from(
    document: MakeDocument, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a stranger in the current folder')")
    monkeypatch.chdir(tmp_path)
    assert run(lambda reader: reader.read(document(GOOD), frozenset())).posts
