"""Visits over real sockets: the request (A), conditions (B), answers (D), redirects (F)."""

import asyncio
import base64
import gzip
from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.errors import (
    BlockedAddress,
    Denied,
    FetchError,
    Gone,
    NotFound,
    NotModified,
    RateLimited,
    ServerFault,
    TimedOut,
    TooLarge,
    Unreachable,
    Unreadable,
)
from aggregator.fetch.limits import Limits
from aggregator.model import Pace, Validators
from tests.fetch.conftest import (
    FEED,
    Got,
    Origin,
    Play,
    Visitor,
    attempt,
    chunked,
    drip,
    redirect,
    reply,
    reset,
)

# --- A: the request ----------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 403, 406])
def test_A1_our_name_is_sent_once_and_never_another(
    origin: Origin, visitor: Visitor, status: int
) -> None:
    origin.play(reply(status))
    visitor.get(origin.url(), user_agent="Ours/1.2 (+https://example.org/bot)")
    assert [asked.fields["user-agent"] for asked in origin.asked] == [
        "Ours/1.2 (+https://example.org/bot)"
    ]


def test_A2_accepts_feeds_first_and_gzip(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply())
    visitor.get(origin.url())
    fields = origin.asked[0].fields
    assert fields["accept"].startswith("application/atom+xml, application/rss+xml")
    assert fields["accept"].endswith("*/*;q=0.1")
    assert fields["accept-encoding"] == "gzip, br"


def test_A2_a_connector_may_accept_something_else(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply())
    visitor.get(origin.url(), how={"accept": "application/json", "headers": {"X-Api": "1"}})
    assert origin.asked[0].fields["accept"] == "application/json"
    assert origin.asked[0].fields["x-api"] == "1"


def test_A3_cookies_are_never_sent_back(origin: Origin, visitor: Visitor) -> None:
    async def two_visits() -> None:
        client = visitor.client()
        for _ in range(2):
            await client.visit(None).get(origin.url())
        await client.aclose()

    cookie = {"Set-Cookie": "id=1; Path=/"}
    origin.play(redirect("/there", fields=cookie), reply(fields=cookie), reply())
    asyncio.run(two_visits())
    assert len(origin.asked) == 3
    assert not any("cookie" in asked.fields for asked in origin.asked)


def test_A4_nothing_but_the_named_fields_is_sent(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/there"), reply())
    visitor.get(origin.url())
    for asked in origin.asked:
        assert set(asked.fields) - {""} == {
            "host",
            "user-agent",
            "accept",
            "accept-encoding",
            "connection",
        }


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/a%2Fb;x=1/%c3%a9?b=2&a=1&e=&q=%7Ex+y", "/a%2Fb;x=1/%c3%a9?b=2&a=1&e=&q=%7Ex+y"),
        ("/feed?", "/feed?"),
        ("/feed??a=b?c", "/feed??a=b?c"),
        ("//double//slash/", "//double//slash/"),
        ("/a/../b/./c", "/a/../b/./c"),
        ("/%zz/|{}^`'\"<>\\", "/%zz/|{}^`'\"<>\\"),
        ("/feed#part", "/feed"),
        ("/feed?#part?x", "/feed?"),
        ("", "/"),
        ("?x=1", "/?x=1"),
        ("/ü x", "/%C3%BC%20x"),
    ],
)
def test_A5_the_target_is_sent_as_stored(
    origin: Origin, visitor: Visitor, written: str, sent: str
) -> None:
    origin.play(reply())
    got = visitor.get(origin.url(written))
    assert origin.asked[0].target == sent
    assert got.document.url == origin.url(sent)


def test_A6_one_get_and_no_head(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply())
    got = visitor.get(origin.url())
    assert [asked.line for asked in origin.asked] == ["GET /feed HTTP/1.1"]
    assert got.web.requests == 1
    assert got.web.bytes_read == len(reply())


# --- B: conditional requests -------------------------------------------------------------------


