"""Which addresses are visited at all: the table that keeps us out of private networks.

In: addresses and IP addresses. Out: nothing, or BlockedAddress. Not here: resolving and dialling.
Specification: rules F1, F2, F3, F5 and F10 of the fetching rules; the address blocks are those of
the IANA special-purpose registries (RFC 6890).
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from aggregator.errors import BlockedAddress
from aggregator.fetch.address import Address, IPAddress

Network = IPv4Network | IPv6Network

PORTS = frozenset({80, 443, 8080, 8443})

# ``ipaddress.is_global`` is not used: Python 3.11 calls NAT64, 6to4 and multicast global.
_DENIED_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, and cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_DENIED_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: wraps any IPv4 address
        "3fff::/20",  # documentation
    )
)


class Guard:
    """Knows the public Internet, and what an operator allows besides (rule F10)."""

    def __init__(
        self,
        allow_networks: Iterable[Network] = (),
        allow_ports: Iterable[int] = (),
    ) -> None:
        self.allow_networks = tuple(allow_networks)
        self.ports = PORTS | frozenset(allow_ports)

    def check(self, address: Address) -> None:
        """Check all that can be seen without asking for a name.

        Raises BlockedAddress.
        """
        if address.port not in self.ports:
            raise BlockedAddress(
                f"Port {address.port} of {address.host} is not one that is visited.",
                url=address.url,
            )
        if address.known_ip is not None:
            self.check_answers(address, (address.known_ip,))

    def check_answers(self, address: Address, found: Sequence[IPAddress]) -> None:
        """Check every address that a name has; one that is refused refuses the name (rule F3).

        Raises BlockedAddress.
        """
        for ip in found:
            if not self.admits(ip):
                raise BlockedAddress(
                    f"{address.host} is not on the public Internet (its address is {ip}).",
                    url=address.url,
                )

    def admits(self, ip: IPAddress) -> bool:
        """Whether ``ip`` is public or allowed."""
        if isinstance(ip, IPv6Address):
            if ip.scope_id is not None:
                return False
            ip = ip.ipv4_mapped or ip
        if any(ip in network for network in self.allow_networks):
            return True
        if isinstance(ip, IPv4Address):
            return not any(ip in network for network in _DENIED_V4)
        return ip in _GLOBAL_V6 and not any(ip in network for network in _DENIED_V6)

    def is_own(self, url: str) -> bool:
        """Whether an address lies, as it is written, in a network of the operator's own."""
        host = urlsplit(url).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            host = "127.0.0.1"
        try:
            ip = ip_address(host)
        except ValueError:
            return False
        return any(ip in network for network in self.allow_networks)
