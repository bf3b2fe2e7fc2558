r"""LinkedIn's little text: what a post says, with marks for tags and mentions in it.

::

    {hashtag|\#|Rehab}                       a tag
    @[Shown name](urn:li:organization:1)     a mention
    \(                                       a sign that stands for itself

In: a ``commentary``. Out: the text as people see it, its spans in code points, its tags.
Specification:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from aggregator.connectors._plain import spans_of
from aggregator.model import Span, SpanKind

_WEB = "https://www.linkedin.com"
_SIGNS = r"\\|{}@\[\]()<>#*_~"
"""What has to be escaped where it is no mark."""
_PIECE = re.compile(
    r"\{hashtag\|\\?[#\uff03]\|(?P<tag>(?:\\[\s\S]|[^\\{}|])+)\}"
    r"|@\[(?P<name>(?:\\[\s\S]|[^\\\[\]])+)\] ?\((?P<urn>urn:li:[a-zA-Z]+:[\w-]+)\)"
    r"|(?<![^\s(\"'])[#\uff03](?P<word>\w*[^\W\d_]\w*)"
    rf"|\\(?P<sign>[{_SIGNS}])",
)
_ESCAPED = re.compile(rf"\\([{_SIGNS}])")
_PAGE = re.compile(r"urn:li:(?:organization|organizationBrand):([0-9]+)")


@dataclass(frozen=True, slots=True)
class Read:
    """A little text, read."""

    text: str
    spans: tuple[Span, ...]
    """In their order, none over another."""
    tags: tuple[str, ...]
    """Without their signs, in the order in which they stand."""


def read(written: str) -> Read:
    """What it says. Marks that are not whole stand for themselves; nothing is ever an error."""
    shown: list[str] = []
    marked: list[Span] = []
    tags: list[str] = []
    length = at = 0
    for found in _PIECE.finditer(written):
        before, piece = written[at : found.start()], _shown(found)
        start = length + len(before)
        length, at = start + len(piece), found.end()
        shown += [before, piece]
        if found["urn"]:
            marked.append(Span(SpanKind.MENTION, start, length, _page_of(found["urn"])))
        elif not found["sign"]:
            tags.append(piece[1:])
            marked.append(Span(SpanKind.TAG, start, length, _page_of_tag(piece[1:])))
    text = "".join([*shown, written[at:]])
    return Read(text, _with_links(text, marked), tuple(tags))


def _shown(found: re.Match[str]) -> str:
    """What people see in the place of a mark: a mention without its sign, as LinkedIn shows it."""
    if found["urn"]:
        return _unescaped(found["name"])
    tag = found["tag"] or found["word"]
    return f"#{_unescaped(tag)}" if tag else str(found["sign"])


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _with_links(text: str, marked: list[Span]) -> tuple[Span, ...]:
    """Addresses are written plain: they are looked for once nothing is escaped any more."""
    links = spans_of(text, tag_url=None, mention_url=None)
    free = [
        link
        for link in links
        if all(link.end <= mark.start or mark.end <= link.start for mark in marked)
    ]
    return tuple(sorted((*marked, *free), key=lambda span: span.start))


def _page_of(urn: str) -> str | None:
    """The page of an organization; of people LinkedIn tells no address."""
    page = _PAGE.fullmatch(urn)
    return f"{_WEB}/company/{page[1]}/" if page else None


def _page_of_tag(tag: str) -> str:
    return f"{_WEB}/feed/hashtag/{quote(tag, safe='')}/"
