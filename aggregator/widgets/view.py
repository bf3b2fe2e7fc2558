"""What the templates and feeds of a widget draw: every text, link, id and date ready to print.

In: a ``Widget``. Out: a ``View``, the one behind all shapes. Texts are plain: templates escape.
Links are absolute http(s) or None. No two links of a view that lead to posts or blogs have the
same name (``names.py``). Not here: what a card says of its post (``post_view.py``).
"""

from collections import Counter
from dataclasses import dataclass, replace

from aggregator.model import BLOGS, NOTICE, Card, Look, Widget
from aggregator.widgets.hosts import shown_host
from aggregator.widgets.names import Link, Names
from aggregator.widgets.post_view import PostDrawing, PostView
from aggregator.widgets.text import (
    Paragraph,
    contact_address,
    linked,
    one_line,
    text_direction,
    web_address,
)
from aggregator.widgets.words import (
    Words,
    direction,
    language_of_dates,
    language_tag,
    other_language,
    words_of,
)


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
    group: str | None = None
    """The heading under which it is listed; None: under none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Items that are listed together."""

    id: str
    """Unique in the page; of its heading."""
    name: str
    """Empty: of those that stand under no heading of their own."""
    items: tuple[Item, ...]


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
    text: tuple[Paragraph, ...]
    """Of the layout ``notice``."""
    items: tuple[Item, ...]
    """In the order of the feeds."""
    groups: tuple[Group, ...]
    """The same as they are listed; mostly one group without a name."""
    follow: tuple[Link, ...]
    """The sources' own pages, where there is no item."""
    all: Link
    contact: Link | None
    site_name: str
    site_url: str | None
    looks: tuple[Look, ...]
    """Of all widgets of the website, for they share one stylesheet."""
    words: Words
    words_lang: str | None
    """Of our own words, where they are not in the widget's language."""
    dates_lang: str | None
    """Of the dates, in the same way."""
    whole_page: bool = False
    """Whether this is the full page, which has more cards and no link to itself."""
    has_parts: bool = False
    """Whether it is drawn for shadow DOM, where a site's own style reaches named parts only."""


def views_of(widget: Widget, public_url: str) -> tuple[View, View]:
    """The view of a widget, and that of its full page, which has the cards that follow, too.

    ``public_url`` is where visitors reach the outputs, without a slash at its end.
    """
    page = _Drawing(widget, public_url).page()
    items = page.items[: len(widget.cards)]
    box = replace(page, items=items, groups=_groups(widget, items), whole_page=False)
    return replace(box, heading=widget.spec.heading), page


class _Drawing:
    """The making of one view."""

    def __init__(self, widget: Widget, public_url: str) -> None:
        self._widget = widget
        self._spec = widget.spec
        self._words = words_of(widget.spec.language)
        self._words_lang = other_language(self._words.language, widget.spec.language)
        self._lists_blogs = widget.spec.layout == BLOGS
        self._page = f"{public_url}/w/{widget.spec.id}/"
        self._names = Names()
        self._posts = PostDrawing(widget.spec, widget.site, self._names, public_url)

    def page(self) -> View:
        """The full page. Cards are drawn in their order, so the first are drawn as if alone."""
        spec, site = self._spec, self._widget.site
        items = tuple(map(self._item, self._widget.cards + self._widget.more))
        return View(
            id=spec.id,
            title=spec.title,
            layout=spec.layout,
            lang=spec.language,
            dir=direction(spec.language),
            heading=1,
            intro=spec.intro,
            notice=spec.notice,
            text=linked(spec.text or ""),
            items=items,
            groups=_groups(self._widget, items),
            follow=self._follow(),
            all=self._all(),
            contact=self._contact(),
            site_name=site.name,
            site_url=web_address(site.url),
            looks=site.looks,
            words=self._words,
            words_lang=self._words_lang,
            dates_lang=other_language(language_of_dates(spec.language), spec.language),
            whole_page=True,
        )

    def _all(self) -> Link:
        title = self._spec.title
        if self._spec.layout == NOTICE:
            return Link(title, "", self._page)
        label = self._words.all_blogs if self._lists_blogs else self._words.all_posts
        tail = self._names.tail(label, [f": {title}"])
        return Link(label, tail, self._page, self._words_lang)

    def _contact(self) -> Link | None:
        href = contact_address(self._widget.site.contact)
        words = self._words
        label = words.contact_blogs if self._lists_blogs else words.contact_posts
        return Link(label, "", href, self._words_lang) if href else None

    def _item(self, card: Card) -> Item:
        name = one_line(card.name) or card.source.id
        href = web_address(card.link)
        tails = ["", *([f", {shown_host(href)}"] if href else [])]
        tail = self._names.tail(name, tails) if self._lists_blogs else ""
        own = card.stored.post.public_id if card.stored else f"source-{card.source.id}"
        return Item(
            id=f"fw-{self._spec.id}-{own}",
            name=name,
            link=Link(name, tail, href),
            about=card.source.about,
            dir=self._dir(card, name),
            post=self._posts.post(card, name, card.stored) if card.stored else None,
            group=card.source.group if self._lists_blogs else None,
        )

    def _follow(self) -> tuple[Link, ...]:
        """Where the sources are; those of one network by their own names, too."""
        cards = [] if self._widget.cards else self._widget.follow
        networks = Counter(card.source.terms.network for card in cards)
        links = []
        for card in cards:
            name, network = one_line(card.name) or card.source.id, card.source.terms.network
            label = f"{network} ({name})" if network and networks[network] > 1 else network or name
            href = web_address(card.link)
            if href is not None:
                tails = ["", f": {name}", f", {shown_host(href)}"]
                links.append(Link(label, self._names.tail(label, tails), href))
        return tuple(links)

    def _dir(self, card: Card, name: str) -> str | None:
        """By its language; where none is known, by what it says."""
        post = card.stored.post if card.stored else None
        language = language_tag(card.source.language or (post.language if post else None))
        if language is not None:
            found: str | None = direction(language)
        else:
            found = text_direction(f"{post.title or ''} {post.text} {name}" if post else name)
        return None if found == direction(self._spec.language) else found


def _groups(widget: Widget, items: tuple[Item, ...]) -> tuple[Group, ...]:
    """Items without a group first, for below a heading they would seem to belong to it."""
    found = []
    names = dict.fromkeys((None, *widget.groups, *(item.group for item in items)))
    for number, name in enumerate(names):
        mine = tuple(item for item in items if item.group == name)
        if mine:
            found.append(Group(f"fw-{widget.spec.id}-g{number}", one_line(name or ""), mine))
    return tuple(found)
