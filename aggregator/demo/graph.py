"""A sample of Meta's Graph, as far as Facebook, Instagram and Threads have it in common.

Tokens with an end, fields that are told only when they are asked for, pages that follow each other,
ids that spoil an answer for all where one is not there, addresses of pictures that are signed anew
each time, and usage in per cents.
Not here: what a post is, and what is at which path, which is each platform's own.
Specification: https://developers.facebook.com/docs/graph-api/results and
https://developers.facebook.com/docs/graph-api/guides/error-handling.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import Account, Note, Written, newest_first

TOKEN = "a-token-of-the-sample-platform"  # noqa: S105 - known to all, and good for nothing else
LASTS = timedelta(days=60)
"""A token that was made for an account."""

_YOUNG = timedelta(days=1)
"""A token must be as old as that to be renewed."""
_USUAL, _MOST = 25, 100
_MOST_IDS = 50

Fields = dict[str, "Fields"]
"""Names that are asked for, and what is asked of each."""


@dataclass(frozen=True, slots=True)
class Life:
    """Of a token."""

    issued: datetime
    ends: datetime | None = None


class Graph(Interface):
    """One account on a platform of Meta's."""

    network_of_use = "pages"
    """How the platform calls what it counts."""
    picture = "/images/boat.svg"
    """Where all of its pictures are."""
    grant = ""
    """How it calls the renewal of a token; empty: it knows none."""

    def __init__(
        self,
        account: Account,
        written: Written,
        clock: Callable[[], datetime],
        *,
        allowance: int = 300,
    ) -> None:
        super().__init__(clock, allowance=allowance)
        self.account = account
        self.written = written
        self.tokens = {TOKEN: Life(clock())}
        """Those that it accepts, or accepted until they ended."""
        self.revoked: set[str] = set()
        """Those that were taken back."""
        self.failing: tuple[int, int | None] | None = None
        """A code and a sub-code that it answers to everything."""
        self._answers = 0

    def denied(self, path: str, fields: Mapping[str, str]) -> Reply | None:
        """What whoever shows no good token is told, in Meta's codes."""
        self._answers += 1
        if self.failing is not None:
            return failure(*self.failing)
        if path == "/refresh_access_token":
            return None
        return self._refused(fields.get("authorization", "").removeprefix("Bearer "))

    def refusal(self, status: int) -> Reply:
        """As Graph writes errors: what is not there is a bad request like any other."""
        codes = {404: failure(100, 33), 429: failure(80001, None)}
        return codes.get(status) or failure(2, None, 503)

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """Per cents, and minutes until it answers again."""
        used = 100 - 100 * left // self.allowance if self.allowance else 100
        minutes = -(-(reset - self.clock()) // timedelta(minutes=1)) if left == 0 else 0
        use = (
            f'{{"{self.account.number}":[{{"type":"{self.network_of_use}","call_count":{used},'
            f'"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":{minutes}}}]}}'
        )
        return {"x-business-use-case-usage": use}

    def notes(self) -> list[Note]:
        """The account's own, and what it passes on; answers stand elsewhere."""
        return [note for note in newest_first(self.written()) if not note.is_reply]

    def edge(
        self,
        path: str,
        query: Mapping[str, str],
        items: Sequence[tuple[int, dict[str, Any]]],
        *,
        with_next: bool = True,
    ) -> Reply:
        """A page of these items, each with its number, the newest first."""
        limit = min(int(query.get("limit", _USUAL)), _MOST)
        older = int(query["after"].removeprefix("QVFI"), 16) if "after" in query else None
        left = [item for item in items if older is None or item[0] < older]
        page = left[:limit]
        said: dict[str, Any] = {"data": [one for _, one in page]}
        if page:
            cursors = {"before": _cursor(page[0][0]), "after": _cursor(page[-1][0])}
            said["paging"] = {"cursors": cursors}
            if with_next and len(left) > limit:
                further = {**query, "access_token": TOKEN, "after": cursors["after"]}
                said["paging"]["next"] = f"https://graph.facebook.com{path}?{urlencode(further)}"
        return self.chosen(said, query)

    def chosen(self, said: dict[str, Any], query: Mapping[str, str]) -> Reply:
        """No more than the fields that are asked for, in an object or in each of a page."""
        asked = fields_of(query.get("fields", "id"))
        if "data" in said:
            return Reply(200, said | {"data": [choose(one, asked) for one in said["data"]]})
        return Reply(200, choose(said, asked))

    def several(self, found: Mapping[str, dict[str, Any]], query: Mapping[str, str]) -> Reply:
        """Posts by their ids; one that is not there spoils the answer for all."""
        ids = query.get("ids", "").split(",")
        if len(ids) > _MOST_IDS or any(one not in found for one in ids):
            return self.refusal(404)
        asked = fields_of(query.get("fields", "id"))
        return Reply(200, {one: choose(found[one], asked) for one in ids})

    def renewed(self, query: Mapping[str, str]) -> Reply:
        """Another token for one that still holds and is not too young."""
        shown = query.get("access_token", "")
        refused = self._refused(shown)
        if refused is not None:
            return refused
        too_young = self.clock() < self.tokens[shown].issued + _YOUNG
        if too_young or query.get("grant_type") != self.grant:
            return failure(100, None)
        fresh = f"{TOKEN}-{len(self.tokens) + 1}"
        self.tokens[fresh] = Life(self.clock(), self.clock() + LASTS)
        seconds = int(LASTS.total_seconds())
        return Reply(200, {"access_token": fresh, "token_type": "bearer", "expires_in": seconds})

    def signed(self, host: str, number: int) -> str:
        """The address of a picture, which holds for a while, and is another each time."""
        seal = hashlib.sha256(f"{number} {self._answers}".encode()).hexdigest()[:32]
        return f"http://{host}{self.picture}?_nc_cat=1&oh={seal}&oe=6F8A0000"

    def _refused(self, token: str) -> Reply | None:
        life = self.tokens.get(token)
        if token in self.revoked:
            return failure(190, 460)
        if life is None:
            return failure(190, None)
        if life.ends is not None and life.ends <= self.clock():
            return failure(190, 463)
        return None


def failure(
    code: int, reason: int | None, status: int = 400, words: str = "This is told in words."
) -> Reply:
    """An error as Graph writes it."""
    error: dict[str, Any] = {
        "message": f"(#{code}) {words}",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "Asample",
    }
    if reason is not None:
        error["error_subcode"] = reason
    return Reply(status, {"error": error})


def fields_of(said: str) -> Fields:
    """``id,media{url}`` taken apart."""
    whole: Fields = {}
    path: list[Fields] = [whole]
    name = ""
    for char in f"{said},":
        if char not in ",{}":
            name += char
            continue
        if name:
            path[-1][name] = {}
        if char == "{":
            path.append(path[-1][name])
        elif char == "}":
            path.pop()
        name = ""
    return whole


def choose(said: Any, asked: Fields) -> Any:
    """What is asked for of an object, and its id; all of it where nothing is named."""
    if isinstance(said, list):
        return [choose(one, asked) for one in said]
    if not isinstance(said, dict) or not asked:
        return said
    if "data" in said:
        return said | {"data": choose(said["data"], asked)}
    return {
        name: choose(value, asked.get(name, {}))
        for name, value in said.items()
        if name in asked or name == "id"
    }


def moment(when: datetime) -> str:
    """As Graph writes dates."""
    return when.strftime("%Y-%m-%dT%H:%M:%S+0000")


def _cursor(number: int) -> str:
    return f"QVFI{number:x}"
