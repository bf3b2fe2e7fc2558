"""A well-formed feed as a tree: which elements there are, where they stand, what is in them.

In: XML in UTF-8 from its root element on. Out: a ``Tree``: the feed's own elements and its
entries, each with the base and language around them. Raises NotOurs for what this reader does
not know for certain, ``xml.etree.ElementTree.ParseError`` for what is ill-formed.
Not here: what the elements of an entry mean (``_elements.py``).
Follows RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0 (RFC 4287), Namespaces in XML 1.0, XML Base.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import TypeAlias
from xml.etree.ElementTree import Element, XMLParser
from xml.sax.saxutils import escape

from aggregator.connectors import _limits
from aggregator.errors import NotAFeed

MOST_ATTRIBUTES = 500
"""On the root, the channel or an entry. No feed has them (rule H3)."""

_ATOM = "http://www.w3.org/2005/atom"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RSS_1 = {"http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"}
_PREFIXES = {
    "": "",
    _ATOM: "",
    "http://purl.org/atom/ns#": "",
    "http://backend.userland.com/rss": "",
    "http://backend.userland.com/rss2": "",
    "http://backend.userland.com/rss091": "",
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    **dict.fromkeys(_RSS_1, ""),
    _RDF: "rdf:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/rss/1.0/modules/syndication/": "sy:",
    "http://search.yahoo.com/mrss": "media:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://www.w3.org/1999/xhtml": "xhtml:",
}
"""Namespaces by their URIs in lower case, as they are compared in the wild."""

_BOUND = re.compile(
    rb"""xmlns(?::(?:dc|dcterms|content|sy|media|itunes|xhtml))?\s*=\s*(?:"([^"<]*)"|'([^'<]*)')"""
)
"""A namespace that is bound to no prefix, or to one of ours."""
_SPACES = bytes.maketrans(b"\t\r\n", b"   ")
"""How XML reads white space in an attribute (XML 1.0, section 3.3.3)."""

ENTRIES = {"item", "entry"}
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_QUOTE = {'"': "&quot;"}
_HTML_PREFIXES = {
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/1999/xlink": "xlink:",
}


class NotOurs(Exception):  # noqa: N818 - it says who is to read it, not that anything is wrong
    """A document with something in it that this reader may not read as feedparser does."""


class Names(dict[str, str]):
    """Names of elements as feeds are written about: ``title``, ``dc:creator``.

    In lower case, with the usual prefix whatever the document calls it. In a namespace that is
    none of ours, the name begins with ``?:``.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._data = data
        self._bound: set[bytes] | None = None
        self._spelled = False
        """Whether any of them is written with references, so that it cannot be compared."""

    def __missing__(self, tag: str) -> str:
        """The name for a tag as the parser gives it, ``{uri}local``."""
        uri, _, local = tag[1:].rpartition("}") if tag[0] == "{" else ("", "", tag)
        self[tag] = name = _PREFIXES.get(uri.lower(), "?:") + local.lower()
        return name

    def pose_as_ours(self, tag: str) -> bool:
        """Whether the namespace of a tag goes by no prefix here, or by one of ours."""
        if self._bound is None:  # in one pass: a feed may name any number of namespaces (rule H3)
            found = _BOUND.findall(self._data)
            self._bound = {(double or single).translate(_SPACES) for double, single in found}
            self._spelled = any(b"&" in uri for uri in self._bound)
        return self._spelled or tag[1:].rpartition("}")[0].encode() in self._bound


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an element says, or inherits, of the texts and links in it."""

    base: str
    """Absolute: what ``xml:base`` and the document's URL make of it."""
    text_base: str | None = None
    """The same for texts, where the document says so itself; None where it does not."""
    language: str | None = None

    def within(self, element: Element) -> "Surroundings":
        """The same inside an element."""
        attributes = element.attrib
        if _BASE not in attributes and _LANG not in attributes:
            return self
        base = _limits.absolute(self.base, attributes.get(_BASE))
        declared = base if base and _limits.is_http(base) else None
        return Surroundings(
            declared or self.base,
            declared or self.text_base,
            attributes.get(_LANG, self.language) or None,
        )


Placed: TypeAlias = tuple[Element, Surroundings]
"""An element, and what surrounds it."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A feed, parsed."""

    names: Names
    language: str | None
    is_atom: bool
    """Its texts say what they are; in RSS that is guessed."""
    unwraps: bool
    """Atom 1.0 puts a ``<div>`` around XHTML that is no part of it (RFC 4287, 3.1.1.3)."""
    about: tuple[Element, ...]
    """The elements that speak of the feed itself."""
    around: Surroundings
    """What surrounds these."""
    entries: tuple[Placed, ...]


