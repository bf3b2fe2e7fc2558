"""Links, tags and mentions in a text whose platform does not say where they stand.

In: a plain text, and how the platform's pages of a tag and of an account are addressed. Out: spans
in code points, in their order, none over another; the tags.
Not here: platforms that tell these places themselves.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from string import ascii_letters, digits
from urllib.parse import urlsplit

from aggregator.connectors import _limits
from aggregator.model import Span, SpanKind

Page = Callable[[str], str | None]
"""The address of the page of a tag or an account, from its name without the sign; None: it has
none."""

_MOST = 200
"""Spans of a text."""
_BEGINS = re.compile(r"https?://|www\.|[#\uff03]|@", re.IGNORECASE)
_URL = re.compile(r"[^\s<>\"\u3000-\u3003\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1b\uff1f]+")
"""Up to a space, a sign that no address holds, or the punctuation of East Asian scripts."""
_PAIRS = {")": "(", "]": "[", "}": "{"}
_AFTER = ".,:;!?'*_~|\u2026\u2019\u201d\u00bb"
"""Punctuation that stands behind an address, and not in it."""
_OF_NAMES = frozenset(ascii_letters + digits + "_")
_JOINERS = "\u200c\u200d"
"""Within words of Persian and of scripts of India."""


def spans_of(
    text: str, *, tag_url: Page | None, mention_url: Page | None, signs: str = "."
) -> tuple[Span, ...]:
    """Where its links, tags and mentions stand, and where they lead.

    ``tag_url`` and ``mention_url`` are None on a platform that has no such thing. ``signs`` are
    what the name of an account may hold besides letters, digits and the underscore; it never ends
    with one.
    """
    spans: list[Span] = []
    for found in _found(text, signs):
        page = {SpanKind.TAG: tag_url, SpanKind.MENTION: mention_url, SpanKind.LINK: _web}
        leads = page[found.kind]
        if leads is None or found.target is None:
            continue
        spans.append(Span(found.kind, found.start, found.end, leads(found.target)))
        if len(spans) == _MOST:
            break
    return tuple(spans)


def tags_in(text: str) -> tuple[str, ...]:
    """Its tags without their signs, each once."""
    words = (one.target for one in _found(text, "") if one.kind is SpanKind.TAG)
    return _limits.tags(words)


def _found(text: str, signs: str) -> Iterator[Span]:
    """Each with what it says as its target: an address, a tag or a name."""
    at = 0
    while begin := _BEGINS.search(text, at):
        start, sign = begin.span()
        is_free = start == 0 or not (
            _is_within(text[start - 1]) or text[start - 1] in "_&/@#\uff03"
        )
        if sign - start > 1:
            end = _end_of_url(text, start)
            at = max(end, sign)
            if (is_free or text[sign - 1] == "/") and _web(text[start:end]):
                yield Span(SpanKind.LINK, start, end, text[start:end])
        elif begin[0] == "@":
            end = _end_of_name(text, sign, signs)
            at = max(end, sign)
            # ``name@host`` is a mail address, ``@name@host`` an account elsewhere.
            is_whole = text[end : end + 1] != "@" and not _is_within(text[end : end + 1])
            if is_free and end > sign and is_whole:
                yield Span(SpanKind.MENTION, start, end, text[sign:end])
        else:
            end = _end_of_tag(text, sign)
            at = max(end, sign)
            # ``&#39;`` is no tag, nor is a number.
            if is_free and any(char.isalpha() for char in text[sign:end]):
                yield Span(SpanKind.TAG, start, end, text[sign:end])


def _is_within(char: str) -> bool:
    """Whether words beside this one are its own: scripts without capitals often have no spaces."""
    return char.isdecimal() or char.lower() != char.upper()


def _end_of_url(text: str, start: int) -> int:
    """Without punctuation behind it, or a bracket that was opened before it."""
    found = _URL.match(text, start)
    end = found.end() if found else start
    if end - start > _limits.URL:
        return end
    while end > start:
        last = text[end - 1]
        opening = _PAIRS.get(last)
        if last not in _AFTER and opening is None:
            break
        if opening and text.count(last, start, end) <= text.count(opening, start, end):
            break
        end -= 1
    return end


def _end_of_tag(text: str, start: int) -> int:
    end = start
    while end < len(text) and _is_of_word(text[end], first=end == start):
        end += 1
    return end


def _is_of_word(char: str, *, first: bool) -> bool:
    """Of letters of all scripts, and of the vowels and accents that follow them."""
    if char.isalnum() or char == "_":
        return True
    return not first and (char in _JOINERS or unicodedata.category(char).startswith("M"))


def _end_of_name(text: str, start: int, signs: str) -> int:
    allowed = _OF_NAMES | frozenset(signs)
    end = start
    while end < len(text) and text[end] in allowed:
        end += 1
    while end > start and text[end - 1] in signs:
        end -= 1
    return end


def _web(said: str) -> str | None:
    """The address of the web that is written so; None where it is none."""
    url = said if _limits.is_http(said) else f"https://{said}"
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:  # brackets that do not match
        return None
    is_whole = "." in host.strip(".").removeprefix("www.") and len(url) <= _limits.URL
    return url if is_whole else None
