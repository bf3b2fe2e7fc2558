"""Addresses found in posts: made absolute, cleaned of trackers, put in a form for comparing.

Not here: which addresses we may visit (the guard in ``fetch/``).
"""

import itertools
import re
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import quote, urljoin

import idna

LONGEST = 2_000
"""Of an address, in bytes of UTF-8; longer ones are treated as absent (rule H4).

PostgreSQL refuses an index entry of more than about 2,600 bytes.
"""

_LIST = files(__package__).joinpath("trackers.txt").read_text("utf-8")
_LISTED = tuple(line.strip() for line in _LIST.splitlines() if line.strip("* ") and line[0] != "#")

# An address that needs no second look; all that is odd takes the long way.
_ORDINARY = re.compile(r"https?://[a-zA-Z0-9]+(?:[.-]+[a-zA-Z0-9]+)*(?:[/?#][!#-;=?-\[\]_a-z~]*)?")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_WEB = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]{2,45}\]|[^\s/?#@:%\[\]\\<>\"|^`{}]{1,253})"
    r"(?P<port>:[0-9]{0,5})?"
    r"(?P<rest>[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
    "\ud800-\udfff]"
)
_UNSAFE = re.compile(r"[\s<>\"`\\^{|}]")
_LARGEST_PORT = 65_535
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def _too_long(url: str) -> bool:
    length = len(url)
    return length > LONGEST or (not url.isascii() and len(url.encode(errors="replace")) > LONGEST)


def absolute(url: str, base: str | None = None) -> str | None:
    """The http(s) address that a link leads to, or None where it leads nowhere on the web.

    Control and invisible characters go before the scheme is read, for browsers do so too (rule
    I6). Spaces and quotation marks inside are percent-encoded; the rest stays as written. None
    for other schemes, names and passwords before the host, relative links without a ``base`` that
    is absolute itself, and addresses over ``LONGEST``.
    """
    if _too_long(url):
        return None
    if _ORDINARY.fullmatch(url):
        return url
    url = _INVISIBLE.sub("", url).strip()
    if not url:
        return None
    if not _SCHEME.match(url):
        base = absolute(base) if base else None
        if base is None:
            return None
        try:
            url = urljoin(base, url)
        except ValueError:
            return None
    return _web_address(url)


def _web_address(url: str) -> str | None:
    found = _WEB.fullmatch(url)
    if found is None or int((found["port"] or "")[1:] or 0) > _LARGEST_PORT:
        return None
    start = found.end("port") if found["port"] else found.end("host")
    rest = _UNSAFE.sub(lambda char: quote(char[0]), url[start:])
    whole = url[:start] + rest
    return None if _too_long(whole) else whole


def without_trackers(url: str, more: tuple[str, ...] = ()) -> str:
    """The address without the parameters that ``trackers.txt`` names; all else byte for byte.

    ``more``: further names, written as there.
    """
    front, mark, query = url.partition("?")
    if not mark or "#" in front:
        return url
    query, hash_mark, fragment = query.partition("#")
    trackers = _read(more)
    kept = [part for part in query.split("&") if not trackers.name(part)]
    shorter = "&".join(kept)
    if shorter == query:
        return url
    return front + ("?" + shorter if shorter else "") + hash_mark + fragment


class _Trackers(NamedTuple):
    """A list of parameters, made quick to ask."""

    names: frozenset[str]
    beginnings: tuple[str, ...]

    def name(self, parameter: str) -> bool:
        """Whether ``name=value`` is one of them."""
        name = parameter.partition("=")[0].lower()
        return name in self.names or name.startswith(self.beginnings)


@lru_cache(maxsize=8)
def _read(more: tuple[str, ...]) -> _Trackers:
    listed = (*_LISTED, *more)
    return _Trackers(
        frozenset(name for name in listed if not name.endswith("*")),
        tuple(name[:-1] for name in listed if name.endswith("*")),
    )


def comparable(url: str) -> str:
    """The form in which two addresses are compared; never to be fetched (rule I11).

    Scheme and host in lower case, the host in ASCII, without default port, fragment and trackers.
    The case of the path, ``//`` in it and the order of parameters stay. An address that is not
    absolute stays as it is.
    """
    found = _WEB.fullmatch(without_trackers(url.partition("#")[0]))
    if found is None:
        return url
    scheme = found["scheme"].lower()
    port = found["port"] or ""
    if port in {":", _DEFAULT_PORTS[scheme]}:
        port = ""
    return f"{scheme}://{_ascii_host(found['host'])}{port}{found['rest'] or ''}"


def spellings(text: str) -> list[str]:
    """The comparable forms that may be meant by an address as people paste it, the likeliest first.

    Scheme, ``www.`` and a slash at the end may be wrong, the scheme may be left out. Empty: it is
    no address of the web.
    """
    text = text.strip().strip("<>")
    found = _WEB.fullmatch(comparable(text if "://" in text else f"https://{text}"))
    if found is None or "." not in found["host"].strip("."):
        return []
    host = found["host"].removeprefix("www.")
    path, mark, query = (found["rest"] or "").partition("?")
    schemes, slashes = ("https", "http"), (path.rstrip("/"), f"{path.rstrip('/')}/")
    every = itertools.product(schemes, (host, f"www.{host}"), slashes)
    others = (
        f"{scheme}://{name}{found['port'] or ''}{end}{mark}{query}" for scheme, name, end in every
    )
    return list(dict.fromkeys((found[0], *others)))


def _ascii_host(host: str) -> str:
    host = host.lower()
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host
