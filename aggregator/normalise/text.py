"""Plain text: out of clean HTML or out of plain text, with its links; titles and excerpts.

Plain text is text: it may well hold ``<script>`` as words. Templates escape it. Only from labels
is whole code taken out, for a reader would think that the page is broken.
Not here: single characters (``characters.py``), white space (``folding.py``).
"""

import itertools
import re
from collections.abc import Iterable, Iterator

from aggregator.model import RawText, SafeHtml, Span, SpanKind
from aggregator.normalise.characters import cluster_start, composed, is_blank, tidy
from aggregator.normalise.folding import evened, spaced
from aggregator.normalise.html import clean, unescaped
from aggregator.normalise.urls import absolute, without_trackers

LONGEST = 20_000
"""Of a stored text, in code points."""
LONGEST_LINE = 1_000
"""Of a title and its like (rule H4)."""
EXCERPT = 280
_MOST_SPANS = 500

ELLIPSIS = "…"

_PRE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
_CELL_END = re.compile(r"</t[dh]>")
_BLOCK = re.compile(
    r"</?(?:p|br|div|li|h[1-6]|ul|ol|blockquote|pre|hr|figure|figcaption|dl|dt|dd|table|caption"
    r"|thead|tbody|tfoot|tr|address|article|aside|center|details|footer|header|main|section"
    r"|summary)(?: [^>]*)?> *"
)
_INLINE = re.compile(r"<(?!/?a[ >])[^>]*>")
_LINK = re.compile(r'<a(?: href="([^"]*)")?[^>]*>|</a>')

# ASCII: no name of an element holds the letters that are only folded to "s" and "i".
_CODE = re.compile(r"<(?:(script|style)\b|!(?=--))", re.IGNORECASE | re.ASCII)
_CODE_END = {
    "script": re.compile(r"</script\b[^>]*>", re.IGNORECASE | re.ASCII),
    "style": re.compile(r"</style\b[^>]*>", re.IGNORECASE | re.ASCII),
    "": re.compile("-->"),
}

Piece = tuple[str, SpanKind | None, str | None]
"""A stretch of text, evened, and what it is a span of, if of any."""


def text_of(html: SafeHtml) -> tuple[str, tuple[Span, ...]]:
    """The text of clean HTML and the links in it.

    Paragraphs, list items and line breaks end a line, white space is folded, and empty lines are
    left out. At most ``LONGEST`` code points.
    """
    flat = str(html)
    if "<pre" in flat:
        flat = _PRE.sub(lambda pre: pre[0].replace("\n", "<br>"), flat)
    flat = flat.replace("\n", " ")
    if "</t" in flat:
        flat = _CELL_END.sub(" ", flat)
    flat = _INLINE.sub("", _BLOCK.sub("\n", flat))
    return _assembled(_html_pieces(evened(flat.replace("&nbsp;", " "))))


def _html_pieces(flat: str) -> Iterator[Piece]:
    """Text and links by turns, as ``re.split`` leaves them."""
    parts = _LINK.split(flat)
    yield unescaped(parts[0]), None, None
    for href, text in zip(parts[1::2], parts[2::2], strict=True):
        if href and href[:4].lower() == "http":
            yield unescaped(text), SpanKind.LINK, unescaped(href)
        else:
            yield unescaped(text), None, None


def text_with(
    raw: str, spans: Iterable[Span], base: str | None, trackers: tuple[str, ...] = ()
) -> tuple[str, tuple[Span, ...]]:
    """A plain text made tidy, and its spans where they stand then.

    Spans that are empty, overlap an earlier one or reach beyond the text are left out; so are
    links without a usable target, and all after the first 500. ``trackers``: parameters of links
    that go besides the shipped ones.
    """
    return _assembled(_plain_pieces(raw, itertools.islice(spans, _MOST_SPANS), base, trackers))


def _plain_pieces(
    raw: str, spans: Iterable[Span], base: str | None, trackers: tuple[str, ...]
) -> Iterator[Piece]:
    at = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if not at <= span.start < span.end <= len(raw):
            continue
        url = absolute(span.target, base) if span.target else None
        if url is None and span.kind is SpanKind.LINK:
            continue
        yield evened(tidy(raw[at : span.start])), None, None
        target = without_trackers(url, trackers) if url else None
        yield evened(tidy(raw[span.start : span.end])), span.kind, target
        at = span.end
    yield evened(tidy(raw[at:])), None, None


def _assembled(pieces: Iterable[Piece]) -> tuple[str, tuple[Span, ...]]:
    """Pieces folded and joined; spans counted in the result."""
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    gap = ""
    seamless = True
    for raw, kind, target in pieces:
        core = composed(_folded(raw))
        if not core:
            gap = _wider(gap, raw)
            continue
        gap = _wider(gap, raw[: len(raw) - len(raw.lstrip())]) if parts else ""
        # A mark that begins a piece belongs to the letter before it.
        seamless = seamless and (bool(gap) or not parts or core[0] < "\u0300")
        start = length + len(gap)
        parts += (gap, core)
        length = start + len(core)
        if kind is not None:
            spans.append(Span(kind, start, length, target))
        if length > LONGEST:
            break
        gap = raw[len(raw.rstrip()) :]
    return _finished("".join(parts), spans, seamless=seamless)


def _finished(text: str, spans: list[Span], *, seamless: bool) -> tuple[str, tuple[Span, ...]]:
    if is_blank(text):
        return "", ()
    if not seamless:
        whole = composed(text)
        if whole != text:
            return cut(whole, LONGEST), ()
    if len(text) <= LONGEST:
        return text, tuple(spans)
    text = cut(text, LONGEST)
    return text, tuple(span for span in spans if span.end < len(text))


