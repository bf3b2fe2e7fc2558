"""Addresses as takedowns compare them: what lies at or below a place on the web.

A scheme, a ``www.``, a default port, a slash at the end and a fragment do not count: they change
without anything else changing.
"""

from urllib.parse import SplitResult, unquote, urlsplit

import idna

MOST_LEVELS = 12
"""Of one address: its host, the folders above it, its page, and that with its query."""
_DEEPEST = MOST_LEVELS - 3
"""Folders, from the top; what lies deeper is known by its host, these, and itself."""
_DEFAULT_PORTS = {"http": 80, "https": 443}


def bare(address: str) -> str | None:
    """An http(s) address in its comparable form, its query included; None: it is none."""
    found = levels(address)
    return found[-1] if found else None


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
    try:
        parts = urlsplit(address.strip())
        host = _host(parts)
    except ValueError:
        return "", [], ""
    if parts.scheme.lower() not in _DEFAULT_PORTS:
        return "", [], ""
    return host, [unquote(one) for one in parts.path.split("/") if one], unquote(parts.query)


def _host(parts: SplitResult) -> str:
    """In lower case and ASCII, with its port where that is an unusual one. Raises ValueError."""
    host = _ascii(parts.hostname or "").removeprefix("www.").rstrip(".")
    unusual = parts.port not in {None, _DEFAULT_PORTS.get(parts.scheme.lower())}
    return f"{host}:{parts.port}" if unusual else host


def _ascii(host: str) -> str:
    """As browsers and our visits write a host (UTS 46). Raises ValueError."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:  # emoji, say: no name since 2008, yet there are such hosts
        return host.encode("idna").decode()
