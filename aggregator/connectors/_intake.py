"""What a document is, in which charset, and whether it is safe to parse (rules H2-H7, I1).

In: the bytes as they came, and what the server calls them. Out: a JSON text, or XML in UTF-8
from its root element on. Raises NotAFeed in words for people.
Not here: what stands in the entries (``_syndication.py``, ``_jsonfeed.py``).
Follows RFC 7303 (XML media types), except where servers are known to be wrong.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.errors import NotAFeed

LONGEST_TAG = 64 * 1024
LONGEST_AUTHOR = 2_000
"""feedparser looks for a mail address in an author in time that grows with the square."""
MOST_UNCLOSED = 100
"""Entries begun and not ended. feedparser's lenient parser slows down with the square of them."""

_SNIFFED = 8 * 1024
_SIGNATURES = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    # A first "<" in encodings that do not contain ASCII (XML 1.0, appendix F)
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00<", "utf-16-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_OFTEN_WRONG = {"iso8859-1", "ascii", "cp1252"}
"""Servers send these unasked; bytes beyond ASCII that make valid UTF-8 are none of them."""
_WIDER = {"gb2312": "gb18030"}
_UNDECLARED = ("utf-8", "cp1252", "iso8859-2")
"""Tried in turn where nothing is declared, or nothing that fits. The last one fits all bytes."""

_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([\w.:+-]+)""", re.IGNORECASE)
_DECLARED = re.compile(rb"""\s*<\?xml\b[^>]*?\sencoding\s*=\s*["']([\w.:+-]+)["']""")
_NOTHING = re.compile(rb"(?:\xef\xbb\xbf|[\0 \t\r\n])*")
_CONTROLS = bytes(set(range(0x20)) - {0x09, 0x0A, 0x0D})

_NO_CHARACTER = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d"
    rb"|5734[0-3])|x0*(?:[0-8bcef]|1[\da-f]|d[89a-f][\da-f]{2}|fff[ef])|\d{8,}|x[\da-f]{7,});",
    re.IGNORECASE,
)
"""References to what no XML may contain: control characters, surrogates, beyond Unicode."""

