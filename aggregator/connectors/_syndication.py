"""RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, and JSON Feed: bytes to raw posts.

In: a ``Document`` and the pieces that are known. Out: a ``ReadFeed``. Raises NotAFeed.
feedparser reads the XML, always from memory: given bytes it would open a file of that name. Its
sanitiser is off, for it can be bypassed and costs half of the time; ``normalise/html.py`` cleans.
Not here: the process in which this runs (``_child.py``), what a document is (``_intake.py``).
Specifications: https://www.rssboard.org/rss-specification, RFC 4287,
https://web.resource.org/rss/1.0/spec, https://www.rssboard.org/media-rss.
"""

import calendar
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import feedparser
from feedparser.api import PREFERRED_XML_PARSERS

from aggregator.connectors import _limits
from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._intake import Json, guard_lenient, take_in, without_open_entry
from aggregator.connectors._jsonfeed import read_json_feed
from aggregator.connectors._pieces import Outline, Piece, outline_of
from aggregator.errors import NotAFeed
from aggregator.model import Author, Document, Media, Profile, RawDate, RawPost, RawText

PREFERRED_XML_PARSERS[:] = ["aggregator.connectors._expat"]

_NEITHER = "The document is XML, but neither RSS nor Atom."
_MAIL = re.compile(r"[^\s<>()]+@[^\s<>()]+")
_BLOGGER_KIND = "http://schemas.google.com/g/2005#kind"
"""A category that says what an entry is on Blogger, not what it is about."""


def read_syndication(document: Document, known: frozenset[bytes]) -> ReadFeed:
    """Read a feed; entries whose piece is in ``known`` are left out. Raises NotAFeed."""
    taken = take_in(document.body, document.content_type)
    if isinstance(taken, Json):
        return read_json_feed(taken.text, document.url)
    outline = outline_of(taken.data, document.url)
    if outline is not None:
        read = _read_outlined(outline, document.url, known)
        if read is not None:
            return read
        data = taken.data
    else:
        guard_lenient(taken.data)
        data = without_open_entry(taken.data)
    return _read_whole(data, document.url)


def _read_outlined(outline: Outline, url: str, known: frozenset[bytes]) -> ReadFeed | None:
    """Read the new entries; None where feedparser counts other entries than the outline."""
    pieces = _newest(outline, url)
    new = [piece for piece in pieces if piece.digest not in known]
    try:
        parsed = _parse(outline.only(new), url)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - rule H8: feedparser stumbles over one entry of many
        parsed = _parse(outline.only(()), url)
        pairs = list(_one_by_one(outline, new, url))
    else:
        if len(parsed["entries"]) != len(new):
            return None
        pairs = list(zip(parsed["entries"], new, strict=True))
    if not parsed["version"] and not pieces:
        raise NotAFeed(_NEITHER)
    return ReadFeed(
        posts=tuple(_posts(pairs, url)),
        profile=_profile(parsed, url),
        pieces=tuple(piece.digest for piece in pieces),
    )


def _one_by_one(outline: Outline, pieces: Iterable[Piece], url: str) -> Iterator[tuple[Any, Piece]]:
    for piece in pieces:
        try:
            entries = _parse(outline.only((piece,)), url)["entries"]
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - rule H8: this is the entry
            continue
        if len(entries) == 1:
            yield entries[0], piece


def _read_whole(data: bytes, url: str) -> ReadFeed:
    try:
        parsed = _parse(data, url)
    except MemoryError:
        raise
    except Exception as error:
        raise NotAFeed("The feed is so broken that it cannot be read.") from error
    if not parsed["version"] and not parsed["entries"]:
        raise NotAFeed(_NEITHER)
    posts = _posts(((entry, None) for entry in parsed["entries"]), url)
    return ReadFeed(_limits.newest(list(posts)), _profile(parsed, url), pieces=())


def _newest(outline: Outline, url: str) -> Sequence[Piece]:
    """The pieces that are kept: some feeds are archives with thousands of entries."""
    pieces = outline.pieces
    if len(pieces) <= _limits.ENTRIES:
        return pieces
    ends = (pieces[0], pieces[-1])
    posts = list(_posts(_one_by_one(outline, ends, url), url))
    if len(posts) == len(ends) and _limits.oldest_first(*posts):
        return pieces[-_limits.ENTRIES :]
    return pieces[: _limits.ENTRIES]


