"""A post of an organization on LinkedIn, read.

In: an element of the Posts API. Out: a ``RawPost``, whose pictures have a name and no address yet.
Not here: where pictures are (``_linkedin_pictures.py``).
Specification:
https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/posts-api
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from aggregator.connectors import _limits
from aggregator.connectors._dates import raw_date
from aggregator.connectors._little_text import Read, read
from aggregator.connectors._shape import Part
from aggregator.model import POLL, Media, PostKind, RawDate, RawPost, Span, SpanKind

URN = re.compile(r"urn:li:(?:share|ugcPost|groupPost):[\w-]{1,100}", re.ASCII)
"""The id of a post."""

_LONGEST = 20_000
"""Characters of a text; LinkedIn allows 3,000, marks not counted."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FILM = "urn:li:video:"
_PICTURE = re.compile(r"urn:li:image:[\w-]{1,100}", re.ASCII)
_MOST_PICTURES = 20
"""In a post, as LinkedIn allows."""


def is_public(element: Part) -> bool:
    """Whether everybody may see it: published, and not for members or employees alone."""
    published = element.maybe("lifecycleState") == "PUBLISHED"
    return published and element.maybe("visibility") == "PUBLIC"


def is_withdrawn(element: Part) -> bool:
    """Whether it plainly says that it is no longer for everybody."""
    said = ((element.maybe("lifecycleState"), "PUBLISHED"), (element.maybe("visibility"), "PUBLIC"))
    return any(word is not None and word != wanted for word, wanted in said)


def post_of(element: Part) -> RawPost | None:
    """The post; None where it is not for everybody, or an advertisement, or says nothing.

    Raises UnexpectedShape where it cannot be read.
    """
    urn = element.word("id")
    if not URN.fullmatch(urn):
        raise element.at("id").unexpected("the id of a post")
    # What no follower is shown was made to be an advertisement.
    if not is_public(element) or element.maybe("distribution", "feedDistribution") == "NONE":
        return None
    passed_on = element.at("reshareContext", "parent").is_there
    said = _said(element)
    if passed_on and not said.text.strip():
        return None
    permalink = f"https://www.linkedin.com/feed/update/{urn}/"
    edited = element.says("lifecycleStateInfo", "isEditedByAuthor")
    return RawPost(
        guid=urn,
        permalink=permalink,
        body=_limits.text(said.text, is_html=False),
        published=_moment(element, "publishedAt") or _moment(element, "createdAt"),
        updated=_moment(element, "lastModifiedAt") if edited else None,
        tags=_limits.tags(said.tags),
        media=_media(element, permalink),
        spans=said.spans,
        kind=PostKind.REPOST if passed_on else PostKind.ORIGINAL,
    )


def _said(element: Part) -> Read:
    """The text, and the page that it shows beside it, where the text does not hold its address."""
    value = element.at("commentary").value
    said = read(value[:_LONGEST] if isinstance(value, str) else "")
    words, link = _shown_beside(element.at("content"))
    if not words or (said.text.strip() and (link is None or link in said.text)):
        return said
    text = f"{said.text}\n\n" if said.text.strip() else ""
    span = Span(SpanKind.LINK, len(text), len(text) + len(words), link)
    spans = said.spans if text else ()
    return Read(text + words, (*spans, span) if link else spans, said.tags)


def _shown_beside(content: Part) -> tuple[str | None, str | None]:
    """The title of a page, and its address; or of a film or document, or what a poll asks."""
    link = content.maybe("article", "source", most=_limits.URL)
    if link and _limits.is_http(link):
        return content.maybe("article", "title") or link, link
    return content.maybe("media", "title") or content.maybe("poll", "question"), None


def _media(element: Part, permalink: str) -> tuple[Media, ...]:
    """A film or a poll, which are found where the post is; or pictures, without an address."""
    if element.at("content", "poll").is_there:
        return (Media(permalink, POLL),)
    one = element.at("content", "media")
    if (one.maybe("id") or "").startswith(_FILM):
        return (Media(permalink, "video/*", alt=one.maybe("altText", most=_limits.ALT)),)
    several = list(element.some("content", "multiImage", "images"))[:_MOST_PICTURES]
    pictures = list(_pictures([one, *several]))
    # No more than one is ever shown: the first that its author described, or else the first of
    # all, once staff describe it. Where the others are need not be asked.
    described = next((one for one in pictures if one.alt), None)
    first = pictures[:1]
    return (*first, *([described] if described and described not in first else []))


def _pictures(parts: list[Part]) -> Iterator[Media]:
    for part in parts:
        name = part.maybe("id") or ""
        if _PICTURE.fullmatch(name):
            yield Media("", "image/*", alt=part.maybe("altText", most=_limits.ALT), id=name)


def _moment(element: Part, name: str) -> RawDate | None:
    """In milliseconds since 1970."""
    milliseconds = element.number(name)
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds) if milliseconds else None
    except OverflowError:
        return None
    return raw_date(moment.isoformat()) if moment else None
