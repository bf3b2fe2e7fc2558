"""Who owns a host's machines, as far as its name tells: the domain that somebody registered.

Only the list's section of registries counts. Every blog under ``wordpress.com`` or
``blogspot.com`` is somebody else's, but the servers below are one company's, and it is servers
that must not be hurried (rule C10).
"""

from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

from aggregator.fetch.address import Address


def registered_domain(address: Address) -> str:
    """``example.co.uk`` for ``blog.example.co.uk``; the host itself where nobody registered one.

    IP addresses, and the names under ``.localhost``, each stand for themselves.
    """
    return address.host if address.known_ip is not None else _of_name(address.host)


@lru_cache(maxsize=4096)
def _of_name(host: str) -> str:
    return _registries().privatesuffix(host) or host


@cache
def _registries() -> PublicSuffixList:
    """Built when it is first needed: it takes a tenth of a second."""
    return PublicSuffixList(only_icann=True)
