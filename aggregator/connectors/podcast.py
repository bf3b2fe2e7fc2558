"""The episodes of a podcast.

Write the address of its feed, or its page on Apple Podcasts
(``podcast: https://podcasts.apple.com/us/podcast/our-year/id123456789``, in short
``podcast: id123456789``): Apple's directory tells where the feed is, and is asked once, and again
when nothing is there any more. A podcast that Spotify or another service keeps for itself has no
feed and cannot be followed.

An episode is shown by its title and notes and linked to its page; its sound is not played here.

Specifications: https://podcasters.apple.com/support/823-podcast-requirements (feeds),
https://developer.apple.com/library/archive/documentation/AudioVideo/Conceptual/iTuneSearchAPI/
(the directory), https://podcastindex.org/namespace/1.0.
"""

import json
import re
from dataclasses import dataclass
from functools import partial

from aggregator.connectors import _limits
from aggregator.connectors._accounts import page_on
from aggregator.connectors._by_feed import Elsewhere, read_feed, read_found_feed
from aggregator.connectors._by_feed import look_up as look_up  # noqa: PLC0414 - the contract's
from aggregator.connectors._contract import Errand
from aggregator.connectors.feed import read_address as read_feed_address
from aggregator.errors import NotFound, UnexpectedShape
from aggregator.model import NO_TERMS, Document, FetchResult, Source

ABOUT = "The episodes of a podcast."
EXAMPLE = "https://podcasts.example.org/our-year.xml"
HOSTS = ("podcasts.apple.com", "itunes.apple.com")
TERMS = NO_TERMS
TOKEN = None

_NUMBER = re.compile(r"(?:id)?(\d{5,12})", re.ASCII | re.IGNORECASE)
_NO_FEEDS = ("open.spotify.com", "music.amazon.com", "audible.com", "pandora.com", "iheart.com")
_WHAT_TO_WRITE = (
    "A podcast is written as the address of its feed, or as that of its page on Apple Podcasts"
)


@dataclass(frozen=True, slots=True)
class Options(Elsewhere):
    """The server is one in the place of Apple's directory."""


def read_address(text: str) -> str:
    """The feed's address, or ``id`` and the podcast's number in Apple's directory."""
    page = page_on(HOSTS, text)
    candidates = (text.strip(),) if page is None else (*reversed(page.path), page.asked("id"))
    for one in candidates:
        if found := _NUMBER.fullmatch(one):
            return f"id{found[1]}"
    if page is not None or page_on(_NO_FEEDS, text) is not None or "://" not in text:
        raise ValueError(f"{_WHAT_TO_WRITE}; other services do not tell where its feed is")
    return read_feed_address(text)


def home_of(address: str) -> str | None:
    """Its page in Apple's directory, where it is followed by its number there."""
    found = _NUMBER.fullmatch(address)
    return f"https://podcasts.apple.com/podcast/id{found[1]}" if found else None


async def fetch(source: Source, errand: Errand) -> FetchResult:
    """Ask for the feed, at the address that Apple's directory tells if it must."""
    if found := _NUMBER.fullmatch(source.address):
        options = source.options or Options()
        return await read_found_feed(errand, partial(_find, found[1], errand, options))
    return await read_feed(source.address, errand)


async def _find(number: str, errand: Errand, options: Options) -> str:
    answer = await errand.web.get(
        options.at(f"https://itunes.apple.com/lookup?id={number}&entity=podcast"),
        accept="application/json, text/javascript;q=0.9",
        unconditional=True,
    )
    for one in _results(answer):
        said = one.get("feedUrl") if isinstance(one, dict) else None
        if (address := _limits.absolute("", said)) and _limits.is_http(address):
            return re.sub(r"\s", "%20", address)
    raise NotFound(
        f"Apple Podcasts tells no feed of the podcast id{number}.",
        url=answer.url,
        advice="Look whether the number is right; if it is, ask its makers for the feed's address.",
    )


def _results(answer: Document) -> list[object]:
    """The entries of the directory's answer; raises UnexpectedShape where it is none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedShape(
            "Apple's directory of podcasts sent no JSON.", where="", url=answer.url
        ) from error
    results = said.get("results") if isinstance(said, dict) else None
    if not isinstance(results, list):
        raise UnexpectedShape(
            "Apple's directory of podcasts sent no list of results.",
            where="results",
            url=answer.url,
        )
    return results
