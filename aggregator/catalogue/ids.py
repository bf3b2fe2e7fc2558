"""Ids made from titles and hosts: readable, and no other's."""

import re
import unicodedata
from collections.abc import Callable

_LONGEST = 40
"""Characters of an id that we make; people may write longer ones."""


def id_for(
    title_or_host: str, is_taken: Callable[[str], bool], *, otherwise: str = "source"
) -> str:
    """An id that is not taken: small letters a to z, digits and hyphens.

    ``otherwise``, such as the host, is used where nothing of the title can be written in these
    letters, as with a Japanese one.
    """
    made = _slug(title_or_host) or _slug(otherwise) or "source"
    number, unique = 1, made
    while is_taken(unique):
        number += 1
        unique = f"{made}-{number}"
    return unique


def _slug(text: str) -> str:
    """The letters and digits that can be had from the text without guessing a language."""
    plain = unicodedata.normalize("NFKD", text.strip().casefold().removeprefix("www."))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    if sum(sign.isalpha() for sign in bare) > 2 * sum(
        sign.isascii() and sign.isalpha() for sign in bare
    ):
        return ""
    bare = re.sub(r"['\u2019]", "", bare)
    slug = re.sub(r"[^a-z0-9]+", "-", bare).strip("-")
    if len(slug) > _LONGEST:
        slug = slug[: _LONGEST + 1].rpartition("-")[0] or slug[:_LONGEST]
    return slug.strip("-")
