"""Addresses as takedowns compare them: what lies at or below a place on the web.

Besides what never counts (``model/addresses.py``), ``%61`` is ``a`` here, and ``//`` is ``/``.
Digests are made of these forms, so they stay as they are for good.
"""

import re
from urllib.parse import unquote

from aggregator.model.addresses import read_address

MOST_LEVELS = 12
"""Of one address: its host, the folders above it, its page, and that with its query."""
_DEEPEST = MOST_LEVELS - 3
"""Folders, from the top; what lies deeper is known by its host, these, and itself."""
_START = re.compile(r"^(?:https?://)?(?:www\.)?", re.IGNORECASE)


def bare(address: str) -> str | None:
    """An http(s) address in its comparable form, its query included; None: it is none."""
    found = levels(address)
    return found[-1] if found else None


def account(written: str) -> str:
    """What a source follows, as a takedown of the source compares it: as written but for its ends.

    It need not be an address of the web: a handle may stand there.
    """
    return _START.sub("", written).rstrip("/")


def levels(address: str) -> list[str]:
    """The comparable forms of an address and of all that it lies below, the host first."""
    host, segments, query = _parts(address)
    if not host:
        return []
    paths = ["/".join((host, *segments[:depth])) for depth in range(min(len(segments), _DEEPEST))]
    page = "/".join((host, *segments))
    return [*paths, page, *([f"{page}?{query}"] if query else [])]


def is_too_deep(address: str) -> bool:
    """Whether an address lies so deep that not all below it would be known."""
    _, segments, query = _parts(address)
    return not query and len(segments) >= _DEEPEST


def lies_below(address: str, place: str) -> bool:
    """Whether an address is at or below a place, given in its comparable form."""
    return place in levels(address)


def _parts(address: str) -> tuple[str, list[str], str]:
    """Host, folders and page, and query; an empty host where the address is none of the web."""
    found = read_address(address)
    if found is None:
        return "", [], ""
    segments = [unquote(one) for one in found.path.split("/") if one]
    return found.host, segments, unquote(found.query)
