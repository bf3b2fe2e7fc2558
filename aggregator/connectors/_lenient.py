"""Feeds that are ill-formed or unusual, read by feedparser: it takes what is meant.

In: XML of a sort, in UTF-8. Out: a ``ReadFeed`` without pieces. Raises NotAFeed.
feedparser reads from memory: given bytes it would open a file of that name. Its sanitiser is
off, for it can be bypassed and costs half of the time; ``normalise/html.py`` cleans.
"""

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import feedparser

from aggregator.connectors import _limits
from aggregator.connectors._contract import ReadFeed
from aggregator.connectors._dates import raw_date
from aggregator.connectors._hints import Asks
from aggregator.connectors._intake import guard_feedparser, without_open_entry
from aggregator.connectors._words import person
from aggregator.errors import NotAFeed
from aggregator.model import Author, Hints, Media, Profile, RawPost, RawText

_BLOGGER_KIND = "http://schemas.google.com/g/2005#kind"
"""A category that says what an entry is on Blogger, not what it is about."""
_SKIPS = re.compile(rb"<skip(hours|days)>([\s\w<>/]{,2000}?)</skip", re.IGNORECASE)
_WORDS = re.compile(r"<\w+>\s*(\w+)")


def read_leniently(data: bytes, url: str) -> ReadFeed:
    """Read what can be read of a document that came from ``url``."""
    guard_feedparser(data)
    complete = without_open_entry(data)
    try:
        parsed = feedparser.parse(
            io.BytesIO(complete),
            response_headers={
                "content-type": "application/xml; charset=utf-8",
                "content-location": url,
            },
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:
        raise
    except Exception as error:
        raise NotAFeed("The feed is so broken that it cannot be read.") from error
    if not parsed["version"] and not parsed["entries"]:
        raise NotAFeed("The document is XML, but neither RSS nor Atom.")
    posts = list(_posts(parsed["entries"], url))
    feed = parsed["feed"]
    return ReadFeed(_limits.newest(posts), _profile(feed, url), pieces=(), hints=_hints(feed, data))


def _posts(entries: Iterable[Any], url: str) -> Iterator[RawPost]:
    for entry in entries:
        try:
            yield _post(entry, url)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - rule H8: an odd entry costs itself only
            continue


def _post(entry: Any, url: str) -> RawPost:
    contents = dict.get(entry, "content", ())
    summary = dict.get(entry, "summary_detail") or {"value": dict.get(entry, "summary")}
    title = dict.get(entry, "title_detail") or {"value": dict.get(entry, "title")}
    details = (*contents[:1], summary, title)
    base = next((one["base"] for one in details if one.get("base")), url)
    guid = _limits.line(dict.get(entry, "id"), _limits.URL)
    body, outline = _body_and_summary(contents, summary, url)
    return RawPost(
        guid=guid,
        permalink=_permalink(entry, guid, base),
        base=base,
        title=_text(title, url, _limits.TITLE),
        body=body,
        summary=outline,
        author=_author(entry),
        published=raw_date(dict.get(entry, "published")) or raw_date(dict.get(entry, "created")),
        updated=raw_date(dict.get(entry, "updated")),
        language=_limits.line(
            dict.get(entry, "language")
            or next((one["language"] for one in details if one.get("language")), None)
        ),
        tags=_limits.tags(
            tag.get("label") or tag.get("term")
            for tag in dict.get(entry, "tags", ())
            if tag.get("scheme") != _BLOGGER_KIND
        ),
        media=_limits.media(_media(entry, base)),
    )


def _body_and_summary(
    contents: Sequence[Any], detail: Any, url: str
) -> tuple[RawText | None, RawText | None]:
    """The longest text of an entry and, where it differs, its summary."""
    summary = _text(detail, url)
    texts = [text for text in (*(_text(one, url) for one in contents), summary) if text]
    body = max(texts, key=lambda text: len(text.value), default=None)
    differs = summary is not None and body is not None and summary.value != body.value
    return body, summary if differs else None


def _text(detail: Any, url: str, most: int = _limits.HTML) -> RawText | None:
    kind = str(detail.get("type") or "text/plain")
    is_html = kind == "text/html" or kind.endswith("xml")
    if not is_html and not kind.startswith("text/"):
        return None  # a picture in base64, for example
    base = detail.get("base")
    return _limits.text(
        detail.get("value"),
        is_html=is_html,
        most=most,
        base=base if base != url else None,
        language=detail.get("language"),
    )


def _permalink(entry: Any, guid: str | None, base: str) -> str | None:
    """The page of the entry: its link, else another alternate, else a guid that is a URL."""
    alternates = [
        link.get("href")
        for link in dict.get(entry, "links", ())
        if link.get("rel", "alternate") == "alternate"
    ]
    # Where there is no link element, feedparser's link is the guid, resolved even if it is none.
    candidates = [dict.get(entry, "link"), *alternates] if alternates else []
    found = [_limits.absolute(base, candidate) for candidate in (*candidates, guid)]
    return next((one for one in found if one and _limits.is_http(one)), None)


def _author(entry: Any) -> Author | None:
    """The first who is named."""
    whole = dict.get(entry, "author") or ""
    for author in (*dict.get(entry, "authors", ()), dict.get(entry, "author_detail") or {}):
        name, mail = author.get("name") or "", author.get("email")
        # feedparser takes four letters of a top-level domain and leaves the others as the name.
        known = person(whole if mail and mail in whole else name)
        if known:
            return Author(name=known, url=_limits.line(author.get("href"), _limits.URL))
    return None


def _media(entry: Any, base: str) -> Iterator[Media]:
    found = [(one, "url", one.get("medium")) for one in dict.get(entry, "media_content", ())]
    found += [(one, "url", "image") for one in dict.get(entry, "media_thumbnail", ())]
    found += [
        (link, "href", None)
        for link in dict.get(entry, "links", ())
        if link.get("rel") == "enclosure"
    ]
    for attributes, key, kind in found:
        where = _limits.absolute(base, attributes.get(key))
        if where:
            yield _limits.medium(where, kind, attributes)


def _profile(feed: Any, url: str) -> Profile:
    return Profile(
        title=_limits.line(dict.get(feed, "title")),
        link=_limits.absolute(url, dict.get(feed, "link")),
        language=_limits.line(dict.get(feed, "language")),
        description=_limits.line(dict.get(feed, "subtitle"), _limits.ALT),
        hubs=_limits.hubs(_linked(feed, "hub", url)),
        topic=next((one for one in _linked(feed, "self", url) if one), None),
        new_address=_limits.absolute(url, dict.get(feed, "itunes_new-feed-url")),
    )


def _hints(feed: Any, data: bytes) -> Hints:
    """The lists of hours and days, which feedparser does not know, are read off the text.

    Where an element has attributes, feedparser gives these in the place of its text.
    """
    skipped = {kind.lower(): _WORDS.findall(words.decode()) for kind, words in _SKIPS.findall(data)}
    asks = Asks(
        ttl=_limits.line(dict.get(feed, "ttl")),
        period=_limits.line(dict.get(feed, "sy_updateperiod")),
        frequency=_limits.line(dict.get(feed, "sy_updatefrequency")),
        hours=skipped.get(b"hours", ()),
        days=skipped.get(b"days", ()),
    )
    return asks.hints()


def _linked(feed: Any, relation: str, url: str) -> list[str | None]:
    links = dict.get(feed, "links", ())
    return [_limits.absolute(url, one.get("href")) for one in links if one.get("rel") == relation]
