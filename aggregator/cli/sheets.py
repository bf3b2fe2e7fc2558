"""Tables for spreadsheets: CSV in which no cell can become a formula.

Specification: RFC 4180. A text that begins like a formula gets an apostrophe before it, which
spreadsheets take for "this is text"; feeds.yaml and user names are written by people, and what
opens the file runs what looks like one.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def put_csv(head: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table to standard output, its head first."""
    writer = csv.writer(sys.stdout)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    """As it is written; nothing for None."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value
