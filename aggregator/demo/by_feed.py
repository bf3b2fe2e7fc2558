"""Samples of the platforms that are followed by their feeds: one account each.

In: the account and what it has posted. Out: its feed in the form of the platform, the page of each
post and of the account, and what tells the account's id where the feed is asked for by one.
Not here: what the account says (``notes.py``), counting of requests (``interface.py``). YouTube,
which has an interface besides, is in ``youtube.py``. Templates: ``platforms/``.
"""

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from html import escape
from http import HTTPStatus
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import LINKS, Account, Note, Written, newest_first

_PAGE = "text/html; charset=utf-8"
_TITLE = 60
"""Characters of a title."""
_PATIENT = 3000
"""Requests that most platforms answer in the time of an allowance."""


@dataclass(frozen=True, slots=True)
class Form:
    """Where a platform keeps things.

    Patterns for ``str.format`` with the account's ``handle`` and ``id``, and a post's ``number``.
    """

    feed: str
    post: str
    home: str
    asked: str = ""
    """What the query of the feed holds, as ``id={id}``."""
    told: str = ""
    """Where the account's id is told."""
    telling: str = ""
    """What stands there."""
    kind: str = "application/rss+xml; charset=utf-8"
    length: int = 20
    allowance: int = _PATIENT
    counts: bool = False
    """Whether it tells how many requests are left."""


FORMS = {
    "flickr": Form(
        feed="/services/feeds/photos_public.gne",
        asked="id={id}@N00",
        post="/photos/{handle}/{number}/",
        home="/photos/{handle}/",
        told="/people/{handle}/",
        telling='<script>{{"pathAlias":"{handle}","ownerNsid":"{id}@N00"}}</script>',
    ),
    "vimeo": Form(feed="/{handle}/videos/rss", post="/{number}", home="/{handle}", length=10),
    "tumblr": Form(feed="/rss", post="/post/{number}", home="/", kind="text/xml; charset=utf-8"),
    "medium": Form(
        feed="/feed/@{handle}", post="/@{handle}/story-{number}", home="/@{handle}", length=10
    ),
    "substack": Form(feed="/feed", post="/p/letter-{number}", home="/"),
    "pinterest": Form(
        feed="/{handle}/feed.rss", post="/pin/{number}/", home="/{handle}/", length=25
    ),
    "reddit": Form(
        feed="/r/{handle}/new/.rss",
        post="/r/{handle}/comments/{number}/",
        home="/r/{handle}/",
        kind="application/atom+xml; charset=utf-8",
        length=25,
        allowance=100,
        counts=True,
    ),
    "podcast": Form(
        feed="/{handle}.xml",
        post="/{handle}/{number}",
        home="/podcast/id{id}",
        told="/lookup",
        asked="",
    ),
}
"""By the platform's key in feeds.yaml."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as a feed shows it."""

    note: Note
    link: str
    host: str

    @property
    def title(self) -> str:
        """Its beginning."""
        return textwrap.shorten(self.note.text, _TITLE, placeholder=" …")

    @property
    def html(self) -> str:
        """All of it, in paragraphs."""
        text = "".join(
            f"<p>{_linked(part)}</p>" for part in self.note.text.split("\n\n") if part.strip()
        )
        picture = self.note.picture
        if picture is None:
            return text
        source = f"http://{self.host}/images/boat.svg"
        return f'<img src="{source}" alt="{escape(picture)}"/>{text}'

    @property
    def tags(self) -> list[str]:
        """Its hashtags."""
        return [found["tag"] for found in LINKS.finditer(self.note.text) if found["tag"]]


class ByFeed(Interface):
    """One account as a platform with a feed shows it."""

    def __init__(
        self,
        platform: str,
        account: Account,
        written: Written,
        clock: Callable[[], datetime],
        *,
        allowance: int | None = None,
    ) -> None:
        """``allowance`` None: as many requests as the platform usually answers."""
        self.form = FORMS[platform]
        super().__init__(clock, allowance=allowance or self.form.allowance)
        self.platform = platform
        self.account = account
        self.written = written

    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """Feed, pages of posts, the account's page, and where its id is told."""
        form = self.form
        if path == self._filled(form.feed):
            name, _, wanted = self._filled(form.asked).partition("=")
            return self._feed(host) if query.get(name, "") == wanted else self.refusal(404)
        if form.told and path == self._filled(form.told):
            return self._told(query, host)
        if path == self._filled(form.home):
            return page(self.account.name)
        for note in self.written():
            if path == self._filled(form.post, note):
                return page(note.text)
        return self.refusal(404)

    def refusal(self, status: int) -> Reply:
        """A page for people."""
        said = HTTPStatus(status).phrase
        return Reply(
            status, f"<!doctype html><title>{said}</title>".encode(), {"content-type": _PAGE}
        )

    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """The reset in seconds from now, where anything is told at all."""
        if not self.form.counts:
            return {}
        return {
            "x-ratelimit-used": str(self.allowance - left),
            "x-ratelimit-remaining": f"{left}.0" if left else "0",
            "x-ratelimit-reset": str(int((reset - self.clock()).total_seconds())),
        }

    def _filled(self, pattern: str, note: Note | None = None) -> str:
        number = note.number if note else 0
        return pattern.format(handle=self.account.handle, id=self.account.number, number=number)

    def _feed(self, host: str) -> Reply:
        notes = [note for note in newest_first(self.written()) if self._has(note)]
        posts = [
            Shown(note, f"http://{host}{self._filled(self.form.post, note)}", host)
            for note in notes[: self.form.length]
        ]
        feed = template(self.platform).render(
            account=self.account,
            posts=posts,
            site=f"http://{host}",
            home=f"http://{host}{self._filled(self.form.home)}",
            feed=f"http://{host}{self._filled(self.form.feed)}",
            updated=posts[0].note.published if posts else self.clock(),
        )
        return Reply(200, feed.encode(), {"content-type": self.form.kind})

    def _has(self, note: Note) -> bool:
        """What others wrote is passed on nowhere but on Tumblr; answers are in no feed."""
        return not note.is_reply and (note.by is None or self.platform == "tumblr")

    def _told(self, query: Mapping[str, str], host: str) -> Reply:
        if self.platform != "podcast":
            return page(self.account.name, self._filled(self.form.telling))
        if query.get("id") != str(self.account.number):
            return Reply(200, {"resultCount": 0, "results": []})
        found = {
            "kind": "podcast",
            "collectionId": self.account.number,
            "collectionName": self.account.name,
            "feedUrl": f"http://{host}{self._filled(self.form.feed)}",
        }
        return Reply(200, {"resultCount": 1, "results": [found]})


def page(text: str, more: str = "") -> Reply:
    """A page for people, and ``more`` HTML on it."""
    html = f"<!doctype html><title>A page</title><p>{escape(text)}</p>{more}"
    return Reply(200, html.encode(), {"content-type": _PAGE})


def _linked(text: str) -> str:
    """HTML of a text, its addresses made links."""
    html, at = "", 0
    for found in LINKS.finditer(text):
        if link := found["link"]:
            html += (
                escape(text[at : found.start()]) + f'<a href="{escape(link)}">{escape(link)}</a>'
            )
            at = found.end()
    return html + escape(text[at:])


@cache
def template(platform: str) -> Template:
    """How a platform writes its feeds."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).resolve().parent / "platforms"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["rfc822"] = format_datetime
    templates.filters["iso"] = lambda moment: moment.isoformat(timespec="seconds")
    templates.filters["cdata"] = lambda text: text.replace("]]>", "]]&gt;")
    return templates.get_template(f"{platform}.xml")
