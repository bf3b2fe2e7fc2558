"""The public pins of a Pinterest account or board.

Write the account's name (``pinterest: institute``), one of its boards
(``pinterest: institute/recipes``), or the address of either. Boards that are secret, and single
pins, cannot be followed.

The feed holds about 25 of the newest pins, each with a picture and the words below it.

Terms: a pin is linked to its page on Pinterest.

Specification: https://www.rssboard.org/rss-specification.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from aggregator.connectors._accounts import page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.model import FetchResult, Source, Terms

ABOUT = "The public pins of a Pinterest account or board."
EXAMPLE = "institute"
HOSTS = tuple(
    f"pinterest.{end}"
    for end in (
        *("com", "at", "ca", "ch", "cl", "co.kr", "co.uk", "com.au", "com.mx", "de", "dk", "es"),
        *("fr", "ie", "info", "it", "jp", "nz", "ph", "pt", "se"),
    )
)
TERMS = Terms(network="Pinterest")
TOKEN = None

_NAME = re.compile(r"[a-z0-9_]{1,40}(?:/[\w-]{1,100})?")
_NO_NAMES = frozenset(
    {"about", "business", "categories", "explore", "ideas", "login", "password", "pin", "search"}
    | {"settings", "signup", "today", "topics"}
)
"""First parts of paths that lead to no account."""
_NO_BOARDS = ("_", "boards", "feed.rss", "followers", "following", "pins")
"""What begins the second parts that lead to the account itself."""


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """None besides."""


def read_address(text: str) -> str:
    """``account`` or ``account/board``, in small letters."""
    page = page_on(HOSTS, text)
    path = text.strip().removeprefix("@").split("/") if page is None else list(page.path)
    path = [part.lower() for part in path if part]
    if len(path) > 1:
        board = path[1].removesuffix(".rss")
        path[1:] = [] if path[1].startswith(_NO_BOARDS) else [board]
    name = "/".join(path)
    if path and path[0] not in _NO_NAMES and _NAME.fullmatch(name):
        return name
    raise ValueError(
        "A Pinterest account or board is written as in institute or institute/recipes, or as the "
        "address of its page"
    )


def home_of(address: str) -> str | None:
    """The page of the account or board."""
    return f"https://www.pinterest.com/{quote(address)}/"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed and read what is new in it."""
    name = source.address
    end = ".rss" if "/" in name else "/feed.rss"
    address = f"https://www.pinterest.com/{quote(name)}{end}"
    return await read_feed(address, errand, source.options or Options())
