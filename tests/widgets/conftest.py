"""What the tests of widgets share: makers of posts and sources, and a gallery of ugly posts."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import (
    NO_TERMS,
    POLL,
    AlsoOn,
    Author,
    Card,
    DateFlag,
    Media,
    Picture,
    Post,
    PostKind,
    Quote,
    SafeHtml,
    Site,
    Source,
    Span,
    SpanKind,
    Standing,
    StoredPost,
    Terms,
    Verdict,
    Widget,
    WidgetSpec,
)
from aggregator.widgets.render import Renderer

_NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_TEMPLATES = Path(__file__).resolve().parents[2] / "templates"

HOSTILE = "<script>alert(1)</script> \"'><b onmouseover=x> ]]> & \x00\x08\x1b\ufffe \ud83d end"
"""Markup, quotes, an end of CDATA, control characters and half a surrogate pair."""


def _stored(
    source_id: str = "blog",
    number: int = 1,
    *,
    hours_ago: float = 1,
    standing: Standing = Standing.OPEN,
    verdict: Verdict | None = None,
    **said: Any,
) -> StoredPost:
    """A stored post; ``said`` replaces fields of the post itself."""
    at = _NOW - timedelta(hours=hours_ago)
    text = said.get("text", f"The words of post {number}.")
    defaults = {
        "source_id": source_id,
        "guid": f"guid-{number}",
        "permalink": f"https://{source_id}.example/{number}",
        "title": f"Title {number}",
        "text": text,
        "spans": (),
        "excerpt": " ".join(text.split())[:280],
        "html": SafeHtml("<p>The words.</p>"),
        "language": None,
        "author": None,
        "kind": PostKind.ORIGINAL,
        "tags": (),
        "media": (),
        "published": at,
        "date_flag": None,
        "date_said": None,
        "updated": None,
        "sensitive": False,
        "warning": None,
        "link_key": None,
        "content_key": None,
        "fingerprint": b"",
    }
    post = Post(**{**defaults, **said})
    return StoredPost(post, number, at, at, standing, verdict)


_TERMS = {
    "bluesky": Terms("Bluesky"),
    "mastodon": Terms("Mastodon"),
    "linkedin": Terms("LinkedIn"),
    "youtube": Terms("YouTube"),
    "x": Terms("X", apart=True),
}


def _source(source_id: str = "blog", platform: str = "feed", **said: Any) -> Source:
    terms = said.pop("terms", _TERMS.get(platform, NO_TERMS))
    return Source(source_id, platform, f"https://{source_id}.example/feed", terms=terms, **said)


def _spec(
    widget_id: str = "latest", layout: str = "posts", show: int = 3, **said: Any
) -> WidgetSpec:
    return WidgetSpec(widget_id, said.pop("title", "Latest posts"), layout, show, **said)


@pytest.fixture(scope="session")
def now() -> datetime:
    """The moment of all tests."""
    return _NOW


@pytest.fixture(scope="session")
def stored() -> Callable[..., StoredPost]:
    """Makes a stored post."""
    return _stored


@pytest.fixture(scope="session")
def source() -> Callable[..., Source]:
    """Makes a source."""
    return _source


@pytest.fixture(scope="session")
def spec() -> Callable[..., WidgetSpec]:
    """Makes a widget's rules."""
    return _spec


@pytest.fixture(scope="session")
def site() -> Site:
    """The institute."""
    return Site(
        "Example Cancer Institute",
        "https://www.example.org",
        timezone="America/New_York",
        contact="mailto:web@example.org",
    )


@pytest.fixture(scope="session")
def templates() -> Path:
    """The shipped templates."""
    return _TEMPLATES


@pytest.fixture(scope="session")
def renderer() -> Renderer:
    """Draws with the shipped templates."""
    return Renderer([_TEMPLATES], "https://www.example.org/feeds")


def _card(stored: StoredPost | None, source: Source, **said: Any) -> Card:
    defaults = {"name": source.name or source.id, "link": f"https://{source.id}.example/"}
    return Card(source, stored=stored, **{**defaults, **said})