@pytest.mark.parametrize(
    "etag", ['"a"', 'W/"a"', "bare", '"a,b"', '"a-gzip"', "'single'", '"é"', 'W/"a" x']
)
def test_B1_etags_go_back_exactly_as_they_came(origin: Origin, visitor: Visitor, etag: str) -> None:
    origin.play(reply(fields={"ETag": etag}), reply(304))
    first = visitor.get(origin.url())
    second = visitor.get(origin.url(), first.web.validators)
    assert origin.asked[1].fields["if-none-match"] == etag
    assert isinstance(second.outcome, NotModified)


@pytest.mark.parametrize(
    "date", ["Tue, 3 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 10:00:00 +0000", "2026-03-03T10:00"]
)
def test_B2_last_modified_goes_back_exactly_as_it_came(
    origin: Origin, visitor: Visitor, date: str
) -> None:
    origin.play(reply(fields={"Last-Modified": date}), reply(304))
    first = visitor.get(origin.url())
    visitor.get(origin.url(), first.web.validators)
    assert origin.asked[1].fields["if-modified-since"] == date
    assert "if-none-match" not in origin.asked[1].fields


def test_B3_both_are_sent_where_both_are_known(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(304))
    visitor.get(origin.url(), Validators(origin.url(), '"a"', "yesterday"))
    assert origin.asked[0].fields["if-none-match"] == '"a"'
    assert origin.asked[0].fields["if-modified-since"] == "yesterday"


def test_B4_a_feed_without_validators_is_asked_without(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(fields={"Date": "Mon, 23 Nov 2026 12:00:00 GMT"}), reply())
    first = visitor.get(origin.url())
    visitor.get(origin.url(), first.web.validators)
    for asked in origin.asked:
        assert not {"if-none-match", "if-modified-since"} & set(asked.fields)


def test_B4_of_two_different_etags_neither_is_believed(origin: Origin, visitor: Visitor) -> None:
    origin.play(b'HTTP/1.1 200 OK\r\nETag: "a"\r\nETag: "b"\r\nContent-Length: 1\r\n\r\nx')
    assert visitor.get(origin.url()).web.validators is None


@pytest.mark.parametrize(
    ("fields", "etag", "modified"),
    [
        ({"ETag": '"2"', "Last-Modified": "then"}, '"2"', "then"),
        ({"ETag": '"2"'}, '"2"', None),
        ({"Last-Modified": "now"}, None, "now"),
    ],
)
def test_B5_a_200_replaces_the_pair(
    origin: Origin, visitor: Visitor, fields: dict[str, str], etag: str | None, modified: str | None
) -> None:
    origin.play(reply(fields=fields))
    got = visitor.get(origin.url(), Validators(origin.url(), '"1"', "then"))
    assert got.web.validators == Validators(origin.url(), etag, modified)
    assert got.document.validators == got.web.validators


def test_B5_a_200_without_validators_forgets_them(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply())
    got = visitor.get(origin.url(), Validators(origin.url(), '"1"', "then"))
    assert got.web.validators is None
    assert got.document.validators is None


@pytest.mark.parametrize(
    ("fields", "etag", "modified"),
    [
        ({}, '"1"', "then"),
        ({"Last-Modified": "now"}, '"1"', "now"),
        ({"ETag": '"2"'}, '"2"', "then"),
    ],
)
def test_B6_a_304_replaces_what_it_brings(
    origin: Origin, visitor: Visitor, fields: dict[str, str], etag: str, modified: str
) -> None:
    origin.play(reply(304, {**fields, "Cache-Control": "max-age=7200"}))
    got = visitor.get(origin.url(), Validators(origin.url(), '"1"', "then"))
    assert isinstance(got.outcome, NotModified)
    assert got.web.validators == Validators(origin.url(), etag, modified)
    assert got.web.fresh_for == timedelta(hours=2)


BAD = {"ETag": '"bad"', "Last-Modified": "bad"}


