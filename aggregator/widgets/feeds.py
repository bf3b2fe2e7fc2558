"""A widget as JSON Feed 1.1 and as RSS 2.0, for sites that draw it themselves; blogs as OPML 2.0.

In: the ``Widget`` and its ``View``. Out: the text of a document each.
https://www.jsonfeed.org/version/1.1/ · https://www.rssboard.org/rss-specification ·
https://www.rssboard.org/rss-profile (``atom:link``, ``dc:creator``, ``content:encoded``) ·
http://opml.org/spec2.opml · https://www.rssboard.org/media-rss (``media:content``)

What these have no words for is said by ``_aggregator`` in JSON and by elements of our own in RSS:
how a post came about, its network, where else it stands, what it quotes. Pictures are our own
copies, and stand where readers look for them, each time with the words that say what they show:
in the HTML, in ``media:content``, and as ``image``, whose words JSON Feed has no member for.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from xml.etree import ElementTree as ET

from aggregator.model import AlsoOn, Author, Card, Quote, StoredPost, Widget
from aggregator.widgets.names import Link
from aggregator.widgets.post_view import PictureView, PostView, has_poll, machine_time
from aggregator.widgets.repeated import told_once
from aggregator.widgets.text import legal, one_line, web_address
from aggregator.widgets.view import Item, View
from aggregator.widgets.words import language_tag

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_MEDIA = "http://search.yahoo.com/mrss/"
_OWN = "urn:aggregator:posts"
"""A name, as namespaces are; nothing stands at it."""


def json_feed(widget: Widget, view: View, public_url: str) -> str:
    """JSON Feed 1.1.

    ``public_url`` empty: addresses that must be absolute are left out.
    """
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": view.title,
        "home_page_url": _page(view, public_url),
        "feed_url": f"{public_url}/w/{view.id}.json" if public_url else None,
        "description": view.intro,
        "language": view.lang,
        "items": [
            _json_item(card, item, item.post, card.stored)
            for card, item in zip(widget.cards, view.items, strict=True)
            if item.post is not None and card.stored is not None
        ],
    }
    return json.dumps(_tidy(feed), ensure_ascii=False, separators=(",", ":")) + "\n"


def _json_item(card: Card, item: Item, shown: PostView, stored: StoredPost) -> dict[str, Any]:
    post = told_once(stored.post)
    text = shown.warning or post.text
    author = post.author
    author_name = author.name or author.handle if author else None
    picture = _picture(shown)
    return {
        "id": shown.public_id,
        "url": shown.link.href,
        "title": shown.title,
        "content_text": text or shown.title or "",
        "content_html": _html(shown, stored) or None,
        "summary": (post.excerpt or None) if shown.title else None,
        "image": picture.src if picture else None,
        "date_published": machine_time(post.published) if post.published else None,
        "date_modified": machine_time(post.updated) if post.updated else None,
        "authors": [
            {
                "name": author_name or item.name,
                "url": web_address(author.url) if author_name and author else item.link.href,
            }
        ],
        "tags": list(post.tags) or None,
        "language": language_tag(card.source.language or post.language),
        "_aggregator": {
            "source": card.source.id,
            "source_name": item.name,
            "network": card.source.terms.network or None,
            "kind": post.kind,
            "image": _json_picture(picture) if picture else None,
            "quote": _json_quote(post.quote) if post.quote and not shown.warning else None,
            "also_on": [
                {
                    "source": place.source.id,
                    "network": place.source.terms.network or None,
                    "url": place.permalink,
                }
                for place in _places(card)
            ],
        },
    }


def _json_picture(picture: PictureView) -> dict[str, Any]:
    return {"alt": picture.alt, "width": picture.width, "height": picture.height}


def _json_quote(quote: Quote) -> dict[str, Any]:
    author = quote.author or Author()
    return {
        "author": author.name or author.handle,
        "url": web_address(quote.permalink),
        "text": quote.text,
    }


def _picture(shown: PostView) -> PictureView | None:
    """What may be seen of it without a click, at an address that holds elsewhere."""
    picture = shown.picture
    return picture if picture and web_address(picture.src) and not shown.warning else None


def _html(shown: PostView, stored: StoredPost) -> str:
    """The post, below it its picture and the way to its poll; empty where a warning is before them.

    Other films and pictures are found at the item's address; of a poll nobody would know.
    """
    if shown.warning:
        return ""
    picture = _picture(shown)
    link = (shown.watch or shown.link) if has_poll(stored.post) else None
    poll = _as_link(link) if link and link.href else ""
    return stored.post.html + (_as_paragraph(picture) if picture else "") + poll


def _as_link(link: Link) -> str:
    language = f' lang="{escape(link.lang)}"' if link.lang else ""
    return f'<p><a href="{escape(link.href or "")}"{language}>{escape(link.words)}</a></p>'


def _as_paragraph(picture: PictureView) -> str:
    sides = f'width="{picture.width}" height="{picture.height}"'
    return f'<p><img src="{escape(picture.src)}" alt="{escape(picture.alt)}" {sides}></p>'


def _places(card: Card) -> list[AlsoOn]:
    return [place for place in card.also_on if web_address(place.permalink)]


def rss(widget: Widget, view: View, public_url: str) -> str:
    """RSS 2.0. Blogs without a post have no item."""
    root = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(root, "channel")
    _add(channel, "title", view.title.replace("<", "&lt;"))
    _add(channel, "link", _page(view, public_url) or "")
    _add(channel, "description", _as_html(view.intro or f"{view.title}, {view.site_name}"))
    _add(channel, "language", view.lang)
    if public_url:
        link = {"rel": "self", "type": "application/rss+xml"}
        href = f"{public_url}/w/{view.id}.rss"
        ET.SubElement(channel, f"{{{_ATOM}}}link", {"href": href, **link})
    for card, item in zip(widget.cards, view.items, strict=True):
        if item.post is not None and card.stored is not None:
            _add_item(channel, card, item, item.post, card.stored)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_item(
    channel: ET.Element, card: Card, item: Item, shown: PostView, stored: StoredPost
) -> None:
    post = told_once(stored.post)
    entry = ET.SubElement(channel, "item")
    if shown.title:
        _add(entry, "title", shown.title.replace("<", "&lt;"))
    if shown.link.href:
        _add(entry, "link", shown.link.href)
    _add(entry, "guid", shown.public_id, isPermaLink="false")
    if post.published:
        _add(entry, "pubDate", _rfc822(post.published))
    _add(entry, f"{{{_DC}}}creator", item.name)
    for tag in post.tags:
        _add(entry, "category", tag)
    summary = post.excerpt if shown.title else post.text
    _add(entry, "description", _as_html(shown.warning or summary or shown.title or item.name))
    if html := _html(shown, stored):
        _add(entry, f"{{{_CONTENT}}}encoded", html)
    if picture := _picture(shown):
        _add_picture(entry, picture)
    _add(entry, f"{{{_OWN}}}kind", post.kind)
    if card.source.terms.network:
        _add(entry, f"{{{_OWN}}}network", card.source.terms.network)
    for place in _places(card):
        called = place.source.terms.network or place.source.name or place.source.id
        _add(entry, f"{{{_OWN}}}also-on", legal(called), url=legal(place.permalink))
    if post.quote and not shown.warning:
        said = {key: legal(value) for key, value in _json_quote(post.quote).items() if value}
        _add(entry, f"{{{_OWN}}}quote", said.pop("text", ""), **said)


def _add_picture(entry: ET.Element, picture: PictureView) -> None:
    sides = {"width": str(picture.width), "height": str(picture.height)}
    said = {"url": picture.src, "type": "image/webp", "medium": "image", **sides}
    medium = ET.SubElement(entry, f"{{{_MEDIA}}}content", said)
    _add(medium, f"{{{_MEDIA}}}description", _as_html(picture.alt), type="html")


def opml(widget: Widget, view: View) -> str:
    """OPML 2.0: the blogs of the widget and of its full page, for people's own readers.

    Blogs that are followed in another way than by a feed are links. Groups are folders.
    """
    root = ET.Element("opml", {"version": "2.0"})
    head = ET.SubElement(root, "head")
    _add(head, "title", view.title)
    _add(head, "ownerName", view.site_name)
    body = ET.SubElement(root, "body")
    cards = (*widget.cards, *widget.more)
    for group in dict.fromkeys((None, *widget.groups, *(card.source.group for card in cards))):
        mine = [card for card in cards if card.source.group == group]
        _add_blogs(body, mine, one_line(group or ""))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_blogs(body: ET.Element, cards: Sequence[Card], folder: str) -> None:
    """``folder`` empty: not into one."""
    place = ET.SubElement(body, "outline", {"text": legal(folder)}) if folder and cards else body
    for card in cards:
        name = one_line(card.name) or card.source.id
        feed, page = web_address(card.source.address), web_address(card.link)
        if feed is not None:
            said = {"type": "rss", "text": name, "xmlUrl": feed, "htmlUrl": page}
        elif page is not None:
            said = {"type": "link", "text": name, "url": page}
        else:
            continue
        told = {**said, "description": card.source.about}
        ET.SubElement(place, "outline", {key: legal(value) for key, value in told.items() if value})


def _as_html(text: str) -> str:
    """A plain text for a field that readers take for HTML, as they do descriptions.

    Of titles some readers do so, too: there only what would open a tag is written as an entity.
    """
    return escape(text, quote=False)


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = legal(text)


def _page(view: View, public_url: str) -> str | None:
    """The full page; the institute's site where our own address is not known."""
    return view.all.href if public_url else view.site_url


def _rfc822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))


def _tidy(found: Any) -> Any:
    """Without members that are None, and without characters that no document may hold."""
    match found:
        case dict():
            return {key: _tidy(value) for key, value in found.items() if value is not None}
        case list():
            return [_tidy(value) for value in found]
        case str():
            return legal(found)
        case _:
            return found


for _prefix, _namespace in (
    ("atom", _ATOM),
    ("dc", _DC),
    ("content", _CONTENT),
    ("media", _MEDIA),
    ("aggregator", _OWN),
):
    ET.register_namespace(_prefix, _namespace)
