"""What ``AGGREGATOR_SMTP_URL`` may say; nothing of it is repeated in an error."""

import pytest

from aggregator.alerts.relay import Relay, read_relay
from aggregator.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.org", Relay("mail.example.org", 587, tls_first=False)),
        ("smtps://mail.example.org", Relay("mail.example.org", 465, tls_first=True)),
        ("smtp://mail.example.org:25/", Relay("mail.example.org", 25, tls_first=False)),
        (
            "smtps://web%40example.org:p%2Fw@mail.example.org",
            Relay("mail.example.org", 465, tls_first=True, user="web@example.org", password="p/w"),
        ),
        (
            "smtp://127.0.0.1:25?starttls=no",
            Relay("127.0.0.1", 25, tls_first=False, encrypted=False),
        ),
        (
            "smtp://[::1]:25?starttls=no",
            Relay("::1", 25, tls_first=False, encrypted=False),
        ),
    ],
)
def test_an_address_is_read(url: str, relay: Relay) -> None:
    assert read_relay(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "https://secret@mail.example.org",
        "smtp://",
        "smtp://user:secret@:25",
        "smtp://user:secret@mail.example.org:port",
        "smtp://user:secret/more@mail.example.org",
        "smtp://user:pass#secret@mail.example.org",
        "smtp://user:secret@mail.example.org?starttls=no",
        "smtp://user:secret@192.0.2.1?starttls=no",
        "smtp://user:secret@127.0.0.1?starttls=maybe",
        "smtp://user:secret@127.0.0.1?secret=1",
        "smtps://user:secret@127.0.0.1?starttls=no",
        "smtp://user:secret%0D%0ADATA@mail.example.org",
        "smtp://[secret",
    ],
)
def test_a_wrong_one_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_relay(url)
    assert "secret" not in f"{refused.value} {refused.value.advice}"


def test_a_relay_does_not_show_its_password() -> None:
    assert "p%2Fw" not in repr(read_relay("smtps://user:word@mail.example.org"))
    assert "word" not in repr(read_relay("smtps://user:word@mail.example.org"))
