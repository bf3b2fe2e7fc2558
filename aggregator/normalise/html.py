"""The one sanitiser: feed HTML in, ``SafeHtml`` out.

It is an allow-list: what is not named here does not pass. No pictures, because a picture would
make a visitor's browser ask another host; they are kept apart as ``Media``. No ``title``
attributes: phones never show them, and nobody who looks at a text sees what they say.

nh3 parses as browsers do (WHATWG HTML, section 13.2), so what it returns means the same to them.

The parser's own work can grow with the square of its input, by nesting, by formatting elements
that are never closed, and by attributes. What it is given is therefore bounded first, by counts
that no trick of notation can lower.
"""

import re
from collections.abc import Iterable
from html import escape

import nh3

from aggregator.model import SafeHtml, Span
from aggregator.normalise.characters import tidy
from aggregator.normalise.urls import LONGEST as LONGEST_URL
from aggregator.normalise.urls import absolute, without_trackers

LONGEST = 65_536
"""Of the HTML that is read, in code points. One real entry in 7,000 is longer."""
_MOST_TAGS = 2_000
"""Opening and closing ones. Two real entries in 7,000 have more."""
_LONGEST_TAG = 2_500
"""Enough for an address of 2,000 code points."""
_MOST_FORMATTING = 25_000
"""Formatting tags times all tags: how often a browser may have to open unclosed ones again."""
_LONGEST_ENTITY = 33
_MOST_GROWTH = 4
"""How many times its input (plus 64 KB) the output may be."""


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BLOCKS = _names(
    "address article aside blockquote caption center dd details div dl dt figcaption figure footer"
    " h1 h2 h3 h4 h5 h6 header hr li main ol p pre section summary table tbody td tfoot th thead"
    " tr ul"
)
_PHRASES = _names("abbr bdi cite del ins q rp rt ruby span sub sup")
_FORMATTING = _names("a b code em i s small strike strong u")
TAGS = frozenset({"br", *_BLOCKS, *_PHRASES, *_FORMATTING})
# Not on formatting elements: the parser repeats those, with all that they carry.
_MARKED = sorted(_BLOCKS | _PHRASES)
_OWN_ATTRIBUTES = {
    "a": {"href"},
    "li": {"value"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
REL = "noopener nofollow ugc noreferrer"
SCHEMES = frozenset({"http", "https", "mailto"})

_CLEANER = nh3.Cleaner(
    tags=TAGS,
    # What these hold was never meant to be read as part of the text.
    clean_content_tags=_names(
        "audio button canvas head iframe math noembed noframes noscript object script select"
        " style svg template textarea title video"
    ),
    # nh3 would allow ``lang`` and ``title`` everywhere, if it were not told of "*".
    attributes={"*": frozenset[str](), **_OWN_ATTRIBUTES}
    | {tag: {"lang", *_OWN_ATTRIBUTES.get(tag, ())} for tag in _MARKED},
    tag_attribute_values={tag: {"dir": {"ltr", "rtl", "auto"}} for tag in _MARKED},
    url_schemes=SCHEMES,
    link_rel=REL,
)
# nh3 writes ``>`` and quotation marks inside attributes as entities, so these see whole tags.
_LINK = re.compile(r'<a\b([^>]*?) href="([^"]*)"([^>]*)>')
_TAG = re.compile(r"<[^>]*>")

# The elements that the parser opens again after each block until they are closed (WHATWG HTML,
# "active formatting elements"; ``a`` closes its like), and two that gather attributes.
_REPEATED = r"(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u|html|body)"
_REPEATED_START = re.compile(rf"<(?={_REPEATED}[\s/>])", re.IGNORECASE)
_REPEATED_TAG = re.compile(rf"</?{_REPEATED}(?:\s[^<>]*)?>", re.IGNORECASE)


def clean(html: str, base: str | None = None, trackers: tuple[str, ...] = ()) -> SafeHtml:
    """What may be shown of ``html``, links made absolute against ``base``, trackers removed.

    Quick for any input; what is beyond the bounds above is left out. ``trackers``: parameters of
    links that go besides the shipped ones.
    """
    html = _bounded(html)
    try:
        safe = _CLEANER.clean(html)
    except UnicodeEncodeError:  # lone surrogates, as JSON may carry them
        safe = _CLEANER.clean(tidy(html))
    if len(safe) > _MOST_GROWTH * len(html) + LONGEST:
        safe = _cut(_TAG.sub(" ", safe), LONGEST)
    if "<a " in safe:
        safe = _LINK.sub(lambda link: _rewritten(link, base, trackers), safe)
    return SafeHtml(tidy(safe))


def html_of(text: str, spans: Iterable[Span]) -> SafeHtml:
    """A plain text as HTML: its line breaks kept, its spans made links.

    ``spans`` in order, without overlap.
    """
    if not text:
        return SafeHtml("")
    parts = []
    at = 0
    for span in spans:
        if span.target:
            parts.append(escape(text[at : span.start], quote=False))
            parts.append(f'<a href="{escape(span.target)}" rel="{REL}">')
            parts.append(escape(text[span.start : span.end], quote=False) + "</a>")
            at = span.end
    parts.append(escape(text[at:], quote=False))
    return SafeHtml("<p>" + "".join(parts).replace("\n", "<br>") + "</p>")


def unescaped(piece: str) -> str:
    """A piece of ``SafeHtml`` without tags, as text. nh3 writes these entities and no others."""
    if "&" not in piece:
        return piece
    piece = piece.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    return piece.replace("&nbsp;", "\u00a0").replace("&amp;", "&")


def _rewritten(link: re.Match[str], base: str | None, trackers: tuple[str, ...]) -> str:
    before, href, after = link.groups()
    target = _target(unescaped(href), base, trackers)
    return f'<a href="{escape(target)}"{before}{after}>' if target else f"<a{before}{after}>"


def _target(href: str, base: str | None, trackers: tuple[str, ...]) -> str | None:
    if href[:7].lower() == "mailto:":
        return href[:LONGEST_URL]
    url = absolute(href, base)
    return without_trackers(url, trackers) if url else None


def _bounded(html: str) -> str:
    """The beginning of ``html`` that can be parsed within a few dozen milliseconds."""
    html = _cut(html, LONGEST)
    tags = html.count("<")
    if tags > _MOST_TAGS:
        html = html.rsplit("<", tags - _MOST_TAGS)[0]
        tags = _MOST_TAGS
    # Below the square root no number of formatting tags can reach the limit.
    if tags * tags > _MOST_FORMATTING:
        formatting = len(_REPEATED_START.findall(html))
        if formatting * tags > _MOST_FORMATTING:
            html = _REPEATED_START.sub("&lt;", _REPEATED_TAG.sub("", html))
    return _without_long_tags(html) if _has_long_piece(html) else html


def _has_long_piece(html: str) -> bool:
    """Whether 2,500 code points or more without another ``<`` follow any ``<``."""
    at = html.find("<")
    while 0 <= at < len(html) - _LONGEST_TAG:
        at = html.rfind("<", at + 1, at + 1 + _LONGEST_TAG)
        if at < 0:
            return True
    return False


def _cut(html: str, limit: int) -> str:
    """At most ``limit`` code points, not ending inside a tag or an entity."""
    if len(html) <= limit:
        return html
    html = html[:limit]
    tag = html.rfind("<")
    if tag >= 0 and _opens_tag(html[tag + 1 : tag + 2]) and ">" not in html[tag:]:
        html = html[:tag]
    entity = html.rfind("&", len(html) - _LONGEST_ENTITY)
    return html[:entity] if entity >= 0 and ";" not in html[entity:] else html


def _without_long_tags(html: str) -> str:
    """Without tags over 2,500 code points.

    Only the parser knows where ``<p title=">" …`` ends. So a long stretch without ``<`` is parted
    by ``<wbr>`` besides: that ends a tag, and in a text it leaves no trace.
    """
    first, *pieces = html.split("<")
    parts = [first]
    for piece in pieces:
        end = piece.find(">") + 1 or len(piece)
        if _opens_tag(piece[:1]) and end > _LONGEST_TAG:
            parts.append(_parted(piece[end:]))
        else:
            parts.append(_parted("<" + piece))
    return "".join(parts)


def _parted(stretch: str) -> str:
    parts = []
    while len(stretch) > _LONGEST_TAG:
        part = stretch[: len(_cut(stretch, _LONGEST_TAG)) or _LONGEST_TAG]
        parts.append(part)
        stretch = stretch[len(part) :]
    return "<wbr>".join([*parts, stretch])


def _opens_tag(char: str) -> bool:
    return char.isalpha() or char in {"/", "!", "?"}
