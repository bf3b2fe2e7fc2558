"""The cases of the gallery: posts that make trouble for a layout, and some that do not.

In: ``content/gallery.toml``, all of it made up. Each post is handed over as a connector would and
goes through the same door as any other. Not here: how the cases are drawn (``gallery.py``).
"""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.demo.blogs import CONTENT
from aggregator.model import (
    NOTICE,
    Author,
    Card,
    Media,
    OutputFile,
    Picture,
    Post,
    RawDate,
    RawPost,
    RawQuote,
    RawText,
    Site,
    Source,
    Span,
    SpanKind,
    StoredPost,
    Terms,
    Widget,
    WidgetSpec,
    picture_path,
)
from aggregator.normalise.post import post_from
from aggregator.widgets.select import select

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""When all of it is looked at, so that the gallery is the same on every day."""
_APART = {"X"}
"""Networks that ask for a card of their own."""
_SITE = Site(
    "Example Cancer Institute",
    "https://www.example.org/",
    timezone="America/New_York",
    contact="mailto:web@example.org",
)
_SOURCE = "source-"
"""How the ids of sources begin; the number of the post follows."""
_HEADING = 4
"""Above it stand the headings of the page, of the layout and of the case."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one widget of the gallery shows, and why it is worth a look."""

    id: str
    title: str
    words: str
    """What to look for, in a sentence or two."""
    entries: tuple[Mapping[str, Any], ...]
    """Posts as the file has them, each of a source of its own, newest first."""
    place: str = ""
    """Where it stands: ``narrow``, ``wide``, ``dark`` or ``tall``; empty: as in a sidebar."""
    heading: str = ""
    """The widget's own title; empty: it is called as the case is."""
    intro: str | None = None
    notice: str | None = None
    text: str = ""
    """Of the layout that shows staff's own words; empty: they are those of the posts."""
    language: str = "en"

    def widget(self, layout: str) -> Widget:
        """The case in a layout, chosen and put in order as any other widget is."""
        told = tuple(_told(number, entry) for number, entry in enumerate(self.entries, 1))
        spec = WidgetSpec(
            id=f"{layout}-{self.id}",
            title=f"{self.heading or self.title} ({layout})",
            layout=layout,
            show=max(1, len(told)),
            intro=self.intro,
            notice=self.notice,
            heading=_HEADING,
            language=self.language,
            text=(self.text or self._words_of_posts()) if layout == NOTICE else None,
        )
        sources = [source for source, _ in told]
        posts = [stored for _, stored in told if stored is not None]
        chosen = select(spec, sources, posts, {}, NOW, _SITE.timezone)
        cards = tuple(map(self._hung, chosen.cards))
        return Widget(spec, _SITE, cards, chosen.more, chosen.follow, chosen.groups)

    def _words_of_posts(self) -> str:
        raws = (_raw(number, entry, NOW) for number, entry in enumerate(self.entries, 1))
        texts = (text for raw in raws for text in (raw.title, raw.body) if text)
        return "\n".join(text.value for text in texts)

    def _hung(self, card: Card) -> Card:
        """The card with the picture of its post."""
        entry = self.entries[int(card.source.id.removeprefix(_SOURCE)) - 1]
        return replace(card, picture=_picture(entry["picture"])) if "picture" in entry else card


def read_cases() -> tuple[Case, ...]:
    """Every case, in the file's order."""
    tables = tomllib.loads((CONTENT / "gallery.toml").read_text("utf-8"))["cases"]
    known: dict[str, tuple[Mapping[str, Any], ...]] = {}
    cases = []
    for table in tables:
        own = tuple(_entries(table.pop("posts", [])))
        again = (entry for id_ in table.pop("like", []) for entry in known[id_])
        known[table["id"]] = (*own, *again)
        cases.append(Case(**table, entries=known[table["id"]]))
    return tuple(cases)


