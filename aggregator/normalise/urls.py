"""Addresses found in posts: made absolute, cleaned of trackers, put in a form for comparing.

Not here: which addresses we may visit (the guard in ``fetch/``).
"""

import re
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import quote, urljoin

from aggregator.model.addresses import read_address

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
    r"https?://"
    r"(?P<host>\[[0-9a-f:.]{2,45}\]|[^\s/?#@:%\[\]\\<>\"|^`{}]{1,253})"
    r"(?P<port>:[0-9]{0,5})?"
    r"(?:[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff"
    "\ud800-\udfff]"
)
_UNSAFE = re.compile(r"[\s<>\"`\\^{|}]")
_LARGEST_PORT = 65_535


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
    """The form in which two addresses are compared; never to be fetched or shown (rule I11).

    What does not count, trackers among it, is taken away. An address that is none of the web stays
    as it is, and so does one that would lose more at a second time (``www.www.``, say).
    """
    address = read_address(url)
    if address is None:
        return url
    form = without_trackers(address.form)
    again = read_address(form)
    return form if again is not None and again.form == form else url


def pasted(text: str) -> str | None:
    """The comparable form of an address as people paste it; None: it is none of the web.

    The scheme may be left out, and the address may stand in ``<>``.
    """
    text = text.strip().strip("<>")
    if "://" not in text:
        if "." not in text.partition("/")[0].strip("."):
            return None  # a word, say
        text = f"https://{text}"
    url = absolute(text)
    return comparable(url) if url else None
