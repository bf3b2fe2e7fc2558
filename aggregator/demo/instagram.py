"""A sample of a professional account on Instagram, by the published interface.

It is read with a token of its own, or of the Page on Facebook that it is linked to.
Not here: what the account says (``notes.py``), tokens and pages of answers (``graph.py``).
Specification: https://developers.facebook.com/docs/instagram-platform/reference/instagram-media.
"""

from collections.abc import Mapping
from typing import Any

from aggregator.demo.graph import Graph, moment
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Note

_WEB = "https://www.instagram.com"


class Instagram(Graph):
    """One account as ``graph.instagram.com`` or ``graph.facebook.com`` shows it."""

    network_of_use = "instagram"
    grant = "ig_refresh_token"
    is_linked = False
    """Whether ``me`` is a Page, which the account is linked to."""

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The account, its posts, posts by their ids, and another token."""
        if path == "/refresh_access_token":
            return self.renewed(query)
        _, *rest = path.strip("/").split("/")
        notes = [note for note in self.notes() if note.by is None]
        posts = {str(note.number): self._post(note, host) for note in notes}
        whose = {str(self.account.number)} | (set() if self.is_linked else {"me"})
        match rest:
            case []:
                return self.several(posts, query)
            case ["me"] if self.is_linked:
                page = {"id": "5550001", "name": "A Page"}
                return self.chosen(page | {"instagram_business_account": self._account()}, query)
            case [name] if name in whose:
                return self.chosen(self._account(), query)
            case [number] if number in posts:
                return self.chosen(posts[number], query)
            case [name, "media"] if name in whose:
                numbers = (note.number for note in notes)
                return self.edge(path, query, list(zip(numbers, posts.values(), strict=True)))
        return self.refusal(404)

    def _account(self) -> dict[str, Any]:
        return {
            "id": str(self.account.number),
            "username": self.account.handle,
            "name": self.account.name,
            "media_count": len(self.notes()),
        }

    def _post(self, note: Note, host: str) -> dict[str, Any]:
        """Each has a picture, with a description or without one."""
        post = {
            "id": str(note.number),
            "caption": note.text,
            "media_type": "IMAGE",
            "media_product_type": "FEED",
            "media_url": self.signed(host, note.number),
            "permalink": f"{_WEB}/p/C{note.number:010x}/",
            "timestamp": moment(note.published),
            "username": self.account.handle,
            "comments_count": 0,
            "like_count": 0,
        }
        return post | ({"alt_text": note.picture} if note.picture else {})
