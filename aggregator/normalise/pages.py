"""Web pages that people read, searched for the feeds that they offer.

In: a document. Out: a ``Page``: its feeds in the order in which to try them, and what else of it
helps to tell a person why there are none. Titles are tidied; addresses are absolute and may lead
anywhere, so that they still go through the guard.
Not here: asking for anything.

Tags are read one after another and no tree is built: unclosed elements make a page of 40 KB grow to
gigabytes in a tree, as HTML wants it. What is read here decides nothing about safety, so a page
that deceives this reader deceives about its own feeds only. Every search takes time linear in the
page. Specification: https://blog.whatwg.org/feed-autodiscovery and HTML's "Links", type alternate.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

from aggregator.model import Document, RawText
from aggregator.normalise.text import label, without_code
from aggregator.normalise.urls import absolute

LONGEST = 2 * 1024 * 1024
"""Of a page, in bytes; what comes later is not looked at."""
MOST_LINKS = 50
"""Of one kind. A page that offers more feeds offers them all the same."""
_LONGEST_TITLE = 200

_SNIFFED = 8 * 1024
_PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|title|meta|p|div|h1)[\s>]", re.IGNORECASE)
_FEED = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s>]", re.IGNORECASE)

_CHARSET = re.compile(rb"""charset\s*=\s*["']?([\w.:+-]{1,40})""", re.IGNORECASE)

