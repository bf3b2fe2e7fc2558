"""The text of a post on X, as it is to be shown.

In: a text with its entities, whose places are counted in code points of the text as it is sent.
Out: the text without escapes and short links, its spans and its tags. An entity that does not stand
where it says is left out.
Specification: https://docs.x.com/x-api/fundamentals/data-dictionary (entities) and
https://docs.x.com/developer-terms/display-requirements (what is shown for a link, and where it and
the rest lead).
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from aggregator.connectors import _limits
from aggregator.connectors._shape import Part
from aggregator.model import Span, SpanKind

WEB = "https://x.com"

_LONGEST = 30_000
"""Code points that are read; X allows 25,000."""
_MOST = 200
"""Entities of each kind."""
_STATUS = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/(?:i/web|[^/?#]+)/status/([0-9]+)(?:\?.*)?"
)
_PICTURES = ("pic.x.com/", "pic.twitter.com/")
_PLACEHOLDER = "Learn more"
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
"""All that X escapes. The last undoes the first of what somebody wrote as ``&lt;`` himself."""


@dataclass(frozen=True, slots=True)
class Rich:
    """A text, ready to be shown."""

    text: str
    spans: tuple[Span, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entity:
    start: int
    end: int
    shown: str
    """Empty: it stands for what is shown beside the text."""
    kind: SpanKind
    target: str
    tag: str | None = None


def rich(said: str, entities: Part, *, is_escaped: bool, beside: Collection[str]) -> Rich:
    """The text with its links as X shows them.

    ``is_escaped``: ``&``, ``<`` and ``>`` are written as in HTML, which X does in all but its long
    posts. ``beside``: posts that are shown with the text, so that no link need lead to them.
    """
    said = said[:_LONGEST]
    found = sorted(_entities(said, entities, beside), key=lambda entity: entity.start)
    text, spans, tags, at = "", [], [], 0
    for entity in found:
        # X names the same place once for every picture of a post.
        if entity.start < at:
            continue
        text += _plain(said[at : entity.start], is_escaped=is_escaped)
        if entity.shown:
            end = len(text) + len(entity.shown)
            spans.append(Span(entity.kind, len(text), end, entity.target))
            tags += [entity.tag] if entity.tag else []
            text += entity.shown
        else:
            text = text.rstrip()
        at = entity.end
    text = (text + _plain(said[at:], is_escaped=is_escaped)).rstrip()
    return Rich(text, tuple(spans), tuple(tags))


def is_placeholder(said: str, entities: Part) -> bool:
    """Whether X put a sentence of its own in the place of the text.

    That names a link whose address does not stand in the text, as no writer's does.
    """
    return any(
        url.maybe("display_url") == _PLACEHOLDER and (url.maybe("url") or " ") not in said
        for url in entities.some("urls")
    )


def _plain(piece: str, *, is_escaped: bool) -> str:
    if is_escaped:
        for written, meant in _ESCAPES:
            piece = piece.replace(written, meant)
    return piece


def _entities(said: str, entities: Part, beside: Collection[str]) -> Iterator[_Entity]:
    for url in _some(entities, "urls"):
        link = url.maybe("url", most=_limits.URL)
        place = _place(url, said)
        if link and _limits.is_http(link) and place and said[slice(*place)] == link:
            shown = "" if _is_beside(url, beside) else _shown(url, link)
            yield _Entity(*place, shown, SpanKind.LINK, link)
    for name, signs in (("hashtags", "#\uff03"), ("cashtags", "$")):
        for one in _some(entities, name):
            tag = one.maybe("tag")
            if tag and (place := _named(one, said, signs, tag)):
                # Whichever sign was written, X looks for the one of ASCII.
                target = f"{WEB}/search?q={quote(signs[0] + tag, safe='')}"
                word = tag if name == "hashtags" else None
                yield _Entity(*place, said[slice(*place)], SpanKind.TAG, target, word)
    for one in _some(entities, "mentions"):
        name = one.maybe("username") or ""
        if name and (place := _named(one, said, "@\uff20", name)):
            target = f"{WEB}/{quote(name, safe='')}"
            yield _Entity(*place, said[slice(*place)], SpanKind.MENTION, target)


def _some(entities: Part, name: str) -> list[Part]:
    return list(entities.some(name))[:_MOST]


def _place(entity: Part, said: str) -> tuple[int, int] | None:
    start, end = entity.number("start"), entity.number("end")
    if start is None or end is None or not 0 <= start < end <= len(said):
        return None
    return start, end


def _named(entity: Part, said: str, signs: str, name: str) -> tuple[int, int] | None:
    """Where a tag or a mention stands, if it is what stands there."""
    place = _place(entity, said)
    if place is None:
        return None
    words = said[slice(*place)]
    return place if words[0] in signs and words[1:].casefold() == name.casefold() else None


def _shown(url: Part, link: str) -> str:
    return url.maybe("display_url") or url.maybe("expanded_url") or link


def _is_beside(url: Part, beside: Collection[str]) -> bool:
    """Whether it leads to what is shown with the text: its pictures, or a post that it quotes."""
    if url.maybe("media_key") or (url.maybe("display_url") or "").startswith(_PICTURES):
        return True
    status = _STATUS.fullmatch(url.maybe("expanded_url", most=_limits.URL) or "")
    return status is not None and status[1] in beside