def _scene_posts() -> tuple[Card, ...]:
    blog = _source("insight", name="Insight")
    social = _source("institute", "mastodon", name="Example Institute")
    text = "Read about sleep at https://example.org/sleep 🎉 #SleepWell\nIt helps, says @nurse."
    spans = (
        Span(SpanKind.LINK, 20, 45, "https://example.org/sleep"),
        Span(SpanKind.TAG, 48, 58, "https://social.example/tags/SleepWell"),
        Span(
            SpanKind.MENTION,
            text.index("@nurse"),
            text.index("@nurse") + 6,
            "https://social.example/@nurse",
        ),
    )
    note = _stored("institute", 2, hours_ago=12, title=None, text=text, spans=spans)
    return (
        _card(
            _stored("insight", 1, title="How we sleep", author=Author("Dana Doe"), tags=("sleep",)),
            blog,
        ),
        _card(note, social, also_on=(AlsoOn(_source("sky", "bluesky"), "https://sky.example/2"),)),
        _card(
            _stored(
                "institute",
                3,
                hours_ago=30,
                title=None,
                text="Hola a todas y todos.",
                language="es",
            ),
            social,
        ),
        _card(
            _stored("institute", 4, hours_ago=31, title=None, text="Details", warning="needles"),
            social,
        ),
    )


def _scene_networks() -> tuple[Card, ...]:
    """A repost, a reply, a quote, a film, an edit, a long note, one behind a warning, a poll."""
    social = _source("institute", "mastodon", name="Example Institute")
    films = _source("films", "youtube", name="Example Institute films")
    writer = Author("Ana Nurse", "@ana@social.example", "https://social.example/@ana")
    quote = Quote(writer, "https://social.example/@ana/9", "Sleep is half of the cure.")
    long = "Nobody sleeps well in a hospital, and so we asked why. " * 40
    film = Media("https://films.example/1", "video/*", seconds=184, captions=True)
    clip = Media("https://social.example/1.mp4", "video/mp4")
    poll = Media("https://institute.example/9", POLL)
    at = _NOW - timedelta(hours=7)
    mine = "institute"
    return (
        _card(
            _stored(mine, 1, title=None, text="Lights out.", kind=PostKind.REPOST, author=writer),
            social,
        ),
        _card(
            _stored(mine, 2, title=None, text="We agree.", kind=PostKind.QUOTE, quote=quote),
            social,
        ),
        _card(_stored(mine, 3, title=None, text="Thank you, Ana.", kind=PostKind.REPLY), social),
        _card(_stored("films", 4, title="How we sleep", media=(film,)), films),
        _card(_stored(mine, 5, title=None, text="See for yourself.", media=(clip,)), social),
        _card(_stored(mine, 6, title=None, text=long), social),
        _card(
            _stored(mine, 7, title=None, text="Doors open at 9.", published=at, updated=_NOW),
            social,
        ),
        _card(
            _stored(
                mine,
                8,
                title=None,
                text="It hurts less.",
                warning="needles",
                quote=quote,
                kind=PostKind.QUOTE,
            ),
            social,
        ),
        _card(_stored(mine, 9, title=None, text="How do you sleep?", media=(poll,)), social),
    )


def _scene_signed() -> tuple[Card, ...]:
    """Posts of a network that asks for a card of its own."""
    ours = _source("x", "x", name="Institute on X", home="https://x.com/institute")
    author = Author("Example Institute", "@institute", "https://x.com/institute")
    text = "Ask @nurse about #SleepWell at example.org/sleep.\nWe answer today."
    spans = tuple(
        Span(kind, text.index(word), text.index(word) + len(word), target)
        for kind, word, target in (
            (SpanKind.MENTION, "@nurse", "https://x.com/nurse"),
            (SpanKind.TAG, "#SleepWell", "https://x.com/hashtag/SleepWell"),
            (SpanKind.LINK, "example.org/sleep", "https://t.co/abc"),
        )
    )
    quote = Quote(Author("Ana Nurse", "@nurse"), "https://x.com/nurse/status/9", "Sleep matters.")
    torn = replace(quote, text="Sleep matters more than…")
    poll = Media("https://x.example/8", POLL)
    writer = Author("Ana Nurse", "@nurse", "https://x.com/nurse")
    early = _NOW - timedelta(days=3)
    return (
        _card(_stored("x", 1, title=None, text=text, spans=spans, author=author), ours),
        _card(_stored("x", 2, title=None, text="We agree.", author=author, quote=quote), ours),
        _card(_stored("x", 3, title=None, text="So do we.", author=author, quote=torn), ours),
        _card(
            _stored("x", 4, title=None, text="Good night.", author=writer, kind=PostKind.REPOST),
            ours,
        ),
        _card(_stored("x", 5, title=None, text="Open at 9.", published=early, updated=_NOW), ours),
        _card(
            _stored("x", 6, title=None, text="It hurts.", warning="needles", author=author), ours
        ),
        _card(_stored("x", 7, title=None, text="No date.", published=None, permalink=None), ours),
        _card(_stored("x", 8, title=None, text="Shall we?", author=author, media=(poll,)), ours),
    )