def _folded(text: str) -> str:
    """An evened text with neither empty lines nor white space at the ends of lines."""
    return "\n".join(filter(None, map(str.strip, text.split("\n"))))


def _wider(gap: str, space: str) -> str:
    """The wider of two gaps: a line break, a space, nothing."""
    if "\n" in gap or "\n" in space:
        return "\n"
    return " " if gap or space else ""


def one_line(text: str, limit: int = LONGEST_LINE) -> str:
    """A plain text on one line, of at most ``limit`` code points; empty where nothing is seen."""
    text = spaced(tidy(text[: 8 * limit]))
    return "" if is_blank(text) else cut(composed(text), limit)


def plain(text: RawText, limit: int = LONGEST_LINE) -> str:
    """A text as plain text on one line; markup and entities are read only where it is HTML."""
    return one_line(_unmarked(text, limit), limit)


def label(text: RawText, limit: int = LONGEST_LINE) -> str:
    """A title or a name, likewise, and without the code that feeds escape once too often."""
    return one_line(without_code(tidy(_unmarked(text, limit))), limit)


def _unmarked(text: RawText, limit: int) -> str:
    value = text.value[: 8 * limit]
    if text.is_html and ("<" in value or "&" in value):
        value = text_of(clean(value))[0]
    return value


def without_code(text: str) -> str:
    """A plain text with a space for every whole script, style element and comment in it.

    What is never closed stays: it may be words. Takes time linear in the text.
    """
    if "<" not in text:
        return text
    # Up to here every search for a ``>`` finds one, so that none is begun in vain.
    last = text.rfind(">") + 1
    parts: list[str] = []
    at = 0
    unclosed: set[str] = set()
    for opening in _CODE.finditer(text):
        kind = (opening[1] or "").lower()
        if opening.start() < at or kind in unclosed:
            continue
        end = _CODE_END[kind].search(text, opening.end(), last)
        if end is None:
            unclosed.add(kind)
        else:
            parts += (text[at : opening.start()], " ")
            at = end.end()
    return "".join([*parts, text[at:]])


def cut(text: str, limit: int) -> str:
    """At most ``limit`` code points, "…" included; whole where it fits.

    Cut at a word where one ends in the last third, else between two user-perceived characters.
    """
    if len(text) <= limit:
        return text
    room = limit - len(ELLIPSIS)
    at = max(text.rfind(gap, room * 2 // 3, room + 1) for gap in " \n")
    if at < 0:
        at = cluster_start(text, room)
    return _open_ended(text[:at].rstrip(" \n,;:-\u2013\u2014([{"), limit)


def _open_ended(text: str, limit: int) -> str:
    """With "…", parted by a no-break space from a sentence that has ended, where there is room."""
    ended = text.endswith((".", "!", "?")) and len(text) + 2 <= limit
    return f"{text}\u00a0{ELLIPSIS}" if ended else text + ELLIPSIS


def excerpt(text: str, limit: int = EXCERPT) -> str:
    """The beginning of a folded text on one line, without the tails that blog engines add."""
    # A tail can only show where nearly all of the text does.
    whole = len(text) <= limit + _LONGEST_TAIL
    line = spaced(text if whole else text[: 2 * limit])
    return cut(_without_tails(line, limit) if whole else line, limit)


_LONGEST_TAIL = 1_000
# WordPress: "The post TITLE appeared first on SITE.", by the language of the blog.
_FIRST_ON = (
    ("The post ", " appeared first on "),
    ("The post ", " first appeared on "),
    ("Der Beitrag ", " erschien zuerst auf "),
    ("La entrada ", " apareció primero en "),
    ("La entrada ", " se publicó primero en "),
    ("L\u2019article ", " est apparu en premier sur "),
    ("L'article ", " est apparu en premier sur "),
    ("L\u2019articolo ", " proviene da "),
    ("L'articolo ", " proviene da "),
    ("O post ", " apareceu primeiro em "),
    ("Het bericht ", " verscheen eerst op "),
)
_LONGEST_SITE_NAME = 200
_GO_ON = (
    "(?:continue reading|keep reading|read more|read the rest|weiterlesen|mehr lesen|lire la suite"
    "|seguir leyendo|sigue leyendo|leer más|leggi tutto|continua a leggere|continue lendo|leia mais"
    "|lees verder|lees meer)"
)
# Only what can hardly be the author's own words: with an arrow, or in brackets.
_MORE = re.compile(
    rf"(?:^|(?<=\s)|(?<=[.…\]]))(?:{_GO_ON}[^.!?]{{0,200}}(?:→|»|>>)"
    rf"|[\[(](?:more|{_GO_ON}[^.!?]{{0,200}})(?:…|\.\.\.)?[\])])$",
    re.IGNORECASE,
)
_LAST_SIGNS = ("→", "»", ">>", "]", ")")
_OPEN_END = re.compile(r"[\[(](?:…|\.\.\.)[\])]$")


def _without_tails(line: str, limit: int) -> str:
    line = _without_first_on(line)
    if not line.endswith(_LAST_SIGNS):
        return line
    shorter = line[:-300] + _MORE.sub("", line[-300:]).rstrip()
    shorter = _OPEN_END.sub("", shorter).rstrip()
    if shorter in {line, ""}:
        return line
    return shorter if shorter.endswith(("…", "...")) else _open_ended(shorter, limit)


def _without_first_on(line: str) -> str:
    for opening, middle in _FIRST_ON:
        end = line.rfind(middle)
        if end >= 0 and len(line) - end - len(middle) <= _LONGEST_SITE_NAME:
            start = line.rfind(opening, 0, end)
            if start > 0:
                return line[:start].rstrip()
    return line
