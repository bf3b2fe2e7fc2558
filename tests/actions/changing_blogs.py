"""Pairs of feeds, before and after: blogs that changed hands, and blogs that only changed."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

TEXTS = tomllib.loads((Path(__file__).parent / "identity" / "texts.toml").read_text("utf-8"))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "www.annas-year.example"


@dataclass(frozen=True)
class Entry:
    """One post as its feed has it."""

    title: str
    text: str
    day: datetime
    slug: str
    author: str = "Anna Miller"
    links_to: str = ""
    guid: str = ""
    """Empty: as WordPress makes them, from the slug."""


@dataclass(frozen=True)
class Blog:
    """A feed, and where it comes from."""

    entries: tuple[Entry, ...]
    """The newest first."""
    title: str = "Anna's year on the ward"
    host: str = HOST
    language: str = "en-US"
    theme: str = "<p>{}</p>"
    as_atom: bool = False
    path: str = "/{slug}/"
    pages: str = ""
    """The host that the entries' links name; empty: the feed's own."""
    issuer: str = "Let's Encrypt"
    """Who issued its certificate."""

    @property
    def url(self) -> str:
        return f"https://{self.host}/feed/"

    @property
    def body(self) -> bytes:
        write = self._atom if self.as_atom else self._rss
        return write().encode()

    def link(self, entry: Entry) -> str:
        return f"https://{self.pages or self.host}{self.path.format(slug=entry.slug)}"

    def html(self, entry: Entry) -> str:
        more = f' <a href="{entry.links_to}">Read more here</a>.' if entry.links_to else ""
        return escape(self.theme.format(escape(entry.text) + more))

    def _rss(self) -> str:
        items = "".join(
            f"<item><title>{escape(one.title)}</title><link>{self.link(one)}</link>"
            f'<guid isPermaLink="false">{one.guid or f"https://{self.host}/?p={one.slug}"}</guid>'
            f"<dc:creator>{one.author}</dc:creator>"
            f"<pubDate>{format_datetime(one.day)}</pubDate>"
            f"<description>{self.html(one)}</description></item>"
            for one in self.entries
        )
        return (
            '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
            f"<title>{escape(self.title)}</title><link>https://{self.host}/</link>"
            f"<language>{self.language}</language>{items}</channel></rss>"
        )

    def _atom(self) -> str:
        entries = "".join(
            f"<entry><title>{escape(one.title)}</title><id>tag:{self.host},2026:{one.slug}</id>"
            f'<link href="{self.link(one)}"/><published>{one.day.isoformat()}</published>'
            f"<author><name>{one.author}</name></author>"
            f'<content type="html">{self.html(one)}</content></entry>'
            for one in self.entries
        )
        return (
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{self.language}">'
            f'<title>{escape(self.title)}</title><link href="https://{self.host}/"/>'
            f"{entries}</feed>"
        )


@dataclass(frozen=True)
class Pair:
    """A feed as it was known, and as it is found at the next visit."""

    before: Blog
    after: Blog
    at: datetime = field(default=NOW)


def posts(kind: str, newest: datetime, every: timedelta = 9 * DAY, **facts: str) -> list[Entry]:
    """All texts of a kind as entries, the newest first."""
    made = [
        Entry(text["title"], text["text"], newest - number * every, f"{kind}-{number}", **facts)
        for number, text in enumerate(reversed(TEXTS[kind]))
    ]
    return made[:20]


def added(blog: Blog, new: Sequence[Entry], *, title: str = "", host: str = "") -> Blog:
    """The same feed with new posts on top; the oldest fall out, as feeds do it."""
    entries = (*new, *blog.entries)[: len(blog.entries)]
    return replace(blog, entries=entries, title=title or blog.title, host=host or blog.host)


LIVELY = Blog(tuple(posts("family", NOW - 3 * DAY)))
SILENT = Blog(tuple(posts("family", NOW - 380 * DAY)))
CASINO = posts("casino", NOW - DAY, DAY / 2, author="admin", links_to="https://spin.example/go")
LATER = posts("later", NOW - DAY, 4 * DAY)


def on_a_new_engine(blog: Blog) -> Blog:
    """Other ids, other links, another format."""
    return replace(blog, as_atom=True, path="/2026/{slug}.html")


HIJACKED = {
    "a lapsed domain, bought for a casino": Pair(
        SILENT, Blog(tuple(CASINO), title="Best Online Casino Bonus")
    ),
    "a lapsed domain, bought for a casino, in another language": Pair(
        SILENT,
        Blog(
            tuple(posts("indonesian", NOW - DAY, DAY, author="admin")),
            title="Slot Gacor Hari Ini",
            language="id",
        ),
    ),
    "a parked page with a feed": Pair(
        SILENT,
        Blog(
            tuple(posts("parked", NOW - DAY, author="", links_to="https://ads.example/x")),
            title="annas-year.example is for sale",
        ),
    ),
    "a sold blog that keeps its title and its old posts": Pair(
        SILENT, replace(SILENT, entries=(*CASINO, *SILENT.entries))
    ),
    "a sold blog that keeps title, old posts and the author's name": Pair(
        SILENT, added(SILENT, [replace(one, author="Anna Miller") for one in CASINO[:1]])
    ),
    "known ids with other texts": Pair(
        LIVELY,
        replace(
            LIVELY,
            entries=tuple(
                replace(old, title=new.title, text=new.text, links_to=new.links_to)
                for old, new in zip(LIVELY.entries, CASINO * 3, strict=False)
            ),
        ),
    ),
    "known ids and titles with other texts": Pair(
        LIVELY,
        replace(
            LIVELY,
            entries=tuple(
                replace(old, text=new.text, links_to=new.links_to)
                for old, new in zip(LIVELY.entries, CASINO * 3, strict=False)
            ),
        ),
    ),
    "a redirect to another domain with other posts": Pair(
        LIVELY,
        Blog(
            tuple(posts("parked", NOW - DAY, author="Anna Miller")),
            host="portal.example",
            title=LIVELY.title,
        ),
    ),
    "a redirect to another domain that copied the old posts": Pair(
        SILENT,
        on_a_new_engine(replace(SILENT, entries=(*CASINO, *SILENT.entries), host="portal.example")),
    ),
    "another owner on the same host of blogs": Pair(
        SILENT,
        Blog(
            tuple(posts("indonesian", NOW - DAY, DAY, author="Budi")),
            title="Catatan",
            language="en-US",
        ),
    ),
}

HONEST = {
    "a new theme": Pair(
        LIVELY, replace(LIVELY, theme="<div class='x'><section>{}</section></div>")
    ),
    "a redesign with another engine": Pair(LIVELY, on_a_new_engine(LIVELY)),
    "a redesign with a new title and a new post": Pair(
        LIVELY, on_a_new_engine(added(LIVELY, LATER[:1], title="On the ward"))
    ),
    "a move to another host of blogs with the same posts": Pair(
        replace(LIVELY, host="annas-year.blogspot.com"),
        on_a_new_engine(replace(LIVELY, host="annasyear.wordpress.com")),
    ),
    "such a move with a new post and links to a new place": Pair(
        replace(LIVELY, host="annas-year.blogspot.com"),
        on_a_new_engine(
            added(
                LIVELY,
                [replace(LATER[0], links_to="https://charity.example/run")],
                host="annas-year.example",
            )
        ),
    ),
    "a move after which the feed has the beginnings of posts only": Pair(
        LIVELY,
        on_a_new_engine(
            replace(
                LIVELY,
                host="annasyear.wordpress.com",
                entries=tuple(replace(one, text=one.text[:90] + "…") for one in LIVELY.entries),
            )
        ),
    ),
    "a year of silence and one ordinary post": Pair(SILENT, added(SILENT, LATER[:1])),
    "eight months in hospital and then many posts at once": Pair(
        replace(LIVELY, entries=tuple(posts("family", NOW - 250 * DAY))),
        replace(
            LIVELY,
            entries=tuple(
                replace(one, slug=f"again-{number}", title=f"{one.title}, again", text=text)
                for number, one in enumerate(posts("family", NOW - DAY, DAY / 5))
                if (text := f"After eight months: {one.text} {LATER[number % 2].text}")
            ),
        ),
    ),
    "an author who marries and renames the blog": Pair(
        LIVELY,
        added(
            LIVELY,
            [replace(one, author="Anna Jones") for one in LATER],
            title="The Joneses: life after treatment",
        ),
    ),
    "a blog that is bilingual from now on": Pair(
        LIVELY,
        added(LIVELY, posts("spanish", NOW - DAY), title="Anna's year / Un año en el hospital"),
    ),
    "a post in memory, by another of the family": Pair(
        LIVELY,
        added(
            LIVELY,
            posts("memorial", NOW - DAY, author="Tom", links_to="https://charity.example/give"),
        ),
    ),
    "an evening at a casino": Pair(
        LIVELY,
        added(
            LIVELY,
            [
                Entry(
                    "Casino night for the ward",
                    "The school held a casino night with poker for the children's ward. Our "
                    "daughter dealt the cards, grandmother won a cake, and the nurse and the "
                    "doctor came by after work. Everybody laughed, and treatment was far away.",
                    NOW - DAY,
                    "casino-night",
                )
            ],
        ),
    ),
    "a feed that shows fewer of its posts": Pair(
        LIVELY, replace(LIVELY, entries=LIVELY.entries[:2])
    ),
    "every text mended a little": Pair(
        LIVELY,
        replace(
            LIVELY,
            entries=tuple(replace(one, text=f"{one.text} (Updated.)") for one in LIVELY.entries),
        ),
    ),
}
