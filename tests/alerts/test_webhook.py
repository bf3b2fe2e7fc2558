"""Webhooks are called on a real server; their addresses are told to nobody."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.alerts.message import Message
from aggregator.alerts.webhook import MOST, Webhook, read_webhook, text_of
from aggregator.errors import NotSent, SettingsError
from aggregator.fetch.operator import OperatorClient
from tests.alerts.conftest import Hooks


def webhook(hooks: Hooks, port: int | None = None, deadline: float = 20) -> Webhook:
    client = OperatorClient(user_agent="Aggregator/1", deadline=deadline)
    return Webhook(f"http://127.0.0.1:{port or hooks.port}/T0/secret", client.post_json)


def refusal(webhook: Webhook, message: Message) -> str:
    with pytest.raises(NotSent) as refused:
        asyncio.run(webhook.send(message))
    return f"{refused.value} {refused.value.advice}"


def test_a_message_is_one_json_object(hooks: Hooks, message: Message) -> None:
    assert asyncio.run(webhook(hooks).send(message)) == ""
    ((path, fields, got),) = hooks.got
    assert path == "/T0/secret"
    assert got == {
        "text": "[Aggregator] family-example: not found\n\nIts address leads to nothing.\nÜber."
    }
    assert fields["Content-Type"] == "application/json"
    assert fields["User-Agent"] == "Aggregator/1"


def test_cookies_are_not_kept(hooks: Hooks, message: Message) -> None:
    channel = webhook(hooks)
    for _ in range(2):
        asyncio.run(channel.send(message))
    assert all("Cookie" not in fields for _, fields, _ in hooks.got)


def test_redirects_are_not_followed(hooks: Hooks, message: Message) -> None:
    hooks.status, hooks.location = 307, f"http://127.0.0.1:{hooks.port}/elsewhere"
    assert "another one (307)" in refusal(webhook(hooks), message)
    assert [path for path, _, _ in hooks.got] == ["/T0/secret"]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (404, "does not know this webhook any more (404). Make a new webhook"),
        (410, "does not know this webhook any more (410)"),
        (429, "did not take the message (429)"),
        (500, "did not take the message (500)"),
    ],
)
def test_a_refusal_says_what_to_do(hooks: Hooks, message: Message, status: int, told: str) -> None:
    hooks.status = status
    assert told in refusal(webhook(hooks), message)


def test_a_server_that_does_not_answer_is_left(hooks: Hooks, message: Message) -> None:
    hooks.waits = True
    assert "did not answer in time" in refusal(webhook(hooks, deadline=0.2), message)


def test_a_server_that_is_down_is_told(hooks: Hooks, message: Message) -> None:
    assert "could not be reached" in refusal(webhook(hooks, port=1), message)


def test_the_address_is_a_secret(
    hooks: Hooks, message: Message, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    channel = webhook(hooks)
    asyncio.run(channel.send(message))
    hooks.status = 500
    told = refusal(channel, message) + refusal(webhook(hooks, port=1), message)
    assert "secret" not in told + repr(channel) + channel.place + caplog.text


def test_no_character_is_markup(message: Message) -> None:
    assert "&lt;!channel&gt; &amp;" in text_of(replace(message, subject="<!channel> &"))


def test_a_long_text_ends_at_a_line_and_says_so(message: Message) -> None:
    text = text_of(replace(message, body="one more line\n" * 1000))
    assert len(text) < MOST + 100
    assert text.endswith("one more line\n… `alerts` and `status` tell the rest.")


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.com/T0/secret", "http://127.0.0.1:8065/hooks/secret",
     "http://localhost/secret", "http://10.1.2.3/secret"],
)  # fmt: skip
def test_https_is_wanted_except_within_the_house(url: str) -> None:
    assert read_webhook(f" {url}\n", is_allowed="10.1.2.3".__eq__) == url


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.com/secret", "http://10.1.2.4/secret", "hooks.example.com/secret",
     "ftp://hooks.example.com/secret", "https:///secret", "https://hooks.example.com/secr et",
     "https://hooks.example.com:port/secret", "https://[secret"],
)  # fmt: skip
def test_a_wrong_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_webhook(url, is_allowed="10.1.2.3".__eq__)
    assert "secr" not in f"{refused.value} {refused.value.advice}"


def test_certificates_that_cannot_be_read_are_told(message: Message, tmp_path: Path) -> None:
    client = OperatorClient(user_agent="Aggregator/1", ca_file=tmp_path / "none.pem")
    channel = Webhook("https://localhost:1/secret", client.post_json)
    assert "AGGREGATOR_CA_FILE" in refusal(channel, message)
