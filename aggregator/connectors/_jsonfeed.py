"""JSON Feed 1 and 1.1: text to raw posts.

In: a JSON text. Out: a ``ReadFeed`` without pieces, for reading it whole costs next to nothing.
Raises NotAFeed. Specification: https://www.jsonfeed.org/version/1.1/
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from aggregator.connectors import _limits
from aggregator.connectors._contract import ReadFeed
from aggregator.errors import NotAFeed
from aggregator.model import Author, Media, Profile, RawDate, RawPost, RawText

_VERSION = "jsonfeed.org/version/1"


def read_json_feed(text: str, url: str) -> ReadFeed:
    """Read a JSON Feed that came from ``url``."""
    feed = _loaded(text)
    version = feed.get("version") if isinstance(feed, dict) else None
    if not isinstance(version, str) or _VERSION not in version:
        raise NotAFeed(
            "The answer is JSON, but no JSON Feed: it does not name a version of jsonfeed.org.",
            advice="Look on the site for the address of its RSS, Atom or JSON feed.",
        )
    items = feed.get("items")
    if not isinstance(items, list):
        raise NotAFeed("The JSON Feed has no list of items.")
    language = _limits.line(feed.get("language"))
    posts = [_post(item, url, language) for item in items if isinstance(item, dict)]
    profile = Profile(
        title=_limits.line(feed.get("title")),
        link=_limits.absolute(url, feed.get("home_page_url")),
        language=language,
        description=_limits.line(feed.get("description"), _limits.ALT),
        hubs=_limits.hubs(_hubs(feed, url)),
        topic=_limits.absolute(url, feed.get("feed_url")),
    )
    return ReadFeed(_limits.newest(posts), profile, pieces=())


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except RecursionError as error:
        raise NotAFeed("The JSON is nested too deeply to be a feed.") from error
    except ValueError as error:
        raise NotAFeed("The answer begins like JSON, but it is broken.") from error


def _hubs(feed: dict[str, Any], url: str) -> Iterator[str | None]:
    for hub in _list(feed.get("hubs")):
        if isinstance(hub, dict) and str(hub.get("type")).lower() == "websub":
            yield _limits.absolute(url, hub.get("url"))


def _post(item: dict[str, Any], url: str, feed_language: str | None) -> RawPost:
    own = _limits.absolute(url, item.get("url"))
    language = _limits.line(item.get("language")) or feed_language
    body, summary = _body_and_summary(item, language)
    return RawPost(
        guid=_guid(item.get("id")),
        permalink=own or _limits.absolute(url, item.get("external_url")),
        base=url,
        title=_limits.text(item.get("title"), is_html=False, most=_limits.TITLE, language=language),
        body=body,
        summary=summary,
        author=_author(item, url),
        published=_date(item.get("date_published")),
        updated=_date(item.get("date_modified")),
        language=language,
        tags=_limits.tags(_list(item.get("tags"))),
        media=_limits.media(_media(item, url)),
    )


def _guid(value: object) -> str | None:
    """Numbers are allowed where texts should stand: readers take them as texts (the spec)."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = json.dumps(value)
    return _limits.line(value, _limits.URL)


def _body_and_summary(
    item: dict[str, Any], language: str | None
) -> tuple[RawText | None, RawText | None]:
    html = _limits.text(item.get("content_html"), is_html=True, language=language)
    plain = _limits.text(item.get("content_text"), is_html=False, language=language)
    summary = _limits.text(item.get("summary"), is_html=False, language=language)
    body = html or plain
    return (body, summary) if body else (summary, None)


def _author(item: dict[str, Any], url: str) -> Author | None:
    """The first who is named; ``author`` is version 1, ``authors`` 1.1."""
    for author in (*_list(item.get("authors")), item.get("author")):
        name = _limits.line(author.get("name")) if isinstance(author, dict) else None
        if name:
            return Author(name=name, url=_limits.absolute(url, author.get("url")))
    return None


def _date(value: object) -> RawDate | None:
    said = _limits.line(value)
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said)
        # Without an offset, against RFC 3339, UTC is the likeliest.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return RawDate(said, aware.astimezone(UTC))
    except (ValueError, OverflowError):
        return RawDate(said)


def _media(item: dict[str, Any], url: str) -> Iterator[Media]:
    for key in ("image", "banner_image"):
        where = _limits.absolute(url, item.get(key))
        if where:
            yield _limits.medium(where, "image", {})
    for attachment in _list(item.get("attachments")):
        if isinstance(attachment, dict):
            where = _limits.absolute(url, attachment.get("url"))
            if where:
                yield _limits.medium(where, None, {"type": attachment.get("mime_type")})


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
