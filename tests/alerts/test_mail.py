"""Mail is handed to real servers: those that take it, refuse it, are slow, and are not there."""

import asyncio
import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.alerts.mail import Mail
from aggregator.alerts.message import Message
from aggregator.alerts.relay import Relay
from aggregator.errors import NotSent
from aggregator.fetch.operator import tls_context
from tests.alerts.conftest import Certificate, StartMail

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
TO = ("web@example.org", "press@example.org")
LOGIN: dict[str, Any] = {"user": "aggregator", "password": "p@ss/word"}


def mail(port: int, trusted: Path | None = None, **relay: object) -> Mail:
    known: dict[str, object] = {"tls_first": False, "encrypted": False} | relay
    to = Relay("localhost" if trusted else "127.0.0.1", port, **known)  # type: ignore[arg-type]
    return Mail(to, "alerts@example.org", TO, lambda: tls_context(trusted))


def refusal(mail: Mail, message: Message) -> str:
    """What is said of a mail that is not taken."""
    with pytest.raises(NotSent) as refused:
        asyncio.run(mail.send(message))
    return f"{refused.value} {refused.value.advice}"


def test_a_mail_arrives_as_plain_text_that_no_machine_answers(
    mail_server: StartMail, message: Message
) -> None:
    server = mail_server()
    assert asyncio.run(mail(server.port).send(message)) == ""
    taken = server.taken()
    assert (taken["from"], taken["to"]) == ("alerts@example.org", list(TO))
    assert taken["hello"] == "example.org"
    arrived = email.message_from_string(taken["mail"], policy=default)
    assert arrived["Subject"] == "[Aggregator] family-example: not found"
    assert arrived["From"] == "Aggregator <alerts@example.org>"
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["Date"] == "Mon, 23 Nov 2026 12:00:00 +0000"
    assert arrived.get_content_type() == "text/plain"
    assert arrived.get_content().replace("\r\n", "\n") == message.body


def test_the_same_message_has_the_same_id(message: Message) -> None:
    """Of two copies, sent because a crash came between sending and remembering, one is dropped."""
    written = mail(25).written(message)["Message-ID"]
    assert written == mail(25).written(replace(message, body="Other."))["Message-ID"]
    assert written != mail(25).written(replace(message, key="k2"))["Message-ID"]


@pytest.mark.parametrize("first", [True, False])
def test_it_logs_in_under_tls_only(
    mail_server: StartMail, message: Message, certificate: Certificate, first: bool
) -> None:
    server = mail_server(login=True, tls="first" if first else "later", **certificate.orders)
    channel = mail(server.port, certificate.cert, tls_first=first, encrypted=True, **LOGIN)
    asyncio.run(channel.send(message))
    taken = server.taken()
    assert (taken["tls"], taken["login"]) == (True, True)


@pytest.mark.parametrize("first", [True, False])
def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    mail_server: StartMail, message: Message, certificate: Certificate, first: bool
) -> None:
    server = mail_server(login=True, tls="first" if first else "later", **certificate.orders)
    channel = mail(server.port, tls_first=first, encrypted=True, **LOGIN)
    told = refusal(replace(channel, relay=replace(channel.relay, host="localhost")), message)
    assert "The certificate of localhost" in told


def test_a_certificate_of_another_name_is_not_believed(
    mail_server: StartMail, message: Message, certificate: Certificate
) -> None:
    server = mail_server(**certificate.orders)
    channel = mail(server.port, certificate.cert, encrypted=True)
    told = refusal(replace(channel, relay=replace(channel.relay, host="127.0.0.1")), message)
    assert "The certificate of 127.0.0.1" in told


def test_a_password_is_not_sent_in_the_open(mail_server: StartMail, message: Message) -> None:
    """A server, or who stands between, that offers no STARTTLS gets nothing."""
    server = mail_server()
    assert "offers no encryption" in refusal(mail(server.port, encrypted=True, **LOGIN), message)


def test_a_wrong_password_is_told_and_not_repeated(
    mail_server: StartMail, message: Message, certificate: Certificate
) -> None:
    server = mail_server(login=True, **certificate.orders)
    wrong = LOGIN | {"password": "secret"}
    told = refusal(mail(server.port, certificate.cert, encrypted=True, **wrong), message)
    assert "did not accept the user name and password (535)" in told
    assert "secret" not in told


def test_what_a_refusing_server_says_is_not_repeated(
    mail_server: StartMail, message: Message
) -> None:
    told = refusal(mail(mail_server(mode="refusing").port), message)
    assert "refused the message (554)" in told
    assert "secret" not in told


def test_addresses_that_are_all_refused_are_a_failure(
    mail_server: StartMail, message: Message
) -> None:
    told = refusal(mail(mail_server(refused=TO).port), message)
    assert "refused every address of AGGREGATOR_MAIL_TO (550)" in told
    assert "example.org" not in told


def test_one_refused_address_keeps_nothing_from_the_others(
    mail_server: StartMail, message: Message
) -> None:
    server = mail_server(refused=TO[:1])
    assert asyncio.run(mail(server.port).send(message)) == "1 of 2 addresses were refused"
    assert server.taken()["to"] == [TO[1]]


@pytest.mark.parametrize("mode", ["slow", "silent"])
def test_a_slow_server_is_cut_off(mail_server: StartMail, message: Message, mode: str) -> None:
    channel = replace(mail(mail_server(mode=mode).port), deadline=0.3)
    assert "took longer than 0.3 seconds" in refusal(channel, message)


def test_a_server_that_never_answers_is_left_after_a_while(
    mail_server: StartMail, message: Message
) -> None:
    channel = replace(mail(mail_server(mode="silent").port), patience=0.1)
    assert "did not answer in time" in refusal(channel, message)


def test_to_be_stopped_ends_it_at_once(mail_server: StartMail, message: Message) -> None:
    async def stopped(channel: Mail) -> None:
        task = asyncio.create_task(channel.send(message))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    # Leaving the loop waits for its threads: it would hang for as long as the server does.
    asyncio.run(stopped(replace(mail(mail_server(mode="silent").port), patience=3600)))


def test_a_server_that_is_down_is_told(closed_port: int, message: Message) -> None:
    assert "could not be reached" in refusal(mail(closed_port), message)


def test_tls_where_none_is_spoken_is_told(mail_server: StartMail, message: Message) -> None:
    channel = mail(mail_server().port, tls_first=True, encrypted=True)
    assert "does not speak TLS" in refusal(channel, message)


@given(st.text(), st.text())
def test_no_subject_and_no_text_can_add_a_header(subject: str, body: str) -> None:
    message = Message(subject, body, AT, "k")
    written = mail(25).written(message).as_bytes(policy=default.clone(linesep="\r\n"))
    names = [name.lower() for name in email.message_from_bytes(written, policy=default)]
    assert sorted(names) == sorted(
        ["subject", "from", "to", "date", "message-id", "auto-submitted", "content-type",
         "content-transfer-encoding", "mime-version"]
    )  # fmt: skip


@pytest.fixture
def closed_port() -> Iterator[int]:
    """Where nobody listens: it is held, and no connection is taken."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_no_channel_shows_its_secrets(certificate: Certificate) -> None:
    channel = mail(25, certificate.cert, **LOGIN)
    assert "p@ss" not in repr(channel)
    assert isinstance(channel.tls(), ssl.SSLContext)
