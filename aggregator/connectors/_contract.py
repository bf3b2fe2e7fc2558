"""What a connector is, and what it is given for a visit.

A connector is a module in this folder whose name is its key in feeds.yaml. mypy checks each
against ``Connector``. It never sees a 304, a status code, a clock or the database.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from aggregator.errors import TokenMissing
from aggregator.model import (
    Document,
    FetchResult,
    Grant,
    Hints,
    Profile,
    RawPost,
    Sightings,
    Sought,
    Source,
    Terms,
    Token,
    TokenNeed,
)


class Web(Protocol):
    """The guarded client, for the length of one visit."""

    async def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        unconditional: bool = False,
        telling: bool = False,
        secrets: Mapping[str, str] | None = None,
    ) -> Document:
        """One GET, redirects followed: a final 200, whole and decoded.

        ``unconditional`` leaves our validators out (rule B10: a new parser version re-reads).
        ``telling``: of a refusal, ``body`` and ``headers`` of the error are read, too: the answer
        is an interface's, which says there what is wrong.
        ``secrets`` are sent as part of the query, by name, and stand in no address that anybody
        sees; then redirects are not followed.
        Raises NotModified on a 304 and FetchError on everything else.
        """
        ...

    async def post(
        self,
        url: str,
        content: bytes,
        *,
        content_type: str,
        headers: Mapping[str, str] | None = None,
    ) -> Document:
        """One POST to an interface that takes questions in this way; ``telling`` as above.

        Redirects are not followed, and nothing of it is remembered for later requests.
        Raises FetchError on everything but a whole 200.
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


Renew = Callable[[Token], Awaitable[Grant]]
"""Asks the platform for another token in the place of this one. Raises FetchError."""
AskEnd = Callable[[Token], Awaitable[datetime | None]]
"""Asks the platform when a token ends; None: it does not say. Raises FetchError."""
Until = Callable[[datetime], datetime]
"""When, from a moment on, a platform begins to count anew; both in UTC."""


class Keys(Protocol):
    """The token of a source: where it comes from, and the one place where a renewed one is kept."""

    async def token(self, renew: Renew | None = None) -> Token:
        """What to show the platform, renewed by ``renew`` first where that is due.

        A renewal that fails while the old one still holds is not an error.
        Raises TokenMissing where the environment has none, and RateLimited while it is at rest.
        """
        ...

    async def renewed(self, refused: Token, renew: Renew) -> Token:
        """Another one, since the platform says that this one has ended; it is kept at once.

        Raises what ``renew`` raises.
        """
        ...

    async def learn(self, token: Token, ask: AskEnd) -> None:
        """Ask when it ends, where that is not known yet; a refusal is no error of the visit."""
        ...

    async def rest(self, token: Token, until: Until) -> None:
        """Its platform answers nobody any more who shows it: hand it out to no source until then.

        ``until`` is asked with what time it is.
        """
        ...


class NoKeys:
    """Of a source whose platform wants no token, or of one who is asked without it."""

    async def token(self, renew: Renew | None = None) -> Token:
        """Raises TokenMissing."""
        del renew
        raise TokenMissing

    async def renewed(self, refused: Token, renew: Renew) -> Token:
        """Raises TokenMissing."""
        del refused, renew
        raise TokenMissing

    async def learn(self, token: Token, ask: AskEnd) -> None:
        """Nothing to ask about."""
        del token, ask

    async def rest(self, token: Token, until: Until) -> None:
        """Nothing to hand out."""
        del token, until


@dataclass(slots=True)
class Reads:
    """How many posts and accounts were read of a platform that bills them."""

    before: int = 0
    """This month, before this visit."""
    now: int = 0
    """In this visit; the connector counts what it was sent, an error after it or not."""

    @property
    def so_far(self) -> int:
        """This month."""
        return self.before + self.now


UNWRITTEN = "unwritten"
"""Where the default of an option is None, its field's metadata says under this name, in words, what
holds then."""


@runtime_checkable
class Budgeted(Protocol):
    """Options of a platform that bills what is read."""

    @property
    def reads_per_month(self) -> int:
        """How many posts and accounts a source may read in a month, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Errand:
    """What a connector takes along on one visit."""

    web: Web
    reader: Reader
    cursor: bytes | None
    """What this connector left behind at its last good visit; None at the first."""
    keys: Keys = field(default_factory=NoKeys)
    reads: Reads = field(default_factory=Reads)


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
    def TERMS(self) -> Terms:  # noqa: N802 - a constant of the module
        """What its terms ask of us; where they stand, the docstring says."""
        ...

    @property
    def TOKEN(self) -> TokenNeed | None:  # noqa: N802 - a constant of the module
        """What it wants to be shown; None: nothing."""
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

    def home_of(self, address: str) -> str | None:
        """The account's public page, from an address that ``read_address`` made.

        None where the address alone does not tell it.
        """
        ...

    async def fetch(self, source: Source, errand: Errand) -> FetchResult:
        """Ask the platform and return what is new.

        Raises NotModified and FetchError as ``Web`` and ``Reader`` do.
        """
        ...

    async def look_up(self, source: Source, sought: Sequence[Sought], errand: Errand) -> Sightings:
        """Ask whether these posts, which widgets show, are still there.

        Raises FetchError where there is no answer to believe: nothing follows then.
        """
        ...
