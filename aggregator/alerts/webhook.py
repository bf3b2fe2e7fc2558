"""Messages by webhook: one JSON object, ``{"text": …}``, as Slack and what follows it take it.

The address is a secret: whoever knows it may write there. Only its host is ever told.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aggregator.alerts.message import Message
from aggregator.alerts.relay import is_this_machine
from aggregator.errors import NotSent, SettingsError

VARIABLE = "AGGREGATOR_WEBHOOK_URL"
MOST = 3500
"""Characters of a text; Slack cuts at 4,000, and escapes count."""
_LOOK = "It is tried again; where that lasts, look at the service behind the webhook."
_GOOD = range(200, 300)
_LEADS_ELSEWHERE = range(300, 400)
_WRONG_ADDRESS = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, slots=True)
class Webhook:
    """The channel ``webhook``."""

    url: str = field(repr=False)
    post: Callable[[str, Mapping[str, str]], Awaitable[int]] = field(repr=False)
    """Posts an object as JSON; answers with the status. Raises NotSent."""
    name: str = "webhook"

    @property
    def place(self) -> str:
        """Where it leads, for people."""
        return f"webhook at {urlsplit(self.url).hostname}"

    async def send(self, message: Message) -> str:
        """Hand it over. Raises NotSent."""
        status = await self.post(self.url, {"text": text_of(message)})
        host = urlsplit(self.url).hostname
        if status in _GOOD:
            return ""
        if status in _LEADS_ELSEWHERE:
            words = f"{host} answers that its address is another one ({status})."
            raise NotSent(words, advice=f"Set {VARIABLE} to the new address.")
        if status in _WRONG_ADDRESS:
            words = f"{host} does not know this webhook any more ({status})."
            raise NotSent(words, advice=f"Make a new webhook there, and set {VARIABLE} to it.")
        raise NotSent(f"{host} did not take the message ({status}).", advice=_LOOK)


def text_of(message: Message) -> str:
    """Subject and body as one text, in which no character is markup."""
    whole = f"{message.title}\n\n{message.body}".rstrip()
    if len(whole) > MOST:
        whole = f"{whole[:MOST].rpartition(chr(10))[0]}\n… `alerts` and `status` tell the rest."
    for character, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        whole = whole.replace(character, written)
    return whole


def read_webhook(url: str, *, is_allowed: Callable[[str], bool]) -> str:
    """The address, checked; ``is_allowed``: whether an IP address is in the operator's networks.

    Raises SettingsError, which repeats nothing of it.
    """
    url = url.strip()
    advice = "Copy it whole from where the webhook was made; it starts with https://."
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise SettingsError(VARIABLE, "this is no address", advice=advice) from None
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise SettingsError(VARIABLE, "this is no address", advice=advice)
    if parts.scheme == "http" and (is_this_machine(host) or is_allowed(host)):
        return url
    if parts.scheme != "https":
        words = (
            "an address that starts with https:// is wanted; http:// goes to this machine and to "
            "addresses in AGGREGATOR_ALLOW_NETWORKS only"
        )
        raise SettingsError(VARIABLE, words, advice=advice)
    return url
