"""Answers, read: what the fields say, and which error a status is.

In: an ``httpx.Response`` whose body is not read. Out: ``Answer``, FetchErrors.
Specification: RFC 9110, section 15; rules B1, B2, B6, C4, D9 and D11 of the fetching rules.
"""

import re
from datetime import datetime, timedelta

import httpx

from aggregator.errors import (
    Challenged,
    Denied,
    FetchError,
    Gone,
    NotFound,
    RateLimited,
    ServerFault,
    Unreadable,
)
from aggregator.fetch.address import Address, MalformedAddressError, follow
from aggregator.fetch.freshness import fresh_for, renewed_in, retry_after
from aggregator.model import Validators

_MOVED = frozenset({301, 302, 303, 307, 308})
_MOVED_FOR_GOOD = frozenset({301, 308})

_BUSY = frozenset({429, 503})
"""Where no other wait is said, how long the answer may be kept says when to come back (C4)."""
_CHALLENGING = frozenset({403, 429, 503})
_MARKED = {"cf-mitigated": "challenge", "x-amzn-waf-action": "c", "x-datadome": "protected"}
"""Fields of Cloudflare, AWS WAF (challenge or captcha) and DataDome."""
_CHALLENGE = re.compile(
    rb"/cdn-cgi/challenge-platform/|_cf_chl_opt|<title>Just a moment\.\.\.</title>"
    rb"|_Incapsula_Resource|captcha-delivery\.com|/\.well-known/sgcaptcha/|px-captcha"
    rb"|awswaf\.com/|\.within\.website/x/cmd/anubis",
    re.IGNORECASE,
)
"""What stands in the pages of such walls: those, Imperva, SiteGround, PerimeterX and Anubis."""

_WORDS: dict[int, tuple[type[FetchError], str]] = {
    401: (Denied, "wants a user name and a password"),
    403: (Denied, "does not let us read this address"),
    404: (NotFound, "has nothing at this address"),
    407: (Denied, "wants us to use a proxy"),
    410: (Gone, "says that this address is gone for good"),
    429: (RateLimited, "asks us to come back later"),
    451: (Denied, "may not show this address for legal reasons"),
}


class Answer:
    """The head of a final answer."""

    def __init__(
        self,
        address: Address,
        response: httpx.Response,
        now: datetime,
        issuer: str | None = None,
    ) -> None:
        self.address = address
        self.issuer = issuer
        """The organisation that issued its server's certificate; None: not known."""
        self.status = response.status_code
        self._now = now
        self._values: dict[str, list[str]] = {}
        for name, value in response.headers.raw:
            # As Latin-1, every byte survives: validators go back exactly as they came.
            self._values.setdefault(name.decode("ascii").lower(), []).append(
                value.decode("latin-1")
            )
        self.fields = {name: ", ".join(values) for name, values in self._values.items()}
        """Lower-case names; repeated fields joined by a comma and a space."""

    def only(self, name: str) -> str | None:
        """A field that may come once; where several differ, none can be believed."""
        values = set(self._values.get(name, ()))
        return (values.pop() or None) if len(values) == 1 else None

    @property
    def moved(self) -> bool:
        """Whether it sends us elsewhere."""
        return self.status in _MOVED

    @property
    def moved_for_good(self) -> bool:
        """Whether it says that it always will."""
        return self.status in _MOVED_FOR_GOOD

    def target(self) -> Address:
        """Where it sends us. Raises ServerFault where that cannot be read (rule D8)."""
        location = self.only("location")
        if location is None:
            raise self.error(ServerFault, "sends us elsewhere without saying where.")
        try:
            # Fields are bytes; where they mean more than ASCII, they mean UTF-8.
            location = location.encode("latin-1").decode("utf-8", errors="replace")
            return follow(self.address, location)
        except MalformedAddressError as error:
            raise self.error(
                ServerFault, f"sends us to an address that cannot be used: {error}."
            ) from error

    def validators(self) -> Validators | None:
        """The pair of this answer, each exactly as received; None where it has neither."""
        etag, last_modified = self.only("etag"), self.only("last-modified")
        if etag is None and last_modified is None:
            return None
        return Validators(self.address.url, etag, last_modified)

    def fresh_for(self) -> timedelta | None:
        """How long it says that it stays fresh; None where it does not say."""
        return fresh_for(self.fields, self._now)

    @property
    def is_busy(self) -> bool:
        """Whether it is the server that wants patience, and not this one address."""
        return self.status in _BUSY

    @property
    def may_be_a_challenge(self) -> bool:
        """Whether its page should be looked at to know what it means (rule D11)."""
        kind = self.fields.get("content-type", "").lower()
        return self.status in _CHALLENGING and not self._is_marked and "html" in kind

    @property
    def _is_marked(self) -> bool:
        """Whether its fields say that it is a wall against robots."""
        return any(
            self.fields.get(name, "").lower().startswith(told) for name, told in _MARKED.items()
        )

    def failure(self, page: bytes = b"") -> FetchError:
        """The error that this status is, for all but 200 and what is handled before.

        ``page``: the beginning of its body, where it may be a challenge.
        """
        wait = self.wait()
        kind: type[FetchError]
        if self.status in _CHALLENGING and (self._is_marked or _CHALLENGE.search(page)):
            kind, words = Challenged, "shows robots a puzzle instead of its feed"
        elif self.status == httpx.codes.SERVICE_UNAVAILABLE and wait is not None:
            kind, words = _WORDS[429]
        elif self.status in _WORDS:
            kind, words = _WORDS[self.status]
        elif httpx.codes.is_client_error(self.status):
            kind, words = Denied, "refused our request"
        elif httpx.codes.is_server_error(self.status):
            kind, words = ServerFault, "has a fault of its own"
        elif httpx.codes.is_success(self.status):
            kind, words = Unreadable, "sent no whole document"
        else:
            kind, words = ServerFault, "gave an answer that means nothing to us"
        error = self.error(kind, f"{words} (status {self.status}).")
        error.retry_after = wait
        return error

    def wait(self) -> timedelta | None:
        """How long it asks us to stay away, if it does (rule C4)."""
        asked = retry_after(self.only("retry-after") or "", self._now)
        if asked is None and self.is_busy:
            refused = self.status == httpx.codes.TOO_MANY_REQUESTS
            return renewed_in(self.fields, self._now, refused=refused) or self.fresh_for()
        return asked

    def renewed_in(self) -> timedelta | None:
        """How long until there is another answer after this good one; None: at once."""
        return renewed_in(self.fields, self._now)

    def error(self, kind: type[FetchError], what: str) -> FetchError:
        """An error that names the host and carries address and status."""
        return kind(f"{self.address.host} {what}", url=self.address.url, status=self.status)
