"""A post on Mastodon, read.

In: a status as the interface gives it. Out: a ``RawPost``.
Specification: https://docs.joinmastodon.org/entities/Status/ and the pages that it links to.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from aggregator.connectors import _limits
from aggregator.connectors._dates import raw_date
from aggregator.connectors._shape import Part
from aggregator.model import POLL, Author, Media, PostKind, RawPost, RawQuote, RawText

_PUBLIC = frozenset({"public", "unlisted"})
_FILMS = frozenset({"video", "gifv"})
_STATUS = re.compile(
    r"/(?:@[^/]+(?:/statuses)?|(?:ap/)?users/[^/]+/statuses)/(?P<id>[0-9A-Za-z]{1,40})(?:/activity)?",
    re.ASCII,
)
"""Paths of ids and permalinks, of this server's kin as well."""
_SAID_AGAIN = re.compile(r"\s*<p class=\"quote-inline\">.*?</p>", re.DOTALL)
"""What tells readers of older programs where the quoted post is."""


def post_of(status: Part, host: str) -> RawPost | None:
    """The post; None where it is not public. Raises UnexpectedShape where it cannot be read.

    ``host``: the part of local accounts' names that their server leaves out.
    """
    if status.maybe("visibility") not in _PUBLIC:
        return None
    passed_on = status.at("reblog")
    if not passed_on.is_there:
        return _own(status, host)
    inner = post_of(passed_on, host)
    if inner is None:
        return None
    # An entry of its own, at its own time, of what somebody else wrote.
    return replace(
        inner,
        guid=status.word("uri"),
        published=raw_date(status.at("created_at").value) or inner.published,
        kind=PostKind.REPOST,
    )


def id_of(guid: str, home: str) -> str | None:
    """The server's number of a status, from the id that we know it by.

    ``home``: a page of the account. None for ids of another server, or of another form.
    """
    parts = urlsplit(guid)
    found = _STATUS.fullmatch(parts.path)
    return found["id"] if found and parts.netloc == urlsplit(home).netloc else None


def _own(status: Part, host: str) -> RawPost:
    # The same as in the account's RSS feed, so that a post is one wherever it was read.
    permalink = status.maybe("url", most=_limits.URL) or status.word("uri")
    language = status.maybe("language")
    quote = _quote(status.at("quote"), host)
    content = status.at("content").value
    if quote is not None and isinstance(content, str):
        content = _SAID_AGAIN.sub("", content, count=1)
    return RawPost(
        guid=permalink,
        permalink=permalink,
        body=_limits.text(content, is_html=True, language=language),
        author=_author(status.at("account"), host),
        published=raw_date(status.at("created_at").value),
        updated=raw_date(status.at("edited_at").value),
        language=language,
        tags=_limits.tags(tag.maybe("name") for tag in status.some("tags")),
        media=_limits.media((*_polls(status, permalink), *_media(status))),
        kind=_kind(status),
        sensitive=status.says("sensitive"),
        warning=status.maybe("spoiler_text"),
        quote=quote,
    )


def _quote(quote: Part, host: str) -> RawQuote | None:
    """What it quotes, where whoever wrote that agrees; of a covered text only the warning."""
    quoted = quote.at("quoted_status")
    if quote.maybe("state") != "accepted" or quoted.maybe("visibility") not in _PUBLIC:
        return None
    language = quoted.maybe("language")
    body = _limits.text(quoted.at("content").value, is_html=True, language=language)
    if warning := quoted.maybe("spoiler_text"):
        body = RawText(warning, is_html=False, language=language)
    if body is None or quoted.maybe("account", "acct") is None:
        return None
    permalink = quoted.maybe("url", most=_limits.URL) or quoted.maybe("uri", most=_limits.URL)
    return RawQuote(_author(quoted.at("account"), host), permalink, body)


def name_of(account: Part) -> str | None:
    """How an account calls itself, without the pictures that it puts between the words."""
    name = account.maybe("display_name") or ""
    for emoji in account.some("emojis"):
        name = name.replace(f":{emoji.maybe('shortcode')}:", " ")
    return " ".join(name.split()) or account.maybe("username")


def _author(account: Part, host: str) -> Author:
    handle = account.word("acct")
    return Author(
        name=name_of(account),
        handle=f"@{handle}" if "@" in handle else f"@{handle}@{host}",
        url=account.maybe("url", most=_limits.URL),
    )


def _kind(status: Part) -> PostKind:
    # Of an answer to what is deleted by now, only the account is left.
    if any(status.at(f"in_reply_to_{what}").is_there for what in ("id", "account_id")):
        return PostKind.REPLY
    return PostKind.QUOTE if status.at("quote").is_there else PostKind.ORIGINAL


def _polls(status: Part, permalink: str) -> Iterator[Media]:
    """Its answers are left where they are: how many chose which changes by the minute."""
    if status.at("poll").is_there:
        yield Media(permalink, POLL)


def _media(status: Part) -> Iterator[Media]:
    """Pictures, films and sounds; of a film its picture comes first."""
    for one in status.some("media_attachments"):
        kind = one.maybe("type") or ""
        alt = one.maybe("description", most=_limits.ALT)
        if kind in _FILMS:
            yield from _medium(one, "preview_url", "small", "image/*", alt)
        family = "video" if kind in _FILMS else kind
        mime = f"{family}/*" if family in {"image", "video", "audio"} else None
        name = "url" if one.maybe("url") else "remote_url"
        yield from _medium(one, name, "original", mime, alt)


def _medium(one: Part, name: str, size: str, mime: str | None, alt: str | None) -> Iterator[Media]:
    url = one.maybe(name, most=_limits.URL)
    if url and _limits.is_http(url):
        sides = one.at("meta", size)
        yield Media(url, mime, alt, sides.number("width"), sides.number("height"))
