"""Every error of ours, named by what happens next.

::

    AggregatorError            .advice: what a person should do, in one plain sentence
    ├ CatalogueError           .problems: all that is wrong with feeds.yaml; the last good one stays
    ├ EditRefused              a change of feeds.yaml that was not made; the file is as it was
    │ └ EditConflict           somebody else changed it meanwhile; look again, then try again
    ├ OpmlError                .line; a list from elsewhere that cannot be read
    ├ SettingsError            .name: the variable; the operator mends it, the start is refused
    ├ FetchError               .url, .status; a visit that brought nothing
    │ ├ Transient              try again later, backing off
    │ │ ├ Unreachable          no such name, no route, connection refused or reset
    │ │ │ ├ NoSuchName         the name server knows no such host
    │ │ │ └ BadCertificate     what answers cannot prove that it is that host
    │ │ ├ TimedOut             longer than the deadline of a whole fetch
    │ │ ├ RateLimited          429, or 503 with a wait; .retry_after
    │ │ └ ServerFault          5xx, or an answer that breaks the protocol
    │ ├ Refused                stop asking often; a person must look
    │ │ ├ Gone                 410
    │ │ ├ NotFound             404
    │ │ ├ Denied               401, 403, 451 and other 4xx
    │ │ │ ├ Challenged         a wall against robots
    │ │ │ ├ TokenMissing       the platform wants a token, and none is set
    │ │ │ ├ TokenWrong         it does not know the token
    │ │ │ ├ TokenExpired       its time is over
    │ │ │ ├ TokenRevoked       somebody took it back
    │ │ │ ├ PermissionMissing  the token is good, and does not allow this
    │ │ │ └ CreditSpent        reading costs money, and there is none left
    │ │ ├ BlockedAddress       our own network guard will not go there
    │ │ └ TooLarge             over one of our caps
    │ └ Unreadable             what came is not what was promised
    │   ├ NotAFeed             HTML, empty, or no format that we know
    │   └ UnexpectedShape      the platform or the connector changed; .where
    ├ PictureRefused           its post is shown without a picture
    ├ NotSent                  a message to staff that nobody took; it is tried again
    ├ RenderError              .widget_id; the old output stays
    └ StoreError               what was to be written is undone as a whole
    NotModified                a signal, not an error; caught in actions/refresh.py only

The default message of a class is its docstring. Callers read ``.kind`` and ``.advice`` and the
class, never the text. ``__cause__`` is always kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta


class AggregatorError(Exception):
    """Something went wrong in Aggregator."""

    default_advice = "Look at the log of the same minute for the cause."

    def __init__(self, message: str | None = None, *, advice: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])
        self.advice = advice or self.default_advice


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with feeds.yaml. Lines and columns count from 1; 0 means the whole file."""

    line: int
    column: int
    path: str
    """Where in the file's meaning, for example ``sources[2].consent.given``."""
    what: str
    hint: str
    """What to write instead."""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{place}{self.what} {self.hint}".rstrip()


class CatalogueError(AggregatorError):
    """The list of feeds cannot be used as it is."""

    default_advice = "Mend what is named above; until then the last good list stays in use."

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        lines = "\n".join(
            f"{path}{', ' if problem.line else ': '}{problem}" for problem in problems
        )
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(f"{count} in {path}:\n{lines}")
        self.path = path
        self.problems = problems


class EditRefused(AggregatorError):  # noqa: N818 - named for what happened, the file is unharmed
    """feeds.yaml was not changed."""

    default_advice = "Make the change by hand in an editor; `check` says whether it is right."


class EditConflict(EditRefused):
    """feeds.yaml was changed by somebody else meanwhile, so it was left as it is."""

    default_advice = "Look at the file as it is now, and make the change again if it is needed."


class OpmlError(AggregatorError):
    """This is no list of feeds that can be read."""

    default_advice = "Export the list once more from the reader that it comes from."

    def __init__(self, message: str, *, line: int = 0, advice: str | None = None) -> None:
        super().__init__(f"line {line}: {message}" if line else message, advice=advice)
        self.line = line
        """Counted from 1; 0 means the whole file."""


class SettingsError(AggregatorError):
    """A setting of this machine is missing or wrong."""

    def __init__(self, name: str, message: str, *, advice: str | None = None) -> None:
        super().__init__(f"{name}: {message}", advice=advice or f"Set {name} and start again.")
        self.name = name


