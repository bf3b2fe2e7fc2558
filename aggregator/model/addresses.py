"""What does not count when two addresses of the web are compared: one rule for the whole house.

A scheme, a ``www.``, the scheme's own port, slashes at the end and a fragment do not count: they
change without anything else changing. The case of the path, ``//`` in it and the order of
parameters do. Not here: parameters that only follow readers about (``normalise/``).
"""

from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import idna

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """What counts of an http(s) address."""

    host: str
    """In lower case and ASCII, with its port where that is an unusual one."""
    path: str
    """As written; empty, or with a slash before it and none at its end."""
    query: str
    """As written."""

    @property
    def form(self) -> str:
        """As one text, for comparing only: nobody says that the host answers https."""
        return f"https://{self.host}{self.path}{'?' if self.query else ''}{self.query}"


def read_address(written: str) -> Address | None:
    """What counts of an address; None: it is none of the web."""
    try:
        parts = urlsplit(written.strip())
        host = _host(parts)
    except ValueError:  # brackets around what is no IPv6 address, a port that is no number
        return None
    if not host or parts.scheme not in _DEFAULT_PORTS:
        return None
    return Address(host, parts.path.rstrip("/"), parts.query)


def _host(parts: SplitResult) -> str:
    """Raises ValueError."""
    host = _ascii(parts.hostname or "").removeprefix("www.").rstrip(".")
    unusual = parts.port not in {None, _DEFAULT_PORTS.get(parts.scheme)}
    return f"{host}:{parts.port}" if unusual else host


def _ascii(host: str) -> str:
    """As browsers and our visits write a host (UTS 46). Raises ValueError."""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:  # emoji, say: no name since 2008, yet there are such hosts
        return host.encode("idna").decode()
