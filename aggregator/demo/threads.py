"""A sample of an account on Threads, by the published interface.

Not here: what the account says (``notes.py``), tokens and pages of answers (``graph.py``).
Specification: https://developers.facebook.com/docs/threads/threads-media and
https://developers.facebook.com/docs/threads/retrieve-and-manage-replies.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from aggregator.demo.graph import Graph, failure, moment
from aggregator.demo.interface import Reply
from aggregator.demo.notes import Account, Note, newest_first

_WEB = "https://www.threads.com"
_OPEN = timedelta(days=1)
"""How long one may vote."""


class Threads(Graph):
    """One account as ``graph.threads.net`` shows it to its owner."""

    network_of_use = "threads"
    grant = "th_refresh_token"
    tells_answers = True
    """Whether the token allows to ask for answers."""
    is_approved = False
    """Whether the app may see public posts of others."""
    elsewhere: Sequence[Note] = ()
    """Those posts."""
    silent_about: Collection[str] = ()
    """Numbers of posts about which it fails to answer."""

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The account, its posts, its answers, one post, and another token."""
        if path == "/refresh_access_token":
            return self.renewed(query)
        _, *rest = path.strip("/").split("/")
        notes = newest_first(self.written())
        posts = {str(note.number): self._post(note, host) for note in notes}
        if self.is_approved:
            posts |= {str(note.number): _said(note, note.by) for note in self.elsewhere if note.by}
        match rest:
            case [number] if number in self.silent_about:
                return failure(2, None, 503)
            case ["me"]:
                return self.chosen(self._account(), query)
            case [number] if number in posts:
                return self.chosen(posts[number], query)
            case ["me", "replies"] if not self.tells_answers:
                return failure(10, None)
            case ["me", "threads" | "replies" as edge]:
                are_answers = edge == "replies"
                numbers = [note.number for note in notes if note.is_reply == are_answers]
                items = [(number, posts[str(number)]) for number in numbers]
                return self.edge(path, query, items, with_next=False)
        return self.refusal(404)

    def _account(self) -> dict[str, Any]:
        return {
            "id": str(self.account.number),
            "username": self.account.handle,
            "name": self.account.name,
        }

    def _post(self, note: Note, host: str) -> dict[str, Any]:
        post = _said(note, self.account) | {"owner": {"id": str(self.account.number)}}
        if note.by is not None:
            # Of what is passed on, no more than its number is told.
            passed_on = {"id": str(10**6 + note.number)}
            del post["text"]
            return post | {"media_type": "REPOST_FACADE", "reposted_post": passed_on}
        if note.warning is not None:
            post["is_spoiler_media"] = True
        if note.picture is not None:
            url = self.signed(host, note.number)
            post |= {"media_type": "IMAGE", "media_url": url, "alt_text": note.picture}
        if note.is_reply:
            asked = {"id": "1"}
            post |= {"is_reply": True, "root_post": asked, "replied_to": asked}
        if note.quotes is not None:
            post |= {"is_quote_post": True, "quoted_post": {"id": str(note.quotes)}}
        if note.poll:
            post["poll_attachment"] = _poll(note)
        return post


def _said(note: Note, author: Account) -> dict[str, Any]:
    """What is told of every post."""
    return {
        "id": str(note.number),
        "media_product_type": "THREADS",
        "media_type": "TEXT_POST",
        "permalink": f"{_WEB}/@{author.handle}/post/D{note.number:010x}",
        "username": author.handle,
        "text": note.text,
        "timestamp": moment(note.published),
        "shortcode": f"D{note.number:010x}",
        "is_quote_post": False,
        "has_replies": False,
    }


def _poll(note: Note) -> dict[str, Any]:
    """Nobody voted yet."""
    options = {f"option_{letter}": said for letter, said in zip("abcd", note.poll, strict=False)}
    votes = {f"{name}_votes_percentage": 0.0 for name in options}
    return {**options, **votes, "expiration_timestamp": moment(note.published + _OPEN)}