def _parse(data: bytes, url: str) -> Any:
    return feedparser.parse(
        io.BytesIO(data),
        response_headers={
            "content-type": "application/xml; charset=utf-8",
            "content-location": url,
        },
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _posts(pairs: Iterable[tuple[Any, Piece | None]], url: str) -> Iterator[RawPost]:
    for entry, piece in pairs:
        try:
            yield _post(entry, piece or _piece_of_lenient(entry, url), url)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - rule H8: an odd entry costs itself only
            continue


def _piece_of_lenient(entry: Any, url: str) -> Piece:
    """What feedparser alone can say of an entry, where the document has no outline."""
    details = {
        "content": next(iter(dict.get(entry, "content", ())), None),
        "summary": dict.get(entry, "summary_detail"),
        "title": dict.get(entry, "title_detail"),
    }
    marks = {
        name: (base if (base := detail.get("base")) != url else None, detail.get("language"))
        for name, detail in details.items()
        if detail
    }
    base = next((base for base, _ in marks.values() if base), url)
    language = next((language for _, language in marks.values() if language), None)
    piece = Piece(0, base, base if base != url else None, language, marks)
    piece.guid = _limits.line(dict.get(entry, "id"), _limits.URL)
    found = [(one, one.get("medium")) for one in dict.get(entry, "media_content", ())]
    found += [(one, "image") for one in dict.get(entry, "media_thumbnail", ())]
    for attributes, kind in found:
        where = _limits.absolute(base, attributes.get("url"))
        if where:
            piece.media.append(_limits.medium(where, kind, attributes))
    return piece


def _post(entry: Any, piece: Piece, url: str) -> RawPost:
    body, summary = _body_and_summary(entry, piece)
    return RawPost(
        guid=_limits.line(piece.guid or dict.get(entry, "id"), _limits.URL),
        permalink=_permalink(entry, piece, url),
        base=piece.base,
        title=_title(entry, piece),
        body=body,
        summary=summary,
        author=_author(entry),
        published=_date(entry, "published") or _date(entry, "created"),
        updated=_date(entry, "updated"),
        language=_limits.line(dict.get(entry, "language")) or piece.language,
        tags=_limits.tags(
            tag.get("label") or tag.get("term")
            for tag in dict.get(entry, "tags", ())
            if tag.get("scheme") != _BLOGGER_KIND
        ),
        media=_limits.media([*piece.media, *_enclosures(entry, piece)]),
    )


def _permalink(entry: Any, piece: Piece, url: str) -> str | None:
    """The page of the entry: its link, else another alternate, else a guid that is a URL."""
    alternates = [
        link.get("href")
        for link in dict.get(entry, "links", ())
        if link.get("rel", "alternate") == "alternate"
    ]
    # Where there is no link element, feedparser's link is the guid, resolved even if it is none.
    candidates = [dict.get(entry, "link"), *alternates] if alternates else []
    found = [_limits.absolute(url, candidate) for candidate in candidates]
    unsaid = piece.guid_is_link is None and _limits.is_http(piece.guid or "")
    if piece.guid_is_link or unsaid:
        found.append(_limits.absolute(piece.base, piece.guid))
    return next((one for one in found if one and _limits.is_http(one)), None)


def _title(entry: Any, piece: Piece) -> RawText | None:
    detail = dict.get(entry, "title_detail") or {"value": dict.get(entry, "title")}
    return _text("title", detail, piece, _limits.TITLE) or piece.media_title


def _body_and_summary(entry: Any, piece: Piece) -> tuple[RawText | None, RawText | None]:
    """The longest text of an entry and, where it differs, its summary."""
    detail = dict.get(entry, "summary_detail") or {"value": dict.get(entry, "summary")}
    summary = _text("summary", detail, piece)
    contents = [_text("content", one, piece) for one in dict.get(entry, "content", ())]
    texts = [text for text in (*contents, summary) if text]
    if not texts:
        return piece.media_text, None
    body = max(texts, key=lambda text: len(text.value))
    differs = summary is not None and summary.value != body.value
    return body, summary if differs else None


def _text(name: str, detail: Any, piece: Piece, most: int = _limits.HTML) -> RawText | None:
    kind = str(detail.get("type") or "text/plain")
    is_html = kind == "text/html" or kind.endswith("xml")
    if not is_html and not kind.startswith("text/"):
        return None  # a picture in base64, for example
    base, language = piece.marks.get(name, (piece.text_base, piece.language))
    value = detail.get("value")
    return _limits.text(value, is_html=is_html, most=most, base=base, language=language)


def _author(entry: Any) -> Author | None:
    """The first who is named. Mail addresses are never shown, so they are not read."""
    whole = dict.get(entry, "author") or ""
    for author in (*dict.get(entry, "authors", ()), dict.get(entry, "author_detail") or {}):
        name, mail = author.get("name") or "", author.get("email")
        # feedparser takes four letters of a top-level domain and leaves the others as the name.
        cut = whole if mail and mail in whole else name
        name = _limits.line(_MAIL.sub("", cut).strip(" \t\n()<>,;"))
        if name:
            return Author(name=name, url=_limits.line(author.get("href"), _limits.URL))
    return None


def _date(entry: Any, key: str) -> RawDate | None:
    said = _limits.line(dict.get(entry, key))
    if said is None:
        return None
    parsed = dict.get(entry, f"{key}_parsed")
    try:
        return RawDate(
            said, datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
        )
    except (ValueError, OverflowError, OSError):
        return RawDate(said)


def _enclosures(entry: Any, piece: Piece) -> Iterator[Media]:
    for link in dict.get(entry, "links", ()):
        where = _limits.absolute(piece.base, link.get("href"))
        if where and link.get("rel") == "enclosure":
            yield _limits.medium(where, None, link)


def _profile(parsed: Any, url: str) -> Profile:
    feed = parsed["feed"]
    return Profile(
        title=_limits.line(dict.get(feed, "title")),
        link=_limits.absolute(url, dict.get(feed, "link")),
        language=_limits.line(dict.get(feed, "language")),
        description=_limits.line(dict.get(feed, "subtitle"), _limits.ALT),
    )
