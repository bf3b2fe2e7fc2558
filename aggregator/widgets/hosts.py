"""How the host of an address is shown to readers (rule I12)."""

import unicodedata
from urllib.parse import urlsplit

import idna

_SCRIPTS_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)
"""Those that one language writes in one word: "highly restrictive" in UTS 39, section 5.2."""
_OF_NO_SCRIPT = {"DIGIT", "HYPHEN-MINUS", "COMBINING", "MIDDLE", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}


def shown_host(address: str | None) -> str:
    """The host without ``www.``; empty where there is none.

    A label whose letters are of several scripts may be made to look like another one: it is shown
    in ASCII (``xn--…``), as browsers do.
    """
    try:
        host = urlsplit(address or "").hostname or ""
    except ValueError:  # a bracket that is no IPv6 address
        return ""
    return ".".join(map(_shown, host.split("."))).removeprefix("www.")


def _shown(label: str) -> str:
    if label.isascii() or not _mixes(label):
        return label
    try:
        return idna.encode(label, uts46=True).decode()
    except idna.IDNAError:  # letters that no name may have
        return f"xn--{label.encode('punycode').decode()}"


def _mixes(label: str) -> bool:
    """Whether its letters are of scripts that no language writes in one word."""
    scripts = {_script(char) for char in label} - _OF_NO_SCRIPT
    return len(scripts) > 1 and not any(scripts <= together for together in _SCRIPTS_TOGETHER)


def _script(char: str) -> str:
    """By the first word of its name: ``CYRILLIC SMALL LETTER A``."""
    return unicodedata.name(char, "?").split(" ")[0]
