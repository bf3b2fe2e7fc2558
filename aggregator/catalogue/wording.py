"""What pydantic found, in plain words: what is wrong, and what to write instead."""

import re
from collections.abc import Collection

from pydantic_core import ErrorDetails

from aggregator.catalogue.leaks import names_secret
from aggregator.catalogue.nearest import did_you_mean
from aggregator.catalogue.schema import (
    SECTIONS,
    keys_of,
    section_of,
)
from aggregator.catalogue.tree import Path

_SHORT = 40
_NAMES = {
    "site": "the site",
    "widgets": "a widget",
    "only": "only:",
    "style": "style:",
    "sources": "a source",
    "consent": "consent",
    "rules": "a rule",
}
_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "yes or no",
    "bool_parsing": "yes or no",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a group of keys",
    "model_type": "a group of keys",
}


def in_words(error: ErrorDetails, platforms: Collection[str]) -> tuple[str, str]:
    """What is wrong, and what to write instead. ``platforms`` are keys of a source as well."""
    path, kind, value = error["loc"], error["type"], error["input"]
    context = error.get("ctx", {})
    if kind == "catalogue":
        return str(context["what"]), str(context["hint"])
    if kind == "value_error":  # a platform's own words about its options
        return f"{context['error']}.", ""
    if kind == "extra_forbidden":
        return unknown_key(path, platforms)
    if kind in {"literal_error", "enum"}:
        return _not_among(path, value, str(context["expected"]))
    key, hint = _key_of(path), _example(path)
    if kind in _WANTED:
        wanted = _WANTED[kind]
        what = f"{wanted[0].upper()}{wanted[1:]} is wanted here, and this is {_found(path, value)}."
        hint = _how_to_write(wanted, path, value) or hint or f"Write {wanted}."
    elif kind == "missing":
        what, hint = f'"{key}" is missing here.', hint or f'Add "{key}".'
    elif kind == "greater_than_equal":
        what = f'"{key}" cannot be less than {context["ge"]}, and this is {value}.'
    elif kind == "less_than_equal":
        what = f'"{key}" cannot be more than {context["le"]}, and this is {value}.'
    else:
        what = f'"{key}" is not right: {error["msg"]}.'
        hint = hint or "Compare it with the page about feeds.yaml in the documentation."
    return what, hint


def _key_of(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "feeds.yaml")


def _not_among(path: Path, value: object, expected: str) -> tuple[str, str]:
    words = re.findall(r"'([^']*)'", expected)
    what = f'"{_key_of(path)}" cannot be {_found(path, value)}.'
    guess = did_you_mean(value, words) if isinstance(value, str) else ""
    return what, guess or f"Write {' or '.join(words)}."


def unknown_key(path: Path, platforms: Collection[str]) -> tuple[str, str]:
    """A key that nobody knows here: a slip, or at home in another part of the file."""
    key, section = str(path[-1]), section_of(path)
    where = next((_NAMES[name] for name, part in SECTIONS.items() if part is section), "feeds.yaml")
    known = [*keys_of(section)]
    if where == _NAMES["sources"]:
        known += sorted(platforms)
    guess = _another_word(key, where, known) or did_you_mean(key, known)
    if where == _NAMES["sources"] and (platform := platform_called(key, platforms)):
        guess = f'Write "{platform}".'
    # What stands beside a consent may be a note about a person: it is repeated only if it is none.
    name = f'"{key[:_SHORT]}"' if guess or "consent" not in path else "This"
    what = f"{name} is not a key of {where}."
    if names_secret(key) and key != "token":  # a token may be named by its variable
        return what, _NO_SECRETS
    if guess:
        return what, guess
    home = next((_NAMES[name] for name, part in SECTIONS.items() if key in keys_of(part)), None)
    if home:
        return what, f"It belongs to {home}."
    return what, f"Known here: {', '.join(known)}."


_NO_SECRETS = (
    "Secrets do not belong in this file: if one stood here, take it out and have it renewed, for "
    "the file may have been copied."
)


_MEANT = {
    "the site": {
        "title": "name",
        "website": "url",
        "homepage": "url",
        "address": "url",
        "link": "url",
        "mail": "contact",
        "email": "contact",
    },
    "a widget": {
        "name": "title",
        "description": "intro",
        "about": "intro",
        "count": "show",
        "limit": "show",
    },
    "style:": {"background": "bg", "text": "color", "size": "h-size", "border": "line"},
    "a source": {
        "title": "name",
        "titel": "name",
        "url": "feed",
        "address": "feed",
        "rss": "feed",
        "atom": "feed",
        "widget": "in",
        "widgets": "in",
        "description": "about",
        "homepage": "link",
        "website": "link",
    },
}
"""What people call a key, by the part of the file; a word that is at home in another part, too."""


def _another_word(key: str, where: str, known: Collection[str]) -> str:
    """What to write in place of a word that means a key; empty where it means none of ``known``."""
    meant = _MEANT.get(where, {}).get(key.lower())
    if meant in known:
        return f'Write "{meant}".'
    inside = where == "a widget" and _MEANT["style:"].get(key.lower())
    return f'Write "{inside}", indented below "style:".' if inside else ""


_ALSO_CALLED = {"fb": "facebook", "ig": "instagram", "twitter": "x", "yt": "youtube"}


def platform_called(key: str, platforms: Collection[str]) -> str | None:
    """The platform's key, where people know it by another name; None: it is no such name."""
    platform = _ALSO_CALLED.get(key.lower())
    return platform if platform in platforms else None


def _example(path: Path) -> str:
    """What a right line looks like; empty for what the schema does not know."""
    key = _key_of(path)
    last = max((place for place, part in enumerate(path) if part == key), default=0)
    field = keys_of(section_of(path[: last + 1])).get(key)
    if field is None or not field.examples:
        return _OUTLINES.get(key, "")
    return f"For example: {key}: {field.examples[0]}"


_OUTLINES = {
    "site": "Begin the file with site: and, indented below it, name: and url:.",
    "widgets": "Begin each widget with a dash, as in - id: latest-posts.",
    "sources": "Begin each source with a dash, as in - id: insight.",
    "rules": "Begin each rule with a dash, as in - id: lawsuits.",
    "feeds.yaml": "Begin the file with site:, then widgets:, then sources:.",
}


def _found(path: Path, value: object) -> str:
    """What stands there, short; what may be a note about a person is not repeated."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "the word true" if value else "the word false"
    if isinstance(value, str):
        return "a text" if "consent" in path or len(value) > _SHORT else f'"{value}"'
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a list" if isinstance(value, list) else "a group of keys"


def _how_to_write(wanted: str, path: Path, value: object) -> str:
    if wanted == "a text" and isinstance(value, (bool, int, float)):
        return "Put quotes around it to have it read as a text."
    if wanted == "a whole number" and isinstance(value, str) and value.strip().isdigit():
        return f"Take the quotes away: {value.strip()}"
    if wanted == "a list" and isinstance(value, str):
        return f"Put square brackets around it: [{value if len(value) <= _SHORT else '…'}]"
    if wanted == "a group of keys" and isinstance(value, str) and ":" in value[:_SHORT]:
        return "Write a space after the colon, as in id: insight."
    if wanted == "a group of keys" and path[-1:] and isinstance(path[-1], int):
        return _OUTLINES.get(str(path[0]), "")
    return ""
