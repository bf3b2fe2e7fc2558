"""What the templates and feeds of a widget draw: every text, link, id and date ready to print.

In: a ``Widget``. Out: a ``View``, the one behind all shapes. Texts are plain: templates escape.
Links are absolute http(s) or None. No two links of a view that lead to posts or blogs have the
same name: where visible words do not tell them apart, a ``tail`` for screen readers does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count
from zoneinfo import ZoneInfo

from aggregator.model import Card, PostKind, StoredPost, Widget
from aggregator.widgets.hosts import shown_host
from aggregator.widgets.text import (
    LONGEST,
    Paragraph,
    contact_address,
    first_words,
    legal,
    paragraphs,
    text_direction,
    web_address,
)
from aggregator.widgets.words import (
    Words,
    direction,
    language_tag,
    long_date,
    platform_name,
    primary,
    short_time,
    words_of,
)

_WHOLE = {"x"}
"""Platforms whose terms demand that a post is shown whole or not at all."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment for machines (UTC) and for people (the site's zone, the widget's language)."""

    machine: str
    words: str


@dataclass(frozen=True, slots=True)
class Link:
    """A link, and what only screen readers need to tell it from others."""

    words: str
    tail: str
    href: str | None


@dataclass(frozen=True, slots=True)
class PostView:
    """A post, ready to print."""

    public_id: str
    title: str | None
    """A post without one is a note: its text is shown whole, the link stands below."""
    link: Link
    """Its words are the title, or ``View post on …``."""
    place: str
    """Where it stands: the platform, or for a feed the source's name."""
    who: str | None
    by: str | None
    when: When | None
    lang: str | None
    """Where it is not the widget's."""
    warning: str | None
    """Shown instead of title and text."""
    paragraphs: tuple[Paragraph, ...]
    also_on: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """A card, ready to print."""

    id: str
    """Unique in the widget and across widgets; the ids in markup begin with it."""
    name: str
    link: Link
    """The source's own page."""
    about: str | None
    dir: str | None
    """The direction in which the card is read, where it is not the widget's."""
    post: PostView | None


@dataclass(frozen=True, slots=True)
class View:
    """A widget, ready to print."""

    id: str
    title: str
    layout: str
    lang: str
    dir: str
    heading: int
    intro: str | None
    notice: str | None
    items: tuple[Item, ...]
    all: Link
    contact: Link | None
    site_name: str
    site_url: str | None
    words: Words
    whole_page: bool = False
    """Whether this is the full page, which has more cards and no link to itself."""


def views_of(widget: Widget, public_url: str) -> tuple[View, View]:
    """The view of a widget, and that of its full page, which has the cards that follow, too.

    ``public_url`` is where visitors reach the outputs, without a slash at its end.
    """
    page = _Drawing(widget, public_url).page()
    items = page.items[: len(widget.cards)]
    return replace(page, heading=widget.spec.heading, items=items, whole_page=False), page


