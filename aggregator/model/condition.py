"""How a source is: one word of a short list, stable for ``--json``, metrics and alerts."""

from enum import StrEnum


class ConditionKind(StrEnum):
    """What a source is like. Where several would be true, the first one counts.

    Which facts make which kind: ``actions/condition.py``.
    """

    TAKEN_DOWN = "taken down"
    WITHDRAWN = "withdrawn"
    """Its family took its consent back."""
    MEMORIAL = "memorial"
    RESTING = "resting"
    PAUSED = "paused"
    REJECTED = "rejected"
    """A person said that it is somebody else's now."""
    CHANGED_OWNER = "changed owner"
    """It may be somebody else's now; nobody has decided."""
    NEVER_ENDED = "never ended"
    """Its visits stopped the program."""
    GONE = "gone"
    """It said for weeks that it is gone for good, and is not asked any more."""
    NOT_FOUND = "not found"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    FAILING = "failing"
    """It cannot be reached, or stumbles, for longer than a moment."""
    MOVED = "moved"
    """It works at another address than that of feeds.yaml."""
    NEW = "new"
    """Not visited yet, or not reached yet."""
    TOKEN_ENDING = "token ending"  # noqa: S105 - a word for people, no secret
    QUIET = "quiet"
    """Nothing new for months: a fact, not a fault."""
    WORKING = "working"
