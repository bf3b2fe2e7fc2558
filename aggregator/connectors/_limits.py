"""How much of an entry is kept (rule H4), whatever format it came in.

Out: texts, links and lists cut to size, so that no single entry weighs on what comes after.
Not here: the size of the whole document, which ``fetch/`` caps, and what is fit to be shown,
which ``normalise/`` decides.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urljoin

from aggregator.model import Media, RawPost, RawText

ENTRIES = 500
HTML = 1 << 20
"""Characters of a body or summary."""
TITLE = 1_000
"""Characters of a title, a name or a word."""
ALT = 5_000
"""Characters of a picture's description."""
URL = 2_000
TAGS = 50
ENCLOSURES = 20
HUBS = 5

_KINDS = {"image", "audio", "video"}
_PIXELS = re.compile(r"[0-9]{1,5}")
_HTTP = re.compile(r"https?://", re.IGNORECASE)
_NEVER = datetime.min.replace(tzinfo=UTC)
_UNSEEN = dict.fromkeys([*range(0x20), 0x7F])


def line(value: object, most: int = TITLE) -> str | None:
    """A short plain text, trimmed and cut; None for anything empty or not a text."""
    if not isinstance(value, str):
        return None
    return _encodable(value.strip()[:most].rstrip()) or None


def absolute(base: str, url: object) -> str | None:
    """``url`` resolved against ``base``; None where it is no text, too long or beyond reading.

    Control characters and the spaces around are dropped before the scheme is read (rule I6).
    """
    if not isinstance(url, str) or not (tidy := url.translate(_UNSEEN).strip()):
        return None
    try:
        # An absolute one stays as it is: joining would drop an empty query.
        resolved = tidy if is_http(tidy) else urljoin(base, tidy)
    except ValueError:
        return None
    return _encodable(resolved) if len(resolved) <= URL else None


def is_http(url: str) -> bool:
    """Whether it is an absolute URL of the web."""
    return _HTTP.match(url) is not None


def text(
    value: object,
    *,
    is_html: bool,
    most: int = HTML,
    base: str | None = None,
    language: str | None = None,
) -> RawText | None:
    """A text cut to size; None where nothing can be read in it."""
    if not isinstance(value, str) or not value.strip():
        return None
    return RawText(_encodable(value[:most]), is_html, base, language)


def tags(words: Iterable[object]) -> tuple[str, ...]:
    """Distinct words in the order in which they stand."""
    kept = dict.fromkeys(word for word in map(line, words) if word)
    return tuple(kept)[:TAGS]


def hubs(found: Iterable[str | None]) -> tuple[str, ...]:
    """Distinct addresses of hubs on the web, those with https first."""
    known = dict.fromkeys(one for one in found if one and is_http(one))
    return tuple(sorted(known, key=lambda one: not one.lower().startswith("https:")))[:HUBS]


def media(found: Iterable[Media]) -> tuple[Media, ...]:
    """One of each URL, the first that describes itself before the first of all."""
    kept: dict[str, Media] = {}
    for one in found:
        if one.url not in kept or (one.alt and not kept[one.url].alt):
            kept[one.url] = one
    return tuple(kept.values())[:ENCLOSURES]


def medium(url: str, kind: str | None, attributes: Mapping[str, object]) -> Media:
    """A picture, film or sound from its attributes as Media RSS names them.

    Where only its kind is said, the type is a range: ``image/*``.
    """
    mime = line(attributes.get("type")) or (f"{kind}/*" if kind in _KINDS else None)
    return Media(
        url,
        mime,
        width=_dimension(attributes.get("width")),
        height=_dimension(attributes.get("height")),
    )


def _dimension(value: object) -> int | None:
    """A width or height in pixels; None where it is no sensible number."""
    if isinstance(value, str) and _PIXELS.fullmatch(value):
        return int(value) or None
    return None


def oldest_first(first: RawPost, last: RawPost) -> bool:
    """Whether a document that begins and ends with these keeps its newest entries at its end."""
    return _moment(first) < _moment(last)


def newest(posts: Sequence[RawPost]) -> tuple[RawPost, ...]:
    """The newest entries of a document, in its own order."""
    if len(posts) > ENTRIES and oldest_first(posts[0], posts[-1]):
        return tuple(posts[-ENTRIES:])
    return tuple(posts[:ENTRIES])


def _encodable(value: str) -> str:
    """Without halves of surrogate pairs, which JSON can spell and no database can store."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()
    return value


def _moment(post: RawPost) -> datetime:
    dates = (date.parsed for date in (post.published, post.updated) if date)
    return next((moment for moment in dates if moment), _NEVER)
