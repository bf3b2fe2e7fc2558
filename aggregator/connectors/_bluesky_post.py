"""A post on Bluesky, read.

In: an item of ``getAuthorFeed``. Out: a ``RawPost``.
Specification: the lexicons ``app.bsky.feed.defs#feedViewPost``, ``app.bsky.feed.post``,
``app.bsky.richtext.facet`` and ``app.bsky.embed.*`` of https://github.com/bluesky-social/atproto.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from aggregator.connectors import _limits
from aggregator.connectors._dates import raw_date
from aggregator.connectors._shape import Part
from aggregator.model import Author, Media, PostKind, RawDate, RawPost, RawQuote, Span, SpanKind

DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]{1,200}")


def _record(kind: str) -> "re.Pattern[str]":
    """The id of a record: its account, and its key there."""
    return re.compile(
        rf"at://({DID.pattern})/app\.bsky\.feed\.{kind}/([\w.~:-]{{1,512}})", re.ASCII
    )


POST = _record("post")
REPOST = _record("repost")
"""What an account passes on has an id of its own there."""

_WEB = "https://bsky.app"
_PASSED_ON = "app.bsky.feed.defs#reasonRepost"
_FACET = "app.bsky.richtext.facet"
_LONGEST = 10_000
"""Code points of a post; the lexicon allows 3,000 bytes."""
_MOST_FACETS = 200
_HIDDEN = frozenset({"!hide", "!takedown", "!suspend"})
_SENSITIVE = frozenset({"porn", "sexual", "nudity", "graphic-media", "gore", "!warn"})
"""Labels of posts, by Bluesky's moderation or by the author."""
_FILM = "application/vnd.apple.mpegurl"


def post_of(entry: Part) -> RawPost | None:
    """The post; None where Bluesky hides it. Raises UnexpectedShape where it cannot be read."""
    post = entry.at("post")
    record = post.at("record")
    uri = post.word("uri")
    address = POST.fullmatch(uri)
    if address is None:
        raise post.at("uri").unexpected("the address of a post")
    author = post.at("author")
    labels = _labels(post) | _labels(author) | _labels(record, "labels", "values")
    if not labels.isdisjoint(_HIDDEN) or not_to_be_shown(author):
        return None
    text = _limits.text(record.at("text").value, is_html=False, most=_LONGEST)
    spans, tags = _rich(record, text.value if text else "")
    raw = RawPost(
        guid=uri,
        permalink=f"{_profile(author)}/post/{address[2]}",
        body=text,
        author=_author(author),
        published=_earlier(raw_date(record.at("createdAt").value), post),
        language=next((lang.maybe() for lang in record.some("langs")), None),
        tags=_limits.tags([*tags, *(tag.value for tag in record.some("tags"))]),
        media=_limits.media(_media(post.at("embed"))),
        spans=spans,
        kind=_kind(post),
        sensitive=not labels.isdisjoint(_SENSITIVE),
        quote=_quote(post),
    )
    return (
        _passed_on(raw, entry.at("reason")) if entry.maybe("reason", "$type") == _PASSED_ON else raw
    )


def not_to_be_shown(author: Part) -> bool:
    """Whether an account asks not to be shown to people who have none themselves."""
    return "!no-unauthenticated" in _labels(author)


def _passed_on(raw: RawPost, reason: Part) -> RawPost:
    """The same post, passed on by another account: an entry of its own, at its own time."""
    by = reason.word("by", "did")
    return RawPost(
        guid=reason.maybe("uri", most=_limits.URL) or f"{raw.guid}#{by}",
        permalink=raw.permalink,
        body=raw.body,
        author=raw.author,
        published=raw_date(reason.at("indexedAt").value) or raw.published,
        language=raw.language,
        tags=raw.tags,
        media=raw.media,
        spans=raw.spans,
        kind=PostKind.REPOST,
        sensitive=raw.sensitive,
        quote=raw.quote,
    )


def _kind(post: Part) -> PostKind:
    if post.at("record", "reply", "parent").is_there:
        return PostKind.REPLY
    embeds = (post.at("record", "embed", "record"), post.at("embed", "record"))
    # With pictures beside it, it stands one deeper.
    quoted = (one.maybe("uri") for embed in embeds for one in (embed, embed.at("record")))
    # What is embedded may also be a list, a feed or a starter pack.
    is_post = any(uri is not None and "/app.bsky.feed.post/" in uri for uri in quoted)
    return PostKind.QUOTE if is_post else PostKind.ORIGINAL


def _quote(post: Part) -> RawQuote | None:
    """What it quotes; None where that is gone, or its author or Bluesky does not let it be seen."""
    embed = post.at("embed", "record")
    # With pictures beside it, it stands one deeper.
    quoted = embed if embed.maybe("uri") else embed.at("record")
    address = POST.fullmatch(quoted.maybe("uri", most=_limits.URL) or "")
    author = quoted.at("author")
    text = _limits.text(quoted.at("value", "text").value, is_html=False, most=_LONGEST)
    if address is None or text is None or author.maybe("did") is None:
        return None
    labels = _labels(quoted) | _labels(author) | _labels(quoted.at("value"), "labels", "values")
    if not labels.isdisjoint(_HIDDEN) or not_to_be_shown(author):
        return None
    return RawQuote(_author(author), f"{_profile(author)}/post/{address[2]}", text)


