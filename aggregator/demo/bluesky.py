"""A sample of Bluesky: the public interface to one account, by the published lexicons.

Not here: what the account says (``notes.py``), counting of requests (``interface.py``).
Specification: ``app.bsky.feed.getAuthorFeed``, ``app.bsky.feed.getPosts``,
``app.bsky.actor.getProfile`` and what they refer to, and
``com.atproto.identity.resolveHandle``, in https://github.com/bluesky-social/atproto.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import LINKS, Account, Note, Written, newest_first

_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
"""Of the numbers that Bluesky gives to posts and accounts."""
_LONGEST_LINK = 30
"""Characters of an address that are shown."""
_MOST = 100
_USUAL = 50


class Bluesky(Interface):
    """One account as ``public.api.bsky.app`` shows it."""

    def __init__(
        self,
        account: Account,
        written: Written,
        clock: Callable[[], datetime],
        *,
        allowance: int = 3000,
    ) -> None:
        super().__init__(clock, allowance=allowance)
        self.account = account
        self.written = written
        self.is_deactivated = False
        """Whether its owner switched the account off, perhaps for a while."""

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The methods of the account: who it is, its timeline, and single posts."""
        match path.removeprefix("/xrpc/"):
            case "com.atproto.identity.resolveHandle":
                if query.get("handle") != self.account.handle:
                    return _invalid("Unable to resolve handle")
                return Reply(200, {"did": did(self.account)})
            case "app.bsky.actor.getProfile":
                if query.get("actor") not in {self.account.handle, did(self.account)}:
                    return _invalid("Profile not found")
                return self._switched_off() or Reply(200, _profile(self.account))
            case "app.bsky.feed.getPosts":
                return self._posts(set(query.get("uris", "").split(",")), host)
            case "app.bsky.feed.getAuthorFeed":
                if query.get("actor") not in {self.account.handle, did(self.account)}:
                    return _invalid("Profile not found")
                return self._switched_off() or self._feed(query, host)
        return self.refusal(404)

    def _switched_off(self) -> Reply | None:
        if not self.is_deactivated:
            return None
        said = {"error": "AccountDeactivated", "message": "Account is deactivated"}
        return Reply(400, said)

    def _posts(self, asked: set[str], host: str) -> Reply:
        """Those that are there; of the others, and of a switched-off account's, nothing is said."""
        own = [note for note in self.written() if note.by is None and not self.is_deactivated]
        found = [note for note in own if uri(note, self.account) in asked]
        return Reply(200, {"posts": [_post(note, self.account, host) for note in found]})

    def refusal(self, status: int) -> Reply:
        """As XRPC writes errors."""
        names = {404: "MethodNotImplemented", 429: "RateLimitExceeded"}
        said = {"error": names.get(status, "UpstreamFailure"), "message": "Try again later"}
        return Reply(status, said)

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """The reset in seconds since 1970."""
        return {
            "ratelimit-limit": str(self.allowance),
            "ratelimit-remaining": str(left),
            "ratelimit-reset": str(int(reset.timestamp())),
            "ratelimit-policy": f"{self.allowance};w=300",
        }

    def _feed(self, query: Mapping[str, str], host: str) -> Reply:
        limit = min(int(query.get("limit", _USUAL)), _MOST)
        older = query.get("cursor")
        notes = [
            note
            for note in newest_first(self.written())
            if older is None or _moment(note.published) < older
        ]
        page = notes[:limit]
        # The filter is applied to what was cut out already, so that pages may be short.
        with_replies = query.get("filter", "posts_with_replies") == "posts_with_replies"
        shown = [note for note in page if with_replies or not note.is_reply]
        said: dict[str, Any] = {"feed": [self._item(note, host) for note in shown]}
        if len(notes) > limit:
            said["cursor"] = _moment(page[-1].published)
        return Reply(200, said)

    def _item(self, note: Note, host: str) -> dict[str, Any]:
        author = note.by or self.account
        item: dict[str, Any] = {"post": _post(note, author, host)}
        if note.by is not None:
            item["reason"] = {
                "$type": "app.bsky.feed.defs#reasonRepost",
                "by": _profile(self.account),
                "uri": f"at://{did(self.account)}/app.bsky.feed.repost/{_key(note.number)}",
                "indexedAt": _moment(note.published),
            }
        return item


def did(account: Account) -> str:
    """The id of an account, which stays when its handle changes."""
    return f"did:plc:{_key(account.number, 24)}"


def uri(note: Note, author: Account) -> str:
    """The id of a post."""
    return f"at://{did(author)}/app.bsky.feed.post/{_key(note.number)}"


def _post(note: Note, author: Account, host: str) -> dict[str, Any]:
    text, facets = _rich(note.text)
    record: dict[str, Any] = {
        "$type": "app.bsky.feed.post",
        "text": text,
        "createdAt": _moment(note.published),
        "langs": [note.language],
    }
    if facets:
        record["facets"] = facets
    if note.is_reply:
        other = {
            "uri": f"at://{did(Account('', '', 1))}/app.bsky.feed.post/{_key(1)}",
            "cid": _cid("asked"),
        }
        record["reply"] = {"root": other, "parent": other}
    post = {
        "uri": uri(note, author),
        "cid": _cid(note.text),
        "author": _profile(author),
        "record": record,
        "replyCount": 0,
        "repostCount": 0,
        "likeCount": 0,
        "quoteCount": 0,
        "indexedAt": _moment(note.published),
        "labels": [],
    }
    if note.picture is not None:
        address = f"http://{host}/images/boat.svg"
        view = {"thumb": address, "fullsize": address, "alt": note.picture}
        post["embed"] = {"$type": "app.bsky.embed.images#view", "images": [view]}
    return post


def _rich(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text as it is shown, addresses shortened, and what is where in it, in bytes."""
    shown = b""
    facets = []
    at = 0
    for found in LINKS.finditer(text):
        shown += text[at : found.start()].encode()
        start = len(shown)
        if link := found["link"]:
            shown += _shortened(link).encode()
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": link}
        else:
            shown += found[0].encode()
            feature = {"$type": "app.bsky.richtext.facet#tag", "tag": found["tag"]}
        index = {"byteStart": start, "byteEnd": len(shown)}
        facets.append({"index": index, "features": [feature]})
        at = found.end()
    return (shown + text[at:].encode()).decode(), facets


def _shortened(link: str) -> str:
    bare = link.partition("://")[2]
    return bare if len(bare) <= _LONGEST_LINK else bare[:_LONGEST_LINK] + "..."


def _profile(account: Account) -> dict[str, Any]:
    return {
        "did": did(account),
        "handle": account.handle,
        "displayName": account.name,
        "labels": [],
    }


def _invalid(message: str) -> Reply:
    return Reply(400, {"error": "InvalidRequest", "message": message})


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _key(number: int, digits: int = 13) -> str:
    written = ""
    for _ in range(digits):
        number, digit = divmod(number, len(_DIGITS))
        written = _DIGITS[digit] + written
    return written


def _cid(text: str) -> str:
    """A name that changes with the content, of the length of real ones."""
    return "bafyrei" + hashlib.sha256(text.encode()).hexdigest()[:52]
