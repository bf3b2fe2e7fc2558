"""Real feeds over real HTTP through the whole stream, compared with what the corpus says.

    .venv/bin/python -m tests.corpus.stream          the real feeds
    .venv/bin/python -m tests.corpus.stream --all    the fixtures of other projects as well

Prints every disagreement with its reason, and the shares that agree.

The manifest tells title, link and date of each feed's first entry as feedparser's defaults read
them. Ours are compared after our own documented policies, and by nothing else: titles as plain
text without control characters, links resolved, escaped and without tracking parameters,
``published`` or else ``updated``, to the second, no date where it is before 1995 or more than a day
ahead. A date that feedparser could not read is ours to read.
"""

import argparse
import asyncio
import csv
import html
import json
import re
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urljoin

from aggregator.actions.refresh import Report
from aggregator.app import App
from aggregator.cli.stream import visit_claimed
from aggregator.model import Pace, StoredPost
from aggregator.settings import load_settings
from aggregator.store import posts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""The day on which the corpus was made."""


@dataclass(frozen=True)
class Feed:
    """A row of the manifest."""

    file: str
    kind: str
    form: str
    wellformed: bool
    entries: int
    title: str
    link: str
    published: str
    updated: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Verdict:
    """A feed after its trip."""

    feed: Feed
    report: Report
    first: StoredPost | None
    differs: tuple[str, ...]
    """What disagrees, each with both sides."""


def manifest(folder: Path) -> list[Feed]:
    csv.field_size_limit(sys.maxsize)
    with (folder / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Feed(
            file=row["file"],
            kind=row["kind"],
            form=row["format"],
            # JSON Feed has no notion of it; expat's verdict on transcoded bytes counts.
            wellformed=row["wellformed"].startswith("yes") or row["format"] == "jsonfeed",
            entries=int(row["n_entries"] or 0),
            title=row["first_title"],
            link=row["first_link"],
            published=row["first_published"],
            updated=row["first_updated"],
            headers=_headers(row["headers"]),
        )
        for row in rows
    ]


def _headers(text: str) -> dict[str, str]:
    """The type that the feed was published with, where the manifest tells; JSON, or empty."""
    told = json.loads(text) if text else {}
    return {name: value for name, value in told.items() if name == "content-type"}


@contextmanager
def served(folder: Path, feeds: Sequence[Feed]) -> Iterator[int]:
    """Each feed on a host of its own, ``fN.localhost``; yields the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = (self.headers["Host"] or "").partition(".")[0]
            feed = feeds[int(host[1:])]
            body = (folder / feed.file).read_bytes()
            kind = "application/feed+json" if feed.form == "jsonfeed" else "application/xml"
            self.send_response(200)
            for name, value in ({"content-type": kind} | feed.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def take_through(corpus: Path, feeds: Sequence[Feed]) -> list[Verdict]:
    """Serve the feeds, refresh them all, and compare what is stored then."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        served(corpus / "feeds", feeds) as port,
    ):
        folder = Path(temporary)
        lines = "".join(
            f"  - {{id: f{n}, feed: 'http://f{n}.localhost:{port}/feed', in: all}}\n"
            for n in range(len(feeds))
        )
        (folder / "feeds.yaml").write_text(
            'site: {name: Corpus, url: "https://www.example.org"}\n'
            f"widgets: [{{id: all, title: All, layout: posts}}]\nsources:\n{lines}",
            "utf-8",
        )
        settings = load_settings(
            sealed=True,
            config=folder / "feeds.yaml",
            data=folder / "data",
            allow_networks="127.0.0.0/8",
            allow_ports=str(port),
        )
        with App(settings, pace=Pace(host_gap=0.0), clock=lambda: NOW) as app:
            catalogue = app.catalogue()
            app.sync(catalogue)
            claim = app.claims.among(catalogue.sources)
            reports = asyncio.run(visit_claimed(app, catalogue, claim, say=None))
            app.publisher.publish_all(NOW)
            by_id = {report.source.id: report for report in reports}
            return [
                _judge(feed, by_id[f"f{n}"], _first(app, f"f{n}")) for n, feed in enumerate(feeds)
            ]


def _first(app: App, source_id: str) -> StoredPost | None:
    """The first entry of the document: ids grow from its end to its beginning."""
    stored = posts.listing(app.database, [source_id], None, 1000)
    return max(stored, key=lambda post: post.id, default=None)


def _judge(feed: Feed, report: Report, first: StoredPost | None) -> Verdict:
    if feed.entries == 0:
        differs = ["a post where there is none"] if first else []
    elif first is None:
        reason = str(report.error) if report.error else "no post"
        dropped = "; ".join(one.reason for one in report.visit.dropped[:1])
        differs = [f"nothing stored: {reason} {dropped}".rstrip()]
    else:
        differs = list(_differences(feed, first, report.source.address))
    return Verdict(feed, report, first, tuple(differs))


def _differences(feed: Feed, first: StoredPost, address: str) -> Iterator[str]:
    post = first.post
    if _folded(feed.title) != _folded(post.title or ""):
        yield f"title {feed.title!r} / {post.title!r}"
    if _same_link(feed.link, address) != _same_link(post.permalink or "", address):
        yield f"link {feed.link!r} / {post.permalink!r}"
    said = feed.published or feed.updated
    expected = _believable(said)
    unread = not said and post.published is not None
    if expected != post.published and not unread:
        yield f"date {said!r} / {post.published} ({post.date_flag}, {post.date_said!r})"


_UNSEEN = re.compile("[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u202a-\\u202e]")


def _folded(title: str) -> str:
    """A title as plain text: the manifest's may hold markup and entities."""
    text = html.unescape(html.unescape(re.sub(r"<[^>]*>", "", title)))
    plain = re.sub(r"<[^>]*>", "", unicodedata.normalize("NFC", text))
    return " ".join(_UNSEEN.sub("", plain).split())


def _same_link(link: str, address: str) -> str:
    """Resolved against the feed, without trackers; what is no web address counts as none."""
    resolved = urljoin(address, link.strip().replace(" ", "%20")) if link.strip() else ""
    if not resolved.lower().startswith(("http://", "https://")):
        return ""
    bare = re.sub(r"(?<=[?&])(utm_\w+|fbclid|gclid|mc_cid|mc_eid|igshid)=[^&#]*&?", "", resolved)
    return re.sub(r"[?&]+(?=#|$)", "", bare)


def _believable(said: str) -> datetime | None:
    if not said:
        return None
    moment = datetime.fromisoformat(said)
    if moment.year < 1995 or moment > NOW + timedelta(days=1):
        return None
    return moment


def share(verdicts: Sequence[Verdict]) -> float:
    """How many agree, from 0 to 1."""
    return sum(not verdict.differs for verdict in verdicts) / max(1, len(verdicts))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="also the fixtures")
    wanted = parser.parse_args()
    corpus = Path(__file__).resolve().parents[3] / "shared" / "corpus"
    feeds = [feed for feed in manifest(corpus / "feeds") if wanted.all or feed.kind == "real"]
    verdicts = take_through(corpus, feeds)
    for verdict in verdicts:
        for difference in verdict.differs:
            print(f"{verdict.feed.file}: {difference}")
    good = [verdict for verdict in verdicts if verdict.feed.wellformed]
    poor = [verdict for verdict in verdicts if not verdict.feed.wellformed]
    print(f"well-formed: {share(good):.2%} of {len(good)} agree")
    print(f"others:      {share(poor):.2%} of {len(poor)} agree")


if __name__ == "__main__":
    main()