class _Drawing:
    """The making of one view; remembers the names of links that were given out."""

    def __init__(self, widget: Widget, public_url: str) -> None:
        self._widget = widget
        self._spec = widget.spec
        self._words = words_of(widget.spec.language)
        self._zone = ZoneInfo(widget.site.timezone)
        self._page = f"{public_url}/w/{widget.spec.id}/"
        self._names: set[str] = set()

    def page(self) -> View:
        """The full page. Cards are drawn in their order, so the first are drawn as if alone."""
        spec, site, words = self._spec, self._widget.site, self._words
        blogs = spec.layout == "blogs"
        everything = words.all_blogs if blogs else words.all_posts
        all_link = Link(everything, self._distinct(everything, [f": {spec.title}"]), self._page)
        contact = contact_address(site.contact)
        contact_words = words.contact_blogs if blogs else words.contact_posts
        return View(
            id=spec.id,
            title=spec.title,
            layout=spec.layout,
            lang=spec.language,
            dir=direction(spec.language),
            heading=1,
            intro=spec.intro,
            notice=spec.notice,
            items=tuple(map(self._item, self._widget.cards + self._widget.more)),
            all=all_link,
            contact=Link(contact_words, "", contact) if contact else None,
            site_name=site.name,
            site_url=web_address(site.url),
            words=words,
            whole_page=True,
        )

    def _item(self, card: Card) -> Item:
        name = _line(card.name) or card.source.id
        href = web_address(card.link)
        tails = ["", *([f", {shown_host(href)}"] if href else [])]
        tail = self._distinct(name, tails) if self._lists_blogs else ""
        own = card.stored.post.public_id if card.stored else f"source-{card.source.id}"
        return Item(
            id=f"fw-{self._spec.id}-{own}",
            name=name,
            link=Link(name, tail, href),
            about=card.source.about,
            dir=self._dir(card, name),
            post=self._post(card, name, card.stored) if card.stored else None,
        )

    def _dir(self, card: Card, name: str) -> str | None:
        """By its language; where none is known, by what it says."""
        post = card.stored.post if card.stored else None
        language = language_tag(card.source.language or (post.language if post else None))
        if language is not None:
            found: str | None = direction(language)
        else:
            found = text_direction(f"{post.title or ''} {post.text} {name}" if post else name)
        return None if found == direction(self._spec.language) else found

    @property
    def _lists_blogs(self) -> bool:
        return self._spec.layout == "blogs"

    def _post(self, card: Card, name: str, stored: StoredPost) -> PostView:
        post = stored.post
        warning = self._warning(stored)
        title = None if warning else _line(post.title or "") or None
        platform = card.source.platform
        place = name if platform == "feed" else platform_name(platform)
        author = _line((post.author.name or post.author.handle or "") if post.author else "")
        by = None
        if author and post.kind is PostKind.REPOST:
            by = self._words.repost_of.format(author=author)
        elif author and author.casefold() != name.casefold():
            by = self._words.by.format(author=author)
        tail_words = "" if warning or title is not None else first_words(post.text)
        link = self._post_link(stored, title, place, tail_words)
        return PostView(
            public_id=post.public_id,
            title=title,
            link=link,
            place=place,
            who=None if platform == "feed" else name,
            by=by,
            when=self._when(post.published),
            lang=self._lang(card.source.language or post.language),
            warning=warning,
            paragraphs=() if warning else self._text(card, stored, title),
            also_on=self._also_on(card, title or tail_words, stored),
        )

    def _warning(self, stored: StoredPost) -> str | None:
        if stored.post.warning:
            return self._words.warning.format(warning=_line(stored.post.warning))
        return self._words.sensitive if stored.post.sensitive else None

    def _text(self, card: Card, stored: StoredPost, title: str | None) -> tuple[Paragraph, ...]:
        post = stored.post
        if title is not None or self._lists_blogs:
            return paragraphs(post.excerpt, (), most=None)
        most = None if card.source.platform in _WHOLE else LONGEST
        return paragraphs(post.text, post.spans, most=most)

    def _post_link(self, stored: StoredPost, title: str | None, place: str, words: str) -> Link:
        href = web_address(stored.post.permalink)
        if title is not None:
            tails = chain(["", f", {place}"], (f", {date}" for date in self._dates(stored)))
            return Link(title, self._distinct(title, tails), href)
        label = self._words.view_post.format(place=place)
        if self._lists_blogs:
            label = self._words.newest
        return Link(label, self._distinct(label, self._tails(words, stored)), href)

    def _also_on(self, card: Card, about: str, stored: StoredPost) -> tuple[Link, ...]:
        links = []
        for place in card.also_on:
            href = web_address(place.permalink)
            if href is None:
                continue
            platform = place.source.platform
            name = _line(place.source.name or shown_host(href))
            label = name if platform == "feed" else platform_name(platform)
            tails = self._tails(about or name, stored)
            links.append(Link(label, self._distinct(label, tails), href))
        return tuple(links)

    def _distinct(self, label: str, tails: Iterable[str]) -> str:
        """The first of ``tails`` that gives the link a name of its own; else one with a number."""
        last = ":"
        for tail in tails:
            last = tail
            if self._claim(label + tail):
                return tail
        numbered = (f"{last} ({number})" for number in count(2))
        return next(tail for tail in numbered if self._claim(label + tail))

    def _claim(self, name: str) -> bool:
        key = " ".join(legal(name).casefold().split())
        fresh = key not in self._names
        self._names.add(key)
        return fresh

    def _tails(self, words: str, stored: StoredPost) -> Iterator[str]:
        """What a link adds to words that many links have; longer as long as it must be."""
        if words:
            yield f": {words}"
        for date in self._dates(stored):
            yield f": {words} ({date})" if words else f": {date}"

    def _dates(self, stored: StoredPost) -> Iterator[str]:
        """Its day, then day and time, in words; nothing where no date is believed."""
        published = stored.post.published
        if published is not None:
            day = long_date(published, self._zone, self._spec.language)
            yield day
            yield f"{day}, {short_time(published, self._zone, self._spec.language)}"

    def _when(self, moment: datetime | None) -> When | None:
        if moment is None:
            return None
        return When(machine_time(moment), long_date(moment, self._zone, self._spec.language))

    def _lang(self, language: str | None) -> str | None:
        """The language of a text where it is not the widget's, and where it is a tag at all."""
        tag = language_tag(language)
        if tag is None or primary(tag) == primary(self._spec.language):
            return None
        return tag


def machine_time(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _line(text: str) -> str:
    """On one line, without characters that no document may hold."""
    return " ".join(legal(text).split())