_DECLARATION = re.compile(rb"<\?xml\s[^>]*>")
_FEED_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s/>]", re.IGNORECASE)
_MARKUP_BEFORE_ROOT = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DOCTYPE = re.compile(rb"""<!DOCTYPE(?:[^"'\[>]|"[^"]*"|'[^']*')*""", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_ROOTS = {b"rss", b"feed", b"rdf", b"channel"}

_LONG_TAG = re.compile(rb"<[^<>]{%d}" % (LONGEST_TAG - 1))
_CDATA = re.compile(rb"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_ENTRY_START = re.compile(rb"<(?:item|entry)[\s>]", re.IGNORECASE)
_ENTRY_END = re.compile(rb"</(?:item|entry)\s*>", re.IGNORECASE)
_ROOT_END = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_AUTHOR = re.compile(
    rb"<((?:[\w.-]+:)?(?:author|creator|managingeditor|webmaster|publisher|owner|name|email))\b",
    re.IGNORECASE,
)

_FIND_THE_FEED = (
    "Look on the site for a link called RSS, Atom or feed, and write its address in feeds.yaml."
)


@dataclass(frozen=True, slots=True)
class Json:
    """A document that begins as JSON does."""

    text: str


@dataclass(frozen=True, slots=True)
class Xml:
    """A document that begins as a feed in XML does; nothing says that it is well-formed."""

    data: bytes
    """UTF-8, from the root element on: neither declaration nor DOCTYPE."""


def take_in(body: bytes, content_type: str) -> Json | Xml:
    """Decode a body and look at how it begins; the content type is advice only (rule H7)."""
    data = _in_utf8(body, content_type)
    start = _NOTHING.match(data)
    data = data[start.end() :] if start else data
    if not data:
        raise NotAFeed("The answer was empty where a feed was expected.")
    if data[:1] in {b"{", b"["}:
        return Json(data.decode("utf-8", "replace"))
    return Xml(_from_root(_from_declaration(data)))


def scrubbed(data: bytes) -> bytes:
    """Drop the characters that no XML may contain, and references to them (rule H6)."""
    return _NO_CHARACTER.sub(b"", data.translate(None, _CONTROLS))


def guard_feedparser(data: bytes) -> None:
    """Refuse what would hang feedparser (rule H3)."""
    # Up to here each section ends: one that does not would be looked for again and again.
    closed = data.rfind(b"]]>") + 3
    markup = _CDATA.sub(b"", data[:closed]) + data[closed:]
    unclosed = len(_ENTRY_START.findall(markup)) - len(_ENTRY_END.findall(markup))
    if unclosed > MOST_UNCLOSED:
        raise NotAFeed(f"The feed is broken: {unclosed} of its entries begin and never end.")
    if _LONG_TAG.search(markup):
        raise NotAFeed("The feed is broken: one of its tags is longer than 64 KiB.")
    for author in _AUTHOR.finditer(data):
        limit = author.end() + LONGEST_AUTHOR
        if data.find(b"</" + author[1], author.end(), limit) == -1:
            raise NotAFeed("The feed is broken: the name of an author in it never ends.")


def without_open_entry(data: bytes) -> bytes:
    """An incomplete document up to the end of its last complete entry; a closed one as it is.

    Raises NotAFeed where it has entries and none of them is complete (rule H6).
    """
    ends = [end.end() for end in _ENTRY_END.finditer(data)]
    if _ROOT_END.search(data, ends[-1] if ends else 0):
        return data
    if ends:
        return data[: ends[-1]]
    if _ENTRY_START.search(data):
        raise NotAFeed("The feed breaks off before its first entry is whole.")
    return data


def _in_utf8(body: bytes, content_type: str) -> bytes:
    for signature, encoding in _SIGNATURES:
        if body.startswith(signature):
            return body.decode(encoding, "replace").encode("utf-8", "replace")
    for encoding in _charsets(body, content_type):
        try:
            text = body.decode(encoding)
        except (LookupError, ValueError):  # no text encoding, or not this one
            continue
        return body if encoding == "utf-8" else text.encode("utf-8", "replace")
    raise NotAFeed("The answer is in no charset that Aggregator can read.")


def _charsets(body: bytes, content_type: str) -> Iterator[str]:
    """Charsets to try, the likeliest first (rule I1), for bytes that contain ASCII as it is."""
    header = _CHARSET.search(content_type)
    declared = _DECLARED.match(body)
    said = [header[1]] if header else []
    said += [declared[1].decode("ascii", "replace")] if declared else []
    for place, name in enumerate(said):
        try:
            known = codecs.lookup(name).name
        except (LookupError, ValueError):
            continue
        if place == 0 and header and known in _OFTEN_WRONG and not body.isascii():
            yield "utf-8"
        if not known.startswith(("utf-16", "utf-32")):
            yield _WIDER.get(known, known)
    yield from _UNDECLARED


def _from_declaration(data: bytes) -> bytes:
    """Drop what precedes the XML declaration: a warning of PHP, most often (rule H6)."""
    declaration = _DECLARATION.search(data, 0, _SNIFFED)
    if declaration is None or _FEED_ROOT.search(data, 0, declaration.start()):
        return data
    return data[declaration.end() :]


def _from_root(data: bytes) -> bytes:
    start = _markup_end(data, 0)
    doctype = _DOCTYPE.match(data, start)
    if doctype:
        start = _markup_end(data, _doctype_end(data, doctype.end()))
    root = _ROOT.match(data, start)
    name = root[1].lower() if root else b""
    if name in _ROOTS:
        return data[start:]
    if name == b"html" or (doctype and doctype[0][9:].strip().lower().startswith(b"html")):
        raise NotAFeed("The address shows a web page (HTML) and not a feed.", advice=_FIND_THE_FEED)
    buried = _FEED_ROOT.search(data, start, start + _SNIFFED)
    if buried:
        return data[buried.start() :]
    if root:
        kind = root[1].decode("utf-8", "replace")[:40]
        raise NotAFeed(
            f"The document is no feed: it begins with <{kind}>, where <rss>, <feed> or "
            "<rdf:RDF> is expected.",
            advice=_FIND_THE_FEED,
        )
    raise NotAFeed("The answer is neither XML nor JSON, so no feed.", advice=_FIND_THE_FEED)


def _markup_end(data: bytes, start: int) -> int:
    """Behind the spaces, comments and processing instructions that stand before the root."""
    found = _MARKUP_BEFORE_ROOT.match(data, start)
    return found.end() if found else start


def _doctype_end(data: bytes, start: int) -> int:
    """Behind the ``>`` of a DOCTYPE. Refuses declarations inside: entity bombs (rule H2)."""
    if data[start : start + 1] == b"[":
        subset_end = data.find(b"]", start)
        subset = data[start : subset_end if subset_end > 0 else len(data)]
        if b"<!" in subset or b"%" in subset:
            raise NotAFeed(
                "The feed declares XML entities of its own, which are not read because they "
                "can be used for attacks.",
                advice="Ask the owner for a feed without a DOCTYPE.",
            )
        start = subset_end
    end = data.find(b">", start)
    return end + 1 if end >= 0 else len(data)