def parse(data: bytes, url: str) -> Tree:
    """Parse a feed that came from ``url``."""
    # Neither DTD nor entities can be in it: ``_intake.py`` refuses or drops them (rule H2).
    parser = XMLParser(encoding="utf-8")  # noqa: S314
    parser.feed(data)
    root = parser.close()
    names = Names(data)
    kind = names[root.tag]
    if kind not in {"rss", "feed", "rdf:rdf"}:
        raise NotOurs(kind)
    channels = [] if kind == "feed" else [one for one in root if names[one.tag] == "channel"]
    if len(channels) > 1 or (kind == "rdf:rdf" and not channels):
        raise NotOurs("channels")
    around = _within(root, Surroundings(url))
    entries = []
    for element, outer in _placed(root, around, channels):
        if names[element.tag] in ENTRIES:
            entries.append((element, outer))
        elif len(element):
            refuse(element, names, ENTRIES)
    return Tree(
        names,
        language=root.get(_LANG),
        is_atom=kind == "feed",
        unwraps=root.tag == "{http://www.w3.org/2005/Atom}feed",
        about=tuple(root if kind == "feed" else channels[0] if channels else ()),
        around=_within(channels[0], around) if channels else around,
        entries=tuple(entries),
    )


def _placed(root: Element, around: Surroundings, channels: list[Element]) -> Iterator[Placed]:
    """What stands in the root or in its channel, in document order."""
    for element in root:
        if element in channels:
            inner = _within(element, around)
            yield from ((one, inner) for one in element)
        else:
            yield element, around


def refuse(container: Element, names: Names, wanted: Container[str]) -> None:
    """Leave the document to feedparser, which takes these wherever they stand."""
    for element in container.iter():
        if element is not container and names[element.tag] in wanted:
            raise NotOurs(element.tag)


def _within(element: Element, outer: Surroundings) -> Surroundings:
    """What surrounds the children of the root or the channel."""
    if len(element.attrib) > MOST_ATTRIBUTES:
        count = len(element.attrib)
        raise NotAFeed(f"The feed is broken: one of its tags has {count} attributes.")
    return outer.within(element)


def own_text(element: Element) -> str:
    """The text of an element without that of the elements in it."""
    text = element.text or ""
    return text + "".join(child.tail or "" for child in element) if len(element) else text


def markup(element: Element, *, unwrap: bool = False, loose: bool = False) -> str:
    """What is in an element, as HTML.

    With ``unwrap``, a ``<div>`` around all of it is left out. ``loose`` is for markup where
    escaped HTML belongs: up to the first tag, the text is HTML already, and no ``<div>`` counts.
    """
    if unwrap and len(element) == 1:
        only = element[0]
        if _local(only.tag) == "div" and not _has_text(element.text) and not _has_text(only.tail):
            element = only
    return "".join(_markup(element, loose=loose))


def _markup(element: Element, *, loose: bool) -> Iterator[str]:
    yield _escaped(element.text, loose=loose)
    open_elements = [(element, iter(element), "")]
    while open_elements:
        parent, children, end = open_elements[-1]
        child = next(children, None)
        if child is None:
            open_elements.pop()
            if parent is not element:
                yield end + _escaped(parent.tail, loose=loose)
            continue
        name = _local(child.tag)
        loose = loose and name == "div"
        tag = "" if loose else f"<{name}{_attributes(child)}>"
        yield tag + _escaped(child.text, loose=loose)
        # HTML reads </br> as another break (HTML Standard, 13.2.6.4.7).
        end = f"</{name}>" if tag and name != "br" else ""
        open_elements.append((child, iter(child), end))


def _escaped(text: str | None, *, loose: bool) -> str:
    return (text or "") if loose else escape(text or "")


def _attributes(element: Element) -> str:
    return "".join(
        f' {_qualified(name)}="{escape(value, _QUOTE)}"' for name, value in element.attrib.items()
    )


def _qualified(name: str) -> str:
    """An attribute's name; only prefixes that HTML knows stay."""
    uri, _, local = name[1:].rpartition("}") if name[0] == "{" else ("", "", name)
    return _HTML_PREFIXES.get(uri, "") + local.lower()


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def _has_text(text: str | None) -> bool:
    return bool(text and text.strip())
