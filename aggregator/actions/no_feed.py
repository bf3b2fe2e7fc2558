"""Why there is no feed at an address, in plain words and with what to do.

Not here: the search itself (``discover.py``).
"""

import re
from enum import StrEnum
from urllib.parse import urlsplit

from aggregator.errors import (
    BlockedAddress,
    CreditSpent,
    Denied,
    FetchError,
    Gone,
    NotFound,
    PermissionMissing,
    RateLimited,
    ServerFault,
    TokenExpired,
    TokenMissing,
    TokenRevoked,
    TokenWrong,
    Unreachable,
)
from aggregator.model import Document
from aggregator.normalise.pages import Page

_LOGIN = re.compile(r"/(?:log-?in|sign-?in|signup|accounts?/login|checkpoint|consent)\b|^consent\.")


class Why(StrEnum):
    """Why no feed was found: a stable word for machines."""

    NO_ADDRESS = "no address"
    NO_FEED = "no feed"
    PLATFORM = "platform without feeds"
    KEYLESS = "token"
    LOGIN = "login"
    APP = "page made in the browser"
    ROBOTS = "robots.txt"
    REFUSED = "refused"
    NOT_FOUND = "not found"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


class NoneFound(Exception):  # noqa: N818 - the end of a search, not a fault
    """The search ended without a feed."""

    def __init__(self, why: Why, words: str, next_step: str) -> None:
        super().__init__(words)
        self.why = why
        self.words = words
        self.next_step = next_step


def no_address(what: str) -> NoneFound:
    """The text is no address; ``what`` is wrong with it."""
    return NoneFound(
        Why.NO_ADDRESS,
        f"{what.rstrip('.')}.",
        "Copy the address from a browser, as in https://www.example.org/blog; write a handle with "
        "its server, as in @name@social.example.",
    )


_OF_TOKENS = (
    *(TokenMissing, TokenWrong, TokenExpired, TokenRevoked),
    *(PermissionMissing, CreditSpent),
)
"""Refusals that say nothing about the account, and end with a token that holds."""


def explained(error: FetchError) -> NoneFound:
    """Why the address itself brought nothing, and what a person can do about it."""
    if isinstance(error, _OF_TOKENS):
        return NoneFound(Why.KEYLESS, str(error), error.advice)
    if isinstance(error, Denied) and error.status == 401:  # noqa: PLR2004 - RFC 9110, 15.5.2
        return NoneFound(
            Why.LOGIN, str(error), "Only what everybody may read can be followed; ask its owner."
        )
    if isinstance(error, Denied | RateLimited | BlockedAddress):
        return NoneFound(Why.REFUSED, str(error), error.advice)
    if isinstance(error, NotFound | Gone):
        return NoneFound(
            Why.NOT_FOUND, str(error), "Open the page in a browser and copy its address from there."
        )
    if isinstance(error, Unreachable):
        return NoneFound(
            Why.UNREACHABLE, str(error), "Look whether the address is spelt as in the browser."
        )
    if isinstance(error, ServerFault):
        return NoneFound(Why.FAILED, str(error), "Try again later; the fault is the site's.")
    return NoneFound(Why.FAILED, str(error), error.advice)


def nothing_on(document: Document, page: Page, *, forbidden: bool) -> NoneFound:
    """Why a page that came led to no feed."""
    where = urlsplit(document.url)
    host = where.hostname or document.url
    if page.login or _LOGIN.search(where.path) or _LOGIN.search(host):
        return NoneFound(
            Why.LOGIN,
            f"{host} names no feed and asks visitors to sign in.",
            "Only what everybody may read can be followed; ask its owner for a public feed.",
        )
    if forbidden:
        return NoneFound(
            Why.ROBOTS,
            f"{host} names no feed on this page, and asks robots not to look for one.",
            "Ask its owner for the address of a feed, and paste that.",
        )
    if page.app:
        return NoneFound(
            Why.APP,
            f"{host} sends a program instead of a page, and no feed can be seen in it.",
            "Ask its owner whether there is a feed, and paste its address.",
        )
    return NoneFound(
        Why.NO_FEED,
        f"{host} names no feed on this page, and none was found where feeds usually are.",
        "Open the page that lists the newest posts and paste that page's address, or ask its "
        "owner whether there is a feed.",
    )
