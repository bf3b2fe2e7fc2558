"""What a platform answered in JSON, taken apart with care.

In: a document. Out: its parts by name; where one that is needed is missing or of another kind,
UnexpectedShape says where. What may be missing counts as missing when it is of another kind, for a
post is worth more than its smallest part.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from aggregator.connectors import _limits
from aggregator.errors import UnexpectedShape
from aggregator.model import Document, RawPost


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer, and where it stands in it, for example ``$.feed[3].post``."""

    value: Any
    where: str = "$"

    def at(self, *names: str) -> "Part":
        """The part below, name by name; one that holds None where there is none."""
        value, where = self.value, self.where
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
            where = f"{where}.{name}"
        return Part(value, where)

    def items(self, *names: str) -> Iterator["Part"]:
        """The items of the list below. Raises UnexpectedShape where there is no list."""
        found = self.at(*names)
        if not isinstance(found.value, list):
            raise found.unexpected("a list")
        return (Part(item, f"{found.where}[{place}]") for place, item in enumerate(found.value))

    def some(self, *names: str) -> Iterator["Part"]:
        """The items of the list below; none where there is no list."""
        return self.items(*names) if isinstance(self.at(*names).value, list) else iter(())

    def word(self, *names: str) -> str:
        """A short text that is needed, trimmed. Raises UnexpectedShape where there is none."""
        found = self.at(*names)
        word = _limits.line(found.value, _limits.URL)
        if word is None:
            raise found.unexpected("a text")
        return word

    def maybe(self, *names: str, most: int = _limits.TITLE) -> str | None:
        """A short text, trimmed and cut; None where there is none, or nothing in it."""
        return _limits.line(self.at(*names).value, most)

    def number(self, *names: str) -> int | None:
        """A whole number; None where there is none."""
        value = self.at(*names).value
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def says(self, *names: str) -> bool:
        """Whether it is plainly true."""
        return self.at(*names).value is True

    @property
    def is_there(self) -> bool:
        """Whether it is anything but null."""
        return self.value is not None

    def unexpected(self, wanted: str) -> UnexpectedShape:
        """The error that this part is not what was wanted."""
        what = f"The platform answers in another form than before: {wanted} is missing"
        return UnexpectedShape(f"{what} at {self.where}.", where=self.where)


def readable(parts: Iterable[Part], read: Callable[[Part], RawPost | None]) -> tuple[RawPost, ...]:
    """The posts that ``read`` makes of these; None is one to be left out.

    One that cannot be read is lost alone; where that is all of them, the platform changed, and
    UnexpectedShape is raised.
    """
    posts, failed = [], None
    for part in parts:
        try:
            post = read(part)
        except UnexpectedShape as error:
            failed = error
        else:
            posts += [post] if post else []
    if failed is not None and not posts:
        raise failed
    return tuple(posts)


def read_json(document: Document) -> Part:
    """An answer. Raises UnexpectedShape where it is no JSON."""
    try:
        return Part(json.loads(document.body))
    except (ValueError, RecursionError) as error:
        said = "The platform did not answer in JSON, the form that its documents promise."
        raise UnexpectedShape(said, where="$", url=document.url) from error
