"""What the tests of platforms with an interface share: a client that reaches a sample platform."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from aggregator.connectors._contract import (
    AskEnd,
    Connector,
    Errand,
    Keys,
    NoKeys,
    ReadFeed,
    Renew,
    Until,
)
from aggregator.demo.interface import Interface, Reply
from aggregator.demo.notes import Account, Note
from aggregator.errors import Denied, FetchError, NotFound, NotModified, RateLimited, ServerFault
from aggregator.model import (
    Document,
    FetchResult,
    Grant,
    Profile,
    RawPost,
    Sightings,
    Sought,
    Source,
    Token,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_ERRORS: dict[int, type[FetchError]] = {
    400: Denied,
    401: Denied,
    402: Denied,
    403: Denied,
    426: Denied,
    404: NotFound,
    429: RateLimited,
    503: ServerFault,
}


def error_of(status: int, url: str = "") -> FetchError:
    """What the client makes of a status."""
    return _ERRORS[status](f"answered {status}", url=url, status=status)


def refusal_of(reply: Reply, url: str = "") -> FetchError:
    """What the client makes of an answer that is no 200, where it is asked to be telling."""
    error = error_of(reply.status, url)
    error.body, error.headers = reply.body, reply.fields
    return error


class FakeKeys:
    """A token at hand, and those that it was renewed to."""

    def __init__(self, access: str = "good", **parts: str) -> None:
        self.held = Token("A_TOKEN", access, parts)
        self.grants: list[Grant] = []
        self.ends: list[datetime | None] = []
        self.rests_until: datetime | None = None

    async def token(self, renew: Renew | None = None) -> Token:
        del renew
        if self.rests_until is not None:
            raise RateLimited
        return self.held

    async def renewed(self, refused: Token, renew: Renew) -> Token:
        grant = await renew(refused)
        self.grants.append(grant)
        parts = dict(refused.parts) | ({"REFRESH_TOKEN": grant.refresh} if grant.refresh else {})
        self.held = Token(refused.variable, grant.access, parts)
        return self.held

    async def learn(self, token: Token, ask: AskEnd) -> None:
        assert token == self.held
        self.ends.append(await ask(token))

    async def rest(self, token: Token, until: Until) -> None:
        assert token == self.held
        self.rests_until = until(NOW)


def answer(said: Any, url: str = "https://social.example/", **fields: str) -> Document:
    return Document(url, json.dumps(said).encode(), fields)


class Sample:
    """A client that asks a sample platform, as the real one would."""

    def __init__(self, platform: Interface) -> None:
        self.platform = platform
        self.tag: tuple[str, str] | None = None
        """The URL of the last 200 and its entity tag."""

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
        **_: Any,
    ) -> Document:
        del accept
        parts = urlsplit(url)
        fields = {"host": parts.netloc, **_lowered(headers)}
        if self.tag and self.tag[0] == url and not unconditional:
            fields["if-none-match"] = self.tag[1]
        reply = self.platform.answer(f"{parts.path}?{parts.query}", fields)
        if reply.status == 304:
            raise NotModified
        if reply.status != 200:
            raise refusal_of(reply, url)
        self.tag = (url, reply.fields["etag"])
        used_up = "0" in {value for name, value in reply.fields.items() if "remaining" in name}
        wait = timedelta(minutes=5) if used_up else None
        return Document(url, reply.body, reply.fields, wait=wait)

    async def post(
        self,
        url: str,
        content: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        parts = urlsplit(url)
        fields = {"host": parts.netloc, "content-type": content_type, **_lowered(headers)}
        reply = self.platform.answer(f"{parts.path}?{parts.query}", fields, content)
        if reply.status != 200:
            raise refusal_of(reply, url)
        return Document(url, reply.body, reply.fields)


@dataclass
class Told:
    """A client that was told what to answer, by the beginning of the path; else 404."""

    answers: dict[str, Document | FetchError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
        **_: Any,
    ) -> Document:
        del accept, headers, unconditional
        self.asked.append(url)
        path = urlsplit(url).path
        found = [one for start, one in self.answers.items() if path.startswith(start)]
        said = found[0] if found else error_of(404, url)
        if isinstance(said, FetchError):
            raise said
        return said

    async def post(self, url: str, content: bytes, **_: Any) -> Document:
        """Nobody asks by POST."""
        raise AssertionError(url)


def _lowered(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


class Feed:
    """A reader that finds these posts in every document."""

    def __init__(self, *posts: RawPost) -> None:
        self.posts = posts

    async def read(self, document: Document, known: frozenset[bytes]) -> ReadFeed:
        del document, known
        return ReadFeed(self.posts, Profile("By feed"), ())


def visit(
    connector: Connector,
    web: Sample | Told,
    address: str,
    *,
    cursor: bytes | None = None,
    reader: Feed | None = None,
    options: Mapping[str, Any] | None = None,
    keys: Keys | None = None,
) -> FetchResult:
    """One visit with these options."""
    source = Source("one", "any", address, options=connector.Options(**(options or {})))
    errand = Errand(web, reader or Feed(), cursor, keys or NoKeys())
    return asyncio.run(connector.fetch(source, errand))


def look_up(
    connector: Connector,
    web: Sample | Told,
    address: str,
    *guids: str,
    cursor: bytes | None = None,
    keys: Keys | None = None,
) -> Sightings:
    """Ask whether posts with these ids are still there."""
    source = Source("one", "any", address, options=connector.Options())
    sought = [Sought(guid, None) for guid in guids]
    errand = Errand(web, Feed(), cursor, keys or NoKeys())
    return asyncio.run(connector.look_up(source, sought, errand))


def note(number: int, text: str | None = None, **more: Any) -> Note:
    """A note; the higher the number, the later."""
    said = text or f"Note {number} of the sample account."
    return Note(number, said, NOW - timedelta(days=100) + timedelta(hours=number), **more)


ACCOUNT = Account("institute.example", "Example Institute", 77)
OTHER = Account("friend.example", "A friend", 88)
