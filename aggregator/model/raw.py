"""What the network gave. Nothing here is trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.errors import FetchError


@dataclass(frozen=True, slots=True)
class Validators:
    """What makes the next request conditional: both texts exactly as received (RFC 9110 8.8)."""

    url: str
    """The URL that issued them. They are sent to that one only."""
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A final 200, whole and decoded."""

    url: str
    """Where it came from, after redirects."""
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names; repeated fields joined by a comma and a space."""
    validators: Validators | None = None
    fresh_for: timedelta | None = None
    """How long it says that it stays fresh; None where it does not say."""
    wait: timedelta | None = None
    """How long until its server gives us another answer; None: we may ask on."""

    @property
    def content_type(self) -> str:
        """The header as it came, or the empty string."""
        return self.headers.get("content-type", "")


@dataclass(frozen=True, slots=True)
class RawText:
    """A text as somebody wrote it."""

    value: str
    is_html: bool
    base: str | None = None
    """What relative links inside are relative to; None: the entry's permalink, else the feed."""
    language: str | None = None
    """The innermost xml:lang or the platform's own mark."""


@dataclass(frozen=True, slots=True)
class RawDate:
    """A date as somebody wrote it."""

    said: str
    parsed: datetime | None = None
    """What the connector's parser made of it, where it could; ``normalise/dates.py`` decides."""


class SpanKind(StrEnum):
    """What a stretch of text is."""

    LINK = "link"
    MENTION = "mention"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a plain text that our templates may turn into a link."""

    kind: SpanKind
    start: int
    end: int
    """In code points, end exclusive."""
    target: str | None
    """An absolute http(s) URL, or None."""


class PostKind(StrEnum):
    """How a post came about."""

    ORIGINAL = "original"
    REPOST = "repost"
    QUOTE = "quote"
    REPLY = "reply"


POLL = "poll"
"""What stands in the place of a type where readers are asked a question: it has none of its own."""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, film, sound or poll that belongs to a post; not yet fetched.

    A poll is where it is answered, and nothing else: its answers change by the minute.
    """

    url: str
    type: str | None = None
    """MIME type, ``POLL``, or None where the source does not say."""
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    id: str | None = None
    """The platform's own, where its URL is signed anew at every answer; None: the URL names it."""
    seconds: int | None = None
    """How long a film or sound plays; None: the source does not say."""
    captions: bool | None = None
    """Whether a film has captions by its author; None: the source does not say."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote it, as the source names them; any part may be missing."""

    name: str | None = None
    handle: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class RawQuote:
    """The post that a post quotes, as far as its author lets it be seen."""

    author: Author | None = None
    permalink: str | None = None
    body: RawText | None = None


@dataclass(frozen=True, slots=True)
class RawPost:
    """An entry as its platform wrote it. Nothing here is trusted."""

    guid: str | None = None
    """The stable id that the source gives; None lets the door make one from link or text."""
    permalink: str | None = None
    """May be relative to ``base``."""
    base: str | None = None
    """What the permalink and the media are relative to."""
    title: RawText | None = None
    body: RawText | None = None
    """The fullest text that the entry carries."""
    summary: RawText | None = None
    """A shorter one, where the entry carries both."""
    author: Author | None = None
    published: RawDate | None = None
    updated: RawDate | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    spans: tuple[Span, ...] = ()
    """Of ``body``, where that is plain text."""
    kind: PostKind = PostKind.ORIGINAL
    sensitive: bool = False
    warning: str | None = None
    """The author's own content warning."""
    quote: RawQuote | None = None
    """What it quotes; ``kind`` is QUOTE even where that may not be seen, and this None."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a source says of itself; used for names and links, and to notice a change of owner.

    Raw when a connector makes it, tidied by ``normalise/post.py`` before it is stored.
    """

    title: str | None = None
    link: str | None = None
    language: str | None = None
    description: str | None = None
    hubs: tuple[str, ...] = ()
    """Addresses that push what is new, best first (WebSub, section 4)."""
    topic: str | None = None
    """What hubs call the source: its own address, as it says itself (``rel=self``)."""
    new_address: str | None = None
    """Where it says that it moved to (``itunes:new-feed-url``): for staff, never followed (D10)."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed itself says about when to ask it (rule C9)."""

    interval: timedelta | None = None
    """From ``ttl`` or ``sy:updatePeriod``: it may lengthen ours and never shorten it."""
    skip_hours: frozenset[int] = frozenset()
    """Of the day, in UTC, 0 to 23."""
    skip_days: frozenset[int] = frozenset()
    """Of the week, Monday is 0."""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What one visit brought, still raw."""

    posts: tuple[RawPost, ...]
    """In the source's own order, newest first where it keeps one; known entries left out."""
    cursor: bytes | None
    """Opaque to all but the connector that made it; handed back at the next visit."""
    profile: Profile | None = None
    """None where this visit did not read it."""
    hints: Hints | None = None
    """Likewise."""
    unchanged: bool = False
    """The answer was the same as last time, so nothing was parsed."""
    address: str | None = None
    """Where the answer came from, after redirects; None: from where it always comes."""
    known: int | None = None
    """How many entries were left out because they were known; None: the source does not tell."""
    wait: timedelta | None = None
    """The platform asked not to come before; None: it did not."""
    light: bool = False
    """It came from an interface that is made for being asked often: rule B9 is about feeds."""
    trouble: FetchError | None = None
    """Why it came by a lesser way than staff wanted, such as the feed in the interface's place."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A stored post whose platform is asked whether it is still there."""

    guid: str
    permalink: str | None
    media: tuple[Media, ...] = ()
    """What is stored of it, for platforms that tell the words of pictures only when asked."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """What a platform answered. Posts in neither set were not told of: nothing follows for them."""

    present: frozenset[str]
    """Guids."""
    gone: frozenset[str]
    """Guids that the platform plainly says are not there, to one who may see the account itself.

    Never because of an error, a short or empty page, or an account that is locked."""
    posts: tuple[RawPost, ...] = ()
    """Those of ``present`` that the answer shows, as they are now: edits are taken over."""
