"""Texts as feeds write them: wrong charsets, markup that nobody announced, names with mail."""

import contextlib
import re

from aggregator.connectors import _limits

_C1 = re.compile("[\x80-\x9f]")
_WINDOWS = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
"""What control characters mean that came out of reading Windows-1252 as ISO 8859-1."""
_MARKUP = re.compile(r"</\w+>|&#?\w+;")
_MAIL = re.compile(r"[^\s<>()]+@[^\s<>()]+")


def repaired(text: str) -> str:
    """Undo UTF-8 that was read as ISO 8859-1, and Windows-1252 that was taken for it."""
    if text.isascii():
        return text
    with contextlib.suppress(UnicodeError):
        text = text.encode("iso-8859-1").decode()
    return text.translate(_WINDOWS) if _C1.search(text) else text


def looks_like_html(text: str) -> bool:
    """Whether a text that ought to be plain is markup, as RSS has it; what feedparser thinks."""
    if not _MARKUP.search(text):
        return False
    from feedparser.api import StrictFeedParser  # noqa: PLC0415 - slow, and seldom needed

    return bool(StrictFeedParser.looks_like_html(text))


def person(text: str) -> str | None:
    """A name without the mail address beside it: those are never shown, so they are not read."""
    if "@" in text:
        text = _MAIL.sub("", text)
    return _limits.line(text.strip(" \t\n()<>,;"))
