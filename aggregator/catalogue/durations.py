"""Lengths of time as people write them: ``30d``, ``12h``, ``2w``, ``45m``."""

import re
from datetime import timedelta

_WRITTEN = re.compile(r"([0-9]{1,4})\s*([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

IN_WORDS = "a number and a letter: 45m for minutes, 12h for hours, 30d for days, 2w for weeks"


def read_duration(value: object) -> timedelta:
    """The length of time that ``value`` says.

    Raises ValueError with two arguments: what is wrong, and what to write instead.
    """
    hint = f"Write {IN_WORDS}."
    if isinstance(value, int) and not isinstance(value, bool):
        hint = f"Say of what: {value}d are days, {value}h are hours. It is {IN_WORDS}."
        raise ValueError("A number alone says no length of time.", hint)
    if not isinstance(value, str):
        raise ValueError("This says no length of time.", hint)
    written = _WRITTEN.fullmatch(value.strip().lower())
    if written is None:
        raise ValueError(f'"{value[:40]}" says no length of time.', hint)
    number, unit = int(written[1]), _UNITS[written[2]]
    if number == 0:
        raise ValueError("A length of time must be more than nothing.", hint)
    return timedelta(**{unit: number})