def _labels(part: Part, *names: str) -> set[str]:
    """Labels that hold: of those that were taken back (``neg``), the later word counts."""
    found: set[str] = set()
    for label in part.some(*(names or ("labels",))):
        name = label.maybe("val")
        if name and label.says("neg"):
            found.discard(name)
        elif name:
            found.add(name)
    return found


def _handle(author: Part) -> str | None:
    """None where it does not lead back to its account, which Bluesky tells in this way."""
    handle = author.maybe("handle")
    return None if handle == "handle.invalid" else handle


def _profile(author: Part) -> str:
    return f"{_WEB}/profile/{quote(_handle(author) or author.word('did'), safe=':')}"


def _author(author: Part) -> Author:
    handle = _handle(author)
    return Author(
        name=author.maybe("displayName") or handle,
        handle=f"@{handle}" if handle else None,
        url=_profile(author),
    )


def _earlier(created: RawDate | None, post: Part) -> RawDate | None:
    """What the author's program wrote, unless Bluesky saw it before: as Bluesky itself sorts."""
    seen = raw_date(post.at("indexedAt").value)
    if created is None or created.parsed is None:
        return seen or created
    if seen is None or seen.parsed is None:
        return created
    return created if created.parsed <= seen.parsed else seen


def _rich(record: Part, text: str) -> tuple[tuple[Span, ...], list[str]]:
    """Links, mentions and tags, counted anew in code points, and the tags.

    Their places are counted in bytes of UTF-8. One whose place is none, or that overlaps an
    earlier one, is left out, as the specification asks; so is one that says something else.
    """
    places = _places(text)
    facets: list[tuple[int, int, SpanKind, str | None, str | None]] = []
    for facet in list(record.some("facets"))[:_MOST_FACETS]:
        start = places.get(facet.number("index", "byteStart"))
        end = places.get(facet.number("index", "byteEnd"))
        if start is not None and end is not None and start < end:
            meant = next(_meant(facet, text[start:end]), None)
            if meant is not None:
                facets.append((start, end, *meant))
    spans: list[Span] = []
    tags: list[str] = []
    for start, end, kind, target, tag in sorted(facets, key=lambda facet: facet[:2]):
        if not spans or start >= spans[-1].end:
            spans.append(Span(kind, start, end, target))
            tags += [tag] if tag else []
    return tuple(spans), tags


def _places(text: str) -> dict[int | None, int]:
    """Where characters begin, and where the last one ends: bytes to code points."""
    places: dict[int | None, int] = {}
    at = 0
    for place, char in enumerate(text):
        places[at] = place
        at += len(char.encode())
    places[at] = len(text)
    return places


def _meant(facet: Part, words: str) -> Iterator[tuple[SpanKind, str | None, str | None]]:
    """What a stretch of text is, where it leads, and the tag that it is."""
    for feature in facet.some("features"):
        kind = feature.maybe("$type") or ""
        link = feature.maybe("uri", most=_limits.URL + 1)
        account, tag = feature.maybe("did"), feature.maybe("tag")
        if kind == f"{_FACET}#link" and link and len(link) <= _limits.URL and _limits.is_http(link):
            yield SpanKind.LINK, link, None
        elif kind == f"{_FACET}#mention" and account and words.startswith("@"):
            yield SpanKind.MENTION, f"{_WEB}/profile/{quote(account, safe=':')}", None
        elif kind == f"{_FACET}#tag" and tag and _is_tag(words, tag):
            yield SpanKind.TAG, f"{_WEB}/hashtag/{quote(tag, safe='')}", tag


def _is_tag(words: str, tag: str) -> bool:
    """With the sign of ASCII or the wide one of East Asian keyboards."""
    return words[:1] in {"#", "\uff03"} and words[1:].casefold() == tag.casefold()


def _media(embed: Part) -> Iterator[Media]:
    """Pictures and films. Their sides are left out: Bluesky tells how they relate, in no unit."""
    kind = (embed.maybe("$type") or "").removeprefix("app.bsky.embed.").removesuffix("#view")
    if kind == "recordWithMedia":
        yield from _media(embed.at("media"))
    elif kind in {"images", "gallery"}:
        for picture in embed.some("images" if kind == "images" else "items"):
            yield from _medium(picture, "fullsize", "image/*")
    elif kind == "video":
        yield from _medium(embed, "thumbnail", "image/*")
        yield from _medium(embed, "playlist", _FILM)


def _medium(part: Part, name: str, kind: str) -> Iterator[Media]:
    url = part.maybe(name, most=_limits.URL)
    if url and _limits.is_http(url):
        yield Media(url, kind, alt=part.maybe("alt", most=_limits.ALT))