@pytest.mark.parametrize(
    "answer",
    [
        reply(404, BAD),
        reply(429, BAD),
        reply(500, BAD),
        reply(204, BAD),
        reply(206, BAD),
        reply(200, BAD, b""),
        reply(200, BAD, length=len(FEED) + 1),
        reply(200, {**BAD, "Content-Encoding": "gzip"}, gzip.compress(FEED)[:-4]),
        chunked(FEED, end=b"").replace(b"\r\n", b'\r\nETag: "bad"\r\n', 1),
    ],
    ids=["404", "429", "500", "204", "206", "empty", "short", "cut gzip", "cut chunks"],
)
def test_B7_bad_answers_leave_the_old_pair(origin: Origin, visitor: Visitor, answer: bytes) -> None:
    old = Validators(origin.url(), '"old"', "old")
    origin.play(answer)
    got = visitor.get(origin.url(), old)
    assert isinstance(got.outcome, FetchError)
    assert got.web.validators == old


def test_B7_a_304_that_nobody_asked_for_is_an_error(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(304, BAD))
    got = visitor.get(origin.url())
    assert isinstance(got.error, ServerFault)
    assert got.web.validators is None


def test_B8_validators_go_to_the_address_that_issued_them(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/real", fields={"ETag": '"hop"'}), reply(fields={"ETag": '"real"'}))
    first = visitor.get(origin.url())
    assert first.web.validators == Validators(origin.url("/real"), '"real"')

    origin.play(redirect("/real", fields={"ETag": '"hop"'}), reply(304))
    second = visitor.get(origin.url(), first.web.validators)
    assert isinstance(second.outcome, NotModified)
    sent = [asked.fields.get("if-none-match") for asked in origin.asked]
    assert sent == [None, None, None, '"real"']


def test_B8_validators_of_another_address_are_not_sent(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/new"), reply())
    visitor.get(origin.url(), Validators(origin.url(), '"a"'))
    assert origin.asked[0].fields["if-none-match"] == '"a"'
    assert "if-none-match" not in origin.asked[1].fields


def test_B10_unconditional_leaves_validators_out(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(304))
    known = Validators(origin.url(), '"a"', "then")
    got = visitor.get(origin.url(), known, how={"unconditional": True})
    assert not {"if-none-match", "if-modified-since"} & set(origin.asked[0].fields)
    assert isinstance(got.error, ServerFault)


def test_C3_a_document_says_how_long_it_is_fresh(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(fields={"Cache-Control": "public, max-age=3600", "Age": "600"}))
    got = visitor.get(origin.url())
    assert got.document.fresh_for == got.web.fresh_for == timedelta(minutes=50)


# --- D: what answers mean ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (201, Unreadable),
        (204, Unreadable),
        (206, Unreadable),
        (226, Unreadable),
        (300, ServerFault),
        (305, ServerFault),
        (400, Denied),
        (401, Denied),
        (403, Denied),
        (404, NotFound),
        (406, Denied),
        (407, Denied),
        (410, Gone),
        (418, Denied),
        (429, RateLimited),
        (451, Denied),
        (500, ServerFault),
        (503, ServerFault),
        (599, ServerFault),
        (799, ServerFault),
    ],
)
def test_D9_every_other_status_is_an_error_of_its_kind(
    origin: Origin, visitor: Visitor, status: int, kind: type[FetchError]
) -> None:
    origin.play(reply(status))
    error = visitor.get(origin.url()).error
    assert type(error) is kind
    assert (error.url, error.status, error.retry_after) == (origin.url(), status, None)
    assert "127.0.0.1" in str(error)
    assert str(status) in str(error)


@pytest.mark.parametrize(
    ("status", "kind"), [(429, RateLimited), (503, RateLimited), (403, Denied)]
)
@pytest.mark.parametrize("text", ["21600", "Mon, 23 Nov 2026 18:00:00 GMT"])
def test_C4_the_wait_comes_along(
    origin: Origin, visitor: Visitor, status: int, kind: type[FetchError], text: str
) -> None:
    origin.play(reply(status, {"Retry-After": text}))
    error = visitor.get(origin.url()).error
    assert type(error) is kind
    assert error.retry_after == timedelta(hours=6)


