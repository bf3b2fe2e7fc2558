"""The health-specific holds: what ships in ``holds.toml``, and what operators add to it.

In: a file of theirs, if there is one. Out: rules, the shipped ones first. A hold of theirs with the
id of a shipped one adds to its lists; another id is a hold of its own.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from aggregator.review.rules import Rule, pattern_of, phrase_of, sought

BEGINNING = "health-"
"""Of the ids of all holds; rules of feeds.yaml are called otherwise."""
_ID = re.compile(rf"{BEGINNING}[a-z0-9-]{{1,50}}")
_TEXTS = ("says", "then")
_LISTS = ("patterns", "unless", "links", "addresses")
_LARGEST = 1 << 20
_PLACE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/\S*)?")
ReadPattern = Callable[[str], str]


class HoldsError(ValueError):
    """Something in a file of holds is not right; says where."""


@cache
def shipped() -> tuple[Rule, ...]:
    """Those of ``holds.toml``."""
    text = files(__package__).joinpath("holds.toml").read_text("utf-8")
    return _read(text, "holds.toml", (), str)


def with_own(path: Path, read_pattern: ReadPattern) -> tuple[Rule, ...]:
    """The shipped holds with what a file of the operator's adds to them.

    ``read_pattern`` makes a pattern harmless. Raises HoldsError with the file and the entry.
    """
    try:
        raw = path.read_bytes()
        if len(raw) > _LARGEST:
            raise HoldsError(f"{path} is larger than 1 MB.")
        text = raw.decode()
    except UnicodeDecodeError:
        raise HoldsError(f"{path} is not saved as UTF-8.") from None
    except OSError as error:
        raise HoldsError(f"{path} cannot be read ({error.strerror}).") from None
    return _read(text, str(path), shipped(), read_pattern)


def _read(
    text: str, name: str, known: tuple[Rule, ...], read_pattern: ReadPattern
) -> tuple[Rule, ...]:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # says the line
        raise HoldsError(f"{name}: {error}.") from None
    entries = data.pop("hold", [])
    if data or not isinstance(entries, list):
        raise HoldsError(f"{name}: only entries that begin with [[hold]] are known here.")
    rules = {rule.id: rule for rule in known}
    for place, entry in enumerate(entries, 1):
        where = f"{name}, [[hold]] number {place}"
        own = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(own, str) or not _ID.fullmatch(own):
            raise HoldsError(f'{where}: id is missing, or is not like "{BEGINNING}something".')
        rules[own] = _joined(rules.get(own), entry, f"{where} ({own})", read_pattern)
    return tuple(rules.values())


def _joined(
    before: Rule | None, entry: Mapping[str, Any], where: str, read_pattern: ReadPattern
) -> Rule:
    """The hold with what an entry adds to it."""
    if unknown := set(entry) - {"id", "words", *_TEXTS, *_LISTS}:
        known = ", ".join(("says", "then", "words", *_LISTS))
        raise HoldsError(f"{where}: {min(unknown)} is not known. Known: {known}.")
    says, then = (_text(entry, key, where) for key in _TEXTS)
    if before is None and not says:
        raise HoldsError(f'{where}: says is missing, as in says = "It may hold a bed number".')
    rule = before or Rule(id=entry["id"], says=says, unmarked=True)
    lists = {key: _list(entry.get(key, []), f"{where}, {key}") for key in _LISTS}
    words = entry.get("words", {})
    if not isinstance(words, dict):
        raise HoldsError(f'{where}, words: lists by language are wanted, as in en = ["my bed"].')
    for link in lists["links"]:
        if not _PLACE.fullmatch(link):
            raise HoldsError(f'{where}, links: "{link[:40]}" is no domain such as give.example.')
    try:
        patterns, unless, addresses = (
            tuple(pattern_of(read_pattern(one)) for one in lists[key])
            for key in ("patterns", "unless", "addresses")
        )
    except (ValueError, re.error) as error:
        raise HoldsError(f"{where}: {' '.join(map(str, error.args))}") from None
    phrases = [
        phrase_of(phrase)
        for language, listed in words.items()
        for phrase in _list(listed, f"{where}, words.{language}")
    ]
    return replace(
        rule,
        says=says or rule.says,
        then=then or rule.then,
        phrases=(*rule.phrases, *phrases),
        patterns=(*rule.patterns, *map(sought, patterns)),
        unless=rule.unless + unless,
        links=(*rule.links, *lists["links"]),
        addresses=rule.addresses + addresses,
    )


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    said = entry.get(key, "")
    if not isinstance(said, str):
        raise HoldsError(f"{where}, {key}: a text is wanted.")
    return said.strip().rstrip(".:") if key == "says" else said.strip()


def _list(said: object, where: str) -> list[str]:
    if not isinstance(said, list) or not all(isinstance(one, str) and one.strip() for one in said):
        raise HoldsError(f"{where}: a list of texts is wanted.")
    return said
