"""How often and how gently servers are asked: one value, built in ``app.py``."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Pace:
    """Floors, gaps and limits. The defaults are those of a good neighbour (rules C2, C10, J1)."""

    floor: timedelta = timedelta(minutes=30)
    """The same address is never asked twice within this, by whatever way."""
    shortest: timedelta = timedelta(hours=1)
    """Between visits of the busiest source that asks for nothing else (rule J1)."""
    slowest: timedelta = timedelta(hours=24)
    """Between visits of the quietest one."""
    dormant: timedelta = timedelta(days=7)
    """Between visits of one that has not posted for a year, at most."""
    while_pushed: timedelta = timedelta(hours=24)
    """Between visits of a source whose posts a hub pushes, at least (rule E6)."""
    interval_without_validators: timedelta = timedelta(hours=24)
    """Rule B9: such a feed costs its owner a whole download each time."""
    longest: timedelta = timedelta(days=7)
    """No server silences its feed for longer by freshness (rule C8)."""
    longest_wait: timedelta = timedelta(days=14)
    """Nor by Retry-After."""
    host_gap: float = 1.0
    """Seconds between the starts of two fetches from one host."""
    at_once: int = 30
    """Fetches under way at the same time, all hosts together."""
    at_once_per_host: int = 1
    at_once_per_domain: int = 2
    """Hosts of one registered domain together, for they may be one machine."""
    tick: float = 15.0
    """Seconds between two looks of the clock at what is due."""
    lease: timedelta = timedelta(minutes=30)
    """How long a claim holds: longer than any visit takes, its wait for a turn at a busy host
    included. After a crash nobody is asked again sooner than the floor allows."""
