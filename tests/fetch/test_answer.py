"""What refusals mean: how long to stay away, and walls against robots."""

import gzip
from collections.abc import Mapping
from datetime import timedelta

import pytest

from aggregator.errors import Challenged, Denied, FetchError, RateLimited, ServerFault
from aggregator.fetch.limits import Limits
from tests.fetch.conftest import FEED, NOW, Origin, Visitor, drip, redirect, reply

HTML = {"Content-Type": "text/html; charset=UTF-8"}
WALL = b"<!DOCTYPE html><title>Just a moment...</title><script>window._cf_chl_opt={}</script>"
PAGE = b"<!DOCTYPE html><title>403 Forbidden</title>"


def error_of(
    origin: Origin, visitor: Visitor, status: int, fields: Mapping[str, str], body: bytes = PAGE
) -> FetchError:
    origin.play(reply(status, fields, body))
    error = visitor.get(origin.url()).error
    assert isinstance(error, FetchError)
    return error


class TestChallenges:
    """Rule D11."""

    @pytest.mark.parametrize("status", [403, 429, 503])
    def test_D11_a_page_with_a_puzzle_is_known(
        self, origin: Origin, visitor: Visitor, status: int
    ) -> None:
        error = error_of(origin, visitor, status, HTML, WALL)
        assert isinstance(error, Challenged)
        assert error.status == status
        assert "Ask the owner" in error.advice

    @pytest.mark.parametrize(
        "fields",
        [
            {"cf-mitigated": "challenge"},
            {"x-amzn-waf-action": "captcha"},
            {"x-datadome": "protected"},
        ],
    )
    def test_D11_its_fields_are_enough(
        self, origin: Origin, visitor: Visitor, fields: Mapping[str, str]
    ) -> None:
        assert isinstance(error_of(origin, visitor, 403, fields, b""), Challenged)

    def test_D11_a_packed_page_is_looked_at_too(self, origin: Origin, visitor: Visitor) -> None:
        packed = HTML | {"Content-Encoding": "gzip"}
        assert isinstance(error_of(origin, visitor, 403, packed, gzip.compress(WALL)), Challenged)

    def test_D11_an_ordinary_page_is_an_ordinary_refusal(
        self, origin: Origin, visitor: Visitor
    ) -> None:
        assert type(error_of(origin, visitor, 403, HTML)) is Denied
        assert type(error_of(origin, visitor, 503, HTML)) is ServerFault

    def test_D11_what_is_no_page_is_not_looked_at(self, origin: Origin, visitor: Visitor) -> None:
        plain = {"Content-Type": "text/plain"}
        assert type(error_of(origin, visitor, 403, plain, WALL)) is Denied

    def test_D11_the_wait_is_kept(self, origin: Origin, visitor: Visitor) -> None:
        asked = HTML | {"Retry-After": "7200"}
        assert error_of(origin, visitor, 503, asked, WALL).retry_after == timedelta(hours=2)

    def test_D11_only_the_beginning_of_a_page_is_looked_at(
        self, origin: Origin, visitor: Visitor
    ) -> None:
        long = b" " * 200_000 + WALL
        assert type(error_of(origin, visitor, 403, HTML, long)) is Denied

    @pytest.mark.parametrize("fields", [{"Content-Encoding": "gzip"}, {"Content-Encoding": "wax"}])
    def test_D11_a_damaged_page_leaves_the_status_as_it_is(
        self, origin: Origin, visitor: Visitor, fields: Mapping[str, str]
    ) -> None:
        assert type(error_of(origin, visitor, 403, {**HTML, **fields}, b"\x1f\x8bdamage")) is Denied

    def test_D11_a_page_that_drips_costs_neither_time_nor_the_wait(
        self, origin: Origin, visitor: Visitor
    ) -> None:
        head = "HTTP/1.1 429 Said\r\nContent-Type: text/html\r\nRetry-After: 7200\r\n"
        origin.play(drip(f"{head}Content-Length: 9999\r\n\r\n".encode(), again=b" "))
        error = visitor.get(origin.url(), limits=Limits(page_wait=0.02)).error
        assert isinstance(error, RateLimited)
        assert error.retry_after == timedelta(hours=2)


class TestWaits:
    """Rule C4."""

    @pytest.mark.parametrize("status", [429, 503])
    def test_C4_without_another_wait_a_max_age_counts(
        self, origin: Origin, visitor: Visitor, status: int
    ) -> None:
        error = error_of(origin, visitor, status, {"Cache-Control": "max-age=7200"})
        assert isinstance(error, RateLimited)
        assert error.retry_after == timedelta(hours=2)

    @pytest.mark.parametrize("reset", ["2026-11-23T12:05:00Z", "1795435500"])
    def test_C4_a_429_may_tell_when_the_allowance_is_renewed(
        self, origin: Origin, visitor: Visitor, reset: str
    ) -> None:
        fields = {"X-RateLimit-Reset": reset, "Cache-Control": "max-age=7200"}
        assert error_of(origin, visitor, 429, fields).retry_after == timedelta(minutes=5)

    def test_C4_a_good_answer_may_tell_that_it_was_the_last_for_a_while(
        self, origin: Origin, visitor: Visitor
    ) -> None:
        fields = {"RateLimit-Remaining": "0", "RateLimit-Reset": "300"}
        origin.play(reply(200, fields, FEED))
        document = visitor.get(origin.url()).document
        assert document is not None
        assert document.wait == timedelta(minutes=5)

    @pytest.mark.parametrize("garbage", ["soon", "Mon, 01 Jan 2001 00:00:00 GMT", "-5"])
    def test_C4_garbage_counts_as_absent(
        self, origin: Origin, visitor: Visitor, garbage: str
    ) -> None:
        fields = {"Cache-Control": "max-age=7200", "Retry-After": garbage}
        assert error_of(origin, visitor, 429, fields).retry_after == timedelta(hours=2)

    def test_C4_of_a_404_a_max_age_says_nothing(self, origin: Origin, visitor: Visitor) -> None:
        fields = {"Cache-Control": "max-age=7200"}
        assert error_of(origin, visitor, 404, fields).retry_after is None

    def test_C4_a_403_may_ask_for_a_wait(self, origin: Origin, visitor: Visitor) -> None:
        later = (NOW + timedelta(hours=3)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        error = error_of(origin, visitor, 403, {"Retry-After": later})
        assert error.retry_after == timedelta(hours=3)

    def test_C4_the_longest_wait_of_redirects_is_told(
        self, origin: Origin, visitor: Visitor
    ) -> None:
        origin.play(
            redirect(origin.url("/b"), fields={"Retry-After": "7200"}),
            redirect(origin.url("/c"), fields={"Retry-After": "60"}),
            reply(body=FEED),
        )
        assert visitor.get(origin.url()).web.wait == timedelta(hours=2)
