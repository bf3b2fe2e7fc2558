"""Short posts of an account in the sample world, before a platform gives them its own form."""

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

LINKS = re.compile(r"(?P<link>https?://[^\s]+[^\s.,;:!?])|(?<!\w)#(?P<tag>\w+)")
"""The addresses and hashtags in a text."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who posts."""

    handle: str
    """Without its server, where it has one."""
    name: str
    number: int


@dataclass(frozen=True, slots=True)
class Note:
    """A short post."""

    number: int
    """Its own; later ones have higher numbers."""
    text: str
    """With whole addresses in it."""
    published: datetime
    edited: datetime | None = None
    picture: str | None = None
    """What a picture beside it shows; None: there is none; empty: nobody said it."""
    language: str = "en"
    warning: str | None = None
    is_reply: bool = False
    poll: tuple[str, ...] = ()
    """The answers that readers choose from; empty: nothing is asked."""
    quotes: int | None = None
    """The number of the post that it quotes; None: it quotes none."""
    by: Account | None = None
    """Who wrote it, where the account only passed it on."""


Written = Callable[[], Sequence[Note]]
"""Tells what an account has posted by now, in any order."""


def newest_first(notes: Sequence[Note]) -> list[Note]:
    """As timelines show them."""
    return sorted(notes, key=lambda note: note.number, reverse=True)


def read_notes(file: Path, began: datetime) -> tuple[Note, ...]:
    """The notes in a file of the sample world, oldest first.

    Each says how many ``days`` before ``began`` it came out, or how many ``minutes`` after.
    """
    tables = tomllib.loads(file.read_text("utf-8"))["notes"]
    moment = began.replace(microsecond=0)
    notes = []
    for number, table in enumerate(tables, 1):
        ago = timedelta(days=table.pop("days", 0), minutes=-table.pop("minutes", 0))
        by = table.pop("by", None)
        author = Account(by["handle"], by["name"], 4800 + number) if by else None
        notes.append(Note(100 * number, published=moment - ago, by=author, **table))
    return tuple(notes)
