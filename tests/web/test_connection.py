"""Connections: order, ends, and the limits that keep one visitor from costing the others."""

import math
import select
import socket
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aggregator.web.connection import Limits
from tests.web.host import BODY, PATIENCE, Host, Visit

Hosts = Callable[[Limits], Host]

SOON = 0.05
"""Seconds of a limit that a test waits for; the server looks ten times a second."""


def gone(visit: Visit) -> bool:
    """Whether the server has ended the connection."""
    return visit.rest() == b""


# --- order and ends ----------------------------------------------------------------------------


def test_many_requests_on_one_connection(host: Host) -> None:
    visit = host.visit()
    for _ in range(3):
        visit.ask("/w/latest.html")
        assert visit.answer().body == BODY


def test_pipelined_requests_are_answered_in_order(host: Host) -> None:
    host.put("w/other.html", b"other")
    visit = host.visit()
    for path in ("/w/other.html", "/hello", "/w/latest.html", "/w/none.html", "/hello"):
        visit.ask(path)
    answers = [visit.answer() for _ in range(5)]
    assert [one.body for one in answers] == [b"other", b"hello", BODY, b"", b"hello"]


@pytest.mark.parametrize("path", ["/w/latest.html", "/w/none.html", "/w/latest/"])
@pytest.mark.parametrize("known", ["", "*"])
def test_the_short_way_says_what_the_long_way_says(host: Host, path: str, known: str) -> None:
    """A query makes a request that is not plain."""
    host.put("w/latest/index.html", b"page")
    short = host.get(path, if_none_match=known)
    long = host.get(path + "?", if_none_match=known)
    del short.headers["date"], long.headers["date"]
    assert short == long


def test_a_body_that_nobody_expects_is_passed_over(host: Host) -> None:
    visit = host.visit()
    visit.ask("/w/latest.html", content_length="5")
    visit.send(b"hello")
    visit.ask("/hello")
    assert [visit.answer().body, visit.answer().body] == [BODY, b"hello"]


def test_a_slow_page_keeps_its_place_among_pipelined_requests(host: Host) -> None:
    visit = host.visit()
    visit.ask("/slow")
    visit.ask("/w/latest.html")
    assert host.begun.wait(PATIENCE)
    assert host.get("/w/latest.html").status == 200  # others are served meanwhile
    host.go_on.set()
    assert [visit.answer().body, visit.answer().body] == [b"at last", BODY]


def test_more_pipelined_answers_than_the_visitor_takes_wait(host: Host) -> None:
    host.put("w/large.html", b"x" * 1_000_000)
    visit = host.visit()
    for _ in range(50):
        visit.ask("/w/large.html")
    assert sum(len(visit.answer().body) for _ in range(50)) == 50_000_000


@pytest.mark.parametrize("path", ["/w/latest.html", "/hello"])
def test_a_request_may_be_the_last(host: Host, path: str) -> None:
    visit = host.visit()
    visit.ask(path, connection="close")
    answer = visit.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert gone(visit)


def test_old_clients_get_one_answer(host: Host) -> None:
    visit = host.visit()
    visit.send(b"GET /w/latest.html HTTP/1.0\r\n\r\n")
    assert visit.answer().body == BODY
    assert gone(visit)


def test_a_request_may_come_in_pieces(host: Host) -> None:
    visit = host.visit()
    visit.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in (b"GET /w/lat", b"est.html HT", b"TP/1.1\r\nHos", b"t: a\r\n", b"\r\n"):
        visit.send(piece)
    assert visit.answer().body == BODY


def test_an_offered_upgrade_is_passed_over(host: Host) -> None:
    visit = host.visit()
    visit.ask("/w/latest.html", connection="Upgrade", upgrade="websocket")
    assert visit.answer().body == BODY


def test_a_visitor_who_leaves_early_hurts_nobody(host: Host) -> None:
    visit = Visit(host.port)
    visit.ask("/slow")
    assert host.begun.wait(PATIENCE)
    visit.close()
    host.go_on.set()
    assert host.get("/w/latest.html").status == 200


