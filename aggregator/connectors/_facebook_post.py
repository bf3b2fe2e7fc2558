"""A post of a Facebook Page, read.

In: an item of ``/{page}/posts``. Out: a ``RawPost``.
Specification: https://developers.facebook.com/docs/graph-api/reference/page-post and
https://developers.facebook.com/docs/graph-api/reference/story-attachment.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from aggregator.connectors import _limits
from aggregator.connectors._graph import ID, date_of, picture, segment
from aggregator.connectors._plain import spans_of, tags_in
from aggregator.connectors._shape import Part
from aggregator.model import (
    Author,
    Media,
    PostKind,
    RawPost,
    RawQuote,
    RawText,
    Span,
    SpanKind,
)

FIELDS = (
    "id,message,message_tags,created_time,permalink_url,status_type,is_published,is_hidden,"
    "is_expired,from,parent_id,privacy,attachments{media_type,type,title,description,url,"
    "unshimmed_url,target,media,subattachments}"
)

_WEB = "https://www.facebook.com"
_LONGEST = 64_000
"""Characters of a post; Facebook takes 63,206."""
_MOST_TAGS = 200
_PUBLIC = frozenset({None, "EVERYONE"})
_CARDS = frozenset({"link", "event"})
"""Attachments that stand for a page elsewhere."""
_MOST_PARTS = 50
_SHIMS = frozenset({"l.facebook.com", "lm.facebook.com"})


def post_of(item: Part) -> RawPost | None:
    """The post; None where it is not for everybody. Raises UnexpectedShape where it is unreadable.

    ``updated_time`` is not read, for comments move it.
    """
    number = item.word("id")
    if not ID.fullmatch(number):
        raise item.at("id").unexpected("the number of a post")
    if not _is_public(item):
        return None
    attachments = list(item.some("attachments", "data"))[:_MOST_PARTS]
    is_shared = item.maybe("parent_id") is not None
    text = _text(item, [] if is_shared else attachments)
    author = item.maybe("from", "id")
    return RawPost(
        guid=number,
        permalink=item.maybe("permalink_url", most=_limits.URL) or f"{_WEB}/{number}",
        body=text,
        author=Author(item.maybe("from", "name"), None, f"{_WEB}/{segment(author)}")
        if author
        else None,
        published=date_of(item, "created_time"),
        tags=tags_in(text.value) if text else (),
        media=() if is_shared else _limits.media(_media(attachments)),
        spans=_spans(item, text.value) if text else (),
        kind=_kind(is_shared=is_shared, has_words=text is not None),
        quote=_shared(attachments) if is_shared else None,
    )


def _is_public(item: Part) -> bool:
    is_withheld = item.says("is_hidden") or item.says("is_expired")
    is_draft = item.at("is_published").value is False
    return not is_withheld and not is_draft and item.maybe("privacy", "value") in _PUBLIC


def _kind(*, is_shared: bool, has_words: bool) -> PostKind:
    """What somebody else's post is shown with: words of the Page's own, or none."""
    if not is_shared:
        return PostKind.ORIGINAL
    return PostKind.QUOTE if has_words else PostKind.REPOST


def _shared(attachments: list[Part]) -> RawQuote | None:
    """Somebody else's post, whose author Facebook does not name."""
    for one in attachments:
        words = _limits.text(one.at("description").value, is_html=False, most=_LONGEST)
        if words is not None:
            return RawQuote(None, _address(one), words)
    return None


def _text(item: Part, attachments: list[Part]) -> RawText | None:
    """What the Page wrote; where that holds no address, followed by the one that it shows."""
    words = _limits.text(item.at("message").value, is_html=False, most=_LONGEST)
    for card in attachments:
        if card.maybe("media_type") in _CARDS and (link := _address(card)):
            said = words.value if words else card.maybe("title") or ""
            held = spans_of(said, tag_url=None, mention_url=None)
            return words if held else RawText(f"{said}\n\n{link}".strip(), is_html=False)
    return words


def _address(attachment: Part) -> str | None:
    """Where an attachment leads, without Facebook's own page in between."""
    for name in ("unshimmed_url", "url"):
        url = attachment.maybe(name, most=_limits.URL)
        if url is None or not _limits.is_http(url):
            continue
        try:
            parts = urlsplit(url)
        except ValueError:  # brackets that do not match
            continue
        if parts.hostname not in _SHIMS:
            return url
        inner = parse_qs(parts.query).get("u", [""])[0]
        if _limits.is_http(inner):
            return inner
    return None


def _spans(item: Part, text: str) -> tuple[Span, ...]:
    """Pages that are named, as Facebook tells, and links and tags, which it does not tell."""
    spans: list[Span] = []
    for tag in list(item.some("message_tags"))[:_MOST_TAGS]:
        place = _place(tag, text)
        number = tag.maybe("id")
        if place is not None and number is not None:
            target = f"{_WEB}/{segment(number)}"
            spans.append(Span(SpanKind.MENTION, *place, target))
    spans += spans_of(text, tag_url=_tag_page, mention_url=None)
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def _place(tag: Part, text: str) -> tuple[int, int] | None:
    """Where a name stands.

    In which unit Facebook counts is not told where emoji stand before it: a name that is not at its
    place is looked for, and left out where it is not there just once.
    """
    name, start = tag.maybe("name"), tag.number("offset")
    if name is None or name.startswith("#"):
        return None
    if start is None or start < 0 or text[start : start + len(name)] != name:
        if text.count(name) != 1:
            return None
        start = text.index(name)
    return start, start + len(name)


def _tag_page(tag: str) -> str:
    return f"{_WEB}/hashtag/{segment(tag)}"


def _media(attachments: list[Part]) -> Iterator[Media]:
    """Pictures, which are not described here (``_facebook_pictures.py``), and films, by pages."""
    for one in attachments:
        inner = list(one.some("subattachments", "data"))[:_MOST_PARTS]
        if inner:
            yield from _media(inner)
            continue
        # Inside albums the older word alone is given.
        kind = one.maybe("media_type") or one.maybe("type") or ""
        if kind.startswith("video"):
            if link := _address(one):
                yield Media(link, "video/*")
        elif kind.startswith("photo"):
            yield from picture(one.at("media", "image"), "src", one.maybe("target", "id"))
