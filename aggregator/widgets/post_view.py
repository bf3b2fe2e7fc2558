"""A post as a card shows it: texts, links and dates ready to print.

In: a ``Card`` with a post. Out: a ``PostView``. What its network asks of those who show it is in
``Source.terms``: its name, and whether its posts have a card of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from aggregator.model import (
    BLOGS,
    POLL,
    Author,
    Card,
    Media,
    Picture,
    Post,
    PostKind,
    Site,
    StoredPost,
    WidgetSpec,
)
from aggregator.widgets.hosts import shown_host
from aggregator.widgets.names import Link, Names
from aggregator.widgets.repeated import told_once
from aggregator.widgets.text import (
    ELLIPSIS,
    LONGEST,
    Paragraph,
    first_words,
    one_line,
    paragraphs,
    web_address,
)
from aggregator.widgets.words import (
    language_tag,
    long_date,
    other_language,
    play_time,
    primary,
    short_time,
    words_of,
)

_NO_EDIT = timedelta(minutes=1)
"""A change so soon after publishing is the platform's own, or a slip of the pen."""
_STREAM = "application/vnd.apple.mpegurl"
"""How Bluesky gives films."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment for machines (UTC) and for people (the site's zone, the widget's language)."""

    machine: str
    words: str


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The post that a post quotes, ready to print."""

    link: Link
    """Its words name the author."""
    text: str
    """Empty where it may not be shown in part."""


@dataclass(frozen=True, slots=True)
class PictureView:
    """Our copy of the post's picture."""

    src: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class Signature:
    """Of a card of its own: who wrote the post, and when, as links."""

    author: Link
    """To the author's page; its words are the name, and the handle stands beside."""
    handle: str | None
    time: Link | None
    """To the post; its words are the date. None where no date is believed."""


@dataclass(frozen=True, slots=True)
class PostView:
    """A post, ready to print."""

    public_id: str
    title: str | None
    """A post without one is a note: its text is shown whole, the link stands below."""
    link: Link
    """Its words are the title, or ``View on …``."""
    watch: Link | None
    """Where a post with a title has a film or a poll."""
    place: str
    """Where it stands: the network, or the source's name."""
    who: str | None
    marks: tuple[str, ...]
    """What else is to be said of it: its author, who passed it on, that it is a reply."""
    when: When | None
    edited: When | None
    lang: str | None
    """Where it is not the widget's."""
    warning: str | None
    """Covers title, text and quote until a reader wants to see them."""
    picture: PictureView | None
    """Covered by the warning, too."""
    paragraphs: tuple[Paragraph, ...]
    quote: QuoteView | None
    also_on: tuple[Link, ...]
    signature: Signature | None
    """Of posts that must have a card of their own; None: the usual one will do."""