def pictures() -> tuple[OutputFile, ...]:
    """The copies of all pictures, as they stand beside the widgets."""
    bodies = (file.read_bytes() for file in sorted((CONTENT / "pictures").glob("*.webp")))
    return tuple(
        OutputFile(picture_path(hashlib.sha256(body).hexdigest()), body) for body in bodies
    )


def _picture(said: Mapping[str, Any]) -> Picture:
    body = (CONTENT / "pictures" / said["file"]).read_bytes()
    digest = hashlib.sha256(body).hexdigest()
    return Picture(digest, said["width"], said["height"], said["alt"])


def _entries(posts: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each post as often as ``times`` says; ``{n}`` in its texts is the number of the copy."""
    for post in posts:
        for number in range(1, post.pop("times", 1) + 1):
            yield {
                key: said.replace("{n}", str(number)) if isinstance(said, str) else said
                for key, said in post.items()
            }


def _told(number: int, entry: Mapping[str, Any]) -> tuple[Source, StoredPost | None]:
    """A source and its only post; None: it has none, or not one that could be shown."""
    network = entry.get("network", "")
    source = Source(
        f"{_SOURCE}{number}",
        "feed",
        f"https://source-{number}.example.org/feed",
        name=entry.get("name", _SITE.name if network else "The Long View"),
        about=entry.get("about"),
        link=f"https://source-{number}.example.org/",
        language=entry.get("language"),
        group=entry.get("group"),
        terms=Terms(network, apart=network in _APART),
    )
    if entry.get("silent"):
        return source, None
    seen = NOW - timedelta(hours=7 * number)
    post = post_from(_raw(number, entry, seen), source, None, NOW)
    if not isinstance(post, Post):
        return source, None
    return source, StoredPost(post, number, seen, min(post.published or seen, seen))


def _raw(number: int, entry: Mapping[str, Any], moment: datetime) -> RawPost:
    text = entry.get("text", "") * entry.get("repeat_text", 1)
    link = f"https://source-{number}.example.org/{number}"
    edited = moment + timedelta(hours=2) if entry.get("edited") else None
    return RawPost(
        guid=f"tag:example.org,2026:{number}",
        permalink=link if entry.get("linked", True) else None,
        title=_text(entry.get("title", "") * entry.get("repeat_title", 1)),
        body=_text(text),
        author=_author(entry),
        published=_date(moment) if entry.get("dated", True) else None,
        updated=_date(edited),
        language=entry.get("said_language"),
        media=tuple(_film(entry)),
        spans=tuple(_spans(text, entry.get("links", {}))),
        sensitive=entry.get("sensitive", False),
        warning=entry.get("warning"),
        quote=_quote(entry.get("quote"), link),
    )


def _text(said: str) -> RawText | None:
    return RawText(said, is_html=False) if said else None


def _date(moment: datetime | None) -> RawDate | None:
    return RawDate(moment.isoformat()) if moment else None


def _author(entry: Mapping[str, Any]) -> Author | None:
    name, handle = entry.get("author"), entry.get("handle")
    return Author(name, handle, "https://social.example.org/author") if name or handle else None


def _film(entry: Mapping[str, Any]) -> Iterator[Media]:
    if seconds := entry.get("film"):
        url = "https://films.example.org/film.mp4"
        yield Media(url, "video/mp4", seconds=seconds, captions=True)


def _spans(text: str, links: Mapping[str, str]) -> Iterator[Span]:
    kinds = {"@": SpanKind.MENTION, "#": SpanKind.TAG}
    for words, target in links.items():
        start = text.index(words)
        yield Span(kinds.get(words[0], SpanKind.LINK), start, start + len(words), target)


def _quote(said: Mapping[str, str] | None, link: str) -> RawQuote | None:
    if said is None:
        return None
    author = Author(said["author"], said.get("handle"))
    return RawQuote(author, f"{link}/quoted", _text(said["text"]))
