"""What a post says, for the person who decides whether it may be shown.

In: a stored post. Out: its ``Contents``: plain text, and in words what else visitors would see.
Not here: why it is shown or not (``explain.py``, ``why.py``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aggregator.model import Media, Post


@dataclass(frozen=True, slots=True)
class Contents:
    """What there is to be read."""

    text: str
    """Whole; paragraphs are parted by one newline. Empty: it has none."""
    beside: tuple[str, ...]
    """Sentences on what is shown with it: a warning, what it quotes, its pictures."""
    link: str | None
    """Where it stands as its author shows it."""


def contents(post: Post) -> Contents:
    """All of it that a person should have seen before the public does."""
    return Contents(post.text, tuple(_beside(post)), post.permalink)


def _beside(post: Post) -> Iterator[str]:
    if post.warning:
        yield f"Its author warns: {post.warning}"
    if post.quote is not None and post.quote.text:
        author = post.quote.author
        name = (author.name or author.handle) if author else None
        yield f"It quotes {name or 'another post'}: {post.quote.text}"
    if post.media:
        yield _media(post.media)


def _media(media: Sequence[Media]) -> str:
    """How many there are, and the words that stand in their place for those who cannot see."""
    count = "1 picture or film" if len(media) == 1 else f"{len(media)} pictures or films"
    described = "; ".join(one.alt for one in media if one.alt)
    return f"With {count}: {described}" if described else f"With {count}; look at the link."
