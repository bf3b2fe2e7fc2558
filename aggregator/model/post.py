"""Posts that may be stored and shown: plain text is plain, HTML is clean, links are absolute."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from aggregator.model.raw import Author, Media, PostKind, Span

SafeHtml = NewType("SafeHtml", str)
"""HTML that the one sanitiser has made. Only ``normalise/html.py`` may say so."""


class DateFlag(StrEnum):
    """Why ``published`` is None."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    FUTURE = "future"
    """More than a day ahead."""
    ANCIENT = "ancient"
    """Before 1995, the web's own beginning."""


def public_id_of(source_id: str, guid: str) -> str:
    """The id of a post in markup, JSON, logs and commands: 12 hex digits."""
    return hashlib.sha256(f"{source_id}\0{guid}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Quote:
    """The post that a post quotes."""

    author: Author | None
    permalink: str | None
    text: str
    """Plain, at most about 280 code points, cut at a word; empty: the link alone may be shown."""


@dataclass(frozen=True, slots=True)
class Post:
    """A post that may be stored and shown. Its identity is ``(source_id, guid)``."""

    source_id: str
    guid: str
    permalink: str | None
    """Absolute http(s), tracking parameters removed; None where the entry has no link."""
    title: str | None
    text: str
    """The whole body as plain text; paragraphs are parted by one newline."""
    spans: tuple[Span, ...]
    """Of ``text``."""
    excerpt: str
    """About 280 code points of ``text`` on one line, cut at a word; for blog layouts."""
    html: SafeHtml
    language: str | None
    """BCP 47, or None where nobody says."""
    author: Author | None
    kind: PostKind
    tags: tuple[str, ...]
    media: tuple[Media, ...]
    published: datetime | None
    """Aware UTC, believed; None with ``date_flag`` set where it cannot be."""
    date_flag: DateFlag | None
    date_said: str | None
    """What the feed said, kept beside."""
    updated: datetime | None
    sensitive: bool
    warning: str | None
    link_key: str | None
    """The permalink in the form in which two links are compared, never fetched (rule I11)."""
    content_key: str | None
    """Title and text folded for comparing; None where they are too short to tell posts apart."""
    fingerprint: bytes
    """16 bytes over all that it says; another one means that the post was edited.

    Its guid is left out, and of its permalink what does not count in ``link_key``.
    """
    quote: Quote | None = None
    original_link: str | None = None
    """As its source wrote it, where ``permalink`` is that without trackers; None: they are alike.

    Neither this nor what follows is part of the fingerprint. Never shown.
    """
    holds: tuple[str, ...] = ()
    """Ids of the rules by which a person looks at it first (``review/``)."""
    passed_by: frozenset[str] = frozenset()
    """Ids of the rules that looked at it just now and found nothing; not stored.

    What these held, they let go. What another one held goes on waiting.
    """

    @property
    def public_id(self) -> str:
        """The 12 hex digits by which people name it."""
        return public_id_of(self.source_id, self.guid)


@dataclass(frozen=True, slots=True)
class Dropped:
    """An entry that did not become a post, and why."""

    guid: str | None
    reason: str
