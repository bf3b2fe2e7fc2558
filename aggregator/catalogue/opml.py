"""Lists of feeds as other readers write and read them: OPML 1.0, 1.1 and 2.0.

In: the bytes of such a file, or a catalogue. Out: an ``OpmlList``, or the text of an OPML 2.0 file.
Raises OpmlError. What many exports do wrong and cannot mean anything else is mended: an ampersand
that is no reference, a reference that only HTML knows, a character that XML forbids. A document
type is refused, so no reference can grow (rule H2), and sizes are bounded.

Not here: which of the feeds are new (``proposals.py``).
Specifications: http://opml.org/spec2.opml, XML 1.0.
"""

import codecs
import html.entities
import re
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from aggregator.errors import OpmlError
from aggregator.model import Catalogue, Source

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
MAX_OUTLINES = 20_000
MAX_TITLE = 200
"""Characters of a title; the longest ones are sentences."""
MAX_URL = 2_000

_DECLARED = re.compile(r"<\?xml[^>]*?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']")
_DECLARATION = re.compile(r"\s*<\?xml\b[^>]*\?>")
# Those in which people write. Python knows others, of which some are no encodings of texts.
_ENCODINGS = re.compile(
    r"utf[-_]?(?:8|16(?:[-_]?[lb]e)?)|us-ascii|ascii|(?:x-)?mac-?\w+|(?:windows|cp)-?\d+"
    r"|iso[-_]?8859[-_]\d+|latin-?\d+|koi8[-_][rtu]|shift[-_]?jis|euc[-_](?:jp|kr)"
    r"|iso-2022-(?:jp|kr)|gb(?:2312|k|18030)|big5",
    re.IGNORECASE,
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_REFERENCE = re.compile(r"&(?!#[0-9]+;|#x[0-9A-Fa-f]+;|(?:amp|lt|gt|quot|apos);)(?:(\w+;))?")
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FEEDS = {"rss", "atom", "feed", "rss1", "rss2"}
_LISTS = {"include", "link", "source"}


@dataclass(frozen=True, slots=True)
class OpmlFeed:
    """A feed of the list."""

    address: str
    title: str | None
    page: str | None
    """The page that the feed belongs to, as the list says."""
    folders: tuple[str, ...]
    """The headings above it, outermost first."""
    line: int
    """Where it stands, counted from 1."""


@dataclass(frozen=True, slots=True)
class OpmlList:
    """What a file says."""

    title: str | None
    feeds: tuple[OpmlFeed, ...]
    lists: int
    """How many entries lead to other lists; these are not followed."""


def read_opml(raw: bytes) -> OpmlList:
    """The list in these bytes; the same feed may be in it several times.

    Raises OpmlError with the line and what to do.
    """
    if len(raw) > MAX_BYTES:
        raise OpmlError(
            f"The file is larger than {MAX_BYTES >> 20} megabytes.",
            advice="Is this the right file?",
        )
    text = _mended(_decoded(raw))
    if not text.strip():
        raise OpmlError("The file is empty.")
    reader = _Reader()
    parser = reader.parser
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise _ill_formed(error, text) from error
    return OpmlList(reader.title, tuple(reader.feeds), reader.lists)


def _decoded(raw: bytes) -> str:
    """The text, in the encoding that the file begins with, names, or has without saying so."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    if encoding is None:
        declared = _DECLARED.search(raw[:400].decode("latin-1"))
        encoding = declared[1] if declared else "utf-8"
    if not _ENCODINGS.fullmatch(encoding):
        raise OpmlError(
            f"The file says that it is written in {encoding[:40]}, which is not known here.",
            line=1,
            advice="Open it in an editor and save it with the encoding UTF-8.",
        )
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        before = raw[: error.start] if isinstance(error, UnicodeDecodeError) else b""
        raise OpmlError(
            f"There are letters here that are not {encoding}, as the file claims to be.",
            line=before.count(b"\n") + 1,
            advice="Open it in an editor and save it with the encoding UTF-8.",
        ) from error


def _mended(text: str) -> str:
    """The text, as well-formed as can be had without guessing; its lines stay what they are."""
    declaration = _DECLARATION.match(text)
    if declaration is not None:  # it names an encoding that is no longer true
        text = "\n" * declaration[0].count("\n") + text[declaration.end() :]
    return _REFERENCE.sub(_reference, _NO_CHARACTER.sub("", text))


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if name and name in html.entities.html5:
        return escape(html.entities.html5[name])
    return f"&amp;{name or ''}"


@dataclass(slots=True)
class _Reader:
    """Listens to the parser. The stack holds the heading of each open element, if it has one."""

    feeds: list[OpmlFeed] = field(default_factory=list)
    lists: int = 0
    title: str | None = None
    parser: expat.XMLParserType = field(default_factory=lambda: expat.ParserCreate("utf-8"))
    _stack: list[str | None] = field(default_factory=list)
    _outlines: int = 0
    _words: list[str] | None = None
    """The pieces of the title, while it is being read."""

    def __post_init__(self) -> None:
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._take

    def _refuse_doctype(self, *_: object) -> None:
        raise OpmlError(
            "The file declares a document type (<!DOCTYPE …>), which lists of feeds do not need.",
            line=self.parser.CurrentLineNumber,
            advice="If you trust where it comes from, delete that declaration, and try again.",
        )

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2].lower()
        line = self.parser.CurrentLineNumber
        if not self._stack and name != "opml":
            raise _other(tag, line)
        if len(self._stack) >= MAX_DEPTH:
            raise OpmlError(f"The headings are nested more than {MAX_DEPTH} deep.", line=line)
        heading = None
        if name == "outline":
            self._outlines += 1
            if self._outlines > MAX_OUTLINES:
                raise OpmlError(
                    f"The list has more than {MAX_OUTLINES:,} entries.",
                    line=line,
                    advice="Split it into several files.",
                )
            heading = self._outline({key.lower(): value for key, value in attributes.items()}, line)
        elif name == "title" and self.title is None and not self._outlines:
            self._words = []
        self._stack.append(heading)

    def _outline(self, attributes: dict[str, str], line: int) -> str | None:
        """Note the feed, if it is one; its title, to stand above what is in it."""
        kind = attributes.get("type", "").strip().lower()
        heading = _line(attributes.get("text")) or _line(attributes.get("title"))
        address = attributes.get("xmlurl", "").strip()
        if kind in _FEEDS:
            address = address or attributes.get("url", "").strip()
        if kind == "source" or (kind in _LISTS and not address):
            self.lists += bool(address or attributes.get("url", "").strip())
        elif address:
            title = _line(attributes.get("title")) or heading
            page = attributes.get("htmlurl", "").strip() or None
            folders = tuple(one for one in self._stack if one)
            self.feeds.append(OpmlFeed(address, title, page, folders, line))
        return heading

    def _take(self, words: str) -> None:
        if self._words is not None:
            self._words.append(words)

    def _end(self, _: str) -> None:
        self._stack.pop()
        if self._words is not None:
            self.title, self._words = _line("".join(self._words)), None


def _line(text: str | None) -> str | None:
    """A title in one line, cut at a word; None where nothing can be read in it."""
    tidy = " ".join((text or "").split())
    tidy = "".join(sign for sign in tidy if sign.isprintable() or sign in "\u200c\u200d")
    if len(tidy) > MAX_TITLE:
        tidy = tidy[:MAX_TITLE].rpartition(" ")[0] or tidy[:MAX_TITLE]
    return tidy or None


def _other(tag: str, line: int) -> OpmlError:
    """XML, but not OPML."""
    name = tag.rpartition(":")[2].lower()
    if name in {"rss", "feed"}:
        what = "This looks like a feed itself, and not like a list of feeds."
        return OpmlError(what, line=line, advice="To follow it, use `add` with its address.")
    if name == "html":
        what = "This is a web page, and not a list of feeds."
        return OpmlError(what, line=line)
    return OpmlError(
        f"This is no OPML: it begins with <{tag[:40]}> where <opml> is wanted.", line=line
    )


_WRONG = {
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: (
        "An element is closed here that is not the one that was opened last.",
        "Look which <outline> above it is not closed, or closed twice.",
    ),
    expat.errors.codes[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: (
        "An entry says the same thing twice.",
        "Take one of the two away.",
    ),
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: (
        "Something follows after the end of the list: perhaps two files were joined.",
        "Make two files of it, and import each.",
    ),
    expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF]: (
        "A character is named by a number here that stands for none.",
        "Take it away: it begins with &# and ends with a semicolon.",
    ),
}
_BROKEN = (
    "The list cannot be read from here on: quotes or brackets are missing, or there is a < or a "
    "quotation mark inside a text.",
    "Write &lt; for < and &quot; for a quotation mark inside a text, or export the list once more.",
)


def _ill_formed(error: expat.ExpatError, text: str) -> OpmlError:
    """What stopped the parser, in words for people who do not write XML for a living."""
    if not text.lstrip().startswith("<"):
        return OpmlError(
            "This is no OPML file: it does not begin with <opml> or <?xml …>.",
            line=1,
            advice="Export the list from your reader as OPML, and import that file.",
        )
    what, advice = _WRONG.get(error.code, _BROKEN)
    ended = error.lineno >= len(text.splitlines()) and "</opml>" not in text.lower()
    if error.code not in _WRONG and ended:
        what = "The file ends in the middle of the list."
        advice = "It was cut off on its way: copy it again, or export the list once more."
    return OpmlError(what, line=error.lineno, advice=advice)


# --- writing ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exported:
    """A list to give away, and what is not in it."""

    text: str
    feeds: int
    other: tuple[str, ...]
    """Ids of sources that have no feed."""
    withheld: tuple[str, ...]
    """Ids of sources whose family has not agreed, or no longer agrees, that we name them."""


def write_opml(catalogue: Catalogue, today: date) -> Exported:
    """The catalogue's feeds, in its order, as an OPML 2.0 file.

    ``today`` is the day in the site's time zone, by which consent holds or not. Names, addresses
    and pages go out; consent, states and reviews do not.
    """
    feeds = [source for source in catalogue.sources if source.platform == "feed"]
    withheld = [source for source in feeds if _withheld(source, catalogue, today)]
    shown = [source for source in feeds if source not in withheld]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        f"    <title>{escape(catalogue.site.name)}</title>",
        "  </head>",
        "  <body>",
        *(f"    {_written(source)}" for source in shown),
        "  </body>",
        "</opml>",
        "",
    ]
    other = tuple(source.id for source in catalogue.sources if source.platform != "feed")
    ids = tuple(source.id for source in withheld)
    return Exported("\n".join(lines), len(shown), other, ids)


def _withheld(source: Source, catalogue: Catalogue, today: date) -> bool:
    """Whether to name it would tell the public of a family that has not agreed to it."""
    if source.consent is not None:
        return not source.consent.holds_on(today)
    return any(spec.require_consent for spec in catalogue.widgets_of(source.id))


def _written(source: Source) -> str:
    title = source.name or urlsplit(source.address).hostname or source.id
    attributes = {"type": "rss", "text": title, "title": title, "xmlUrl": source.address}
    if source.link:
        attributes["htmlUrl"] = source.link
    pairs = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items())
    return f"<outline {pairs}/>"
