"""What ``doctor`` looks at: whether this machine has all that Aggregator needs.

In: ways to try each part. Out: findings in plain words. One part's trouble hides no other's.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from aggregator.errors import AggregatorError


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the house, tried."""

    part: str
    ok: bool
    words: str
    next_step: str = ""
    """What is to be done; where it is ``ok``, what may be."""


Told = str | tuple[str, str]
"""How a part does, and what may be done about it."""


def diagnose(parts: dict[str, Callable[[], Told]]) -> list[Finding]:
    """Try each part; what it returns is how it does. An error of ours becomes its finding."""
    return [_try(part, attempt) for part, attempt in parts.items()]


def _try(part: str, attempt: Callable[[], Told]) -> Finding:
    try:
        told = attempt()
        return Finding(part, True, told) if isinstance(told, str) else Finding(part, True, *told)
    except AggregatorError as error:
        return Finding(part, False, str(error), error.advice)
    except OSError as error:
        return Finding(part, False, str(error), "Look at the rights and the space of that folder.")


def python_version() -> str:
    """Which Python runs this."""
    return sys.version.split()[0]