class PostDrawing:
    """Draws the posts of one widget. ``public_url``: where pictures are found below."""

    def __init__(self, spec: WidgetSpec, site: Site, names: Names, public_url: str) -> None:
        self._public_url = public_url
        self._spec = spec
        self._words = words_of(spec.language)
        self._words_lang = other_language(self._words.language, spec.language)
        self._zone = ZoneInfo(site.timezone)
        self._names = names
        self._lists_blogs = spec.layout == BLOGS

    def post(self, card: Card, name: str, stored: StoredPost) -> PostView:
        """The post of a card whose source is called ``name``."""
        post = told_once(stored.post)
        stored = replace(stored, post=post)
        warning = self._warning(post)
        title = None if warning else one_line(post.title or "") or None
        network = card.source.terms.network
        place = network or name
        about = "" if warning or title is not None else first_words(post.text)
        signature = self._signature(card, name, stored, about)
        return PostView(
            public_id=post.public_id,
            title=title,
            link=self._link(card, stored, title, place, about),
            watch=self._watch(card, stored, place, title),
            place=place,
            who=self._who(card, name) if network else None,
            marks=tuple(self._marks(card, name)),
            when=self._when(post.published),
            edited=self._when(post.updated) if title is None and _edited(post) else None,
            lang=self._lang(card.source.language or post.language),
            warning=warning,
            picture=self._picture(card.picture),
            paragraphs=self._text(card, post, title),
            quote=self._quote(card, stored),
            also_on=self._also_on(card, title or about, stored),
            signature=signature,
        )

    def _warning(self, post: Post) -> str | None:
        if post.warning:
            return self._words.warning.format(warning=one_line(post.warning))
        return self._words.sensitive if post.sensitive else None

    def _who(self, card: Card, name: str) -> str:
        """The account that the words are of."""
        post = card.stored.post if card.stored else None
        author = _called(post.author) if post and post.kind is PostKind.REPOST else ""
        return author or name

    def _marks(self, card: Card, name: str) -> Iterator[str]:
        post, network = card.stored.post if card.stored else None, card.source.terms.network
        if post is None:
            return
        author = _called(post.author)
        another = bool(author) and author.casefold() != name.casefold()
        if post.kind is PostKind.REPOST:
            if another and not network:
                yield self._words.by.format(author=author)
            passed_on = self._words.reposted_by.format(name=name)
            yield passed_on if another else self._words.repost
        elif another and not (network and post.author and post.author.handle):
            # What an account says is its own, however it calls itself there.
            yield self._words.by.format(author=author)
        if post.kind is PostKind.REPLY:
            yield self._words.reply

    def _text(self, card: Card, post: Post, title: str | None) -> tuple[Paragraph, ...]:
        if card.source.terms.apart:
            return paragraphs(post.text, post.spans, most=None, tags=True)
        heads = paragraphs(post.title, (), most=None) if post.title and title is None else ()
        if post.title or self._lists_blogs:
            return heads + paragraphs(post.excerpt, (), most=None)
        return paragraphs(post.text, post.spans, most=LONGEST)

    def _picture(self, copy: Picture | None) -> PictureView | None:
        if copy is None:
            return None
        src = f"{self._public_url}/{copy.path}"
        return PictureView(src, copy.width, copy.height, one_line(copy.alt))

    def _quote(self, card: Card, stored: StoredPost) -> QuoteView | None:
        quote = stored.post.quote
        if quote is None or self._lists_blogs:
            return None
        author = _called(quote.author)
        label = self._words.quoted_post
        if author:
            label = self._words.quoted_post_by.format(author=author)
        href = web_address(quote.permalink)
        covered = self._warning(stored.post) is not None
        tails = ["", *self._tails("" if covered else first_words(quote.text), stored)]
        tail = self._names.tail(label, tails) if href else ""
        torn = card.source.terms.apart and quote.text.endswith(ELLIPSIS)
        link = Link(label, tail, href, self._words_lang)
        return QuoteView(link, "" if torn else quote.text)

    def _signature(self, card: Card, name: str, stored: StoredPost, about: str) -> Signature | None:
        """The name and handle together lead to the author's page, the date to the post."""
        if not card.source.terms.apart or self._lists_blogs:
            return None
        post = stored.post
        author = post.author or Author()
        called = one_line(author.name or "") or self._who(card, name)
        handle = one_line(author.handle or "") or None
        href = web_address(author.url)
        if href is None and post.kind is not PostKind.REPOST:
            href = web_address(card.source.home or card.link)
        told = f"{called} {handle}" if handle else called
        tail = self._names.tail(told, ["", *self._tails(about, stored)]) if href else ""
        time = self._date_link(stored, about)
        return Signature(Link(called, tail, href), handle, time)

    def _date_link(self, stored: StoredPost, about: str) -> Link | None:
        published, href = stored.post.published, web_address(stored.post.permalink)
        if published is None:
            return None
        day = long_date(published, self._zone, self._spec.language)
        clock = short_time(published, self._zone, self._spec.language)
        tails = [f": {about}" if about else "", f", {clock}"]
        return Link(day, self._names.tail(day, tails) if href else "", href)

    def _link(
        self, card: Card, stored: StoredPost, title: str | None, place: str, about: str
    ) -> Link:
        href = web_address(stored.post.permalink)
        if title is not None:
            dates = (f", {date}" for date in self._dates(stored))
            return Link(title, self._names.tail(title, chain(["", f", {place}"], dates)), href)
        if self._lists_blogs:
            label = self._words.newest
        elif there := self._only_there(card, stored.post, href, place):
            label = there
        elif self._is_cut(card, stored.post):
            label = self._words.read_on.format(place=place)
        else:
            label = self._words.view.format(place=place)
        tail = self._names.tail(label, self._tails(about, stored))
        return Link(label, tail, href, self._words_lang)

    def _is_cut(self, card: Card, post: Post) -> bool:
        return not post.title and not card.source.terms.apart and len(post.text) > LONGEST

    def _watch(self, card: Card, stored: StoredPost, place: str, title: str | None) -> Link | None:
        href = web_address(stored.post.permalink)
        label = self._only_there(card, stored.post, href, place)
        if title is None or label is None or href is None or self._lists_blogs:
            return None
        tail = self._names.tail(label, self._tails(title, stored))
        return Link(label, tail, href, self._words_lang)

    def _only_there(self, card: Card, post: Post, href: str | None, place: str) -> str | None:
        """What is said of a poll or film, which are nowhere but where the post is."""
        where = card.source.terms.network or shown_host(href) or place
        if has_poll(post):
            return self._words.poll.format(place=where)
        film = _film(post)
        return self._watch_words(film, where) if film else None

    def _watch_words(self, film: Media, where: str) -> str:
        """``Watch on YouTube (3 min, captioned)``."""
        notes = []
        if film.seconds:
            notes.append(play_time(film.seconds, self._words.language))
        if film.captions:
            notes.append(self._words.captioned)
        label = self._words.watch.format(place=where)
        return f"{label} ({self._words.comma.join(notes)})" if notes else label

    def _also_on(self, card: Card, about: str, stored: StoredPost) -> tuple[Link, ...]:
        links = []
        for place in card.also_on:
            href = web_address(place.permalink)
            if href is None:
                continue
            name = one_line(place.source.name or shown_host(href))
            label = place.source.terms.network or name
            tails = self._tails(about or name, stored)
            links.append(Link(label, self._names.tail(label, tails), href))
        return tuple(links)

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


def has_poll(post: Post) -> bool:
    """Whether there is more to it than its words say: a question, with answers to choose from."""
    return any(medium.type == POLL for medium in post.media)


def _called(author: Author | None) -> str:
    return one_line(author.name or author.handle or "") if author else ""


def _edited(post: Post) -> bool:
    return (
        post.updated is not None
        and post.published is not None
        and post.updated - post.published > _NO_EDIT
    )


def _film(post: Post) -> Media | None:
    for medium in post.media:
        kind = medium.type or ""
        if kind.startswith("video/") or kind == _STREAM:
            return medium
    return None
