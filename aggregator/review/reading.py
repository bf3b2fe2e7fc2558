"""A post as rules read it: its words without odd signs, and where its links lead.

All that visitors may come to see is read: title, text, warning, alt texts, tags, quote, links.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import urlsplit

from aggregator.model import Post

_CUT = 19_000
"""From this length on, the stored text may be less than the clean HTML, which feeds carry on."""
_TAG = re.compile(r"<[^<>]*>")
_HREF = re.compile(r'<a [^<>]*?href="([^"]*)"')
_BARE = re.compile(
    r"(?<![\w@.-])(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}(?:/[^\s<>\"']{0,200})?", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_SPACES = dict.fromkeys(
    map(ord, "\u00a0\u1680\u202f\u205f\u3000\u2000\u2001\u2002\u2003\u2009"), " "
)
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")
_MARKS = {0x2018: "'", 0x2019: "'", 0x02BC: "'", 0x201C: '"', 0x201D: '"'}
_NOTHING = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"))
_EVEN = _SPACES | _DASHES | _MARKS | _NOTHING
_BASES = {
    code: base[0]
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))
    if len(base := unicodedata.normalize("NFD", chr(code))) > 1
}
"""Letters with marks, and the letters below them; one sign for one, so that places stay."""


def even(text: str) -> str:
    """The text with one kind of space, hyphen and quotation mark, and nothing that is invisible."""
    return unicodedata.normalize("NFKC", text).translate(_EVEN)


def bare(text: str) -> str:
    """An even text without marks above and below its letters; as long as before."""
    return text.translate(_BASES)


def words_of(text: str) -> frozenset[str]:
    """Its words, in small letters and without marks."""
    return frozenset(_WORD.findall(bare(text).lower()))


class Reading:
    """One post, read once for all rules."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.text = even("\n".join(_said(post)))
        self.bare = bare(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """Each of its words, in small letters and without marks."""
        return words_of(self.bare)

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Where its links lead, each once; addresses without ``https://`` in the text as well."""
        return tuple(dict.fromkeys(filter(None, self._links())))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Host and path of each link, without ``www.``, in small letters."""
        return tuple(dict.fromkeys(filter(None, map(_place, self.links))))

    def _links(self) -> Iterator[str | None]:
        post = self.post
        yield post.permalink
        yield from (span.target for span in post.spans)
        yield from (html.unescape(href) for href in _HREF.findall(post.html))
        if post.quote is not None:
            yield post.quote.permalink
        if "." in self.text:
            yield from _BARE.findall(self.text)


def _said(post: Post) -> Iterator[str]:
    yield post.title or ""
    yield post.text
    if len(post.text) > _CUT:
        yield html.unescape(_TAG.sub(" ", post.html))
    yield post.warning or ""
    yield from (medium.alt for medium in post.media if medium.alt)
    yield ", ".join(post.tags)
    if post.quote is not None:
        yield post.quote.text


def _place(link: str) -> str:
    """Empty where the link leads to no host."""
    try:
        parts = urlsplit(link if "//" in link else f"//{link}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return f"{host}{parts.path}".lower().rstrip("/") if host else ""