def test_a_page_gets_the_whole_body(host: Host) -> None:
    visit = host.visit()
    visit.ask("/echo", "POST", content_length="5")
    visit.send(b"hello")
    answer = visit.answer()
    assert (answer.status, answer.body) == (201, b"hello")


def test_a_bug_in_a_page_does_not_end_the_server(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told in the log."""
    assert host.get("/broken").status == 500
    assert host.get("/hello").status == 200
    assert "a bug" in caplog.text


def test_a_field_cannot_break_an_answer_in_two(host: Host) -> None:
    visit = host.visit()
    visit.ask("/split")
    assert b"set-cookie" not in visit.rest()


# --- nonsense ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS spoken to a plain port\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"hello?\r\n\r\n",
        b"GET /w/latest.html HTTP/1.1\r\nname without a colon\r\n\r\n",
        b"GET /w/latest.html HTTP/1.1\r\nName : a blank before the colon\r\n\r\n",
    ],
    ids=["tls", "http2", "words", "no colon", "blank"],
)
def test_garbage_is_refused_with_an_empty_body(host: Host, raw: bytes) -> None:
    visit = host.visit()
    visit.send(raw)
    answer = visit.answer()
    assert (answer.status, answer.headers["connection"], answer.body) == (400, "close", b"")
    assert gone(visit)


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ],
    ids=["length and chunks", "two lengths"],
)
def test_a_body_of_two_lengths_is_refused(host: Host, fields: bytes) -> None:
    """A proxy before us may have read the other one, and what follows as a second request."""
    visit = host.visit()
    visit.send(b"POST /echo HTTP/1.1\r\nHost: a\r\n" + fields)
    assert visit.answer().status == 400
    assert gone(visit)


_PIECES = [
    b"GET /w/latest.html HTTP/1.1\r\n",
    b"POST /echo HTTP/1.1\r\n",
    b"Host: a\r\n",
    b"Connection: Upgrade\r\nUpgrade: h2c\r\n",
    b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
    b"Content-Length: 2\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"2\r\nab\r\n0\r\n",
    b"\r\n",
    b"ab",
]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces=st.lists(st.sampled_from(_PIECES) | st.binary(max_size=20), max_size=12))
def test_whatever_is_said_the_server_goes_on(host: Host, pieces: list[bytes]) -> None:
    """What comes back begins as an answer does, and the next visitor is served."""
    visit = host.visit()
    visit.send(b"".join(pieces))
    visit.sock.shutdown(socket.SHUT_WR)
    said = visit.rest()
    assert said == b"" or said.startswith(b"HTTP/1.1 ")
    assert host.get("/w/latest.html").status == 200


# --- too much ----------------------------------------------------------------------------------


@pytest.mark.parametrize("start", [b"GET /w/", b"GET / HTTP/1.1\r\nX: "], ids=["target", "field"])
def test_a_head_without_end_is_refused(hosts: Hosts, start: bytes) -> None:
    visit = hosts(Limits(head=2000)).visit()
    visit.send(start + b"a" * (2001 - len(start)))
    answer = visit.answer()
    assert (answer.status, answer.body) == (400, b"")
    assert gone(visit)


def test_only_so_many_visitors_have_a_place(hosts: Hosts) -> None:
    """The longest idle one leaves for the next."""
    host = hosts(Limits(visitors=3))
    idle = [host.visit() for _ in range(20)]
    newest = host.visit()
    newest.ask("/w/latest.html")
    assert newest.answer().body == BODY
    assert gone(idle[0])
    assert len(host.server.visitors) <= 3


def test_nobody_who_waits_for_us_is_sent_away(hosts: Hosts) -> None:
    host = hosts(Limits(visitors=1))
    patient = host.visit()
    patient.ask("/slow")
    assert host.begun.wait(PATIENCE)
    assert gone(host.visit())
    host.go_on.set()
    assert patient.answer().body == b"at last"


# --- too slow ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start",
    [
        b"GET /w/latest.html HTTP/1.1\r\nX: ",
        b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
    ],
    ids=["head", "body"],
)
def test_a_request_that_takes_too_long_is_cut_off(hosts: Hosts, start: bytes) -> None:
    """Drops do not help (slowloris): the time is for the whole request."""
    visit = hosts(Limits(asking=SOON)).visit()
    visit.send(start)
    ended = False
    for _ in range(int(PATIENCE / 0.005)):
        ended = bool(select.select([visit.sock], [], [], 0.005)[0])
        if ended:
            break
        visit.send(b"a")
    assert ended
    assert gone(visit)


def test_a_body_that_nobody_wants_is_not_waited_for(hosts: Hosts) -> None:
    """The answer was given before its end; drops of it keep no place."""
    visit = hosts(Limits(asking=SOON)).visit()
    visit.ask("/w/latest.html", "POST", content_length="9999999")
    assert visit.answer().status == 405
    ended = False
    for _ in range(int(PATIENCE / 0.005)):
        ended = bool(select.select([visit.sock], [], [], 0.005)[0])
        if ended:
            break
        visit.send(b"a")
    assert ended
    assert gone(visit)


def test_a_silent_visitor_is_seen_off(hosts: Hosts) -> None:
    assert gone(hosts(Limits(asking=SOON)).visit())


def test_an_idle_visitor_is_seen_off(hosts: Hosts) -> None:
    visit = hosts(Limits(asking=SOON)).visit()
    visit.ask("/w/latest.html")
    assert visit.answer().body == BODY
    assert gone(visit)


@pytest.mark.parametrize("asked", [1, 2])
def test_a_visitor_who_does_not_take_its_answer_is_seen_off(hosts: Hosts, asked: int) -> None:
    """However much more it asks."""
    host = hosts(Limits(taking=SOON))
    host.put("w/large.html", b"x" * 20_000_000)
    visit = host.visit()
    for _ in range(asked):
        visit.ask("/w/large.html")
    assert host.get("/w/latest.html").status == 200  # so both were let in
    end = time.monotonic() + PATIENCE
    while host.server.visitors:
        assert time.monotonic() < end
        time.sleep(0.005)
    assert len(visit.rest()) < 20_000_000


def test_a_page_may_take_its_time(hosts: Hosts) -> None:
    """Only what the visitor has to do is limited."""
    host = hosts(Limits())
    visit = host.visit()
    visit.ask("/slow")
    assert host.begun.wait(PATIENCE)
    assert [one.until for one in host.server.visitors] == [math.inf]


# --- the end -----------------------------------------------------------------------------------


def test_an_answer_under_way_is_finished_at_the_end(hosts: Hosts) -> None:
    host = hosts(Limits())
    visit = host.visit()
    visit.ask("/slow")
    assert host.begun.wait(PATIENCE)
    idle = host.visit()
    idle.ask("/w/latest.html")
    assert idle.answer().body == BODY
    host.end()
    assert gone(idle)
    host.go_on.set()
    answer = visit.answer()
    assert (answer.body, answer.headers["connection"]) == (b"at last", "close")


def test_what_was_sent_is_taken_before_the_end(hosts: Hosts) -> None:
    host = hosts(Limits())
    host.put("w/large.html", b"x" * 10_000_000)
    visit = host.visit()
    visit.ask("/w/large.html")
    assert host.get("/w/latest.html").status == 200  # so both were let in
    host.end()
    assert len(visit.answer().body) == 10_000_000
    assert gone(visit)


def test_who_is_in_a_hurry_waits_for_nobody(hosts: Hosts) -> None:
    host = hosts(Limits())
    visit = host.visit()
    visit.ask("/slow")
    assert host.begun.wait(PATIENCE)
    host.end()
    host.hurry()
    assert gone(visit)


def test_nobody_new_is_taken_at_the_end(hosts: Hosts) -> None:
    host = hosts(Limits())
    visit = host.visit()
    visit.ask("/slow")
    assert host.begun.wait(PATIENCE)
    idle = host.visit()
    idle.ask("/w/latest.html")
    assert idle.answer().body == BODY
    host.end()
    assert gone(idle)
    with pytest.raises(ConnectionRefusedError):
        Visit(host.port)
