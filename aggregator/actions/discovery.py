"""What a search for a feed found, and the visits that keep what they saw for the next one.

Not here: the search (``discover.py``), and the words for finding none (``no_feed.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aggregator.actions.no_feed import Why
from aggregator.errors import RateLimited
from aggregator.fetch.client import Client, VisitWeb
from aggregator.model import Document
from aggregator.normalise.pages import FeedLink


@dataclass(frozen=True, slots=True)
class Preview:
    """A post, as far as a person needs it to know the feed again."""

    title: str
    published: datetime | None
    link: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """A feed or an account that answers."""

    address: str
    """What to write into feeds.yaml: where permanent redirects led, where there are any."""
    title: str | None
    posts: int
    newest: tuple[Preview, ...]
    """At most three, newest first."""
    documents: Mapping[str, Document] = field(repr=False)
    """What was answered, by the address asked: the first visit need not ask again (rule A6)."""
    platform: str = "feed"
    """The key of feeds.yaml that carries the address."""
    token: str | None = None
    """The environment variable that was read for it, or is to be; None: no token is wanted."""

    @property
    def line(self) -> str:
        """As a person would name it: the address of a feed, or the account with its platform."""
        return self.address if self.platform == "feed" else f"{self.platform}: {self.address}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What became of an address."""

    asked: str
    found: Found | None
    waiting: Found | None = None
    """An account that could not be seen, because its platform wants a token that holds."""
    others: tuple[FeedLink, ...] = ()
    """Other feeds that were named on the way; they were not asked for."""
    why: Why | None = None
    """None where there is a feed."""
    words: str = ""
    next_step: str = ""
    requests: int = 0


class Watched(VisitWeb):
    """The client for one visit, which keeps the documents that came."""

    def __init__(self, client: Client, most: int | None = None) -> None:
        """``most``: so many requests, and then no more; None: as many as a visit takes."""
        super().__init__(client, None)
        self._most = most
        self.documents: dict[str, Document] = {}
        """By the address asked."""

    async def get(self, url: str, **how: Any) -> Document:
        """As the client does."""
        self._count(url)
        self.documents[url] = document = await super().get(url, **how)
        return document

    async def post(self, url: str, content: bytes, **how: Any) -> Document:
        """As the client does."""
        self._count(url)
        return await super().post(url, content, **how)

    def _count(self, url: str) -> None:
        if self._most is not None and self.requests >= self._most:
            raise RateLimited("It takes more requests than are made for a look.", url=url)


class Handed(VisitWeb):
    """A visit that begins with documents at hand, and so asks nobody for them (rule A6)."""

    def __init__(self, client: Client, found: Found) -> None:
        super().__init__(client, None)
        self._found = found

    async def get(self, url: str, **how: Any) -> Document:
        """The document at hand; everything else is asked for."""
        document = self._found.documents.get(url)
        if document is None:
            return await super().get(url, **how)
        self.validators, self.fresh_for = document.validators, document.fresh_for
        self.still_holds(len(document.body))
        return document
