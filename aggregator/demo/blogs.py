"""The sample blogs: what they are called, what they run on and what they say.

In: ``content/blogs/*.toml`` (a blog each) and ``content/arrivals.toml``. All of it is made up.
Not here: which posts are out by now (``world``), how an engine writes them down (``engines``).
"""

import html
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

CONTENT = Path(__file__).resolve().parent / "content"

_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Entry:
    """One post of a sample blog."""

    slug: str
    title: str
    """Empty on engines whose posts have none."""
    paragraphs: tuple[str, ...]
    """HTML, one paragraph each."""
    published: datetime
    tags: tuple[str, ...] = ()
    link: str = ""
    """What the feed says in place of the permalink; empty: the permalink itself."""

    @property
    def html(self) -> str:
        """The whole text, as the blog's own page shows it."""
        return "\n".join(f"<p>{paragraph}</p>" for paragraph in self.paragraphs)

    @property
    def text(self) -> str:
        """The first paragraph without its markup, as engines write summaries."""
        return html.unescape(_TAG.sub("", self.paragraphs[0]))

    @property
    def number(self) -> int:
        """A number that stays with the post, for engines that count theirs."""
        return crc32(self.slug.encode())


@dataclass(frozen=True, slots=True)
class Blog:
    """One sample blog, with the posts that it has when the world starts."""

    host: str
    """Its name under ``.localhost``."""
    title: str
    tagline: str
    author: str
    engine: str
    language: str
    entries: tuple[Entry, ...]
    """Newest first."""
    hue: int = 200
    """The colour of its pages, in degrees."""
    direction: str = "ltr"
    moved_from: str = ""
    """A host that sends everything here by 301."""
    slow: bool = False
    """Its feed keeps the reader waiting."""
    broken: bool = False
    """Its feed breaks off in the middle of the third post."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A post that appears while the world runs."""

    host: str
    entry: Entry

    def appearing(self, moment: datetime, round_: int) -> Entry:
        """The post as it comes out at ``moment``; from the second round on it says which."""
        if round_ == 0:
            return replace(self.entry, published=moment)
        mark = f" · {round_ + 1}"
        *others, last = self.entry.paragraphs
        return replace(
            self.entry,
            slug=f"{self.entry.slug}-{round_ + 1}",
            title=self.entry.title and self.entry.title + mark,
            paragraphs=(*others, last + mark),
            published=moment,
        )


def read_blogs(began: datetime) -> tuple[Blog, ...]:
    """Every sample blog, its posts dated back from ``began``."""
    files = sorted((CONTENT / "blogs").glob("*.toml"))
    return tuple(_blog(tomllib.loads(file.read_text("utf-8")), began) for file in files)


def read_arrivals(began: datetime) -> tuple[Arrival, ...]:
    """What appears while the world runs, in order; dated ``began`` until it does."""
    tables = tomllib.loads((CONTENT / "arrivals.toml").read_text("utf-8"))["arrivals"]
    return tuple(Arrival(table["blog"], _entry(table, began)) for table in tables)


def _blog(table: dict[str, Any], began: datetime) -> Blog:
    posts = table.pop("posts")
    entries = (_entry(post, began - timedelta(days=post["days"])) for post in posts)
    ordered = sorted(entries, key=lambda entry: entry.published, reverse=True)
    return Blog(**table, entries=tuple(ordered))


def _entry(table: Mapping[str, Any], published: datetime) -> Entry:
    return Entry(
        slug=table["slug"],
        title=table.get("title", "") * table.get("repeat_title", 1),
        paragraphs=tuple(part.strip() for part in table["body"].strip().split("\n\n")),
        published=published.replace(microsecond=0),
        tags=tuple(table.get("tags", ())),
        link=table.get("link", ""),
    )
