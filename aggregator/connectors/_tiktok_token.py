"""What TikTok's refusals mean, and its tokens' renewal.

In: what an answer says of an error. Out: the error that people can act on; a ``Grant``.
Specification: https://developers.tiktok.com/doc/tiktok-api-v2-error-handling,
https://developers.tiktok.com/doc/oauth-user-access-token-management.
"""

from datetime import timedelta
from urllib.parse import urlencode

from aggregator.connectors._contract import Web
from aggregator.connectors._shape import Part, read_json
from aggregator.errors import (
    Denied,
    FetchError,
    PermissionMissing,
    RateLimited,
    ServerFault,
    TokenExpired,
    TokenWrong,
    UnexpectedShape,
)
from aggregator.model import Document, Grant, Token, TokenNeed

PARTS = ("REFRESH_TOKEN", "CLIENT_KEY", "CLIENT_SECRET")
"""What a renewal shows besides."""
NEED = TokenNeed(
    variable="TIKTOK_TOKEN",
    page="https://developers.tiktok.com/apps/",
    how="The owner of the account lets an app with the Display API read it, with the scopes "
    "user.info.basic, user.info.profile and video.list.",
    parts=PARTS,
)

_SCOPES = {"scope_not_authorized", "scope_permission_missed"}
_ENDLESS = 10**9
"""Seconds that no token lasts."""


def said_in(error: FetchError) -> Part:
    """What a refusal says; a part that holds nothing where that cannot be read."""
    try:
        return read_json(Document(error.url, error.body))
    except UnexpectedShape:
        return Part(None)


def meant(said: Part, token: Token, url: str, refusal: FetchError | None) -> FetchError | None:
    """The error that an answer tells; None where it tells none.

    ``refusal`` is what its status was already; None: 200, which says nothing on TikTok.
    """
    code = said.maybe("error", "code") or ""
    error: FetchError
    if code in {"", "ok"}:
        return refusal
    if code == "access_token_invalid":
        error = TokenExpired(
            f"The access token in {token.variable} has ended, or TikTok does not know it: each "
            "lasts for hours only.",
            advice=_advice(token),
        )
    elif code in _SCOPES:
        error = PermissionMissing(
            f"TikTok does not let the token in {token.variable} read this account.",
            advice="Let the owner of the account allow the app the scopes user.info.basic, "
            f"user.info.profile and video.list: {NEED.page}.",
        )
    elif code == "rate_limit_exceeded":
        error = RateLimited("TikTok answers no more requests of this app for now.")
    elif code == "internal_error":
        error = ServerFault("TikTok has a fault of its own.")
    elif refusal is not None:
        return refusal
    else:
        error = UnexpectedShape(
            "TikTok refuses a question that it answered before.", where="$.error.code"
        )
    error.url = url
    if refusal is not None:
        error.status, error.retry_after = refusal.status, refusal.retry_after
    return error


async def renew(web: Web, server: str, token: Token) -> Grant:
    """Another access token, and another refresh token in the place of the one that is shown.

    Raises TokenExpired where that one has ended, or is not there.
    """
    missing = [part for part in PARTS if part not in token.parts]
    if missing:
        names = ", ".join(f"{token.variable}_{part}" for part in missing)
        raise TokenExpired(
            f"The token in {token.variable} cannot be renewed without {names}.",
            advice=_advice(token),
        )
    form = {
        "client_key": token.parts["CLIENT_KEY"],
        "client_secret": token.parts["CLIENT_SECRET"],
        "grant_type": "refresh_token",
        "refresh_token": token.parts["REFRESH_TOKEN"],
    }
    url = f"{server}/v2/oauth/token/"
    try:
        answer = await web.post(
            url,
            urlencode(form).encode(),
            content_type="application/x-www-form-urlencoded",
        )
    except Denied as refusal:
        raise _no_renewal(said_in(refusal), token, url) from refusal
    said = read_json(answer)
    # Told with status 200 as well.
    if said.maybe("error"):
        raise _no_renewal(said, token, url)
    return Grant(
        access=said.word("access_token"),
        expires_in=_lasting(said, "expires_in"),
        refresh=said.word("refresh_token"),
        refresh_expires_in=_lasting(said, "refresh_expires_in"),
    )


def _lasting(said: Part, name: str) -> timedelta | None:
    seconds = said.number(name)
    return timedelta(seconds=seconds) if seconds and 0 < seconds < _ENDLESS else None


def _no_renewal(said: Part, token: Token, url: str) -> FetchError:
    code = said.maybe("error")
    if code in {"invalid_client", "unauthorized_client"}:
        return TokenWrong(
            "TikTok does not know the app that is to renew the token.",
            url=url,
            advice=f"Compare {token.variable}_CLIENT_KEY and {token.variable}_CLIENT_SECRET with "
            f"those of the app, on {NEED.page}.",
        )
    if code == "invalid_grant":
        return TokenExpired(
            f"The refresh token of {token.variable} has ended, or the owner of the account took it "
            "back on TikTok.",
            url=url,
            advice=_advice(token),
        )
    return UnexpectedShape(
        "TikTok no longer renews tokens in the way that its documents promise.",
        where="$.error",
        url=url,
    )


def _advice(token: Token) -> str:
    return (
        f"Let the owner of the account allow the app once more, and set {token.variable}, "
        f"{token.variable}_REFRESH_TOKEN, {token.variable}_CLIENT_KEY and "
        f"{token.variable}_CLIENT_SECRET: {NEED.page}."
    )
