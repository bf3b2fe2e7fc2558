"""Values as a careful person writes them into feeds.yaml: no quotes where none are needed.

In: texts, numbers, days, lists, groups. Out: one line of YAML that ``tree.py`` reads as the same.
Specification: YAML 1.2.2, 5.7 (escapes), 7.3 (quotes and plain texts).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool | date | Sequence["Value"] | Mapping[str, "Value"]
"""What a key of feeds.yaml may be set to; lengths of time are texts, as in ``2h``."""

_PLAIN = re.compile(
    r"[^\W\d_](?:[^\s#:]|:(?=\S)|(?<=\S)#| (?=[^\s#]))*|[0-9]{1,4}[mhdw]|\d{4}-\d\d-\d\d"
)
_BRACKETS = re.compile(r"[,\[\]{}]")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""Words that YAML, or an earlier version of it, does not take for texts."""
_CURLY = "\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb"


def write(value: Value, *, inside: bool = False, quote: str = "") -> str:
    """The value in one line.

    ``inside``: it will stand in brackets. ``quote``: the mark that is used around a text even where
    none is needed, as its author has it.
    """
    if isinstance(value, str):
        return _text(value, inside, quote)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        pairs = (f"{key}: {write(child, inside=True)}" for key, child in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, Sequence):
        return f"[{', '.join(write(child, inside=True) for child in value)}]"
    return str(value)


def read_back(value: Value) -> object:
    """What the reader of the file makes of it, for comparing."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: read_back(child) for key, child in value.items()}
    if isinstance(value, Sequence):
        return [read_back(child) for child in value]
    return value


def may_be_plain(text: str, *, inside: bool = False) -> bool:
    """Whether it needs no quotes. Some that would do without get them, for readers' sake."""
    return bool(
        _PLAIN.fullmatch(text)
        and text.isprintable()
        and text.casefold() not in _WORDS
        and text[-1] not in _CURLY
        and not (inside and (_BRACKETS.search(text) or text.endswith(":")))
    )


def _text(text: str, inside: bool, quote: str) -> str:
    if not quote and may_be_plain(text, inside=inside):
        return str(text)
    if not all(sign.isprintable() or sign == "\u00a0" for sign in text):
        return f'"{_ESCAPED.sub(_escape, text)}"'
    if quote == "'" or (quote != '"' and re.search(r'["\\]', text)):
        return "'" + text.replace("'", "''") + "'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_ESCAPED = re.compile(r'["\\]|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd]', re.ASCII)
_SHORT = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    return _SHORT.get(sign) or (
        f"\\u{ord(sign):04x}" if sign <= "\uffff" else f"\\U{ord(sign):08x}"
    )
