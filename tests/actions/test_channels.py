"""Which ways to staff the settings name; wrong ones are refused, and nothing secret is repeated."""

from pathlib import Path
from typing import Any

import pytest

from aggregator.actions.channels import channel_words, channels_of, some_channels
from aggregator.errors import AggregatorError, SettingsError
from aggregator.settings import Settings, load_settings

MAIL = {
    "smtp_url": "smtps://user:secret@mail.example.org",
    "mail_from": "alerts@example.org",
    "mail_to": "web@example.org, press@example.org",
}
HOOK = {"webhook_url": "https://hooks.example.com/T0/secret"}


def settings(**given: Any) -> Settings:
    return load_settings(sealed=True, **given)


def test_none_is_set_to_begin_with() -> None:
    assert channels_of(settings()) == []
    assert channels_of(settings(smtp_url="", webhook_url=" ")) == []
    with pytest.raises(AggregatorError, match="no channel is set") as refused:
        some_channels(settings())
    assert "AGGREGATOR_SMTP_URL" in refused.value.advice


def test_mail_and_webhook_stand_side_by_side() -> None:
    places = [channel.place for channel in channels_of(settings(**MAIL, **HOOK))]
    assert places == [
        "mail to 2 addresses, through mail.example.org:465",
        "webhook at hooks.example.com",
    ]


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        (MAIL | {"mail_to": ""}, "MAIL_TO"),
        (MAIL | {"mail_from": ""}, "MAIL_FROM"),
        (MAIL | {"smtp_url": "mail.example.org:secret"}, "SMTP_URL"),
        ({"webhook_url": "http://hooks.example.com/secret"}, "WEBHOOK_URL"),
        ({"webhook_url": "http://10.1.2.3/secret"}, "WEBHOOK_URL"),
    ],
)
def test_what_is_set_wrongly_is_named(given: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError, match=f"AGGREGATOR_{variable}") as refused:
        channels_of(settings(**given))
    assert "secret" not in f"{refused.value} {refused.value.advice}"


def test_a_webhook_in_the_house_may_do_without_tls() -> None:
    given = {"webhook_url": "http://10.1.2.3/secret", "allow_networks": "10.1.0.0/16"}
    assert channels_of(settings(**given))[0].place == "webhook at 10.1.2.3"


def test_doctor_says_where_alerts_go() -> None:
    assert channel_words(settings()).startswith("none is set. Set AGGREGATOR_SMTP_URL")
    words = channel_words(settings(**MAIL, **HOOK))
    assert words.endswith("webhook at hooks.example.com (`alerts test` sends one)")
    assert "secret" not in words


def test_doctor_finds_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing", "utf-8")
    with pytest.raises(SettingsError, match="AGGREGATOR_CA_FILE"):
        channel_words(settings(**HOOK, ca_file=tmp_path / "no.pem"))
