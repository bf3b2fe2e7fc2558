"""What the refusals of Meta's Graph mean, and how much of our allowance is used up.

In: an error of the client, with what the answer says. Out: the error that people can act on.
What Meta says in words is never passed on: it may quote a token.
Specification: https://developers.facebook.com/docs/graph-api/guides/error-handling and
https://developers.facebook.com/docs/graph-api/overview/rate-limiting.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aggregator.connectors._shape import Part, read_json
from aggregator.errors import (
    Denied,
    FetchError,
    NotFound,
    PermissionMissing,
    RateLimited,
    ServerFault,
    TokenExpired,
    TokenRevoked,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import Document, Token, TokenNeed

_OF_TOKENS = frozenset({102, 190})
_EXPIRED = 463
_REVOKED = {
    458: "its app was removed from the account",
    459: "its owner must sign in once more",
    460: "its owner changed the password",
    464: "its owner's account is not confirmed",
    492: "its owner has no role on the Page any more",
}
"""Sub-codes, and what happened."""
_OF_RATES = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
_OF_PERMISSIONS = frozenset({3, 10, *range(200, 300)})
_PASSING = frozenset({1, 2})
_PARAMETER = 100
_NOT_THERE = 33
_NO_SUCH_NAME = 803
_NO_LONGER = 12
_USUAL_WAIT = timedelta(hours=1)
"""Allowances are counted over the last hour."""
_LONGEST_WAIT = 24 * 60
"""Minutes."""
_FULL = 100
"""Per cent."""


def meant(error: FetchError, network: str, need: TokenNeed, token: Token) -> FetchError:
    """The error that a refusal is, by Meta's own code; the same where it says none."""
    said = _said(error)
    code = said.number("code")
    if code is None:
        return error
    new = _by_code(code, said, error, network)
    if new is None:
        new = _of_access(code, said, network, need, token)
    new.url, new.status = error.url, error.status
    return new


def wait_of(headers: Mapping[str, str]) -> timedelta | None:
    """How long until we are answered again; None: we may ask on.

    Only one of the two fields tells it, in minutes; both tell per cents of an allowance.
    """
    cases = _json(headers.get("x-business-use-case-usage"))
    lists = cases.values() if isinstance(cases, dict) else ()
    found = [one for case in lists if isinstance(case, list) for one in case]
    found.append(_json(headers.get("x-app-usage")))
    uses = [Part(one) for one in found]
    minutes = [one.number("estimated_time_to_regain_access") or 0 for one in uses]
    longest = max(minutes, default=0)
    if longest > 0:
        return timedelta(minutes=min(longest, _LONGEST_WAIT))
    names = ("call_count", "total_cputime", "total_time")
    is_used_up = any((one.number(name) or 0) >= _FULL for one in uses for name in names)
    return _USUAL_WAIT if is_used_up else None


def _by_code(code: int, said: Part, error: FetchError, network: str) -> FetchError | None:
    """Of all that is not about what the token may do."""
    words = (said.maybe("message") or "").lower()
    if code in _OF_RATES:
        what = f"{network} answers no more requests of this app for now."
        return RateLimited(what, retry_after=wait_of(error.headers) or _USUAL_WAIT)
    if code in _PASSING or said.says("is_transient"):
        return ServerFault(f"{network} failed to answer (its error {code}).")
    if code == _NO_SUCH_NAME or (code, said.number("error_subcode")) == (_PARAMETER, _NOT_THERE):
        return NotFound(
            f"{network} shows us no such account or post.",
            advice="Correct the name in feeds.yaml, and look whether the token was made for that "
            "account.",
        )
    is_field = code == _PARAMETER and "field" in words and "permission" not in words
    if code == _NO_LONGER or is_field:
        return UnexpectedShape(
            f"{network} no longer answers questions as they are put here (its error {code})."
        )
    return None


def _of_access(code: int, said: Part, network: str, need: TokenNeed, token: Token) -> FetchError:
    renew = f"Make a new one ({need.page}), and set {token.variable} to it."
    words = (said.maybe("message") or "").lower()
    if code in _OF_TOKENS:
        reason = said.number("error_subcode")
        if reason in _REVOKED:
            what = f"The token in {token.variable} counts no more on {network}: {_REVOKED[reason]}."
            return TokenRevoked(what, advice=renew)
        if reason == _EXPIRED or "expired" in words:
            return TokenExpired(f"The token in {token.variable} has expired.", advice=renew)
        return TokenWrong(f"{network} does not know the token in {token.variable}.", advice=renew)
    if "secret proof" in words or "appsecret_proof" in words:
        return PermissionMissing(
            f"The app of the token in {token.variable} wants its secret shown with each question.",
            advice="Switch off “Require App Secret” in the app's advanced settings on "
            "https://developers.facebook.com/apps.",
        )
    if code in _OF_PERMISSIONS or (code == _PARAMETER and "permission" in words):
        return PermissionMissing(
            f"The token in {token.variable} does not allow to read this account on {network}.",
            advice=f"{need.how} Its page: {need.page}.",
        )
    return Denied(
        f"{network} refuses to answer (its error {code}).",
        advice="Look for this number at "
        "https://developers.facebook.com/docs/graph-api/guides/error-handling.",
    )


def _said(error: FetchError) -> Part:
    try:
        return read_json(Document(error.url, error.body)).at("error")
    except UnexpectedShape:
        return Part(None)


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None