def test_C4_a_503_with_a_garbled_wait_is_a_plain_fault(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(503, {"Retry-After": "soon"}))
    assert type(visitor.get(origin.url()).error) is ServerFault


@pytest.mark.parametrize(
    ("status", "left_alone"), [(429, True), (503, True), (403, False), (301, False), (200, False)]
)
def test_C10_a_wait_of_the_whole_server_is_kept_by_its_other_feeds(
    origin: Origin, visitor: Visitor, status: int, left_alone: bool
) -> None:
    origin.play(reply(status, {"Retry-After": "600", "Location": "/moved"}), reply(), reply())

    async def visits() -> tuple[Got, list[str]]:
        client = visitor.client()
        await attempt(client.visit(None), origin.url("/asked"))
        other = await attempt(client.visit(None), origin.url("/other"))
        await client.aclose()
        return other, [asked.target for asked in origin.asked]

    other, targets = asyncio.run(visits())
    assert ("/other" not in targets) is left_alone
    assert other.web.requests == (0 if left_alone else 1)
    assert isinstance(other.outcome, RateLimited) is left_alone


def test_D9_an_empty_body_is_an_error(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(body=b""))
    assert isinstance(visitor.get(origin.url()).error, Unreadable)


def test_J6_the_last_status_is_told(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/there"), reply(410))
    assert visitor.get(origin.url()).web.status == 410


def test_J6_an_answer_that_breaks_off_has_a_status(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(length=100_000))
    assert visitor.get(origin.url()).web.status == 200


def test_J6_where_no_answer_came_there_is_no_status(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/there"), b"")
    assert visitor.get(origin.url()).web.status is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_D8_redirects_are_followed(origin: Origin, visitor: Visitor, status: int) -> None:
    origin.play(redirect("/there?a=1", status), reply())
    got = visitor.get(origin.url())
    assert got.document.url == origin.url("/there?a=1")
    assert got.web.requests == 2


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("next", "/a/next"),
        ("?q=1", "/a/feed?q=1"),
        ("../up", "/up"),
        ("/%7Eme?x=", "/%7Eme?x="),
        ("/fé", "/f%C3%A9"),
        ("/a b", "/a%20b"),
        ("/there#part", "/there"),
    ],
)
def test_D8_locations_are_resolved(
    origin: Origin, visitor: Visitor, location: str, target: str
) -> None:
    origin.play(redirect(location.encode().decode("latin-1")), reply())
    visitor.get(origin.url("/a/feed"))
    assert origin.asked[1].target == target


@pytest.mark.parametrize("loop", [["/feed"], ["/pong", "/feed"], [f"/{n}" for n in range(9)]])
def test_D8_loops_end_at_the_cap(origin: Origin, visitor: Visitor, loop: list[str]) -> None:
    origin.play(*[redirect(path) for path in loop * 9])
    got = visitor.get(origin.url())
    assert isinstance(got.error, ServerFault)
    assert "more than 5 times" in str(got.error)
    assert len(origin.asked) == 6


def test_D8_the_cap_itself_is_allowed(origin: Origin, visitor: Visitor) -> None:
    origin.play(*[redirect(f"/{n}") for n in range(5)], reply())
    assert visitor.get(origin.url()).document.url == origin.url("/4")


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "http://",
        "http://[",
        "https:///x",
        "http://a b/",
        "http:feed",
        "//:80/",
        "http://x:y/",
    ],
)
def test_D8_a_missing_or_unreadable_location_is_an_error(
    origin: Origin, visitor: Visitor, location: str | None
) -> None:
    origin.play(reply(302, {} if location is None else {"Location": location}))
    error = visitor.get(origin.url()).error
    assert isinstance(error, ServerFault)
    assert error.status == 302


