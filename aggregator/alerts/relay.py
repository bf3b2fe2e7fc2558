"""The mail server that takes our messages, as ``AGGREGATOR_SMTP_URL`` names it."""

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from aggregator.errors import SettingsError

VARIABLE = "AGGREGATOR_SMTP_URL"
_PORTS = {"smtp": 587, "smtps": 465}
"""For the hand-in of mail (RFC 8314, 3.3 and RFC 6409)."""
_EXAMPLE = "Write it as smtps://USER:PASSWORD@mail.example.org:465 or smtp://…:587."


@dataclass(frozen=True, slots=True)
class Relay:
    """Where and how mail is handed in."""

    host: str
    port: int
    tls_first: bool
    """TLS from the first byte; else by STARTTLS."""
    encrypted: bool = True
    user: str = field(default="", repr=False)
    """Empty: without a login."""
    password: str = field(default="", repr=False)


def read_relay(url: str) -> Relay:
    """What the setting says. Raises SettingsError, which repeats nothing of it."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError(VARIABLE, "this is no address", advice=_EXAMPLE) from None
    if parts.scheme not in _PORTS or not host:
        words = "an address that starts with smtp:// or smtps:// is wanted"
        raise SettingsError(VARIABLE, words, advice=_EXAMPLE)
    if parts.path.strip("/") or parts.fragment:
        # A password with a slash or # in it, not encoded, would end up here.
        words = "nothing may follow the port; in a password, / is written %2F and # %23"
        raise SettingsError(VARIABLE, words, advice=_EXAMPLE)
    relay = Relay(
        host,
        port or _PORTS[parts.scheme],
        tls_first=parts.scheme == "smtps",
        encrypted=_is_encrypted(parts.scheme, host, parts.query),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
    if any(ord(character) < ord(" ") for character in relay.user + relay.password):
        raise SettingsError(VARIABLE, "its user or password holds a control character")
    return relay


def _is_encrypted(scheme: str, host: str, query: str) -> bool:
    asked = parse_qsl(query, keep_blank_values=True)
    if not asked:
        return True
    if asked != [("starttls", "no")] or scheme != "smtp":
        words = "after the ? only starttls=no may stand, and only with smtp://"
        raise SettingsError(VARIABLE, words, advice=_EXAMPLE)
    if not is_this_machine(host):
        words = "starttls=no is for a mail server on this machine only: others would read along"
        raise SettingsError(VARIABLE, words, advice="Take ?starttls=no away.")
    return False


def is_this_machine(host: str) -> bool:
    """Whether nothing sent there leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
