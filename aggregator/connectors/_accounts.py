"""Accounts as people write them: by an address copied from a browser, or by a name.

In: a text and the hosts of a platform. Out: the ``Page`` that the text leads to, or None where it
is no address of these hosts, but perhaps a name.
Not here: what the paths of a platform mean, which is each module's own.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

_SAME_SITE = frozenset({"", "www", "m", "mobile", "old", "new"})
"""What stands before a host and shows the same pages in another dress."""
_LONGEST = 2_000
"""Characters of a text that may be an address."""
_LONGEST_HOST = 253
_HOST = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a platform."""

    below: str
    """What stands before the platform's host, in small letters; empty for the platform itself."""
    path: tuple[str, ...]
    """The parts of the path between slashes, unescaped; empty ones are left out."""
    query: str

    def asked(self, name: str) -> str:
        """The first value of that name in the query, or the empty string."""
        return parse_qs(self.query).get(name, [""])[0]

    def part(self, number: int) -> str:
        """A part of the path, counted from 0; the empty string where it is not that long."""
        return self.path[number] if number < len(self.path) else ""


def page_on(hosts: tuple[str, ...], text: str) -> Page | None:
    """The page of one of these hosts that an address leads to, with a scheme or without one."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:  # brackets that do not match
        return None
    if parts.scheme not in {"http", "https"}:
        return None
    for one in hosts:
        if host == one or host.endswith(f".{one}"):
            below = host.removesuffix(one).rstrip(".")
            path = tuple(filter(None, (unquote(part).strip() for part in parts.path.split("/"))))
            return Page("" if below in _SAME_SITE else below, path, parts.query)
    return None


def host_of(text: str) -> str | None:
    """The host of an address, in small letters; None for names, which have no dot."""
    bare = text.strip().partition("://")[2] or text.strip()
    host = re.split(r"[/?#]", bare, maxsplit=1)[0].lower().rstrip(".")
    return host if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host) else None
