"""What a connector is, and what it is given for a visit.

A connector is a module in this folder whose name is its key in feeds.yaml. mypy checks each
against ``Connector``. It never sees a 304, a status code, a clock or the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aggregator.model import Document, FetchResult, Hints, Profile, RawPost, Source


class Web(Protocol):
    """The guarded client, for the length of one visit."""

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
    ) -> Document:
        """One GET, redirects followed: a final 200, whole and decoded.

        ``unconditional`` leaves our validators out (rule B10: a new parser version re-reads).
        Raises NotModified on a 304 and FetchError on everything else.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """A syndication document, read."""

    posts: tuple[RawPost, ...]
    """In document order; those whose piece was known are left out."""
    profile: Profile
    pieces: tuple[bytes, ...]
    """A short digest for each entry of the document as it stands, to be remembered; empty where
    the document could not be cut, so that the next visit reads it whole."""
    hints: Hints = field(default_factory=Hints)


class Reader(Protocol):
    """The parser of syndication formats, in a process of its own that may be killed."""

    async def read(self, document: Document, known: frozenset[bytes]) -> ReadFeed:
        """Parse RSS, Atom, RDF or JSON Feed; entries whose piece is in ``known`` may be skipped.

        Raises NotAFeed, TimedOut or TooLarge; whatever the bytes are, never anything else.
        """
        ...


@dataclass(frozen=True, slots=True)
class Errand:
    """What a connector takes along on one visit."""

    web: Web
    reader: Reader
    cursor: bytes | None
    """What this connector left behind at its last good visit; None at the first."""


class Connector(Protocol):
    """A module of this folder.

    Its docstring is its page in the documentation and names the specification that it follows.
    """

    ABOUT: str
    """One line: what the key follows."""
    EXAMPLE: str
    """An address as people write it."""

    @property
    def HOSTS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Hosts by which a pasted address is known for this platform's; those below count, too.

        Empty: it has none of its own.
        """
        ...

    @property
    def Options(self) -> type:  # noqa: N802 - a class in the module
        """A frozen dataclass: the keys that ``options:`` accepts, all with defaults."""
        ...

    def read_address(self, text: str) -> str:
        """Check and tidy an address.

        Raises ValueError with a sentence that says what to write instead.
        """
        ...

    async def fetch(self, source: Source, errand: Errand) -> FetchResult:
        """Ask the platform and return what is new.

        Raises NotModified and FetchError as ``Web`` and ``Reader`` do.
        """
        ...