def _scene_ugly() -> tuple[Card, ...]:
    plain = _source("plain")
    social = _source("social", "bluesky", name="N" * 300)
    hostile_source = _source("hostile", name=HOSTILE, about=HOSTILE)
    hostile = _stored(
        "hostile",
        1,
        title=HOSTILE,
        text=HOSTILE,
        permalink="javascript:alert(1)",
        author=Author(HOSTILE, HOSTILE, "javascript:alert(1)"),
        tags=(HOSTILE,),
        language='en" onload="x',
        html=SafeHtml("<p>]]></p>"),
    )
    spans = (
        Span(SpanKind.LINK, 0, 4, "javascript:alert(1)"),
        Span(SpanKind.LINK, 2, 9_999, "https://example.org/?a=1&b=\"'<>"),
        Span(SpanKind.LINK, 3, 5, "https://example.org/overlapping"),
    )
    return (
        _card(hostile, hostile_source, link="data:text/html,x"),
        _card(_stored("social", 2, title=None, text=HOSTILE, spans=spans, warning=None), social),
        _card(_stored("social", 3, title=None, text=HOSTILE, warning=HOSTILE), social),
        _card(_stored("plain", 4, title="Update"), plain),
        _card(_stored("plain", 5, title="Update", hours_ago=2), plain),
        _card(_stored("plain", 6, title="UPDATE ", hours_ago=2), plain),
        _card(_stored("plain", 7, title="W" * 400, text="w" * 5_000), plain),
        _card(_stored("social", 8, title=None, text="w" * 5_000), social),
        _card(_stored("social", 9, title=None, text="🎉🎉🎉"), social),
        _card(
            _stored(
                "social", 10, title=None, text="🎉", published=None, date_flag=DateFlag.MISSING
            ),
            social,
        ),
        _card(
            _stored(
                "social", 11, title=None, text="🎉", published=None, date_flag=DateFlag.MISSING
            ),
            social,
        ),
        _card(
            _stored("social", 12, title=None, text="", media=(Media("https://cdn.example/a.png"),)),
            social,
        ),
        _card(_stored("social", 13, title=None, text="שלום לכולם", language="he"), social),
        _card(
            _stored("plain", 14, title="مرحبا", text="نص قصير", language="ar", permalink=None),
            plain,
        ),
        _card(_stored("social", 15, title=None, text="No link at all.", permalink=None), social),
        _card(_stored("social", 16, title=None, text="Words " * 400), social),
    )


def _scene_blogs() -> tuple[Card, ...]:
    return (
        _card(
            _stored("family", 1, title="Week nine"),
            _source("family", name="One family's year", about="Told by two sisters."),
        ),
        _card(
            _stored("notes", 2, title=None, text="A short note."),
            _source("notes", "mastodon", name="Ana's notes"),
        ),
        _card(None, _source("quiet", name="Quiet garden")),
        _card(None, _source("other", name="Quiet garden")),
        _card(None, _source("unknown", name="No page"), link=None),
        _card(
            _stored("diario", 3, title="Primer día", language="es"),
            _source("diario", name="Diario"),
        ),
    )


def _scene_groups() -> tuple[Card, ...]:
    """In the order of their newest posts; those of one group are not neighbours."""
    groups = ("Young adults", None, 'Parents & "partners"', "Young adults")
    return tuple(
        _card(
            _stored(f"blog-{number}", number) if number < 4 else None,
            _source(f"blog-{number}", name=f"Blog {number}", group=group),
        )
        for number, group in enumerate(groups, 1)
    )


