"""What X's refusals mean.

In: an error of the client, with what the answer says; or an answer that is a refusal in spite of
its status. Out: the error that people can act on.
Specification: https://docs.x.com/x-api/fundamentals/response-codes-and-errors and
https://docs.x.com/x-api/fundamentals/rate-limits.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from aggregator.connectors._resets import until_midnight
from aggregator.connectors._shape import Part
from aggregator.errors import (
    Challenged,
    CreditSpent,
    Denied,
    FetchError,
    NotFound,
    PermissionMissing,
    RateLimited,
    Refused,
    TokenRevoked,
    TokenWrong,
)
from aggregator.model import Token, TokenNeed

NEED = TokenNeed(
    variable="X_BEARER_TOKEN",
    page="https://console.x.com",
    how="Make an app there, buy credit for it, and copy its Bearer Token from “Keys and tokens”; "
    "any account on X may do so.",
)

_DAY = timedelta(days=1)
_LONGEST = 200
"""Characters of X's own words."""


def meant(error: FetchError, token: Token, *, has_worked: bool) -> FetchError:
    """The error that a refusal is; the same where X says no more.

    ``has_worked``: X accepted this very token before. X itself says of one that was revoked no more
    than of one that it never gave.
    """
    said = _said(error)
    new: FetchError
    if isinstance(error, Challenged):
        return error
    if error.status == HTTPStatus.UNAUTHORIZED:
        new = _of_token(token, has_worked=has_worked)
    elif error.status == HTTPStatus.PAYMENT_REQUIRED or _is_of_credit(said):
        new = CreditSpent(
            "X answers nothing more until somebody pays: the credit of the app whose token is in "
            f"{token.variable} is used up, or its spending cap is reached.",
            advice=f"Buy credit or raise the cap at {NEED.page}, or wait for the next month.",
        )
    elif error.status == HTTPStatus.FORBIDDEN or _is_about(said, "not-authorized-for-resource"):
        new = _forbidden(said, token)
    elif isinstance(error, RateLimited):
        new = _limited(error, said)
    elif error.status == HTTPStatus.BAD_REQUEST:
        new = Denied(f"X did not understand our request: {_words(said)}.")
    else:
        return error
    new.url, new.status = error.url, error.status
    new.retry_after = new.retry_after or error.retry_after
    return new


def names_of(error: FetchError, words: tuple[str, ...]) -> bool:
    """Whether a bad request is told to be one because of any of these words."""
    is_bad = error.status == HTTPStatus.BAD_REQUEST
    return is_bad and any(word.encode() in error.body for word in words)


def account_refused(answer: Part, handle: str) -> FetchError | None:
    """Why there is nothing of an account in an answer; None: that is not said.

    Such an answer has the status 200. Of accounts that X suspended, the type says that there are
    none, and only the title tells.
    """
    for problem in answer.some("errors"):
        if problem.maybe("resource_type") != "user":
            continue
        if _is_about(problem, "not-authorized-for-resource"):
            return protected(handle)
        if _is_about(problem, "resource-not-found"):
            if problem.maybe("title") == "Forbidden":
                return Refused(
                    f"X has suspended the account @{handle}.",
                    advice="Ask the owner of the account, or take the source out of feeds.yaml.",
                )
            return NotFound(
                f"X has no account @{handle}.",
                advice=f"Open https://x.com/{handle} in a browser, and correct the handle in "
                "feeds.yaml if it is another one now.",
            )
    return None


def protected(handle: str) -> Refused:
    """Of an account whose posts only those may read whom it lets."""
    return Refused(
        f"The posts of @{handle} are protected: only people whom it approves may read them.",
        advice="Ask the owner of the account to make its posts public, or take the source out of "
        "feeds.yaml.",
    )


def told_gone(answer: Part) -> Iterator[str]:
    """The ids of posts that were asked for and are plainly not there, or not for everybody.

    X wants what was deleted, protected or suspended to be taken down:
    https://docs.x.com/developer-terms/policy.
    """
    for problem in answer.some("errors"):
        is_plain = any(
            _is_about(problem, kind)
            for kind in ("resource-not-found", "not-authorized-for-resource")
        )
        # Others are about posts that those refer to.
        if is_plain and problem.maybe("parameter") in {"ids", "id", None}:
            yield problem.maybe("resource_id") or problem.maybe("value") or ""


def _of_token(token: Token, *, has_worked: bool) -> FetchError:
    where = f"Copy the Bearer Token of your app from {NEED.page} into {token.variable}"
    if has_worked:
        return TokenRevoked(
            f"X no longer accepts the token in {token.variable}, which it accepted before: "
            "somebody has revoked it, or made another one in its place.",
            advice=f"{where}.",
        )
    return TokenWrong(
        f"X does not know the token in {token.variable}.",
        advice=f"{where}, whole and without spaces.",
    )


def _is_of_credit(said: Part) -> bool:
    words = f"{said.maybe('title')} {said.maybe('detail')}".replace(" ", "").lower()
    return "creditsdepleted" in words or "spendcap" in words


def _forbidden(said: Part, token: Token) -> FetchError:
    if _is_about(said, "not-authorized-for-resource"):
        return Refused(
            "X does not show us this account: its posts are protected.",
            advice="Ask the owner of the account to make its posts public, or take the source out "
            "of feeds.yaml.",
        )
    return PermissionMissing(
        f"X does not let the app whose token is in {token.variable} read posts: {_words(said)}.",
        advice=f"Look at {NEED.page} whether the app belongs to a project, and has credit or a "
        "plan that includes reading posts.",
    )


def _limited(error: RateLimited, said: Part) -> RateLimited:
    if said.maybe("title") != "UsageCapExceeded" and not _is_about(said, "usage-capped"):
        return RateLimited("X answers no more requests of this app for now.")
    # The reset that the answer names is that of the requests in a quarter of an hour.
    if said.maybe("period") == "Daily":
        return RateLimited(
            "The plan of this app on X allows no more posts to be read today.",
            retry_after=until_midnight(error.headers) or _DAY,
        )
    # Each plan's month begins on a day of its own (cap_reset_day), which no refusal tells:
    # https://docs.x.com/x-api/usage/introduction.
    return RateLimited(
        "The plan of this app on X allows no more posts to be read this month.",
        retry_after=_DAY,
        advice="Nothing to do; it is tried again each day until the plan's next month, whose "
        f"first day {NEED.page} tells. If that is too late, choose a larger plan there.",
    )


def _is_about(problem: Part, kind: str) -> bool:
    """The types are addresses, on either of X's hosts."""
    return (problem.maybe("type") or "").endswith(f"/problems/{kind}")


def _words(said: Part) -> str:
    """X's own, on one line."""
    first = next((one.maybe("message", most=_LONGEST) for one in said.some("errors")), None)
    words = first or said.maybe("detail", most=_LONGEST) or said.maybe("title") or "it says no more"
    return " ".join(words.split()).rstrip(".")


def _said(error: FetchError) -> Part:
    try:
        return Part(json.loads(error.body))
    except (ValueError, RecursionError):
        return Part(None)
