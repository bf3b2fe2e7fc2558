"""What the elements of a feed and of its entries mean: a tree to raw posts and a profile.

In: a ``Tree``. Out: a ``RawPost`` for an entry, and the feed's ``Profile`` and ``Hints``. Raises
NotOurs for elements that this reader does not know to read as feedparser does. The tables at the
end name every element that is read.
Follows RSS 0.9x, 1.0 and 2.0, RFC 4287, Dublin Core, Media RSS 1.5.1 and the iTunes tags. Where
an entry says a thing twice, it counts what feedparser counts: mostly the last.
"""

import re
from dataclasses import replace
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from aggregator.connectors import _limits
from aggregator.connectors._draft import HTML, PLAIN, Draft, Take, Text
from aggregator.connectors._intake import LONGEST_AUTHOR
from aggregator.connectors._tree import (
    NotOurs,
    Placed,
    Tree,
    markup,
    own_text,
    refuse,
)
from aggregator.connectors._words import looks_like_html, person, repaired
from aggregator.model import Author, Hints, Profile, RawPost, RawText

_XHTML = "application/xhtml+xml"
_TYPES = {"text": PLAIN, "plain": PLAIN, "html": HTML, "xhtml": _XHTML}
"""Short names for the types of texts (RFC 4287, 3.1.1)."""
_IS_LINK = {"true": True, "false": False}
_COMPLETE_LINK = re.compile(r"https?://[\w.:-]+/(?:[\w/.%~+,=@!$&*:-]+(?:\?[\w/.%~+,=&-]+)?)?")
"""What joining to a base leaves as it is."""


