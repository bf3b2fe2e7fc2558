"""What was read of an entry, or of the feed itself, so far; and what is made of it in the end.

In: what ``_elements.py`` finds. Out: a ``RawPost`` or a ``Profile``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias
from xml.etree.ElementTree import Element

from aggregator.connectors import _limits
from aggregator.connectors._dates import raw_date
from aggregator.connectors._hints import Asks
from aggregator.connectors._tree import NotOurs, Surroundings, Tree, refuse
from aggregator.model import Author, Media, Profile, RawPost, RawText

PLAIN, HTML = "text/plain", "text/html"
_BLOGGER_KIND = "http://schemas.google.com/g/2005#kind"
"""A category that says what an entry is on Blogger, not what it is about."""


class Text(NamedTuple):
    """A text as its element has it."""

    kind: str
    value: str
    around: Surroundings

    @property
    def is_html(self) -> bool:
        return self.kind == HTML or self.kind.endswith("xml")

    @property
    def is_text(self) -> bool:
        """A picture in base64 is none, for example."""
        return self.is_html or self.kind.startswith("text/")

    def raw(self, most: int = _limits.HTML) -> RawText | None:
        """What is handed on."""
        base, language = self.around.text_base, self.around.language
        value = self.value if self.is_text else None
        return _limits.text(value, is_html=self.is_html, most=most, base=base, language=language)


Take: TypeAlias = Callable[["Draft", Element], None]
"""How an element is taken in."""


class Draft:
    """What was read of an entry, or of a feed, so far."""

    def __init__(self, tree: Tree, around: Surroundings) -> None:
        self.tree = tree
        self.around = around
        self.guid: str | None = None
        self.guid_is_link: bool | None = None
        """What it says itself, by ``isPermaLink``; None where it says nothing."""
        self.main_link: str | None = None
        self.alternates: list[str] = []
        self.enclosures: list[Media] = []
        self.hubs: list[str | None] = []
        self.topic: str | None = None
        self.new_address: str | None = None
        self.asks = Asks()
        self.title: Text | None = None
        self.summary: Text | None = None
        self.contents: list[Text] = []
        self.author: Author | None = None
        self.dates: dict[str, str] = {}
        self.said_language: str | None = None
        self.tags: list[list[str | None]] = []
        """Term, scheme and label of each."""
        self.media: list[Media] = []
        self.media_title: RawText | None = None
        """What Media RSS says of the entry as a whole, not of a picture in it."""
        self.media_text: RawText | None = None
        """On YouTube the only text."""

    def take(self, elements: Iterable[Element], table: Mapping[str, Take]) -> None:
        """Take in elements; those that the table does not name say nothing to us."""
        names = self.tree.names
        for element in elements:
            take = table.get(names[element.tag])
            if take is not None:
                take(self, element)
            elif len(element):
                refuse(element, names, table)

    def post(self, about: str | None) -> RawPost:
        """The entry; ``about`` is its id in RDF."""
        body, summary = self._body_and_summary()
        title = self.title and self.title.raw(_limits.TITLE)
        return RawPost(
            guid=_limits.line(self.guid or about, _limits.URL),
            permalink=self._permalink(),
            base=self.around.base,
            title=title or self.media_title,
            body=body,
            summary=summary,
            author=self.author,
            published=raw_date(self.dates.get("published")) or raw_date(self.dates.get("created")),
            updated=raw_date(self.dates.get("updated")),
            language=_limits.line(self.said_language) or self.around.language,
            tags=_limits.tags(
                label or term for term, scheme, label in self.tags if scheme != _BLOGGER_KIND
            ),
            media=_limits.media([*self.media, *self.enclosures]),
        )

    def profile(self) -> Profile:
        """The feed itself."""
        if any(text and not text.is_text for text in (self.title, self.summary)):
            raise NotOurs("base64")
        return Profile(
            title=_limits.line(self.title.value) if self.title else None,
            link=_limits.absolute(self.around.base, self.main_link or self.guid),
            language=_limits.line(self.said_language or self.tree.language),
            description=_limits.line(self.summary.value, _limits.ALT) if self.summary else None,
            hubs=_limits.hubs(self.hubs),
            topic=self.topic,
            new_address=self.new_address,
        )

    def _body_and_summary(self) -> tuple[RawText | None, RawText | None]:
        """The longest text of an entry and, where it differs, its summary."""
        contents = [content.raw() for content in self.contents]
        summary = self.summary and self.summary.raw()
        texts = [text for text in (*contents, summary) if text]
        if not texts:
            return self.media_text, None
        body = max(texts, key=lambda text: len(text.value))
        differs = summary is not None and summary.value != body.value
        return body, summary if differs else None

    def _permalink(self) -> str | None:
        """The page of the entry: its link, else another alternate, else a guid that is a URL."""
        candidates = [self.main_link, *self.alternates]
        found = [_limits.absolute(self.around.base, candidate) for candidate in candidates]
        if self.guid and (
            self.guid_is_link or (self.guid_is_link is None and _limits.is_http(self.guid))
        ):
            found.append(_limits.absolute(self.around.base, self.guid))
        return next((one for one in found if one and _limits.is_http(one)), None)
