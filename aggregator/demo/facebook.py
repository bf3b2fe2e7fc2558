"""A sample of a Page on Facebook, by the published interface.

Not here: what the Page says (``notes.py``), tokens and pages of answers (``graph.py``).
Specification: https://developers.facebook.com/docs/graph-api/reference/page/feed and
https://developers.facebook.com/docs/graph-api/reference/photo.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aggregator.demo.graph import Graph, failure, fields_of, moment
from aggregator.demo.interface import Reply
from aggregator.demo.notes import LINKS, Note

_WEB = "https://www.facebook.com"
_PICTURE = Path(__file__).parent / "content" / "pictures" / "soup.webp"
"""What all of its pictures show."""
_GUESSED = "May be an image of outdoors"
"""What its program says of every picture that nobody described."""
_OF_PHOTOS = frozenset({"id", "alt_text", "alt_text_custom", "created_time"})
"""The fields of photos that it knows, of many more."""


class Facebook(Graph):
    """One Page as ``graph.facebook.com`` shows it to who has its token."""

    picture = "/v/t39.30808-6/soup_n.webp"
    by_time = False
    """Whether pages of posts follow each other by time, as some do."""
    has_lost_its_task = False
    """Whether the token still counts, and shows no posts any more."""
    withholds_photos = False
    """Whether the token does not allow to ask for photos."""

    def answer(self, target: str, fields: Mapping[str, str], content: bytes | None = None) -> Reply:
        """Pictures are kept elsewhere: they want no token, and count as no question."""
        if target.partition("?")[0] == self.picture:
            return Reply(200, _PICTURE.read_bytes(), {"content-type": "image/webp"})
        return super().answer(target, fields, content)

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """The Page, its posts, and posts and photos by their ids."""
        _, *rest = path.strip("/").split("/")
        page = str(self.account.number)
        notes = [] if self.has_lost_its_task else self.notes()
        posts = {f"{page}_{note.number}": self._post(note, host) for note in notes}
        photos = {_photo_id(note): _photo(note) for note in notes if _has_photo(note)}
        wanted = {*query.get("ids", "").split(","), *rest} & photos.keys()
        if wanted and (refused := self._refused_photo(query)):
            return refused
        match rest:
            case []:
                return self.several(posts | photos, query)
            case [number] if number in photos:
                return self.chosen(photos[number], query)
            case [name] if name.lower() in {page, self.account.handle}:
                return self.chosen(self._page(), query)
            case [number] if number in posts:
                return self.chosen(posts[number], query)
            case [number, "posts"] if number == page:
                return self._posts(path, query, notes, posts)
        return self.refusal(404)

    def _refused_photo(self, query: Mapping[str, str]) -> Reply | None:
        """Why no photo is told of; None: they are."""
        if self.withholds_photos:
            return failure(10, None)
        for name in fields_of(query.get("fields", "id")).keys() - _OF_PHOTOS:
            words = f"Tried accessing nonexisting field ({name}) on node type (Photo)"
            return failure(100, None, words=words)
        return None

    def _page(self) -> dict[str, Any]:
        handle = self.account.handle
        return {
            "id": str(self.account.number),
            "name": self.account.name,
            "username": handle,
            "link": f"{_WEB}/{handle}/",
        }

    def _posts(
        self,
        path: str,
        query: Mapping[str, str],
        notes: list[Note],
        posts: Mapping[str, dict[str, Any]],
    ) -> Reply:
        items = list(zip((note.number for note in notes), posts.values(), strict=True))
        if not self.by_time:
            return self.edge(path, query, items)
        if "until" in query:
            older = int(query["__paging_token"].removeprefix("enc_"))
            items = [item for item in items if item[0] < older]
        reply = self.edge(path, query, items)
        if paging := reply.said.get("paging"):
            last = int(paging["cursors"]["after"].removeprefix("QVFI"), 16)
            until = f"&until={last}&since&__paging_token=enc_{last}&__previous"
            paging.pop("cursors")
            if "next" in paging:
                paging["next"] = paging["next"].partition("&after=")[0] + until
        return reply

    def _post(self, note: Note, host: str) -> dict[str, Any]:
        page = str(self.account.number)
        post: dict[str, Any] = {
            "id": f"{page}_{note.number}",
            "created_time": moment(note.published),
            # It moves with comments, so it is a moving time here, too.
            "updated_time": moment(self.clock()),
            "permalink_url": f"{_WEB}/{page}/posts/{note.number}/",
            "status_type": "shared_story" if note.by else "mobile_status_update",
            "is_published": True,
            "is_hidden": False,
            "is_expired": False,
            "from": {"name": self.account.name, "id": page},
            "privacy": {"value": "EVERYONE", "description": "Public"},
        }
        if note.by is not None:
            # Somebody else's words stand in what is attached.
            post["parent_id"] = f"{note.by.number}_{note.number}"
        else:
            post["message"] = note.text
        attached = self._attached(note, host)
        return post | ({"attachments": {"data": [attached]}} if attached else {})

    def _attached(self, note: Note, host: str) -> dict[str, Any] | None:
        url = f"{_WEB}/{self.account.number}/photos/{note.number}/"
        target = {"id": _photo_id(note), "url": url}
        common: dict[str, Any] = {"target": target, "url": url, "unshimmed_url": url}
        if note.by is not None:
            shared = {"media_type": "link", "type": "share", "title": note.by.name}
            return common | shared | {"description": note.text}
        if note.picture is not None:
            image = {"src": self.signed(host, note.number), "width": 360, "height": 450}
            return common | {"media_type": "photo", "type": "photo", "media": {"image": image}}
        if link := next(
            (found["link"] for found in LINKS.finditer(note.text) if found["link"]), None
        ):
            card = {"media_type": "link", "type": "share", "title": "A page elsewhere"}
            return card | {"target": {"url": link}, "url": link, "unshimmed_url": link}
        return None


def _has_photo(note: Note) -> bool:
    """What is passed on shows its picture at its own author's."""
    return note.picture is not None and note.by is None


def _photo_id(note: Note) -> str:
    return str(10**6 + note.number)


def _photo(note: Note) -> dict[str, Any]:
    """A field that nobody filled is left out."""
    photo = {
        "id": _photo_id(note),
        "created_time": moment(note.published),
        "alt_text": note.picture or _GUESSED,
    }
    return photo | ({"alt_text_custom": note.picture} if note.picture else {})
