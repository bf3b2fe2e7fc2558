"""Whether two posts are one announcement, put on two networks. Pure.

Copies differ by what is left out or added: hashtags, mentions, links, emoji, a lead-in, an end that
was cut, whole sentences. Look-alikes differ by what stands in a place instead of something else:
another day, another town. So nothing may be replaced, and the shorter of two must stand in the
longer, word for word and in order.
"""

from difflib import SequenceMatcher
from enum import Enum, auto
from typing import NamedTuple

from aggregator.widgets.sketch import Sketch

_FEWEST_WORDS = 6
_FEWEST_LETTERS = 25
"""That two must have in common, so that it is no chance."""
_FEWEST_OF_EQUALS = (3, 12)
"""Words and letters, where neither says anything else."""
_FEWEST_WITH_LINK = (3, 8)
"""Words and letters, where both lead to the same page."""
_MOST_LEFT = 0.6
"""The part of the longer one that the shorter must hold, unless this is cut or they share a link:
a sentence of an article is no copy of it."""
_LONGEST_EXTRA = 4
"""Words of a closing sentence that only the shorter one has."""
_LETTERS_OF_A_SIGN = 3
"""What a Chinese or Japanese sign counts for."""
_LONGEST_NAME = 5
"""Words of a name that stands where the other post mentions an account."""
_SHORTEST_NAME = 3
"""Letters of a name that tell whose account it is."""
_LEAD = """
a announcement article blog breaking case from icymi in it its just latest listen missed new news
now on our out podcast post press published read release see story the this update video watch we
you aquí blog en el entrada la lea mira noticias nuestro nuestra nueva nuevo vídeo
"""
_LEAD_WORDS = frozenset(_LEAD.split())
"""Words of lead-ins, such as "New on our blog:"."""


class _Added(Enum):
    """What one of two posts says besides."""

    NOTHING = auto()
    TO_SHORT = auto()
    TO_LONG = auto()


class _Gap(NamedTuple):
    """A stretch where two posts differ: words from ``start`` to ``end`` of each, end exclusive."""

    start: int
    end: int
    other_start: int
    other_end: int


def likeness(one: Sketch, other: Sketch) -> float:
    """How much two posts have in common, 0 to 1; 0 where they are not one announcement."""
    short, long = sorted((one, other), key=_length)
    if 2 * len(short.runs & long.runs) < len(short.runs) or not short.words:
        return 0.0
    linked = (
        not short.links.isdisjoint(long.links)
        or short.page in long.links
        or long.page in short.links
    )
    if short.links and long.links and not linked:
        return 0.0
    gaps, common = _compared(short, long)
    if not _enough(common, short, long, linked=linked, equal=not gaps):
        return 0.0
    added = [_added(short, long, gap) for gap in gaps]
    if None in added or (_Added.TO_SHORT in added and _Added.TO_LONG in added):
        return 0.0
    return len(common) / max(len(short.words), len(long.words))


def _length(sketch: Sketch) -> tuple[int, tuple[str, ...], tuple[bool, ...], bool]:
    """For the order of two; of equal ones the answer is the same in either order."""
    return len(sketch.words), sketch.words, sketch.free, sketch.cut


def _compared(short: Sketch, long: Sketch) -> tuple[list[_Gap], list[str]]:
    """Where the two differ, and the words that they have in common."""
    if short.words == long.words:
        return [], list(long.words)
    gaps: list[_Gap] = []
    common: list[str] = []
    matcher = SequenceMatcher(None, short.words, long.words, autojunk=False)
    for kind, *place in matcher.get_opcodes():
        if kind == "equal":
            common += short.words[place[0] : place[1]]
        else:
            gaps.append(_Gap(*place))
    return gaps, common


def _enough(common: list[str], short: Sketch, long: Sketch, *, linked: bool, equal: bool) -> bool:
    """Whether so many words in common are no chance."""
    words, letters = _FEWEST_WORDS, _FEWEST_LETTERS
    if linked:
        words, letters = _FEWEST_WITH_LINK
    elif equal:
        words, letters = _FEWEST_OF_EQUALS
    weight = sum(map(_weight, common))
    if len(common) < words or weight < letters:
        return False
    return linked or short.cut or len(common) >= _MOST_LEFT * long.free.count(False)


def _weight(word: str) -> int:
    return len(word) if word.isascii() or len(word) > 1 else _LETTERS_OF_A_SIGN


def _added(short: Sketch, long: Sketch, gap: _Gap) -> _Added | None:
    """What one has there and the other has not; None where they say two different things."""
    start, end, other_start, other_end = gap
    mine, theirs = short.words[start:end], long.words[other_start:other_end]
    if mine and theirs:
        same = _same_name(mine, theirs) or _torn(short, long, gap)
        return _Added.NOTHING if same else None
    if theirs:
        broken_off = short.cut and start == len(short.words)
        if broken_off or _is_around(long, other_start, other_end):
            return _Added.NOTHING
        return _Added.TO_LONG if _sentences(long, other_start, other_end) else None
    broken_off = long.cut and other_start == len(long.words)
    if broken_off or _is_around(short, start, end):
        return _Added.NOTHING
    brief = len(mine) <= _LONGEST_EXTRA and not any(word[0].isdecimal() for word in mine)
    return _Added.TO_SHORT if brief and _sentences(short, start, end) else None


def _is_around(whole: Sketch, start: int, end: int) -> bool:
    """Whether a stretch is but hashtags and mentions, or a lead-in: "New on our blog:"."""
    if all(whole.free[start:end]):
        return True
    return (
        start == 0 and end in whole.leads and all(word in _LEAD_WORDS for word in whole.words[:end])
    )


def _torn(short: Sketch, long: Sketch, gap: _Gap) -> bool:
    """Whether a cut has left but the beginning of a word: ``announ…``."""
    for cut, at, end, whole, there in (
        (short, gap.start, gap.end, long, gap.other_start),
        (long, gap.other_start, gap.other_end, short, gap.start),
    ):
        if cut.cut and end == len(cut.words) == at + 1:
            return whole.words[there].startswith(cut.words[at])
    return False


def _same_name(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether the two are one word written otherwise, or an account and the name of its owner."""
    if "".join(mine) == "".join(theirs):
        return True
    for account, name in ((mine, theirs), (theirs, mine)):
        if len(account) == 1 and account[0].startswith("@") and len(name) <= _LONGEST_NAME:
            handle = _letters(account[0].partition(".")[0].strip("@").partition("@")[0])
            if name[0].startswith("@"):
                told = _letters(name[0].partition(".")[0].strip("@").partition("@")[0])
                return len(name) == 1 and bool(told) and (told in handle or handle in told)
            initials = "".join(word[0] for word in name)
            return handle == initials or any(
                len(word) >= _SHORTEST_NAME and word in handle for word in name
            )
    return False


def _letters(handle: str) -> str:
    return "".join(filter(str.isalnum, handle))


def _sentences(whole: Sketch, start: int, end: int) -> bool:
    """Whether a stretch is made of whole sentences.

    Where the words before it are also its last ones, it may as well begin with them: "We ran. We
    sang." has one sentence more than "We sang.", whichever "we" is the common one.
    """
    for step in (-1, 1):
        first, last = start, end
        while True:
            if first in whole.begins and last in whole.begins:
                return True
            edge, across = (first, last) if step > 0 else (first - 1, last - 1)
            if edge < 0 or across >= len(whole.words) or whole.words[edge] != whole.words[across]:
                break
            first, last = first + step, last + step
    return False
