"""The public photos of a Flickr account.

Write the account's name as it stands in the address of its page (``flickr: institute`` for
``https://www.flickr.com/photos/institute/``), its id (``12345678@N00``), or that address. The feed
knows ids only; a name is looked up once on the account's page.

The feed holds the newest 20 photos, by title, description and tags. Flickr has no texts for people
who cannot see the picture; titles are often the names of files. Flickr puts a sentence of its own
("… posted a photo") before each description, which is left out.

Terms: each photo is its author's, under the licence that its page names; it is linked to that page.

Specification: https://www.flickr.com/services/feeds/docs/photos_public/.
"""

import re
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote

from aggregator.connectors._accounts import page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed, read_found_feed, renamed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.errors import Unreadable
from aggregator.model import FetchResult, RawPost, Source, Terms

ABOUT = "The public photos of a Flickr account."
EXAMPLE = "institute"
HOSTS = ("flickr.com",)
TERMS = Terms(network="Flickr")
TOKEN = None

_ID = re.compile(r"\d{1,20}@N\d\d", re.ASCII)
_NAME = re.compile(r"[\w-]{1,64}", re.ASCII)
_NO_NAMES = frozenset({"tags", "me", "friends"})
_OWNER = re.compile(rb'"ownerNsid":"(\d{1,20}@N\d\d)"')
_TITLE = re.compile(r"Uploads from (.+)", re.DOTALL)
_SAID_BY_FLICKR = re.compile(r"\s*<p><a href=\"[^\"]*\">[^<]*</a> posted an? \w+:</p>\s*")


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """None besides."""


def read_address(text: str) -> str:
    """The account's id, or its name in small letters."""
    page = page_on(HOSTS, text)
    name = text.strip()
    if page is not None:
        name = page.asked("id")
        if page.part(0) in {"photos", "people"}:
            name = page.part(1)
    name = name.removeprefix("@")
    if _ID.fullmatch(name):
        return name
    if _NAME.fullmatch(name) and name.lower() not in _NO_NAMES:
        return name.lower()
    raise ValueError(
        "A Flickr account is written as its name or the address of its page, as in "
        "https://www.flickr.com/photos/institute/"
    )


def home_of(address: str) -> str | None:
    """The account's photos."""
    return f"https://www.flickr.com/photos/{quote(address)}/"


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed, by the id that the account's page tells if it must."""
    name, options = source.address, source.options or Options()
    if _ID.fullmatch(name):
        result = await read_feed(_feed_of(name), errand, options)
    else:
        find = partial(_find, name, errand, options)
        result = await read_found_feed(errand, find, options)
    return replace(renamed(result, _TITLE), posts=tuple(map(_tidy, result.posts)))


def _feed_of(account: str) -> str:
    return (
        "https://api.flickr.com/services/feeds/photos_public.gne"
        f"?id={account}&lang=en-us&format=rss2"
    )


async def _find(name: str, errand: Errand, options: Options) -> str:
    address = options.at(f"https://www.flickr.com/people/{quote(name)}/")
    page = await errand.web.get(address, accept="text/html", unconditional=True)
    if (found := _OWNER.search(page.body)) is None:
        raise Unreadable(
            f"Flickr's page of {name} does not tell the account's id.",
            url=page.url,
            advice="Write the account's id (12345678@N00) instead of its name.",
        )
    return _feed_of(found[1].decode())


def _tidy(post: RawPost) -> RawPost:
    """Without Flickr's own sentence; tags, which stand in one line, each by itself."""
    body = post.body
    if body is not None:
        rest = _SAID_BY_FLICKR.sub("", body.value, count=1)
        body = replace(body, value=rest) if rest.strip() else None
    tags = tuple(dict.fromkeys(word for line in post.tags for word in line.split()))
    return replace(post, body=body, tags=tags)
