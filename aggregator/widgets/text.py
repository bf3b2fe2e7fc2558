"""Plain text on its way into markup: paragraphs with links in them, cut at a word, first words.

Offsets count code points. Nothing here escapes: that is the templates' business, always.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aggregator.model import Span, SpanKind

ELLIPSIS = "…"
LONGEST = 1500
"""Social posts are whole up to here; Mastodon servers allow 500 and more, blogs on them 5,000."""
_WORD_WITHIN = 80
"""How far back a cut looks for the end of a word, before it cuts an endless one."""
_NAME = 60
"""About as many characters of a post name it for people who hear a list of links."""

_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
"""What neither XML 1.0 (2.2) nor HTML takes, and what XML discourages: none of it is text."""
_TAG = re.compile(r"[#\uff03]\w+")
_URL = re.compile(r"https?://\S+")
_REACHABLE = re.compile(
    r"(?P<web>https?://[^\s<>]*[\w/])|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?<![\w.-])(?!\d{4}-\d\d-\d\d)\+?\(?[0-9][0-9 ().\u2010-\u2013-]{5,}[0-9](?!\w)"
)
_FEWEST_DIGITS, _FEWEST_DIGITS_ABROAD, _MOST_DIGITS = 10, 7, 15
"""Of a telephone number: with an area code; after a plus; and ever (E.164)."""
_PICTOGRAPHS = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u2300-\u23ff\u200d\ufe0e\ufe0f"
    "\u20e3\U000e0020-\U000e007f]"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a paragraph, linked or not."""

    text: str
    href: str | None = None


Paragraph = tuple[Stretch, ...]


def legal(text: str) -> str:
    """The text without characters that no document may hold."""
    return _ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """On one line, without characters that no document may hold."""
    return " ".join(legal(text).split())


def web_address(url: str | None) -> str | None:
    """The address where it is an absolute http or https one; nothing else becomes a link."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.netloc else None


def contact_address(url: str | None) -> str | None:
    """The same, with ``mailto:`` allowed."""
    return url if url and url.lower().startswith("mailto:") else web_address(url)


def cut(text: str, most: int) -> str:
    """At most ``most`` code points and an ellipsis, cut at the end of a word where there is one."""
    if len(text) <= most:
        return text
    end = most
    while end > most - _WORD_WITHIN and not text[end].isspace():
        end -= 1
    if end == most - _WORD_WITHIN:
        end = most
        while end > 1 and _belongs_together(text[end - 1], text[end]):
            end -= 1
    return text[:end].rstrip() + ELLIPSIS


def paragraphs(
    text: str, spans: Sequence[Span], *, most: int | None, tags: bool = False
) -> tuple[Paragraph, ...]:
    """The text in paragraphs, with its links; ``most`` None leaves it whole.

    Hashtags stay as written (a page of tags is no reader's aim) unless ``tags``; spans that
    overlap an earlier one or reach beyond the text are passed over.
    """
    shown = text if most is None else cut(text, most)
    kept = len(shown) if shown == text else len(shown) - len(ELLIPSIS)
    found: list[Paragraph] = []
    paragraph: list[Stretch] = []
    linked = spans if tags else [span for span in spans if not _is_tag(text, span)]
    for stretch in _stretches(shown, linked, kept):
        first, *others = stretch.text.split("\n")
        paragraph.append(Stretch(first, stretch.href))
        for line in others:
            found.append(tuple(paragraph))
            paragraph = [Stretch(line, stretch.href)]
    found.append(tuple(paragraph))
    tidy = (tuple(part for part in whole if part.text) for whole in found)
    return tuple(whole for whole in tidy if any(part.text.strip() for part in whole))


def linked(text: str) -> tuple[Paragraph, ...]:
    """Staff's own words in paragraphs: web and mail addresses and telephone numbers are links.

    A telephone number has ten digits or more (a plus counts for the rest), so no date is one.
    """
    return tuple(tuple(_with_links(legal(line))) for line in text.split("\n") if line.strip())


def first_words(text: str) -> str:
    """The first line with words, to name a post in a list of links; empty where there is none.

    Emoji, hashtags and addresses are left out: screen readers read them sign by sign.
    """
    for line in text.split("\n"):
        plain = _PICTOGRAPHS.sub("", _TAG.sub("", _URL.sub("", line)))
        plain = " ".join(legal(plain).split())
        if any(char.isalnum() for char in plain):
            return cut(plain, _NAME)
    return ""


def text_direction(text: str) -> str | None:
    """``ltr`` or ``rtl``, as its first letter is written (as ``dir="auto"``); None without one."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"L", "R", "AL"}:
            return "ltr" if kind == "L" else "rtl"
    return None


def _with_links(line: str) -> Iterator[Stretch]:
    at = 0
    for found in _REACHABLE.finditer(line):
        href = _reach(found)
        if href is not None:
            yield Stretch(line[at : found.start()])
            yield Stretch(found[0], href)
            at = found.end()
    yield Stretch(line[at:])


def _reach(found: re.Match[str]) -> str | None:
    if found["web"]:
        return web_address(found[0])
    if found["mail"]:
        return f"mailto:{found[0]}"
    digits = "".join(re.findall("[0-9]", found[0]))
    abroad = found[0].startswith("+")
    enough = _FEWEST_DIGITS_ABROAD if abroad else _FEWEST_DIGITS
    return f"tel:{'+' if abroad else ''}{digits}" if enough <= len(digits) <= _MOST_DIGITS else None


def _stretches(shown: str, spans: Sequence[Span], kept: int) -> Iterator[Stretch]:
    at = 0
    for span in sorted(spans, key=lambda span: span.start):
        href = web_address(span.target)
        end = min(span.end, kept)
        if href is None or span.start < at or span.start >= end:
            continue
        yield Stretch(legal(shown[at : span.start]))
        text = legal(shown[span.start : end])
        yield Stretch(text, href if text.strip() else None)
        at = end
    yield Stretch(legal(shown[at:]))


def _is_tag(text: str, span: Span) -> bool:
    """Mastodon's HTML has them as links."""
    return span.kind is SpanKind.TAG or _TAG.fullmatch(text[span.start : span.end]) is not None


def _belongs_together(before: str, after: str) -> bool:
    """Whether a cut between the two would tear one sign apart."""
    return (
        unicodedata.combining(after) != 0 or "\u200d" in {before, after} or after in "\ufe0e\ufe0f"
    )
