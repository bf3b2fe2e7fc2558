"""The one door: ``RawPost`` in, ``Post`` out.

Nothing raw goes further: text becomes plain text, HTML ``SafeHtml``, links absolute, dates UTC.
Not here: what a reader sees of a post (``widgets/``), whether it is shown at all (``store/``).
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import NamedTuple

from aggregator.model import (
    Author,
    DateFlag,
    Dropped,
    Media,
    Post,
    Profile,
    Quote,
    RawPost,
    RawQuote,
    RawText,
    SafeHtml,
    Source,
    Span,
)
from aggregator.normalise.characters import tidy
from aggregator.normalise.dates import read_date
from aggregator.normalise.folding import content_key
from aggregator.normalise.html import clean, html_of
from aggregator.normalise.language import language_tag
from aggregator.normalise.text import (
    LONGEST_LINE,
    excerpt,
    label,
    one_line,
    plain,
    text_of,
    text_with,
)
from aggregator.normalise.urls import absolute, comparable, without_trackers

_LONGEST_GUID = 2_000
_LONGEST_NAME = 200
_LONGEST_PROFILE_TITLE = 300
_LONGEST_SUMMARY = 2_000
_LONGEST_TAG = 100
_LONGEST_DATE = 100
_LONGEST_ALT = 5_000
_LONGEST_RAW_TEXT = 65_536
_MOST_TAGS = 50
_MOST_MEDIA = 20
_LARGEST_SIDE = 100_000
_LARGEST_BEACON = 2
"""Pictures of one or two pixels a side are there to be counted."""
_SHORTEST_SUMMARY = 40
BEACONS = re.compile(
    r"(?:^|\.)(?:feedsportal\.com|google-analytics\.com|pixel\.quantserve\.com"
    r"|pixel\.wp\.com|scorecardresearch\.com|stats\.wordpress\.com|statcounter\.com)/"
    r"|feeds\.feedburner\.com/~r/|medium\.com/_/stat|facebook\.com/tr(?:[/?]|$)"
)
"""Host and path of pictures that only count their readers (rule I10)."""


class _Words(NamedTuple):
    """The text of a post in all its forms."""

    text: str
    spans: tuple[Span, ...]
    html: SafeHtml


class _Times(NamedTuple):
    """The dates of a post, read."""

    published: datetime | None
    flag: DateFlag | None
    said: str | None
    updated: datetime | None


def post_from(
    raw: RawPost, source: Source, profile: Profile | None, now: datetime
) -> Post | Dropped:
    """The post that may be stored, or why there is none.

    ``published`` falls back on ``updated`` where the entry says nothing else of its date. Never
    raises, and is quick for any input.
    """
    base = absolute(raw.base) if raw.base else None
    guid = _tidy_guid(raw.guid)
    link = _link(raw, guid, base)
    permalink = without_trackers(link, source.trackers) if link else None
    # Feeds without ids often link every entry to the blog's own page: that tells none apart (I4).
    own_page = permalink is not None and profile is not None and permalink == profile.link
    identity = guid or (None if own_page else permalink) or _hash_of_text(raw) or permalink
    if identity is None:
        return Dropped(None, "The entry has neither an id nor a link nor any text.")
    title = label(raw.title) if raw.title else ""
    text, spans, html = _words(raw, permalink or base, source.trackers)
    media = tuple(_media(raw.media, base or permalink))
    if not (permalink or title or text or media):
        return Dropped(identity, "The entry has nothing to show: no text, no link, no picture.")
    times = _times(raw, now)
    post = Post(
        source_id=source.id,
        guid=identity,
        permalink=permalink,
        title=title or None,
        text=text,
        spans=spans,
        excerpt=_excerpt(raw, text),
        html=html,
        language=_language(raw, source, profile),
        author=_author(raw.author, base or permalink, source.trackers),
        kind=raw.kind,
        tags=tuple(_tags(raw.tags)),
        media=media,
        published=times.published,
        date_flag=times.flag,
        date_said=times.said,
        updated=times.updated,
        sensitive=raw.sensitive,
        warning=_line(raw.warning),
        quote=_quote(raw.quote, base or permalink, source.trackers) if raw.quote else None,
        link_key=comparable(permalink) if permalink else None,
        content_key=content_key(title, text),
        fingerprint=b"",
        original_link=link if link != permalink else None,
    )
    # Nobody has seen the post yet, and a copy would cost more than all its small fields.
    object.__setattr__(post, "fingerprint", _fingerprint(post))
    return post


def profile_from(raw: Profile) -> Profile:
    """What a source says of itself, as plain text, with a usable link and language or None."""
    return Profile(
        title=_plain_line(raw.title, _LONGEST_PROFILE_TITLE),
        link=_shown_link(raw.link, None, ()),
        language=language_tag(raw.language),
        description=_plain_line(raw.description, LONGEST_LINE),
        hubs=tuple(hub for hub in map(absolute, raw.hubs) if hub),
        topic=absolute(raw.topic) if raw.topic else None,
        new_address=absolute(raw.new_address) if raw.new_address else None,
    )


def _plain_line(said: str | None, limit: int) -> str | None:
    """Feeds write their own titles and descriptions as HTML, escaped once or twice."""
    return label(RawText(said, is_html=True), limit) or None if said else None


def _line(said: str | None, limit: int = LONGEST_LINE) -> str | None:
    return one_line(said, limit) or None if said else None


def _tidy_guid(said: str | None) -> str:
    """The id on one line, otherwise as given; a very long one as its digest."""
    if said is None:
        return ""
    written = said.encode(errors="replace")
    if len(written) > _LONGEST_GUID:
        return f"sha256:{hashlib.sha256(written).hexdigest()}"
    return " ".join(tidy(said).split())


def _link(raw: RawPost, guid: str, base: str | None) -> str | None:
    """The entry's link, else its id where that is an address (as RSS 2.0 has it by default)."""
    url = absolute(raw.permalink, base) if raw.permalink else None
    return url or absolute(guid)


