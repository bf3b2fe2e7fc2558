"""WebSub as a subscriber speaks it: forms, questions, signatures, redirects."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import BlockedAddress, Denied, FetchError, ServerFault
from aggregator.fetch.address import Address
from aggregator.fetch.answer import Answer
from aggregator.fetch.limits import Limits
from aggregator.fetch.websub import (
    LEASE,
    Mode,
    Request,
    ask,
    is_signed,
    new_secret,
    read_question,
    secure_hub,
)
from tests.fetch.conftest import Origin, Visitor, reply

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HUB = "https://hub.example/"
REQUEST = Request(
    Mode.SUBSCRIBE, HUB, "https://a.example/feed?x=1&y=ü", "https://us.example/hooks/1", b"secret"
)


class Hubs:
    """Answers by address, and remembers what was handed in where."""

    limits = Limits()

    def __init__(self, answers: Mapping[str, tuple[int, str]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def hand_in(self, address: Address, form: bytes) -> Answer:
        assert form == REQUEST.form()
        self.asked.append(address.url)
        status, location = self.answers[address.url]
        headers = {"Location": location} if location else {}
        return Answer(address, httpx.Response(status, headers=headers), NOW)


def asked(answers: Mapping[str, tuple[int, str]]) -> list[str]:
    hubs = Hubs(answers)
    asyncio.run(ask(hubs, REQUEST))
    return hubs.asked


# --- asking ------------------------------------------------------------------------------------


def test_a_request_says_all_that_a_hub_needs() -> None:
    assert parse_qs(REQUEST.form().decode("ascii")) == {
        "hub.mode": ["subscribe"],
        "hub.topic": ["https://a.example/feed?x=1&y=ü"],
        "hub.callback": ["https://us.example/hooks/1"],
        "hub.lease_seconds": ["864000"],
        "hub.secret": ["secret"],
    }


def test_a_goodbye_tells_no_secret() -> None:
    form = Request(Mode.UNSUBSCRIBE, HUB, "t", "c", b"secret").form()
    assert sorted(parse_qs(form.decode())) == ["hub.callback", "hub.mode", "hub.topic"]


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert {len(one) for one in made} == {43}


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_will_do(status: int) -> None:
    assert asked({HUB: (status, "")}) == [HUB]


@pytest.mark.parametrize("status", [307, 308])
def test_a_hub_may_send_us_to_another(status: int) -> None:
    other = "https://other.example/hub"
    assert asked({HUB: (status, other), other: (202, "")}) == [HUB, other]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((301, "https://other.example/"), ServerFault),
        ((303, "https://other.example/"), ServerFault),
        ((307, "http://other.example/"), BlockedAddress),
        ((307, "file:///etc/passwd"), BlockedAddress),
        ((307, HUB), ServerFault),
        ((307, ""), ServerFault),
        ((404, ""), FetchError),
        ((400, ""), Denied),
        ((500, ""), ServerFault),
    ],
)
def test_whatever_else_is_a_failure(answer: tuple[int, str], error: type[FetchError]) -> None:
    with pytest.raises(error):
        asked({HUB: answer})


def test_a_form_is_handed_in_as_it_is(origin: Origin, visitor: Visitor) -> None:
    origin.play(reply(202, body=b""))

    async def hand_in() -> Answer:
        client = visitor.client()
        try:
            address = Address("http", "127.0.0.1", origin.port, "/hub?a=1")
            return await client.hand_in(address, b"hub.mode=subscribe")
        finally:
            await client.aclose()

    assert asyncio.run(hand_in()).status == 202
    (sent,) = origin.asked
    assert sent.line == "POST /hub?a=1 HTTP/1.1"
    assert sent.fields["content-type"] == "application/x-www-form-urlencoded"
    assert sent.fields["content-length"] == "18"
    assert "authorization" not in sent.fields


def test_hubs_go_through_the_same_guard(origin: Origin, visitor: Visitor) -> None:
    async def hand_in() -> None:
        client = visitor.client(guard=visitor.guard())
        try:
            await client.hand_in(Address("http", "127.0.0.1", origin.port, "/"), b"a=b")
        finally:
            await client.aclose()

    with pytest.raises(BlockedAddress):
        asyncio.run(hand_in())
    assert origin.knocks == []


@pytest.mark.parametrize(
    ("hubs", "chosen"),
    [
        (["https://a.example/hub"], "https://a.example/hub"),
        (["http://a.example/hub"], "https://a.example/hub"),
        (["http://a.example:80/"], "https://a.example/"),
        (["http://a.example:8080/"], None),
        (["file:///a", "no address", "https://b.example"], "https://b.example/"),
        ([], None),
    ],
)
def test_a_hub_is_only_ever_asked_by_https(hubs: list[str], chosen: str | None) -> None:
    assert secure_hub(hubs) == chosen


# --- being asked -------------------------------------------------------------------------------


def question(**changes: str) -> bytes:
    fields = {"mode": "subscribe", "topic": "https://a.example/feed", "challenge": "c"} | changes
    return urlencode({f"hub.{name}": value for name, value in fields.items()}).encode()


def test_a_question_is_read() -> None:
    read = read_question(question(lease_seconds="60"))
    assert read is not None
    assert (read.mode, read.topic, read.challenge, read.lease) == (
        Mode.SUBSCRIBE, "https://a.example/feed", b"c", timedelta(minutes=1)
    )  # fmt: skip


def test_a_denial_needs_no_challenge() -> None:
    read = read_question(b"hub.mode=denied&hub.topic=t&hub.reason=no")
    assert read is not None
    assert read.mode is Mode.DENIED


@pytest.mark.parametrize(
    "query",
    [
        b"",
        question(mode="dance"),
        question(challenge=""),
        question() + b"&hub.mode=unsubscribe",
        question() + b"&a=b" * 60,
        b"hub.mode=\xff",
    ],
)
def test_nonsense_is_no_question(query: bytes) -> None:
    assert read_question(query) is None


@pytest.mark.parametrize("said", ["0", "-5", "1e9", "٣", "9" * 30, " 60", "60.0"])
def test_a_lease_beyond_reading_is_the_one_we_asked_for(said: str) -> None:
    read = read_question(question(lease_seconds=said))
    assert read is not None
    assert read.lease == LEASE


@given(st.binary(max_size=200))
def test_whatever_is_asked_never_breaks_us(query: bytes) -> None:
    read = read_question(query)
    assert read is None or timedelta(0) < read.lease <= timedelta(days=30)


@given(st.binary(min_size=1, max_size=50))
def test_a_challenge_goes_back_byte_for_byte(challenge: bytes) -> None:
    query = urlencode({"hub.mode": "subscribe", "hub.topic": "t", "hub.challenge": challenge})
    read = read_question(query.encode())
    assert read is not None
    assert read.challenge == challenge


# --- signatures --------------------------------------------------------------------------------


@given(
    st.binary(max_size=200),
    st.binary(min_size=1, max_size=64),
    st.sampled_from(["sha1", "sha256", "sha384", "sha512"]),
    st.booleans(),
)
def test_a_true_signature_is_known(body: bytes, secret: bytes, method: str, loud: bool) -> None:
    digest = hmac.new(secret, body, getattr(hashlib, method)).hexdigest()
    signature = f"{method}={digest}"
    assert is_signed(signature.upper() if loud else signature, secret, body)
    assert not is_signed(signature, secret + b"x", body)
    assert not is_signed(signature, secret, body + b"x")


@given(st.text(max_size=100) | st.from_regex(r"sha\d{1,3}=[0-9a-f]*", fullmatch=True))
def test_what_was_not_made_with_the_secret_is_none(signature: str) -> None:
    assert not is_signed(signature, b"secret", b"body")


def test_a_weak_method_is_no_signature() -> None:
    digest = hmac.new(b"s", b"b", hashlib.md5).hexdigest()
    assert not is_signed(f"md5={digest}", b"s", b"b")
    assert not is_signed(f"sha224={hmac.new(b's', b'b', hashlib.sha224).hexdigest()}", b"s", b"b")
