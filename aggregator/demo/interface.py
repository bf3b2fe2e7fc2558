"""How the sample platforms answer programs: JSON, entity tags, and only so many requests.

In: a request target and its fields. Out: a ``Reply``. Each platform is a class of its own that says
what is at which path and how it tells that the allowance is used up.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

WINDOW = timedelta(minutes=5)
"""For which an allowance of requests is given."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Its fields have lower-case names."""

    status: int
    said: Any
    """What is written as JSON; bytes are sent as they are; None: nothing."""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """As it is sent: the same thing said twice is the same to the byte."""
        if self.said is None:
            return b""
        if isinstance(self.said, bytes):
            return self.said
        return json.dumps(self.said, ensure_ascii=False, separators=(",", ":")).encode()


class Interface(ABC):
    """A platform on the wire."""

    def __init__(self, clock: Callable[[], datetime], *, allowance: int = 300) -> None:
        """``clock`` tells now, in UTC. ``allowance``: requests that it answers in ``WINDOW``."""
        self.clock = clock
        self.allowance = allowance
        self.is_down = False
        """Whether it answers nothing but 503."""
        self.asked: list[str] = []
        """The targets of all requests so far."""
        self._window = clock()
        self._used = 0

    def answer(self, target: str, fields: Mapping[str, str], content: bytes | None = None) -> Reply:
        """One request, by GET, or by POST with this content; ``fields`` have lower-case names."""
        self.asked.append(target)
        if self.is_down:
            return self.refusal(503)
        if self.clock() >= self._window + WINDOW:
            self._window, self._used = self.clock(), 0
        self._used += 1
        counted = self.counted(max(0, self.allowance - self._used), self._window + WINDOW)
        if self._used > self.allowance:
            refused = self.refusal(429)
            return Reply(refused.status, refused.said, {**refused.fields, **counted})
        parts = urlsplit(target)
        query = {name: ",".join(values) for name, values in parse_qs(parts.query).items()}
        reply = self.denied(parts.path, fields)
        if reply is None and content is not None:
            reply = self.received(parts.path, query, content)
        elif reply is None:
            reply = self.reply(parts.path, query, fields.get("host", ""))
        tag = f'W/"{hashlib.sha256(reply.body).hexdigest()[:32]}"'
        sent = {"content-type": "application/json; charset=utf-8", "etag": tag, **reply.fields}
        if reply.status == HTTPStatus.OK and fields.get("if-none-match") == tag:
            return Reply(304, None, {"etag": tag, **counted})
        return Reply(reply.status, reply.said, sent | counted)

    @abstractmethod
    def reply(self, path: str, query: Mapping[str, str], host: str) -> Reply:
        """What is at a path."""

    def denied(self, path: str, fields: Mapping[str, str]) -> Reply | None:
        """What whoever shows no good token is told; None: it answers."""
        del path, fields
        return None

    def received(self, path: str, query: Mapping[str, str], content: bytes) -> Reply:
        """What it answers to a POST."""
        del path, query, content
        return self.refusal(404)

    @abstractmethod
    def refusal(self, status: int) -> Reply:
        """How it says no: 404, 429 or 503."""

    @abstractmethod
    def counted(self, left: int, reset: datetime) -> dict[str, str]:
        """The fields that tell how many requests are left, and until when."""
