"""The word that somebody may have meant."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody may have meant; None where none is near."""
    by_lower = {name.lower(): name for name in sorted(known)}
    tidy = word.lower().replace(" ", "-")[:100]
    close = difflib.get_close_matches(tidy, by_lower, n=1, cutoff=0.65)
    return by_lower[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question for the hint of a message; empty where no known word is near."""
    close = nearest(word, known)
    return f'Did you mean "{close}"?' if close else ""