def test_D8_of_two_locations_neither_is_followed(origin: Origin, visitor: Visitor) -> None:
    origin.play(b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n")
    assert isinstance(visitor.get(origin.url()).error, ServerFault)
    assert len(origin.asked) == 1


@pytest.mark.parametrize(
    ("statuses", "path"),
    [([301, 308], "/1"), ([301, 302], "/0"), ([302, 301], None), ([], None)],
)
def test_D4_unbroken_permanent_moves_are_told(
    origin: Origin, visitor: Visitor, statuses: list[int], path: str | None
) -> None:
    origin.play(*[redirect(f"/{n}", status) for n, status in enumerate(statuses)], reply())
    got = visitor.get(origin.url())
    assert got.web.moved_to == (None if path is None else origin.url(path))


# --- F: the guard, seen from a visit -----------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/feed",
        "gopher://example.org/",
        "data:text/xml,<rss/>",
        "unix:/run/x.sock",
        "feed:https://example.org/feed",
        "localhost:8080/feed",
        "javascript:alert(1)",
    ],
)
def test_F1_other_schemes_are_refused_at_first_and_at_every_hop(
    origin: Origin, visitor: Visitor, url: str
) -> None:
    assert isinstance(visitor.get(url).error, BlockedAddress)
    origin.play(redirect(url))
    assert isinstance(visitor.get(origin.url()).error, BlockedAddress)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "feed.localhost",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "public.example@127.0.0.1",
        "user:127.0.0.2@127.0.0.1",
        "１２７.０.０.１",
        "127。0。0。1",
        "127.0.0.1.",
    ],
)
def test_F2_nobody_knocks_at_loopback(origin: Origin, visitor: Visitor, host: str) -> None:
    url = origin.url(host=host)
    assert isinstance(visitor.get(url, guard=visitor.guard()).error, BlockedAddress)
    assert origin.knocks == []


@pytest.mark.parametrize("host", ["127.0.0.1", "feed.localhost", "2130706433", "0x7f.1", "[::1]"])
def test_F2_nobody_is_redirected_to_loopback(
    open_origin: Callable[..., Origin], visitor: Visitor, host: str
) -> None:
    """Only 127.9.0.0/16 is allowed; the first origin answers there, the second must stay alone."""
    first, second = open_origin(), open_origin()
    first.play(redirect(second.url(host=host)))
    got = visitor.get(first.url(host="127.9.0.1"), guard=visitor.guard("127.9.0.0/16"))
    assert isinstance(got.error, BlockedAddress)
    assert len(first.knocks) == 1
    assert second.knocks == []


@pytest.mark.parametrize("port", [1, 22, 25, 6379, 8000])
def test_F5_other_ports_are_refused(visitor: Visitor, port: int) -> None:
    error = visitor.get(f"http://127.0.0.1:{port}/").error
    assert isinstance(error, BlockedAddress)
    assert str(port) in str(error)


