"""What is sent, and what sends it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

PREFIX = "[Aggregator]"
"""Begins every subject, so that filters find it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to staff: plain text, without anything personal."""

    subject: str
    body: str
    at: datetime
    key: str
    """The same for the same message: from it a mail gets its id, so that a mailbox that was handed
    one twice can tell."""

    @property
    def title(self) -> str:
        """The subject on one line, whatever it is made of."""
        return " ".join([PREFIX, *self.subject.split()])


class Channel(Protocol):
    """A way to staff."""

    @property
    def name(self) -> str:
        """``mail`` or ``webhook``."""
        ...

    @property
    def place(self) -> str:
        """Where it leads, for people; nothing secret."""
        ...

    async def send(self, message: Message) -> str:
        """Hand it over. Returns what staff should know all the same; empty: nothing.

        Raises NotSent.
        """
        ...
