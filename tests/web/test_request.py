"""Pages through ASGI, asked over a real connection."""

import pytest

from tests.web.host import Host


def test_a_page_is_answered(host: Host) -> None:
    answer = host.get("/hello")
    assert (answer.status, answer.body) == (200, b"hello")


def test_head_of_a_page_has_its_length_and_no_body(host: Host) -> None:
    visit = host.visit()
    visit.ask("/hello", "HEAD")
    assert visit.answer("HEAD").headers["content-length"] == "5"
    visit.ask("/hello")
    assert visit.answer().body == b"hello"


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    ],
    ids=["length", "chunks"],
)
def test_a_page_gets_the_whole_body(host: Host, raw: bytes) -> None:
    visit = host.visit()
    visit.send(b"POST /echo HTTP/1.1\r\nHost: a\r\n" + raw)
    answer = visit.answer()
    assert (answer.status, answer.body) == (201, b"hello")


def test_who_waits_for_a_word_before_its_body_gets_one(host: Host) -> None:
    visit = host.visit()
    visit.ask("/echo", "POST", content_length="2", expect="100-continue")
    assert visit.answer().status == 100
    visit.send(b"hi")
    assert visit.answer().body == b"hi"


def test_a_missing_page_is_not_found(host: Host) -> None:
    assert host.get("/nowhere").status == 404


def test_a_bug_in_a_page_ends_neither_the_server_nor_the_connection(host: Host) -> None:
    visit = host.visit()
    visit.ask("/broken")
    visit.ask("/hello")
    assert [visit.answer().status, visit.answer().status] == [500, 200]


def test_a_field_cannot_break_an_answer_in_two(host: Host) -> None:
    answer = host.get("/split")
    assert (answer.status, answer.body) == (500, b"")
    assert "set-cookie" not in answer.headers