def test_F7_credentials_go_to_their_address_only(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/there"), reply())
    url = origin.url(host="ann:p%40ss@127.0.0.1")
    got = visitor.get(url)
    basic = f"Basic {base64.b64encode(b'ann:p@ss').decode()}"
    assert [asked.fields.get("authorization") for asked in origin.asked] == [basic, None]
    assert got.document.url == origin.url("/there")
    assert not any(b"@" in asked.raw for asked in origin.asked)


def test_F7_credentials_of_a_redirect_are_dropped(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect(origin.url("/there", host="ann:secret@127.0.0.1")), reply())
    visitor.get(origin.url())
    assert "authorization" not in origin.asked[1].fields


@pytest.mark.parametrize(
    "template",
    [
        "http://ann:hunter2@127.0.0.1:{port}/",
        "http://ann:hunter2@127.0.0.1:1/",
        "http://ann:hunter2@10.0.0.1/",
        "http://ann:hunter2@127.0.0.1:x/",
        "http://ann:hunter2@0x7f.1/",
        "//ann:hunter2@example.org/",
        "http://ann:hunter2@bad host/",
    ],
)
def test_F7_credentials_never_show_in_errors(
    origin: Origin, visitor: Visitor, template: str
) -> None:
    origin.play(reply(401))
    error = visitor.get(template.format(port=origin.port)).error
    chain = [error, error.__cause__]
    assert "hunter2" not in repr([(str(e), getattr(e, "url", "")) for e in chain])


def test_F8_a_connectors_own_fields_stay_with_its_address(origin: Origin, visitor: Visitor) -> None:
    origin.play(redirect("/there"), reply())
    visitor.get(origin.url(), how={"headers": {"Authorization": "Bearer token"}})
    assert origin.asked[0].fields["authorization"] == "Bearer token"
    assert "authorization" not in origin.asked[1].fields


# --- G: resources, seen from a visit -----------------------------------------------------------


@pytest.mark.parametrize("coding", ["zstd", "compress", "gzip, gzip", "gzip, br", "utf-8"])
def test_G5_unknown_or_several_codings_are_an_error(
    origin: Origin, visitor: Visitor, coding: str
) -> None:
    origin.play(reply(fields={"Content-Encoding": coding}))
    assert isinstance(visitor.get(origin.url()).error, Unreadable)


def test_G1_packed_bodies_are_unpacked(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(fields={"Content-Encoding": "gzip"}, body=gzip.compress(FEED)))
    assert visitor.get(origin.url()).document.body == FEED


def test_G1_a_bomb_is_too_large(origin: Origin, visitor: Visitor) -> None:
    bomb = gzip.compress(bytes(2_000_000))
    origin.play(reply(fields={"Content-Encoding": "gzip"}, body=bomb))
    error = visitor.get(origin.url(), limits=Limits(decoded=1_000_000)).error
    assert isinstance(error, TooLarge)
    assert error.status == 200


@pytest.mark.parametrize(
    "answer",
    [
        drip(again=b"H"),
        drip(reply(length=10_000), again=b"x"),
        drip(again=b"HTTP/1.1 102 Wait\r\n\r\n"),
        drip(),
    ],
    ids=["head", "body", "1xx", "silence"],
)
def test_G3_one_deadline_ends_every_drip(origin: Origin, visitor: Visitor, answer: Play) -> None:
    origin.play(answer)
    error = visitor.get(origin.url(), limits=Limits(whole=0.1)).error
    assert isinstance(error, TimedOut)
    assert error.url == origin.url()


def test_G3_redirects_share_the_deadline(origin: Origin, visitor: Visitor) -> None:
    """Each hop alone would be in time."""

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.06)
        writer.write(redirect("/again"))

    origin.play(slow, slow, slow, slow, slow)
    assert isinstance(visitor.get(origin.url(), limits=Limits(whole=0.15)).error, TimedOut)


def test_G3_the_queue_does_not_count(origin: Origin, visitor: Visitor) -> None:
    """The second of two fetches from one host waits for longer than its deadline."""

    async def visits() -> list[bytes]:
        client = visitor.client(limits=Limits(whole=0.3), pace=Pace(host_gap=0.35))
        gets = [attempt(client.visit(None), origin.url()) for _ in range(2)]
        got = await asyncio.gather(*gets)
        await client.aclose()
        return [one.document.body for one in got]

    origin.play(reply(), reply())
    assert asyncio.run(visits()) == [FEED, FEED]


