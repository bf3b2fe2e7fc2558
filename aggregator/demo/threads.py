"""A sample of an account on Threads, by the published interface.

Not here: what the account says (``notes.py``), tokens and pages of answers (``graph.py``).
Specification: https://developers.facebook.com/docs/threads/threads-media.
"""

from collections.abc import Mapping
from typing import Any

from aggregator.demo.graph import Graph, moment
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Note

_WEB = "https://www.threads.com"


class Threads(Graph):
    """One account as ``graph.threads.net`` shows it to its owner."""

    network_of_use = "threads"
    grant = "th_refresh_token"

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The account, its posts, one post, and another token."""
        if path == "/refresh_access_token":
            return self.renewed(query)
        _, *rest = path.strip("/").split("/")
        notes = self.notes()
        posts = {str(note.number): self._post(note, host) for note in notes}
        match rest:
            case ["me"]:
                return self.chosen(self._account(), query)
            case [number] if number in posts:
                return self.chosen(posts[number], query)
            case ["me", "threads"]:
                numbers = (note.number for note in notes)
                items = list(zip(numbers, posts.values(), strict=True))
                return self.edge(path, query, items, with_next=False)
        return self.refusal(404)

    def _account(self) -> dict[str, Any]:
        return {
            "id": str(self.account.number),
            "username": self.account.handle,
            "name": self.account.name,
        }

    def _post(self, note: Note, host: str) -> dict[str, Any]:
        post: dict[str, Any] = {
            "id": str(note.number),
            "media_product_type": "THREADS",
            "media_type": "TEXT_POST",
            "permalink": f"{_WEB}/@{self.account.handle}/post/D{note.number:010x}",
            "owner": {"id": str(self.account.number)},
            "username": self.account.handle,
            "timestamp": moment(note.published),
            "shortcode": f"D{note.number:010x}",
            "is_quote_post": False,
            "has_replies": False,
        }
        if note.by is not None:
            # Of what is passed on, no more than its number is told.
            passed_on = {"id": str(10**6 + note.number)}
            return post | {"media_type": "REPOST_FACADE", "reposted_post": passed_on}
        post["text"] = note.text
        if note.warning is not None:
            post["is_spoiler_media"] = True
        if note.picture is not None:
            url = self.signed(host, note.number)
            post |= {"media_type": "IMAGE", "media_url": url, "alt_text": note.picture}
        return post
