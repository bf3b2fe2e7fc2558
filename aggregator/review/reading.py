"""A post as rules read it: its words without odd signs, and where its links lead.

All that visitors may come to see is read: title, text, excerpt, warning, alt texts, tags, names,
quote, links.
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from urllib.parse import parse_qsl, urlsplit

from aggregator.model import Author, Post
from aggregator.review.pieces import folded

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
_UNSEEN = (
    *(0xAD, 0x34F, 0x61C, 0x180E, 0x20E3, 0xFEFF),
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFE00, 0xFE10),
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
    *range(0xE0100, 0xE01F0),
)
"""Signs of formatting (the category Cf) as far as digits of any script may be parted by them, the
joiner of letters, what chooses the looks of the sign before it, and the frame of a key."""
_NOTHING = dict.fromkeys(_UNSEEN)
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
    def folded(self) -> str:
        """Its text, for a look at what is not in it."""
        return folded(self.text)

    @cached_property
    def folded_bare(self) -> str:
        """The same without marks."""
        return folded(self.bare)

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
        given = [post.permalink, *(span.target for span in post.spans)]
        given += map(html.unescape, _HREF.findall(post.html))
        if post.quote is not None:
            given.append(post.quote.permalink)
        for link in filter(None, given):
            yield link
            yield from _carried(link)
        if "." in self.text:
            yield from _BARE.findall(self.text)


def _said(post: Post) -> Iterator[str]:
    yield post.title or ""
    yield post.text
    if not _begins_with(post.text, post.excerpt):
        yield post.excerpt
    if len(post.text) > _CUT:
        yield html.unescape(_TAG.sub(" ", post.html))
    yield post.warning or ""
    yield from (medium.alt for medium in post.media if medium.alt)
    yield ", ".join(post.tags)
    yield from _names(post.author)
    if post.quote is not None:
        yield post.quote.text
        yield from _names(post.quote.author)


def _begins_with(text: str, excerpt: str) -> bool:
    """Whether an excerpt was made of the text, and not written besides."""
    beginning = " ".join(excerpt.split()).rstrip(" …")
    return " ".join(text[: 2 * len(excerpt)].split()).startswith(beginning)


def _names(author: Author | None) -> Iterator[str]:
    if author is not None and author.name:
        yield author.name


def _carried(link: str) -> Iterator[str]:
    """Where those lead on that ask first: platforms and searches wrap links in links of theirs."""
    if "?" in link and "http" in link.partition("?")[2].lower():
        for _, said in parse_qsl(link.partition("?")[2]):
            if said.lower().startswith(("http://", "https://")):
                yield said


def _place(link: str) -> str:
    """Empty where the link leads to no host."""
    try:
        parts = urlsplit(link if "//" in link else f"//{link}")
        host = (parts.hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return ""
    return f"{host}{parts.path}".lower().rstrip("/") if host else ""