def _scene_pictures() -> tuple[Card, ...]:
    """With a picture: an article, a note, a note behind a warning, a signed post."""
    blog = _source("insight", name="Insight")
    social = _source("institute", "mastodon", name="Example Institute")
    ours = _source("x", "x", name="Institute on X", home="https://x.com/institute")
    author = Author("Example Institute", "@institute", "https://x.com/institute")
    picture = Picture("0" * 64, 320, 180, 'A night light\n<b> & a "pillow"')
    note: dict[str, Any] = {"title": None, "text": "Lights out."}
    return (
        _card(_stored("insight", 1, title="How we sleep"), blog, picture=picture),
        _card(_stored("institute", 2, **note), social, picture=picture),
        _card(_stored("institute", 3, warning="needles", **note), social, picture=picture),
        _card(_stored("x", 4, author=author, **note), ours, picture=picture),
        _card(_stored("institute", 5, title=None, text="No link.", permalink=None), social),
    )


@pytest.fixture(scope="session")
def gallery(site: Site) -> dict[str, Widget]:
    """Widgets to look at, by the names of their golden files."""
    about: dict[str, Any] = {"intro": "What we write.", "notice": "Views are their authors' own."}
    blogs = _spec("patient-blogs", "blogs", 6, title="Patient and family blogs", heading=4, **about)
    hostile = _spec("ugly", show=20, title=HOSTILE, intro=HOSTILE, notice=HOSTILE)
    hostile_site = Site(HOSTILE, "javascript:alert(1)", contact="javascript:alert(1)")
    spanish = _spec("avisos", title="Últimas noticias", language="es", heading=3)
    posts = _scene_posts()
    follow = tuple(_card(None, card.source) for card in (posts[0], posts[1], *_scene_ugly()[1:2]))
    return {
        "posts": Widget(_spec(**about), site, posts[:2], posts[2:]),
        "ugly": Widget(hostile, hostile_site, _scene_ugly()),
        "blogs": Widget(blogs, site, _scene_blogs()),
        "groups": Widget(
            replace(blogs, id="groups"),
            site,
            _scene_groups()[:3],
            _scene_groups()[3:],
            groups=('Parents & "partners"', "Young adults"),
        ),
        "ugly-blogs": Widget(_spec("ugly", "blogs", 20, title=HOSTILE), site, _scene_ugly()),
        "networks": Widget(_spec(show=8), site, _scene_networks()),
        "signed": Widget(_spec(show=8), site, _scene_signed()),
        "empty": Widget(_spec(**about), site, ()),
        "follow": Widget(_spec(**about), site, (), follow=follow),
        "spanish": Widget(spanish, site, posts),
        "pictures": Widget(_spec(show=5), site, _scene_pictures()),
        "cards": Widget(_spec(layout="cards", show=5), site, _scene_pictures()),
        "list": Widget(_spec(layout="list", show=5), site, _scene_pictures()),
        "list-blogs": Widget(_spec(layout="blogs", show=5), site, _scene_pictures()),
        "notice": Widget(
            _spec("call", "notice", title="Make an appointment", text=_NOTICE), site, ()
        ),
    }


_NOTICE = """Adults: 212-555-0142, children: +1 (212) 555-0187.
Write to care@example.org or see https://www.example.org/visit. <b>Open</b> since 2026-11-23 10:00."""


@dataclass
class Outline:
    """What a document is made of."""

    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    """(tag, name, value)"""
    links: list[tuple[str, str]] = field(default_factory=list)
    """(name, address), without those inside the text of a post"""
    text: str = ""

    def values(self, name: str) -> list[str]:
        """Of an attribute, all over the document."""
        return [value for _, found, value in self.attributes if found == name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.outline = Outline()
        self._link: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outline.tags.append(tag)
        self.outline.attributes += [(tag, name, value or "") for name, value in attrs]
        given = dict(attrs)
        if tag == "a" and given.get("class") != "fw-inline":
            self._link = []
            self.outline.links.append(("", given.get("href") or ""))

    def handle_data(self, data: str) -> None:
        self.outline.text += data
        if self._link is not None:
            self._link.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link is not None:
            name = " ".join("".join(self._link).split())
            self.outline.links[-1] = (name, self.outline.links[-1][1])
            self._link = None


@pytest.fixture(scope="session")
def outline() -> Callable[[str], Outline]:
    """Reads HTML."""

    def read(html: str) -> Outline:
        reader = _Reader()
        reader.feed(html)
        reader.close()
        return reader.outline

    return read
