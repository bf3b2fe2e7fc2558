"""Real pages, served over a real socket under their own hosts' names: their feeds are found.

Hosts become ``HOST.localhost``, which is this machine. Only the feeds that the pages were made for
are there; all else is not found.
"""

import asyncio
import csv
import json
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from aggregator.actions.discover import MOST_REQUESTS, Discoverer
from aggregator.actions.discovery import Discovery
from aggregator.connectors._patterns import place_of
from aggregator.connectors._reader import SyndicationReader
from aggregator.fetch.client import Client
from aggregator.fetch.guard import Guard
from aggregator.model import Pace

pytestmark = [pytest.mark.corpus, pytest.mark.xdist_group("autodiscovery")]

FEED = b"<rss version='2.0'><channel><title>A blog</title><item><title>One</title></item></channel></rss>"
NO_FEED = re.compile(r"/wp-json/")
MENTIONED = {
    # No link element names these, but a link in the text does.
    "nicolus-picoFeed__tests__fixtures__html_scraper_egscomic": "http://egscomics.com/comic/rss",
    "postlight-parser__fixtures__www.ossnews.jp": "/oss_info/Atom",
    # In UTF-16, where the tool that wrote the manifest saw nothing.
    "w3c-feedvalidator__feedfinder-tests__html4-057": "http://diveintomark.org/tests/client/autodiscovery/html4-057.xml",
}
_HOST = re.compile(r"(?<![\w.])(https?:)?//([A-Za-z0-9.-]+\.[a-z]{2,})(?=[/\"'\s?#]|$)")


@dataclass
class Sample:
    """A page and the feeds that it offers, under the addresses that it has here."""

    name: str
    body: bytes
    address: str
    feeds: frozenset[str]


@dataclass
class Site:
    """All hosts on one port, by host and path."""

    port: int = 0
    bodies: dict[str, bytes] = field(default_factory=dict)

    def here(self, text: str) -> str:
        """Addresses of the world as addresses of this machine."""
        return _HOST.sub(
            lambda found: (
                f"{'http:' if found[1] else ''}//{found[2].lower()}.localhost:{self.port}"
            ),
            text,
        )


@contextmanager
def serving(site: Site) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = site.bodies.get(f"http://{self.headers['Host']}{self.path}")
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rows(corpus: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10**8)
    manifest = corpus / "autodiscovery" / "MANIFEST.tsv"
    with manifest.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def sample(site: Site, row: dict[str, str], folder: Path) -> Sample:
    name = Path(row["file"]).stem
    address = site.here(urljoin("http:", row["page_url_guess"] or f"http://{len(name)}.example/a/"))
    address = address if urlsplit(address).path else f"{address}/"
    raw = (folder / row["file"]).read_bytes()
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        body = site.here(raw.decode("utf-16", "replace")).encode("utf-16")
    else:
        body = site.here(raw.decode("latin-1")).encode("latin-1")
    if row["file"].endswith(".xml"):
        return Sample(name, body, address, frozenset({address}))
    base = urljoin(address, site.here(row["base_href"]))
    named = [href for href, *_ in json.loads(row["links_lexbor"]) if not NO_FEED.search(href)]
    named += [MENTIONED[name]] if name in MENTIONED else []
    feeds = frozenset(urljoin(base, site.here(href.strip())) for href in named)
    return Sample(name, body, address, feeds)


def search(site: Site, samples: list[Sample], now: datetime) -> list[Discovery]:
    async def all_of_them() -> list[Discovery]:
        client = Client(
            user_agent="Aggregator/0 (+https://www.example.org)",
            guard=Guard([ip_network("127.0.0.0/8")], [site.port]),
            pace=Pace(host_gap=0.0),
            clock=lambda: now,
        )
        reader = SyndicationReader()
        found = []
        for one in samples:
            site.bodies = {feed.partition("#")[0]: FEED for feed in one.feeds} | {
                one.address.partition("#")[0]: one.body
            }
            discoverer = Discoverer(client, reader, lambda: now)
            found.append(await discoverer.discover(one.address))
        await reader.aclose()
        await client.aclose()
        return found

    return asyncio.run(all_of_them())


def test_nearly_all_that_have_a_feed_resolve_to_it_and_the_others_say_so(
    corpus: Path, now: datetime
) -> None:
    site = Site()
    with serving(site):
        samples = [sample(site, row, corpus / "autodiscovery") for row in rows(corpus)]
        found = search(site, samples, now)
    with_feed = [(one, what) for one, what in zip(samples, found, strict=True) if one.feeds]
    misses = [
        f"{one.name}: {what.found.address if what.found else what.words}"
        for one, what in with_feed
        if what.found is None or what.found.address not in one.feeds
    ]
    without = [(one, what) for one, what in zip(samples, found, strict=True) if not one.feeds]
    wrong = [
        one.name
        for one, what in without
        if what.found is not None or not (what.words and what.next_step)
    ]
    said = (
        f"{len(with_feed) - len(misses)} of {len(with_feed)} found, "
        f"{len(without) - len(wrong)} of {len(without)} said that they have none"
    )
    sys.stdout.write(f"{said}; missed: {misses}; wrong: {wrong}\n")
    assert len(misses) <= 0.02 * len(with_feed), misses
    assert not wrong
    assert max(what.requests for what in found) <= MOST_REQUESTS


def youtube_rows(corpus: Path) -> Iterator[tuple[str, list[str]]]:
    lines = (corpus / "autodiscovery" / "youtube-urls.tsv").read_text("utf-8").splitlines()
    for line in lines[1:]:
        address, _, feeds = line.partition("\t")
        yield address, sorted(feeds.split())


def test_addresses_that_tell_by_themselves_where_their_feeds_are(corpus: Path) -> None:
    """A playlist of YouTube is followed under its own key, by the id that its feed's address holds."""
    for address, feeds in youtube_rows(corpus):
        place = place_of(address)
        if place and place.platform == "youtube":
            listed = "playlist_id=" + place.address
            assert [feed.partition("?")[2] for feed in feeds] in ([listed], []), address
        else:
            assert sorted(place.feeds if place else ()) == feeds, address
