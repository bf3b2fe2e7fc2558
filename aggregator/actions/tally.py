"""What happened since the program began, counted as it happens.

In: visits that are over, claims. Out: numbers for ``metrics.py``; they begin anew at each start.
"""

from collections import Counter
from dataclasses import dataclass, field

from aggregator.model import Visit, Written

UNWRITTEN = "unwritten"
"""The outcome of a visit that could not be stored."""
_NOT_MODIFIED = 304


@dataclass
class Tally:
    """The numbers. Each is written by one thread at a time and may be read by any."""

    visits: Counter[str] = field(default_factory=Counter)
    """By outcome."""
    errors: Counter[str] = field(default_factory=Counter)
    """By kind."""
    pushes: int = 0
    requests: int = 0
    not_modified: int = 0
    """Visits whose answer was 304."""
    received: int = 0
    """Bytes, as they came over the wire."""
    new_posts: int = 0
    edited_posts: int = 0
    lapsed_claims: int = 0
    look_ups: int = 0
    """Sources that were asked whether their posts are still there."""
    gone_posts: int = 0
    """Posts that were hidden since their platform does not have them any more."""

    def visited(self, visit: Visit, written: Written | None) -> None:
        """One visit is over, or one push was read; ``written`` None: it could not be stored."""
        if visit.pushed:
            self.pushes += 1
        else:
            self.visits[UNWRITTEN if written is None else visit.outcome.value] += 1
            if visit.state.error_kind is not None:
                self.errors[visit.state.error_kind] += 1
        self.requests += visit.requests
        self.received += visit.received
        self.not_modified += visit.status == _NOT_MODIFIED
        if written is not None:
            self.new_posts += written.new
            self.edited_posts += written.edited

    def looked_up(self, requests: int, received: int, gone: int) -> None:
        """One source was asked about posts that widgets show."""
        self.look_ups += 1
        self.gone_posts += gone
        self.requests += requests
        self.received += received
