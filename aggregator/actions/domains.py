"""To whom an address belongs: its registrable domain, by the Public Suffix List.

The list comes with its package and is never fetched. Its private section counts: each blog under
``blogspot.com`` is a domain of its own. Some hosts of blogs have not put themselves on the list.
Not here: whose servers must not be hurried (``fetch/domain.py``): these all belong to one company.
"""

from functools import cache, lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

_BLOG_HOSTS = frozenset(
    {
        "canalblog.com", "caringbridge.org", "ghost.io", "home.blog", "jimdofree.com",
        "livejournal.com", "medium.com", "micro.blog", "over-blog.com", "posthaven.com",
        "squarespace.com", "substack.com", "tumblr.com", "typepad.com", "weebly.com",
        "wordpress.com", "write.as",
    }
)  # fmt: skip
"""Below each of these, every name is somebody else's."""


def domain_of(url: str | None) -> str | None:
    """The part of an address that somebody registered; the host itself where there is none.

    None for what is no web address.
    """
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # brackets that do not match
        return None
    return _of_host(host.rstrip(".")) if host else None


@lru_cache(maxsize=4096)
def _of_host(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        domain = _list().privatesuffix(host) or host
    if domain in _BLOG_HOSTS and host not in {domain, f"www.{domain}"}:
        return ".".join(host.split(".")[-domain.count(".") - 2 :])
    return domain


@cache
def _list() -> PublicSuffixList:
    """Built when it is first needed: it takes a tenth of a second."""
    return PublicSuffixList()
