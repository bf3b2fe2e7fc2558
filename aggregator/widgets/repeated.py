"""A title that only repeats how its text begins is shown once.

Blog engines give posts without a title the first words of their text for one, and some authors
write their title once more above the text. This is decided when a post is drawn and not when it is
stored: what a source said is kept as it said it, and posts are compared by that.
"""

import re
from dataclasses import replace
from functools import lru_cache

from aggregator.model import Post
from aggregator.widgets.text import one_line

_ELLIPSIS = r"(?:…|\.\.\.+|\[…\]|\[\.\.\.\])"
_CUT_OFF = re.compile(rf"(?P<kept>.*?)\s*{_ELLIPSIS}$")
_GOES_ON = re.compile(rf"\s*(?!\s|{_ELLIPSIS})")
"""What stands here is not itself the ellipsis that the title ends with."""
_MARKS = r"[.!?:…\u3002\uff01\uff1f\uff1a]"
_ENDED = re.compile(rf"[^\S\n]*(?:{_MARKS}+(?=\s|$)|\n|$)")
"""A line or a sentence is over."""
_SENTENCE = re.compile(rf".*{_MARKS}$")


def told_once(post: Post) -> Post:
    """The post as it is to be shown.

    Without its title where that is cut off from the text, for then the text says all of it: it is
    a note. With an excerpt that begins after the title where the title is its first line or
    sentence; what is left may be nothing. Where the first sentence merely begins like the title,
    both stay.
    """
    title = one_line(post.title or "")
    if not title:
        return post
    if (found := _CUT_OFF.match(title)) and _is_beginning(found["kept"], post.text):
        return replace(post, title=None)
    rest = _after(title, post.excerpt, post.text)
    return post if rest is None else replace(post, excerpt=rest)


def _is_beginning(words: str, text: str) -> bool:
    """Whether a text begins with words that were cut off there, be it within a word."""
    found = _pattern(words).match(text) if words else None
    return found is not None and _GOES_ON.match(text, found.end()) is not None


def _after(title: str, excerpt: str, text: str) -> str | None:
    """What follows the title in an excerpt; None where it does not begin with it.

    Excerpts are on one line: where lines end is known of the text.
    """
    found = _pattern(title).match(excerpt)
    if found is None:
        return None
    in_text = _pattern(title).match(text)
    ends_line = in_text is not None and _ENDED.match(text, in_text.end())
    ended = _ENDED.match(excerpt, found.end())
    if ended is None and not ends_line and not _SENTENCE.match(title):
        return None
    rest = excerpt[ended.end() if ended else found.end() :]
    return rest.strip() if ended or rest[:1].isspace() else None


@lru_cache(maxsize=256)
def _pattern(words: str) -> re.Pattern[str]:
    """These words, however they are spaced and capitalised."""
    return re.compile(r"\s*" + r"\s+".join(map(re.escape, words.split())), re.IGNORECASE)
