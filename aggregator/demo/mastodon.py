"""A sample of a Mastodon server with one account, by the published interface.

Not here: what the account says (``notes.py``), counting of requests (``interface.py``).
Specification: https://docs.joinmastodon.org/methods/accounts/,
https://docs.joinmastodon.org/methods/statuses/ and https://docs.joinmastodon.org/entities/Status/.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import LINKS, Account, Note, Written, newest_first

_MOST = 40
_USUAL = 20
_LONGEST_LINK = 30
"""Characters of an address that a reader's program shows."""
_OPEN = timedelta(days=1)
"""How long one may vote."""
_STATUS = re.compile(r"/api/v1/statuses/(\d+)")
_STATUSES = re.compile(r"/api/v1/accounts/(\d+)/statuses")


class Mastodon(Interface):
    """A server and the one account on it."""

    def __init__(
        self,
        account: Account,
        domain: str,
        written: Written,
        clock: Callable[[], datetime],
        *,
        allowance: int = 300,
    ) -> None:
        """``domain``: what stands behind the @ in the account's name."""
        super().__init__(clock, allowance=allowance)
        self.account = account
        self.domain = domain
        self.written = written
        self.is_suspended = False
        """Whether the server shows the account to nobody, perhaps for a while."""
        self.is_old = False
        """Whether it is older than 4.3, which is the first to tell of many posts at once."""

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The account, its timeline, and single posts."""
        if self.is_suspended:
            return self.refusal(410 if path.startswith("/api/v1/accounts/") else 404)
        if path == "/api/v1/accounts/lookup":
            names = {self.account.handle, f"{self.account.handle}@{self.domain}"}
            if query.get("acct") in names:
                return Reply(200, self._account(self.account, host))
        elif (asked := _STATUSES.fullmatch(path)) and asked[1] == str(self.account.number):
            return self._statuses(path, query, host)
        elif path == f"/api/v1/accounts/{self.account.number}":
            return Reply(200, self._account(self.account, host))
        elif path == "/api/v1/statuses" and not self.is_old:
            ids = query.get("id[]", "").split(",")
            return Reply(200, [self._status(note, host) for note in self._found(ids)])
        elif single := _STATUS.fullmatch(path):
            for note in self._found([single[1]]):
                return Reply(200, self._status(note, host))
        return self.refusal(404)

    def _found(self, ids: Sequence[str]) -> list[Note]:
        return [note for note in self.written() if str(note.number) in ids]

    def refusal(self, status: int) -> Reply:
        """As Mastodon writes errors."""
        words = {404: "Record not found", 410: "Gone", 429: "Too many requests"}
        return Reply(status, {"error": words.get(status, "Service unavailable")})

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """The reset as a time in ISO 8601."""
        return {
            "x-ratelimit-limit": str(self.allowance),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }

    def _statuses(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        limit = min(int(query.get("limit", _USUAL)), _MOST)
        older, newer = (int(query.get(name, "0")) for name in ("max_id", "since_id"))
        notes = [
            note
            for note in newest_first(self.written())
            if note.number > newer
            and (not older or note.number < older)
            and not (note.by and query.get("exclude_reblogs") == "true")
            and not (note.is_reply and query.get("exclude_replies") == "true")
        ][:limit]
        fields = {}
        if notes:
            kept = {name: value for name, value in query.items() if not name.endswith("_id")}
            links = {"prev": ("min_id", notes[0])}
            if len(notes) == limit:
                links["next"] = ("max_id", notes[-1])
            fields["link"] = ", ".join(
                f'<http://{host}{path}?{urlencode({**kept, name: note.number})}>; rel="{relation}"'
                for relation, (name, note) in links.items()
            )
        return Reply(200, [self._status(note, host) for note in notes], fields)

    def _status(self, note: Note, host: str) -> dict[str, Any]:
        """What an account wrote, or passed on: then the original is inside."""
        status = self._written(note, note.by or self.account, host)
        if note.by is None:
            return status
        uri = f"http://{host}/users/{self.account.handle}/statuses/{note.number}/activity"
        return {
            **status,
            "account": self._account(self.account, host),
            "uri": uri,
            "url": uri,
            "reblog": {**status, "id": str(note.number - 1)},
        }

    def _written(self, note: Note, author: Account, host: str) -> dict[str, Any]:
        asked = "1" if note.is_reply else None
        return {
            "id": str(note.number),
            "created_at": _moment(note.published),
            "in_reply_to_id": asked,
            "in_reply_to_account_id": asked,
            "sensitive": note.warning is not None,
            "spoiler_text": note.warning or "",
            "visibility": "public",
            "language": note.language,
            "uri": f"http://{host}/users/{author.handle}/statuses/{note.number}",
            "url": f"http://{host}/@{author.handle}/{note.number}",
            "replies_count": 0,
            "reblogs_count": 0,
            "favourites_count": 0,
            "quotes_count": 0,
            "edited_at": _moment(note.edited) if note.edited else None,
            "content": _html(note.text, host),
            "reblog": None,
            "account": self._account(author, host),
            "media_attachments": [] if note.picture is None else [_picture(note, host)],
            "mentions": [],
            "tags": [
                {"name": found["tag"].lower(), "url": _tag_page(found["tag"], host)}
                for found in LINKS.finditer(note.text)
                if found["tag"]
            ],
            "emojis": [],
            "tagged_collections": [],
            "quote": None,
            "quote_approval": {"automatic": ["public"], "manual": [], "current_user": "unknown"},
            "card": None,
            "poll": _poll(note) if note.poll else None,
        }

    def _account(self, account: Account, host: str) -> dict[str, Any]:
        page = f"http://{host}/@{account.handle}"
        picture = f"http://{host}/images/boat.svg"
        return {
            "id": str(account.number),
            "username": account.handle,
            "acct": account.handle,
            "display_name": account.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "indexable": True,
            "group": False,
            "created_at": "2022-11-07T00:00:00.000Z",
            "note": "",
            "url": page,
            "uri": f"http://{host}/users/{account.handle}",
            "avatar": picture,
            "avatar_static": picture,
            "avatar_description": "",
            "header": picture,
            "header_static": picture,
            "header_description": "",
            "followers_count": 0,
            "following_count": 0,
            "statuses_count": len(self.written()),
            "last_status_at": None,
            "hide_collections": False,
            "show_media": True,
            "show_media_replies": True,
            "show_featured": True,
            "noindex": False,
            "feature_approval": {"automatic": [], "manual": [], "current_user": "denied"},
            "emojis": [],
            "roles": [],
            "fields": [],
        }


def _html(text: str, host: str) -> str:
    """As Mastodon writes it: paragraphs, and addresses of which a part is hidden."""
    parts = []
    at = 0
    for found in LINKS.finditer(text):
        parts.append(escape(text[at : found.start()]))
        link, tag = found["link"], found["tag"]
        parts.append(_link(link) if link else _hashtag(tag, host))
        at = found.end()
    parts.append(escape(text[at:]))
    paragraphs = "".join(parts).split("\n\n")
    return "".join(f"<p>{'<br />'.join(part.splitlines())}</p>" for part in paragraphs)


def _link(link: str) -> str:
    scheme, _, rest = link.partition("://")
    shown, hidden = escape(rest[:_LONGEST_LINK]), escape(rest[_LONGEST_LINK:])
    kind = "ellipsis" if hidden else ""
    return (
        f'<a href="{escape(link)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{scheme}://</span><span class="{kind}">{shown}</span>'
        f'<span class="invisible">{hidden}</span></a>'
    )


def _hashtag(tag: str, host: str) -> str:
    page = escape(_tag_page(tag, host))
    return f'<a href="{page}" class="mention hashtag" rel="tag">#<span>{escape(tag)}</span></a>'


def _tag_page(tag: str, host: str) -> str:
    return f"http://{host}/tags/{quote(tag)}"


def _picture(note: Note, host: str) -> dict[str, Any]:
    address = f"http://{host}/images/boat.svg"
    return {
        "id": str(note.number),
        "type": "image",
        "url": address,
        "preview_url": address,
        "remote_url": None,
        "meta": {"original": {"width": 640, "height": 480, "size": "640x480", "aspect": 1.33}},
        "description": note.picture,
        "blurhash": None,
    }


def _poll(note: Note) -> dict[str, Any]:
    """Nobody voted yet."""
    return {
        "id": str(note.number),
        "expires_at": _moment(note.published + _OPEN),
        "expired": False,
        "multiple": False,
        "votes_count": 0,
        "voters_count": 0,
        "options": [{"title": said, "votes_count": 0} for said in note.poll],
        "emojis": [],
    }


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
