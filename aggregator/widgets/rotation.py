"""Which of many have a place today, so that over time all have it equally often. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

T = TypeVar("T")


def on_stage(waiting: Sequence[T], places: int, today: date) -> list[T]:
    """The ``places`` members whose turn it is today, all of them where there is room.

    Each day goes on where the day before ended, round and round: over as many days in a row as
    there are members, each has a place exactly ``places`` times.
    """
    if places >= len(waiting):
        return list(waiting)
    first = today.toordinal() * places
    return [waiting[(first + step) % len(waiting)] for step in range(places)]
