"""Texts as they are compared: white space evened, and neither case nor width told apart.

In: plain text. Out: plain text of one form; a key of a whole post's words.
"""

import hashlib
import unicodedata

# All that ``str.isspace`` knows but the space and the line feed.
_ODD_ASCII_SPACES = "\t\x0b\x0c\r\x1c\x1d\x1e\x1f"
_ODD_SPACES = _ODD_ASCII_SPACES + (
    "\x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_SHORTEST_FOLDED = 40
_COMPARED = 2_000
"""Code points of title and text that the content key looks at."""


def spaced(text: str) -> str:
    """White space folded to one space; none at the ends."""
    return evened(text.strip().replace("\n", " "))


def evened(text: str) -> str:
    """A text whose only white space is line feeds and single spaces.

    To search the whole for what is rare costs a tenth of parting it into words.
    """
    for space in _ODD_ASCII_SPACES if text.isascii() else _ODD_SPACES:
        if space in text:
            text = text.replace(space, " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def fold(text: str) -> str:
    """The form in which two composed texts are compared: NFKC, no case, white space folded."""
    return spaced(unicodedata.normalize("NFKC", text).casefold())


def content_key(title: str, text: str) -> str | None:
    """Title and text folded for comparing; None where they are too short to tell posts apart."""
    folded = fold(f"{title} {text}"[:_COMPARED])
    if len(folded) < _SHORTEST_FOLDED:
        return None
    return hashlib.sha256(folded.encode()).hexdigest()[:32]
