"""What LinkedIn's refusals mean, and its tokens' renewal and end.

In: an error of the client, with what the answer says. Out: the error that people can act on; a
``Grant``; a moment.
Specification: https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling,
https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/rate-limits,
https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens and
https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from aggregator.connectors._contract import Web
from aggregator.connectors._resets import until_midnight
from aggregator.connectors._shape import Part, read_json
from aggregator.errors import (
    Denied,
    FetchError,
    NotFound,
    PermissionMissing,
    RateLimited,
    TokenExpired,
    TokenRevoked,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import Document, Grant, Token, TokenNeed

PARTS = ("REFRESH_TOKEN", "CLIENT_ID", "CLIENT_SECRET")
"""What a renewal shows besides."""
NEED = TokenNeed(
    variable="LINKEDIN_TOKEN",
    page="https://www.linkedin.com/developers/tools/oauth/token-generator",
    how="An administrator of the organization's page makes it for an app that has the Community "
    "Management API, with the permission r_organization_social.",
    settles=timedelta(days=1),
    parts=PARTS,
    lasts=timedelta(days=60),
)

_RENEWED_AT = "/oauth/v2/accessToken"
_TOLD_AT = "/oauth/v2/introspectToken"
_REVOKED = 65601
_EXPIRED = 65602
_VERSIONS = {"VERSION_MISSING", "NONEXISTENT_VERSION"}
_ENDLESS = 10**9
"""Seconds that no token lasts."""
_MOMENTS = range(10**9, 10**11)
"""Seconds since 1970 in which a token may end."""


def meant(error: FetchError, token: Token) -> FetchError:
    """The error that a refusal is, by LinkedIn's own code; the same where it says no more."""
    said = _said(error)
    code, status = (said.maybe("code") or "").upper(), error.status
    new: FetchError
    if status == HTTPStatus.UNAUTHORIZED:
        new = _of_token(said, code, token)
    elif status == HTTPStatus.UPGRADE_REQUIRED or code in _VERSIONS:
        new = Denied(
            "LinkedIn has retired the version of its interface that we asked for, as it does with "
            "each about a year after its month.",
            advice="Install a newer Aggregator; until then write a later year and month in "
            "feeds.yaml, for example options: {version: 202611}.",
        )
    elif status == HTTPStatus.FORBIDDEN:
        new = PermissionMissing(
            f"LinkedIn does not let the token in {token.variable} read this page's posts.",
            advice="Let an administrator of the page make the token, for an app that has the "
            f"Community Management API, with r_organization_social: {NEED.page}.",
        )
    elif isinstance(error, RateLimited):
        new = RateLimited("LinkedIn answers no more requests of this app for now.")
        # What is counted by the day begins anew at midnight in UTC.
        if error.retry_after is None and "DAY" in (said.maybe("message") or "").upper():
            error.retry_after = until_midnight(error.headers)
    elif isinstance(error, NotFound):
        new = NotFound(
            "LinkedIn shows us no such organization.",
            advice="Open the organization's page in a browser, and correct its name or number in "
            "feeds.yaml.",
        )
    else:
        return error
    new.url, new.status, new.retry_after = error.url, status, error.retry_after
    return new


async def renew(web: Web, server: str, token: Token) -> Grant:
    """Another access token for the refresh token, which keeps its own end.

    Raises TokenExpired where it has ended, or is not there.
    """
    missing = [part for part in PARTS if part not in token.parts]
    if missing:
        names = ", ".join(f"{token.variable}_{part}" for part in missing)
        raise TokenExpired(
            f"The token in {token.variable} cannot be renewed without {names}.",
            advice=_advice(token),
        )
    form = {
        "grant_type": "refresh_token",
        "refresh_token": token.parts["REFRESH_TOKEN"],
        "client_id": token.parts["CLIENT_ID"],
        "client_secret": token.parts["CLIENT_SECRET"],
    }
    try:
        answer = await _post(web, server + _RENEWED_AT, form)
    except Denied as refusal:
        raise _no_renewal(refusal, token) from refusal
    return _grant(answer)


def may_be_asked_about(token: Token) -> bool:
    """Whether its app may ask when it ends, and nothing tells it otherwise: a renewal would."""
    return "REFRESH_TOKEN" not in token.parts and {"CLIENT_ID", "CLIENT_SECRET"} <= {*token.parts}


async def end_of(web: Web, server: str, token: Token) -> datetime | None:
    """When a token ends; None where LinkedIn does not say, as of another app's, or a revoked one.

    Raises Denied where LinkedIn does not know the app.
    """
    form = {
        "client_id": token.parts["CLIENT_ID"],
        "client_secret": token.parts["CLIENT_SECRET"],
        "token": token.access,
    }
    said = await _post(web, server + _TOLD_AT, form)
    ends = said.number("expires_at")
    if ends is None or ends not in _MOMENTS or said.maybe("status") == "revoked":
        return None
    return datetime.fromtimestamp(ends, UTC)


async def _post(web: Web, url: str, form: Mapping[str, str]) -> Part:
    answer = await web.post(
        url, urlencode(form).encode(), content_type="application/x-www-form-urlencoded"
    )
    return read_json(answer)


def _grant(said: Part) -> Grant:
    def lasting(name: str) -> timedelta | None:
        seconds = said.number(name)
        return timedelta(seconds=seconds) if seconds and 0 < seconds < _ENDLESS else None

    return Grant(
        access=said.word("access_token"),
        expires_in=lasting("expires_in"),
        refresh=said.maybe("refresh_token", most=10_000),
        refresh_expires_in=lasting("refresh_token_expires_in"),
    )


def _no_renewal(refusal: Denied, token: Token) -> FetchError:
    unknown = refusal.status == HTTPStatus.UNAUTHORIZED
    if unknown or _said(refusal).maybe("error") == "invalid_client":
        return TokenWrong(
            "LinkedIn does not know the app that is to renew the token.",
            url=refusal.url,
            status=refusal.status,
            advice=f"Compare {token.variable}_CLIENT_ID and {token.variable}_CLIENT_SECRET with "
            "those of the app, on https://www.linkedin.com/developers/apps.",
        )
    return TokenExpired(
        f"The token in {token.variable} has ended, and its refresh token no longer renews it: that "
        "one lasts a year at most.",
        url=refusal.url,
        status=refusal.status,
        advice=_advice(token),
    )


def _of_token(said: Part, code: str, token: Token) -> FetchError:
    number = said.number("serviceErrorCode")
    if number == _REVOKED or "REVOKED" in code:
        what = f"Somebody took back the token in {token.variable} on LinkedIn."
        return TokenRevoked(what, advice=_advice(token))
    if number == _EXPIRED or "EXPIRED" in code:
        return TokenExpired(f"The token in {token.variable} has ended.", advice=_advice(token))
    what = f"LinkedIn does not know the token in {token.variable}, or it has ended."
    return TokenWrong(what, advice=_advice(token))


def _advice(token: Token) -> str:
    return (
        f"Let an administrator of the page make a new one, and set {token.variable} and "
        f"{token.variable}_REFRESH_TOKEN: {NEED.page}."
    )


def _said(error: FetchError) -> Part:
    try:
        return read_json(Document(error.url, error.body))
    except UnexpectedShape:
        return Part(None)
