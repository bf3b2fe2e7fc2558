"""The ways to staff that the settings name: mail, webhook, both or none."""

import ipaddress
from functools import partial

from aggregator import __version__
from aggregator.alerts.mail import Mail
from aggregator.alerts.message import Channel
from aggregator.alerts.relay import VARIABLE as SMTP
from aggregator.alerts.relay import read_relay
from aggregator.alerts.webhook import Webhook, read_webhook
from aggregator.errors import AggregatorError, NotSent, SettingsError
from aggregator.fetch.operator import OperatorClient, tls_context
from aggregator.settings import PREFIX, Settings

_NONE = (
    f"Set {SMTP} with {PREFIX}MAIL_FROM and {PREFIX}MAIL_TO, or {PREFIX}WEBHOOK_URL, so that "
    "somebody hears when something is wrong."
)


def channels_of(settings: Settings) -> list[Channel]:
    """All that are set. Raises SettingsError where one is set wrongly or in part."""
    channels: list[Channel] = []
    if smtp := _secret(settings.smtp_url):
        for name in ("mail_from", "mail_to"):
            if not getattr(settings, name):
                raise SettingsError(PREFIX + name.upper(), f"it is empty, and {SMTP} is set")
        certificates = partial(tls_context, settings.ca_file)
        relay = read_relay(smtp)
        channels.append(Mail(relay, settings.mail_from, settings.mail_to, certificates))
    if webhook := _secret(settings.webhook_url):
        client = OperatorClient(
            user_agent=f"Aggregator/{__version__}",
            ca_file=settings.ca_file,
            proxy=_secret(settings.proxy),
        )
        address = read_webhook(webhook, is_allowed=partial(_is_allowed, settings))
        channels.append(Webhook(address, client.post_json))
    return channels


def some_channels(settings: Settings) -> list[Channel]:
    """The same. Raises AggregatorError where there is none."""
    channels = channels_of(settings)
    if not channels:
        raise AggregatorError("Nobody is told of anything: no channel is set.", advice=_NONE)
    return channels


def channel_words(settings: Settings) -> str:
    """For ``doctor``: where alerts go. Sends nothing. Raises AggregatorError."""
    channels = channels_of(settings)
    if channels:
        try:
            tls_context(settings.ca_file)
        except NotSent as error:
            raise SettingsError(f"{PREFIX}CA_FILE", str(error)) from None
    places = "; ".join(channel.place for channel in channels)
    return f"{places} (`alerts test` sends one)" if places else f"none is set. {_NONE}"


def _secret(value: object) -> str:
    """What a setting holds; empty: it is not set, or to nothing."""
    held = getattr(value, "get_secret_value", str)()
    return str(held).strip() if value is not None else ""


def _is_allowed(settings: Settings, host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(ip in network for network in settings.allow_networks)