# A quoted value counts only after "=", as browsers have it. Whatever was read is never read again,
# be it closed or not: that keeps the search linear.
_TAG = re.compile(
    r"<(link|a|base|meta|title|input)(?=[\s/>])"
    r"((?:[^<>=]++|=\s*+(?:\"[^\"]{0,4000}+\"|'[^']{0,4000}+')?+)*+)",
    re.IGNORECASE | re.ASCII,
)
_ATTRIBUTE = re.compile(
    r"([^\s=\"'/]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'][^\s]*+)))?+", re.ASCII
)
_TITLE_END = re.compile(r"[^<]{0,2000}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_MARKUP = re.compile(r"<[^<>]*>?")

_TYPES = frozenset(
    {
        "application/atom+xml",
        "application/feed+json",
        "application/rdf+xml",
        "application/rss+xml",
        "application/x-rss+xml",
        "application/xml",
        "text/rss",
        "text/rss+xml",
        "text/xml",
    }
)
_JSON = "application/json"
"""What JSON Feed 1.0 said of itself, and what much else says."""
_NO_JSON_FEED = re.compile(r"/wp-json/|oembed|manifest|page-data|swagger", re.IGNORECASE)

_FEED_LIKE = re.compile(
    r"(?:^|[/.?&=_-])(?:rss|atom|feeds?|rdf)(?:[_-]?(?:2|20|full|all|main))?"
    r"(?:\.(?:xml|php|json|aspx?|rdf|rss))?(?:[/?&=#]|$)|\.(?:rss|atom|rdf)$|/index\.(?:xml|rdf)$",
    re.IGNORECASE | re.ASCII,
)
_READ_BY_PEOPLE = re.compile(r"\.x?html?(?:[?#]|$)", re.IGNORECASE)
_SUBSCRIBES_ELSEWHERE = re.compile(
    r"(?:^|\.)(?:feedly\.com|inoreader\.com|newsblur\.com|netvibes\.com|bloglines\.com|yahoo\.com"
    r"|google\.com|newsgator\.com|theoldreader\.com|feedspot\.com|facebook\.com|twitter\.com)$",
    re.ASCII,
)
_COMMENTS = re.compile(
    r"comment|komment|coment|reacties|replies|\bcommenti\b|コメント|评论|комментар", re.IGNORECASE
)
_PART = re.compile(r"/(?:category|categories|tag|tags|author|search|label|topics?)/", re.IGNORECASE)


class Rank(IntEnum):
    """How likely a link leads to the feed of the whole site: the smallest is tried first."""

    OFFERED = 1
    """By a link element."""
    PART = 2
    """Likewise, but of comments, one post, one category, or of a format that may be no feed."""
    MENTIONED = 3
    """A link in the text that looks like one to a feed."""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page offers, not yet asked for."""

    address: str
    title: str
    """What the page calls it; may be empty."""
    rank: Rank


@dataclass(frozen=True, slots=True)
class Page:
    """A page, as far as it tells of feeds."""

    title: str
    generator: str
    """The program that made it, as it says in small letters; may be empty."""
    links: tuple[FeedLink, ...]
    """Best first; each address once."""
    login: bool
    """It asks for a password."""
    app: bool
    """It has scripts and next to no words: a program in the browser makes the page."""


def is_page(document: Document) -> bool:
    """Whether the document is a web page, by what it begins with (rule H7)."""
    head = document.body[:_SNIFFED].replace(b"\0", b"")  # UTF-16, as far as it is ASCII
    page = _PAGE.search(head)
    if page is None:
        return False
    feed = _FEED.search(head)
    return feed is None or page.start() < feed.start()


def read_page(document: Document) -> Page:
    """What the page tells of feeds. Quick for any bytes."""
    text = _decoded(document)
    scripts = text.lower().count("<script")
    text = without_code(text)
    reader = _PageReader(document.url)
    for tag in _TAG.finditer(text):
        reader.read(tag[1].lower(), tag[2], text, tag.end())
    words = islice(_WORD.finditer(_MARKUP.sub(" ", text)), _FEW_WORDS)
    return Page(
        title=reader.title,
        generator=reader.generator,
        links=tuple(reader.links()),
        login=reader.login,
        app=scripts > 0 and sum(1 for _ in words) < _FEW_WORDS,
    )


_FEW_WORDS = 30


class _PageReader:
    """Gathers from tags what is looked for."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._base: str | None = None
        self._found: dict[Rank, list[tuple[str, str]]] = {rank: [] for rank in Rank}
        self.title = ""
        self.generator = ""
        self.login = False

    def read(self, name: str, inside: str, text: str, end: int) -> None:
        """Take one opening tag; ``end`` is where its ``>`` stands in the text."""
        if name == "title":
            if not self.title and (content := _TITLE_END.match(text, end + 1)):
                self.title = _line(content[0])
            return
        attributes = _attributes(inside)
        href = attributes.get("href", "")
        match name:
            case "base":
                self._base = self._base or absolute(href, self._url)
            case "link":
                self._link(href, attributes)
            case "a":
                self._mentioned(href, attributes.get("title", ""))
            case "meta":
                self._meta(attributes)
            case _:
                self.login = self.login or attributes.get("type", "").lower() == "password"

    def _meta(self, attributes: dict[str, str]) -> None:
        if not self.generator and attributes.get("name", "").lower() == "generator":
            self.generator = _line(attributes.get("content", "")).lower()

    def _mentioned(self, href: str, title: str) -> None:
        href = href.strip()
        if _FEED_LIKE.search(href) and not _READ_BY_PEOPLE.search(href):
            self._put(Rank.MENTIONED, href, title)

    def _link(self, href: str, attributes: dict[str, str]) -> None:
        relations = attributes.get("rel", "").lower().split()
        media_type = attributes.get("type", "").lower().partition(";")[0].strip()
        if "stylesheet" in relations or not {"alternate", "feed"}.intersection(relations):
            return
        if media_type == _JSON:
            if not _NO_JSON_FEED.search(href):
                self._put(Rank.PART, href, attributes.get("title", ""))
        elif media_type in _TYPES or ("feed" in relations and not media_type):
            self._put(Rank.OFFERED, href, attributes.get("title", ""))

    def _put(self, rank: Rank, href: str, title: str) -> None:
        if href.strip() and len(self._found[rank]) < MOST_LINKS:
            self._found[rank].append((href, title))

    def links(self) -> Iterator[FeedLink]:
        """Best first. Only now is it known what relative addresses are relative to."""
        found = {}
        for rank, links in self._found.items():
            for href, title in links:
                address = absolute(_web(href.strip()), self._base or self._url)
                if address is None or address in found or address == self._url:
                    continue
                host = urlsplit(address).hostname or ""
                if rank is Rank.MENTIONED and _SUBSCRIBES_ELSEWHERE.search(host):
                    continue
                partial = rank is Rank.OFFERED and self._is_part(address, title)
                found[address] = FeedLink(address, _line(title), Rank.PART if partial else rank)
        yield from sorted(found.values(), key=lambda link: link.rank)

    def _is_part(self, address: str, title: str) -> bool:
        """Of comments, of a category, or of this very post where the page is one."""
        page = urlsplit(self._url).path.rstrip("/")
        path = urlsplit(address).path
        return bool(
            _COMMENTS.search(address)
            or _COMMENTS.search(title)
            or _PART.search(path)
            or (page.count("/") > 1 and path.startswith(f"{page}/"))
        )


def _web(href: str) -> str:
    """``feed:`` in front of an address is a mark for feed readers (rule F1)."""
    if href[:5].lower() != "feed:":
        return href
    return f"http:{href[5:]}" if href[5:7] == "//" else href[5:]


def _attributes(inside: str) -> dict[str, str]:
    """Names in small letters; of those that stand twice the first counts, as in browsers."""
    found: dict[str, str] = {}
    for attribute in _ATTRIBUTE.finditer(inside):
        value = attribute[2] or attribute[3] or attribute[4] or ""
        found.setdefault(attribute[1].lower(), unescape(value))
    return found


def _line(text: str) -> str:
    return label(RawText(text, is_html=True), _LONGEST_TITLE)


def _decoded(document: Document) -> str:
    """The page as text. Addresses are ASCII nearly always, so a wrong guess costs a title."""
    body = document.body[:LONGEST]
    declared = _CHARSET.search(document.content_type.encode("ascii", "replace"))
    declared = declared or _CHARSET.search(body[:_SNIFFED])
    names = ["utf-8-sig", declared[1].decode() if declared else "utf-8"]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    for name in names:
        try:
            return body.decode(name)
        except (LookupError, UnicodeError):
            continue
    return body.decode("utf-8", "replace")
