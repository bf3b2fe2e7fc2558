"""The environment: read in one place, and its secrets printed in none."""

from typing import Any

import pytest

from aggregator.errors import SettingsError
from aggregator.settings import Settings, load_settings

NAME = "X_BEARER_TOKEN"


@pytest.fixture
def _set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, " from-outside\n")


@pytest.mark.usefixtures("_set")
def test_a_token_comes_from_the_environment() -> None:
    assert load_settings().token(NAME) == "from-outside"


@pytest.mark.usefixtures("_set")
def test_sealed_settings_hear_nothing_from_outside() -> None:
    assert load_settings(sealed=True).token(NAME) is None


@pytest.mark.usefixtures("_set")
@pytest.mark.parametrize("sealed", [True, False])
def test_tokens_that_are_handed_in_stand_for_the_environment(sealed: bool) -> None:
    settings = load_settings(sealed=sealed, tokens={"OTHER_TOKEN": "handed-in"})
    assert (settings.token("OTHER_TOKEN"), settings.token(NAME)) == ("handed-in", None)


@pytest.mark.parametrize("held", ["", "  ", None])
def test_nothing_is_no_token(held: str | None) -> None:
    tokens = {} if held is None else {NAME: held}
    assert load_settings(sealed=True, tokens=tokens).token(NAME) is None


def test_our_own_secrets_are_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of feeds.yaml must not send them to anybody."""
    monkeypatch.setenv("AGGREGATOR_SECRET_KEY", "k" * 40)
    assert load_settings().token("AGGREGATOR_SECRET_KEY") is None
    assert load_settings().token("aggregator_secret_key") is None


def test_settings_print_no_token() -> None:
    settings = load_settings(sealed=True, tokens={NAME: "handed-in"})
    assert "handed-in" not in f"{settings} {settings!r} {settings.model_dump()}"
    assert "handed-in" not in settings.model_dump_json()


def test_tokens_are_no_setting() -> None:
    assert not {name for name in Settings.model_fields if "tokens" in name}


def test_sites_for_frames_are_a_comma_list() -> None:
    settings = load_settings(
        sealed=True, frame_sites="https://www.example.org/, http://*.a.test:81"
    )
    assert settings.frame_sites == ("https://www.example.org", "http://*.a.test:81")


@pytest.mark.parametrize(
    "said",
    ["www.example.org", "https://a.test/page", "https://a.test; script-src *", "*", "'none'"],
)
def test_what_is_no_site_is_refused_for_frames(said: str) -> None:
    """It goes into a policy word for word."""
    with pytest.raises(SettingsError, match="AGGREGATOR_FRAME_SITES"):
        load_settings(sealed=True, frame_sites=said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mail_to", "Anna <anna@example.org>"),
        ("mail_to", "a@example.org\nBcc: b@example.org"),
        ("mail_to", "a@example.org;b@example.org"),
        ("mail_from", "alerts"),
        ("mail_from", "alerts@example.org\r\nX: y"),
        ("quiet_hours", "22"),
        ("quiet_hours", "22-22"),
        ("quiet_hours", "22-24"),
        ("quiet_hours", "ten to seven"),
        ("digest_at", "8 o'clock"),
        ("digest_at", "24:00"),
    ],
)
def test_what_is_no_address_and_no_hour_is_refused(name: str, said: str) -> None:
    given: dict[str, Any] = {name: said}
    with pytest.raises(SettingsError, match=f"AGGREGATOR_{name.upper()}"):
        load_settings(sealed=True, **given)


def test_addresses_and_hours_of_alerts() -> None:
    settings = load_settings(
        sealed=True,
        mail_to=" a@example.org,, b@example.org ",
        quiet_hours=" 22-6:30 ",
        digest_at="",
    )
    assert settings.mail_to == ("a@example.org", "b@example.org")
    assert (settings.quiet_hours, settings.digest_at) == ("22-6:30", "")


@pytest.mark.parametrize(
    "said", ["proxy:3128", "proxy", "https://proxy.test", "http://", "http://a.test:x", "http://["]
)
def test_what_is_no_proxy_is_refused_at_the_start(said: str) -> None:
    """Else `serve` runs, and visits nothing."""
    with pytest.raises(SettingsError, match="AGGREGATOR_PROXY"):
        load_settings(sealed=True, proxy=said)


def test_a_proxy_with_a_password_is_taken_and_never_printed() -> None:
    settings = load_settings(sealed=True, proxy="http://me:hunter2@proxy.test:3128")
    assert "hunter2" not in f"{settings!r}"