class FetchError(AggregatorError):
    """The visit brought nothing."""

    kind = "failed"
    """A stable word for the outcome: stored, shown in ``--json``, counted in metrics."""

    def __init__(
        self,
        message: str | None = None,
        *,
        url: str = "",
        status: int | None = None,
        retry_after: timedelta | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.url = url
        self.status = status
        """The HTTP status of the final answer, where there was one."""
        self.retry_after = retry_after
        """The wait that the server asked for, as it asked (not yet capped)."""
        self.body = b""
        """The beginning of what a refusal says, where the connector asked for it."""
        self.headers: Mapping[str, str] = {}
        """The answer's fields, as in a ``Document``, where the connector asked for the body."""


class Transient(FetchError):  # noqa: N818 - named for the matter, not for being an error
    """It may well work later."""

    kind = "transient"
    default_advice = "Nothing to do yet; it is tried again by itself."


class Unreachable(Transient):
    """The server could not be reached."""

    kind = "unreachable"


class NoSuchName(Unreachable):
    """There is no host of that name."""

    kind = "no such name"
    default_advice = "Open the address in a browser; if the site is gone, pause the source."


class BadCertificate(Unreachable):
    """The server could not prove that it is the one of this name."""

    kind = "bad certificate"
    default_advice = "Tell the owner of the site that its certificate is not valid."


class TimedOut(Transient):
    """The server took too long."""

    kind = "timed out"


class RateLimited(Transient):
    """The server asked us to come back later."""

    kind = "rate limited"


class ServerFault(Transient):
    """The server failed to answer properly."""

    kind = "server fault"


class Refused(FetchError):  # noqa: N818
    """The server, or our own guard, will not have it."""

    kind = "refused"
    default_advice = "Open the address in a browser; if it moved, change it in feeds.yaml."


class Gone(Refused):
    """The address says that it is gone for good."""

    kind = "gone"


class NotFound(Refused):
    """There is nothing at this address."""

    kind = "not found"


class Denied(Refused):
    """The server refused to show it to us."""

    kind = "denied"
    default_advice = "Ask the owner of the site to let Aggregator read this feed."


class Challenged(Denied):
    """The site shows robots a puzzle instead of its feed."""

    kind = "challenge"
    default_advice = "Ask the owner of the site to let Aggregator's address pass its robot check."


class TokenMissing(Denied):
    """The platform wants a token, and none is set."""

    kind = "token missing"
    default_advice = "Make a token on the platform, and set it in the environment."


class TokenWrong(Denied):
    """The platform does not know the token."""

    kind = "token wrong"
    default_advice = "Compare the token with the one on the platform."


class TokenExpired(Denied):
    """The token's time is over."""

    kind = "token expired"
    default_advice = "Make a new token on the platform, and set it in the environment."


class TokenRevoked(Denied):
    """Somebody took the token back."""

    kind = "token revoked"
    default_advice = "Make a new token on the platform, and set it in the environment."


class PermissionMissing(Denied):
    """The token is good, and does not allow this."""

    kind = "permission missing"
    default_advice = "Give the token the permission that is missing, on the platform."


class CreditSpent(Denied):
    """Reading costs money on this platform, and there is none left."""

    kind = "credit spent"
    default_advice = "Buy credit on the platform, or wait for the next month."


class BlockedAddress(Refused):
    """This address is not one that Aggregator may visit."""

    kind = "blocked address"
    default_advice = (
        "Only public addresses are visited. An operator may allow a network or a port by "
        "AGGREGATOR_ALLOW_NETWORKS and AGGREGATOR_ALLOW_PORTS."
    )


class TooLarge(Refused):
    """The answer is larger than what is read."""

    kind = "too large"
    default_advice = "Ask the owner for a feed with fewer entries."


class Unreadable(FetchError):  # noqa: N818
    """What came is not what was promised."""

    kind = "unreadable"
    default_advice = "Open the address in a browser and look whether it still shows the feed."


class NotAFeed(Unreadable):
    """What came is not a feed."""

    kind = "not a feed"


class UnexpectedShape(Unreadable):
    """What came has another shape than the platform's documents promise."""

    kind = "unexpected shape"

    def __init__(self, message: str | None = None, *, where: str = "", url: str = "") -> None:
        super().__init__(message, url=url)
        self.where = where


class RenderError(AggregatorError):
    """A widget could not be rendered; the last good one stays."""

    def __init__(self, widget_id: str, message: str, *, advice: str | None = None) -> None:
        super().__init__(f"widget {widget_id}: {message}", advice=advice)
        self.widget_id = widget_id


class PictureRefused(AggregatorError):  # noqa: N818 - named for what happened, nothing is broken
    """What came is no picture that we make a copy of; its post is shown without one."""


class NotSent(AggregatorError):  # noqa: N818 - named for what happened, it is tried again
    """A message to staff could not be handed over."""

    default_advice = "`alerts test` sends one now and says what happens."


class StoreError(AggregatorError):
    """The database refused; nothing of this was written."""


class NotModified(Exception):  # noqa: N818 - a signal
    """The server says that nothing changed since our validators (304)."""