def _hash_of_text(raw: RawPost) -> str | None:
    """An identity for an entry without id and link (rule I4): of its text as it came."""
    content = raw.body or raw.summary
    said = f"{raw.title.value if raw.title else ''}\0{content.value if content else ''}"
    if not said.strip("\0 \t\r\n"):
        return None
    return f"text:{hashlib.sha256(said.encode(errors='replace')).hexdigest()}"


def _words(raw: RawPost, base: str | None, trackers: tuple[str, ...]) -> _Words:
    """The body, or else the summary, whichever first has any text."""
    for content, spans in ((raw.body, raw.spans), (raw.summary, ())):
        if content is not None:
            words = _read(content, spans, base, trackers)
            if words.text:
                return words
    return _Words("", (), SafeHtml(""))


def _read(
    content: RawText,
    raw_spans: tuple[Span, ...],
    base: str | None,
    trackers: tuple[str, ...],
) -> _Words:
    inner = (absolute(content.base, base) if content.base else None) or base
    if content.is_html:
        html = clean(content.value, inner, trackers)
        text, spans = text_of(html)
        return _Words(text, spans, html)
    text, spans = text_with(content.value[:_LONGEST_RAW_TEXT], raw_spans, inner, trackers)
    return _Words(text, spans, html_of(text, spans))


def _excerpt(raw: RawPost, text: str) -> str:
    """Of the summary where the author wrote one of some length, else of the text."""
    if raw.summary is not None and raw.body is not None and raw.summary.value != raw.body.value:
        summary = plain(raw.summary, _LONGEST_SUMMARY)
        if len(summary) >= _SHORTEST_SUMMARY:
            return excerpt(summary)
    return excerpt(text)


def _times(raw: RawPost, now: datetime) -> _Times:
    published, flag = read_date(raw.published, now)
    updated, updated_flag = read_date(raw.updated, now)
    said = raw.published
    if flag is DateFlag.MISSING:
        published, flag, said = updated, updated_flag, raw.updated
    return _Times(published, flag, _line(said.said, _LONGEST_DATE) if said else None, updated)


def _language(raw: RawPost, source: Source, profile: Profile | None) -> str | None:
    """Staff first, then the innermost mark, then the outer ones."""
    inner = (text.language for text in (raw.body, raw.summary, raw.title) if text is not None)
    outer = profile.language if profile else None
    return language_tag(source.language, *inner, raw.language, outer)


def _shown_link(url: str | None, base: str | None, trackers: tuple[str, ...]) -> str | None:
    """A link as readers are given it."""
    whole = absolute(url, base) if url else None
    return without_trackers(whole, trackers) if whole else None


