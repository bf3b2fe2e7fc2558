"""What a platform asks of those who read it and show its posts: data, applied elsewhere."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Terms:
    """What a platform's terms, and our own promise to its authors, make of its posts."""

    network: str = ""
    """How the network is called where a post is attributed to it, "Mastodon"; empty: the site that
    a feed comes from stands for itself."""
    apart: bool = False
    """Its posts have a card of their own: never one with a copy from elsewhere, and never cut."""
    look_up_every: timedelta = timedelta(days=1)
    """How often its platform is asked whether a post that a widget shows is still there."""
    kept_for: timedelta | None = None
    """A post that the platform has not confirmed for so long is erased; None: it may be kept."""


NO_TERMS = Terms()
"""Of a site's own feed."""


@dataclass(frozen=True, slots=True)
class TokenNeed:
    """What a platform wants to be shown before it answers."""

    variable: str
    """The environment variable that is read where ``token:`` names no other."""
    page: str
    """Where people make a token, and a new one when it has ended."""
    how: str
    """What to make there, and who may, in a sentence."""
    optional: bool = False
    """Whether the platform answers without one, if with less."""
    settles: timedelta | None = None
    """A token whose end is not known is renewed once it has been used for so long, which tells its
    end; None: it is renewed when the platform says that it has ended."""
    parts: tuple[str, ...] = ()
    """Further variables that renewing needs, by what their names end in: ``CLIENT_ID`` is read from
    ``LINKEDIN_TOKEN_CLIENT_ID`` where the token itself is in ``LINKEDIN_TOKEN``."""
    lasts: timedelta | None = None
    """So long at most holds what people made and nothing renews; None: not known, or for ever."""


@dataclass(frozen=True, slots=True)
class Token:
    """What proves to a platform that its owner lets us read. Its secrets are never printed."""

    variable: str
    """Where it came from, for messages."""
    access: str
    """What is sent."""
    parts: Mapping[str, str] = field(default_factory=dict)
    """What renewing needs besides, by the names of ``TokenNeed.parts``; what is not set is not
    here."""

    @property
    def seal(self) -> str:
        """What tells it from another token; it cannot be read from it."""
        return hashlib.blake2b(self.access.encode(), digest_size=8).hexdigest()

    def __repr__(self) -> str:
        return f"Token({self.variable})"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a platform gave in the place of an older token. Its secrets are never printed."""

    access: str
    expires_in: timedelta | None
    """None: it does not say."""
    refresh: str | None = None
    """What the next renewal must show; None: the same as before."""
    refresh_expires_in: timedelta | None = None

    def __repr__(self) -> str:
        return f"Grant(expires_in={self.expires_in!r})"


@dataclass(frozen=True, slots=True)
class TokenEnd:
    """When a person must have made a new token."""

    at: datetime
    at_latest: bool = False
    """Its platform did not tell: by then it has surely ended, and may well have ended before."""