def post_of(placed: Placed, tree: Tree) -> RawPost:
    """Read an entry."""
    element, around = placed
    draft = Draft(tree, around.within(element))
    if "href" in element.attrib or "lastmod" in element.attrib:
        raise NotOurs("a channel of CDF")
    draft.take(element, _ENTRY)
    return draft.post(element.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"))


def feed_of(tree: Tree) -> tuple[Profile, Hints]:
    """Read what a feed says of itself, and of when to ask for it."""
    draft = Draft(tree, tree.around)
    draft.take(tree.about, _FEED)
    return draft.profile(), draft.asks.hints()


def _text(draft: Draft, element: Element, kind: str) -> Text:
    """The text in an element; ``kind`` is its type where it does not say one itself."""
    around, attributes = draft.around, element.attrib
    if attributes:
        around = around.within(element)
        kind = attributes.get("type", kind).lower()
        kind = _TYPES.get(kind, kind)
        if attributes.get("mode") == "base64":
            raise NotOurs("base64")
    if kind == _XHTML:
        value = markup(element, unwrap=draft.tree.unwraps)
    elif len(element):
        kind, value = _XHTML, markup(element, loose=True)
    else:
        value = element.text or ""
    value = repaired(value.strip())
    if kind == PLAIN and not draft.tree.is_atom and looks_like_html(value):
        kind = HTML
    return Text(kind, value, around)


def _title(draft: Draft, element: Element) -> None:
    if draft.title is None or not draft.title.value:
        draft.title = _text(draft, element, PLAIN)


def _summary(draft: Draft, element: Element, kind: str = PLAIN) -> None:
    """A second summary is the content, where there is no other."""
    if draft.summary and not draft.contents:
        _content(draft, element)
    else:
        draft.summary = _text(draft, element, kind)


def _description(draft: Draft, element: Element) -> None:
    _summary(draft, element, HTML)


def _content(draft: Draft, element: Element, kind: str = PLAIN) -> None:
    draft.contents.append(_text(draft, element, kind))


def _encoded(draft: Draft, element: Element) -> None:
    _content(draft, element, HTML)


def _subtitle(draft: Draft, element: Element) -> None:
    draft.summary = _text(draft, element, HTML)


def _guid(draft: Draft, element: Element) -> None:
    draft.guid = own_text(element).strip() or None
    draft.guid_is_link = _IS_LINK.get(element.get("isPermaLink", ""))


def _link(draft: Draft, element: Element) -> None:
    attributes = element.attrib
    base = draft.around.within(element).base
    relation = attributes.get("rel", "alternate").lower()
    href = _href(element)
    if href is None:
        written = repaired(own_text(element).strip()).replace("&amp;", "&")  # escaped twice
        draft.main_link = written and _joined(base, written)
        if written and relation == "alternate":
            draft.alternates.append(draft.main_link)
        return
    link, kind = _joined(base, href), attributes.get("type", HTML).lower()
    if relation == "alternate":
        draft.alternates.append(link)
        if _TYPES.get(kind, kind) in {HTML, _XHTML}:
            draft.main_link = link
    elif relation == "enclosure":
        _enclose(draft, link, {**attributes, "type": kind})
    elif relation == "hub":
        draft.hubs.append(_limits.absolute(base, link))
    elif relation == "self":
        draft.topic = draft.topic or _limits.absolute(base, link)


def _new_address(draft: Draft, element: Element) -> None:
    draft.new_address = _limits.absolute(draft.around.base, own_text(element))


def _ttl(draft: Draft, element: Element) -> None:
    draft.asks.ttl = own_text(element)


def _period(draft: Draft, element: Element) -> None:
    draft.asks.period = own_text(element)


def _frequency(draft: Draft, element: Element) -> None:
    draft.asks.frequency = own_text(element)


def _skip_hours(draft: Draft, element: Element) -> None:
    draft.asks.hours = [own_text(part) for part in element]


def _skip_days(draft: Draft, element: Element) -> None:
    draft.asks.days = [own_text(part) for part in element]


def _enclosure(draft: Draft, element: Element) -> None:
    _enclose(draft, _href(element), element.attrib)


def _enclose(draft: Draft, href: str | None, attributes: dict[str, str]) -> None:
    url = _limits.absolute(draft.around.base, href)
    if url:
        kind = attributes.get("type", "").lower()
        draft.enclosures.append(_limits.medium(url, None, {**attributes, "type": kind}))


def _href(element: Element) -> str | None:
    attributes = element.attrib
    return attributes.get("url", attributes.get("uri", attributes.get("href")))


def _joined(base: str, link: str) -> str:
    if _COMPLETE_LINK.fullmatch(link):
        return link
    try:
        return urljoin(base, link)
    except ValueError:
        return ""


def _author(draft: Draft, element: Element) -> None:
    """The first who is named."""
    if draft.author is not None:
        return
    name = href = None
    names = draft.tree.names
    for part in element:
        match names[part.tag]:
            case "name" | "itunes:name":
                name = own_text(part).strip()
            case "uri" | "url" | "homepage":
                base = draft.around.within(element).within(part).base
                written = repaired(own_text(part).strip())
                href = written and _joined(base, written)
            case "email" | "itunes:email":
                name = name or ""
            case other if other in _ENTRY:
                raise NotOurs(other)
    if name is None and href is None:
        name = repaired(own_text(element).strip())
    if name and len(name) <= LONGEST_AUTHOR and (known := person(name)):
        draft.author = Author(name=known, url=_limits.line(href, _limits.URL))


def _date(name: str) -> Take:
    def take(draft: Draft, element: Element) -> None:
        draft.dates[name] = repaired(_all_text(element))

    return take


def _language(draft: Draft, element: Element) -> None:
    draft.said_language = repaired(own_text(element).strip())


def _category(draft: Draft, element: Element) -> None:
    attributes = element.attrib
    term, label = attributes.get("term"), attributes.get("label")
    scheme = attributes.get("scheme", attributes.get("domain"))
    if term or scheme or label:
        draft.tags.append([term, scheme, label])
    value = repaired(own_text(element).strip())
    if value and draft.tags and not draft.tags[-1][0]:
        draft.tags[-1][0] = value
    elif value:
        draft.tags.append([value, None, None])


def _itunes_category(draft: Draft, element: Element) -> None:
    draft.tags += ([one.get("text"), None, None] for one in element.iter(element.tag))


def _keywords(draft: Draft, element: Element) -> None:
    words = repaired(own_text(element)).split(",")
    draft.tags += ([word.strip(), None, None] for word in words)


def _pass_over(_draft: Draft, _element: Element) -> None:
    """It is known, and nothing in it is about the entry."""


def _refuse(_draft: Draft, element: Element) -> None:
    raise NotOurs(element.tag)


def _stranger(draft: Draft, element: Element) -> None:
    """Goes by the prefix, as feedparser does where it does not know the namespace."""
    if draft.tree.names.pose_as_ours(element.tag):
        raise NotOurs(element.tag)
    if len(element):
        refuse(element, draft.tree.names, _ENTRY)


def _media_content(draft: Draft, element: Element) -> None:
    url = _limits.absolute(draft.around.base, element.get("url"))
    alt = title = None
    place = len(draft.media)
    if url:
        draft.media.append(_limits.medium(url, element.get("medium"), element.attrib))
    rest = []
    for part in element:
        match draft.tree.names[part.tag]:
            case "media:description":
                alt = _limits.line(_all_text(part), _limits.ALT) or alt
            case "media:title":
                title = title or _limits.line(_all_text(part), _limits.ALT)
            case _:
                rest.append(part)
    if url:
        draft.media[place] = replace(draft.media[place], alt=alt or title)
    draft.take(rest, _MEDIA)


def _media_thumbnail(draft: Draft, element: Element) -> None:
    url = _limits.absolute(draft.around.base, element.get("url"))
    if url:
        draft.media.append(_limits.medium(url, "image", element.attrib))


def _media_group(draft: Draft, element: Element) -> None:
    draft.take(element, _MEDIA)


def _media_title(draft: Draft, element: Element) -> None:
    draft.media_title = _media_words(element)


def _media_description(draft: Draft, element: Element) -> None:
    draft.media_text = _media_words(element)


def _media_words(element: Element) -> RawText | None:
    return _limits.text(_all_text(element), is_html=element.get("type") == "html")


def _all_text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _table(*rows: tuple[Take, str]) -> dict[str, Take]:
    """Names of elements, and what takes each in: a name of ours in a strange namespace, too."""
    table = {name: take for take, names in rows for name in names.split()}
    told = (name for name, take in table.items() if take is not _pass_over)
    return {f"?:{name.rpartition(':')[2]}": _stranger for name in told} | table


_MEDIA = _table(
    (_media_content, "media:content"),
    (_media_thumbnail, "media:thumbnail"),
    (_media_group, "media:group"),
    (_media_title, "media:title"),
    (_media_description, "media:description"),
    (_category, "media:category"),
    (_keywords, "media:keywords"),
)
_ENTRY = _MEDIA | _table(
    (_guid, "guid id"),
    (_link, "link"),
    (_title, "title dc:title"),
    (_description, "description dc:description"),
    (_summary, "summary itunes:summary"),
    (_content, "content"),
    (_encoded, "content:encoded"),
    (_author, "author dc:creator dc:author itunes:author managingeditor"),
    (_date("published"), "published pubdate issued dcterms:issued"),
    (_date("updated"), "updated modified lastbuilddate dc:date dcterms:modified"),
    (_date("created"), "created dcterms:created"),
    (_language, "language dc:language"),
    (_category, "category keywords dc:subject"),
    (_itunes_category, "itunes:category"),
    (_keywords, "itunes:keywords tags"),
    (_enclosure, "enclosure"),
    (_pass_over, "source contributor dc:contributor itunes:owner image textinput"),
    (_pass_over, "rights copyright dc:rights subtitle tagline itunes:subtitle info generator"),
    (_refuse, "item entry channel date body xhtml:body fullitem abstract"),
)
_FEED = _table(
    (_guid, "guid id"),
    (_link, "link"),
    (_title, "title dc:title"),
    (_subtitle, "description dc:description subtitle tagline itunes:subtitle"),
    (_language, "language dc:language"),
    (_new_address, "itunes:new-feed-url"),
    (_ttl, "ttl"),
    (_period, "sy:updateperiod"),
    (_frequency, "sy:updatefrequency"),
    (_skip_hours, "skiphours"),
    (_skip_days, "skipdays"),
    (_pass_over, "item entry image textinput author managingeditor contributor itunes:owner"),
)