def _author(raw: Author | None, base: str | None, trackers: tuple[str, ...]) -> Author | None:
    if raw is None:
        return None
    author = Author(
        name=_label(raw.name, _LONGEST_NAME),
        handle=_line(raw.handle, _LONGEST_NAME),
        url=_shown_link(raw.url, base, trackers),
    )
    return author if author.name or author.handle or author.url else None


def _quote(raw: RawQuote, base: str | None, trackers: tuple[str, ...]) -> Quote | None:
    """None where nothing of it can be read or followed: the post itself says that it quotes."""
    text = excerpt(plain(raw.body, _LONGEST_SUMMARY)) if raw.body else ""
    permalink = _shown_link(raw.permalink, base, trackers)
    if not text and permalink is None:
        return None
    return Quote(_author(raw.author, base, trackers), permalink, text)


def _label(said: str | None, limit: int) -> str | None:
    """A name or tag; blog engines leave entities in them ("Arts &amp; crafts")."""
    if not said:
        return None
    return label(RawText(unescape(said[: 8 * limit]), is_html=False), limit) or None


def _tags(raw: tuple[str, ...]) -> Iterator[str]:
    seen: set[str] = set()
    for said in raw[: 4 * _MOST_TAGS]:
        tag = (_label(said, _LONGEST_TAG) or "").lstrip("#").strip()
        key = tag.casefold()
        if tag and key not in seen and len(seen) < _MOST_TAGS:
            seen.add(key)
            yield tag


def _media(raw: tuple[Media, ...], base: str | None) -> Iterator[Media]:
    seen: set[str] = set()
    for medium in raw[: 4 * _MOST_MEDIA]:
        url = absolute(medium.url, base)
        if url is None or url in seen or _counts_readers(medium, url):
            continue
        if len(seen) == _MOST_MEDIA:
            return
        seen.add(url)
        yield Media(
            url=url,
            type=_line(medium.type, _LONGEST_NAME),
            alt=_line(medium.alt, _LONGEST_ALT),
            width=_side(medium.width),
            height=_side(medium.height),
            id=_line(medium.id),
            seconds=medium.seconds,
            captions=medium.captions,
        )


def _counts_readers(medium: Media, url: str) -> bool:
    """Whether a picture is there only to be fetched (rule I10)."""
    sides = [side for side in (medium.width, medium.height) if side is not None]
    tiny = bool(sides) and max(sides) <= _LARGEST_BEACON
    return tiny or BEACONS.search(url.partition("://")[2].lower()) is not None


def _side(said: int | None) -> int | None:
    return said if said is not None and 0 < said <= _LARGEST_SIDE else None


def _fingerprint(post: Post) -> bytes:
    """Of all that it says, None as nothing; NUL parts them, for it occurs in none.

    Its id is left out: a feed that changes ids has edited nothing (rule I4). So is what does not
    count in its permalink: neither has a site that moves to https. The link stands there twice
    because it did so before; without that, the fingerprint of every stored post would be another.
    """
    parts = [
        post.source_id,
        post.link_key or "",
        post.title or "",
        post.text,
        post.excerpt,
        post.html,
        post.language or "",
        post.kind,
        str(post.published or ""),
        post.date_flag or "",
        post.date_said or "",
        str(post.updated or ""),
        str(post.sensitive),
        post.warning or "",
        post.link_key or "",
        post.content_key or "",
        str(len(post.tags)),
        *post.tags,
        str(len(post.spans)),
    ]
    for span in post.spans:
        parts += (span.kind, str(span.start), str(span.end), span.target or "")
    for medium in post.media:
        parts += (medium.id or medium.url, medium.type or "", medium.alt or "")
        parts += (str(medium.width or ""), str(medium.height or ""))
        if medium.seconds is not None or medium.captions is not None:
            parts += (str(medium.seconds), str(medium.captions))
    if post.author:
        parts += (post.author.name or "", post.author.handle or "", post.author.url or "")
    if post.quote:
        quoted = post.quote.author or Author()
        parts += (post.quote.text, post.quote.permalink or "", quoted.name or quoted.handle or "")
    return hashlib.blake2b(b"\0".join(map(str.encode, parts)), digest_size=16).digest()
