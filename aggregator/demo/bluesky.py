"""A sample of Bluesky: the public interface to one account, by the published lexicons.

Not here: what the account says (``notes.py``), counting of requests (``interface.py``).
Specification: ``app.bsky.feed.getAuthorFeed``, ``app.bsky.feed.getPosts``,
``app.bsky.actor.getProfile`` and what they refer to, ``com.atproto.repo.getRecord`` and
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
        self.taken_back: set[int] = set()
        """Notes that the account passed on, and whose authors deleted them since."""
        self.switched_off: set[str] = set()
        """Handles of others who switched their accounts off, perhaps for a while."""
        self.left: set[str] = set()
        """Handles of others who deleted their accounts."""

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The methods of the account: who it is, its timeline, and single posts."""
        match path.removeprefix("/xrpc/"):
            case "com.atproto.identity.resolveHandle":
                if query.get("handle") != self.account.handle:
                    return _invalid("Unable to resolve handle")
                return Reply(200, {"did": did(self.account)})
            case "com.atproto.repo.getRecord":
                return self._record(query)
            case "app.bsky.actor.getProfile":
                return self._profile(query.get("actor", ""))
            case "app.bsky.feed.getPosts":
                return self._posts(set(query.get("uris", "").split(",")), host)
            case "app.bsky.feed.getAuthorFeed":
                if query.get("actor") not in {self.account.handle, did(self.account)}:
                    return _invalid("Profile not found")
                return self._switched_off() or self._feed(query, host)
        return self.refusal(404)

    def _profile(self, actor: str) -> Reply:
        """Of the account, or of somebody whose words it passed on."""
        if actor in {self.account.handle, did(self.account)}:
            return self._switched_off() or Reply(200, _profile(self.account))
        for other in (note.by for note in self.written() if note.by):
            if actor == did(other) and other.handle not in self.left:
                is_off = other.handle in self.switched_off
                return _deactivated() if is_off else Reply(200, _profile(other))
        return _invalid("Profile not found")

    def _switched_off(self) -> Reply | None:
        return _deactivated() if self.is_deactivated else None

    def _record(self, query: Mapping[str, str]) -> Reply:
        """What the account passed on, as it stands in its own records while it is there."""
        if query.get("repo") != did(self.account) or self.is_deactivated:
            return _invalid(f"Could not find repo: {query.get('repo')}")
        asked = f"at://{query['repo']}/{query.get('collection')}/{query.get('rkey')}"
        for note in self.written():
            if note.by is not None and asked == _repost(note, self.account):
                subject = {"uri": uri(note, note.by), "cid": _cid(note.text)}
                made = {"createdAt": _moment(note.published), "subject": subject}
                value = {"$type": "app.bsky.feed.repost", **made}
                return Reply(200, {"uri": asked, "cid": _cid(asked), "value": value})
        return Reply(
            400, {"error": "RecordNotFound", "message": f"Could not locate record: {asked}"}
        )

    def _is_there(self, note: Note) -> bool:
        """Whether a post that was written, here or by others, can still be seen."""
        if note.by is None:
            return not self.is_deactivated
        away = self.switched_off | self.left
        return note.number not in self.taken_back and note.by.handle not in away

    def _posts(self, asked: set[str], host: str) -> Reply:
        """Those that are there; of the others, and of a switched-off account's, nothing is said."""
        there = [(note, note.by or self.account) for note in self.written() if self._is_there(note)]
        found = [(note, author) for note, author in there if uri(note, author) in asked]
        return Reply(200, {"posts": [_post(note, author, host) for note, author in found]})

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
            if self._is_there(note) and (older is None or _moment(note.published) < older)
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
                "uri": _repost(note, self.account),
                "indexedAt": _moment(note.published),
            }
        return item


def did(account: Account) -> str:
    """The id of an account, which stays when its handle changes."""
    return f"did:plc:{_key(account.number, 24)}"


def uri(note: Note, author: Account) -> str:
    """The id of a post."""
    return f"at://{did(author)}/app.bsky.feed.post/{_key(note.number)}"


def _repost(note: Note, by: Account) -> str:
    """The id of what an account passed on."""
    return f"at://{did(by)}/app.bsky.feed.repost/{_key(note.number)}"


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


def _deactivated() -> Reply:
    said = {"error": "AccountDeactivated", "message": "Account is deactivated"}
    return Reply(400, said)


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
