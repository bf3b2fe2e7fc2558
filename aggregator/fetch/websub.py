"""WebSub as a subscriber speaks it: what is asked of hubs, what hubs ask us, how pushes are signed.

Not here: which hub is asked and when (``actions/subscribe.py``), what a push brings
(``actions/pushed.py``).
Specification: the W3C Recommendation WebSub of 23 January 2018; rules E1 to E5.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol
from urllib.parse import parse_qs, urlencode

import httpx

from aggregator.errors import BlockedAddress, ServerFault
from aggregator.fetch.address import Address, MalformedAddressError, read_address
from aggregator.fetch.answer import Answer
from aggregator.fetch.limits import Limits

LEASE = timedelta(days=10)
"""What we ask for; the hub decides."""
LONGEST_LEASE = timedelta(days=30)
"""What we believe: a hub that forgets us is noticed then at the latest."""
_RANDOM = 32
"""Bytes of randomness in a secret (rule E2)."""
_METHODS = ("sha1", "sha256", "sha384", "sha512")
_SIGNATURE = re.compile(r"(sha\d+)=([0-9a-f]+)", re.IGNORECASE)
_LEASE = re.compile(r"[0-9]{1,9}")
_MOST_FIELDS = 50
_REDIRECTS = frozenset({307, 308})


class Mode(StrEnum):
    """What is asked of a hub, or told by one."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    DENIED = "denied"


class Clerk(Protocol):
    """What hands in forms: the guarded client."""

    limits: Limits

    async def hand_in(self, address: Address, form: bytes) -> Answer:
        """One POST, its answer whatever it is."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What a hub is asked."""

    mode: Mode
    hub: str
    topic: str
    callback: str
    secret: bytes

    def form(self) -> bytes:
        """As it is handed in (WebSub, section 5.1)."""
        fields = {
            "hub.mode": self.mode.value,
            "hub.topic": self.topic,
            "hub.callback": self.callback,
        }
        if self.mode is Mode.SUBSCRIBE:
            fields["hub.lease_seconds"] = str(LEASE // timedelta(seconds=1))
            fields["hub.secret"] = self.secret.decode("ascii")
        return urlencode(fields).encode("ascii")


@dataclass(frozen=True, slots=True)
class Question:
    """What a hub asks or tells us at our own address (WebSub, sections 5.2 and 5.3)."""

    mode: Mode
    topic: str
    challenge: bytes = b""
    """To be sent back as it came, where the hub is right."""
    lease: timedelta = LEASE


def new_secret() -> str:
    """43 characters that nobody can guess: good for a key and for an address of ours."""
    return secrets.token_urlsafe(_RANDOM)


def secure_hub(hubs: Iterable[str]) -> str | None:
    """The hub to ask, by https; None where none can be.

    A key goes through no open line (rule E2), so hubs that are named with http are asked at their
    address with https, as the specification recommends (section 8.2).
    """
    for hub in hubs:
        try:
            address = read_address(hub)
        except (MalformedAddressError, BlockedAddress):
            continue
        if address.scheme == "https":
            return address.url
        if address.port == 80:  # noqa: PLR2004 - http's own; another port speaks no https
            return f"https://{address.netloc}{address.target}"
    return None


async def ask(clerk: Clerk, request: Request) -> None:
    """Hand a request in. That it is taken means only that the hub will ask back.

    A hub may send us to another with 307 or 308 (section 5.1.2).
    Raises FetchError where the request is not taken.
    """
    address = read_address(request.hub)
    form = request.form()
    for _ in range(clerk.limits.redirects + 1):
        if address.scheme != "https":
            raise BlockedAddress(
                f"The hub {address.host} sends us to an address without https.", url=address.url
            )
        answer = await clerk.hand_in(address, form)
        if httpx.codes.is_success(answer.status):
            return
        if answer.status not in _REDIRECTS:
            raise answer.failure()
        address = answer.target()
    raise answer.error(ServerFault, f"redirects us more than {clerk.limits.redirects} times.")


def read_question(query: bytes) -> Question | None:
    """The query of a hub's GET at our address; None where it makes no sense."""
    try:
        found = parse_qs(
            query.decode("ascii"),
            keep_blank_values=True,
            errors="surrogateescape",  # a challenge goes back byte for byte
            max_num_fields=_MOST_FIELDS,
        )
        said = {name: value for name, (value,) in found.items() if name.startswith("hub.")}
        mode, topic = Mode(said.get("hub.mode", "")), said.get("hub.topic", "")
    except ValueError:  # too many fields, one that comes twice, an unknown mode
        return None
    challenge = said.get("hub.challenge", "").encode("utf-8", "surrogateescape")
    if mode is not Mode.DENIED and not challenge:
        return None
    return Question(mode, topic, challenge, _lease(said.get("hub.lease_seconds", "")))


def _lease(said: str) -> timedelta:
    """How long the subscription holds; what we asked for where the hub does not say it."""
    seconds = int(said) if _LEASE.fullmatch(said) else 0
    return min(timedelta(seconds=seconds), LONGEST_LEASE) if seconds else LEASE


def is_signed(signature: str, secret: bytes, body: bytes) -> bool:
    """Whether ``X-Hub-Signature`` shows that who sent ``body`` knows the secret (section 7.1).

    ``body``: as it travelled, before any unpacking.
    """
    said = _SIGNATURE.fullmatch(signature.strip())
    if said is None or said[1].lower() not in _METHODS:
        return False
    wanted = hmac.new(secret, body, getattr(hashlib, said[1].lower())).hexdigest()
    return hmac.compare_digest(wanted, said[2].lower())
