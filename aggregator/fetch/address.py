"""Web addresses: read once, strictly, and then sent as they were written.

Out: ``Address``. Not here: which addresses may be visited (``guard.py``).
Specification: RFC 3986; rules A5, F1 and F7 of the fetching rules.
"""

import base64
import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, unquote_to_bytes, urljoin

import idna

from aggregator.errors import BlockedAddress

IPAddress = IPv4Address | IPv6Address

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = IPv4Address("127.0.0.1")
_LONGEST = 8_000
"""Of a whole address, in characters: what RFC 9110, section 4.1, asks servers to bear."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)")
_AUTHORITY_AND_TARGET = re.compile(r"//([^/?#]*)([^#]*)")
_HOST_AND_PORT = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::([0-9]{0,5}))?")
_HOST_NAME = re.compile(r"(?!.{254})[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSENDABLE = re.compile(r"[^\x21-\x7e]")


class MalformedAddressError(ValueError):
    """The text is no web address; the message is the end of a sentence that says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """An http(s) address, taken apart."""

    scheme: str
    host: str
    """Lower-case ASCII; an IPv6 address without its brackets."""
    port: int
    target: str
    """Path and query, byte for byte as written (rule A5). Never empty."""
    credentials: str | None = field(default=None, repr=False)
    """``user:password`` in base64, as Basic authentication has them (RFC 7617)."""
    hidden: str = field(default="", repr=False)
    """A query that is sent after the target and stands in no address that anybody sees."""

    @property
    def place(self) -> str:
        """Host and port."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def netloc(self) -> str:
        """Host and, where it is not the scheme's own, port: as in the Host field."""
        return self.place.removesuffix(f":{_PORTS[self.scheme]}")

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def url(self) -> str:
        """The whole address, without credentials and fragment."""
        return self.origin + self.target

    @property
    def sent(self) -> str:
        """The target as it is sent."""
        if not self.hidden:
            return self.target
        return f"{self.target}{'&' if '?' in self.target else '?'}{self.hidden}"

    @property
    def known_ip(self) -> IPAddress | None:
        """The IP address that needs no asking: a literal, or loopback for ``localhost``.

        Names under ``.localhost`` are loopback by RFC 6761, section 6.3. None for other names.
        """
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return _LOOPBACK
        if ":" in self.host:
            return IPv6Address(self.host)
        if _NUMBER.fullmatch(self.host.rpartition(".")[2]):
            return IPv4Address(self.host)
        return None


def read_address(text: str) -> Address:
    """Take an address apart.

    Characters that cannot travel in a request (spaces, letters beyond ASCII) are percent-encoded;
    nothing else of path and query is touched.
    Raises MalformedAddressError where it is no address, BlockedAddress where it is one of a kind
    that is never visited (rule F1; an IP address in a disguised spelling).
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise MalformedAddressError(f"it is longer than {_LONGEST} characters")
    if _CONTROL.search(text):
        raise MalformedAddressError("it contains invisible control characters")
    with_scheme = _SCHEME.fullmatch(text)
    if with_scheme is None:
        raise MalformedAddressError("it does not start with https:// or http://")
    scheme = with_scheme[1].lower()
    if scheme not in _PORTS:
        raise BlockedAddress(
            f"Addresses that start with {scheme}: are not visited, only https: and http:."
        )
    rest = _AUTHORITY_AND_TARGET.match(with_scheme[2])
    if rest is None:
        raise MalformedAddressError(f"{scheme}: is not followed by two slashes and a host")
    userinfo, _, place = rest[1].rpartition("@")
    host_and_port = _HOST_AND_PORT.fullmatch(place)
    # Browsers take a backslash for a slash and RFC 3986 does not: in front of a host, it deceives.
    if host_and_port is None or "\\" in rest[1]:
        raise MalformedAddressError("its host or port cannot be read")
    return Address(
        scheme=scheme,
        host=_read_host(host_and_port[1]),
        port=int(host_and_port[2] or _PORTS[scheme]),
        target=_read_target(rest[2]),
        credentials=_read_credentials(userinfo),
    )


def follow(base: Address, location: str) -> Address:
    """The address that a Location field of ``base`` points to (RFC 9110, section 10.2.2).

    Credentials in it are dropped: only people give us those (rule F7).
    Raises MalformedAddressError and BlockedAddress as ``read_address`` does.
    """
    if not _SCHEME.fullmatch(location):
        try:
            location = urljoin(base.url, location)
        except ValueError as error:
            raise MalformedAddressError("it cannot be read") from error
    found = read_address(location)
    return Address(found.scheme, found.host, found.port, found.target)


def _read_host(written: str) -> str:
    if written.startswith("["):
        return _read_ipv6(written[1:-1])
    try:
        # UTS 46 folds what looks like ASCII, such as full-width digits and ideographic stops.
        host = written if written.isascii() else idna.encode(written, uts46=True).decode()
    except idna.IDNAError as error:
        raise MalformedAddressError("its host name cannot be read") from error
    host = host.lower().removesuffix(".")
    if not _HOST_NAME.fullmatch(host):
        raise MalformedAddressError("its host name cannot be read")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        _refuse_disguised_ipv4(host)
    return host


def _read_ipv6(written: str) -> str:
    if "%" in written:
        raise BlockedAddress(f"The address [{written}] belongs to one network card only.")
    try:
        return IPv6Address(written).compressed
    except ValueError as error:
        raise MalformedAddressError("its IPv6 address cannot be read") from error


def _refuse_disguised_ipv4(host: str) -> None:
    """Only four plain decimal numbers: ``0x7f.1`` and ``2130706433`` are ways to hide one."""
    try:
        IPv4Address(host)
    except ValueError as error:
        raise BlockedAddress(f"{host} is an unusual spelling of an IP address.") from error


def _read_target(written: str) -> str:
    target = written if written.startswith("/") else f"/{written}"
    return _UNSENDABLE.sub(lambda found: quote(found[0]), target)


def _read_credentials(userinfo: str) -> str | None:
    if not userinfo:
        return None
    user, _, password = userinfo.partition(":")
    return base64.b64encode(unquote_to_bytes(user) + b":" + unquote_to_bytes(password)).decode()
