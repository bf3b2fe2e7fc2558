"""A newsletter on Substack.

Write its name (``substack: institute`` for ``https://institute.substack.com``), the domain of its
own that it may have (``letters.example.org``), or the address of any of its pages. The page of a
person (``https://substack.com/@name``) is not that of a newsletter: open the newsletter itself.

The feed holds the newest 20 posts; of those for paying readers it holds the beginning.

Terms: a post is linked to its page and names its writer.

Specifications: https://support.substack.com/hc/en-us/articles/360038239391,
https://www.rssboard.org/rss-specification.
"""

import re
from dataclasses import dataclass

from aggregator.connectors._accounts import host_of, page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.model import FetchResult, Source, Terms

ABOUT = "The public posts of a newsletter on Substack."
EXAMPLE = "institute"
HOSTS = ("substack.com",)
TERMS = Terms(network="Substack")
TOKEN = None

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NO_NEWSLETTERS = frozenset({"open", "on", "support"})
"""Names below Substack's own that are no newsletter's."""


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """None besides."""


def read_address(text: str) -> str:
    """The newsletter's name in small letters, or the host of its own domain."""
    page = page_on(HOSTS, text)
    name = text.strip().removeprefix("@")
    if page is not None:
        shared = page.below == "open" and page.part(0) == "pub"
        name = page.part(1) if shared else page.below
    name = name.lower()
    if _NAME.fullmatch(name) and name not in _NO_NEWSLETTERS:
        return name
    if page is None and (host := host_of(text)):
        return host
    raise ValueError(
        "A newsletter on Substack is written as its name or its own address, as in "
        "https://institute.substack.com"
    )


def home_of(address: str) -> str | None:
    """The publication's front page."""
    return f"https://{_host_of(address)}/"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed and read what is new in it."""
    address = f"https://{_host_of(source.address)}/feed"
    return await read_feed(address, errand, source.options or Options())


def _host_of(name: str) -> str:
    return name if "." in name else f"{name}.substack.com"
