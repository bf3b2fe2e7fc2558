"""Single characters: which ones a text may hold, and where it may be cut.

Not here: words, lines and excerpts (``text.py``).
"""

import itertools
import unicodedata

_LINE_BREAKS = "\x0b\x0c\x85\u2028\u2029"
_CONTROLS = "".join(map(chr, [*range(9), *range(14, 32), 127]))
_LATE_CONTROLS = "".join(map(chr, range(128, 160)))
_LATE_LEAD = b"\xc2"
"""The byte that every late control begins with in UTF-8; in English text it is rare."""
# Embeddings, overrides and isolates (UAX 9): one post could turn round the page around it.
# The marks U+200E, U+200F and U+061C stay; they reach no further than their own place.
_TURNS = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
# The byte order mark, annotation anchors, and what XML 1.0 forbids.
_STRAYS = "\ufeff\ufff9\ufffa\ufffb\ufffe\uffff"
_UNWANTED = _CONTROLS + _TURNS + _STRAYS

_INVISIBLE = (
    " \t\n\u00a0\u00ad\u061c\u115f\u1160\u200b\u200c\u200d\u200e\u200f\u2060\u3164"
    "\ufe0e\ufe0f\uffa0"
)

_LONGEST_RUN_OF_MARKS = 30
"""Of combining marks on one letter (Stream-Safe Text Format, UAX 15, section 13)."""

_ZWJ = "\u200d"
_VIRAMA = 9
"""The combining class of the signs that bind two Indic consonants."""
_PREPENDED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")


def tidy(text: str) -> str:
    """The text without control characters, turns of direction and lone surrogates.

    Tabs and line feeds stay; every other line break becomes a line feed. Joiners stay, because
    emoji, Persian and Indic scripts need them.
    """
    if text.isprintable():  # then it holds nothing of the kind, nor white space but spaces
        return text
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        encoded = text.encode(errors="ignore")
        text = encoded.decode()
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    for char in _LINE_BREAKS:
        if char in text:
            text = text.replace(char, "\n")
    # One search for each is several times faster than a regular expression for all.
    unwanted = _UNWANTED + _LATE_CONTROLS if _LATE_LEAD in encoded else _UNWANTED
    for char in unwanted:
        if char in text:
            text = text.replace(char, "")
    return text


def composed(text: str) -> str:
    """The text in NFC, with at most 30 combining marks in a row.

    Python sorts a run of marks in quadratic time: unlimited, 30,000 of them take seconds.
    """
    if text.isascii():
        return text
    if _has_long_run(text):
        text = "".join(_without_long_runs(text))
    return unicodedata.normalize("NFC", text)


def _has_long_run(text: str) -> bool:
    """Whether there may be too many marks in a row, from samples (a run shows in each)."""
    if not any(map(unicodedata.combining, text[::_LONGEST_RUN_OF_MARKS])):
        return False
    marks = list(map(unicodedata.combining, text[:: _LONGEST_RUN_OF_MARKS // 3]))
    return any(map(all, zip(marks, marks[1:], marks[2:], strict=False)))


def _without_long_runs(text: str) -> itertools.chain[str]:
    runs = itertools.groupby(text, key=lambda char: unicodedata.combining(char) != 0)
    return itertools.chain.from_iterable(
        itertools.islice(run, _LONGEST_RUN_OF_MARKS if are_marks else None)
        for are_marks, run in runs
    )


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing."""
    return not text.strip(_INVISIBLE)


def cluster_start(text: str, at: int) -> int:
    """The last place not after ``at`` where a user-perceived character begins.

    Follows the extended grapheme clusters of UAX 29, and errs on the side of holding together.
    """
    while 0 < at < len(text) and _joined(text, at):
        at -= 1
    return at


def _joined(text: str, at: int) -> bool:
    """Whether the characters on both sides of ``at`` belong together."""
    before, after = text[at - 1], text[at]
    if before in _PREPENDED or before == _ZWJ or (before == "\r" and after == "\n"):
        return True
    if after < "\u0300":
        return False
    return (
        _extends(after)
        or unicodedata.combining(before) == _VIRAMA
        or (_is_flag_half(after) and _flag_halves_before(text, at) % 2 == 1)
        or (_is_jamo(after) and (_is_jamo(before) or "\uac00" <= before <= "\ud7a3"))
    )


def _extends(char: str) -> bool:
    return (
        unicodedata.category(char)[0] == "M"
        or "\u200c" <= char <= _ZWJ
        or "\uff9e" <= char <= "\uff9f"  # voicing marks of half-width Katakana
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # flags of regions
    )


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_halves_before(text: str, at: int) -> int:
    return sum(1 for _ in itertools.takewhile(_is_flag_half, reversed(text[:at])))


def _is_jamo(char: str) -> bool:
    return (
        "\u1100" <= char <= "\u11ff" or "\ua960" <= char <= "\ua97c" or "\ud7b0" <= char <= "\ud7fb"
    )
