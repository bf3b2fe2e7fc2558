"""What the tests of Facebook, Instagram and Threads share: an account on each of the samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aggregator.connectors import facebook, instagram, threads
from aggregator.connectors._contract import Connector
from aggregator.demo.facebook import Facebook
from aggregator.demo.graph import TOKEN, Graph
from aggregator.demo.instagram import Instagram
from aggregator.demo.notes import Account, Note
from aggregator.demo.threads import Threads
from aggregator.model import Document, FetchResult, Sightings
from tests.connectors.social import NOW, FakeKeys, Sample, look_up, note, visit

ADDRESS = "institute"
ACCOUNT = Account(ADDRESS, "Example Institute", 77)
OTHER = Account("friend", "A friend", 88)
HOUR = timedelta(hours=1)
PLATFORMS: Mapping[str, tuple[Connector, type[Graph]]] = {
    "facebook": (facebook, Facebook),
    "instagram": (instagram, Instagram),
    "threads": (threads, Threads),
}


class Web(Sample):
    """A client that asks a sample of Graph, secrets in the address as the real one sends them."""

    async def get(
        self, url: str, *, secrets: Mapping[str, str] | None = None, **more: Any
    ) -> Document:
        hidden = "".join(f"&{name}={value}" for name, value in (secrets or {}).items())
        return await super().get(url + hidden, **more)


@dataclass
class Desk:
    """An account on a sample platform, and the connector that follows it."""

    name: str
    notes: list[Note] = field(default_factory=list)
    now: datetime = NOW
    cursor: bytes | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connector, make = PLATFORMS[self.name]
        self.platform = make(ACCOUNT, lambda: self.notes, lambda: self.now)
        self.web = Web(self.platform)
        self.keys = FakeKeys(TOKEN)

    def write(self, *numbers: int, **more: Any) -> None:
        self.notes += [note(number, **more) for number in numbers]

    def guid(self, number: int) -> str:
        return f"77_{number}" if self.name == "facebook" else str(number)

    def visit(self, **options: Any) -> FetchResult:
        self.platform.asked.clear()
        result = visit(
            self.connector,
            self.web,
            ADDRESS,
            cursor=self.cursor,
            options=self.options | options,
            keys=self.keys,
        )
        self.cursor = result.cursor
        return result

    def texts(self, **options: Any) -> list[str]:
        return [post.body.value for post in self.visit(**options).posts if post.body]

    def look_up(self, *numbers: int) -> Sightings:
        self.platform.asked.clear()
        guids = map(self.guid, numbers)
        return look_up(
            self.connector, self.web, ADDRESS, *guids, cursor=self.cursor, keys=self.keys
        )