def test_G7_bad_servers_do_not_touch_a_good_one(
    open_origin: Callable[..., Origin], visitor: Visitor
) -> None:
    bad_answers: list[bytes | Play] = [
        drip(),
        drip(again=b"x"),
        drip(again=b"HTTP/1.1 102 Wait\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", again=b"x" * 5_000),
        reset,
        b"garbage\r\n\r\n",
    ]
    good = open_origin()
    good.play(*[reply()] * 6)

    async def visits() -> tuple[list[object], list[bytes]]:
        client = visitor.client(limits=Limits(whole=0.6, wire=100_000))
        bad = [attempt(client.visit(None), url) for url in bad_urls]
        fine = [attempt(client.visit(None), good.url(host=f"g{n}.localhost")) for n in range(6)]
        got = await asyncio.gather(*bad, *fine)
        await client.aclose()
        return [one.error for one in got[:6]], [one.document.body for one in got[6:]]

    bad_urls = []
    for n, answer in enumerate(bad_answers):
        bad = open_origin()
        bad.play(answer)
        bad_urls.append(bad.url(host=f"b{n}.localhost"))
    errors, bodies = asyncio.run(visits())
    assert len(errors) == 6
    assert bodies == [FEED] * 6


def test_G9_cancelling_closes_the_connection_and_hands_the_turn_back(
    origin: Origin, visitor: Visitor
) -> None:
    async def cancel_then_get() -> bytes:
        client = visitor.client(pace=Pace(host_gap=0, at_once=1))
        task = asyncio.create_task(client.visit(None).get(origin.url()))
        await asyncio.to_thread(origin.wait_asked)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(origin.hung_up.wait, 5)
        document = await client.visit(None).get(origin.url())
        await client.aclose()
        return document.body

    origin.play(drip(b"HTTP/1.1 200 OK\r\n"), reply())
    assert asyncio.run(cancel_then_get()) == FEED


def test_G9_cancelling_at_any_moment_leaks_no_place(origin: Origin, visitor: Visitor) -> None:
    async def churn() -> bytes:
        client = visitor.client(pace=Pace(host_gap=0, at_once=2, at_once_per_host=2))
        for steps in range(40):
            task = asyncio.create_task(client.visit(None).get(origin.url()))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        document = await client.visit(None).get(origin.url())
        await client.aclose()
        return document.body

    origin.play(*[reply()] * 41)
    assert asyncio.run(churn()) == FEED


def test_redirects_between_hosts_do_not_deadlock(
    open_origin: Callable[..., Origin], visitor: Visitor
) -> None:
    """Two fetches that redirect to each other's host, with one place at each and one in all."""
    one, two = open_origin(), open_origin()
    one.play(redirect(two.url("/b", host="two.localhost")), reply())
    two.play(redirect(one.url("/a", host="one.localhost")), reply())

    async def cross() -> list[str]:
        client = visitor.client(pace=Pace(host_gap=0, at_once=1))
        documents = await asyncio.gather(
            client.visit(None).get(one.url(host="one.localhost")),
            client.visit(None).get(two.url(host="two.localhost")),
        )
        await client.aclose()
        return [document.url for document in documents]

    async def in_time() -> list[str]:
        async with asyncio.timeout(5):
            return await cross()

    assert len(asyncio.run(in_time())) == 2


def test_a_connection_refused_is_told_plainly(origin: Origin, visitor: Visitor) -> None:
    guard = visitor.guard("127.0.0.0/8")
    port = origin.port
    asyncio.run_coroutine_threadsafe(origin.stop(), origin.loop).result(5)
    error = visitor.get(f"http://blog.localhost:{port}/", guard=guard).error
    assert isinstance(error, Unreachable)
    assert f"blog.localhost does not accept connections on port {port}" in str(error)


def test_documents_carry_their_fields(origin: Origin, visitor: Visitor) -> None:
    origin.play(b"HTTP/1.1 200 OK\r\nLink: <a>\r\nLINK: <b>\r\nContent-Length: 1\r\n\r\nx")
    document = visitor.get(origin.url()).document
    assert document.headers["link"] == "<a>, <b>"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "https://p.example/", "p.example:1"])
def test_only_plain_proxies_are_taken(visitor: Visitor, proxy: str) -> None:
    with pytest.raises(ValueError, match="proxy"):
        visitor.client(proxy=proxy)
